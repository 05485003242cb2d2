"""Results by group of every kind but proportions: each group as a review of its own."""

import pytest

from singlearm.catalogue.tables import table_text
from singlearm.kinds import KINDS, POOLINGS, Evidence
from singlearm.report import kind_tables
from singlearm.synthesis.regression import regress_effects

GROUPS = {"drug": {"A": "new", "B": "new", "C": "old", "D": "old", "E": None, "F": "old"}}
EMPTY = {"source_url": None, "notes": None}


def landmarks():
    values = {"A": 80.0, "B": 75.0, "C": 50.0, "D": 55.0, "E": 60.0, "F": 45.0}
    return [
        {"study_id": study, "outcome": "pfs", "months": 12.0, "value_percent": value,
         "ci_low": value - 12, "ci_high": value + 10, "n": 60, "n_at_risk": None} | EMPTY
        for study, value in values.items()
    ]  # fmt: skip


def rates():
    events = {"A": 4, "B": 9, "C": 20, "D": 30, "E": 3}
    return [
        {"study_id": study, "outcome": "it", "events": x, "person_time": 100.0,
         "unit": "person-years"} | EMPTY
        for study, x in events.items()
    ]  # fmt: skip


def medians():
    months = {"A": 20.0, "B": None, "C": 8.0, "D": 11.0, "F": 7.0}
    return [
        {"study_id": study, "outcome": "it", "value_months": value, "n": 30,
         "ci_low": value and value * 0.7, "ci_high": value and value * 1.5,
         "not_reached": "no" if value else "yes"} | EMPTY
        for study, value in months.items()
    ]  # fmt: skip


def ratios():
    hazards = {"A": 0.3, "B": 0.4, "C": 0.9, "D": 1.1, "F": 0.95}
    counts = dict.fromkeys(("events_treat", "n_treat", "events_ctrl", "n_ctrl"))
    return [
        {"study_id": study, "outcome": "it", "comparison": "new vs old", "followup_months": 12.0,
         "effect_measure": "HR", "estimate": hr, "ci_low": hr * 0.7, "ci_high": hr / 0.7}
        | counts | EMPTY
        for study, hr in hazards.items()
    ]  # fmt: skip


SHEETS = {"landmark": landmarks, "rate": rates, "time": medians, "ratio": ratios}
OUTCOMES = {name: {"kind": name} for name in SHEETS}
OUTCOMES["landmark"] |= {"of": "pfs", "months": 12}


YEARS = {"year": {"A": 2020.0, "B": 2021.0, "C": 2015.0, "D": 2016.0, "E": None, "F": 2014.0}}


def found(table, kind, rows, groups=GROUPS, moderators=YEARS, per_coefficient=3, regressions=None):
    sheets = {KINDS[kind].sheet.clean_table: rows}
    studies = [{"study_id": study, "median_followup_months": None} for study in "ABCDEF"]
    evidence = Evidence(
        sheets,
        {"it": OUTCOMES[kind]},
        {"primary": "glmm"},
        studies,
        groups=groups,
        moderators=moderators,
        moderator_settings={
            name: {"studies_per_coefficient": per_coefficient} for name in moderators
        },
        regressions=regressions or {},
    )
    rows = list(POOLINGS[table].call(evidence))
    table_text(table, rows)  # what it writes is what is declared
    return rows


@pytest.mark.parametrize("kind", SHEETS)
def test_a_group_is_pooled_as_a_review_of_it_alone(kind):
    rows = SHEETS[kind]()
    levels = {row["level"]: row for row in found("group_results", kind, rows)}
    assert set(levels) == {"new", "old"}
    for level, row in levels.items():
        own = [r for r in rows if GROUPS["drug"][r["study_id"]] == level]
        alone = list(
            POOLINGS[KINDS[kind].table].call(
                Evidence({KINDS[kind].sheet.clean_table: own}, {"it": OUTCOMES[kind]})
            )
        )
        lead = KINDS[kind].lead(alone, {"primary": "glmm"})
        assert (row["k"], row["estimate"]) == (lead["k"], lead["value"])
        assert row["result"].endswith(KINDS[kind].printed(lead))


@pytest.mark.parametrize("kind", SHEETS)
def test_groups_that_differ_are_told_apart(kind):
    (test,) = found("group_tests", kind, SHEETS[kind]())
    assert test["df"] == 1 and test["p_value"] < 0.1
    assert test["left_out"] == (kind in ("landmark", "rate"))  # E has no group


def test_a_ratio_says_of_what():
    levels = {row["level"]: row for row in found("group_results", "ratio", ratios())}
    assert levels["old"]["result"].startswith("HR ")


def test_a_median_not_reached_without_a_bound_is_called_so():
    groups = {"by": {"B": "endless", "C": "short", "D": "short"}}
    rows = found("group_results", "time", medians(), groups)
    levels = {row["level"]: row for row in rows}
    assert levels["endless"]["result"] == "not reached"
    assert levels["short"]["k"] == 2


#: Medians by group that lead as numbers, between two bounds, as "at least", and not at all.
OPEN = {
    "by": {"A": "between", "B": "least", "C": "between", "D": "between", "E": "between",
           "F": "number"},
}  # fmt: skip


def open_medians():
    rows = medians()
    rows[1] |= {"ci_low": 12.0}
    return [*rows, rows[1] | {"study_id": "E", "ci_low": 9.0}]


@pytest.mark.parametrize("kind", [*SHEETS, "open"])
def test_a_result_can_be_said_again_from_its_columns(kind, monkeypatch):
    """In German a median between two bounds was a dash: they stood in the English text alone."""
    if kind == "open":
        rows = found("group_results", "time", open_medians(), OPEN)
        starts = {row["level"]: row["result"].split(" ")[0] for row in rows}
        assert starts == {"between": "between", "least": "at", "number": "7.0"}
    else:
        rows = found("group_results", kind, SHEETS[kind]())
    monkeypatch.setattr(kind_tables, "current", lambda: "another language")
    assert [kind_tables.said(row)["result"] for row in rows] == [row["result"] for row in rows]


def test_without_groups_there_are_no_rows():
    for table in ("group_results", "group_tests", "other_regression"):
        assert found(table, "landmark", landmarks(), {}, {}) == []


@pytest.mark.parametrize("kind", ["landmark", "rate", "ratio"])
def test_a_slope_is_that_of_the_effects(kind):
    intercept, slope, omnibus = found("other_regression", kind, SHEETS[kind]())
    rows = [row for row in SHEETS[kind]() if row["study_id"] != "E"]
    sheets = {KINDS[kind].sheet.clean_table: rows}
    e = KINDS[kind].effects(Evidence(sheets, {"it": OUTCOMES[kind]}), "it")
    design = [[1.0, YEARS["year"][study]] for study in e.studies]
    known = regress_effects(e.yi, e.vi, design)
    assert (slope["term"], slope["k"], omnibus["term"]) == ("year", len(rows), "omnibus")
    assert slope["estimate"] == pytest.approx(known.beta[1], rel=1e-9)
    assert intercept["se"] == pytest.approx(known.se[0], rel=1e-9)
    assert omnibus["p_value"] == pytest.approx(float(known.qm_p), rel=1e-9)


def test_several_moderators_are_regressed_at_once():
    """The one with two values; six studies, of which E has no year."""
    lines = {"A": "first", "B": "later", "C": "first", "D": "later", "E": "first", "F": "later"}
    both = {"adjusted": {"moderators": ["year", "line"], "studies_per_coefficient": 2}}
    rows = found(
        "other_regression", "landmark", landmarks(), moderators=YEARS | {"line": lines},
        regressions=both,
    )  # fmt: skip
    adjusted = {row["term"]: row for row in rows if row["moderator"] == "adjusted"}
    assert set(adjusted) == {
        "intercept", "year", "line: later - first", "omnibus", "omnibus: year", "omnibus: line",
    }  # fmt: skip
    e = KINDS["landmark"].effects(
        Evidence({KINDS["landmark"].sheet.clean_table: landmarks()}, {"it": OUTCOMES["landmark"]}),
        "it",
    )
    kept = [i for i, study in enumerate(e.studies) if study != "E"]
    design = [
        [1.0, YEARS["year"][study], float(lines[study] == "later")]
        for study in (e.studies[i] for i in kept)
    ]
    known = regress_effects([e.yi[i] for i in kept], [e.vi[i] for i in kept], design)
    assert adjusted["line: later - first"]["estimate"] == pytest.approx(known.beta[2], rel=1e-9)
    assert adjusted["omnibus"]["p_value"] == pytest.approx(float(known.qm_p), rel=1e-9)
    assert adjusted["omnibus: line"]["p_value"] == pytest.approx(known.p_value[2], rel=1e-9)
    assert {row["left_out"] for row in adjusted.values()} == {1}


def test_a_regression_of_few_studies_is_none():
    rows = found("other_regression", "time", medians(), per_coefficient=10)
    assert {row["estimate"] for row in rows} == {None}
    assert {row["note"] for row in rows} == {"studies_needed=10"}


def test_one_group_of_all_studies_is_the_whole_review():
    """With outcomes of every kind beside each other, as a review has them."""
    outcomes = {
        "pfs_12mo": {"kind": "landmark", "of": "pfs", "months": 12, "label": "at 12"},
        "median_pfs": {"kind": "time", "of": "pfs", "label": "median"},
        "pfs_all": {"kind": "survival", "of": "pfs", "horizons": [12], "label": "all"},
        "hr": {"kind": "ratio", "label": "ratio"},
        "it": {"kind": "rate", "label": "rate"},
        "orr": {"kind": "proportion", "label": "response"},
    }
    named = {"median_pfs": medians(), "hr": ratios(), "it": rates()}
    named = {name: [row | {"outcome": name} for row in rows] for name, rows in named.items()}
    # medians of studies that have no landmark: without them the curve would be another
    named["median_pfs"] += [
        row | {"study_id": f"M{i}"}
        for i, row in enumerate(named["median_pfs"])
        if row["value_months"]
    ]
    sheets = {
        KINDS["landmark"].sheet.clean_table: landmarks(),
        KINDS["time"].sheet.clean_table: named["median_pfs"],
        KINDS["ratio"].sheet.clean_table: named["hr"],
        KINDS["rate"].sheet.clean_table: named["it"],
    }
    ids = sorted({row["study_id"] for rows in sheets.values() for row in rows})
    studies = [{"study_id": study, "median_followup_months": None} for study in ids]
    evidence = Evidence(
        sheets, outcomes, {"primary": "glmm"}, studies, groups={"all": dict.fromkeys(ids, "one")}
    )
    rows = {row["outcome"]: row for row in POOLINGS["group_results"].call(evidence)}
    assert set(rows) == set(outcomes) - {"orr"}
    for name, row in rows.items():
        kind = KINDS[outcomes[name]["kind"]]
        whole = [r for r in kind.poolings[kind.table].call(evidence) if r["outcome"] == name]
        lead = kind.lead(whole, {"primary": "glmm"})
        assert (row["estimate"], row["k"]) == (lead["value"], lead["k"]), name
