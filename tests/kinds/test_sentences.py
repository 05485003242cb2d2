"""The sentence of a result is true of its model, its number of studies and its size."""

import pytest

from singlearm.catalogue import numbers
from singlearm.kinds import curve, landmark, proportion, rate, ratio, ratio_words, survival, time
from singlearm.kinds.base import headline

ROW = {
    "estimate": 0.1, "ci_low": 0.01, "ci_high": 0.3, "pi_low": None, "pi_high": None,
    "k": 3, "n": 50, "note": "", "tau2": 0.2,
    "marginal": None, "marginal_low": None, "marginal_high": None,
    "from_n": 0, "half_n": 0.1, "half_n_low": 0.02, "half_n_high": 0.4,
}  # fmt: skip


def protocol(likelihood):
    return {"primary": "m", "models": {"m": {"likelihood": likelihood}}}


def test_a_credible_interval_is_not_called_a_confidence_interval():
    row = landmark.lead([ROW | {"model": m} for m in landmark.MODELS], {})
    assert row["model"] == "cloglog_bayes"
    assert landmark.sentence(row | {"from_n": 1}, "PFS").count("95% CrI") == 2
    assert "CI " not in landmark.sentence(row, "PFS").replace("CrI", "")
    assert landmark.KIND.printed(row) == "10.0% (95% CrI 1.0 to 30.0)"
    many = landmark.lead([ROW | {"k": 5, "model": m} for m in landmark.MODELS], {})
    assert "95% CI" in landmark.sentence(many, "PFS")
    for method, word in (("bayes", "CrI"), ("reml_hk", "CI")):  # of rows that do not lead, too
        row = headline(ROW | {"method": method})
        assert ratio.KIND.printed(row) == f"0.10 (95% {word} 0.01 to 0.30)"
        one_limit = row | {"ci_high": None}  # not printed, which is not "no upper limit"
        assert ratio.KIND.printed(one_limit) == "0.10"
    for likelihood, word in (("bayes", "CrI"), ("binomial_normal", "CI")):
        rows = [ROW | {"model": "m", "events": 5, "total": 50}]
        found = proportion.lead(rows, protocol(likelihood))
        assert f"95% {word} 1.0 to 30.0" in proportion.sentence(found, "Response")


def test_one_study_is_no_median_study_and_one_patient_no_patients():
    one = ROW | {"k": 1, "n": 1, "tau2": None}
    said = [
        landmark.sentence(headline(one | {"model": "cloglog_reml_hk", "from_n": 1}), "A"),
        rate.sentence(
            headline(one | {"model": "poisson_normal", "events": 1, "person_time": 9.0}), "B"
        ),
        proportion.sentence(
            proportion.headlined(one | {"model": "m", "events": 1, "total": 1}, protocol("normal")),
            "C",
        ),
    ]
    for sentence in said:
        assert "the only study" in sentence and "median study" not in sentence
        assert "for all studies" not in sentence and "1 patients" not in sentence
    assert "Of one study the source prints no interval; if its patients" in said[0]
    none = one | {"value": None, "low": None, "high": None}
    assert curve.sentence(none, "D").endswith("1 curve, 1 patient.")
    alone = none | {"value": 4.0, "points": 1, "model": "cloglog"}
    assert survival.sentence(alone, "E").endswith("1 study, 1 patient; 1 point reported.")


def test_no_events_at_all_are_one_rate_for_all_studies():
    row = ROW | {"model": "poisson_normal", "estimate": 0.0, "tau2": None, "events": 0}
    said = rate.sentence(headline(row | {"person_time": 90.0}), "Infection")
    assert "one rate for all studies; 0 events" in said


@pytest.mark.parametrize("value", [4e-6, 0.0004, 0.004, 0.5])
def test_what_is_not_0_does_not_print_as_0(value):
    said = [
        rate.MEASURE.text(value, value / 3, 3 * value),
        time.MEASURE.text(value, value / 3, 3 * value),
        proportion.MEASURE.number(value),
        ratio_words.estimate(
            {"estimate": value, "ci_low": value / 3, "ci_high": 3 * value, "method": "mh"}
        ),
    ]
    for text in said:
        for number in text.replace("95%", "").replace("per 100 ", "").replace("(", " ").split():
            if number[0].isdigit():
                assert float(number.strip("%)")) > 0, text
    assert numbers.significant(0.0, 1) == "0.0" and numbers.significant(None) == numbers.MISSING


def test_two_trials_are_both():
    row = ROW | {"row": "pooled", "k": 2, "effect_measure": "RD", "method": "mh", "q_p": 0.5}
    assert "the same in both trials" in ratio_words.sentence(row | {"effect": "common"}, "Death")
