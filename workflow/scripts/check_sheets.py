"""Check every sheet of a version: all faults at once into a table and on the screen."""

import sys

from singlearm import step
from singlearm.catalogue import tables
from singlearm.sheets.check import check_version
from singlearm.sheets.problems import rows, screen


def run(inputs, outputs, params):
    """Write `problems.csv`; never fails on the sheets, whatever they hold."""
    problems = check_version(
        params.version,
        list(params.layers),
        inputs.codebook,
        params.outcomes,
        params.subgroups,
        list(params.other_layers),
        params.frozen,
        params.sha256,
        params.moderators,
        params.clusters,
    )
    tables.write_table(outputs.problems, "problems", rows(problems))
    shown = tables.read_table(outputs.problems, "problems")
    sys.stderr.write(screen(shown, f"Version {params.version}") + "\n")


if __name__ == "__main__":
    step.main(snakemake, run)
