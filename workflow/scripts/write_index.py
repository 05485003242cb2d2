"""The page of many reviews, from how the run of each went."""

from pathlib import Path

from singlearm import reviews, step


def run(inputs, outputs, params):  # noqa: ARG001
    page = reviews.index([Path(path) for path in inputs.states])
    Path(outputs.page).write_text(page, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    step.main(snakemake, run)
