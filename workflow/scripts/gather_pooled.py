"""Gather the outcomes' tables into the version's tables."""

from singlearm import step
from singlearm.catalogue.tables import read_table, write_table


def run(inputs, outputs, params):  # noqa: ARG001
    for kind, paths in inputs.items():
        write_table(outputs[kind], kind, [row for path in paths for row in read_table(path, kind)])


if __name__ == "__main__":
    step.main(snakemake, run)
