"""Reconcile the extractors, stack the layers, and write the analysis set of a version."""

from extraction.clean import clean_tables, read_stack, write_changed
from extraction.codebook import read_codebook
from pipeline import step, tables


def run(inputs, outputs, params):
    """Write the clean tables; only a file whose content changes is touched."""
    codebook = read_codebook(inputs.codebook)
    stack, reconciliation = read_stack(list(params.layers), codebook)
    clean, by_outcome = clean_tables(stack, reconciliation, params.outcomes, codebook)
    texts = {getattr(outputs, kind): tables.table_text(kind, rows) for kind, rows in clean.items()}
    cells = [tables.table_text("cells", rows) for rows in by_outcome.values()]
    write_changed(texts | dict(zip(outputs.by_outcome, cells, strict=True)))


if __name__ == "__main__":
    step.main(snakemake, run)
