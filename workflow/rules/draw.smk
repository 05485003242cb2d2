# Needs: the pooled tables, the sensitivity analyses, the audit of claims.
# Makes: results/<version>/figures/, each figure as SVG, PDF and PNG; the SVGs, with the captions of
# workflow/report/, stand in `snakemake --report`.

#: How far an outcome moves; each of its figures is drawn from the table of its name.
SENSITIVITY_FIGURES = [
    "leave_one_out",
    "cumulative",
    "influence",
    "gosh",
    "multiverse",
    "calibration",
]
OUTCOME_FIGURES = [
    "forest",
    "regression",
    "funnel",
    *config["figures"].get("further", []),
    *SENSITIVITY_FIGURES,
]
#: The figure of an outcome of each kind that is drawn with the version's.
KIND_FIGURES = {
    "time": "times",
    "landmark": "landmark",
    "curve": "curve",
    "survival": "survival",
    "rate": "rate",
}
DRAW_REVIEW = HOUSE / "workflow/scripts/draw_review.py"
#: Figures of a version by name; those of one outcome below its folder. The names stand in the
#: script alone; importing it would load the drawing library at every start.
REVIEW_FIGURES = {name: name for name in constant_of(DRAW_REVIEW, "NAMES")} | {
    f"{figure}_{name}": f"{name}/{figure}"
    for name, outcome in OUTCOMES.items()
    for kind, figure in KIND_FIGURES.items()
    if outcome["kind"] == kind
}
#: The main figure of every outcome.
MAIN_FIGURES = [
    "ratios",
    "availability",
    *(place for place in REVIEW_FIGURES.values() if "/" in place),
    *(f"{outcome}/forest" for outcome in PROPORTIONS),
]
HEADLINE = config["headline"]


rule draw_outcome:
    input:
        **{
            name: f"results/{{version}}/sensitivity/{{outcome}}/{name}.csv"
            for name in [*SENSITIVITY_FIGURES, "gosh_studies", "multiverse_summary"]
        },
        cells=cells,
        effects=rules.pool_outcome.output.effects,
        pooled=rules.pool_outcome.output.pooled,
        subgroups=rules.pool_outcome.output.subgroups,
        subgroup_tests=rules.pool_outcome.output.subgroup_tests,
        regression=rules.pool_outcome.output.regression,
        risk_of_bias=cleaned("risk_of_bias"),
    output:
        **all_figure_files({name: f"{{outcome}}/{name}" for name in OUTCOME_FIGURES}),
        provenance="results/{version}/provenance/{outcome}/draw_outcome.json",
    log:
        "logs/{version}/{outcome}/draw_outcome.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("draw_outcome", LANGUAGE),
        outcome="{outcome}",
        outcome_settings=lambda wildcards: OUTCOMES[wildcards.outcome],
        model=PRIMARY,
        models=MODELS,
        by=FOREST.get("by"),
        by_settings=lambda wildcards: of_version("subgroups", wildcards.version).get(
            FOREST.get("by")
        ),
        moderators=lambda wildcards: of_version("moderators", wildcards.version),
        figure=FOREST,
        headline=HEADLINE,
        language=LANGUAGE,
        studies=STUDIES,
        version="{version}",
    message:
        "{wildcards.version}: drawing {wildcards.outcome}"
    script:
        "../scripts/draw_outcome.py"


rule draw_review:
    input:
        **{name: f"results/{{version}}/{name}.csv" for name in POOLED},
        **({"rate_values": cleaned("rate_values")} if "rates" in POOLED else {}),
        pooled="results/{version}/pooled.csv",
        subgroups="results/{version}/subgroups.csv",
        subgroup_tests="results/{version}/subgroup_tests.csv",
        audit="results/{version}/claims.csv",
        claims=cleaned("published_claims"),
        studies=cleaned("studies"),
        durations=cleaned("durations"),
        availability=cleaned("availability"),
        search_flow=cleaned("search_flow"),
        risk_of_bias=cleaned("risk_of_bias"),
    output:
        **all_figure_files(REVIEW_FIGURES),
        provenance="results/{version}/provenance/draw_review.json",
    log:
        "logs/{version}/draw_review.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("draw_review", LANGUAGE),
        outcomes=OUTCOMES,
        subgroups=lambda wildcards: of_version("subgroups", wildcards.version),
        model=PRIMARY,
        models=MODELS,
        paper_model=config.get("paper_model", PRIMARY),
        headline=HEADLINE,
        language=LANGUAGE,
        studies=STUDIES,
        version="{version}",
        data_hash=lambda wildcards: data_hash(wildcards.version),
    message:
        "{wildcards.version}: drawing the figures of all outcomes"
    script:
        "../scripts/draw_review.py"
