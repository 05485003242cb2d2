"""Damaged layers end in faults, in a warning about the change, or in the right result.

The default run tries a few of each kind; the long profile tries 5,000 in all, with the 100,000-row
sheets (`EXTRACTION_MUTATIONS` in the environment sets another number).
"""

import os

import pytest
from damage import KINDS
from mutations import Mutant, counts

FEW = 3
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
ASKED = int(os.environ.get("EXTRACTION_MUTATIONS", "5000" if LONG else "0"))
COUNTS = counts(ASKED) if ASKED else {name: FEW for name in KINDS if name != "many_rows"}

#: What must become of each variant of a kind; the others may also be harmless by chance.
MUST = {
    "missing_file": {"error", "warning"},  # a kind without decisions has one extractor then
    "misnamed_file": {"error", "same"},
    "emptied_file": {"error", "warning"},  # where nothing else misses it, one extractor is left
    "duplicate_row": {"error"},
    "date_damage": {"error"},
    "many_rows": {"error"},
    "title_above": {"error"},
    "footnote_mark": {"error"},
    "totals_row": {"error", "warning"},
    "wrong_type": {"error"},
    "wrong_word": {"error"},
    "byte_noise": {"error"},
    "moved_columns": {"same"},
    "moved_rows": {"same"},
    "blank_margins": {"same"},
    "strict_workbook": {"same"},
    "opendocument_workbook": {"same"},
    "old_workbook": {"warning"},  # it has the times of one extractor
    "hostile_text": {"read"},
    "hostile_name": {"error", "read"},
}
MAY = {"error", "warning", "same"}


@pytest.fixture(scope="module")
def mutant(tmp_path_factory):
    """The unharmed results to compare with."""
    return Mutant(tmp_path_factory.mktemp("mutations"))


@pytest.mark.parametrize("kind", COUNTS)
def test_no_damage_passes_unseen(kind, mutant):
    fates = {seed: mutant.fate(kind, seed) for seed in range(COUNTS[kind])}
    assert {s: fate for s, fate in fates.items() if fate not in MUST.get(kind, MAY)} == {}


def test_the_suite_is_large_and_names_every_kind():
    assert sum(counts(5000).values()) >= 5000
    assert set(counts(5000)) == set(KINDS)
    assert set(MUST) <= set(KINDS)
