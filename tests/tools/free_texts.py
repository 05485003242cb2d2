"""Where a protocol may hold any text, read from its schema: a new key is covered by itself.

Only keys that name something, which no text can stand for, are listed here.
"""

import json
from collections.abc import Iterator
from pathlib import Path

SCHEMA = Path(__file__).parents[2] / "workflow/schemas/config.schema.json"
#: Keys of the protocol that name something: a file, a column, an outcome, a model, a word of code.
NAMES = {
    "build.[]", "key_outcomes.[]", "front_groups.[]", "studies.size", "studies.group",
    "studies.table.[]", "studies.alike.[]", "versions.*.layers.[]", "versions.*.claims",
    "versions.*.compare_with", "outcomes.*.kind", "models.primary", "models.*.ci",
    "models.*.tau2", "models.*.cluster", "paper_model", "permutation.[]", "verify",
    "figures.forest.by", "figures.forest.columns.[]", "regressions.*.moderators.[]",
    "regressions.*.models.[]", "regressions.*.versions.[]",
    *(f"{part}.*.{key}" for part in ("subgroups", "moderators")
      for key in ("from", "contains", "levels.[]", "where.*", "versions.[]")),
    "moderators.*.models.[]",
}  # fmt: skip
#: Groups of keys of which every text is a name.
ALL_NAMES = ("multiverse.",)


def protocol_texts() -> list[tuple[str, ...]]:
    """Every key of the protocol that may hold any text, as the way to it.

    `*` stands for each entry of a mapping, `[]` for each of a list.
    """
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    found = dict.fromkeys(_strings(schema, schema["$defs"], ()))
    return [way for way in found if not is_name(".".join(way))]


def all_ways() -> set[str]:
    """Every key that the schema does not bind to words or a form, names included."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return {".".join(way) for way in _strings(schema, schema["$defs"], ())}


def is_name(way: str) -> bool:
    """Whether what stands there is a name."""
    return way in NAMES or way.startswith(ALL_NAMES)


def _strings(node: dict, defs: dict, way: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if "$ref" in node:
        node = defs[node["$ref"].rsplit("/", 1)[1]]
    kinds = node.get("type", ())
    bound = {"enum", "const", "pattern"} & set(node)
    if not bound and "string" in ((kinds,) if isinstance(kinds, str) else kinds):
        yield way
    for name, child in node.get("properties", {}).items():
        yield from _strings(child, defs, (*way, name))
    for word, step in (("additionalProperties", "*"), ("items", "[]")):
        if isinstance(node.get(word), dict):
            yield from _strings(node[word], defs, (*way, step))
    for child in node.get("patternProperties", {}).values():
        yield from _strings(child, defs, (*way, "*"))
    for word in ("oneOf", "anyOf", "allOf"):
        for child in node.get(word, ()):
            yield from _strings(child, defs, way)


def put(place: dict, way: tuple[str, ...], text: str) -> None:
    """Put the text where a way leads: into each entry, into a list as its only one."""
    name, *rest = way
    for key in list(place) if name == "*" else [name]:
        if not rest:
            place[key] = text
        elif rest == ["[]"]:
            place[key] = [text]
        elif rest[0] == "[]":
            # the same entry for each of its keys
            made = place.get(key)
            place[key] = made if isinstance(made, list) and made else [{}]
            put(place[key][0], tuple(rest[1:]), text)
        elif name != "*" or isinstance(place[key], dict):
            put(place.setdefault(key, {}), tuple(rest), text)
