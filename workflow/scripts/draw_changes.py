"""The pooled results of a version beside those of the version that it updates."""

from singlearm import step
from singlearm.catalogue.tables import read_table
from singlearm.figures.draw.compare import draw_compare
from singlearm.figures.marks.compare import versions_marks
from singlearm.figures.marks.inputs import Data, FigureModel, Outcome
from singlearm.figures.save import save_outputs


def run(inputs, outputs, params):
    """Draw the headline of each outcome in both versions."""
    marks = versions_marks(
        read_table(inputs.before, "pooled"),
        read_table(inputs.after, "pooled"),
        [Outcome.of(*item) for item in params.outcomes.items()],
        FigureModel.of(params.model, params.models[params.model]),
        params.before,
        Data(params.version, params.data_hash),
        headline=params.headline,
    )
    save_outputs((draw_compare, marks), outputs)


if __name__ == "__main__":
    step.main(snakemake, run)
