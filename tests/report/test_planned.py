"""What the report says of comparisons named before the data were seen, or after."""

from copy import deepcopy

import pytest

from singlearm.catalogue import TABLES
from singlearm.report import front_groups, kind_tables, planned
from singlearm.report.methods_text import paragraphs
from singlearm.report.review import Review, read_review
from singlearm.report.sections import groups

CHOSEN = "Chosen when the data were known: a difference is a question for other data."


def row_of(kind, **known):
    return dict.fromkeys(TABLES[kind].names) | known


def set_all(review, **known):
    """The review with the keys in every subgrouping and moderator of its protocol."""
    protocol = deepcopy(review.protocol)
    for definition in (*protocol["subgroups"].values(), *protocol["moderators"].values()):
        definition.update(known)
    return Review(
        protocol=protocol, version=review.version, data_hash="0", tables=review.tables,
        effects=review.effects, sensitivity=review.sensitivity, figures=review.figures,
    )  # fmt: skip


@pytest.fixture
def review(invented, tmp_path):
    inputs, _, params = invented.write(tmp_path)
    return read_review(inputs, params)


@pytest.mark.parametrize(
    "known, told",
    [
        ({}, "No record says that any of these comparisons was named before the data were seen."),
        ({"prespecified": True}, "Named before the data were seen: "),
        ({"prespecified": False}, "Chosen when the data were known: "),
    ],
)
def test_the_methods_say_what_is_recorded(review, known, told):
    said = dict(paragraphs(set_all(review, **known)))
    assert told in said["Subgroups"]
    assert told in said["Meta-regression"]


def test_of_several_each_is_told_apart():
    subgroups = {
        "first": {"label": "First", "prespecified": True},
        "second": {"label": "Second"},
        "third": {"label": "Third", "prespecified": False},
        "fourth": {"label": "Fourth", "prespecified": True},
    }
    review = Review(
        protocol={"subgroups": subgroups}, version="1", data_hash="0", tables={},
        effects={}, sensitivity={}, figures={},
    )  # fmt: skip
    assert planned.subgroups(review, subgroups) == (
        "Named before the data were seen: First and Fourth. Chosen when the data were known: "
        "Third. Chosen at a time that is not recorded: Second."
    )


def test_a_choice_after_the_data_stands_beside_its_tests(review):
    outcome = review.rows("subgroups")[0]["outcome"]
    for when, is_said in ((True, False), (False, True)):
        compared, _ = groups.contexts(set_all(review, prespecified=when), outcome)
        assert compared
        assert {CHOSEN in context["caution"] for context in compared} == {is_said}


def test_and_on_the_front_page(review):
    by = next(iter(review.protocol["subgroups"]))
    for when, is_said in ((True, False), (False, True)):
        of = set_all(review, prespecified=when)
        of.protocol["front_groups"] = [by]
        (table,) = front_groups.tables(of)
        assert any(CHOSEN in note for note in table.notes) is is_said


def test_and_below_the_groups_of_other_kinds():
    protocol = {
        "outcomes": {"pfs_12mo": {"kind": "landmark", "of": "pfs", "months": 12, "label": "PFS"}},
        "models": {},
        "primary": "glmm",
        "subgroups": {"arm": {"from": "arm", "prespecified": False}},
        "moderators": {"year": {"from": "year", "kind": "continuous", "prespecified": True}},
    }  # fmt: skip
    common = {"part": "landmark", "outcome": "pfs_12mo"}
    tables = {
        "studies": [],
        "group_results": [
            row_of("group_results", by="arm", level=level, k=3, **common) for level in "ab"
        ],
        "group_tests": [row_of("group_tests", by="arm", p_value=0.2, k=6, **common)],
        "other_regression": [
            row_of("other_regression", moderator="year", term="year", p_value=0.2, estimate=0.1,
                   k=6, model="reml", **common)
        ],
    }  # fmt: skip
    review = Review(
        protocol=protocol, version="1", data_hash="0", tables=tables,
        effects={}, sensitivity={}, figures={},
    )  # fmt: skip
    _, tests, regressions = kind_tables.by_group(review, "landmark")
    assert "Chosen when the data were known: Arm." in tests.notes
    assert "Named before the data were seen: Year." in regressions.notes
