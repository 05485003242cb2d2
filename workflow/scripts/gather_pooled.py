"""Gather the outcomes' tables into the version's tables."""

from singlearm import step
from singlearm.catalogue.tables import read_table, write_table


def run(inputs, outputs, params):  # noqa: ARG001
    kinds = ("pooled", "subgroups", "subgroup_tests", "subgroup_differences", "regression")
    for kind in kinds:
        write_table(
            outputs[kind], kind, [r for path in inputs[kind] for r in read_table(path, kind)]
        )


if __name__ == "__main__":
    step.main(snakemake, run)
