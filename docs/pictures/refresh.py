"""Put the flagship's results into the README: the summary of findings, a forest, a survival curve.

    make pictures

The pictures are copies of what the workflow drew, and the table is written from its own. A test
compares both with the results, so that the README never tells of other data.
"""

import csv
import shutil
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
#: The newest version that the protocol builds, its last; its results are shown.
NEWEST = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))["build"][-1]
RESULTS = f"results/{NEWEST}"
FINDINGS = f"{RESULTS}/tables/summary_of_findings.csv"
#: Picture of the README to the figure that it is.
PICTURES = {
    "docs/pictures/forest.svg": f"{RESULTS}/figures/mrd_negative_of_evaluable/forest.svg",
    "docs/pictures/survival.svg": f"{RESULTS}/figures/pfs_all/survival.svg",
}
BEGIN, END = "<!-- findings -->", "<!-- end of findings -->"
#: Columns of the table with their headings.
COLUMNS = {
    "label": "outcome",
    "rests_on": "rests on",
    "result": "result",
    "expected": "expected in a new study",
}


def table(root: Path = ROOT) -> str:
    """The summary of findings as the Markdown of the README."""
    with (root / FINDINGS).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [list(COLUMNS.values()), ["---"] * len(COLUMNS)]
    lines += [[row[column] or "-" for column in COLUMNS] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def part(readme: str) -> str:
    """What the README has between the marks."""
    return readme.partition(BEGIN)[2].partition(END)[0].strip()


def refresh(root: Path = ROOT) -> None:
    """Copy the pictures and write the table."""
    for picture, figure in PICTURES.items():
        shutil.copyfile(root / figure, root / picture)
    readme = root / "README.md"
    text = readme.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    readme.write_text(f"{before}{BEGIN}\n{table(root)}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    refresh()
