# Needs: the analysis set of each outcome, its pooled result, the published claims.
# Makes: results/<version>/sensitivity/<outcome>/ - studies left out, all subsets, all specifications,
# calibration - and their figures.

VARIED = [
    "leave_one_out",
    "leave_one_trial_out",
    "leave_two_out",
    "influence",
    "cumulative",
    "gosh",
    "gosh_studies",
    "gosh_summary",
    "gosh_clusters",
    "multiverse",
    "multiverse_summary",
    "multiverse_groups",
    "multiverse_tests",
    "calibration",
]
IN_REPORT = [
    "leave_one_out",
    "leave_one_trial_out",
    "leave_two_out",
    "gosh_summary",
    "gosh_studies",
    "multiverse_summary",
    "calibration",
]
SENSITIVITY_FIGURES = [
    "leave_one_out",
    "cumulative",
    "influence",
    "gosh",
    "multiverse",
    "calibration",
]


rule vary_outcome:
    input:
        cells=cells,
        earlier=earlier_cells,
        claims=lambda wildcards: VERSIONS[wildcards.version].get("claims", []),
    output:
        **{
            name: f"results/{{version}}/sensitivity/{{outcome}}/{name}.csv"
            for name in VARIED
        },
        provenance="results/{version}/provenance/{outcome}/vary_outcome.json",
    log:
        "logs/{version}/{outcome}/vary_outcome.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("vary_outcome"),
        outcome="{outcome}",
        settings=lambda wildcards: OUTCOMES[wildcards.outcome],
        models=MODELS,
        vary=list(dict.fromkeys([PRIMARY, config["paper_model"]])),
        paper_model=config["paper_model"],
        subgroups=lambda wildcards: subgroups_of(wildcards.version),
        multiverse=lambda wildcards: multiverse_of(wildcards.version, wildcards.outcome),
        gosh=config["gosh"],
        calibration=config["calibration"],
    message:
        "{wildcards.version}: varying {wildcards.outcome}"
    script:
        "../scripts/vary_outcome.py"


# A rule of its own: the forest of an outcome, which draw_outcome makes, needs none of these tables.
use rule draw_outcome as draw_sensitivity with:
    input:
        cells=cells,
        pooled=rules.pool_outcome.output.pooled,
        leave_one_out=rules.vary_outcome.output.leave_one_out,
        influence=rules.vary_outcome.output.influence,
        cumulative=rules.vary_outcome.output.cumulative,
        gosh=rules.vary_outcome.output.gosh,
        gosh_studies=rules.vary_outcome.output.gosh_studies,
        multiverse=rules.vary_outcome.output.multiverse,
        multiverse_summary=rules.vary_outcome.output.multiverse_summary,
        calibration=rules.vary_outcome.output.calibration,
    output:
        **all_figure_files(
            {name: f"{{outcome}}/{name}" for name in SENSITIVITY_FIGURES}
        ),
        provenance="results/{version}/provenance/{outcome}/draw_sensitivity.json",
    log:
        "logs/{version}/{outcome}/draw_sensitivity.log",
    message:
        "{wildcards.version}: drawing how far {wildcards.outcome} moves"
