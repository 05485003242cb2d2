"""How much groups differ, as people read it."""

import pytest

from singlearm.catalogue.tables import row_of
from singlearm.report import tables
from singlearm.report.methods_text import paragraphs
from singlearm.report.review import Review
from singlearm.synthesis import Model, group_differences

MODELS = {"exact": {"likelihood": "binomial_normal", "ci": "t"}, "bayes": {"likelihood": "bayes"}}
X, N, GROUPS = [3, 8, 5, 9, 2, 7], [10, 12, 31, 13, 29, 10], list("aabbcc")


def review(primary, headline="average"):
    found = group_differences(X, N, GROUPS, Model.of(MODELS[primary]), levels=["c", "b", "a"])
    rows = [row_of(d, "subgroup_differences", outcome="it", by="arm", model=primary) for d in found]
    levels = [{"by": "arm", "level": level} for level in "abc"]
    return Review(
        protocol={
            "outcomes": {"it": {"kind": "proportion", "label": "It"}},
            "models": MODELS,
            "primary": primary,
            "subgroups": {"arm": {"from": "arm", "levels": ["c", "b", "a"]}},
            "version": {"layers": ["data/raw/1"]},
            "review": {"name": "r", "title": "R"},
            "headline": headline,
        },
        version="1",
        data_hash="0",
        tables={"subgroup_differences": rows, "subgroups": levels},
    )


ODDS, MEDIANS = "Odds ratio [95% CI]", "Difference of median studies, points [95% CI]"
AVERAGES = "Difference of averages, points [95% CI]"
PROBABILITIES = ["P(above 0), averages", "P(above 0), median studies"]


@pytest.mark.parametrize("primary", MODELS)
@pytest.mark.parametrize("headline", ["average", "typical"])
def test_what_leads_comes_first_and_probabilities_only_from_a_posterior(primary, headline):
    made = review(primary, headline)
    table = tables.differences(made, "it", "arm")
    headings = [cell.heading for cell in table.cells]
    at = {name: headings.index(name) for name in (ODDS, MEDIANS, AVERAGES)}
    assert (at[AVERAGES] < at[MEDIANS]) == (headline == "average")
    assert sorted(set(headings) & set(PROBABILITIES)) == (PROBABILITIES * (primary == "bayes"))
    texts = [[cell.text(row) for cell in table.cells] for row in table.rows]
    assert [row[:2] for row in texts] == [["b", "c"], ["a", "c"]]  # the protocol's order
    (row,) = made.rows("subgroup_differences", level="a")
    low, high = (f"{100 * row[f'marginal_{end}']:.1f}".replace("-", "−") for end in ("low", "high"))
    assert texts[1][at[AVERAGES]] == f"{100 * row['marginal']:.1f} [{low}, {high}]"


def test_all_of_a_review_stand_in_one_table():
    table = tables.differences(review("exact"))
    assert [row["label"] for row in table.rows] == ["It", "It"]
    assert "percentage points" in table.notes[0] and "observational" in table.notes[0]


@pytest.mark.parametrize(("primary", "word"), [("exact", "zou2008"), ("bayes", "posteriors")])
def test_the_methods_say_where_the_limits_come_from(primary, word):
    made = review(primary)
    made.tables["subgroup_tests"] = []
    text = dict(paragraphs(made))["Subgroups"]
    assert "Each group was held against the first" in text and word in text
    made.tables["subgroup_differences"].clear()
    assert "held against" not in dict(paragraphs(made))["Subgroups"]
