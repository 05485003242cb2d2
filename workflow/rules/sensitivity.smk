# Needs: the analysis set of each outcome, the published claims.
# Makes: results/<version>/sensitivity/<outcome>/ - studies left out, all subsets, all specifications,
# calibration.
from singlearm.catalogue import sensitivity

VARIED = [table.kind for table in sensitivity.TABLES]
IN_REPORT = [
    "leave_one_out",
    "leave_one_trial_out",
    "leave_two_out",
    "influence",
    "cumulative",
    "gosh_summary",
    "gosh_studies",
    "multiverse_summary",
    "calibration",
]


rule vary_outcome:
    input:
        cells=cells,
        earlier=earlier_cells,
        claims=cleaned("published_claims"),
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
        subgroups=lambda wildcards: of_version("subgroups", wildcards.version),
        separators=STUDIES["separators"],
        leave_two_out=config["leave_two_out"],
        multiverse=lambda wildcards: multiverse_of(wildcards.version, wildcards.outcome),
        gosh=config["gosh"],
        calibration=config["calibration"],
    message:
        "{wildcards.version}: varying {wildcards.outcome}"
    script:
        "../scripts/vary_outcome.py"
