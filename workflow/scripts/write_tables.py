"""Write the publication tables from the same rows in each format."""

from pathlib import Path

from singlearm import step
from singlearm.report import contents
from singlearm.report.review import read_review
from singlearm.report.tables_csv import write_csv
from singlearm.report.tables_docx import write_docx
from singlearm.report.tables_latex import write_latex
from singlearm.report.tables_xlsx import write_xlsx


def run(inputs, outputs, params):
    """Build every table once, then write it in the formats that suit it."""
    review = read_review(inputs, params)
    about = contents.about(review)
    studies = contents.study_characteristics(review)
    findings = contents.summary_of_findings(review)
    results = contents.all_results(review)
    tests = contents.subgroup_tests(review)
    regressions = contents.regressions(review)
    claims = contents.claims_audit(review)

    write_csv(Path(outputs.study_characteristics), studies)
    write_csv(Path(outputs.summary_of_findings), findings)
    write_csv(Path(outputs.all_results), results)
    write_xlsx(Path(outputs.xlsx), [findings, studies, results, tests, regressions, claims], about)
    write_docx(Path(outputs.docx), [findings, studies, contents.groups(review), claims], about)
    for path, table in zip(outputs.latex, (studies, findings, results), strict=True):
        write_latex(Path(path), table)


if __name__ == "__main__":
    step.main(snakemake, run)
