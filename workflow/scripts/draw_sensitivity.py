"""The figures that show how far one outcome moves."""

from singlearm import step
from singlearm.archive.provenance import sha256
from singlearm.catalogue.tables import read_table
from singlearm.figures.draw.forest import draw_forest
from singlearm.figures.draw.influence import draw_influence
from singlearm.figures.draw.landscape import draw_calibration, draw_curve, draw_gosh
from singlearm.figures.marks import landscape, sensitivity
from singlearm.figures.save import save_marks

KINDS = ("svg", "pdf", "png")
#: What a specification curve shows below itself.
SHOWN = ("likelihood", "measure", "tau2_estimator", "inclusion", "data_cut", "denominators")


def run(inputs, outputs, params):
    def table(name):
        return read_table(inputs[name], name)

    def ours(rows):
        return [row for row in rows if row["model"] == params.model]

    labels = {cell["study_id"]: cell["label"] for cell in read_table(inputs.cells, "cells")}
    (pooled,) = ours(read_table(inputs.pooled, "pooled"))
    one, model = ours(table("leave_one_out")), params.models[params.model]
    data = {"version": params.version, "data_hash": sha256(inputs.cells)[:12]}
    with_model = {"model_label": model.get("label", params.model), **data}
    published = next((row["published"] for row in table("multiverse_summary")), None)
    calibration = [
        row
        for row in table("calibration")
        if row["interval"] == "confidence" and row["simulated_from"] == params.model
    ]

    def title(what):
        return f"{params.label}: {what}"

    figures = {
        "leave_one_out": (
            draw_forest,
            sensitivity.leave_one_out_marks(
                one, pooled, labels, title=title("each study left out"), **with_model
            ),
        ),
        "cumulative": (
            draw_forest,
            sensitivity.cumulative_marks(
                ours(table("cumulative")), pooled, labels, title=title("year by year"), **with_model
            ),
        ),
        "influence": (
            draw_influence,
            sensitivity.influence_marks(
                ours(table("influence")), one, pooled, labels,
                title=title("influence of each study"), **with_model,
            ),
        ),
        "gosh": (
            draw_gosh,
            landscape.gosh_marks(
                table("gosh"), table("gosh_studies"), labels,
                title=title("subsets of the studies"), **data,
            ),
        ),
        "multiverse": (
            draw_curve,
            landscape.curve_marks(
                [named(row) for row in table("multiverse")], SHOWN,
                title=title("all specifications"), **data,
                primary=pooled["estimate"], published=published,
            ),
        ),
        "calibration": (
            draw_calibration,
            landscape.calibration_marks(
                calibration, params.models, title=title("which interval to trust"),
                **data,
            ),
        ),
    }  # fmt: skip
    for name, (draw, marks) in figures.items():
        save_marks(draw, marks, **{kind: outputs[f"{name}_{kind}"] for kind in KINDS})


def named(row):
    """A specification whose choices that do not apply read as a dash."""
    return row | {choice: row[choice] or "does not apply" for choice in SHOWN}


if __name__ == "__main__":
    step.main(snakemake, run)
