"""Two figures of all outcomes: the overview, and the subgroups side by side."""

from figures.draw.forest import draw_forest
from figures.draw.groups import draw_groups
from figures.marks.groups import groups_marks
from figures.marks.overview import overview_marks
from figures.save import save_marks
from pipeline import step
from pipeline.tables import read_table


def run(inputs, outputs, params):
    common = {
        "outcomes": params.outcomes,
        "model": params.model,
        "model_label": params.models[params.model].get("label", params.model),
        "version": params.version,
        "data_hash": params.get("data_hash", ""),
    }
    overview = overview_marks(read_table(inputs.pooled, "pooled"), **common)
    save_marks(draw_forest, overview, svg=outputs.svg, pdf=outputs.pdf, png=outputs.png)
    groups = groups_marks(
        read_table(inputs.subgroups, "subgroups"),
        read_table(inputs.tests, "subgroup_tests"),
        groupings=params.subgroups,
        **common,
    )
    paths = {kind: outputs[f"groups_{kind}"] for kind in ("svg", "pdf", "png")}
    save_marks(draw_groups, groups, **paths)


if __name__ == "__main__":
    step.main(snakemake, run)
