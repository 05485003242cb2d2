# Needs: every artifact of a version.
# Makes: changes.csv and its figure (against the version in compare_with), provenance.json.


rule compare_versions:
    input:
        unpack(both_versions),
    output:
        changes="results/{version}/changes.csv",
        provenance="results/{version}/provenance/compare_versions.json",
    log:
        "logs/{version}/compare_versions.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("publication"),
        version="{version}",
        before=lambda wildcards: compared_with(wildcards.version),
        outcomes=OUTCOMES,
        primary=PRIMARY,
        time_method=config.get("paper_times", "weighted_median"),
        rule=lambda wildcards: (
            config["changes"] if compared_with(wildcards.version) else {}
        ),
    message:
        "{wildcards.version}: listing what changed"
    script:
        "../scripts/compare_versions.py"


rule draw_changes:
    input:
        before=lambda wildcards: f"results/{compared_with(wildcards.version)}/pooled.csv",
        after="results/{version}/pooled.csv",
    output:
        **{kind: f"results/{{version}}/figures/changes.{kind}" for kind in FORMATS},
        provenance="results/{version}/provenance/draw_changes.json",
    log:
        "logs/{version}/draw_changes.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("figures"),
        version="{version}",
        before=lambda wildcards: compared_with(wildcards.version),
        outcomes={name: OUTCOMES[name] for name in PROPORTIONS},
        model=PRIMARY,
        data_hash=lambda wildcards: data_hash(wildcards.version),
    message:
        "{wildcards.version}: drawing what changed"
    script:
        "../scripts/draw_changes.py"


rule record_provenance:
    input:
        steps=lambda wildcards: step_records(wildcards.version),
        lock=REQUIREMENTS,
    output:
        record="results/{version}/provenance.json",
    log:
        "logs/{version}/record_provenance.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib(),
        version="{version}",
    message:
        "{wildcards.version}: recording what everything was made from"
    script:
        "../scripts/record_provenance.py"
