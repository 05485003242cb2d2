"""The PRISMA 2020 flow diagram (Page 2021, BMJ 372:n71) as boxes and arrows, arithmetic checked.

Names of the boxes: `previous_studies`, `database:PubMed`, `register:CTIS`, `removed:duplicates`,
`screened`, `excluded_by_screening`, `sought`, `not_retrieved`, `assessed`,
`excluded:wrong population`, `other:citations`, `other_sought`, `other_not_retrieved`,
`other_assessed`, `other_excluded:no data`, `included_reports`, `included_studies`,
`total_studies`, `synthesis`. Those with a colon may occur any number of times, each with its own
source or reason.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.figures.marks.base import Marks
from singlearm.figures.marks.inputs import Data, Rows, rows_of

SINGLE = (
    "previous_studies", "screened", "excluded_by_screening", "sought", "not_retrieved", "assessed",
    "other_sought", "other_not_retrieved", "other_assessed", "included_reports",
    "included_studies", "total_studies", "synthesis",
)  # fmt: skip
MANY = ("database", "register", "removed", "excluded", "other", "other_excluded")

#: Each sum that has to hold: what it starts with, what is taken off, what is left.
SUMS = (
    (("database", "register"), ("removed",), "screened"),
    (("screened",), ("excluded_by_screening",), "sought"),
    (("sought",), ("not_retrieved",), "assessed"),
    (("other",), (), "other_sought"),
    (("other_sought",), ("other_not_retrieved",), "other_assessed"),
    (("assessed", "other_assessed"), ("excluded", "other_excluded"), "included_reports"),
    (("previous_studies", "included_studies"), (), "total_studies"),
)

Counts = dict[str, int]
Lists = dict[str, list[tuple[str, int]]]


class FlowError(ValueError):
    """Boxes that are unknown, doubled, or do not add up; the message lists every fault."""


@dataclass(frozen=True, slots=True)
class FlowBox:
    """A box by its place in the grid; the first line is its head."""

    column: str
    row: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FlowMarks(Marks):
    """Boxes, and arrows as pairs of their indices; columns from left to right."""

    columns: tuple[str, ...]
    boxes: tuple[FlowBox, ...]
    arrows: tuple[tuple[int, int], ...]

    def told(self) -> list[str]:
        """Every box in reading order."""
        return [f"{' '.join(box.lines)}." for box in self.boxes]


def flow_marks(rows: Rows, data: Data) -> FlowMarks:
    """Boxes of the sheet (box, count) as a diagram; raises FlowError when they do not add up."""
    counts, lists = _read(rows_of(rows))
    _check_sums(counts, lists)
    single, listed = partial(_single, counts), partial(_listed, lists)
    reports = single("included_reports", mark("Reports of them"))
    layout = [
        ("previous", 0, single("previous_studies", mark("Studies of the previous version"))),
        ("main", 0, listed(("database", "register"), mark("Records identified"))),
        ("out", 0, listed(("removed",), mark("Removed before screening"))),
        ("main", 1, single("screened", mark("Records screened"))),
        ("out", 1, single("excluded_by_screening", mark("Records excluded"))),
        ("main", 2, single("sought", mark("Reports sought"))),
        ("out", 2, single("not_retrieved", mark("Reports not retrieved"))),
        ("main", 3, single("assessed", mark("Reports assessed"))),
        ("out", 3, listed(("excluded",), mark("Reports excluded"))),
        ("other", 0, listed(("other",), mark("Records from other sources"))),
        ("other", 2, single("other_sought", mark("Reports sought"))),
        ("other_out", 2, single("other_not_retrieved", mark("Reports not retrieved"))),
        ("other", 3, single("other_assessed", mark("Reports assessed"))),
        ("other_out", 3, listed(("other_excluded",), mark("Reports excluded"))),
        ("main", 4, single("included_studies", mark("Studies included")) + reports),
        ("main", 5, single("total_studies", mark("Studies in all"))),
        ("main", 6, single("synthesis", mark("Studies in the synthesis"))),
    ]
    boxes = tuple(FlowBox(column, row, lines) for column, row, lines in layout if lines)
    order = ("previous", "main", "out", "other", "other_out")
    used = {box.column for box in boxes}
    return FlowMarks(
        tuple(column for column in order if column in used),
        boxes,
        tuple(_arrows(boxes)),
        title=say("Flow of records, reports and studies"),
        footer=(str(data),),
    )


def _read(rows: Sequence[Row]) -> tuple[Counts, Lists]:
    """Counts of the single boxes and lists of (name, count) of the others."""
    counts: Counts = {}
    lists: Lists = {name: [] for name in MANY}
    faults = []
    for row in rows:
        box, count = row["box"], row["count"]
        kind, _, name = box.partition(":")
        if kind in MANY and name:
            lists[kind].append((name, count))
        elif box not in SINGLE:
            faults.append(f"unknown box '{box}'")
        elif box in counts:
            faults.append(f"box '{box}' stands twice")
        else:
            counts[box] = count
        if count is None or count < 0:
            faults.append(f"box '{box}' has no count")
    if faults:
        known = ", ".join([*SINGLE, *(f"{name}:..." for name in MANY)])
        raise FlowError(f"search flow: {'; '.join(faults)}. Known boxes: {known}")
    return counts, lists


def _check_sums(counts: Counts, lists: Lists) -> None:
    """Every sum that starts and ends with known boxes has to hold; a box not given counts as 0."""
    amounts = counts | {name: sum(count for _, count in items) for name, items in lists.items()}
    faults = []
    for start, off, left in SUMS:
        if left not in counts or not any(amounts.get(name) for name in start):
            continue
        found = sum(amounts.get(name, 0) for name in start)
        found -= sum(amounts.get(name, 0) for name in off)
        if found != counts[left]:
            sides = " + ".join(start) + "".join(f" - {name}" for name in off)
            faults.append(f"{sides} = {found}, but {left} says {counts[left]}")
    if faults:
        raise FlowError("search flow does not add up: " + "; ".join(faults))


def _single(counts: Counts, name: str, head: str) -> tuple[str, ...]:
    return (f"{say(head)}: {numbers.count(counts[name])}",) if name in counts else ()


def _listed(lists: Lists, kinds: Sequence[str], head: str) -> tuple[str, ...]:
    items = [item for kind in kinds for item in lists[kind]]
    if not items:
        return ()
    total = numbers.count(sum(count for _, count in items))
    return (f"{say(head)}: {total}", *(f"{name}: {numbers.count(count)}" for name, count in items))


def _arrows(boxes: Sequence[FlowBox]) -> Iterator[tuple[int, int]]:
    """Down each column, sideways to what leaves, and from the other arms into the included."""
    place = {(box.column, box.row): index for index, box in enumerate(boxes)}
    for column in ("main", "other"):
        rows = sorted(row for name, row in place if name == column)
        for upper, lower in pairwise(rows):
            yield place[column, upper], place[column, lower]
    for column, side in (("main", "out"), ("other", "other_out")):
        for name, row in place:
            if name == column and (side, row) in place:
                yield place[column, row], place[side, row]
    for arm, included in ((("other", 3), ("main", 4)), (("previous", 0), ("main", 5))):
        if arm in place and included in place:
            yield place[arm], place[included]
