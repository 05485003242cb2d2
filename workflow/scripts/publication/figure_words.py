"""What each figure shows, in a caption that stands on its own."""

CAPTIONS = {
    "forest": (
        "Forest plot. Each row is a study with its exact 95% confidence interval; the diamond is "
        "the pooled median-study proportion with its confidence interval, the bar below it the "
        "95% prediction interval for a new, similar study."
    ),
    "overview": (
        "All outcomes: pooled median-study proportion with its 95% confidence interval (thick) and "
        "the 95% prediction interval for a new, similar study (thin)."
    ),
    "groups": (
        "Subgroups side by side: pooled proportions of each group with 95% confidence intervals "
        "and the test of their difference. The groups are compared between trials."
    ),
    "cumulative": "Cumulative pooled proportion as studies were reported, by year.",
    "leave_one_out": "Pooled proportion with each study left out in turn.",
    "influence": "Influence of each study on the pooled result.",
    "baujat": "Baujat plot: contribution of each study to heterogeneity and to the result.",
    "bubble": "Meta-regression: each bubble is a study, its area the study's weight.",
    "gosh": "Pooled proportion and heterogeneity over subsets of the studies.",
    "multiverse": "Pooled proportion over all reasonable analytic choices.",
    "changes": "Before and after the update: pooled proportions of both data versions.",
    "claims": "Published values against ours.",
    "evidence_map": "Studies by target, year and size.",
    "timeline": "When the studies were reported.",
    "prisma": "Flow of records through the search (PRISMA 2020).",
    "risk_of_bias": "Risk-of-bias judgements of each study by domain.",
}


def caption(figure: str, outcome: str = "") -> str:
    """The caption of a figure; one that is not listed is called by its name."""
    text = CAPTIONS.get(figure) or f"{figure.replace('_', ' ').capitalize()}."
    return f"{outcome}. {text}" if outcome else text
