# Needs: for what changed and for the R scripts the pooled tables, else every artifact of a version.
# Makes: changes.csv and its figure (against the version in compare_with), replication/ (R scripts),
# provenance.json, the archive; runs the R scripts; verifies results and archives; prints what freezes
# a version and what is current.
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
        code=lib("compare_versions", LANGUAGE),
        version="{version}",
        before=lambda wildcards: compared_with(wildcards.version),
        protocol=lambda wildcards: protocol_of(wildcards.version),
        language=LANGUAGE,
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
        **figure_files("changes"),
        provenance="results/{version}/provenance/draw_changes.json",
    log:
        "logs/{version}/draw_changes.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("draw_changes", LANGUAGE),
        version="{version}",
        before=lambda wildcards: compared_with(wildcards.version),
        outcomes={name: OUTCOMES[name] for name in PROPORTIONS},
        model=PRIMARY,
        models=MODELS,
        headline=HEADLINE,
        language=LANGUAGE,
        data_hash=lambda wildcards: data_hash(wildcards.version),
    message:
        "{wildcards.version}: drawing what changed"
    script:
        "../scripts/draw_changes.py"


rule write_replication:
    input:
        cells=lambda wildcards: [
            clean_table(wildcards.version, f"by_outcome/{outcome}")
            for outcome in PROPORTIONS
        ],
        pooled="results/{version}/pooled.csv",
    output:
        scripts=expand(
            "results/{{version}}/replication/{outcome}.{model}.R",
            outcome=PROPORTIONS,
            model=IN_METAFOR,
        ),
        provenance="results/{version}/provenance/write_replication.json",
    log:
        "logs/{version}/write_replication.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("write_replication"),
        version="{version}",
        models=MODELS,
        separators=STUDIES["separators"],
    message:
        "{wildcards.version}: writing the R scripts"
    script:
        "../scripts/write_replication.py"


rule run_replication:
    input:
        scripts=expand(
            "results/{{version}}/replication/{{outcome}}.{model}.R", model=IN_METAFOR
        ),
    output:
        differences="results/replication/{version}/by_outcome/{outcome}.csv",
    log:
        "logs/{version}/{outcome}/run_replication.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("run_replication"),
        metafor=lambda wildcards: metafor_here(),
    message:
        "{wildcards.version}: {wildcards.outcome} in R"
    script:
        "../scripts/run_replication.py"


rule gather_replication:
    input:
        outcomes=expand(
            "results/replication/{{version}}/by_outcome/{outcome}.csv",
            outcome=PROPORTIONS,
        ),
    output:
        differences="results/replication/{version}/differences.csv",
        largest="results/replication/{version}/largest.csv",
    log:
        "logs/{version}/gather_replication.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("gather_replication"),
        version="{version}",
        metafor=lambda wildcards: metafor_here(),
    message:
        "{wildcards.version}: gathering the differences from R"
    script:
        "../scripts/gather_replication.py"


rule record_provenance:
    input:
        steps=lambda wildcards: step_records(wildcards.version),
        lock=REQUIREMENTS,
    output:
        record="results/{version}/provenance.json",
        provenance="results/{version}/provenance/record_provenance.json",
    log:
        "logs/{version}/record_provenance.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("record_provenance"),
        version="{version}",
    message:
        "{wildcards.version}: recording what everything was made from"
    script:
        "../scripts/record_provenance.py"


rule write_archive:
    input:
        **OF_CODEBOOK,
        record=record_to_pack,
        steps=lambda wildcards: step_records(wildcards.version),
        last=rules.record_provenance.output.provenance,
        protocol="config/config.yaml",
        sheets=all_sheets(),
        about=about_files(),
    output:
        archive=f"results/archive/{ARCHIVE}",
        sha256=f"results/archive/{ARCHIVE}.sha256",
    log:
        "logs/{version}/write_archive.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("write_archive"),
        house=lambda wildcards: house_files(),
        version="{version}",
        file_name=ARCHIVE,
        protocol=config,
        review=config["review"],
        layers=lambda wildcards: layers_of(wildcards.version),
        released=lambda wildcards: VERSIONS[wildcards.version].get("released"),
    message:
        "{wildcards.version}: writing the archive"
    script:
        "../scripts/write_archive.py"


rule freeze:
    input:
        sheets=all_sheets(),
    log:
        "logs/freeze.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("print_freeze"),
        layers={version: layers_of(version) for version in BUILD},
    message:
        "What to write into the protocol to freeze the sheets as they are"
    script:
        "../scripts/print_freeze.py"


rule verify:
    input:
        config=["config/config.yaml", *OF_CODEBOOK.values()],
        sheets=all_sheets(),
    log:
        "logs/verify.log",
    conda:
        "../../envs/python.yaml"
    params:
        house=lambda wildcards: house_files(),
        archive=config.get("verify"),
        versions=BUILD,
        protocol={k: v for k, v in config.items() if k not in ("verify", "trust")},
        trust=str(config.get("trust")).lower() in ("true", "yes"),
        cores=workflow.cores or 1,
    message:
        "Computing again, to verify"
    script:
        "../scripts/verify_results.py"


rule status:
    log:
        "logs/status.log",
    conda:
        "../../envs/python.yaml"
    params:
        lines=lambda wildcards: [
            line
            for version in BUILD
            for line in truth.report(version, untrue(version))
        ],
    message:
        "Comparing the results with what they were made from"
    script:
        "../scripts/print_status.py"
