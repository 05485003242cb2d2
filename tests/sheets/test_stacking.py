"""A third layer that exercises every act of stacking, each found in the change log."""

import pytest
from review import NEW, OLD, OUTCOMES, clean, errors, load, read, save

from singlearm.kinds import KINDS

STUDIES = load(NEW, "studies")[0]
OUTCOME_SHEET = load(NEW, "outcomes_1")[0]
DECISIONS = load(NEW, "adjudication")[0]
CUTS = load(NEW, "comparative_1")[0]


def line(header, **cells):
    """A row of a sheet, empty but for the named cells."""
    assert set(cells) <= set(header)
    return [str(cells.get(name, "")) for name in header]


def study(study_id, **cells):
    """A row of `studies` with what every study needs."""
    needed = {"design": "single_arm", "target_antigens": "BCMA", "target_class": "single"}
    needed |= {"include": "yes", "cohort": study_id}
    return line(STUDIES, study_id=study_id, **(needed | cells))


def count(study_id, outcome, events, total):
    """A row of an extractor's outcomes."""
    cells = {"events": events, "total": total, "notes": "Later cut."}
    return line(OUTCOME_SHEET, study_id=study_id, outcome=outcome, **cells)


@pytest.fixture(scope="module")
def third(tmp_path_factory):
    """A layer on top of both real ones."""
    layer = tmp_path_factory.mktemp("third") / "2027.1"
    layer.mkdir()
    save(layer, "studies", [
        STUDIES,
        study("Raje2019", first_author="Raje N", year=2019, n_infused=33, notes="New follow-up."),
        study("New2027", first_author="New A", supersedes="Tang2022_BCMA_CD38;Gregory2018"),
        study("Out2027", include="no", exclude_reason="Paediatric patients."),
        study("Mikkilineni2021_FHVH33", include="no", exclude_reason="Retracted.", n_infused=25),
    ])  # fmt: skip
    counts = [
        OUTCOME_SHEET,
        count("Raje2019", "orr", 29, 33),
        count("Raje2019", "alive_at_last_followup", 20, 33),
        count("Brudno2018", "orr", 14, 16),
        count("Cohen2019", "cr", 3, 25),
        count("Mailankody2018a", "orr", 7, 11),
        count("New2027", "orr", 15, 20),
        count("Out2027", "orr", 1, 20),
    ]
    save(layer, "outcomes_1", counts)
    counts = [row[:] for row in counts]
    counts[3][2:4] = ["13", "16"]
    save(layer, "outcomes_2", counts)
    decision = {"e1_events": 14, "e1_total": 16, "e2_events": 13, "e2_total": 16}
    decision |= {"decision_events": 14, "decision_total": 16, "reason": "Table corrected."}
    held = {"e1_events": 3, "e1_total": 25, "e2_events": 3, "e2_total": 25}
    save(layer, "adjudication", [
        DECISIONS,
        line(DECISIONS, study_id="Brudno2018", outcome="orr", **decision),
        line(DECISIONS, study_id="Cohen2019", outcome="cr", reason="Other criteria.", **held),
        line(DECISIONS, study_id="Zhao2018", outcome="orr", reason="Superseded anyway."),
        line(DECISIONS, study_id="Popat2019", outcome="orr", reason="Count withdrawn."),
    ])  # fmt: skip
    trial = {"study_id": "SanMiguel2023_CARTITUDE4", "comparison": "cilta-cel vs standard care"}
    trial |= {"outcome": "pfs", "effect_measure": "HR", "n_treat": 208, "n_ctrl": 211}
    cuts = [
        CUTS,
        line(CUTS, followup_months=45, estimate=0.3, ci_low=0.2, ci_high=0.4, **trial),
        line(CUTS, followup_months="33.60", estimate=0.28, ci_low=0.21, ci_high=0.38, **trial),
    ]
    save(layer, "comparative_1", cuts)
    save(layer, "comparative_2", cuts)
    return layer


@pytest.fixture(scope="module")
def folder(third, tmp_path_factory):
    """Its clean tables."""
    return clean([OLD, NEW, third], tmp_path_factory.mktemp("clean"))


def acts(folder, **wanted):
    """Rows of the change log with the wanted cells."""
    return [
        row for row in read(folder, "change_log") if all(row[k] == v for k, v in wanted.items())
    ]


def analysed(folder, study_id, outcome):
    """Analysed counts of a cell, None if there are none."""
    for row in read(folder, "outcomes"):
        if (row["study_id"], row["outcome"]) == (study_id, outcome):
            return row["events"], row["total"], row["layer"], row["sheet"], row["row"]
    return None


def test_the_layer_has_no_errors(third):
    assert [p.line() for p in errors([OLD, NEW, third], "2027.1", others=())] == []


def test_a_study_row_replaces_the_lower_one(folder):
    (act,) = acts(folder, act="replaced", study_id="Raje2019", outcome=None)
    assert (act["layer"], act["sheet"], act["row"]) == ("2027.1", "studies", 2)
    assert "median_followup_months=10.4" in act["before"]
    assert "notes=New follow-up." in act["after"]
    assert act["reason"].startswith("replaces 2021.1 studies row ")
    row = next(row for row in read(folder, "studies") if row["study_id"] == "Raje2019")
    assert (row["layer"], row["row"], row["median_followup_months"]) == ("2027.1", 2, None)


def test_an_agreed_cell_replaces_the_lower_one(folder):
    (act,) = acts(folder, act="replaced", study_id="Raje2019", outcome="orr")
    assert (act["layer"], act["sheet"], act["row"]) == ("2027.1", "outcomes_1", 2)
    assert (act["before"], act["after"]) == ("28/33", "29/33")
    assert analysed(folder, "Raje2019", "orr") == (29, 33, "2027.1", "outcomes_1", 2)


def test_a_decision_replaces_the_lower_cell_whole(folder):
    (act,) = acts(folder, act="replaced", study_id="Brudno2018", outcome="orr")
    assert (act["sheet"], act["row"], act["after"]) == ("adjudication", 2, "14/16")
    assert act["reason"].startswith("Table corrected.; replaces 2021.1 outcomes_1 row ")
    assert analysed(folder, "Brudno2018", "orr") == (14, 16, "2027.1", "adjudication", 2)


def test_a_new_outcome_of_an_old_study_is_added(folder):
    (act,) = acts(folder, act="added", study_id="Raje2019", outcome="alive_at_last_followup")
    assert (act["layer"], act["before"], act["after"]) == ("2027.1", None, "20/33")


def test_a_held_out_cell_comes_back_when_a_higher_layer_has_it(folder):
    first, second = acts(folder, study_id="Mailankody2018a", outcome="orr")
    assert (first["act"], first["layer"]) == ("withdrawn", "2021.1")
    assert (second["act"], second["before"], second["after"]) == ("added", "held out", "7/11")


def test_an_empty_decision_withdraws_own_and_lower_cells(folder):
    for study_id, outcome, row in (("Cohen2019", "cr", 3), ("Popat2019", "orr", 5)):
        (act,) = acts(folder, act="withdrawn", study_id=study_id, outcome=outcome)
        assert (act["layer"], act["sheet"], act["row"]) == ("2027.1", "adjudication", row)
        assert act["before"]
        assert act["after"] is None
        assert "withdraws 2021.1 " in act["reason"]
        assert analysed(folder, study_id, outcome) is None
        status = {(r["study_id"], r["outcome"]): r["status"] for r in read(folder, "availability")}
        assert status[study_id, outcome] == "held out"


def test_superseded_studies_go_with_all_their_outcomes(folder):
    gone = {row["study_id"] for row in acts(folder, act="superseded")}
    assert {"Tang2022_BCMA_CD38", "Gregory2018", "Zhao2018", "LiBM38_2019"} <= gone
    for name in gone:
        assert not [r for k in ("studies", "outcomes", "durations") for r in read(folder, k)
                    if r["study_id"] == name]  # fmt: skip
    (act,) = acts(folder, act="superseded", study_id="Tang2022_BCMA_CD38", outcome="orr")
    assert act["reason"] == "superseded by New2027"
    assert (act["layer"], act["sheet"]) == ("2026.1", "outcomes_1")
    entered = acts(folder, act="added", study_id="Tang2022_BCMA_CD38")
    dropped = acts(folder, act="superseded", study_id="Tang2022_BCMA_CD38")
    assert {r["outcome"] for r in entered} == {r["outcome"] for r in dropped}


def test_excluded_studies_give_their_reason(folder):
    for name, reason, layer in (
        ("Out2027", "Paediatric patients.", "2027.1"),
        ("Mikkilineni2021_FHVH33", "Retracted.", "2027.1"),
    ):
        study_act = acts(folder, act="excluded", study_id=name, outcome=None)
        assert [(a["layer"], a["reason"]) for a in study_act] == [(layer, reason)]
        cells = acts(folder, act="excluded", study_id=name)
        assert len(cells) > 1
        assert {a["reason"] for a in cells} == {reason}
        assert name not in {row["study_id"] for row in read(folder, "studies")}


def test_every_analysed_cell_has_its_act(folder):
    places = {
        (a["layer"], a["sheet"], a["row"], a["study_id"])
        for a in read(folder, "change_log")
        if a["act"] in ("added", "replaced")
    }
    for kind in ("studies", "outcomes", "durations", "comparative"):
        rows = read(folder, kind)
        assert rows
        for row in rows:
            assert (row["layer"], row["sheet"], row["row"], row["study_id"]) in places


def test_a_data_cut_is_a_cell(folder):
    cuts = [
        row
        for row in read(folder, "comparative")
        if row["study_id"].startswith("SanMiguel") and row["outcome"] == "pfs"
    ]
    assert [(row["followup_months"], row["estimate"]) for row in cuts] == [
        (15.9, 0.26),
        (33.6, 0.28),
        (45, 0.3),
    ]
    label = "pfs, cilta-cel vs standard care, 33.6 months"
    (act,) = acts(folder, act="replaced", outcome=label)
    assert act["after"] == "HR 0.28 (0.21 to 0.38) ?/208 v ?/211"


def test_availability_has_every_study_and_outcome(folder):
    rows = read(folder, "availability")
    studies = {row["study_id"] for row in read(folder, "studies")}
    assert {(r["study_id"], r["outcome"]) for r in rows} == {
        (s, o) for s in studies for o in OUTCOMES
    }
    tables = {kind.sheet.clean_table for kind in KINDS.values()}
    cells = {name: read(folder, name) for name in tables}
    for row in rows:
        name, outcome = row["outcome"], OUTCOMES[row["outcome"]]
        kind = KINDS[outcome["kind"]]
        own = [c for c in cells[kind.sheet.clean_table] if c["study_id"] == row["study_id"]]
        there = any(kind.is_of(cell, name, outcome) for cell in own)
        if kind.derived:  # from medians that were reached as well
            medians = [
                n
                for n, o in OUTCOMES.items()
                if (o["kind"], o.get("of")) == ("time", outcome["of"])
            ]
            there |= any(
                (c["study_id"], c["not_reached"]) == (row["study_id"], "no")
                for c in cells["durations"]
                if c["outcome"] in medians
            )
        assert (row["status"] == "available") == there, row
        assert (row["reason"] is not None) <= (row["status"] == "held out")


def test_what_is_held_out_keeps_its_value_and_the_reason(folder):
    held = [row for row in read(folder, "availability") if row["status"] == "held out"]
    assert held and all(row["reason"] for row in held)
    (one,) = [row for row in held if (row["study_id"], row["outcome"]) == HELD]
    assert one["value"] == "102/222" and one["reason"].startswith("Held out. Broad FDA definition")


#: A cell that a decision holds out though only one extractor has it.
HELD = ("RodriguezOtero2023_KarMMa3", "neurotox_any")


def test_the_lower_layer_alone_decides_nothing(third):
    """A decision with counts on a cell that only a lower layer has is an error, and so is an empty
    one on a cell that no layer has."""
    grid = load(third, "adjudication")
    try:
        wrong = [
            line(DECISIONS, study_id="Garfall2018", outcome="orr", decision_events=1,
                 decision_total=10, reason="x"),
            line(DECISIONS, study_id="Garfall2018", outcome="mrd_negative_of_all", reason="x"),
        ]  # fmt: skip
        save(third, "adjudication", grid + wrong)
        found = errors([OLD, NEW, third], "2027.1", others=())
        assert [(p.rule, p.row, p.hint.split()[0]) for p in found] == [
            ("adjudication_without_cell", 6, "add"),
            ("adjudication_without_cell", 7, "compare"),
        ]
    finally:
        save(third, "adjudication", grid)
