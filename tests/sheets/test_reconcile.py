"""Pairing the extractors: decisions, what is open, and the agreement figures."""

import re

import pytest
from review import (
    LAYERS,
    NEW,
    OLD,
    ROOT,
    clean,
    copy_layer,
    errors,
    load,
    problems,
    put,
    read,
    row_of,
    save,
    the,
)

from singlearm.sheets.agreement import agreement, wilson


def test_a_difference_without_a_decision(layer):
    row = row_of(layer, "outcomes_2", "Raje2019", "orr")
    put(layer, "outcomes_2", row, "events", "27")
    told = the(errors([layer]), "missing_adjudication")
    first = row_of(layer, "outcomes_1", "Raje2019", "orr")
    assert (told.sheet, told.row, told.column) == ("outcomes_1", first, "events")
    assert f"outcomes_1 row {first} has 28/33, outcomes_2 row {row} has 27/33" in told.message
    assert "adjudication" in told.hint


def test_a_cell_of_one_extractor_without_a_decision(layer):
    grid = load(layer, "outcomes_1")
    row = row_of(layer, "outcomes_1", "Raje2019", "orr")
    save(layer, "outcomes_1", grid[: row - 1] + grid[row:])
    told = the(errors([layer]), "missing_adjudication")
    second = row_of(layer, "outcomes_2", "Raje2019", "orr")
    assert (told.sheet, told.row, told.column) == ("outcomes_2", second, "outcome")
    assert told.message == "only outcomes_2 has Raje2019, orr (28/33)"


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("durations", ("Raje2019", "median_pfs", "11.9")),
        ("comparative", ("RodriguezOtero2023_KarMMa3", "ide-cel vs standard regimens", "0.5")),
    ],
)
def test_differences_in_the_other_kinds(kind, key, tmp_path):
    layers = [copy_layer(path, tmp_path / path.name) for path in (OLD, NEW)]
    layer = layers[0 if kind == "durations" else 1]
    row = row_of(layer, f"{kind}_2", *key[:2])
    column = "value_months" if kind == "durations" else "estimate"
    put(layer, f"{kind}_2", row, column, key[2])
    told = the(errors(layers, "2026.1", others=()), "missing_adjudication")
    assert (told.sheet, told.column) == (f"{kind}_1", column)
    assert f"{kind}_2 row {row}" in told.message
    assert f"adjudication_{kind}" in told.hint


def test_numbers_written_in_two_ways_agree(tmp_path):
    layers = [copy_layer(path, tmp_path / path.name) for path in (OLD, NEW)]
    row = row_of(NEW, "comparative_1", "RodriguezOtero2023_KarMMa3")
    put(layers[1], "comparative_1", row, "estimate", "0.490")
    put(layers[1], "comparative_1", row, "followup_months", "30.90")
    assert errors(layers, "2026.1", others=()) == []


def test_a_decision_on_nothing(layer):
    row = row_of(layer, "adjudication", "Guo2016")
    put(layer, "adjudication", row, "outcome", "infection_grade3plus")
    for column in ("e2_events", "e2_total"):
        put(layer, "adjudication", row, column, "")
    assert row_of(layer, "outcomes_2", "Guo2016", "vgpr_or_better")
    found = errors([layer])
    told = the(found, "adjudication_without_cell")
    assert (told.sheet, told.row, told.column) == ("adjudication", row, "study_id")
    assert the(found, "missing_adjudication").sheet == "outcomes_2"


def test_a_decision_on_values_that_changed_since(layer):
    """The copy of the extractors' values in the decision guards against later edits."""
    row = row_of(layer, "outcomes_2", "Berdeja2019", "vgpr_or_better")
    put(layer, "outcomes_2", row, "events", "19")
    told = the(errors([layer]), "adjudication_stale")
    assert (told.sheet, told.column, told.value) == ("adjudication", "e2_events", "18")
    assert told.row == row_of(layer, "adjudication", "Berdeja2019")
    assert "decide again" in told.hint


def test_half_a_decision(layer):
    row = row_of(layer, "adjudication", "Berdeja2019")
    put(layer, "adjudication", row, "decision_total", "")
    told = the(errors([layer]), "half_decision")
    assert (told.sheet, told.row, told.column) == ("adjudication", row, "decision_total")
    assert "hold the cell out" in told.hint


def test_a_decision_against_both_is_a_warning(layer):
    grid = load(layer, "adjudication")
    save(
        layer, "adjudication", [*grid, ["Raje2019", "orr", "28", "33", "28", "33", "27", "33", "x"]]
    )
    told = the(problems([layer]), "overrides_agreed")
    assert (told.severity, told.sheet, told.row) == ("warning", "adjudication", len(grid) + 1)
    assert "28/33" in told.message
    assert errors([layer]) == []


def test_decisions_are_checked_like_counts(layer):
    row = row_of(layer, "adjudication", "Berdeja2019")
    put(layer, "adjudication", row, "decision_events", "34")
    told = the(errors([layer]), "events_above_total")
    assert (told.sheet, told.row, told.column) == ("adjudication", row, "decision_events")


@pytest.mark.parametrize("header_only", [False, True])
def test_a_single_extractor_is_taken_as_it_is(layer, tmp_path, header_only):
    """Also when the template's second tab was left empty."""
    for kind, decisions in (("outcomes", "adjudication"), ("durations", "adjudication_durations")):
        (layer / f"{decisions}.csv").unlink()
        second = load(layer, f"{kind}_2")
        (layer / f"{kind}_2.csv").unlink()
        if header_only:
            save(layer, f"{kind}_2", second[:1])
    found = problems([layer])
    assert {p.sheet for p in found if p.rule == "single_extractor"} == {"outcomes_1", "durations_1"}
    assert not [p for p in found if p.severity == "error"]
    folder = clean([layer], tmp_path / "clean")
    assert {row["agreement"] for row in read(folder, "outcomes")} == {"single"}
    assert len(read(folder, "outcomes")) == len(load(OLD, "outcomes_1")) - 1


def test_where_an_analysed_value_comes_from(tmp_path):
    rows = {
        (row["study_id"], row["outcome"]): row for row in read(clean([OLD], tmp_path), "outcomes")
    }
    agreed = rows["Raje2019", "orr"]
    assert (agreed["agreement"], agreed["sheet"]) == ("agreed", "outcomes_1")
    assert agreed["row"] == row_of(OLD, "outcomes_1", "Raje2019", "orr")
    decided = rows["Berdeja2019", "vgpr_or_better"]
    assert (decided["events"], decided["total"]) == (18, 33)
    assert (decided["agreement"], decided["sheet"]) == ("adjudicated", "adjudication")
    assert decided["row"] == row_of(OLD, "adjudication", "Berdeja2019")
    second = load(OLD, "outcomes_2")[row_of(OLD, "outcomes_2", "Berdeja2019", "vgpr_or_better") - 1]
    assert decided["notes"] == second[-1], "the source of the extractor whose count was taken"


def test_a_duration_that_is_not_reached_by_decision(tmp_path):
    rows = read(clean([OLD, NEW], tmp_path), "durations")
    (row,) = [
        r for r in rows if r["study_id"].startswith("SanMiguel") and r["outcome"] == "median_pfs"
    ]
    assert (row["not_reached"], row["value_months"], row["ci_low"]) == ("yes", None, 34.5)


def test_agreement_figures_of_the_real_layers(tmp_path):
    rows = read(clean(LAYERS["2026.1"], tmp_path), "reconciliation")
    published = re.findall(
        r"(20\d\d\.1): (\d+) (?:cells )?by both, (\d+) exact \([0-9.]+%\)[;:] (\d+) and (\d+)",
        (ROOT / "data" / "raw" / "README.md").read_text(encoding="utf-8"),
    )
    assert len(published) == 2
    for version, *figures in published:
        (total,) = [
            a
            for a in agreement(rows, version)
            if (a.sheet_kind, a.outcome, a.field) == ("outcomes", "all", "all")
        ]
        ours = (total.both, total.equal, total.only_1, total.only_2)
        assert ours == tuple(map(int, figures)), version


def test_agreement_is_an_artifact_by_layer(tmp_path):
    folder = clean(LAYERS["2026.1"], tmp_path)
    written = read(folder, "agreement")
    assert {row["layer"] for row in written} == {"2021.1", "2026.1"}
    rows = read(folder, "reconciliation")
    (expected,) = [
        a
        for a in agreement(rows, "2026.1")
        if (a.sheet_kind, a.outcome, a.field) == ("outcomes", "orr", "events")
    ]
    (found,) = [
        row
        for row in written
        if (row["layer"], row["sheet_kind"], row["outcome"], row["field"])
        == ("2026.1", "outcomes", "orr", "events")
    ]
    assert (found["both"], found["equal"], found["share"]) == (
        expected.both, expected.equal, expected.share,
    )  # fmt: skip


def test_agreement_is_told_for_each_outcome_and_field(tmp_path):
    rows = read(clean([OLD], tmp_path), "reconciliation")
    found = {(a.sheet_kind, a.outcome, a.field): a for a in agreement(rows)}
    events, total = (found["outcomes", "vgpr_or_better", field] for field in ("events", "total"))
    assert events.equal == events.both
    assert total.equal == total.both - 1, "Berdeja2019: 38 against 33"
    assert found["outcomes", "vgpr_or_better", "all"].equal == total.equal
    assert found["durations", "median_pfs", "value_months"].both == 5
    assert agreement(rows, "2026.1") == []


def test_wilson_interval_of_newcombe_1998():
    """Newcombe 1998, Stat Med 17:857, Table I, method 3: 81/263, 15/148, 0/20, 1/29."""
    published = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0, 0.1611)}
    published[1, 29] = (0.0061, 0.1718)
    for (events, total), (low, high) in published.items():
        share, ci_low, ci_high = wilson(events, total)
        assert share == events / total
        assert (round(ci_low, 4), round(ci_high, 4)) == (low, high)
    assert wilson(0, 0) == (None, None, None)
    assert wilson(7, 7)[2] == 1
