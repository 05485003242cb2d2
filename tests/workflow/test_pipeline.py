"""The way through the house: dry run, whole run, nothing to do, and re-running only what must."""

import csv
import os
import random
import re
import shutil
import time
from collections import Counter

import lxml.html
import pytest

from singlearm.catalogue.tables import columns, read_table

GATHERS = {
    "assess_reporting_bias",
    "audit_claims",
    "compare_versions",
    "draw_review",
    "gather_pooled",
    "record_provenance",
    "write_manuscript",
    "write_replication",
    "write_report",
    "write_tables",
}
OF_OUTCOME = {"pool_outcome", "draw_outcome", "vary_outcome"}
SHEETS = {"clean_layers", "pass_gate"}
#: What the manager says when it plans behind a checkpoint a second time.
PLANNED_AGAIN = "Updating checkpoint dependencies"


def jobs(printed: str) -> Counter:
    """The rules that a run finished, and how often."""
    return Counter(re.findall(r"^Finished jobid: \d+ \(Rule: (\w+)\)", printed, re.MULTILINE))


def planned(printed: str) -> dict[str, int]:
    """The rules that a dry run plans, and how often."""
    return {rule: int(n) for rule, n in re.findall(r"^(\w+) +(\d+)$", printed, re.MULTILINE)}


def test_dry_run_plans_every_stage(new_house):
    ran = planned(new_house.build("-n"))
    for rule in ("clean_layers", "pool_outcome", "draw_outcome", "write_report"):
        assert rule in ran
    assert not (new_house.root / "results").exists()


def test_whole_run_makes_the_contract_files(run_house):
    results = run_house.root / "results/1"
    kinds = ("pooled", "subgroups", "subgroup_tests", "regression", "times", "ratios", "claims")
    for kind in kinds:
        with (results / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
            assert next(csv.reader(file)) == columns(kind)
    for kind in ("svg", "pdf", "png"):
        assert (results / f"figures/orr/forest.{kind}").stat().st_size > 1000
    assert "<html" in (results / "report.html").read_text(encoding="utf-8")


def test_pooled_counts_are_those_of_the_sheets(run_house):
    pooled = read_table(run_house.root / "results/1/pooled.csv", "pooled")
    counts = {(row["outcome"], row["k"], row["events"], row["total"]) for row in pooled}
    assert counts == {("orr", 5, 51, 76), ("crs_any", 4, 52, 61)}


def test_the_report_shows_what_each_study_prints(run_house):
    page = lxml.html.parse(run_house.root / "results/1/report.html").getroot()
    (table,) = page.xpath("//table[@data-printed='median_pfs']")
    rows = [[" ".join(c.text_content().split()) for c in row] for row in table.xpath("tbody/tr")]
    assert [row[1] for row in rows] == ["6 (4 to 9), n=10", "8.5, n=20", "not reached, n=25"]


def test_second_run_has_nothing_to_do(house):
    """What stands behind the gate is planned once where the gate let these very sheets pass."""
    told = house.build()
    assert "Nothing to be done" in told
    assert PLANNED_AGAIN not in told
    sheet = house.root / "data/raw/first/studies.csv"
    os.utime(sheet)  # the same content, saved again
    told = house.build()
    assert "Nothing to be done" in told
    assert PLANNED_AGAIN not in told


def test_a_job_is_not_planned_with_all_that_precedes_it(house):
    """As the executor of a cluster begins it on another node."""
    (house.root / "results/1/clean/gate.json").unlink()
    side = house.root / "results/1/provenance/orr/pool_outcome.json"
    before = side.stat().st_mtime_ns
    told = house.build(
        *("--mode", "remote", "--target-jobs", "pool_outcome:version=1,outcome=orr"),
        *("--allowed-rules", "pool_outcome", "--force", "--nolock"),
    )
    assert PLANNED_AGAIN not in told
    assert "gate" not in told
    assert side.stat().st_mtime_ns > before


def date_at_random(house):
    """As a clone, a copy or an unpacked archive leaves the times: sheets, code and results."""
    chance = random.Random(20261129)
    for path in sorted(house.root.rglob("*")):
        if path.is_file() and ".snakemake" not in path.parts:
            moment = time.time() - chance.uniform(0, 3650) * 86_400
            os.utime(path, (moment, moment))


@pytest.mark.parametrize("copied", [False, True])
def test_one_cell_reruns_its_outcome_and_the_gathers_alone(house, copied):
    if copied:
        date_at_random(house)
    for sheet in ("outcomes_1", "outcomes_2"):
        house.edit(
            f"data/raw/first/{sheet}.csv", "Alpha2019,crs_any,7,10", "Alpha2019,crs_any,6,10"
        )
    ran = jobs(house.build())
    assert {rule: ran[rule] for rule in OF_OUTCOME} == dict.fromkeys(OF_OUTCOME, 1)
    assert set(ran) <= GATHERS | SHEETS | OF_OUTCOME | {"all"}
    pooled = read_table(house.root / "results/1/pooled.csv", "pooled")
    assert {row["events"] for row in pooled if row["outcome"] == "crs_any"} == {51}
    assert "Nothing to be done" in house.build()


def test_what_a_copy_dates_anew_is_not_made_again(house):
    date_at_random(house)
    assert "1: current" in house.build("status")
    date_at_random(house)
    assert "Nothing to be done" in house.build("--dry-run")
    date_at_random(house)
    shutil.rmtree(house.root / ".snakemake")
    assert "Nothing to be done" in house.build()


def test_an_edited_note_reruns_no_pooling(house):
    house.edit(
        "data/raw/first/studies.csv",
        "Alpha2019,Alpha A,2019,Invented",
        "Alpha2019,Alpha A,2019,Told",
    )
    ran = jobs(house.build())
    assert not OF_OUTCOME & set(ran)
    assert ran["clean_layers"] == 1


def test_an_edited_library_file_reruns_what_uses_it(house):
    with (house.root / "workflow/scripts/singlearm/figures/__init__.py").open("a") as file:
        file.write("\n# edited\n")
    ran = planned(house.build("-n"))
    assert ran["draw_outcome"] == 2
    assert ran["draw_review"] == 1
    assert "pool_outcome" not in ran
    assert "clean_layers" not in ran


def test_one_figure_builds_only_what_it_needs(new_house):
    ran = jobs(new_house.build("results/1/figures/orr/forest.svg"))
    assert ran == dict.fromkeys([*SHEETS, *OF_OUTCOME], 1)
