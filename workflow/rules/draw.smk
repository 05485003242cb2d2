# Needs: the pooled tables. Makes: results/<version>/figures/, each figure as SVG, PDF and PNG.


rule draw_outcome:
    input:
        cells=cells,
        effects=rules.pool_outcome.output.effects,
        pooled=rules.pool_outcome.output.pooled,
        subgroups=rules.pool_outcome.output.subgroups,
        tests=rules.pool_outcome.output.tests,
    output:
        **{
            kind: f"results/{{version}}/figures/{{outcome}}/forest.{kind}"
            for kind in FORMATS
        },
        provenance="results/{version}/provenance/{outcome}/draw_outcome.json",
    log:
        "logs/{version}/{outcome}/draw_outcome.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("figures"),
        outcome="{outcome}",
        outcome_settings=lambda wildcards: OUTCOMES[wildcards.outcome],
        model=PRIMARY,
        models=MODELS,
        by=FOREST.get("by"),
        by_settings=lambda wildcards: subgroups_of(wildcards.version).get(
            FOREST.get("by")
        ),
        figure=FOREST,
        version="{version}",
    message:
        "{wildcards.version}: drawing {wildcards.outcome}"
    script:
        "../scripts/draw_outcome.py"


rule draw_overview:
    input:
        pooled="results/{version}/pooled.csv",
        subgroups="results/{version}/subgroups.csv",
        tests="results/{version}/subgroup_tests.csv",
    output:
        **{kind: f"results/{{version}}/figures/overview.{kind}" for kind in FORMATS},
        **{
            f"groups_{kind}": f"results/{{version}}/figures/groups.{kind}"
            for kind in FORMATS
        },
        provenance="results/{version}/provenance/draw_overview.json",
    log:
        "logs/{version}/draw_overview.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("figures"),
        outcomes={name: OUTCOMES[name] for name in PROPORTIONS},
        subgroups=lambda wildcards: subgroups_of(wildcards.version),
        model=PRIMARY,
        models=MODELS,
        version="{version}",
    message:
        "{wildcards.version}: drawing the overview"
    script:
        "../scripts/draw_overview.py"
