# Needs: what was pooled, varied and drawn; for the report what changed.
# Makes: claims.csv and claims_settings.csv, reporting_bias.csv, tables/ (with the manuscript and the
# PRISMA checklist), report.html; results/site/ of all versions.


rule audit_claims:
    input:
        unpack(variations_for_claims),
        **result_tables(COMPARED),
        published_claims=cleaned("published_claims"),
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
        code=lib("audit_claims", LANGUAGE),
        protocol=lambda wildcards: protocol_of(wildcards.version),
        language=LANGUAGE,
    message:
        "{wildcards.version}: auditing the published claims"
    script:
        "../scripts/audit_claims.py"


rule assess_reporting_bias:
    input:
        effects=expand(
            "results/{{version}}/pool/{outcome}/effects.csv", outcome=PROPORTIONS
        ),
    output:
        reporting_bias="results/{version}/reporting_bias.csv",
        provenance="results/{version}/provenance/assess_reporting_bias.json",
    log:
        "logs/{version}/assess_reporting_bias.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("assess_reporting_bias"),
    message:
        "{wildcards.version}: looking at small and large studies"
    script:
        "../scripts/assess_reporting_bias.py"


#: What the steps that write a version's pages and documents are given.
PAGE_PARAMS = {
    "protocol": lambda wildcards: protocol_of(wildcards.version),
    "language": LANGUAGE,
    "version": "{version}",
    "data_hash": lambda wildcards: data_hash(wildcards.version),
}
#: The tables for publication, each as CSV and as LaTeX.
PUBLISHED = [
    "study_characteristics",
    "summary_of_findings",
    "proportions",
    "all_results",
]


rule write_tables:
    input:
        **result_tables(),
        published_claims=cleaned("published_claims"),
        studies=cleaned("studies"),
        outcomes=cleaned("outcomes"),
        certainty=cleaned("certainty"),
    output:
        **{name: f"results/{{version}}/tables/{name}.csv" for name in PUBLISHED},
        xlsx="results/{version}/tables/results.xlsx",
        docx="results/{version}/tables/results.docx",
        findings_xlsx="results/{version}/tables/summary_of_findings.xlsx",
        findings_docx="results/{version}/tables/summary_of_findings.docx",
        latex=expand("results/{{version}}/tables/{name}.tex", name=PUBLISHED),
        provenance="results/{version}/provenance/write_tables.json",
    log:
        "logs/{version}/write_tables.log",
    conda:
        "../../envs/python.yaml"
    params:
        **PAGE_PARAMS,
        code=lib("write_tables", LANGUAGE),
    message:
        "{wildcards.version}: writing the tables"
    script:
        "../scripts/write_tables.py"


#: The tables that report and manuscript are written from.
FOR_REPORT = {
    **{name: cleaned(name) for name in CLEAN + LOGS + SIDE},
    **result_tables((*RESULT_TABLES, *OF_STUDIES, "reporting_bias")),
    "problems": cleaned("problems"),
    "effects": expand(
        "results/{{version}}/pool/{outcome}/effects.csv", outcome=PROPORTIONS
    ),
    "changes": "results/{version}/changes.csv",
    "sensitivity": expand(
        "results/{{version}}/sensitivity/{outcome}/{kind}.csv",
        outcome=PROPORTIONS,
        kind=IN_REPORT,
    ),
}


rule write_report:
    input:
        **FOR_REPORT,
        figures=figures_in_report,
    output:
        report=result_file("report.html", "report", "report"),
        provenance="results/{version}/provenance/write_report.json",
    log:
        "logs/{version}/write_report.log",
    conda:
        "../../envs/python.yaml"
    params:
        **PAGE_PARAMS,
        code=lib("write_report", LANGUAGE),
    message:
        "{wildcards.version}: writing the report"
    script:
        "../scripts/write_report.py"


rule write_manuscript:
    input:
        **FOR_REPORT,
        pictures=expand("results/{{version}}/figures/{place}.png", place=MAIN_FIGURES),
    output:
        manuscript="results/{version}/tables/manuscript.docx",
        prisma="results/{version}/tables/prisma_checklist.docx",
        moose="results/{version}/tables/moose_checklist.docx",
        provenance="results/{version}/provenance/write_manuscript.json",
    log:
        "logs/{version}/write_manuscript.log",
    conda:
        "../../envs/python.yaml"
    params:
        **PAGE_PARAMS,
        code=lib("write_manuscript", LANGUAGE),
    message:
        "{wildcards.version}: writing the manuscript"
    script:
        "../scripts/write_manuscript.py"


rule write_site:
    input:
        tables=expand(
            "results/{version}/{kind}.csv",
            version=BUILD,
            kind=[*COMPARED, "changes"],
        ),
        clean=lambda wildcards: [
            clean_table(version, kind)
            for version in BUILD
            for kind in ("studies", "certainty")
        ],
        figures=expand(
            "results/{version}/figures/{place}.svg", version=BUILD, place=MAIN_FIGURES
        ),
        reports=expand("results/{version}/report.html", version=BUILD),
        documents=expand(
            "results/{version}/tables/{name}", version=BUILD, name=DOCUMENTS
        ),
    output:
        home="results/site/index.html",
        changes="results/site/changes.html",
        feed="results/site/feed.xml",
        outcomes=expand("results/site/outcomes/{outcome}.html", outcome=OUTCOMES),
    log:
        "logs/write_site.log",
    conda:
        "../../envs/python.yaml"
    params:
        code=lib("write_site", LANGUAGE),
        versions=BUILD,
        outcomes=list(OUTCOMES),
        protocols={version: protocol_of(version) for version in BUILD},
        language=LANGUAGE,
        hashes={version: data_hash(version) for version in BUILD},
    message:
        "Writing the site of all versions"
    script:
        "../scripts/write_site.py"
