"""The optional sheets (search flow, risk of bias, certainty): checked, and how they stack."""

import pytest
from review import OLD, clean, copy_layer, errors, load, problems, read, save, the

FLOW = ["box", "count", "note"]
BIAS = ["study_id", "tool", "domain", "judgement", "reason"]
CERTAINTY = ["outcome", "judgement", "reason"]
NAMES = ("search_flow", "risk_of_bias", "certainty")


@pytest.fixture
def layers(tmp_path):
    """The first real layer with the sheets, and an empty one above with newer ones."""
    low = copy_layer(OLD, tmp_path / "low")
    save(low, "search_flow", [FLOW, ["database:PubMed", "90", ""], ["screened", "90", ""]])
    save(low, "risk_of_bias", [
        BIAS,
        ["Raje2019", "JBI", "Inclusion criteria", "yes", ""],
        ["Raje2019", "JBI", "Consecutive", "unclear", "Not told."],
        ["Brudno2018", "JBI", "Consecutive", "no", ""],
    ])  # fmt: skip
    save(low, "certainty", [CERTAINTY, ["orr", "low", "Small."], ["cr", "very low", "Smaller."]])
    high = tmp_path / "high"
    high.mkdir()
    for sheet in ("studies", "outcomes_1"):
        save(high, sheet, load(OLD, sheet)[:1])
    save(high, "search_flow", [FLOW, ["database:Embase", "40", "Update."]])
    save(high, "risk_of_bias", [BIAS, ["Raje2019", "JBI", "Consecutive", "yes", "Now told."]])
    save(high, "certainty", [CERTAINTY, ["orr", "moderate", "Larger."]])
    return [low, high]


def test_the_sheets_pass_the_checks(layers):
    assert errors(layers) == []


def test_a_higher_layer_replaces_the_flow_whole_and_judgements_one_by_one(layers, tmp_path):
    made = clean(layers, tmp_path / "made")
    assert [row["box"] for row in read(made, "search_flow")] == ["database:Embase"]
    bias = {
        (row["study_id"], row["order"], row["domain"]): row["judgement"]
        for row in read(made, "risk_of_bias")
    }
    assert bias == {
        ("Raje2019", 1, "Inclusion criteria"): "yes",
        ("Raje2019", 2, "Consecutive"): "yes",
        ("Brudno2018", 2, "Consecutive"): "no",
    }
    found = {row["outcome"]: row["judgement"] for row in read(made, "certainty")}
    assert found == {"orr": "moderate", "cr": "very low"}


def test_judgements_on_studies_that_are_not_analysed_are_left_out(layers, tmp_path):
    grid = load(layers[0], "studies")
    include, name = grid[0].index("include"), grid[0].index("study_id")
    reason = grid[0].index("exclude_reason")
    for row in grid:
        if row[name] == "Brudno2018":
            row[include], row[reason] = "no", "Invented."
    save(layers[0], "studies", grid)
    made = clean(layers, tmp_path / "made")
    assert {row["study_id"] for row in read(made, "risk_of_bias")} == {"Raje2019"}


def test_without_the_sheets_the_tables_are_there_and_empty(tmp_path):
    made = clean([OLD], tmp_path / "made")
    assert [read(made, name) for name in NAMES] == [[], [], []]


@pytest.mark.parametrize(
    ("sheet", "row", "column", "rule"),
    [
        ("search_flow", ["screened", "-1", ""], "count", "negative"),
        ("search_flow", ["screened", "many", ""], "count", "not_a_number"),
        ("risk_of_bias", ["Raje2019", "JBI", "Other", "fine", ""], "judgement", "not_allowed"),
        ("risk_of_bias", ["Raje2019", "JBI", "Other", "3", ""], "judgement", "too_many_points"),
        (
            "risk_of_bias",
            ["Raje2019", "IHE", "Aim (of 1)", "2", ""],
            "judgement",
            "too_many_points",
        ),
        ("risk_of_bias", ["Raje2091", "JBI", "Other", "yes", ""], "study_id", "unknown_study"),
        ("certainty", ["orr", "so so", "Why"], "judgement", "not_allowed"),
        ("certainty", ["orrr", "low", "Why"], "outcome", "not_allowed"),
        ("certainty", ["orr", "low", ""], "reason", "empty"),
    ],
)
def test_a_fault_is_told_with_its_place(layers, sheet, row, column, rule):
    save(layers[1], sheet, [*load(layers[1], sheet)[:1], row])
    found = [(p.layer, p.sheet, p.row, p.column, p.rule) for p in errors(layers)]
    assert found == [("high", sheet, 2, column, rule)]


def test_stars_of_the_newcastle_ottawa_scale_pass_and_of_an_adapted_one_with_a_warning(layers):
    stars = {"Selection": "4", "Comparability": "2", "Outcome": "3", "Total": "9",
             "Selection (of 5)": "5"}  # fmt: skip
    rows = [["Raje2019", "Newcastle-Ottawa Scale", *pair, ""] for pair in stars.items()]
    save(layers[1], "risk_of_bias", [BIAS, *rows])
    assert errors(layers) == []
    save(layers[1], "risk_of_bias", [BIAS, ["Raje2019", "NOS", "Selection", "5", ""]])
    told = the(problems(layers), "too_many_points")
    assert told.severity == "warning" and "(of 5)" in told.hint
