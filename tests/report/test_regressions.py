"""What is printed of regressions on several moderators."""

from dataclasses import replace

from singlearm.catalogue.tables import row_of
from singlearm.report import tables
from singlearm.report.methods_text import paragraphs
from singlearm.report.review import Review
from singlearm.report.sections import groups
from singlearm.synthesis import Model, meta_regression

MODELS = {
    "exact": {"likelihood": "binomial_normal"},
    "normal": {"likelihood": "normal", "measure": "PLO", "tau2": "DL", "ci": "wald"},
}
PROTOCOL = {
    "outcomes": {"it": {"kind": "proportion", "label": "It"}},
    "models": MODELS,
    "primary": "exact",
    "subgroups": {},
    "version": {"layers": ["data/raw/1"]},
    "review": {"name": "r", "title": "R"},
    "moderators": {
        "year": {"from": "year", "kind": "continuous", "label": "Year of the report"},
        "arm": {"from": "arm_type", "kind": "categorical"},
    },
    "regressions": {"adjusted": {"moderators": ["year", "arm"]}},
}
COUNTS = [3, 8, 5, 9, 2, 7, 6, 4], [10, 12, 11, 13, 9, 10, 14, 12]
VALUES = {"year": [1, 2, 4, 3, 6, 5, 7, 9], "arm": list("abcabcab")}


def review(draws=50):
    rows = [
        row_of(term, "regression", outcome="it", moderator=name, model=model)
        for model, settings in MODELS.items()
        for name, values in (("adjusted", VALUES), ("year", VALUES["year"]))
        for term in meta_regression(
            *COUNTS, values, Model.of(settings), name=name, bootstrap=draws
        ).rows()
    ]
    return Review(protocol=PROTOCOL, version="1", data_hash="0", tables={"regression": rows})


def printed(table, *headings):
    cells = [cell for cell in table.cells if cell.heading in headings]
    return [tuple(cell.text(row) for cell in cells) for row in table.rows]


def test_terms_are_called_by_their_moderators_and_tests_follow_them():
    table = groups.regressions(review(), "it")
    assert printed(table, "Moderator", "Model", "Term") == [
        ("Year of the report", "exact", "year"),
        ("Year of the report", "exact", "all terms"),  # it has a bootstrap p
        ("Year of the report", "normal", "year"),
        *(("Year of the report + arm", "exact", term) for term in (
            "Year of the report", "Arm: b - a", "Arm: c - a",
            "Year of the report: all its terms", "Arm: all its terms", "all terms")),
        *(("Year of the report + arm", "normal", term) for term in (
            "Year of the report", "Arm: b - a", "Arm: c - a", "Arm: all its terms", "all terms")),
    ]  # fmt: skip


def test_a_sentence_takes_the_p_of_the_bootstrap_where_there_is_one():
    made = review()
    both = {row["p_bootstrap"] for row in made.rows("regression", term="omnibus", model="exact")}
    assert None not in both and len(both) == 2
    for name, label in (("adjusted", "year of the report + arm"), ("year", "year of the report")):
        (row,) = made.rows("regression", moderator=name, term="omnibus", model="exact")
        assert f"{label} p = {row['p_bootstrap']:.2f}" in groups.slopes(made, "it")
    (row,) = (without := review(0)).rows(
        "regression", moderator="adjusted", term="omnibus", model="exact"
    )
    assert row["p_bootstrap"] is None
    assert f"year of the report + arm p = {row['p_value']:.2f}" in groups.slopes(without, "it")


def test_a_regression_is_called_by_its_label():
    named = {"adjusted": {"moderators": ["year", "arm"], "label": "Year and arm"}}
    made = replace(review(), protocol=PROTOCOL | {"regressions": named})
    assert {name for (name,) in printed(tables.regressions(made), "Moderator")} == {
        "Year of the report", "Year and arm",
    }  # fmt: skip


def test_the_methods_say_several_only_where_there_are():
    text = dict(paragraphs(review()))["Meta-regression"]
    assert "Several at once: Year of the report + arm;" in text and "bootstrap p value" in text
    alone = review(0)
    alone.tables["regression"][:] = alone.rows("regression", moderator="year")
    text = dict(paragraphs(alone))["Meta-regression"]
    assert "Several at once" not in text and "bootstrap" not in text
