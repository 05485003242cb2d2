"""Small reviews written within a test: a layer as texts, read as the workflow reads it."""

from pathlib import Path

from singlearm.sheets.check import Reading, read_version
from singlearm.sheets.clean import clean_tables
from singlearm.sheets.plan import Plan

#: Two studies with two outcomes, for tests of the studies sheet.
COUNTS = "study_id,outcome,events,total\nA,orr,5,10\nB,orr,4,10\nA,crs,1,10\n"
OUTCOMES = {"orr": {"kind": "proportion"}, "crs": {"kind": "proportion"}}


def small(folder: Path, studies: str, outcomes_1: str = COUNTS, *, files=(), codebook="", **more):
    """The reading of one layer; `files` are further sheets by name, `more` what the plan says."""
    layer = folder / "1"
    layer.mkdir(parents=True, exist_ok=True)
    texts = {"studies.csv": studies, "outcomes_1.csv": outcomes_1, **dict(files)}
    for name, text in texts.items():
        if text:
            (layer / name).write_text(text, encoding="utf-8", newline="")
    own = folder / "codebook.csv"
    if codebook:
        own.write_text(codebook, encoding="utf-8")
    return read_version(small_plan(folder, **more), own)


def small_plan(folder: Path, **more) -> Plan:
    """The plan of that layer."""
    fields = {"version": "1", "layers": [str(folder / "1")], "outcomes": OUTCOMES}
    return Plan(**(fields | more))


def tables(reading: Reading, folder: Path, **more) -> dict:
    """Its clean tables."""
    return clean_tables(reading, small_plan(folder, **more))[0]


def told(reading: Reading, *rules: str) -> list[tuple]:
    """Severity, sheet, row, column and value of the problems of these rules."""
    return [
        (p.severity, p.sheet, p.row, p.column, p.value) for p in reading.problems if p.rule in rules
    ]
