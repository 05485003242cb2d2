"""The forest plot of one outcome."""

from figures.draw.forest import draw_forest
from figures.marks.forest import forest_marks
from figures.save import save_marks
from pipeline import step
from pipeline.tables import read_table


def run(inputs, outputs, params):
    by, model = params.by, params.model
    group = params.by_settings or {}

    def ours(row):
        return row["model"] == model and row["by"] == by

    marks = forest_marks(
        read_table(inputs.effects, "effects"),
        next(row for row in read_table(inputs.pooled, "pooled") if row["model"] == model),
        outcome=params.outcome,
        settings=params.outcome_settings,
        model_label=params.models[model].get("label", model),
        version=params.version,
        studies=read_table(inputs.cells, "cells"),
        subgroups=[row for row in read_table(inputs.subgroups, "subgroups") if ours(row)],
        tests=[row for row in read_table(inputs.tests, "subgroup_tests") if ours(row)],
        by=by,
        by_label=group.get("label", by),
        levels=group.get("levels", ()),
        columns=params.figure.get("columns", ()),
        sort=params.figure.get("sort", "year"),
        data_hash=params.get("data_hash", ""),
    )
    save_marks(draw_forest, marks, svg=outputs.svg, pdf=outputs.pdf, png=outputs.png)


if __name__ == "__main__":
    step.main(snakemake, run)
