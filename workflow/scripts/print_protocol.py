"""Print the protocol in force: every key, and where its value comes from."""

import sys
from pathlib import Path

import yaml

from singlearm import step
from singlearm.sheets.protocol import described
from singlearm.sheets.protocol_file import as_texts


def run(inputs, outputs, params):  # noqa: ARG001
    given = as_texts(yaml.safe_load(Path(params.file).read_text(encoding="utf-8-sig")))
    sys.stdout.write(described(params.protocol, given))


if __name__ == "__main__":
    step.main(snakemake, run)
