"""Gather what the steps of a version wrote down about themselves into one record."""

from pathlib import Path

from singlearm import step
from singlearm.archive import provenance, truth
from singlearm.catalogue import tables


def run(inputs, outputs, params):
    """Write `provenance.json`, or stop if the steps saw different states of a file."""
    remove_left_over(params.version, set(inputs.steps))
    try:
        truth.refuse_changed(inputs.steps)
        found = provenance.record(params.version, list(inputs.steps), inputs.lock)
    except (truth.Untrue, provenance.MixedStates) as untrue:
        raise step.StepError(str(untrue)) from untrue
    tables.write_json(outputs.record, found)


def remove_left_over(version, steps):
    """Take away what steps made that are no more, such as those of a dropped outcome."""
    results = Path("results", version)
    made = {path for side in steps for path in tables.read_json(side)["artifacts"]}
    for side in sorted((results / "provenance").rglob("*.json")):
        if side.as_posix() in steps or side.stem == Path(__file__).stem:
            continue
        facts = truth.read_facts(side) or {"artifacts": {}}
        left = [path for path in facts["artifacts"] if path not in made]
        for path in [*left, side.as_posix()]:
            if Path(path).is_relative_to(results):
                Path(path).unlink(missing_ok=True)
    for folder in sorted(results.rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


if __name__ == "__main__":
    step.main(snakemake, run)
