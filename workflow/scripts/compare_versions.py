"""List what differs between a version and the one that it updates."""

from singlearm import step
from singlearm.catalogue.tables import read_table, write_table
from singlearm.report.changed_results import changes
from singlearm.report.versions import TABLES, ConclusionRule, Snapshot, Update


def run(inputs, outputs, params):
    """Write the changes; the header alone for a version that updates none."""
    rows = []
    if params.before:
        update = Update(
            before=snapshot(params.before, inputs, "before_"),
            after=snapshot(params.version, inputs, ""),
            protocol=params.protocol,
            rule=ConclusionRule(**params.rule),
        )
        rows = changes(update)
    write_table(outputs.changes, "changes", rows)


def snapshot(version, inputs, prefix):
    """The tables of one version, by the names of the rule's inputs."""
    paths = {kind: inputs.get(prefix + kind) for kind in TABLES}
    return Snapshot(version, {kind: read_table(path, kind) for kind, path in paths.items() if path})


if __name__ == "__main__":
    step.main(snakemake, run)
