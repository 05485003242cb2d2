"""Curves: survival over time, digitised from a Kaplan-Meier curve."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from singlearm.catalogue import Row

from .base import Kind, Sheet
from .columns import EVIDENCE, LABEL, OUTCOME, VERIFIED, count, number
from .rows import RowFault, given, plain

TIME = number("time_months", "months", 0, 1200, "Time of the point", required="filled", key=True)
COLUMNS = (
    LABEL,
    OUTCOME,
    TIME,
    number("survival", "share", 0, 1, "Share without the event, from 0 to 1", required="filled"),
    count("n_at_risk", "Patients at risk at that time; where the figure prints them"),
    *EVIDENCE,
    *VERIFIED,
)


def check_all(rows: Sequence[Row]) -> Iterator[tuple[Row, RowFault]]:
    """A curve that rises again, or patients at risk that do."""
    curves: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if given(row["study_id"], row["outcome"], row["time_months"]):
            curves[row["study_id"], row["outcome"]].append(row)
    for points in curves.values():
        points.sort(key=lambda row: row["time_months"])
        for name, words in (("survival", "the curve"), ("n_at_risk", "the number at risk")):
            known = [row for row in points if given(row[name])]
            for before, row in pairwise(known):
                if row[name] > before[name]:
                    yield (
                        row,
                        RowFault(
                            "curve_rises",
                            name,
                            plain(row[name]),
                            f"{words} rises after {plain(before['time_months'])} months "
                            f"({plain(before[name])})",
                            "it can only fall; digitise the point again",
                        ),
                    )


SHEET = Sheet(
    "curves",
    "adjudication_curves",
    COLUMNS,
    fields=("survival", "n_at_risk"),
    label=lambda row: f"{row['outcome']}, {plain(row['time_months'])} months",
    text=lambda row: plain(row["survival"]),
    check_all=check_all,
    clean="curve_points",
    by_end_point=True,
)

KIND = Kind("curve", SHEET, table="curves")
