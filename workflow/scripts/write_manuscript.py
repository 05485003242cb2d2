"""Write a manuscript to edit and the checklists (PRISMA 2020, MOOSE) of a data version."""

from pathlib import Path

from singlearm import step
from singlearm.report import prisma
from singlearm.report.about import about_review
from singlearm.report.manuscript import manuscript
from singlearm.report.review import read_review
from singlearm.report.tables_docx import write_docx, write_manuscript


def run(inputs, outputs, params):
    """Read the tables, write the documents."""
    review = read_review(inputs, params)
    about = about_review(review)
    pictures = {place_of(path): path for path in map(Path, inputs.pictures)}
    write_manuscript(Path(outputs.manuscript), manuscript(review, pictures), about)
    for name in prisma.CHECKLISTS:
        write_docx(Path(outputs[name]), [prisma.checklist(review, name)], about)


def place_of(picture):
    """A figure's place below `figures`, without its ending."""
    parts = picture.with_suffix("").parts
    return "/".join(parts[len(parts) - parts[::-1].index("figures") :])


if __name__ == "__main__":
    step.main(snakemake, run)
