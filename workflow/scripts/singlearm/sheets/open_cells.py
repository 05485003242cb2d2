"""The cells that wait for a decision, as rows that an adjudicator can fill."""

import csv
import io

from singlearm.kinds.rows import plain

from .check import Reading
from .core import EXTRACTED


def adjudication_sheets(reading: Reading) -> dict[str, dict[str, str]]:
    """For each layer with open cells the CSV text of its adjudication sheets, by their name.

    The extractors' values are copied, the decision and the reason are empty.
    """
    return {
        layer: {EXTRACTED[kind]: _sheet(kind, rows, reading) for kind, rows in kinds.items()}
        for layer, kinds in reading.undecided.items()
        if kinds
    }


def _sheet(kind: str, rows: list[dict], reading: Reading) -> str:
    columns = list(reading.codebook.of(EXTRACTED[kind]))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([plain(row.get(column)) for column in columns] for row in rows)
    return text.getvalue()
