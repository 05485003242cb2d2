"""Write the report: one self-contained page of a data version."""

from pathlib import Path

from singlearm import step
from singlearm.report.render import report
from singlearm.report.review import read_review


def run(inputs, outputs, params):
    """Read the tables and figures, write the page."""
    page = report(read_review(inputs, params))
    Path(outputs.report).write_text(page, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    step.main(snakemake, run)
