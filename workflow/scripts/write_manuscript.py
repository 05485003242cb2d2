"""Write a manuscript to edit and the checklists (PRISMA 2020, MOOSE) of a data version."""

from pathlib import Path

from singlearm import step
from singlearm.report import prisma
from singlearm.report.about import about_review
from singlearm.report.manuscript import manuscript
from singlearm.report.review import figure_of, read_review
from singlearm.report.tables_docx import write_docx, write_manuscript


def run(inputs, outputs, params):
    """Read the tables, write the documents."""
    review = read_review(inputs, params)
    about = about_review(review)
    by_place = {figure_of(path): path for path in map(Path, inputs.pictures)}
    pictures = {"/".join(filter(None, place)): path for place, path in by_place.items()}
    write_manuscript(Path(outputs.manuscript), manuscript(review, pictures), about)
    for name in prisma.CHECKLISTS:
        write_docx(Path(outputs[name]), [prisma.checklist(review, name)], about)


if __name__ == "__main__":
    step.main(snakemake, run)
