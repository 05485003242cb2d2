"""Write the publication tables: CSV, XLSX, DOCX and LaTeX from the same rows."""

from pathlib import Path

from pipeline import step
from publication import contents
from publication.review import read_review
from publication.tables_csv import write_csv


def run(inputs, outputs, params):
    """Build every table once and write it in each format."""
    review = read_review(inputs, params)
    folder = Path(outputs.tables)
    folder.mkdir(parents=True, exist_ok=True)
    in_csv = [
        contents.study_characteristics(review),
        contents.summary_of_findings(review),
        contents.all_results(review),
    ]
    for table in in_csv:
        write_csv(folder / f"{table.name}.csv", table)


if __name__ == "__main__":
    step.main(snakemake, run)
