"""Rows for the cells that wait for a decision."""

import csv

from review import NEW, OLD, copy_layer, load, plan, save

from singlearm.sheets.check import read_version
from singlearm.sheets.open_cells import adjudication_sheets

CODEBOOK = OLD.parents[2] / "config" / "codebook.csv"


def test_no_open_cell_no_sheet():
    assert adjudication_sheets(read_version(plan([OLD]), CODEBOOK)) == {}


def test_rows_of_the_open_cells_are_what_the_check_wants(tmp_path):
    """Filled in, they pass the check that asked for them."""
    layer = copy_layer(NEW, tmp_path / "2026.1")
    decisions = {name: load(layer, name) for name in ("adjudication", "adjudication_durations")}
    for name, grid in decisions.items():
        save(layer, name, [grid[0], *grid[3:]])
    reading = read_version(plan([OLD, layer], "2026.1", others=()), CODEBOOK)
    assert {p.rule for p in reading.errors} == {"missing_adjudication"}
    made = adjudication_sheets(reading)
    assert list(made) == ["2026.1"]
    for name, grid in decisions.items():
        header, *rows = csv.reader(made["2026.1"][name].splitlines())
        assert sorted(row[:2] for row in rows) == sorted(row[:2] for row in grid[1:3])
        assert {row[header.index("reason")] for row in rows} == {""}
        kept = [dict(zip(header, row, strict=True)) for row in rows]
        for row in kept:
            row["reason"] = "Held out."
        lines = [[row.get(column, "") for column in grid[0]] for row in kept]
        save(layer, name, [grid[0], *grid[3:], *lines])
    again = read_version(plan([OLD, layer], "2026.1", others=()), CODEBOOK)
    assert [p.line() for p in again.errors] == []
