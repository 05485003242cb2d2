# Needs: data/raw/<layer>/ and the codebook.
# Makes: results/<version>/clean/ - every fault at once, then the analysis set.


rule check_sheets:
    input:
        sheets=sheets_of,
        other_sheets=lambda wildcards: sheets_in(other_layers(wildcards.version)),
        codebook=CODEBOOK,
    output:
        problems="results/{version}/clean/problems.csv",
        provenance="results/{version}/provenance/check_sheets.json",
    log:
        "logs/{version}/check_sheets.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("check_sheets"),
        version="{version}",
        layers=lambda wildcards: layers_of(wildcards.version),
        other_layers=lambda wildcards: other_layers(wildcards.version),
        frozen=lambda wildcards: VERSIONS[wildcards.version].get("frozen", False),
        sha256=lambda wildcards: VERSIONS[wildcards.version].get("sha256", {}),
        outcomes=OUTCOMES,
        subgroups=lambda wildcards: subgroups_of(wildcards.version),
        moderators=lambda wildcards: of_version("moderators", wildcards.version),
        clusters={name: m["cluster"] for name, m in MODELS.items() if "cluster" in m},
    message:
        "{wildcards.version}: checking the sheets"
    script:
        "../scripts/check_sheets.py"


rule pass_gate:
    input:
        problems=rules.check_sheets.output.problems,
    output:
        gate="results/{version}/clean/gate.json",
        provenance="results/{version}/provenance/pass_gate.json",
    log:
        "logs/{version}/pass_gate.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("pass_gate"),
    message:
        "{wildcards.version}: are the sheets free of errors?"
    script:
        "../scripts/pass_gate.py"


# A checkpoint that rewrites only what changed: one edited cell re-runs that outcome alone.
checkpoint clean_layers:
    input:
        gate=rules.pass_gate.output.gate,
        sheets=sheets_of,
        codebook=CODEBOOK,
    output:
        **{
            name: update(f"results/{{version}}/clean/{name}.csv")
            for name in CLEAN + LOGS + SIDE
        },
        by_outcome=update(
            expand(
                "results/{{version}}/clean/by_outcome/{outcome}.csv",
                outcome=PROPORTIONS,
            )
        ),
        provenance="results/{version}/provenance/clean_layers.json",
    log:
        "logs/{version}/clean_layers.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("clean_layers"),
        version="{version}",
        layers=lambda wildcards: layers_of(wildcards.version),
        outcomes=OUTCOMES,
    message:
        "{wildcards.version}: reconciling the extractors and stacking the layers"
    script:
        "../scripts/clean_layers.py"


rule write_template:
    input:
        codebook=CODEBOOK,
    output:
        template="results/extraction_template.xlsx",
    log:
        "logs/write_template.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("write_template"),
    message:
        "Writing an empty extraction workbook"
    script:
        "../scripts/write_template.py"
