"""Write the publication tables from the same rows in each format."""

from pathlib import Path

from singlearm import step
from singlearm.kinds import KINDS
from singlearm.report import tables
from singlearm.report.review import read_review
from singlearm.report.tables_csv import write_csv
from singlearm.report.tables_docx import write_docx
from singlearm.report.tables_latex import write_latex
from singlearm.report.tables_xlsx import write_xlsx


def run(inputs, outputs, params):
    """Build every table once, then write it in the formats that suit it."""
    review = read_review(inputs, params)
    about = tables.about(review)
    studies = tables.study_characteristics(review)
    findings = tables.summary_of_findings(review)
    results = tables.all_results(review)
    claims = tables.claims_audit(review)
    others = [
        tables.of_kind(review, name)
        for name, kind in KINDS.items()
        if name != "proportion" and review.rows(kind.table)
    ]
    compared = [tables.groups(review), *others, claims]
    detailed = [tables.subgroup_tests(review), tables.regressions(review), *others, claims]

    write_csv(Path(outputs.study_characteristics), studies)
    write_csv(Path(outputs.summary_of_findings), findings)
    write_csv(Path(outputs.all_results), results)
    book = [findings, studies, results, *(table for table in detailed if table.rows)]
    write_xlsx(Path(outputs.xlsx), book, about)
    document = [findings, studies, *(table for table in compared if table.rows)]
    write_docx(Path(outputs.docx), document, about)
    for path, table in zip(outputs.latex, (studies, findings, results), strict=True):
        write_latex(Path(path), table)


if __name__ == "__main__":
    step.main(snakemake, run)
