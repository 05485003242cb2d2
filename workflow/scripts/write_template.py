"""Write an empty extraction workbook, made from the protocol and the codebook of the review."""

from pathlib import Path

from singlearm import step
from singlearm.sheets.codebook import read_codebook
from singlearm.sheets.template import template_bytes


def run(inputs, outputs, params):
    """Write the template; the same protocol and codebook give the same bytes."""
    codebook = read_codebook(inputs.get("codebook"))
    codebook = codebook.for_outcomes(params.outcomes, params.not_analysed)
    kinds = {outcome["kind"] for outcome in params.outcomes.values()}
    Path(outputs.template).write_bytes(template_bytes(codebook, kinds))


if __name__ == "__main__":
    step.main(snakemake, run)
