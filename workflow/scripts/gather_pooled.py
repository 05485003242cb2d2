"""Gather the outcomes' tables into the version's tables."""

from singlearm import step
from singlearm.catalogue.tables import read_table, write_table

KINDS = {
    "pooled": "pooled",
    "subgroups": "subgroups",
    "tests": "subgroup_tests",
    "regression": "regression",
}


def run(inputs, outputs, params):  # noqa: ARG001
    for name, kind in KINDS.items():
        rows = [row for path in inputs[name] for row in read_table(path, kind)]
        write_table(outputs[name], kind, rows)


if __name__ == "__main__":
    step.main(snakemake, run)
