"""The reviews under examples/: made from their tables, and equal to what was published of them."""

import csv
import shutil
from collections import defaultdict

import pytest

from singlearm.intake.__main__ import make_review
from singlearm.synthesis import Model, pool

EXAMPLES = ("hpv-in-asc-us", "checkpoint-inhibitor-harms")


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_table_makes_the_same_sheets_again(name, repository, tmp_path):
    example, folder = repository / "examples" / name, tmp_path / name
    folder.mkdir()
    shutil.copy(example / "columns.yaml", folder)
    (table,) = (example / "data" / "source").iterdir()
    make_review(folder, table)
    for sheet in sorted((example / "data" / "raw" / "1").iterdir()):
        made = folder / "data" / "raw" / "1" / sheet.name
        assert made.read_bytes() == sheet.read_bytes(), sheet.name
    assert (folder / "columns.yaml").read_bytes() == (example / "columns.yaml").read_bytes()


def counts(repository, name):
    """Events, totals and trials of each outcome."""
    path = repository / "examples" / name / "data" / "raw" / "1" / "outcomes_1.csv"
    found = defaultdict(lambda: ([], [], []))
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            events, totals, studies = found[row["outcome"]]
            events.append(int(row["events"]))
            totals.append(int(row["total"]))
            studies.append(row["study_id"])
    return found


def test_hpv_in_asc_us_is_as_published(repository):
    """Nyaga 2014 (Arch Public Health 72:39), figure 1: 43% (39 to 46), raw proportions, DL."""
    events, totals, studies = counts(repository, "hpv-in-asc-us")["hpv_positive"]
    assert (len(studies), sum(events), sum(totals)) == (32, 10_714, 26_311)
    model = Model("normal", measure="PR", tau2="DL", ci="wald")
    pooled = pool(events, totals, model)
    shown = [round(100 * value) for value in (pooled.estimate, pooled.ci_low, pooled.ci_high)]
    assert shown == [43, 39, 46]


@pytest.mark.parametrize(
    ("outcome", "events", "total", "trials"),
    [("any_grade", 12_277, 18_610, 106), ("grade_3_5", 2_627, 18_715, 110)],
)
def test_checkpoint_inhibitor_harms_are_as_published(repository, outcome, events, total, trials):
    """Wang 2019 (JAMA Oncol 5:1008), abstract: patients and trials with at least one event."""
    found = counts(repository, "checkpoint-inhibitor-harms")[outcome]
    assert (sum(found[0]), sum(found[1])) == (events, total)
    path = repository / "examples/checkpoint-inhibitor-harms/data/raw/1/studies.csv"
    with path.open(encoding="utf-8", newline="") as file:
        trial = {row["study_id"]: row["trial"] for row in csv.DictReader(file)}
    assert len({trial[study] for study in found[2]}) == trials
