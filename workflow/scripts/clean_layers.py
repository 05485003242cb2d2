"""Reconcile the extractors, stack the layers, and write the analysis set of a version."""

from singlearm import step
from singlearm.catalogue.tables import write_table
from singlearm.sheets.clean import clean_tables, read_stack
from singlearm.sheets.codebook import read_codebook


def run(inputs, outputs, params):
    """Write the clean tables, and the cells of each outcome; the runner keeps unchanged files."""
    codebook = read_codebook(inputs.codebook)
    stack, reconciliation, side = read_stack(list(params.layers), codebook)
    clean, by_outcome = clean_tables(stack, reconciliation, params.outcomes, codebook)
    for kind, rows in (clean | side.tables(set(stack.studies))).items():
        write_table(getattr(outputs, kind), kind, rows)
    for path, rows in zip(outputs.by_outcome, by_outcome.values(), strict=True):
        write_table(path, "cells", rows)


if __name__ == "__main__":
    step.main(snakemake, run)
