"""Write a row for every cell on which the extractors differ and nobody has decided yet."""

from pathlib import Path

from singlearm import step
from singlearm.sheets.check import read_version
from singlearm.sheets.open_cells import adjudication_sheets
from singlearm.sheets.plan import Plan


def run(inputs, outputs, params):  # noqa: ARG001
    """Write one CSV for each layer and kind beside the sheets, never into them."""
    told = []
    for version, plan in params.plans.items():
        reading = read_version(Plan(**plan), inputs.get("codebook"))
        for layer, sheets in adjudication_sheets(reading).items():
            folder = Path("results/adjudication", version, layer)
            folder.mkdir(parents=True, exist_ok=True)
            for sheet, text in sheets.items():
                path = folder / f"{sheet}.csv"
                path.write_text(text, encoding="utf-8", newline="")
                told.append(f"{path.as_posix()}: {text.count(chr(10)) - 1} rows")
    step.tell(told or ["no open disagreement in the sheets of the built versions"])


if __name__ == "__main__":
    step.main(snakemake, run)
