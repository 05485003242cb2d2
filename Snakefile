# The map of the house: the protocol, the stages, and what can be asked for.
#   snakemake --cores 4            everything: every table, figure and report of the built versions
#   snakemake --cores 1 check      only the checks of the sheets
#   snakemake --cores 4 site       a static site of all versions: results/site/index.html
#   snakemake --cores 1 template   an empty extraction workbook
#   snakemake --cores 4 archive    one ZIP a version: sheets, protocol, code, results
#   snakemake --cores 4 verify     compute again and compare with results/ (or an archive)
#   snakemake --cores 4 replicate  the pooled outcomes in R, where R with metafor is there
#   snakemake --cores 1 adjudicate rows for the cells that need a decision: results/adjudication
#   snakemake --cores 1 protocol   the protocol in force, and where each value comes from
#   snakemake --cores 1 freeze     the lines that freeze the sheets in the protocol
#   snakemake --cores 4 --config reviews=FOLDER   every review folder in FOLDER, and a page of all
#   snakemake --cores 1 status     which results are current, stale (and why), missing, edited by hand
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27")

#: Where the workflow lives, also where another Snakefile imports it as a module.
HOUSE = Path(str(workflow.current_basedir))


if "reviews" in config:

    include: "workflow/rules/reviews.smk"

    localrules:
        all,

    rule all:
        default_target: True
        input:
            f"{REVIEWS}/{PAGE}",

else:

    include: "workflow/rules/protocol.smk"

    configfile: "config/config.yaml"

    validate_protocol(config)

    include: "workflow/rules/start.smk"
    include: "workflow/rules/common.smk"
    include: "workflow/rules/inputs.smk"
    include: "workflow/rules/extract.smk"
    include: "workflow/rules/pool.smk"
    include: "workflow/rules/draw.smk"
    include: "workflow/rules/sensitivity.smk"
    include: "workflow/rules/publish.smk"
    include: "workflow/rules/release.smk"
    include: "workflow/rules/truth.smk"

    localrules:
        all,
        site,
        check,
        template,
        archive,
        replicate,

    rule all:
        default_target: True
        input:
            expand("results/{version}/report.html", version=BUILD),
            expand("results/{version}/provenance.json", version=BUILD),
            expand(
                "results/{version}/tables/{name}",
                version=BUILD,
                name=DOCUMENTS,
            ),

    rule site:
        input:
            "results/site/index.html",

    rule check:
        input:
            expand("results/{version}/clean/gate.json", version=BUILD),

    rule template:
        input:
            "results/extraction_template.xlsx",

    rule archive:
        input:
            expand("results/archive/{name}", name=expand(ARCHIVE, version=BUILD)),

    rule replicate:
        input:
            expand("results/replication/{version}/differences.csv", version=BUILD),

    onsuccess:
        for version, before in BEFORE.items():
            if recorded_now(version):
                truth.remove_left_over(version, before, steps_of(version))
            after = truth.recorded(steps_of(version))
            print(*progress.ending(version, before, after), sep="\n")
            for made in (
                "report.html",
                "tables/results.xlsx",
                "figures/overview.pdf",
            ):
                if Path(f"results/{version}/{made}").exists():
                    print(f"open results/{version}/{made}")
