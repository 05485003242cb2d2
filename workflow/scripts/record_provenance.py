"""Gather what the steps of a version wrote down about themselves into one record."""

from singlearm import step
from singlearm.archive import provenance, truth
from singlearm.catalogue import tables


def run(inputs, outputs, params):
    """Write `provenance.json`, or stop if the steps saw different states of a file."""
    try:
        truth.refuse_changed(inputs.steps)
        found = provenance.record(params.version, list(inputs.steps), inputs.lock)
    except (truth.Untrue, provenance.MixedStates) as untrue:
        raise step.StepError(str(untrue)) from untrue
    tables.write_json(outputs.record, found)


if __name__ == "__main__":
    step.main(snakemake, run)
