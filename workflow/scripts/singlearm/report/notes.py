"""The note codes of the result tables in a reader's words."""

#: Code to a short form for tables and a sentence for text; `{}` takes what follows `=` in a code.
NOTES = {
    "no_data": ("no data", "No study of this version reports it."),
    "single_study": (
        "one study, its own interval",
        "One study only: its own exact interval, not a pooled result.",
    ),
    "two_studies": (
        "two studies, no prediction interval",
        "Two studies are too few for a prediction interval.",
    ),
    "homogeneous_exact": (
        "exact interval of the counts taken together",
        "All patients or no patients had the event, so differences between studies cannot be "
        "estimated; the interval is the exact binomial one of the counts taken together.",
    ),
    "tau2_at_zero": (
        "no difference between studies beyond chance was found",
        "No difference between studies beyond chance was found (tau² is estimated as 0).",
    ),
    "tau2_interval_open": (
        "no upper limit for tau²",
        "The data set no upper limit to the variance between studies.",
    ),
    "no_finite_maximum": (
        "the model found no finite answer",
        "The model found no finite answer: the data push it to 0% or 100%.",
    ),
    "interval_not_found": (
        "interval not found",
        "A limit of the confidence interval could not be found.",
    ),
    "wald_interval": (
        "Wald interval",
        "The interval is the normal-quantile (Wald) one.",
    ),
    "limits_cut_to_0_1": (
        "limits cut to 0 and 100%",
        "Limits beyond 0% or 100% were cut to them.",
    ),
    "standard_error_zero": ("standard error of 0", "The standard error is 0."),
    "rho_at_zero": (
        "no difference between studies beyond chance was found",
        "No difference between studies beyond chance was found (rho is estimated as 0).",
    ),
    "posterior_median": (
        "posterior median, credible interval",
        "The estimate is the posterior median, the interval the 95% credible one.",
    ),
    "freeman_tukey_for_reproduction_only": (
        "Freeman-Tukey: to reproduce published work only",
        "The Freeman-Tukey transformation is there to reproduce published work only.",
    ),
    "freeman_tukey_estimate_outside_all_studies": (
        "estimate outside the range of all studies",
        "The back-transformed estimate lies outside the range of all studies.",
    ),
    "freeman_tukey_depends_on_size": (
        "depends on the size used to transform back",
        "The estimate depends on the sample size chosen to transform back.",
    ),
    "lrt": ("likelihood ratio {}", "Likelihood ratio statistic: {}."),
    "q_between": ("Q {}", "Q statistic: {}."),
    "f": ("F {}", "F statistic: {}."),
    "df": ("df {}", "Degrees of freedom: {}."),
    "one_level": ("one group only", "Only one group has data."),
    "left_out": ("{} without a value left out", "Studies without a value left out: {}."),
    "permutations_exact": ("all {} arrangements", "Permutation over all {} arrangements."),
    "permutations_random": ("{} random arrangements", "Permutation over {} random arrangements."),
    "p_permutation_se": ("SE {}", "The standard error of that p value is {}."),
    "permutation_under_common_tau2": (
        "permutation p: see the common tau²",
        "The permutation p value is given with the common variance.",
    ),
    "studies_needed": (
        "too few studies: {} needed",
        "Too few studies for a meta-regression, which takes {} (ten for each coefficient).",
    ),
    "constant_moderator": (
        "the same value in all studies",
        "The moderator has the same value in all studies.",
    ),
    "clusters": ("{} clusters", "Clusters of studies with shared patients or teams: {}."),
    "few_clusters": (
        "few clusters: interval too narrow",
        "With fewer than ten clusters the interval is too narrow.",
    ),
    "one_study_per_cluster": (
        "one study a cluster",
        "Every cluster has one study, so the interval differs by its robust variance alone.",
    ),
    "fewer_than_two_clusters": (
        "fewer than two clusters",
        "Fewer than two clusters give no robust interval.",
    ),
    "clusters_ignored": (
        "clusters play no part",
        "The exact answer stands; the clusters play no part in it.",
    ),
    "no_test_with_clusters": (
        "no test with clusters",
        "Groups are not tested against each other, as one trial may have arms in several.",
    ),
    "level_at_the_edge": ("a group at 0% or 100%", "A group lies at 0% or 100%."),
    "levels_pooled_separately": ("groups pooled separately", "The groups were pooled separately."),
    "lower_limit_only": (
        "{} with a lower limit only",
        "Studies whose interval has a lower limit only: {}.",
    ),
    "limits_cut_to_0": ("limits cut to 0", "Limits below 0 were cut to 0."),
    "not_reached_as_bound": (
        "medians not reached count as bounds",
        "A median that was not reached counts as a lower bound.",
    ),
    "upper_limit_not_reached": (
        "upper limit not reached",
        "The upper limit of the interval is not reached.",
    ),
    "double_zero": (
        "no event in either group: no ratio",
        "No event in either group, so there is no ratio.",
    ),
}


def sentence(note: str | None) -> str:
    """The note of a result as sentences; what has no code stays as it is."""
    return " ".join(_worded(part, 1) for part in _parts(note))


def short(note: str | None) -> str:
    """The note of a result in a few words, for a table."""
    return "; ".join(_worded(part, 0) for part in _parts(note))


def _worded(part: str, form: int) -> str:
    code, _, value = part.partition("=")
    if code in NOTES:
        return NOTES[code][form].format(value)
    text = part.replace("_", " ")
    return text if form == 0 else f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _parts(note: str | None) -> list[str]:
    return [part.strip() for part in (note or "").split(";") if part.strip()]
