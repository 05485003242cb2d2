"""The text of a protocol's file: what YAML reads otherwise than it looks, with line and remedy."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

_CONSTRUCTED = yaml.constructor.SafeConstructor()
_KNOWN_TAGS = yaml.constructor.SafeConstructor.yaml_constructors
_SCALAR = "tag:yaml.org,2002:"


def file_faults(
    path: Path, without_keys: str = "has no keys; a protocol begins with `review:`"
) -> list[str]:
    """What a YAML file says otherwise than it looks: one line for each slip, with its line.

    Doubled keys, names of versions without quotes, values and keys that are no texts, and texts
    that YAML cannot read. `without_keys` is what is told of a file that holds no keys.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        return [f"{path} cannot be read: {error}"]
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        return [_not_yaml(path, text, error)]
    except RecursionError:
        return [f"{path} is not YAML: brackets stand within brackets without end"]
    if not isinstance(root, yaml.MappingNode):
        return [f"{path}: {without_keys}"]
    loop = _loop(root)
    if loop:
        return [f"{path}, {loop}"]
    found = [*_doubled(root, "", set()), *_unquoted(root), *_odd_nodes(root)]
    return [f"{path}, {fault}" for fault in found]


def written_at(files: Sequence[Path], place: Sequence[Any], value: Any) -> tuple[int, str] | None:
    """Line and text of the scalar by which a file gives a value; of several files the last.

    Parameters
    ----------
    place : sequence
        The keys and numbers that lead to the value in the protocol.
    value : object
        What it is; a file that says otherwise does not give it.
    """
    for path in reversed(files):
        try:
            node = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
        except (OSError, UnicodeError, yaml.YAMLError):
            continue
        for part in place:
            node = _below(node, part)
        if isinstance(node, yaml.ScalarNode) and _meant(node) == value:
            return node.start_mark.line + 1, node.value
    return None


def _pairs(node: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
    """Keys and values of a mapping, none of another node."""
    return node.value if isinstance(node, yaml.MappingNode) else []


def _items(node: yaml.Node | None) -> list[yaml.Node]:
    """Members of a list, none of another node."""
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _below(node: yaml.Node | None, part: Any) -> yaml.Node | None:
    if isinstance(part, int) and part < len(_items(node)):
        return _items(node)[part]
    return next((v for k, v in _pairs(node) if k.value == str(part)), None)


def _meant(node: yaml.ScalarNode) -> Any:
    """The value of a scalar as the protocol has it: dates as texts."""
    try:
        value = _CONSTRUCTED.construct_object(node)
    except (ValueError, yaml.YAMLError):
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value


def _not_yaml(path: Path, text: str, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return f"{path} is not YAML: {error}"
    lines = text.splitlines()
    line = lines[mark.line].strip() if mark.line < len(lines) else ""
    problem = getattr(error, "problem", "") or "it cannot be read"
    hints = [
        ("mapping values are not allowed", "put the text in quotes: it has a colon"),
        ("found character '\\t'", "indent with blanks, not with tabs"),
        ("expected <block end>", "compare the indentation with the lines above"),
        ("found unexpected end of stream", "a quote sign or bracket is not closed"),
    ]
    remedy = next((hint for start, hint in hints if start in problem), problem)
    return f"{path}, line {mark.line + 1}: '{line[:80]}' cannot be read ({remedy})"


def _loop(root: yaml.Node) -> str:
    """What is told of an alias within what it names; empty if there is none."""
    inside: set[int] = set()
    done: set[int] = set()
    todo: list[tuple[yaml.Node, bool]] = [(root, False)]
    while todo:
        node, left = todo.pop()
        if left:
            inside.discard(id(node))
            done.add(id(node))
        elif id(node) in inside:
            line = node.start_mark.line + 1
            return f"line {line}: an alias (*) stands within what it names; write it out"
        elif id(node) not in done:
            inside.add(id(node))
            todo.append((node, True))
            todo += [(child, False) for child in _children(node)]
    return ""


def _children(node: yaml.Node) -> list[yaml.Node]:
    return [part for pair in _pairs(node) for part in pair] + _items(node)


def _doubled(node: yaml.Node, place: str, seen: set[int]) -> Iterator[str]:
    if id(node) in seen:
        return  # an alias of what has been looked at
    seen.add(id(node))
    for child in _items(node):
        yield from _doubled(child, place, seen)
    first: dict[str, int] = {}
    for key, value in _pairs(node):
        if not isinstance(key, yaml.ScalarNode):
            continue
        line = key.start_mark.line + 1
        if key.value in first:
            where = f"{place}: " if place else ""
            yield (
                f"{where}the key {key.value} stands twice "
                f"(lines {first[key.value]} and {line}); keep one"
            )
        first.setdefault(key.value, line)
        yield from _doubled(value, f"{place} > {key.value}" if place else str(key.value), seen)


def _unquoted(root: yaml.MappingNode) -> Iterator[str]:
    """Names of versions that YAML takes for numbers or dates."""
    versions = _pairs(_below(root, "versions"))
    places = [("versions", key) for key, _ in versions]
    places += [("build", node) for node in _items(_below(root, "build"))]
    for key, entry in versions:
        places += [
            (f"versions > {key.value} > compare_with", value)
            for name, value in _pairs(entry)
            if name.value == "compare_with"
        ]
    for place, node in places:
        if isinstance(node, yaml.ScalarNode) and not node.tag.endswith(":str"):
            line = node.start_mark.line + 1
            yield f'line {line}: {place}: put the version in quotes, "{node.value}"'


def _odd_nodes(root: yaml.MappingNode) -> Iterator[str]:
    """Values that YAML or the program cannot take, and keys that are no texts."""
    seen = {id(key) for key, _ in _pairs(_below(root, "versions"))}  # told before
    todo: list[yaml.Node] = [root]
    while todo:
        node = todo.pop(0)
        if id(node) in seen:
            continue
        seen.add(id(node))
        told = _odd(node)
        if told:
            yield f"line {node.start_mark.line + 1}: {told}"
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                line = f"line {key.start_mark.line + 1}: "
                if not isinstance(key, yaml.ScalarNode):
                    yield line + "a key is a text, no list and no mapping; put it in quotes"
                elif id(key) not in seen and key.tag not in (f"{_SCALAR}merge", f"{_SCALAR}value"):
                    seen.add(id(key))
                    text = _odd(key) or _not_as_written(key)
                    if text:
                        yield line + text
                todo.append(value)
        else:
            todo += _children(node)


def _odd(node: yaml.Node) -> str:
    """What is wrong with a value by itself; empty for a right one."""
    if node.tag not in _KNOWN_TAGS:
        return f"the tag {node.tag} means nothing here; put the text in quotes"
    if not isinstance(node, yaml.ScalarNode):
        return ""
    try:
        value = _CONSTRUCTED.construct_object(node)
    except (ValueError, yaml.YAMLError):
        if node.tag == f"{_SCALAR}timestamp":
            return f"{node.value} is no day of the calendar; correct it, or put it in quotes"
        return f"{node.value} cannot be read; put it in quotes"
    if isinstance(value, float) and not math.isfinite(value):
        return f'{node.value} is no number; write one, or "{node.value}" in quotes for a text'
    return ""


def _not_as_written(key: yaml.ScalarNode) -> str:
    """Keys that YAML reads as another word: yes, ~, 1.10, 010."""
    meant = _meant(key)
    if key.tag.endswith(":str") or str(meant) == key.value:
        return ""
    return f'the key {key.value} is read as {meant}; put it in quotes, "{key.value}"'
