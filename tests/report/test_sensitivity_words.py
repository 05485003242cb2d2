"""What varies is the number that leads; sentences say what of, and where the primary model is."""

import pytest

from singlearm.catalogue.tables import columns
from singlearm.report.review import Review
from singlearm.report.sections import outcome, sensitivity

MODELS = {
    "glmm": {"likelihood": "binomial_normal", "label": "GLMM"},
    "dl": {"likelihood": "normal", "tau2": "DL", "ci": "wald", "label": "DL"},
    "ee": {"likelihood": "normal", "tau2": "EE", "ci": "wald", "label": "EE"},
}
PROTOCOL = {
    "outcomes": {"a": {"kind": "proportion", "label": "a"}}, "models": MODELS, "primary": "glmm",
    "review": {},
}  # fmt: skip


def row(table, /, **values):
    return dict.fromkeys(columns(table)) | values


def pooled(model="glmm", **values):
    known = {"k": 5, "tau2": 2.06, "estimate": 0.045, "ci_low": 0.021, "ci_high": 0.094}
    known |= {"marginal": 0.089, "marginal_low": 0.045, "marginal_high": 0.168}
    return row("pooled", outcome="a", model=model, **known | values)


def review_of(headline="average", *rows) -> Review:
    tables = {"studies": [], "pooled": rows or [pooled()]}
    return Review(PROTOCOL | {"headline": headline}, "1", "", tables)


def left_out(kind, study, median, average):
    return row(kind, model="glmm", left_out=study, estimate=median, marginal=average, tau2=2.0)


ONES = [
    left_out("leave_one_out", study, median, average)
    for study, median, average in (
        ("x", 0.040, 0.078), ("y", 0.054, 0.097), ("z", 0.05, 0.091), ("u", 0.05, 0.091),
        ("v", 0.05, 0.091),
    )
]  # fmt: skip
TWOS = [
    left_out("leave_two_out", "x;y", 0.036, 0.07),
    left_out("leave_two_out", "z;u", 0.063, 0.11),
    left_out("leave_two_out", "v;x", 0.05, 0.09),
]
FOUND = {"leave_one_out": ONES, "leave_two_out": TWOS}


def test_the_number_that_leads_is_varied():
    """8.9% led, and no sensitivity analysis was of it."""
    assert sensitivity._left_out(review_of(), FOUND, "a") == (
        "Without one study at a time the pooled value (average over studies) runs from 7.8% "
        "(without x) to 9.7% (without y); without any two studies from 7.0% to 11.0%. In the "
        "median study (4.5% with all studies) it runs from 4.0% to 5.4%; without two from 3.6% "
        "to 6.3%."
    )
    assert sensitivity._left_out(review_of("typical"), FOUND, "a") == (
        "Without one study at a time the pooled value (median study) runs from 4.0% (without x) "
        "to 5.4% (without y); without any two studies from 3.6% to 6.3%."
    )


def test_a_refit_of_studies_without_events_has_one_number():
    """There mean and median study are the same, and the model has no tau2."""
    none = row("leave_one_out", model="glmm", left_out="w", estimate=0.0)
    told = sensitivity._left_out(review_of(), {"leave_one_out": [*ONES, none]}, "a")
    assert "runs from 0.0% (without w) to 9.7%" in told


def test_trials_left_out_name_what_the_number_is_of():
    protocol = PROTOCOL | {"models": MODELS | {"arms": MODELS["glmm"] | {"cluster": "trial"}}}
    review = Review(protocol, "1", "", {"studies": [], "pooled": [pooled()]})
    rows = [
        left_out("leave_one_trial_out", study, median, average) | {"trials": "trial"}
        for study, median, average in (("x;y", 0.04, 0.07), ("z", 0.05, 0.08))
    ]
    told = sensitivity._trials_left_out(review, {"leave_one_trial_out": rows}, "a")
    assert "the pooled value (average over studies) runs from 7.0% (without x and y)" in told


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        (0.922, "The primary model's 92.2% (median study) lies above that."),
        (0.87, "The primary model's 87.0% (median study) lies below that."),
        (0.9, ""),
        (0.91904, ""),  # prints as the end does
    ],
)
def test_subsets_say_what_all_studies_give_and_where_the_primary_lies(ours, said):
    known = {"subsets": 4083, "q025": 0.885, "q975": 0.919, "note": "exhaustive"}
    summary = row("gosh_summary", model="DL", quantity="estimate", **known)
    summary |= {"all_studies": 0.903, "estimand": "typical"}
    study = row("gosh_studies", study_id="x", mean_with=0.9, mean_without=0.89)
    found = {"gosh_summary": [summary], "gosh_studies": [study]}
    told = sensitivity._subsets(review_of("average", pooled(estimate=ours)), found, "a")
    assert "(two-step, DerSimonian-Laird; median study) the middle 95%" in told
    assert "between 88.5% and 91.9%, of all studies together it is 90.3%; x splits" in told
    assert told.endswith(said or "without it).")


@pytest.mark.parametrize(
    ("below", "above", "said"),
    [
        (0.97, 0.0, "; the primary model's 92.2% (median study) is the highest of them"),
        (0.0, 0.97, "; the primary model's 92.2% (median study) is the lowest of them"),
        (1.0, 0.0, "; the primary model's 92.2% (median study) lies above all of them"),
        (0.0, 1.0, "; the primary model's 92.2% (median study) lies below all of them"),
        (0.25, 0.7, "; the primary model's 92.2% (median study) lies above 25% of them"),
        (0.0, 0.0, ""),
        (None, None, ""),
    ],
)
def test_combinations_say_where_the_primary_lies(below, above, said):
    known = {"specifications": 361, "distinct": 83, "minimum": 0.89, "maximum": 0.922}
    whole = row("multiverse_summary", choice="all", median_distinct=0.9, estimand="typical")
    whole |= known | {"primary": 0.922, "share_below_primary": below, "share_above_primary": above}
    told = sensitivity._choices(review_of(), {"multiverse_summary": [whole]})
    assert "give 83 different estimates (median study) from 89.0% to 92.2%" in told
    assert told.endswith(f"their median 90.0%{said}.")


def test_models_are_compared_by_the_number_that_leads_and_by_their_own():
    dl = pooled("dl", estimate=0.07, ci_low=0.03, ci_high=0.105, marginal=0.091)
    told = outcome._model_range(review_of(), [pooled(), dl])
    assert told.startswith(
        "Over 2 models the pooled value (average over studies) runs from 8.9% to 9.1%. "
        "Over 2 models the pooled value (median study) runs from 4.5% to 7.0%. "
        "The choice of model matters here."
    )
    one = {"marginal": 0.045, "marginal_low": 0.021, "marginal_high": 0.094}
    told = outcome._model_range(review_of(), [pooled(**one), pooled("dl", **one)])
    assert told == "Under each of 2 models the pooled value (median study) is 4.5%."


def test_an_interval_that_leaves_out_what_another_model_gives_is_told():
    """92.2% [90.6, 93.8] beside 90.3% was no difference, being less than five points."""
    ours = pooled(estimate=0.922, ci_low=0.906, ci_high=0.938, marginal=None)
    dl = pooled("dl", estimate=0.903, ci_low=0.88, ci_high=0.925, marginal=None)
    ee = pooled("ee", estimate=0.89, ci_low=0.889, ci_high=0.891, marginal=None)
    assert outcome._model_range(review_of(), [dl, ours]) == (
        "Over 2 models the pooled value (median study) runs from 90.3% to 92.2%. The choice of "
        "model matters here. The 95% interval of GLMM (median study; 90.6% to 93.8%) leaves out "
        "what others give: DL (90.3%)."
    )
    # one proportion for all studies is another thing, whose narrow interval says nothing of these
    alone = outcome._model_range(review_of(), [dl | {"ci_high": 0.91}, ee])
    assert "leaves out" not in alone
