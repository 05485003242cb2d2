"""Write the publication tables from the same rows in each format."""

from pathlib import Path

from singlearm import step
from singlearm.kinds import KINDS
from singlearm.report import front_groups, kind_tables, tables
from singlearm.report.about import about_review
from singlearm.report.findings import summary_of_findings
from singlearm.report.review import read_review
from singlearm.report.tables_csv import write_csv
from singlearm.report.tables_docx import write_docx
from singlearm.report.tables_latex import write_latex
from singlearm.report.tables_xlsx import write_xlsx


def run(inputs, outputs, params):
    """Build every table once, then write it in the formats that suit it."""
    review = read_review(inputs, params)
    about = about_review(review)
    studies = tables.study_characteristics(review)
    findings = summary_of_findings(review)
    proportions = tables.all_proportions(review)
    shown = [proportions] if proportions.rows else []
    results = tables.all_results(review)
    claims = tables.claims_audit(review)
    others = [
        kind_tables.of_kind(review, name)
        for name, kind in KINDS.items()
        if name != "proportion" and review.rows(kind.table)
    ]
    by_group = kind_tables.by_group(review, "")
    differences = tables.differences(review)
    compared = [tables.groups(review), differences, *others, *by_group, claims]
    tests = [differences, tables.subgroup_tests(review), tables.regressions(review)]
    detailed = [*tests, *others, *by_group, claims]

    printed = {
        "study_characteristics": studies,
        "summary_of_findings": findings,
        "proportions": proportions,
        "all_results": results,
    }
    for (name, table), latex in zip(printed.items(), outputs.latex, strict=True):
        write_csv(Path(outputs[name]), table)
        write_latex(Path(latex), table)
    first = [findings, *front_groups.tables(review)]
    write_xlsx(Path(outputs.findings_xlsx), first, about)
    write_docx(Path(outputs.findings_docx), first, about)
    book = [findings, *shown, studies, results, *(table for table in detailed if table.rows)]
    write_xlsx(Path(outputs.xlsx), book, about)
    document = [*first, *shown, studies, *(table for table in compared if table.rows)]
    write_docx(Path(outputs.docx), document, about)


if __name__ == "__main__":
    step.main(snakemake, run)
