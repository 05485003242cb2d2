"""List what differs between a version and the one that it updates."""

from singlearm import step
from singlearm.catalogue.tables import read_table, write_table
from singlearm.report.changes import ConclusionRule, Snapshot, Update, changes

#: Input (and field of a snapshot) to the kind of its table.
KINDS = {
    "studies": "studies",
    "outcomes": "outcomes",
    "durations": "durations",
    "comparative": "comparative",
    "change_log": "change_log",
    "pooled": "pooled",
    "subgroups": "subgroups",
    "tests": "subgroup_tests",
    "times": "times",
    "ratios": "ratios",
}


def run(inputs, outputs, params):
    """Write the changes; the header alone for a version that updates none."""
    rows = []
    if params.before:
        update = Update(
            before=snapshot(params.before, inputs, "before_"),
            after=snapshot(params.version, inputs, ""),
            outcomes=params.outcomes,
            primary=params.primary,
            time_method=params.time_method,
            rule=ConclusionRule(**params.rule),
        )
        rows = changes(update)
    write_table(outputs.changes, "changes", rows)


def snapshot(version, inputs, prefix):
    """The tables of one version, by the names of the rule's inputs."""
    tables = {name: read_table(inputs[prefix + name], kind) for name, kind in KINDS.items()}
    return Snapshot(version=version, **tables)


if __name__ == "__main__":
    step.main(snakemake, run)
