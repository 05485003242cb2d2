"""Names under which studies and reports are the same, however they are spelt."""

import re
from collections.abc import Mapping
from typing import Any

from .groups import folded

_DOI_PREFIX = re.compile(r"^(https?://)?(dx\.)?(doi\.org/|doi:)\s*")
_TRIAL_ID = re.compile(r"[\s;,/|+&]+")


def trial_ids(text: str | None) -> dict[str, str]:
    """Trial ids of a cell, compared without case and signs, whatever separates them.

    >>> trial_ids("NCT00000001, nct-00000002")
    {'nct00000001': 'NCT00000001', 'nct00000002': 'nct-00000002'}
    """
    parts = _TRIAL_ID.split(text or "")
    return {folded(part): part for part in parts if any(c.isdigit() for c in part)}


def same_report(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, str] | None:
    """Column and value by which two rows of studies are one report or trial, `None` if by none."""
    for column in ("doi", "pmid"):
        mine, theirs = (_reference(column, row[column]) for row in (one, other))
        if mine and mine == theirs:
            return column, other[column]
    shared = set(trial_ids(one["registration"])) & set(trial_ids(other["registration"]))
    if shared:
        ids = trial_ids(other["registration"])
        return "registration", ", ".join(sorted(ids[each] for each in shared))
    if folded(one["study_id"]) == folded(other["study_id"]):
        return "study_id", other["study_id"]
    return None


def _reference(column: str, text: str | None) -> str:
    text = (text or "").strip().casefold()
    return _DOI_PREFIX.sub("", text).rstrip("/.") if column == "doi" else text.lstrip("0")
