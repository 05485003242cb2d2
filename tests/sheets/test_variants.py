"""The versions of the data that a multiverse analyses."""

import pytest

from singlearm.sheets.variants import rows_of, variants


def cell(study_id, events, total, supersedes=None, **columns):
    plain = {"publication_type": "full_text", "n_infused": None}
    return plain | columns | {
        "study_id": study_id, "events": events, "total": total, "supersedes": supersedes,
    }  # fmt: skip


NOW = [
    cell("A", 5, 10, n_infused=12),
    cell("B2024", 20, 40, supersedes="B2019; B2018", n_infused=41),
    cell("C", 3, 9, publication_type="abstract", n_infused=2),
    cell("D", 7, 8),
]
BEFORE = [cell("A", 5, 10), cell("B2019", 8, 15), cell("C", 2, 7), cell("gone", 1, 4)]


def named(found):
    return {(v.inclusion, v.data_cut, v.denominators): v for v in found}


def test_without_choices_there_is_the_plain_version_alone():
    (only,) = variants(NOW, (), {}, ())
    assert (only.inclusion, only.data_cut, only.denominators) == ("all", "latest", "reported")
    assert only.events == (5, 20, 3, 7)
    assert only.present == (True,) * 4


def test_an_earlier_report_takes_the_place_of_the_later_one():
    rows = rows_of(NOW, BEFORE)
    assert [row["study_id"] for row in rows] == ["A", "B2024", "C", "D", "B2019", "C"]
    found = named(variants(NOW, BEFORE, {}, ()))
    latest, earlier = found["all", "latest", "reported"], found["all", "earlier", "reported"]
    assert latest.present == (True, True, True, True, False, False)
    # A is the same in both, C was updated, "gone" is nobody's earlier report
    assert earlier.present == (True, False, False, True, True, True)


def test_without_an_earlier_report_there_is_no_such_cut():
    assert {v.data_cut for v in variants(NOW, [cell("A", 5, 10)], {}, ())} == {"latest"}


def test_inclusion_sets_keep_the_named_values():
    found = named(variants(NOW, (), {"full": {"publication_type": ["full_text"]}}, ()))
    assert found["full", "latest", "reported"].present == (True, True, False, True)


def test_a_denominator_is_that_of_every_study_that_takes_part():
    """One below the events and an empty one: these studies are left out, not mixed in."""
    found = named(variants(NOW, (), {}, ["n_infused"]))
    assert found["all", "latest", "n_infused"].present == (True, True, False, False)
    assert found["all", "latest", "n_infused"].total[:2] == (12, 41)
    assert not found["all", "latest", "n_infused"].complete
    assert found["all", "latest", "reported"].complete
    assert found["all", "latest", "reported"].present == (True,) * 4
    assert len(found) == 2


def test_a_denominator_is_complete_where_all_who_are_asked_have_it():
    """A and B2024 have theirs; C's is below its events, D's is empty."""
    where = {"some": {"study_id": ["A", "B2024"]}, "most": {"study_id": ["A", "B2024", "C"]}}
    found = named(variants(NOW, (), where, ["n_infused"]))
    complete = {name: found[name, "latest", "n_infused"].complete for name in ("all", *where)}
    assert complete == {"all": False, "some": True, "most": False}


def test_an_unknown_column_is_named():
    with pytest.raises(ValueError, match=r"no column colour; there are: .*publication_type"):
        variants(NOW, (), {"red": {"colour": ["red"]}}, ())
    assert variants([], (), {"red": {"colour": ["red"]}}, ())[0].events == ()
