"""The page of many reviews, from how the run of each went."""

from pathlib import Path

from singlearm import step
from singlearm.catalogue.json_files import read_json
from singlearm.report import review_list


def run(inputs, outputs, params):  # noqa: ARG001
    page = review_list.page(map(read_json, inputs.states))
    Path(outputs.page).write_text(page, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    step.main(snakemake, run)
