"""All texts that people read, as they stand in scripts, package, templates, page programs."""

import ast
import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from jinja2 import Environment, nodes

from singlearm.synthesis.estimators import ESTIMATORS
from singlearm.synthesis.models import SCALES

from . import language
from .declare import Type

PACKAGE = Path(__file__).resolve().parents[1]
#: What stands for a text in the declarations of the catalogue: its place among the arguments.
DECLARED = {"Column": {"heading": 2, "cell": 4}, "Words": {"short": 0, "sentence": 1}}
#: The items of checklists, which are said where a checklist is printed.
CHECKLISTS = sorted((PACKAGE / "report").glob("*_items.csv"))
_IN_SCRIPT = re.compile(r"\bsay\(\s*(\"(?:[^\"\\]|\\.)*\")")


def texts() -> list[str]:
    """Every text, once, in the order of the alphabet.

    Raises
    ------
    ValueError
        Where `say` is given a text that is put together while the program runs.
    """
    found: set[str] = set()
    for path in sorted([*PACKAGE.parent.glob("*.py"), *PACKAGE.rglob("*.py")]):
        found.update(_of_module(path))
    for path in sorted(PACKAGE.rglob("*.j2")):
        found.update(_of_template(path))
    for path in sorted(PACKAGE.rglob("*.js")):
        found.update(map(json.loads, _IN_SCRIPT.findall(path.read_text(encoding="utf-8"))))
    for path in CHECKLISTS:
        found.update(_of_checklist(path))
    # the statistics know no language: what their words are called is said where it is printed
    found.update(SCALES.values())
    found.update(text for each in ESTIMATORS.values() for text in (each.short, each.words))
    return sorted(found - {""})


def _of_module(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in ("say", "mark"):
            if isinstance(node.args[0], ast.JoinedStr):
                raise ValueError(f"{path.name}:{node.lineno}: `{name}` takes no f-string")
            yield from _constant(node.args[0])
        elif name == "plural":
            words = [part.value for part in node.args[1:] if isinstance(part, ast.Constant)]
            yield from _plural(words)
        elif name == "Words" or (name == "Column" and _of_table(node)):
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            for argument, place in DECLARED[name].items():
                value = node.args[place] if len(node.args) > place else given.get(argument)
                yield from _constant(value)


def _of_table(call: ast.Call) -> bool:
    """Whether it is a column of a table, not of an extraction sheet."""
    return any(getattr(type_, "value", None) in get_args(Type) for type_ in call.args[1:2])


def _constant(node: ast.expr | None) -> Iterator[str]:
    """The texts of a literal, also of one that a condition chooses."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constant(node.body)
        yield from _constant(node.orelse)


def _plural(words: list[Any]) -> Iterator[str]:
    """The two forms of `plural(n, one, many)`, with the number."""
    for word in words if len(words) != 1 else (words[0], f"{words[0]}s"):
        yield f"{{n}} {word}"


def _of_template(path: Path) -> Iterator[str]:
    tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    for call in tree.find_all(nodes.Call):
        name = call.node.name if isinstance(call.node, nodes.Name) else ""
        given = [node.value for node in call.args if isinstance(node, nodes.Const)]
        if name == "_" and given:
            yield given[0]
        elif name == "plural":
            yield from _plural(given)


def _of_checklist(path: Path) -> Iterator[str]:
    """Part and topic of each item, and the headings under which it may stand."""
    with path.open(encoding="utf-8", newline="") as file:
        for item in csv.DictReader(file):
            section, _, headings = item["place"].partition(": ")
            yield from (item["part"], item["topic"], section)
            yield from (heading for heading in headings.split("; ") if heading != "{pooling}")


def complete(code: str) -> tuple[list[str], list[str]]:
    """Bring the file of a language up to date: (texts that it lacks, texts that nobody says).

    The lacking ones are added, empty; those that nobody says are dropped.
    """
    path = language.HERE / f"{code}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    old, wanted = content["texts"], texts()
    content["texts"] = {text: old.get(text, "") for text in wanted}
    path.write_text(
        json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n"
    )
    return [text for text in wanted if not old.get(text)], sorted(set(old) - set(wanted))
