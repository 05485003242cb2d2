"""Build one review of many by a run of its own, and write down how it went."""

from pathlib import Path

from singlearm import reviews, step
from singlearm.catalogue.json_files import write_json


def run(inputs, outputs, params):  # noqa: ARG001
    state = reviews.build(Path(params.reviews), params.name, params.cores)
    write_json(outputs.state, state)


if __name__ == "__main__":
    step.main(snakemake, run)
