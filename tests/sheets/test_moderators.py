"""Moderators and clusters of the protocol against the sheets."""

import pytest
from review import OLD, errors, the

from singlearm.sheets.protocol import complete
from singlearm.sheets.protocol_file import reference_faults


def test_moderators_and_clusters_are_held_against_the_sheets():
    moderators = {
        "a": {"from": "median_agee", "kind": "continuous"},
        "b": {"from": "country", "kind": "continuous"},
        "c": {"from": "target_class", "kind": "categorical", "levels": ["single", "duel"]},
        "d": {"from": "year", "kind": "continuous", "where": {"fase": "1"}},
        "fine": {"from": "median_age", "kind": "continuous", "where": {"phase": "1"}},
    }
    found = errors([OLD], moderators=moderators, clusters={"m": "registratio", "n": "cohort"})
    columns = {p.column: p.hint for p in found if p.rule == "moderator_column"}
    assert columns == {"a": "did you mean 'median_age'?", "d": "did you mean 'phase'?"}
    assert (the(found, "moderator_kind").column, the(found, "moderator_kind").value) == (
        "b",
        "country",
    )
    assert the(found, "subgroup_level").hint == "did you mean 'duel'?"
    assert the(found, "cluster_column").hint == "did you mean 'registration'?"


AGE = {"from": "median_age", "kind": "continuous"}
PHASE = {"from": "phase", "kind": "categorical"}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"again": AGE}, "cannot be told apart: age, again."),
        ({"phase": PHASE, "same": PHASE}, "cannot be told apart: phase, same."),
        ({"one": AGE | {"where": {"study_id": "nobody"}}}, None),  # no study: a note in the table
        ({"phase": PHASE | {"where": {"phase": "1"}}}, "the same value in all studies: phase."),
        ({"year": {"from": "year", "kind": "continuous"}}, None),
        ({"wrong": {"from": "median_agee", "kind": "continuous"}}, None),  # told as a moderator's
        ({"text": {"from": "country", "kind": "continuous"}}, None),
    ],
)
def test_moderators_that_cannot_be_told_apart_are_an_error(more, words):
    moderators = {"age": AGE} | more
    regressions = {"adjusted": {"moderators": [*moderators]}}
    found = errors([OLD], moderators=moderators, regressions=regressions)
    told = [problem for problem in found if problem.rule == "regression_not_possible"]
    assert [problem.column for problem in told] == (["adjusted"] if words else [])
    assert all(words in problem.message for problem in told)


def test_a_regression_names_moderators_and_has_a_name_of_its_own():
    given = {
        "review": {"name": "r", "title": "R"},
        "outcomes": {"orr": {}},
        "versions": {"1": {"layers": ["data/raw/first"]}},
        "moderators": {"age": AGE, "phase": PHASE},
        "regressions": {
            "both": {"moderators": ["age", "fase"], "models": ["glm"]},
            "age": {"moderators": ["age", "phase"]},
        },
    }
    faults = reference_faults(complete(given))
    assert [fault.split(":")[0] for fault in faults] == [
        "regressions > both > moderators", "regressions > both > models", "regressions > age",
    ]  # fmt: skip
    assert "Did you mean 'phase'?" in faults[0] and "Did you mean 'glmm'?" in faults[1]
