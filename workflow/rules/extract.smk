# Needs: data/raw/<layer>/ and, where the review has one, its codebook.
# Makes: results/<version>/clean/ - every fault at once, the analysis set, and the gate before all that
# reads it; the extraction template, open disagreements, the protocol in force.

#: The sheets and the columns that the review adds; a review may do without the latter.
OF_CODEBOOK = {"codebook": CODEBOOK} if Path(CODEBOOK).exists() else {}


# Rewrites only what changed: one edited cell re-runs that outcome alone.
rule clean_layers:
    input:
        **OF_CODEBOOK,
        sheets=sheets_of,
        other_sheets=lambda wildcards: sheets_in(other_layers(wildcards.version)),
    output:
        **{
            name: update(f"results/{{version}}/clean/{name}.csv")
            for name in CLEAN + LOGS + SIDE
        },
        problems="results/{version}/clean/problems.csv",
        by_outcome=update(
            expand(
                "results/{{version}}/clean/by_outcome/{outcome}.csv",
                outcome=PROPORTIONS,
            )
        ),
        columns=update("results/{version}/clean/columns.json"),
        provenance="results/{version}/provenance/clean_layers.json",
    log:
        "logs/{version}/clean_layers.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("clean_layers"),
        plan=lambda wildcards: sheets_plan(wildcards.version),
    message:
        "{wildcards.version}: checking the sheets, reconciling the extractors, stacking the layers"
    script:
        "../scripts/clean_layers.py"


# The sheets as well: a check that was killed must be made again, whatever gate an earlier run left.
checkpoint pass_gate:
    input:
        problems=rules.clean_layers.output.problems,
        sheets=sheets_of,
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


# A checkpoint only where a plan must wait for it (`clean_table`): behind one everything is planned twice,
# and a job on another node would plan all that precedes it.
the_gate().is_checkpoint = False


rule write_template:
    input:
        **OF_CODEBOOK,
    output:
        template="results/extraction_template.xlsx",
    log:
        "logs/write_template.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("write_template"),
        outcomes=OUTCOMES,
        not_analysed=config["not_analysed"],
    message:
        "Writing an empty extraction workbook"
    script:
        "../scripts/write_template.py"


rule adjudicate:
    input:
        **OF_CODEBOOK,
        sheets=lambda wildcards: sorted(
            {sheet for version in BUILD for sheet in sheets_in(layers_of(version))}
        ),
    log:
        "logs/adjudicate.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("write_adjudication"),
        plans=lambda wildcards: {version: sheets_plan(version) for version in BUILD},
    message:
        "Writing rows for the cells that need a decision"
    script:
        "../scripts/write_adjudication.py"


rule protocol:
    log:
        "logs/protocol.log",
    conda:
        "../../envs/python.yaml"
    params:
        protocol=config,
        file=str(PROTOCOL_FILE),
    message:
        "The protocol in force"
    script:
        "../scripts/print_protocol.py"
