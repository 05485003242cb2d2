"""What each figure shows, in a caption that stands on its own, for report and gallery."""

import textwrap

from .language import mark

CAPTIONS = {
    "forest": mark(
        "Forest plot. Each row is a study with its exact 95% confidence interval; the diamond is "
        "the pooled proportion with its confidence interval, a bar below it the 95% prediction "
        "interval where the model gives one."
    ),
    "overview": mark(
        "All outcomes: pooled proportion with its 95% confidence interval (thick) and the 95% "
        "prediction interval where the model gives one (thin)."
    ),
    "groups": mark(
        "Subgroups side by side: pooled proportions of each group with 95% confidence intervals "
        "and the test of their difference. The groups are compared between studies."
    ),
    "models": mark(
        "The same data under each model of the protocol: pooled proportions with 95% confidence "
        "intervals. Spread: largest less smallest estimate, in percentage points."
    ),
    "cumulative": mark(
        "Cumulative meta-analysis: the pooled proportion as studies were added in order of year. "
        "The dashed line is the pooled value of all studies."
    ),
    "leave_one_out": mark(
        "Leave-one-out: the pooled proportion without one study at a time. The dashed line is the "
        "pooled value of all studies."
    ),
    "influence": mark(
        "Influence of each study. Left, Baujat plot: how much a study adds to Q and how far the "
        "pooled percentage moves without it. Right: diagnostics, one stem a study."
    ),
    "regression": mark(
        "Meta-regression: each bubble is a study, its area the study's weight; the line is the "
        "fitted proportion where the model gives one."
    ),
    "funnel": mark(
        "Funnel plot on the arcsine scale: each dot is a study, large ones on top. Between the "
        "dashed lines 95% of the studies would lie if they did not differ. Asymmetry is no "
        "evidence of missing results."
    ),
    "orchard": mark(
        "Orchard plot: each disc is a study, its area the number of patients; the ring is the "
        "pooled proportion with its 95% confidence interval (thick) and the 95% prediction "
        "interval where the model gives one (thin)."
    ),
    "drapery": mark(
        "Drapery plot: the two-sided p value of every percentage, for each study (thin) and for "
        "the pooled proportion (thick). Where a curve crosses the dashed line are its 95% limits."
    ),
    "gosh": mark(
        "Pooled proportion and I² over subsets of the studies (GOSH); darker: more subsets. "
        "Separate hills mean that a study, or a few, split the set."
    ),
    "multiverse": mark(
        "Specification curve: the pooled proportion under every combination of analytic choices, "
        "in order of size; below, the main choices behind each."
    ),
    "calibration": mark(
        "If the primary model were true: coverage of the models' 95% intervals on simulated "
        "reviews with this outcome's studies. The dashed line is the promised 95%."
    ),
    "times": mark(
        "Median times: each study's median with its 95% confidence interval, and the combined "
        "medians. An arrow without a square: the median was not reached."
    ),
    "landmark": mark(
        "Event-free at a fixed time: each study's Kaplan-Meier estimate with its 95% confidence "
        "interval, as printed or, in brackets, as its weight stands for; the diamonds are pooled."
    ),
    "curve": mark(
        "Survival curves: each study's as reconstructed (thin) and the summary over studies "
        "(thick) with its 95% confidence band (dark) and prediction band (light); patients at risk "
        "below."
    ),
    "survival": mark(
        "One curve from all evidence: what each study reports of its survival (signs, joined by a "
        "thin line) and the model's curve for the typical study (thick) with its 95% confidence "
        "band (dark) and prediction band (light)."
    ),
    "rate": mark(
        "Events per person-time: each study's rate with its exact 95% confidence interval; the "
        "diamonds are pooled, a bar is the 95% prediction interval where the model gives one."
    ),
    "ratios": mark(
        "Randomised comparisons: the ratio of each trial with its 95% confidence interval, and "
        "what was pooled from them."
    ),
    "changes": mark("Before and after the update: pooled proportions of both data versions."),
    "claims": mark(
        "Published percentages beside ours, under the published analysis's model and under the "
        "primary one."
    ),
    "evidence_map": mark("Studies by {group} and year{area}."),
    "timeline": mark("Studies reported in each year{until}."),
    "availability": mark(
        "What each study reports: a full square is in the analysis, a crossed one reported but "
        "held out by a decision, an empty one not found in the study's "
        "reports{compared}. On top the studies that have each outcome, at the right the outcomes "
        "that each study has.{why}"
    ),
    "prisma": mark("Flow of records, reports and studies through the search (PRISMA 2020)."),
    "risk_of_bias": mark("Risk-of-bias judgements of each study by domain."),
}


#: What stands in the caption of `availability` where a review has comparisons.
COMPARED = mark("; a dash is a comparison, which a study of one arm cannot have")

#: And where a study lacks an outcome.
WHY = mark(" Why the others are missing is not known.")

#: What a caption of `workflow/report` has in place of a review's own words.
PLAIN = {
    "group": "group",
    "area": "; the area of a bubble is the number of patients, where it is known",
    "until": ", and the patients until then, where their number is known",
    "compared": COMPARED,
    "why": WHY,
}
#: Their width.
WIDTH = 100


def as_rst(figure: str) -> str:
    """The text of `workflow/report/<figure>.rst`, for `snakemake --report`."""
    return textwrap.fill(CAPTIONS[figure].format(**PLAIN), WIDTH) + "\n"
