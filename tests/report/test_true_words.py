"""What is said of one study, of models without an average, and where nothing is predicted."""

import pytest

from singlearm.catalogue import numbers
from singlearm.kinds import proportion
from singlearm.kinds.landmark_pool import _bayes, _of_studies
from singlearm.kinds.model_words import has_average
from singlearm.report import methods_models, words
from singlearm.report.sections import reading
from singlearm.synthesis import Model, compare_subgroups, pool
from singlearm.synthesis.landmarks import pool_landmarks

MODELS = {
    "glmm": {"likelihood": "binomial_normal", "ci": "t"},
    "bayes": {"likelihood": "bayes"},
    "beta": {"likelihood": "beta_binomial"},
    "logit": {"likelihood": "normal", "measure": "PLO", "tau2": "REML", "ci": "hk_adhoc"},
    "moments": {"likelihood": "normal", "measure": "PLO", "tau2": "DL", "ci": "wald"},
    "arcsine": {"likelihood": "normal", "measure": "PAS", "tau2": "REML", "ci": "wald"},
    "equal": {"likelihood": "normal", "measure": "PLO", "tau2": "EE", "ci": "wald"},
}


class Told:
    """Of a review what the sentences on models read."""

    def __init__(self, primary, *others):
        names = (primary, *others)
        self.protocol = {"models": {name: MODELS[name] for name in names}, "primary": primary}
        self.protocol |= {"outcomes": {}}

    def rows(self, table, **_):
        return [{}] if table == "pooled" else []

    def model_label(self, name):
        return name


# -- one study -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_no_study_of_one_differs_from_small_ones(name):
    one = pool([0], [20], Model.of(MODELS[name]))
    assert "crude_outside" not in one.note and "single_study" in one.note
    (level, _) = compare_subgroups(
        [0, 3, 5], [20, 20, 30], ["a", "b", "b"], Model.of(MODELS[name]), tau2_mode="common"
    ).levels
    assert "crude_outside" not in level.note


def test_one_study_is_its_own_result_under_a_bayesian_model():
    one = pool([0], [20], Model("bayes"))
    assert (one.estimate, one.ci_low) == (0.0, 0.0)
    assert one.ci_high == pytest.approx(0.1684, abs=1e-4)
    assert one.note == "single_study; exact_interval"
    row = {name: getattr(one, name) for name in ("estimate", "ci_low", "ci_high", "tau2", "k")}
    shown = proportion.headlined(row | {"marginal": None, "model": "bayes"}, Told("bayes").protocol)
    assert shown["value"] == 0.0 and "interval" not in shown and shown["of"] == "common"


def test_one_study_of_two_steps_says_what_was_added():
    assert "half_added_to_events" in pool([0], [20], "logit_dl").note
    assert "half_added_to_events" not in pool([15], [20], "logit_dl").note


def test_what_is_done_with_one_study_is_said_of_the_models_that_do_it():
    exact, steps = "with its exact interval", "Of one study a two-step model"
    for names, told in ((["glmm"], (1, 0)), (["logit"], (0, 1)), (["bayes", "logit"], (1, 1))):
        said = methods_models.special_cases(Told(*names))
        assert (exact in said, steps in said) == tuple(map(bool, told))
        assert ("likelihood models give the exact" in said) == ("glmm" in names)


# -- models without an average -------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_models_with_an_average_are_those_that_print_one(name):
    x, n = [3, 9, 14, 6], [20, 30, 25, 40]
    model = Model.of(MODELS[name])
    assert has_average(model) == (pool(x, n, model).marginal is not None)


def test_two_proportions_are_said_of_models_that_give_two():
    both = "Two pooled proportions are given."
    assert methods_models.estimands(Told("glmm")).startswith(both)
    alone = methods_models.estimands(Told("arcsine"))
    assert (
        alone.startswith("The pooled proportion is that of the median study") and "two" not in alone
    )
    mixed = methods_models.estimands(Told("arcsine", "glmm"))
    assert mixed.startswith("Some models give two pooled proportions. The primary model gives that")
    headings = [heading for heading, _ in reading.paragraphs(Told("arcsine"))]
    assert headings == ["Median study", "Confidence and prediction"]


def test_the_interval_of_tau2_is_that_of_its_estimator():
    assert "generalised Q" in methods_models.heterogeneity(Told("moments"))
    assert "Q-profile" in methods_models.heterogeneity(Told("logit"))


# -- notes and sentences -------------------------------------------------------------------------


def test_cut_limits_of_arcsines_are_noted():
    cut = pool([0, 1, 0], [10, 12, 9], Model.of(MODELS["arcsine"] | {"ci": "hk"}))
    assert cut.ci_low == 0.0 and "limits_cut_to_0_1" in cut.note
    assert "limits_cut" not in pool([4, 5], [10, 12], Model.of(MODELS["arcsine"])).note


def test_a_bayesian_landmark_keeps_the_notes_on_its_studies():
    nan = float("nan")
    values = [[0.8, 0.7, 1.0], [0.6, nan, nan], [0.9, nan, nan], [40, 30, 20], [nan] * 3]
    fit = pool_landmarks(*values)
    codes = {note.code for note in _of_studies(fit)}
    assert codes == {"half_added_to_events", "error_from_n"}
    row = _bayes(fit, values, {"outcome": "os", "months": 12.0}, ())
    assert codes <= {part.partition("=")[0] for part in row["note"].split("; ")}


def test_a_printed_tau2_is_not_said_to_be_unknown():
    row = {"k": 8, "pi_low": None, "note": "few_degrees_of_freedom", "converged": True}
    said = words.prediction(row | {"tau2": 0.4, "rho": None})
    assert said == "There is no prediction interval."
    assert "could not be estimated" in words.prediction(row | {"tau2": None, "rho": None})


def test_a_probability_is_never_certain():
    assert numbers.probability(0.9994) == "more than 99%"
    assert numbers.probability(0.87) == "87%"
