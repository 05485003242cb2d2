"""What is wrong with a protocol, as its writer needs it: the place, the line, the remedy."""

import datetime
import difflib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import jsonschema

from singlearm.kinds import KINDS
from singlearm.synthesis.estimators import TAU2_METHODS

from .protocol_yaml import file_faults, written_at

__all__ = ["as_texts", "file_faults", "reference_faults", "schema_faults"]

#: JSON Schema's types in words.
TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list, as [a, b]",
    "object": "keys with values",
    "null": "nothing",
}


def as_texts(value: Any) -> Any:
    """The protocol with dates as the texts that they look like, and keys as texts."""
    if isinstance(value, Mapping):
        return {str(key): as_texts(part) for key, part in value.items()}
    if isinstance(value, list):
        return [as_texts(part) for part in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def schema_faults(
    protocol: Mapping[str, Any], schema_path: Path, files: Sequence[Path] = ()
) -> list[str]:
    """One line for each place where the protocol does not fit its schema.

    `files` are those that it was read from: they give the line and the words as written.
    """
    schema = json.loads(schema_path.read_text(encoding="utf-8"))
    schema["$defs"]["tau2"] = {"enum": list(TAU2_METHODS)}
    errors = jsonschema.Draft202012Validator(schema).iter_errors(protocol)
    ordered = sorted(errors, key=lambda error: list(map(str, error.absolute_path)))
    lines = [*_endless(protocol, ())]
    for error in ordered:
        place = list(error.absolute_path)
        written = written_at(files, place, error.instance)
        line = f"line {written[0]}: " if written else ""
        named = " > ".join(map(str, place)) or "protocol"
        lines.append(f"{line}{named}: {_words(error, written[1] if written else None)}")
    return list(dict.fromkeys(lines))


def _endless(value: Any, place: tuple[str, ...]) -> Iterator[str]:
    """Numbers that are none; in a file they are told with their line."""
    if isinstance(value, Mapping | list):
        parts = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, part in parts:
            yield from _endless(part, (*place, str(key)))
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{' > '.join(place)}: {value} is no number"


def _words(error: jsonschema.ValidationError, written: str | None) -> str:
    """What the schema says is wrong, without its technical terms."""
    found: Any = error.instance
    rule, schema = error.validator, error.schema
    wanted: Any = error.validator_value
    if rule == "additionalProperties" and isinstance(found, dict):
        return _unknown_keys(error)
    if rule == "not":
        return f"not a key beside the others here (found {found!r})"
    if rule == "pattern":
        form = schema.get("form") if isinstance(schema, Mapping) else None
        form = form or "of the form that is needed here"
        broken = " has a line break;" if "\n" in str(found) else ""
        return f"{json.dumps(found, ensure_ascii=False)}{broken} is not {form}"
    if rule == "type":
        names = [wanted] if isinstance(wanted, str) else wanted
        words = " or ".join(TYPES[name] for name in names)
        if found is None:
            return f"is empty; write {words}"
        text = written or (json.dumps(found) if isinstance(found, bool) else str(found))
        quoted = f', perhaps in quotes: "{text}"' if "string" in names else ""
        return f"{written or repr(found)} is not {words}{quoted}"
    if rule == "enum":
        return _none_of(str(found), [str(each) for each in wanted])
    if rule == "required":
        missing = [key for key in wanted if key not in found]
        one = len(missing) == 1
        return f"the key{'' if one else 's'} {', '.join(missing)} {'is' if one else 'are'} missing"
    return error.message


def _none_of(found: str, allowed: list[str]) -> str:
    """That a word is not allowed, with those that are and the near one."""
    near = difflib.get_close_matches(found, allowed, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return f"'{found}' is none of: {', '.join(allowed) or 'nothing'}.{hint}"


def _unknown_keys(error: jsonschema.ValidationError) -> str:
    """The keys that are none, each with the near one, and all that are allowed."""
    schema: Any = error.schema
    given: Any = error.instance
    allowed = list(schema.get("properties", {})) if isinstance(schema, Mapping) else []
    hints = []
    for key in (key for key in dict(given) if key not in allowed):
        near = difflib.get_close_matches(str(key), allowed, n=1)
        hints.append(
            f"did you mean '{near[0]}' for '{key}'?" if near else f"'{key}' is not a key here."
        )
    return f"{' '.join(hints)} Allowed: {', '.join(allowed)}."


def reference_faults(protocol: Mapping[str, Any]) -> list[str]:
    """A line for each name in a complete protocol that names nothing, or nothing in the review."""
    faults = [
        f"{place}: {_none_of(name, allowed)}"
        for place, name, allowed in _names(protocol)
        if name not in allowed
    ]
    faults += [
        f"regressions > {name}: a moderator has this name; give the regression another"
        for name in protocol["regressions"]
        if name in protocol["moderators"]
    ]
    return [*faults, *_outside(protocol), *_without_shrunken(protocol)]


def _outside(protocol: Mapping[str, Any]) -> Iterator[str]:
    """Sheets and claims that do not lie in the review: an archive could not hold them."""
    for name, version in protocol["versions"].items():
        named = [("layers", layer) for layer in version["layers"]]
        named += [("claims", version["claims"])] if "claims" in version else []
        for key, given in named:
            path = PurePosixPath(given)
            if path.is_absolute() or ".." in path.parts:
                yield (
                    f"versions > {name} > {key}: '{given}' does not lie in the review's folder; "
                    "copy it into data/raw (or link it there) and name that path, without a "
                    "leading / and without .."
                )


def _without_shrunken(protocol: Mapping[str, Any]) -> Iterator[str]:
    """Why the forests cannot have the values of studies that the protocol asks for."""
    if not protocol["figures"].get("forest", {}).get("shrunken"):
        return
    name = protocol["models"]["primary"]
    if protocol["models"].get(name, {}).get("tau2") == "EE":
        yield (
            f"figures > forest > shrunken: the primary model {name} takes the studies as one "
            "(tau2: EE), so it has no value for each; take the key out, or name another primary"
        )
    if all(outcome["kind"] != "proportion" for outcome in protocol["outcomes"].values()):
        yield (
            "figures > forest > shrunken: only the forests of proportions can show these values, "
            "and no outcome is of kind proportion; take the key out"
        )


def _names(protocol: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """(place, name, what it may be) of every name in the protocol."""
    models = [name for name in protocol["models"] if name != "primary"]
    versions, subgroups = list(protocol["versions"]), list(protocol["subgroups"])
    outcomes = list(protocol["outcomes"])
    for name, outcome in protocol["outcomes"].items():
        yield f"outcomes > {name} > kind", outcome["kind"], list(KINDS)
    # permutations and regressions take studies as independent
    single = [name for name in models if "cluster" not in protocol["models"][name]]
    yield "models > primary", protocol["models"]["primary"], models
    yield "paper_model", protocol["paper_model"], models
    for key, allowed in (
        ("permutation", single),
        ("build", versions),
        ("key_outcomes", outcomes),
        ("front_groups", subgroups),
    ):
        yield from ((key, name, allowed) for name in protocol[key])
    for name, version in protocol["versions"].items():
        if "compare_with" in version:
            others = [other for other in versions if other != name]
            yield f"versions > {name} > compare_with", version["compare_with"], others
    for name, entry in protocol["regressions"].items():
        place, moderators = f"regressions > {name} > moderators", list(protocol["moderators"])
        yield from ((place, moderator, moderators) for moderator in entry["moderators"])
    for section in ("subgroups", "moderators", "regressions"):
        for name, entry in protocol[section].items():
            for key, allowed in (("versions", versions), ("models", single)):
                place = f"{section} > {name} > {key}"
                yield from ((place, value, allowed) for value in entry.get(key, []))
    multiverse = protocol["multiverse"] or {}
    for name, chosen in multiverse.get("include", {}).items():
        place = f"multiverse > include > {name} > versions"
        yield from ((place, version, versions) for version in chosen.get("versions", []))
    for column, named in multiverse.get("denominators", {}).items():
        place = f"multiverse > denominators > {column}"
        yield from ((place, outcome, outcomes) for outcome in named)
    forest = protocol["figures"].get("forest", {})
    if "by" in forest:
        yield "figures > forest > by", forest["by"], subgroups
