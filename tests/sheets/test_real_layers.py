"""The two real layers: no errors, warnings that were read, and the counts of data/README.md."""

import re

import pytest
from review import LAYERS, NEW, OLD, OUTCOMES, ROOT, clean, problems, read

from singlearm.catalogue import tables

OTHERS = {"2021.1": (NEW,), "2026.1": ()}


def orientation_table() -> dict[str, list[tuple[int, int, int]]]:
    """k, events and total of each outcome in both versions, from the raw data's own README."""
    text = (ROOT / "data" / "raw" / "README.md").read_text(encoding="utf-8")
    line = re.compile(
        r"^\| (\w+) \| (\d+) \| (?:(\d+)/(\d+)|-) \|[^|]*\| (\d+) \| (?:(\d+)/(\d+)|-) \|", re.M
    )
    return {
        outcome: [tuple(int(n or 0) for n in numbers[i : i + 3]) for i in (0, 3)]
        for outcome, *numbers in line.findall(text)
    }


def test_orientation_table_is_read():
    table = orientation_table()
    assert set(table) == {name for name, o in OUTCOMES.items() if o["kind"] == "proportion"}
    assert table["orr"][0] == (20, 282, 363)


@pytest.mark.parametrize("version", LAYERS)
def test_no_errors(version):
    found = problems(LAYERS[version], version, others=OTHERS[version])
    assert [p.line() for p in found if p.severity == "error"] == []


def test_the_warnings_are_the_ones_that_were_read():
    """Each was compared with the sheets: subgroups with one level in outcomes of few studies,
    CARTITUDE-4's printed risk ratio, which the adjudicator dropped though both extractors have it,
    and the cells that newer reports lack.
    """
    for version, layers in LAYERS.items():
        rules = {p.rule for p in problems(layers, version, others=OTHERS[version])}
        assert rules == {"subgroup_one_level"} | (
            {"overrides_agreed", "superseded_cells"} if version == "2026.1" else set()
        )


@pytest.mark.parametrize(("version", "place"), [("2021.1", 0), ("2026.1", 1)])
def test_analysed_counts_equal_the_orientation_table(version, place, tmp_path):
    rows = read(clean(LAYERS[version], tmp_path), "outcomes")
    for outcome, expected in orientation_table().items():
        cells = [row for row in rows if row["outcome"] == outcome]
        counts = [sum(row[name] for row in cells) for name in ("events", "total")]
        assert (len(cells), *counts) == expected[place], outcome


def test_by_outcome_repeats_the_analysed_cells(tmp_path):
    folder = clean([OLD, NEW], tmp_path)
    outcomes, studies = read(folder, "outcomes"), read(folder, "studies")
    for outcome in orientation_table():
        rows = {r["study_id"]: r for r in outcomes if r["outcome"] == outcome}
        cells = tables.read_table(folder / "by_outcome" / f"{outcome}.csv", "cells")
        assert [(c["study_id"], c["events"], c["total"]) for c in cells] == [
            (s, r["events"], r["total"]) for s, r in sorted(rows.items())
        ]
        assert len({c["label"] for c in cells}) == len(cells)
        by_id = {study["study_id"]: study for study in studies}
        assert all(c["year"] == by_id[c["study_id"]]["year"] for c in cells)
