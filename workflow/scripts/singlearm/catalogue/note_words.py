"""The words of the notes on pooling, subgroups and regressions, whatever the kind of outcome."""

from typing import NamedTuple


class Words(NamedTuple):
    """A note in a few words, for tables and figures, and as a sentence, for text.

    `{}` stands for the note's value, `{:study|studies}` for the value with the word that fits it.
    """

    short: str
    sentence: str


#: By code.
OF_POOLING: dict[str, Words] = {
    # how many studies there are
    "no_data": Words("no data", "No study of this version reports it."),
    "single_study": Words("one study", "One study only: nothing was pooled."),
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
    "limits_cut_to_1": Words(
        "limits cut to -1 and 1", "Limits beyond a difference of -1 or 1 were cut to them."
    ),
    "limits_cut_to_0": Words("limits cut to 0", "Limits below 0 were cut to 0."),
    # the fit
    "tau2_at_zero": Words(
        "no difference between studies beyond chance found (τ² = 0)",
        "No difference between studies beyond chance was found (tau² is estimated as 0).",
    ),
    "rho_at_zero": Words(
        "no difference between studies beyond chance found (rho = 0)",
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
    **dict.fromkeys(
        ("no_test_for_bayes", "no_test_for_beta_binomial"),
        Words("no test under this model", "This model gives no test between the groups."),
    ),
    "fewer_than_five_per_group": Words(
        "a group has fewer than 5 studies: no test with its own τ²",
        "A group has fewer than five studies, too few for a test with a variance of its own.",
    ),
    "large_sample_p": Words(
        "p too often small: fewer than 20 studies",
        "This p value rests on large numbers of studies; with fewer than 20 it is too often small.",
    ),
    "test_of_binomial_normal": Words(
        "test of the binomial-normal model",
        "The test is that of the binomial-normal model, whatever the groups were pooled by.",
    ),
    "bootstrap_draws": Words(
        "{} datasets drawn",
        "The p value is from {} datasets drawn without any difference between the groups.",
    ),
    "lrt": Words("likelihood ratio χ² {}", "The likelihood-ratio statistic is {}."),
    "q_between": Words("Q {}", "The statistic Q of the moderators is {}."),
    "f": Words("F {}", "The F statistic is {}."),
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
    **dict.fromkeys(
        ("no_regression_for_bayes", "no_regression_for_beta_binomial"),
        Words("no regression under this model", "This model gives no meta-regression."),
    ),
    # arms of one trial
    "clusters": Words(
        "{:cluster|clusters}",
        "The studies form {:cluster|clusters} of arms or reports with patients in common.",
    ),
    "few_clusters": Words(
        "few clusters", "With so few clusters the variance between them is hardly known."
    ),
    "poisson_events_common": Words(
        "events too common for this model",
        "The model of risk ratios takes events for rare (10% or less), so it is left out.",
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
    **dict.fromkeys(
        ("no_cluster_robust_variance_for_bayes", "no_cluster_robust_variance_for_beta_binomial"),
        Words("no robust interval under this model", "This model has no cluster-robust interval."),
    ),
    "no_test_with_clusters": Words(
        "no test with clusters",
        "Groups are not tested against each other, as one trial may have arms in several.",
    ),
}
