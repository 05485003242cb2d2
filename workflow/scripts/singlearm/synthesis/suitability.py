"""When a number may be printed, and what stands in its place when it may not.

The thresholds that proportions, ratios, regressions and curves from all evidence go by, the source
of each, and what happens on the other side of it: constants, the table `RULES` that explains them
(printed in `docs/statistics.md`), and the rules at work as functions. Those of ratios are at work
in `ratio_choice`.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

import numpy as np

from .arrays import ArrayLike, Bools

#: From so many studies on a prediction interval is printed.
PREDICTION_STUDIES = 3
#: Studies that every group needs for a test in which each has a tau2 of its own.
PER_GROUP = 5
#: From so many studies on the p of a chi-square or F test between groups has no mark.
LARGE_SAMPLE = 20
#: Degrees of freedom that a cluster-robust interval needs.
CLUSTER_DF = 4.0
#: From so many clusters on a cluster-robust interval may be narrower than the model's own.
MANY_CLUSTERS = 10
#: Trials with several arms from which on trials and arms have a variance each.
TRIALS_OF_ARMS = 5
#: Studies with two points or more from which on slopes of survival differ between studies.
SLOPES_STUDIES = 5
#: Studies for each coefficient of a regression beside the intercept.
PER_COEFFICIENT = 10
#: Standardised columns of a regression whose smallest singular value is this share of the largest
#: follow from each other.
COLLINEAR = 1e-5
#: Groups up to which each is compared with the first.
MOST_GROUPS = 6
#: Studies that a test of asymmetry needs.
ASYMMETRY_STUDIES = 10
#: With fewer events an arm on average, or any empty cell, inverse variance is not to lead: its
#: variances rest on large samples. Cochrane Handbook 6.5, section 10.4.4.1; Bradburn et al. (2007),
#: Stat Med 26:53. The Handbook names no count; five is the usual rule for expected cell counts.
EVENTS_PER_ARM = 5.0
#: With fewer trials tau cannot be estimated and the posterior under a weakly informative prior
#: leads: Bender et al. (2018), Res Synth Methods 9:382; Roever et al. (2021), RSM 12:448.
FEW_TRIALS = 5
#: Peto's method: events at about 1% or below ...
PETO_RISK = 0.01
#: ... an odds ratio near 1: between one half and two ...
PETO_ODDS_RATIO = 2.0
#: ... and arms of like size within the trials. All three: Cochrane Handbook, section 10.4.4.1. It
#: gives no numbers for the last two; ours are wide enough for allocation 2:1.
PETO_IMBALANCE = 2.0
#: The risk ratio's conditional model takes counts for Poisson ones, whose variance is 1 / (1 - p)
#: times as large where the risk is p: at one in ten the standard error is too wide by 5%.
POISSON_RISK = 0.1
#: A binomial model leads only where more than this share of the trials report counts.
COUNTS_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Rule:
    """What is printed, what it needs, what stands there otherwise, with which note, and why."""

    printed: str
    needs: str
    otherwise: str
    note: str
    source: str


HANDBOOK = "Cochrane Handbook 6.5, 10.4.4.1"
RULES = (
    Rule(
        "prediction interval",
        f"{PREDICTION_STUDIES} studies",
        "left out",
        "two_studies",
        "Higgins 2009, JRSS A 172:137: with two its t has no degree of freedom to spare",
    ),
    Rule(
        "prediction interval",
        "an upper limit of tau2",
        "left out",
        "tau2_interval_open",
        "it is integrated over all tau2 that the data allow (section 3)",
    ),
    Rule(
        "spread, limits and prediction of a curve from all evidence",
        "three points, where there are two studies or more",
        "left out",
        "points_as_coefficients",
        "a line through two points leaves no degree of freedom",
    ),
    Rule(
        "slopes that differ between the studies of a curve from all evidence",
        f"{SLOPES_STUDIES} studies with two points or more",
        "one slope of all studies; their heights differ",
        "",
        "as for arms within trials: fewer than five lines tell little of how slopes vary",
    ),
    Rule(
        "Hartung-Knapp interval by default",
        "width of the model's own Wald interval or more",
        "that width (`hk_adhoc`); plain `hk` only where asked for, marked",
        "narrower_than_wald",
        "Roever 2015, BMC Med Res Methodol 15:99",
    ),
    Rule(
        "test between groups, each with its own tau2",
        f"{PER_GROUP} studies in every group",
        "left out; the test under one tau2 stays",
        "fewer_than_five_per_group",
        "size 49 to 62% with groups of one and two (case subgroup-few-studies); Borenstein 2009, "
        "Introduction to Meta-Analysis, ch. 19: five or fewer share their tau2",
    ),
    Rule(
        "test between groups under one tau2",
        "a group of two studies or more",
        "left out",
        "one_study_per_group",
        "no degree of freedom is left to estimate tau2",
    ),
    Rule(
        "p of a chi-square or F test between groups, or of a regression",
        f"{LARGE_SAMPLE} studies in all",
        "shown with a mark; between groups the bootstrap of the likelihood ratio leads, whatever "
        "the model and however many studies, in a regression where the model is a GLMM",
        "large_sample_p",
        "tests/benchmarks/group_tests.py: size up to 11%, of the bootstrap 4.0 to 6.8%",
    ),
    Rule(
        "cluster-robust interval",
        f"{CLUSTER_DF:g} Satterthwaite degrees of freedom",
        "left out",
        "few_degrees_of_freedom",
        "Tipton 2015, Psychol Methods 20:375",
    ),
    Rule(
        "cluster-robust interval narrower than the model's own",
        f"{MANY_CLUSTERS} clusters; never under a likelihood model",
        "the model's own width",
        "not_narrower_than_model",
        "Hedges 2010, Res Synth Methods 1:39: too narrow with few clusters; case clusters",
    ),
    Rule(
        "model of arms within trials, with a variance of each",
        f"{TRIALS_OF_ARMS} trials with several arms",
        "one variance, cluster-robust interval",
        "few_trials_of_arms",
        "Gelman and Hill 2007, Data Analysis Using Regression and Multilevel Models, ch. 11: fewer "
        "than five groups tell little of a variance; tests/benchmarks/arms_of_trials.py",
    ),
    Rule(
        "interval of tau2 and I2",
        "the estimate inside",
        "the interval of the estimator: generalised Q for DL and HE; for the others the nearer "
        "limit is moved to the estimate",
        "tau2_limit_moved",
        "Jackson 2013, Res Synth Methods 4:220; case tau2-outside-ci",
    ),
    Rule(
        "maximum of the likelihood without a mark",
        "no second summit of the likelihood over tau within its limits",
        "shown with a mark",
        "two_maxima",
        "case prediction-interval/one-big-study-bimodal",
    ),
    Rule(
        "coefficients of a regression",
        f"{PER_COEFFICIENT} studies for each beside the intercept",
        "left out",
        "studies_needed",
        "Cochrane Handbook 6.5, 10.11.5.1",
    ),
    Rule(
        "coefficients of a regression on several moderators",
        "moderators that vary and do not follow from each other (singular values above "
        f"{COLLINEAR:g} of the largest)",
        "left out",
        "moderators_collinear",
        "nothing tells their effects apart; Belsley 1980, Regression Diagnostics, ch. 3",
    ),
    Rule(
        "difference of each group from the first",
        f"{MOST_GROUPS} groups or fewer",
        "left out; the test between all stays",
        "too_many_levels",
        "none of the intervals is adjusted for their number",
    ),
    Rule(
        "test of asymmetry",
        f"{ASYMMETRY_STUDIES} studies",
        "left out",
        f"fewer_than_{ASYMMETRY_STUDIES}_studies",
        "Sterne 2011, BMJ 343:d4002",
    ),
    Rule(
        "inverse variance leads for ratios",
        f"no empty cell, {EVENTS_PER_ARM:g} events an arm on average",
        "where more than "
        f"{100 * COUNTS_SHARE:g}% of the trials have counts: binomial model, "
        "Mantel-Haenszel, Peto, then inverse variance; trials without events in both arms do not "
        "count",
        "",
        f"{HANDBOOK}; Bradburn 2007, Stat Med 26:53",
    ),
    Rule(
        "effect of a trial with several arms on one control",
        "counts of every arm, which are taken together",
        "printed effects are pooled with the covariance that their control gives",
        "arms_correlated",
        "Cochrane Handbook 6.5, 23.3.4: its patients would count twice",
    ),
    Rule(
        "effect of a trial in a pool",
        "its cut with the longest follow-up",
        "left out, and counted",
        "earlier_cuts_left_out",
        "two cuts of a trial are of the same patients",
    ),
    Rule(
        "random-effects model leads for ratios",
        f"{FEW_TRIALS} trials",
        "the posterior under a half-normal(0.5) prior of tau leads, of risk differences "
        "half-normal(0.125)",
        "",
        "Bender 2018, Res Synth Methods 9:382; Roever 2021, Res Synth Methods 12:448",
    ),
    Rule(
        "conditional Poisson model of risk ratios",
        f"a risk of at most {100 * POISSON_RISK:g}% in both arms of all trials together",
        "left out; Mantel-Haenszel leads",
        "poisson_events_common",
        "Cai 2010, Stat Med 29:2078: events are nearly Poisson where they are rare",
    ),
    Rule(
        "Peto's odds ratio",
        f"events in at most {100 * PETO_RISK:g}% of the patients",
        "left out",
        "peto_events_common",
        HANDBOOK,
    ),
    Rule(
        "Peto's odds ratio",
        f"an odds ratio between 1/{PETO_ODDS_RATIO:g} and {PETO_ODDS_RATIO:g}",
        "left out",
        "peto_effect_large",
        f"{HANDBOOK}, which gives no number",
    ),
    Rule(
        "Peto's odds ratio",
        f"the larger arm at most {PETO_IMBALANCE:g} times the smaller",
        "left out",
        "peto_arms_unequal",
        f"{HANDBOOK}, which gives no number",
    ),
    Rule(
        "median over studies",
        "one weighted median, whether medians not reached stand at their bounds or are endless",
        "at least the first; both are printed",
        "bounds_differ",
        "every way to complete them lies between the two (section 8); case times-not-reached",
    ),
    Rule(
        "interval of a median over studies",
        "6 studies (at a level of 95%)",
        "left out",
        "too_few_studies_for_exact_interval",
        "the smallest and the largest of five hold it in 93.75% of cases at most (section 8)",
    ),
    Rule(
        "interval of a median over studies",
        "limits that lie in other studies than the median",
        "left out",
        "one_study_outweighs",
        "one study's median would be all three numbers (section 8)",
    ),
    Rule(
        "p of a pooled proportion against a value",
        "a `null_value` in the protocol, the same on every scale",
        "left out",
        "",
        "each measure tested a value of its own: 0%, 50% or 100%; case p-value-null",
    ),
    Rule(
        "digits of a percentage",
        "more than 0.05% for one decimal; 0% is 0.0",
        "three significant digits, up to four decimals; below them `<0.0001`",
        "",
        "what is not 0 is never 0.0; case rare-digits",
    ),
    Rule(
        "people in a sentence, of 100",
        "one of them or more; a `per` of the protocol goes before",
        "of 1,000, else of 100,000; `<1` for what is still not 0, `>99` for what is not all",
        "",
        "what is not 0 is never 0 of 100; case rare-digits",
    ),
)


def predictable(k: ArrayLike) -> Bools:
    """Whether so many studies give a prediction interval."""
    return np.asarray(k) >= PREDICTION_STUDIES


def own_tau2_testable(sizes: Iterable[int], least: int = PER_GROUP) -> bool:
    """Whether groups with so many studies may be compared with a tau2 for each.

    >>> own_tau2_testable([5, 9]), own_tau2_testable([4, 9])
    (True, False)
    """
    return all(size >= least for size in sizes)


def large_sample(k: int) -> bool:
    """Whether the p of a chi-square or F test between groups of k studies needs no mark."""
    return k >= LARGE_SAMPLE


def robust_interval(df: ArrayLike) -> Bools:
    """Whether so many degrees of freedom carry a cluster-robust interval."""
    return np.asarray(df) >= CLUSTER_DF


def arms_modelled(trials_of_arms: int) -> bool:
    """Whether so many trials with several arms carry a variance of the trials and one of arms."""
    return trials_of_arms >= TRIALS_OF_ARMS


def own_width_is_floor(clusters: int, likelihood: str) -> bool:
    """Whether a cluster-robust interval must not be narrower than the model's own."""
    return likelihood != "normal" or clusters < MANY_CLUSTERS


def table() -> str:
    """`RULES` as a Markdown table."""
    head = ("number", "needs", "otherwise", "note", "source")
    rows = [(*astuple(rule)[:3], rule.note and f"`{rule.note}`", rule.source) for rule in RULES]
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
