"""The pooled results of a version beside those of the version that it updates."""

from singlearm import step
from singlearm.catalogue.tables import read_table
from singlearm.figures.draw.compare import draw_compare
from singlearm.figures.marks.compare import versions_marks
from singlearm.figures.save import save_figure


def run(inputs, outputs, params):
    marks = versions_marks(
        read_table(inputs.before, "pooled"),
        read_table(inputs.after, "pooled"),
        outcomes=params.outcomes,
        model=params.model,
        versions=(params.before, params.version),
        data_hash=params.data_hash,
    )
    save_figure(
        draw_compare(marks),
        svg=outputs.svg,
        pdf=outputs.pdf,
        png=outputs.png,
        title=marks.title,
        description=marks.description,
    )


if __name__ == "__main__":
    step.main(snakemake, run)
