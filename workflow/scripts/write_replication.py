"""An R script with data for each outcome and each model that metafor has."""

from pathlib import Path

from singlearm import step
from singlearm.archive.replication import r_script
from singlearm.catalogue.tables import read_table
from singlearm.sheets.groups import cluster_labels


def run(inputs, outputs, params):
    pooled = {(row["outcome"], row["model"]): row for row in read_table(inputs.pooled, "pooled")}
    cells = {Path(path).stem: read_table(path, "cells") for path in inputs.cells}
    for path in outputs.scripts:
        outcome, model = Path(path).stem.split(".")
        settings, row = params.models[model], pooled[outcome, model]
        studies = cells[outcome]
        if "cluster" in settings:
            labels = cluster_labels(studies, settings["cluster"], params.separators)
            studies = [cell | {"trial": label} for cell, label in zip(studies, labels, strict=True)]
        text = r_script(params.version, model, settings, row, studies)
        Path(path).write_text(text, encoding="utf-8", newline="")


if __name__ == "__main__":
    step.main(snakemake, run)
