"""The real layers: no errors, warnings that were read, and the counts of data/README.md."""

import csv
import re
from pathlib import Path

import pytest
from review import (
    LAYERS,
    NEW,
    NEWEST,
    OLD,
    OUTCOMES,
    PROTOCOL,
    ROOT,
    clean,
    copy_layer,
    load,
    problems,
    read,
    save,
)

from singlearm.catalogue import tables
from singlearm.synthesis import Model, pool

OTHERS = {"2021.1": (NEW,), "2026.1": (), "2026.2": ()}
ALL = LAYERS | {"2026.2": [OLD, NEW, NEWEST]}
KEEP = {"superseded": "keep"}


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


@pytest.mark.parametrize("version", ALL)
def test_no_errors(version):
    found = problems(ALL[version], version, others=OTHERS[version])
    assert [p.line() for p in found if p.severity == "error"] == []


def test_the_warnings_are_the_ones_that_were_read():
    """Each was compared with the sheets: subgroups with one level in outcomes of few studies,
    CARTITUDE-4's printed risk ratio, which the adjudicator dropped though both extractors have it,
    and the cells that newer reports lack.
    """
    more = {
        "2021.1": set(),
        "2026.1": {"overrides_agreed", "superseded_cells"},
        "2026.2": {"overrides_agreed", "superseded_cells", "single_extractor", "crude_rate"},
    }
    for version, layers in ALL.items():
        rules = {p.rule for p in problems(layers, version, others=OTHERS[version])}
        assert rules == {"subgroup_one_level"} | more[version], version


def test_a_ratio_that_its_counts_do_not_give_is_asked_about_until_it_is_decided(tmp_path):
    layer = copy_layer(NEW, tmp_path / NEW.name)
    grid = load(layer, "adjudication_comparative")
    kept = [row for row in grid if "SanMiguel2023_CARTITUDE4" not in row or "orr" not in row]
    assert len(grid) - len(kept) == 1
    save(layer, "adjudication_comparative", kept)
    found = problems([OLD, layer], "2026.1", others=OTHERS["2026.1"])
    asked = [(p.sheet, p.value) for p in found if p.rule == "not_of_counts"]
    assert asked == [("comparative_1", "2.2"), ("comparative_2", "2.2")]


def test_rates_that_are_whole_numbers_of_patients_are_asked_about():
    found = problems(ALL["2026.2"], "2026.2", others=())
    asked = [(p.sheet, p.row, p.value) for p in found if p.rule == "crude_rate"]
    assert ("landmarks_1", 16, "75") in asked  # 12 of 16, as its note says
    assert ("landmarks_1", 17, "68.8") in asked  # 11 of 16


def orientation_of(version: str) -> dict[str, dict[str, str]]:
    """The rows of the orientation table of a version; copied from the makers of the layers."""
    path = Path(__file__).parent / "orientation.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["outcome"]: {
                name.removeprefix(f"{version} "): value
                for name, value in row.items()
                if name.startswith(version)
            }
            for row in csv.DictReader(file)
        }


@pytest.mark.parametrize("version", ALL)
def test_plain_pooling_gives_the_orientation_table(version, tmp_path):
    """DerSimonian-Laird on the logit scale, superseded cells dropped, to the printed decimal."""
    rows = read(clean(ALL[version], tmp_path, version, others=OTHERS[version]), "outcomes")
    for outcome, expected in orientation_of(version).items():
        cells = [row for row in rows if row["outcome"] == outcome]
        counts = [[row[name] for row in cells] for name in ("events", "total")]
        found = {"k": len(cells), "events": sum(counts[0]), "total": sum(counts[1])}
        assert {name: int(expected[name]) for name in found} == found, outcome
        if cells:
            fit = pool(*counts, Model.of(PROTOCOL["models"]["logit_dl"]))
            ours = [f"{100 * v:.1f}" for v in (fit.estimate, fit.ci_low, fit.ci_high)]
            assert ours == [expected[n] for n in ("percent", "ci_low", "ci_high")], outcome


def test_the_cells_that_newer_reports_lack_come_back_marked(tmp_path):
    folder = clean(ALL["2026.2"], tmp_path, "2026.2", others=(), **KEEP)
    carried = {
        (row["carried_from"], row["outcome"]): (row["events"], row["total"])
        for row in read(folder, "outcomes")
        if row["carried_from"]
    }
    assert carried == {
        ("Yan2019", "cr"): (12, 21),
        ("Yan2019", "vgpr_or_better"): (17, 21),
        ("Yan2019", "neurotox_any"): (2, 21),
        ("Zhao2018", "vgpr_or_better"): (42, 57),
        ("Zhao2018", "mrd_negative_of_evaluable"): (36, 57),
        ("Zhao2018", "mrd_negative_of_responders"): (36, 50),
        ("LiBM38_2019", "vgpr_or_better"): (14, 22),
        ("Green2018", "relapse_of_responders"): (2, 11),
        ("LiC2024_FUMANBA1", "mrd_negative_of_evaluable"): (96, 101),
    }


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
