"""Read the sheets of a version once: every fault at once, and the analysis set if there is none."""

import sys
from pathlib import Path

from singlearm import step
from singlearm.catalogue import tables
from singlearm.sheets.check import read_version
from singlearm.sheets.clean import clean_tables, column_types
from singlearm.sheets.plan import Plan
from singlearm.sheets.problems import rows, screen


def run(inputs, outputs, params):
    """Write `problems.csv` and the clean tables; of sheets with errors the tables are empty files.

    An empty file has no header, so no later step can take it for a table. The job itself never
    fails on the sheets: `problems.csv` must outlive the run that the gate stops.
    """
    plan = Plan(**params.plan)
    reading = read_version(plan, inputs.get("codebook"))
    tables.write_table(outputs.problems, "problems", rows(reading.problems))
    shown = tables.read_table(outputs.problems, "problems")
    sys.stderr.write(screen(shown, f"Version {plan.version}") + "\n")
    if reading.errors:
        written = {"provenance", "problems"}
        for name, paths in outputs.items():
            for path in [paths] if isinstance(paths, str) else paths:
                if name not in written:
                    Path(path).write_bytes(b"")
        return
    clean, by_outcome = clean_tables(reading, plan)
    for kind, table in clean.items():
        if kind in dict(outputs.items()):
            tables.write_table(outputs[kind], kind, table)
    for path, cells in zip(outputs["by_outcome"], by_outcome.values(), strict=True):
        tables.write_table(path, "cells", cells)
    tables.write_json(outputs["columns"], column_types(reading.codebook))


if __name__ == "__main__":
    step.main(snakemake, run)
