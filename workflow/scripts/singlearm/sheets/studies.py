"""Names under which studies and reports are the same, however they are spelt."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from .groups import LOOKALIKES, folded

_DOI_PREFIX = re.compile(r"^(https?://)?(dx\.)?(doi\.org/|doi:)\s*")
#: How many digits follow the letters of a registry, which may have blanks and signs among them.
_REGISTRIES = {
    "nct": 8, "isrctn": 8, "actrn": 14, "drks": 8, "kct": 7, "umin": 9,
}  # fmt: skip
_REGISTERED = re.compile(
    "|".join(
        [
            *(
                rf"(?<![a-z]){letters}(?:[\W_]*[0-9o]){{{digits}}}(?![0-9o])"
                for letters, digits in _REGISTRIES.items()
            ),
            r"ctri/[0-9]{4}/[0-9]{2,3}/[0-9]{6}",
            r"chictr[\W_]*(?:[a-z]{2,4}[\W_]*)?[0-9]{8,10}(?![0-9])",
            r"(?<![0-9])[0-9]{4}-[0-9]{6}-[0-9]{2}(?:-[0-9]{2})?(?![0-9])",  # EudraCT, EU CT
        ]
    ),
    re.IGNORECASE,
)
_BETWEEN_IDS = re.compile(r"[;,/|+&()\[\]{}、。]+|\s+")
_LETTERS, _DIGITS_FIRST = re.compile(r"[^\W\d_]+[-:#.]?"), re.compile(r"[0-9]")
#: Between two digits a sign or blank tells one number from two: 1.1 is not 11.
_WITHIN_NUMBERS = re.compile(r"(?<=[0-9])[\W_]+(?=[0-9])")


def same_name(text: str) -> str:
    """What two spellings of a study or cohort share: no case, accents, blanks, signs, lookalikes.

    Numbers stay apart, and a plus counts, for HPV+ and HPV- are two arms.

    >>> same_name("Müller-Smith 2019a") == same_name("muller smith  2019A")
    True
    >>> same_name("1.1") == same_name("11"), same_name("HPV+") == same_name("HPV-")
    (False, False)
    """
    plain = unicodedata.normalize("NFKC", text).replace("+", " plus ")
    return ".".join(folded(part) for part in _WITHIN_NUMBERS.split(plain))


def trial_ids(text: str | None) -> dict[str, str]:
    """Trial ids of a cell, compared without case and signs, whatever separates them.

    >>> trial_ids("NCT00000001, nct-00000002")
    {'nct00000001': 'NCT00000001', 'nct00000002': 'nct-00000002'}
    >>> list(trial_ids("ClinicalTrials.gov: NCT O0000003 (ZUMA-1)"))
    ['nct00000003', 'zuma1']
    """
    plain = unicodedata.normalize("NFKC", text or "")
    looks = plain.translate(LOOKALIKES)
    found, rest, at = {}, [], 0
    for hit in _REGISTERED.finditer(looks):
        found[_registered(hit[0])] = plain[hit.start() : hit.end()]
        rest.append(looks[at : hit.start()])
        at = hit.end()
    for part in [each for text in (*rest, looks[at:]) for each in _other_ids(text)]:
        found.setdefault(folded(part), part)
    return found


def _registered(text: str) -> str:
    """An id of a known registry: its letters, and its digits with O read as 0."""
    name = folded(text)
    if name.startswith("chictr"):
        return "chictr" + re.sub("[^0-9]", "", name)
    if name[0].isdigit():
        return name[:12]  # the country part of an EU CT number is that of a version
    letters = next((each for each in _REGISTRIES if name.startswith(each)), "ctri")
    return letters + name[len(letters) :].replace("o", "0")


def _other_ids(text: str) -> list[str]:
    """The parts with digits; letters that stand alone before digits belong to them."""
    parts: list[str] = []
    for part in filter(None, _BETWEEN_IDS.split(text)):
        if parts and _LETTERS.fullmatch(parts[-1]) and _DIGITS_FIRST.match(part):
            parts[-1] += part
        else:
            parts.append(part)
    return [part for part in parts if any(c.isdigit() for c in part)]


def references(study: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """What names the report or trial of a row of studies, in one spelling, to that of the sheet."""
    found = {
        (column, name): study[column]
        for column in ("doi", "pmid")
        if (name := _reference(column, study[column]))
    }
    ids = trial_ids(study["registration"])
    return found | {("registration", name): shown for name, shown in ids.items()}


def same_report(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, str] | None:
    """Column and value by which two rows of studies are one report or trial, `None` if by none."""
    mine, theirs = references(one), references(other)
    shared = [sign for sign in theirs if sign in mine]
    if not shared:
        return None
    column = shared[0][0]
    return column, ", ".join(sorted(theirs[sign] for sign in shared if sign[0] == column))


def _reference(column: str, text: str | None) -> str:
    """A DOI or PMID without what its spellings differ in: prefix, case, lookalikes, dashes, 0s."""
    plain = unicodedata.normalize("NFKC", text or "").strip().casefold().translate(LOOKALIKES)
    plain = "".join("-" if unicodedata.category(c) == "Pd" else c for c in plain)
    plain = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    return _DOI_PREFIX.sub("", plain).rstrip("/.") if column == "doi" else plain.lstrip("0")
