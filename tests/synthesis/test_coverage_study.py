"""The coverage study: table and figure of the docs are what its script makes of its rows."""

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def drawing():
    """The module that draws; `drawing.coverage` is the study's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        import coverage_figure

        yield coverage_figure
    del sys.modules["coverage_figure"]


def test_the_docs_hold_the_table(drawing, repository):
    page = (repository / "docs/statistics.md").read_text(encoding="utf-8")
    begin, end = "<!-- coverage -->\n", "\n<!-- end of coverage -->"
    made = drawing.coverage.table(drawing.coverage.read(drawing.REPORT))
    assert page.split(begin)[1].split(end)[0] == made
    assert "](coverage.svg)" in page


def test_the_docs_hold_the_figure(drawing, repository, tmp_path):
    for name in ("once.svg", "again.svg"):
        drawing.main(tmp_path / name)
    once, again = ((tmp_path / name).read_bytes() for name in ("once.svg", "again.svg"))
    assert once == again == (repository / "docs/coverage.svg").read_bytes()


def test_every_row_is_of_a_cell_of_the_design_and_once_there(drawing):
    study = drawing.coverage
    design, seen = set(study.cells("report")), set()
    for row in study.read(drawing.REPORT):
        cell = study.cell_of(row)
        assert cell in design
        assert row["core"] == str(cell.core)
        assert (cell, row["model"]) not in seen
        seen.add((cell, row["model"]))
    assert {name for _, name in seen} <= set(study.LABELS)
    assert set(study.LABELS) == {*study.FREQUENTIST, *study.PRIORS}


def test_what_the_docs_say_of_the_core(drawing):
    """The promise: a mean of 93 to 97%, no cell below 90% by more than two Monte Carlo errors."""
    study = drawing.coverage
    low = drawing.lowest_promised(2000)
    assert low == pytest.approx(90 - 1.34, abs=0.01)
    core = [r for r in study.read(drawing.REPORT) if r["core"] == "True"]
    primary = [row for row in core if row["model"] == "glmm, t"]
    for column, short in (("typical", 0), ("average", 0), ("predicted", 4)):
        values = [100 * float(row[column]) for row in primary]
        assert 93 <= sum(values) / len(values) <= 97
        assert sum(value < low for value in values) == short
    worst = min(primary, key=lambda row: float(row["predicted"]))
    assert (worst["truth"], worst["k"], worst["sizes"], worst["p"]) == (
        "beta",
        "20",
        "small",
        "0.95",
    )
