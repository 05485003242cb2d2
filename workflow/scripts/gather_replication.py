"""One table of all differences from R, and the largest for each model and quantity."""

from singlearm import step
from singlearm.archive.replication import largest
from singlearm.catalogue.tables import read_table, write_table


def run(inputs, outputs, params):
    rows = [row for path in inputs.outcomes for row in read_table(path, "replication")]
    write_table(outputs.differences, "replication", rows)
    table = largest(rows)
    write_table(outputs.largest, "replication_largest", table)
    step.tell(told(rows, table, params))


def told(rows, table, params):
    """What a person wants to see on the screen."""
    if not params.metafor:
        return [f"{params.version}: scripts written, not run: no Rscript with metafor here"]
    lines = [f"{params.version}: largest differences from {params.metafor}"]
    lines += [
        f"  {row['model']:<16} {row['quantity']:<14} {row['largest']:.1e}  ({row['outcome']}; "
        f"{row['comparisons']} comparisons)"
        for row in table
    ]
    noted = [row for row in rows if row["note"]]
    return lines + [f"  {row['outcome']}, {row['model']}: {row['note']}" for row in noted]


if __name__ == "__main__":
    step.main(snakemake, run)
