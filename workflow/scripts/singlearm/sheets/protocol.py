"""The protocol in force: what the file says, with the defaults for what it leaves out."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from singlearm.catalogue.language import mark

from .codebook import Codebook

Protocol = dict[str, Any]

#: Where the layers of a review lie that names none.
LAYERS = Path("data/raw")
#: The models of a protocol that names none.
MODELS: Protocol = {
    "primary": "glmm",
    "glmm": {
        "label": mark("Random-intercept logistic (binomial-normal), t interval"),
        "likelihood": "binomial_normal",
        "ci": "t",
    },
    "logit_dl": {
        "label": mark("Logit, DerSimonian-Laird, Wald"),
        "likelihood": "normal",
        "measure": "PLO",
        "tau2": "DL",
        "ci": "wald",
        "prediction": "t",
    },
    "logit_reml_hk": {
        "label": mark("Logit, REML, Hartung-Knapp"),
        "likelihood": "normal",
        "measure": "PLO",
        "tau2": "REML",
        "ci": "hk",
    },
}
#: Defaults of the other sections; what a section of the file names goes before.
SECTIONS: Protocol = {
    "studies": {},
    "not_analysed": [],
    "subgroups": {},
    "moderators": {},
    "regressions": {},
    "headline": "average",
    "key_outcomes": [],
    "front_groups": [],
    "lang": "en",
    "paper_times": "weighted_median",
    "permutation": [],
    "changes": {"threshold": True, "significance": 0.05, "proportion": 0.1, "months": 3, "rate": 2},
    "leave_two_out": True,
    "multiverse": {},
    "gosh": {"draws": 2_000_000, "seed": 20210101},
    "calibration": {"datasets": 2_000, "seed": 20210101},
    "figures": {"forest": {"sort": "year"}},
}


def complete(given: Mapping[str, Any], layers: Path = LAYERS) -> Protocol:
    """A protocol with every key that the workflow reads.

    Parameters
    ----------
    given : mapping
        The protocol as its file has it, with `review` (`name`, `title`) and `outcomes`.
    layers : path
        The folder whose folders are the layers of a single version that names none, in order of
        name.

    Raises
    ------
    ValueError
        If a version has no layers: the only one finds no folder, or one of several names none.
    """
    protocol = {**SECTIONS, **given}
    protocol["review"] = {"question": "", "authors": [], "limits": []} | given["review"]
    protocol["outcomes"] = {n: _outcome(n, o or {}) for n, o in given["outcomes"].items()}
    protocol["versions"] = _versions(given, layers)
    protocol["build"] = given.get("build") or list(protocol["versions"])
    models = given.get("models") or MODELS
    names = [name for name in models if name != "primary"]
    protocol["models"] = {"primary": names[0]} | models
    protocol.setdefault("paper_model", protocol["models"]["primary"])
    for section in ("gosh", "calibration", "figures"):
        if protocol[section] is not False:
            protocol[section] = SECTIONS[section] | protocol[section]
    # The keys in one order, whatever the file's, so that the same protocol gives the same bytes.
    first = ("review", "build", "versions", "outcomes", *SECTIONS, "models", "paper_model")
    return {key: protocol[key] for key in first} | protocol


def _outcome(name: str, outcome: Mapping[str, Any]) -> Protocol:
    return {"label": name.replace("_", " ").capitalize(), "kind": "proportion"} | dict(outcome)


def _versions(given: Mapping[str, Any], layers: Path) -> Protocol:
    """The versions; a title is the review's, and a single version has every folder of sheets."""
    versions = given.get("versions") or {"1": {}}
    complete = {}
    for name, entry in versions.items():
        found = _layers(layers) if "layers" not in entry and len(versions) == 1 else None
        if "layers" not in entry and not found:
            raise ValueError(
                f"versions > {name}: the key layers is missing; of several versions each names its "
                "folders of sheets"
                if len(versions) > 1
                else f"there are no sheets: make a folder under {layers.as_posix()} with "
                "studies.csv and outcomes_1.csv, or name the layers under `versions`"
            )
        usual = {"title": given["review"]["title"], "layers": found}
        complete[name] = {k: v for k, v in usual.items() if k not in entry} | dict(entry)
    return complete


def _layers(folder: Path) -> list[str]:
    found = sorted(each for each in folder.glob("*") if each.is_dir() and each.name[0] not in "._")
    return [each.as_posix() for each in found]


def study_words(protocol: Mapping[str, Any], codebook: Codebook) -> Protocol:
    """What protocol and codebook say about the columns of the studies, for all printed words.

    Returns
    -------
    dict
        `size` (column with the number of patients) and `size_label` (its words); `group` (column
        that sorts the studies on maps and lists); `table` (columns of the study table); `labels`
        (column: heading), `types` (column: type of a table) and `separators` (list column: sign)
        of every column. `size` and `group` are missing where the protocol does not name them:
        nothing is printed about them then.
    """
    said = protocol.get("studies") or {}
    columns = codebook.of("studies")
    words: Protocol = {key: said[key] for key in ("size", "group") if key in said}
    if "size" in said and said["size"] in columns:
        words["size_label"] = said.get("size_label") or _label(columns[said["size"]].heading)
    own = [name for name, column in columns.items() if column.own]
    usual = ["design", "country", *own, "median_followup_months", "publication_type"]
    words["table"] = list(said.get("table", usual))
    headings = {name: column.heading for name, column in columns.items()}
    words["labels"] = headings | dict(said.get("labels", {}))
    words["types"] = codebook.types("studies")
    words["separators"] = codebook.separators("studies")
    return words


def _label(heading: str) -> str:
    """A heading within a sentence."""
    return heading if heading[:2].isupper() else heading[:1].lower() + heading[1:]


def described(protocol: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """The protocol in force as YAML, each value with the word where it comes from.

    Parameters
    ----------
    protocol : mapping
        The protocol with its defaults and what the command line set.
    given : mapping
        What its file says.
    """
    return "\n".join(_lines(protocol, given, "")) + "\n"


def _lines(value: Mapping[str, Any], given: Any, indent: str) -> Iterator[str]:
    for key, part in value.items():
        theirs = given.get(key) if isinstance(given, Mapping) and key in given else None
        if isinstance(part, Mapping) and part:
            yield f"{indent}{as_key(str(key))}:"
            yield from _lines(part, theirs, indent + "  ")
            continue
        origin = "default" if theirs is None else "config.yaml"
        origin = "command line" if theirs is not None and theirs != part else origin
        yield f"{indent}{as_key(str(key))}: {_flow(part)}  # {origin}"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{as_key(str(key))}: {_flow(part)}" for key, part in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    return as_key(value) if isinstance(value, str) else json.dumps(value, default=str)


def as_key(text: str) -> str:
    """A text or key as YAML reads it back: in quotes unless it is a plain name."""
    plain = text.replace("_", "").replace("-", "")
    reserved = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
    is_name = plain.isascii() and plain.isalnum() and not plain[0].isdigit()
    return text if is_name and text.lower() not in reserved else quoted(text)


def quoted(text: str) -> str:
    """A text in double quotes of YAML."""
    return '"' + "".join(map(_sign, text)) + '"'


def _sign(sign: str) -> str:
    """A sign within double quotes of YAML."""
    if sign in '\\"':
        return f"\\{sign}"
    return sign if sign.isprintable() else f"\\U{ord(sign):08x}"
