"""The methods section, written from the settings and from what the tables hold."""

from collections.abc import Mapping

from singlearm.catalogue import numbers
from singlearm.report import words
from singlearm.report.report_data import ReportData

_MEASURES = {
    "PLO": "logit-transformed proportions",
    "PLN": "log-transformed proportions",
    "PAS": "arcsine-transformed proportions",
    "PFT": "Freeman-Tukey double-arcsine-transformed proportions",
    "PR": "raw proportions",
}
_TAU2 = {
    "EE": "no between-study variance (equal effects)",
    "DL": "the DerSimonian-Laird estimator [@dersimonian1986]",
    "HE": "the Hedges estimator",
    "HS": "the Hunter-Schmidt estimator",
    "HSk": "the Hunter-Schmidt estimator with a small-sample correction",
    "SJ": "the Sidik-Jonkman estimator",
    "ML": "maximum likelihood",
    "REML": "restricted maximum likelihood [@viechtbauer2005]",
    "EB": "the empirical Bayes estimator",
    "PM": "the Paule-Mandel estimator",
    "PMM": "the median-unbiased Paule-Mandel estimator",
}
_CI = {
    "wald": "normal-quantile (Wald)",
    "t": "t-quantile",
    "hk": "Hartung-Knapp [@hartung2001]",
    "hk_adhoc": "Hartung-Knapp, never narrower than Wald [@hartung2001]",
    "profile": "profile-likelihood",
    "credible": "95% credible",
}


def paragraphs(data: ReportData) -> list[tuple[str, str]]:
    """Headings and paragraphs; `[@key]` marks a citation."""
    review = data.review
    settings = review.protocol
    written = [
        ("Data", _data(data)),
        ("Main analysis", _main(settings)),
        ("What the pooled numbers mean", _estimands()),
        ("Differences between studies", _heterogeneity()),
        ("Special cases", _special_cases()),
        ("Other models", _other_models(settings)),
        ("Subgroups", _subgroups(data)),
        ("Meta-regression", _regression(data)),
        ("Sensitivity", _sensitivity(data)),
        ("Times to an event", _times(data)),
        ("Randomised comparisons", _ratios(data)),
        ("Published claims", _claims(data)),
        ("Software", _software()),
    ]
    return [(heading, text) for heading, text in written if text]


def describe_model(settings: Mapping) -> str:
    """One model in words, as part of a sentence."""
    if "cluster" in settings:
        plain = {key: value for key, value in settings.items() if key != "cluster"}
        return f"{describe_model(plain)} that allow for dependence between arms of one trial"
    likelihood = settings["likelihood"]
    ci = _CI.get(settings.get("ci", "credible"), settings.get("ci"))
    if likelihood == "binomial_normal":
        return (
            "a random-intercept logistic model (binomial likelihood within studies, normal "
            "distribution of the log-odds between studies) [@stijnen2010] [@lin2020], fitted by "
            "maximum likelihood with adaptive Gauss-Hermite quadrature, nodes added until the "
            f"answer is stable, with {ci} confidence intervals"
        )
    if likelihood == "beta_binomial":
        return (
            "a beta-binomial model, in which the studies' true proportions follow a beta "
            f"distribution, fitted by maximum likelihood with {ci} confidence intervals"
        )
    if likelihood == "bayes":
        return (
            "a Bayesian random-intercept logistic model with a half-normal prior on the "
            "between-study standard deviation, integrated on a grid without sampling"
        )
    return (
        f"an inverse-variance random-effects model of {_MEASURES[settings['measure']]}, with the "
        f"between-study variance by {_TAU2[settings['tau2']]} and {ci} confidence intervals"
    )


def _data(data: ReportData) -> str:
    if not data.reconciliation:
        return (
            "Counts were entered by a single extractor; there was no second, independent "
            "extraction to compare them with."
        )
    return (
        "Two extractors filled separate sheets. A cell on which they differ, or which only one of "
        "them filled, went to adjudication; a cell without a decision was held out of the "
        "analysis. Layers of data are stacked: a newer report of the same study replaces the "
        "older one, and a report that another included report supersedes is dropped with all its "
        "outcomes. The report follows the PRISMA 2020 statement where it applies [@page2021]."
    )


def _main(settings: Mapping) -> str:
    described = describe_model(settings["models"][settings["primary"]])
    return f"Proportions were pooled with {described}. All intervals are at the 95% level."


def _estimands() -> str:
    return (
        "Two pooled proportions are given. The median-study proportion is the centre of the "
        "distribution of studies: half of all similar studies would have a true proportion above "
        "it. The population-averaged proportion is the mean over that distribution. They are "
        "equal when studies do not differ, and move apart the more they do [@lin2020]."
    )


def _heterogeneity() -> str:
    return (
        "Differences between studies are described by the prediction interval for the true "
        "proportion of a new, similar study (t distribution with k − 1 degrees of freedom on "
        "the model's scale) [@higgins2009] and by tau², the variance between studies on the "
        "log-odds scale, with its confidence interval (Q-profile [@viechtbauer2007] for two-step "
        "models, profile likelihood for the others). I² is computed from tau²; it says how much "
        "of the observed scatter is not chance, depends on study size, and is not graded as low "
        "or high for proportions [@migliavaca2022]. The probability that a new study lies above a "
        "threshold uses the thresholds of the protocol."
    )


def _special_cases() -> str:
    return (
        "Two-step models add 0.5 events and 0.5 non-events only to studies in which no patient or "
        "every patient had the event; the likelihood models need no correction. When no patient "
        "or every patient of all studies had the event, the exact binomial interval of the pooled "
        "counts is given [@clopper1934], without a prediction interval. A single study keeps its "
        "own exact interval. With two studies there is no prediction interval. A model that did "
        "not converge gives no number."
    )


def _other_models(settings: Mapping) -> str:
    others = [name for name in settings["models"] if name != settings["primary"]]
    if not others:
        return ""
    described = [
        describe_model(settings["models"][name])
        + (" (the model of the published analysis)" if name == settings["paper_model"] else "")
        for name in others
    ]
    text = f"Every outcome was also pooled with {'; '.join(described)}."
    if any(settings["models"][name].get("measure") == "PFT" for name in others):
        text += (
            " The Freeman-Tukey transformation is there to reproduce published work only: its "
            "back-transformation can mislead [@schwarzer2019]."
        )
    return text


def _subgroups(data: ReportData) -> str:
    review = data.review
    names = words.listing([review.subgroup_label(name) for name in review.protocol["subgroups"]])
    if not names:
        return ""
    return (
        f"Studies were grouped by: {names}. Differences between groups were tested with the "
        "Q-between statistic for two-step models, with separate and with common between-study "
        "variance, and with the likelihood ratio for the logistic model; where given, the "
        "permutation p value re-assigns the studies to the groups. p values are adjusted for the "
        "number of subgroupings of an outcome with Holm's method [@holm1979]. Such comparisons "
        "are between trials and therefore observational. A study without a value for a grouping "
        "is left out of it."
    )


def _regression(data: ReportData) -> str:
    moderators = list(dict.fromkeys(row["moderator"] for row in data.review.regression))
    if not moderators:
        return ""
    described = data.review.protocol.get("moderators", {})
    labels = [described.get(name, {}).get("label", words.plain(name)) for name in moderators]
    return (
        f"Meta-regression related the proportions to each of: {words.listing(labels)}; one at a "
        "time, with every model that knows one, on the model's own scale (log odds for the "
        "logistic models). Residual tau² is what the moderator leaves unexplained, R² the share of "
        "tau² that it explains. A study without the value is left out. With few studies such "
        "slopes are easily found by chance, and a slope over the medians of studies says nothing "
        "about single patients [@thompson2002]."
    )


def _sensitivity(data: ReportData) -> str:
    if not data.sensitivity:
        return ""
    return (
        "Each outcome was pooled again without each study and without every two, with the usual "
        "diagnostics of influence [@viechtbauer2010a]; over all subsets of the studies, or a large "
        "seeded sample of them [@olkin2012]; and under every combination of the protocol's choices "
        "of likelihood, scale, estimator of tau², interval, handling of zeros, studies, reports "
        "and denominators [@simonsohn2020], where combinations that come to the same numbers count "
        "once. To see which interval to trust, studies of the same sizes were simulated from the "
        "fitted model and pooled by each model; coverage is the share of simulated reviews whose "
        "95% interval holds the true value."
    )


def _times(data: ReportData) -> str:
    if not data.review.times:
        return ""
    methods = list(dict.fromkeys(row["method"] for row in data.review.times))
    text = (
        "Median times were combined over studies by: "
        + words.listing([words.lowered(words.time_method(name)) for name in methods])
        + ". "
    )
    if "weighted_median" in methods:
        text += (
            "The weighted median of the studies' medians [@mcgrath2019] uses a median that was "
            "not reached as a lower bound. "
        )
    return text + "Medians that were not reached stay out of means and are counted."


def _ratios(data: ReportData) -> str:
    if not data.review.ratios:
        return ""
    return (
        "Randomised trials contribute their printed hazard, odds or risk ratios, or ratios "
        "computed from counts. Of a trial's data cuts the latest that is not held out is used."
    )


def _claims(data: ReportData) -> str:
    if not data.review.claims:
        return ""
    return (
        "Each published claim was compared with our number under the published analysis's model "
        f"({data.review.model_label(data.review.protocol['paper_model'])}) and under the primary "
        "model. Nothing was tuned to reach agreement. Reproduced: equal at the printed decimals. "
        "Consistent: the published value lies inside our interval and the conclusion is the same. "
        "Not reproduced: neither. Not testable: this version has no data for it. A claim about a p "
        "value is checked as an inequality."
    )


def _software() -> str:
    return (
        "All numbers come from the review's own programs, whose results agree with the reference "
        "implementation metafor [@viechtbauer2010] where a quantity exists there. Every printed "
        f"number is rounded from the result tables; a dash ({numbers.MISSING}) means that there is "
        "no number."
    )
