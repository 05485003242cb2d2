"""Notes are objects, say what is true, and count what the columns count."""

from pathlib import Path

import numpy as np
import pytest
from engine_cases import counts

import singlearm
from singlearm import MODELS, Model, Note, SynthesisError, compare_subgroups, pool, pool_clustered
from singlearm.synthesis import notes
from singlearm.synthesis.intervals import study_intervals


def test_a_note_is_read_back_as_it_was_written():
    many = (Note("two_studies"), Note("left_out", count=2), Note("f", value=1.5))
    assert notes.parse(notes.join(*many)) == many
    assert notes.join(*many) == "two_studies; left_out=2; f=1.5"
    with pytest.raises(AttributeError):
        many[0].code = "another"


@pytest.mark.parametrize("name", [*MODELS])
def test_notes_false_no_events_normal_model(name):
    """Exact is said only of limits that are the exact ones."""
    x, n = counts("notes-false/no-events-normal-model")
    r = pool(x, n, name)
    exact = np.allclose([r.ci_low, r.ci_high], study_intervals(sum(x), sum(n)), atol=1e-6, rtol=0)
    codes = {note.code for note in r.notes}
    assert ("homogeneous_exact" in codes) == exact
    assert ("all_or_none" in codes) == (not exact)


@pytest.mark.parametrize("name", [*MODELS])
def test_one_study_has_its_exact_interval_only_where_it_is_printed(name):
    r = pool([3], [10], name)
    exact = np.allclose([r.ci_low, r.ci_high], study_intervals(3, 10), atol=1e-6, rtol=0)
    assert ("exact_interval" in r.note) == exact and "single_study" in r.note


def test_a_missing_test_carries_the_reason_of_the_test():
    for mode in ("separate", "common"):
        (test,) = compare_subgroups([0] * 4, [9] * 4, list("aabb"), tau2_mode=mode).tests
        assert test.notes == (Note("all_or_none"),) and test.statistic is None
    assert pool_clustered([0, 0], [5, 6], "ab").notes == (Note("all_or_none"),)


def test_numbers_of_notes_are_fields_as_well():
    r = compare_subgroups(
        [1, 2, 8, 9, 3], [10] * 5, ["a", "a", "b", "b", None], "logit_dl", tau2_mode="common"
    )
    (test,) = r.tests
    assert (test.left_out, test.permutations, test.p_permutation_se) == (1, 6, None)
    rough = compare_subgroups(
        [1, 2, 8, 9], [10] * 4, list("aabb"), "logit_dl", permutations=2, draws=50, least=1
    ).tests[0]
    assert rough.permutations == 50 and rough.p_permutation_se > 0
    fit = pool_clustered([1, 2, 8, 9], [10] * 4, "aabb", "logit_dl")
    assert fit.pooled(pool([1, 2, 8, 9], [10] * 4, "logit_dl")).clusters == 2


def test_models_have_names():
    assert pool([4, 3], [10, 20]) == pool([4, 3], [10, 20], MODELS["glmm"])
    with pytest.raises(SynthesisError, match="allowed: glmm, beta_binomial"):
        pool([4, 3], [10, 20], "glm")


@pytest.mark.parametrize("name", [*MODELS])
def test_the_summary_speaks_of_its_own_model(name):
    text = pool([4, 3, 2, 1], [10, 20, 30, 40], name).summary()
    model = MODELS[name]
    assert ("Median study" in text) == (model.estimand == "typical")
    assert ("tau2 (" in text) == model.has_tau2
    assert not model.has_tau2 or f"({model.scale})" in text


def test_every_public_name_is_one_of_the_library():
    for name in singlearm.__all__:
        assert getattr(singlearm, name) is getattr(singlearm.synthesis, name)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = singlearm.nonsense


def test_no_module_hides_a_public_name():
    folder = Path(singlearm.synthesis.__file__).parent
    assert not {path.stem for path in folder.glob("*.py")} & set(singlearm.__all__)


def test_a_frame_has_one_row_with_the_columns_of_the_table():
    frame = pool([4, 3, 2, 1], [10, 20, 30, 40]).to_frame()
    assert len(frame) == 1 and {"estimate", "tau2", "note", "clusters"} <= set(frame)


def test_a_model_says_what_it_is():
    assert Model("normal", measure="PAS", tau2="EE").words.startswith(
        "inverse-variance model of the arcsine, equal effects"
    )
