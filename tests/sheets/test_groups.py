"""Levels of subgroups and the latest data cut."""

import pytest
from review import LAYERS, PROTOCOL, clean, codebook, read

from singlearm.sheets.groups import cluster_labels, group_levels, level_order

ROWS = [
    {"antigens": "BCMA", "class": "single", "year": 2018, "ids": "A1;A+2"},
    {"antigens": "CD19+BCMA", "class": "dual", "year": 2019, "ids": "A+2"},
    {"antigens": "CD19", "class": "single", "year": 2018, "ids": "A1"},
    {"antigens": None, "class": "single", "year": None, "ids": None},
]
LISTS = {"antigens": "+", "ids": ";"}
BCMA = {"from": "antigens", "contains": "BCMA", "levels": ["has", "has not"]}


def test_own_value_is_the_level():
    assert group_levels(ROWS, {"from": "class"}, LISTS) == ["single", "dual", "single", "single"]
    assert group_levels(ROWS, {"from": "year"}, LISTS) == ["2018", "2019", "2018", None]


def test_member_of_a_list():
    assert group_levels(ROWS, BCMA, LISTS) == ["has", "has", "has not", None]
    partly = BCMA | {"contains": "BCM"}
    assert group_levels(ROWS, partly, LISTS) == ["has not", "has not", "has not", None]


def test_where_limits_the_studies():
    limited = BCMA | {"where": {"class": "single"}}
    assert group_levels(ROWS, limited, LISTS) == ["has", None, "has not", None]
    by_year = {"from": "class", "where": {"year": 2018, "class": "single"}}
    assert group_levels(ROWS, by_year, LISTS) == ["single", None, "single", None]


@pytest.mark.parametrize("sign", [";", "+", ",", "/", " | "])
def test_members_are_parted_by_the_sign_of_the_codebook_and_by_no_other(sign):
    """Pooling guessed it from the values, where the check of the sheets knew it."""
    others = [each for each in (";", "+", ",", "/") if each != sign]
    values = [f"A{sign}B", "A", *(f"A{other}B" for other in others), "B", None]
    rows = [{"drugs": value} for value in values]
    group = {"from": "drugs", "contains": "A", "levels": ["y", "n"]}
    levels = ["y", "y", *("n" for _ in others), "n", None]
    assert group_levels(rows, group, {"drugs": sign}) == levels
    # one study at a time as all together
    assert [group_levels([row], group, {"drugs": sign})[0] for row in rows] == levels


def test_a_column_that_is_no_list_has_its_value_and_the_usual_parts():
    rows = [{"drugs": value} for value in ("A;B", "A+B", "A", "A,B", "C")]
    for wanted, levels in (("A", "yyynn"), ("A+B", "nynnn"), ("A,B", "nnnyn")):
        group = {"from": "drugs", "contains": wanted, "levels": ["y", "n"]}
        assert "".join(group_levels(rows, group, {})) == levels


def test_studies_that_share_a_member_are_one_cluster():
    """Also by way of a third study; an empty cell is nobody's."""
    rows = ("A", "B; C", None, "D", "C;A", "", "D")
    for sign in (";", "/"):
        parted = [{"ids": ids and ids.replace(";", sign)} for ids in rows]
        labels = cluster_labels(parted, "ids", {"ids": sign})
        assert labels[0] == labels[1] == labels[4]
        assert labels[3] == labels[6]
        assert len(set(labels)) == 4


def test_order_of_levels():
    assert level_order(["b", None, "a", "b"], {"from": "x"}) == ["a", "b"]
    assert level_order(["b", "a"], {"from": "x", "levels": ["b", "c", "a"]}) == ["b", "a"]


def test_subgroups_of_the_protocol_on_the_real_studies(tmp_path):
    """Yang 2021 counts 19 single-target studies, 15 of them BCMA, and 4 dual (its claims)."""
    studies = read(clean(LAYERS["2021.1"], tmp_path), "studies")
    signs = codebook().separators("studies")
    levels = {name: group_levels(studies, by, signs) for name, by in PROTOCOL["subgroups"].items()}
    assert levels["target_class"].count("single") == 19
    assert levels["target_class"].count("dual") == 4
    assert levels["bcma_single"].count("BCMA") == 15
    assert levels["bcma_single"].count("non-BCMA") == 4
    assert levels["bcma_single"].count(None) == 4


def test_both_cuts_of_the_real_trials_stay(tmp_path):
    """KarMMa-3 has 15.9 and 30.9 months, CARTITUDE-4 15.9 and 33.6."""
    rows = read(clean(LAYERS["2026.1"], tmp_path), "comparative")
    pfs = [row for row in rows if row["outcome"] == "pfs"]
    assert sorted(row["followup_months"] for row in pfs) == [15.9, 15.9, 30.9, 33.6]
