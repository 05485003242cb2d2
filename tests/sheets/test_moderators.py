"""Moderators and clusters of the protocol against the sheets."""

from review import OLD, errors, the


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
