# Needs: the analysis set of each outcome.
# Makes: results/<version>/pool/<outcome>/, gathered into pooled.csv, subgroups.csv,
# subgroup_tests.csv, subgroup_differences.csv and regression.csv; the tables of the other kinds (times.csv, ratios.csv ...).

POOL_TABLES = [
    "pooled",
    "subgroups",
    "subgroup_tests",
    "subgroup_differences",
    "regression",
]


rule pool_outcome:
    input:
        cells=cells,
    output:
        **{
            kind: f"results/{{version}}/pool/{{outcome}}/{kind}.csv"
            for kind in POOL_TABLES
        },
        effects="results/{version}/pool/{outcome}/effects.csv",
        provenance="results/{version}/provenance/{outcome}/pool_outcome.json",
    log:
        "logs/{version}/{outcome}/pool_outcome.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("pool_outcome"),
        outcome="{outcome}",
        settings=lambda wildcards: OUTCOMES[wildcards.outcome],
        subgroups=lambda wildcards: of_version("subgroups", wildcards.version),
        moderators=lambda wildcards: of_version("moderators", wildcards.version),
        regressions=lambda wildcards: of_version("regressions", wildcards.version),
        separators=STUDIES["separators"],
        models=MODELS,
        primary=PRIMARY,
        permutation=config.get("permutation", []),
        shrunken=FOREST.get("shrunken", False),
    message:
        "{wildcards.version}: pooling {wildcards.outcome}"
    script:
        "../scripts/pool_outcome.py"


rule gather_pooled:
    input:
        **{
            kind: expand(
                "results/{{version}}/pool/{outcome}/{kind}.csv",
                outcome=PROPORTIONS,
                kind=kind,
            )
            for kind in POOL_TABLES
        },
    output:
        **{kind: f"results/{{version}}/{kind}.csv" for kind in POOL_TABLES}
        | {"pooled": result_file("pooled.csv", "pooled", "pooled proportions")},
        provenance="results/{version}/provenance/gather_pooled.json",
    log:
        "logs/{version}/gather_pooled.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("gather_pooled"),
    message:
        "{wildcards.version}: gathering the pooled outcomes"
    script:
        "../scripts/gather_pooled.py"


rule pool_kind:
    input:
        unpack(pooled_from),
    output:
        table="results/{version}/{table}.csv",
        provenance="results/{version}/provenance/pool_{table}.json",
    log:
        "logs/{version}/pool_{table}.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("pool_kind"),
        table="{table}",
        outcomes=OUTCOMES,
        settings=pooling_settings,
        subgroups=lambda wildcards: by_group("subgroups", wildcards),
        moderators=lambda wildcards: by_group("moderators", wildcards),
        regressions=lambda wildcards: by_group("regressions", wildcards),
        separators=STUDIES["separators"],
    message:
        "{wildcards.version}: pooling {wildcards.table}"
    script:
        "../scripts/pool_kind.py"
