"""Levels of subgroups and the latest data cut."""

from review import LAYERS, PROTOCOL, clean, read

from singlearm.sheets.groups import cluster_labels, group_levels, level_order

ROWS = [
    {"antigens": "BCMA", "class": "single", "year": 2018, "ids": "A1;A+2"},
    {"antigens": "CD19+BCMA", "class": "dual", "year": 2019, "ids": "A+2"},
    {"antigens": "CD19", "class": "single", "year": 2018, "ids": "A1"},
    {"antigens": None, "class": "single", "year": None, "ids": None},
]
BCMA = {"from": "antigens", "contains": "BCMA", "levels": ["has", "has not"]}


def test_own_value_is_the_level():
    assert group_levels(ROWS, {"from": "class"}) == ["single", "dual", "single", "single"]
    assert group_levels(ROWS, {"from": "year"}) == ["2018", "2019", "2018", None]


def test_member_of_a_list():
    assert group_levels(ROWS, BCMA) == ["has", "has", "has not", None]
    partly = BCMA | {"contains": "BCM"}
    assert group_levels(ROWS, partly) == ["has not", "has not", "has not", None]


def test_where_limits_the_studies():
    limited = BCMA | {"where": {"class": "single"}}
    assert group_levels(ROWS, limited) == ["has", None, "has not", None]
    by_year = {"from": "class", "where": {"year": 2018, "class": "single"}}
    assert group_levels(ROWS, by_year) == ["single", None, "single", None]


def test_separators():
    """';' where the column uses it, so that a '+' inside a value stays; or as the caller says."""
    ids = {"from": "ids", "contains": "A+2", "levels": ["y", "n"]}
    assert group_levels(ROWS, ids) == ["y", "y", "n", None]
    assert group_levels(ROWS[1:], ids) == ["n", "n", None]
    assert group_levels(ROWS[1:], ids, separator=";") == ["y", "n", None]


def test_studies_that_share_a_member_are_one_cluster():
    """Also by way of a third study; an empty cell is nobody's."""
    rows = [{"ids": ids} for ids in ("A", "B; C", None, "D", "C;A", "", "D")]
    labels = cluster_labels(rows, "ids")
    assert labels[0] == labels[1] == labels[4]
    assert labels[3] == labels[6]
    assert len(set(labels)) == 4


def test_order_of_levels():
    assert level_order(["b", None, "a", "b"], {"from": "x"}) == ["a", "b"]
    assert level_order(["b", "a"], {"from": "x", "levels": ["b", "c", "a"]}) == ["b", "a"]


def test_subgroups_of_the_protocol_on_the_real_studies(tmp_path):
    """Yang 2021 counts 19 single-target studies, 15 of them BCMA, and 4 dual (its claims)."""
    studies = read(clean(LAYERS["2021.1"], tmp_path), "studies")
    levels = {name: group_levels(studies, by) for name, by in PROTOCOL["subgroups"].items()}
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
