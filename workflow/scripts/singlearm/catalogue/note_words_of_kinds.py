"""The words of the notes of single kinds of outcomes, and of what is drawn at random."""

from .note_words import Words

#: By code.
OF_KINDS: dict[str, Words] = {
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
    "limit_beyond_all_times": Words(
        "upper limit beyond twice all times",
        "The upper limit lies beyond twice the longest time that a study reports, where the curve "
        "is a guess, and is not printed.",
    ),
    "two_medians": Words(
        "two studies: the median of the larger one",
        "Of two medians the weighted median is that of the larger study.",
    ),
    "one_study_outweighs": Words(
        "one study outweighs the others: no interval",
        "One study has so many of the patients that a limit of the interval would be its own "
        "median, the pooled one, so there is no interval.",
    ),
    "too_few_studies_for_exact_interval": Words(
        "too few studies for an interval",
        "There are too few studies for a 95% interval of the median of their medians.",
    ),
    "bounds_agree": Words(
        "medians not reached do not matter",
        "However long the medians that were not reached are, the weighted median stays the same.",
    ),
    "bounds_differ": Words(
        "medians not reached matter: bounds only",
        "The answer depends on where the medians that were not reached lie above their bounds, so "
        "only its own bounds are known.",
    ),
    "no_bound": Words(
        "{:median|medians} not reached without follow-up",
        "{:median was not reached and has neither a lower limit nor a follow-up, and counts"
        "|medians were not reached and have neither a lower limit nor a follow-up, and count} as 0 "
        "in the lower bound.",
    ),
    # tests between groups of effects
    "no_group_with_errors": Words(
        "no group with standard errors", "No group has a study with a standard error."
    ),
    "one_group_with_errors": Words(
        "standard errors in one group only", "Only one group has a study with a standard error."
    ),
    "without_error_left_out": Words(
        "{:study|studies} without a standard error left out",
        "{:study has|studies have} a group and no standard error, and did not enter the test.",
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
        "{:rate is|rates are}, as printed, a whole number of the patients, as a crude rate would "
        "be.",
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
        "no curve fits the points",
        "The points lie on no curve that falls over time: medians alone are all at one half.",
    ),
    "points_as_coefficients": Words(
        "two points of two studies: no interval",
        "Two points of two studies lie on a line however much the studies differ, so their spread, "
        "intervals and which model fits better are not known.",
    ),
    "no_event_before_horizon": Words(
        "no event before the horizon: no interval",
        "No patient of this curve has the event before the horizon, so the restricted mean has no "
        "interval.",
    ),
    "average_beyond_numbers": Words(
        "no average: its limit is beyond all numbers",
        "The studies differ so much that the upper limit of their average is larger than any "
        "number, so there is no average.",
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
        "no event, or events only, in both groups: no ratio",
        "Nobody, or everybody, had the event in both groups, so there is no ratio.",
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
    "kept_of_reports": Words(
        "enters as one of {:report|reports} of this comparison",
        "It enters as one of {:report|reports} of this comparison.",
    ),
    "arms_left_out": Words(
        "{:arm|arms} without an effect left out",
        "{:arm without an effect is|arms without an effect are} left out.",
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
    "interval_not_symmetric": Words(
        "interval lopsided", "The printed interval is not symmetric around the estimate."
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
    "estimands_mixed": Words(
        "not all estimate the same",
        "Not all of them estimate the same: a mean over studies lies nearer to 50% than the median "
        "study does.",
    ),
    "exhaustive": Words("all of them", "None was left out: these are all there are."),
    "sampled": Words("{} drawn at random", "{} were drawn at random."),
    "seed": Words("seed {}", "The seed of the random numbers is {}."),
    "df": Words("df {}", "The degrees of freedom are {}."),
    "measure": Words("heterogeneity measured by {}", "Heterogeneity was measured by {}."),
}
