"""Write an empty extraction workbook, made from the codebook."""

from pathlib import Path

from singlearm import step
from singlearm.sheets.codebook import read_codebook
from singlearm.sheets.template import template_bytes


def run(inputs, outputs, params):  # noqa: ARG001
    """Write the template; the same codebook gives the same bytes."""
    Path(outputs.template).write_bytes(template_bytes(read_codebook(inputs.codebook)))


if __name__ == "__main__":
    step.main(snakemake, run)
