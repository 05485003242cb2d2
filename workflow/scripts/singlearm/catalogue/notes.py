"""What the notes of the result tables mean: the one list of their codes, with their words.

A cell `note` holds codes joined by `; `, some with a value: `two_studies; left_out=3`. Steps write
codes, people read words, and the words are here only: report, figures, workbook, Word and LaTeX
tables and the list in `docs/statistics.md` take them from `NOTES`.

>>> short("two_studies; left_out=3")
'two studies: no prediction interval; 3 studies without a value left out'
>>> sentence("left_out=1")
'1 study without a value was left out.'
"""

from typing import NamedTuple


class Words(NamedTuple):
    """A note in a few words, for tables and figures, and as a sentence, for text.

    `{}` stands for the note's value, `{:study|studies}` for the value with the word that fits it.
    """

    short: str
    sentence: str


class _Value(str):
    """The value of a note; formatted with `one|many` it is followed by the word that fits."""

    __slots__ = ()

    def __format__(self, words: str) -> str:
        if not words:
            return str(self)
        one, many = words.split("|")
        return f"{self} {one if self == '1' else many}"


_AT_ZERO = "no difference between studies beyond chance found"

#: Every code that a step may write.
NOTES: dict[str, Words] = {
    # how many studies there are
    "no_data": Words("no data", "No study of this version reports it."),
    "single_study": Words(
        "one study", "One study only: this is its own result, nothing was pooled."
    ),
    "two_studies": Words(
        "two studies: no prediction interval",
        "Two studies are too few for a prediction interval.",
    ),
    "all_or_none": Words(
        "every patient or no patient had the event",
        "Every patient or no patient had the event, so differences between studies cannot be "
        "estimated.",
    ),
    "left_out": Words(
        "{:study|studies} without a value left out",
        "{:study without a value was|studies without a value were} left out.",
    ),
    "no_weight": Words(
        "{:study|studies} without a number of patients left out",
        "{:study without a number of patients was|studies without a number of patients were} "
        "left out.",
    ),
    # which interval is printed
    "homogeneous_exact": Words(
        "exact interval of the summed counts",
        "The interval is the exact binomial one of the summed counts, which takes the studies as "
        "one.",
    ),
    "exact_interval": Words(
        "its own exact interval", "The interval is the study's own exact binomial one."
    ),
    "wald_interval": Words("Wald interval", "The interval is the normal-quantile (Wald) one."),
    "t_interval": Words(
        "t interval", "The interval is the Wald one with quantiles of the t distribution."
    ),
    "interval_not_found": Words(
        "interval not found", "A limit of the confidence interval could not be found."
    ),
    "no_interval": Words("no interval", "There are too few studies or limits for an interval."),
    "limits_cut_to_0_1": Words(
        "limits cut to 0 and 100%", "Limits beyond 0% or 100% were cut to them."
    ),
    "limits_cut_to_0": Words("limits cut to 0", "Limits below 0 were cut to 0."),
    # the fit
    "tau2_at_zero": Words(
        f"{_AT_ZERO} (τ² = 0)",
        "No difference between studies beyond chance was found (tau² is estimated as 0).",
    ),
    "rho_at_zero": Words(
        f"{_AT_ZERO} (rho = 0)",
        "No difference between studies beyond chance was found (rho is estimated as 0).",
    ),
    "tau2_interval_by_likelihood": Words(
        "interval of τ² by profile likelihood",
        "The Q-profile interval leaves out the estimate of the variance between studies, so its "
        "interval is that of the profile likelihood.",
    ),
    "tau2_limit_moved": Words(
        "a limit of τ² is the estimate itself",
        "The interval of the variance between studies leaves out this estimate; the nearer limit "
        "was moved to it.",
    ),
    "tau2_interval_open": Words(
        "no upper limit for τ²", "The data set no upper limit to the variance between studies."
    ),
    "no_finite_maximum": Words(
        "no finite maximum of the likelihood",
        "The model found no finite answer: the data push it to 0% or 100%.",
    ),
    "common_effect": Words(
        "a common-effect model",
        "The model takes the studies as one, so it has no value of its own for each.",
    ),
    "not_converged": Words("did not converge", "The fit did not converge, so there is no number."),
    "standard_error_zero": Words(
        "standard error of 0", "The studies' values are identical, so the standard error is 0."
    ),
    "posterior_median": Words(
        "posterior median, credible interval",
        "The estimate is the posterior median, the interval the 95% credible one.",
    ),
    "freeman_tukey_for_reproduction_only": Words(
        "Freeman-Tukey: to reproduce published work only",
        "The Freeman-Tukey transformation is there to reproduce published work only.",
    ),
    "freeman_tukey_estimate_outside_all_studies": Words(
        "estimate outside the range of all studies",
        "The back-transformed estimate lies outside the range of all studies.",
    ),
    "freeman_tukey_depends_on_size": Words(
        "depends on the size used to transform back",
        "The estimate depends on the sample size chosen to transform back.",
    ),
    # subgroups and moderators
    "one_level": Words("one group only", "Only one group has data."),
    "too_many_levels": Words(
        "more than 6 groups: not compared one by one",
        "With more than six groups they are not compared with the first one by one.",
    ),
    "one_study_per_group": Words(
        "one study in every group", "Each group has one study, which tells nothing of its spread."
    ),
    "level_at_the_edge": Words("a group at 0% or 100%", "A group lies at 0% or 100%."),
    "levels_pooled_separately": Words(
        "groups pooled separately", "The groups were pooled separately."
    ),
    "no_test_for_bayes": Words(
        "no test under this model", "This model gives no test between the groups."
    ),
    "no_test_for_beta_binomial": Words(
        "no test under this model", "This model gives no test between the groups."
    ),
    "fewer_than_five_per_group": Words(
        "a group has fewer than 5 studies: no test with its own τ²",
        "A group has fewer than five studies, too few for a test with a variance of its own.",
    ),
    "large_sample_p": Words(
        "p needs more studies",
        "This p value rests on large numbers of studies; with fewer than 20 it is too often small.",
    ),
    "bootstrap_draws": Words(
        "{} datasets drawn",
        "The p value is from {} datasets drawn without any difference between the groups.",
    ),
    "smallest_p": Words("smallest possible p {}", "The smallest p value that it can give is {}."),
    "permutations_exact": Words(
        "all {} arrangements", "The permutation runs over all {} arrangements."
    ),
    "permutations_random": Words(
        "{} random arrangements", "The permutation runs over {} random arrangements."
    ),
    "p_permutation_se": Words("SE {}", "The simulation error of that p value is {}."),
    "permutation_under_common_tau2": Words(
        "permutation p: see the common τ²",
        "The permutation p value is given with the common variance.",
    ),
    "studies_needed": Words(
        "too few studies: {} needed",
        "There are too few studies for a meta-regression: it takes {}.",
    ),
    "constant_moderator": Words(
        "the same value in all studies", "The moderator has the same value in all studies."
    ),
    "moderators_constant": Words(
        "the same in all studies: {}",
        "Of several moderators these have the same value in all studies: {}.",
    ),
    "moderators_collinear": Words(
        "cannot be told apart: {}",
        "These moderators follow from each other, so their effects cannot be told apart: {}.",
    ),
    "values_lacking": Words(
        "studies without a value: {}", "So many studies lack a value of a moderator: {}."
    ),
    "regression_draws": Words(
        "bootstrap of {} datasets",
        "The bootstrap p value is from {} datasets drawn without an effect of what is tested.",
    ),
    "draws_without_fit": Words(
        "{} of them not fitted, counted as extreme",
        "{} of the datasets drawn could not be fitted; they count as extreme.",
    ),
    "no_regression_for_bayes": Words(
        "no regression under this model", "This model gives no meta-regression."
    ),
    "no_regression_for_beta_binomial": Words(
        "no regression under this model", "This model gives no meta-regression."
    ),
    # arms of one trial
    "clusters": Words(
        "{:cluster|clusters}",
        "The studies form {:cluster|clusters} of arms or reports with patients in common.",
    ),
    "few_clusters": Words(
        "few clusters", "With so few clusters the variance between them is hardly known."
    ),
    "peto_no_events": Words(
        "no events: Peto's method does not apply", "Peto's method needs a trial with an event."
    ),
    "peto_events_common": Words(
        "events too common for Peto's method",
        "Peto's method holds for rare events only (1% or less), so it is left out.",
    ),
    "peto_effect_large": Words(
        "effect too large for Peto's method",
        "Peto's method holds near an odds ratio of 1 only, so it is left out.",
    ),
    "peto_arms_unequal": Words(
        "arms too unequal for Peto's method",
        "Peto's method holds for arms of like size only, so it is left out.",
    ),
    "two_maxima": Words(
        "the likelihood has two maxima",
        "The likelihood has a second maximum nearly as high: the numbers could lie elsewhere.",
    ),
    "average_beyond_prediction": Words(
        "average's interval reaches beyond the prediction interval",
        "The interval of the average over studies reaches beyond the prediction interval, which "
        "is that of one new study.",
    ),
    "crude_outside": Words(
        "crude proportion outside the interval",
        "The crude proportion (all events by all patients) lies outside the interval: large "
        "studies differ from small ones.",
    ),
    "few_degrees_of_freedom": Words(
        "too few degrees of freedom for a robust interval",
        "The clusters leave fewer than 4 degrees of freedom, too few for a robust interval.",
    ),
    "not_narrower_than_model": Words(
        "not narrower than the model's own interval",
        "The robust interval would be narrower than the model's own; it has the latter's width.",
    ),
    "one_study_per_cluster": Words(
        "no trial has two arms",
        "No trial has two arms here: the numbers are those of the model without clusters.",
    ),
    "arms_within_trials": Words(
        "an effect of the trial and one of the arm",
        "The model has a random effect of the trial and one of the arm; tau² is the sum of their "
        "variances, and the prediction interval that of a new arm in a new trial.",
    ),
    "few_trials_of_arms": Words(
        "{:trial|trials} with several arms: robust interval",
        "With {:trial|trials} of several arms no variance between the arms of a trial is "
        "estimated: the interval is cluster-robust, and those of the average and of a new study "
        "are widened as it is.",
    ),
    "arms_not_modelled": Words(
        "model of arms within trials without a maximum: robust interval",
        "The model of arms within trials has no finite maximum: the interval is cluster-robust.",
    ),
    "variances_by_reml": Words(
        "variances of trials and arms by REML",
        "The variances of trials and of their arms are estimated by REML.",
    ),
    "tau2_trials_at_zero": Words(
        "no difference between trials beyond that of arms",
        "No difference between trials beyond that between arms was found (its variance is "
        "estimated as 0).",
    ),
    "tau2_arms_at_zero": Words(
        "no difference between the arms of a trial beyond chance",
        "No difference between the arms of a trial beyond chance was found (its variance is "
        "estimated as 0).",
    ),
    "fewer_than_two_clusters": Words(
        "fewer than two clusters", "Fewer than two clusters give no robust interval."
    ),
    "clusters_ignored": Words(
        "clusters play no part",
        "The clusters play no part: there is one study, or no variation between patients.",
    ),
    "study_limits_left_out": Words(
        "no interval for single studies with clusters",
        "An allowance for clusters is one of the pooled value's interval, so the values of single "
        "studies have none.",
    ),
    "no_cluster_robust_variance_for_bayes": Words(
        "no robust interval under this model", "This model has no cluster-robust interval."
    ),
    "no_cluster_robust_variance_for_beta_binomial": Words(
        "no robust interval under this model", "This model has no cluster-robust interval."
    ),
    "no_test_with_clusters": Words(
        "no test with clusters",
        "Groups are not tested against each other, as one trial may have arms in several.",
    ),
    # times
    "lower_limit_only": Words(
        "{:interval|intervals} with a lower limit only",
        "{:study has|studies have} an interval with a lower limit only.",
    ),
    "not_reached": Words("median not reached", "The combined median is not reached."),
    "not_reached_as_bound": Words(
        "medians not reached count as longer than all others",
        "A median that was not reached counts as longer than every one that was.",
    ),
    "upper_limit_not_reached": Words(
        "upper limit not reached", "The upper limit of the interval is not reached."
    ),
    "one_study_outweighs": Words(
        "one study outweighs the others: no interval",
        "One study has so many of the patients that both limits are its own median, so there is no "
        "interval.",
    ),
    "too_few_studies_for_exact_interval": Words(
        "too few studies for an interval", "There are too few studies for an exact interval."
    ),
    "bounds_agree": Words(
        "medians not reached do not matter",
        "However long the medians that were not reached are, the weighted median stays the same.",
    ),
    "bounds_differ": Words(
        "medians not reached matter: a bound only",
        "The answer depends on where the medians that were not reached lie above their bounds, so "
        "there is a lower bound only.",
    ),
    "no_bound": Words(
        "{:median|medians} not reached without follow-up",
        "{:median was not reached and has neither a lower limit nor a follow-up, and counts"
        "|medians were not reached and have neither a lower limit nor a follow-up, and count} as 0 "
        "in the lower bound.",
    ),
    # survival at fixed times, curves
    "error_from_n": Words(
        "{:study|studies} weighed by patients",
        "{:study prints no interval and is|studies print no interval and are} weighed by the "
        "number of patients.",
    ),
    "no_standard_error": Words(
        "{:study|studies} that cannot be weighed left out",
        "{:study prints|studies print} neither an interval nor patients and cannot be weighed.",
    ),
    "equals_crude_count": Words(
        "{:rate is|rates are} a whole number of patients",
        "{:rate is|rates are} exactly a whole number of the patients, as a crude rate would be.",
    ),
    "other_time_in_window": Words(
        "{:study|studies} at a time near by",
        "{:study enters|studies enter} with a time near by, within the window of the protocol.",
    ),
    "not_reached_left_out": Words(
        "{:median|medians} not reached left out",
        "{:median that was not reached is no point|medians that were not reached are no points} of "
        "a curve.",
    ),
    "too_few_points": Words(
        "too few points", "A curve needs points at two different times or more."
    ),
    "survival_does_not_fall": Words(
        "no falling curve",
        "The points lie on no curve that falls over time: medians alone are all at one half.",
    ),
    "few_curves_at_late_times": Words(
        "few curves at late times", "Fewer than half of the curves reach the latest times."
    ),
    "no_risk_table": Words(
        "no risk table", "There is no number at risk after the start of the curve."
    ),
    "risk_table_missed_by": Words(
        "risk table missed by {}",
        "The reconstructed patients miss the printed numbers at risk by up to {}.",
    ),
    "events_missed_by": Words(
        "events missed by {}", "The reconstructed events miss the printed number by {}."
    ),
    # rates
    "no_events_exact": Words(
        "no events: exact interval", "There was no event, so the interval is the exact Poisson one."
    ),
    "half_added_to_events": Words(
        "½ added to the events",
        "One half was added to the events of studies in which nobody or everybody had the event.",
    ),
    # ratios
    "double_zero": Words(
        "no event in either group: no ratio", "No event in either group, so there is no ratio."
    ),
    "half_added_to_cells": Words(
        "½ added to the cells", "One half was added to the four cells, as one of them is 0."
    ),
    "earlier_cuts_left_out": Words(
        "{:earlier report|earlier reports} of the same trials left out",
        "{:earlier report|earlier reports} of the same trials left out.",
    ),
    "repeated_left_out": Words(
        "{:repeated row|repeated rows} left out", "{:repeated row|repeated rows} left out."
    ),
    "double_zero_left_out": Words(
        "{:trial|trials} without events left out",
        "{:trial without an event in either group is|trials without events are} left out.",
    ),
    "double_zero_kept": Words(
        "{:trial|trials} without events kept",
        "{:trial without an event in either group is|trials without events are} kept.",
    ),
    "arms_combined": Words(
        "arms of {:trial|trials} taken together",
        "The arms of {:trial|trials} that share a control were taken together.",
    ),
    "arms_correlated": Words(
        "shared control in {:trial|trials} allowed for",
        "The shared control of {:trial|trials} is allowed for.",
    ),
    "unusable_values": Words("values not usable", "No effect follows from the values of this row."),
    "trials_without_counts": Words(
        "{:trial|trials} without counts",
        "{:trial that prints no counts is|trials that print no counts are} not part of it.",
    ),
    "narrower_than_wald": Words(
        "narrower than the Wald interval",
        "The Hartung-Knapp interval is narrower here than the Wald interval of the same fit.",
    ),
    "narrower_than_common": Words(
        "narrower than the common-effect interval",
        "The Hartung-Knapp interval is narrower here than the one that takes all trials for alike.",
    ),
    "no_finite_estimate": Words(
        "no finite estimate", "The data give no finite estimate by this method."
    ),
    "interval_not_symmetric_on_log_scale": Words(
        "interval lopsided on the log scale",
        "The printed interval is not symmetric around the estimate on the log scale.",
    ),
    # asymmetry tests
    "asymmetry_of_proportions_is_not_evidence_of_bias": Words(
        "asymmetry of proportions is no evidence of bias",
        "For proportions a funnel is asymmetric without any bias: their variance depends on them.",
    ),
    "fewer_than_10_studies": Words(
        "fewer than 10 studies", "Fewer than 10 studies are too few for a test of asymmetry."
    ),
    # drawn at random
    "denominators_left_out": Words(
        "another denominator left out for {:set|sets} of studies, as some lack it",
        "For {:set|sets} of studies another denominator was not taken, as some of them do not "
        "report it.",
    ),
    "exhaustive": Words("all of them", "None was left out: these are all there are."),
    "sampled": Words("{} drawn at random", "{} were drawn at random."),
    "seed": Words("seed {}", "The seed of the random numbers is {}."),
    "df": Words("df {}", "The degrees of freedom are {}."),
    "measure": Words("heterogeneity measured by {}", "Heterogeneity was measured by {}."),
}


def codes(text: str | None) -> list[str]:
    """The codes in a cell `note`, without their values."""
    return [code for code, _ in _parts(text)]


def short(text: str | None) -> str:
    """A cell `note` in a few words, for tables and figures; what is no code stays as it is."""
    return "; ".join(
        NOTES[code].short.format(_Value(value)) if code in NOTES else _as_is(code, value)
        for code, value in _parts(text)
    )


def sentence(text: str | None) -> str:
    """A cell `note` in sentences, for text; what is no code stays as it is."""
    said = []
    for code, value in _parts(text):
        if code in NOTES:
            said.append(NOTES[code].sentence.format(_Value(value)))
        else:
            plain = _as_is(code, value)
            said.append(f"{plain[:1].upper()}{plain[1:].rstrip('.')}.")
    return " ".join(said)


def as_markdown() -> str:
    """The list as a table for the docs."""
    lines = ["| note | in a table | in a sentence |", "| --- | --- | --- |"]
    for code, words in NOTES.items():
        name = f"{code}=…" if "{" in words.short + words.sentence else code
        texts = (text.format(_Value("…")) for text in words)
        lines.append(f"| {' | '.join((name, *texts))} |")
    return "\n".join(lines) + "\n"


def _parts(text: str | None) -> list[tuple[str, str]]:
    """(code, value) of each note in a cell; the value is empty where a code has none."""
    parts = [part.strip() for part in (text or "").split(";")]
    return [(code, value) for code, _, value in (part.partition("=") for part in parts if part)]


def _as_is(code: str, value: str) -> str:
    return f"{code.replace('_', ' ')} {value}".strip()
