"""The forest plot of one outcome, and its meta-regressions."""

from singlearm import step
from singlearm.archive.provenance import sha256
from singlearm.catalogue.tables import read_table
from singlearm.figures.draw.bubbles import draw_regression
from singlearm.figures.draw.forest import draw_forest
from singlearm.figures.marks.bubbles import regression_marks
from singlearm.figures.marks.forest import forest_marks
from singlearm.figures.save import save_marks


def run(inputs, outputs, params):
    """Draw both under the primary model.

    They carry the hash of the outcome's analysis set, not that of all sheets: one edited cell would
    then redraw every outcome.
    """
    by, model = params.by, params.model
    group = params.by_settings or {}
    data = {"version": params.version, "data_hash": sha256(inputs.cells)[:12]}
    cells, effects = read_table(inputs.cells, "cells"), read_table(inputs.effects, "effects")

    def ours(row):
        return row["model"] == model and row["by"] == by

    forest = forest_marks(
        effects,
        next(row for row in read_table(inputs.pooled, "pooled") if row["model"] == model),
        outcome=params.outcome,
        settings=params.outcome_settings,
        model_label=params.models[model].get("label", model),
        studies=cells,
        subgroups=[row for row in read_table(inputs.subgroups, "subgroups") if ours(row)],
        tests=[row for row in read_table(inputs.tests, "subgroup_tests") if ours(row)],
        by=by,
        by_label=group.get("label", by),
        levels=group.get("levels", ()),
        columns=params.figure.get("columns", ()),
        sort=params.figure.get("sort", "year"),
        risk_of_bias=read_table(inputs.risk_of_bias, "risk_of_bias"),
        **data,
    )
    regression = regression_marks(
        effects,
        cells,
        read_table(inputs.regression, "regression"),
        moderators=params.moderators,
        title=f"{params.outcome_settings['label']}: meta-regression",
        model=model,
        model_settings=params.models[model],
        **data,
    )
    for name, draw, marks in (
        ("forest", draw_forest, forest),
        ("regression", draw_regression, regression),
    ):
        paths = {kind: outputs[f"{name}_{kind}"] for kind in ("svg", "pdf", "png")}
        save_marks(draw, marks, **paths)


if __name__ == "__main__":
    step.main(snakemake, run)
