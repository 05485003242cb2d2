# Needs: everything pooled and drawn.
# Makes: claims.csv, changes.csv, tables/, report.html and provenance.json.


rule audit_claims:
    input:
        unpack(variations_for_claims),
        **result_tables(["pooled", "subgroups", "subgroup_tests", "times"]),
        published_claims=lambda wildcards: VERSIONS[wildcards.version].get("claims", []),
        studies=cleaned("studies"),
    output:
        claims="results/{version}/claims.csv",
        settings="results/{version}/claims_settings.csv",
        provenance="results/{version}/provenance/audit_claims.json",
    log:
        "logs/{version}/audit_claims.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("audit_claims"),
        protocol=lambda wildcards: protocol_of(wildcards.version),
    message:
        "{wildcards.version}: auditing the published claims"
    script:
        "../scripts/audit_claims.py"


rule write_tables:
    input:
        **result_tables(),
        published_claims=lambda wildcards: VERSIONS[wildcards.version].get("claims", []),
        studies=cleaned("studies"),
        outcomes=cleaned("outcomes"),
        certainty=cleaned("certainty"),
    output:
        study_characteristics="results/{version}/tables/study_characteristics.csv",
        summary_of_findings="results/{version}/tables/summary_of_findings.csv",
        all_results="results/{version}/tables/all_results.csv",
        xlsx="results/{version}/tables/results.xlsx",
        docx="results/{version}/tables/results.docx",
        latex=[
            "results/{version}/tables/study_characteristics.tex",
            "results/{version}/tables/summary_of_findings.tex",
            "results/{version}/tables/all_results.tex",
        ],
        provenance="results/{version}/provenance/write_tables.json",
    log:
        "logs/{version}/write_tables.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("write_tables"),
        protocol=lambda wildcards: protocol_of(wildcards.version),
        version="{version}",
        data_hash=lambda wildcards: data_hash(wildcards.version),
    message:
        "{wildcards.version}: writing the tables"
    script:
        "../scripts/write_tables.py"


rule write_report:
    input:
        **{name: cleaned(name) for name in CLEAN + LOGS + ["certainty"]},
        **result_tables(),
        published_claims=lambda wildcards: VERSIONS[wildcards.version].get("claims", []),
        problems=cleaned("problems"),
        effects=expand(
            "results/{{version}}/pool/{outcome}/effects.csv", outcome=PROPORTIONS
        ),
        changes="results/{version}/changes.csv",
        sensitivity=expand(
            "results/{{version}}/sensitivity/{outcome}/{kind}.csv",
            outcome=PROPORTIONS,
            kind=IN_REPORT,
        ),
        figures=figures_in_report,
    output:
        report="results/{version}/report.html",
        provenance="results/{version}/provenance/write_report.json",
    log:
        "logs/{version}/write_report.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("write_report"),
        protocol=lambda wildcards: protocol_of(wildcards.version),
        version="{version}",
        data_hash=lambda wildcards: data_hash(wildcards.version),
    message:
        "{wildcards.version}: writing the report"
    script:
        "../scripts/write_report.py"
