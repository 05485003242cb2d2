"""The results are what the sheets, protocol and code on disk give, whatever the clocks say."""

import os
import random
import re
import shutil
import sys

import killing
import pytest

from singlearm.archive import truth
from singlearm.catalogue.json_files import json_text
from singlearm.catalogue.tables import read_json, read_table

SHEETS = ("data/raw/first/outcomes_1.csv", "data/raw/first/outcomes_2.csv")
DAYS = 86_400
SEED = 11
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


def counts(house, outcome="orr"):
    """Events and patients of an outcome as pooled."""
    rows = read_table(house.root / "results/1/pooled.csv", "pooled")
    return {(row["events"], row["total"]) for row in rows if row["outcome"] == outcome}


def estimate(house, model):
    rows = read_table(house.root / "results/1/pooled.csv", "pooled")
    return next(r["estimate"] for r in rows if (r["outcome"], r["model"]) == ("orr", model))


def replace_sheets(house, old, new):
    """Put sheets that are ten years older in the place of those that are there."""
    for name in SHEETS:
        sheet = house.root / name
        other = sheet.with_name("other.tmp")
        other.write_text(sheet.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        moment = sheet.stat().st_mtime - 3650 * DAYS
        os.utime(other, (moment, moment))
        other.replace(sheet)


def test_stale_mtime_an_older_sheet_moved_in_is_computed(house):
    replace_sheets(house, "Alpha2019,orr,8,10", "Alpha2019,orr,1,10")
    told = house.build("status")
    assert "1: not current" in told
    assert "stale: data/raw/first/outcomes_1.csv (has changed)" in told
    house.build("all", "archive")
    assert counts(house) == {(44, 76)}
    assert "1: current" in house.build("status")


def test_a_version_that_is_not_built_is_asked_for_by_name(new_house):
    """Its sheets are compared as those of the built ones are."""
    with new_house.protocol() as protocol:
        protocol["versions"]["2"] = {"title": "Again", "layers": ["data/raw/first"]}
        assert protocol["build"] == ["1"]
    target = "results/2/pool/orr/pooled.csv"
    new_house.build(target)
    made = (new_house.root / target).read_bytes()
    replace_sheets(new_house, "Alpha2019,orr,8,10", "Alpha2019,orr,80,10")
    refused = new_house.snakemake(target)
    assert refused.returncode != 0
    assert "80 events among 10 patients" in refused.stdout
    assert (new_house.root / target).read_bytes() == made
    replace_sheets(new_house, "Alpha2019,orr,80,10", "Alpha2019,orr,1,10")
    new_house.build(target)
    assert {row["events"] for row in read_table(new_house.root / target, "pooled")} == {44}


def test_missing_metadata_a_changed_protocol_is_computed(house):
    shutil.rmtree(house.root / ".snakemake")
    house.edit("config/config.yaml", "tau2: DL", "tau2: REML")
    told = house.build("status")
    assert "models (set otherwise in the protocol" in told
    before = estimate(house, "logit_dl")
    house.build()
    assert before == pytest.approx(0.676458, abs=1e-6)
    assert estimate(house, "logit_dl") == pytest.approx(0.677159, abs=1e-6)


def test_missing_results_are_made_again_and_edited_ones_too(house):
    before = killing.tree(house.root / "results")
    results = house.root / "results/1"
    for name in ("pooled.csv", "figures/orr/forest.png", "tables/all_results.csv"):
        (results / name).unlink()
    for name in ("times.csv", "provenance/pool_ratios.json", "clean/by_outcome/orr.csv"):
        with (results / name).open("a", encoding="utf-8") as file:
            file.write("by hand\n")
    told = house.build("status")
    assert "missing: results/1/pooled.csv" in told
    assert "edited by hand: results/1/times.csv" in told
    assert "edited by hand: results/1/provenance/pool_ratios.json" in told
    house.build()
    assert killing.tree(house.root / "results") == before
    house.build("archive")
    assert "1: current" in house.build("status")


def test_a_step_of_another_package_runs_again(house):
    """As after an update of numpy: the record told the new version of what the old had made."""
    before = killing.tree(house.root / "results")
    side = house.root / "results/1/provenance/pool_times.json"
    facts = read_json(side)
    numpy = facts["packages"]["numpy"]
    facts["packages"]["numpy"] = "1.0"
    known = truth.provenance.facts_sha256(json_text(facts | {"facts_sha256": ""}))
    side.write_text(json_text(facts | {"facts_sha256": known}), encoding="utf-8")
    told = house.build("status")
    assert f"  stale: numpy (made with 1.0, and here is {numpy})" in told
    house.build()
    assert killing.tree(house.root / "results") == before
    assert "1: current" in house.build("status")


def test_the_last_look_refuses_results_of_other_files(house, monkeypatch):
    """A sheet may change while a run goes on: record and archive look once more."""
    sides = [
        path.relative_to(house.root).as_posix()
        for path in (house.root / "results/1/provenance").rglob("*.json")
    ]
    monkeypatch.chdir(house.root)
    monkeypatch.setattr(truth.provenance, "HOUSE", house.root)
    truth.disk_sha256.cache_clear()
    truth.refuse_changed(sides)
    with (house.root / SHEETS[0]).open("a", encoding="utf-8") as file:
        file.write("\n")
    truth.disk_sha256.cache_clear()
    with pytest.raises(truth.Untrue, match=r"outcomes_1\.csv has changed since clean_layers"):
        truth.refuse_changed(sides)


def test_a_step_without_a_record_is_not_asked_what_it_would_read(tmp_path):
    """A plan of 20 versions from nothing took a quarter longer for answers that nobody used."""

    def ask():
        raise AssertionError

    side = tmp_path / "edited.json"
    side.write_text("{}", encoding="utf-8")
    found = truth.findings({str(tmp_path / "missing.json"): ask, str(side): ask})
    assert [finding.state for finding in found] == [truth.MISSING, truth.EDITED]


def test_a_dropped_outcome_leaves_nothing_behind(house):
    with house.protocol() as protocol:
        del protocol["outcomes"]["crs_any"]
    for name in SHEETS:
        sheet = house.root / name
        rows = sheet.read_text(encoding="utf-8").splitlines(keepends=True)
        sheet.write_text("".join(row for row in rows if ",crs_any," not in row))
    assert "not current" in house.build("status")  # which takes nothing away
    assert (house.root / "results/1/pool/crs_any/pooled.csv").exists()
    house.build()
    made = killing.tree(house.root / "results")
    assert [name for name in made if "crs_any" in name] == []
    record = read_json(house.root / "results/1/provenance.json")
    assert {f"1/{name.split('/', 2)[2]}" for name in record["artifacts"]} < set(made)


#: What random edits change: files, the place in them, and what may stand there instead.
PLACES = {
    "sheet": (SHEETS, r"(?<=Alpha2019,orr,)\d+(?=,10,)", [*map(str, range(11))]),
    "other sheet": (SHEETS, r"(?<=Delta2021,crs_any,)\d+(?=,25,)", [*map(str, range(26))]),
    "durations": (
        ("data/raw/first/durations_1.csv",),
        r"(?<=Beta2020,median_pfs,)[\d.]+",
        ["7", "8.5", "9", "11.25"],
    ),
    "protocol": (("config/config.yaml",), r"(?<=tau2: )\w+", ["DL", "REML", "PM", "ML"]),
    "threshold": (("config/config.yaml",), r"(?<=threshold: )0\.5\d*", ["0.5", "0.55", "0.51"]),
    "codebook": (
        ("config/codebook.csv",),
        r"(?<=,)Phase[ \d]*(?=,)",
        ["Phase", "Phase 2", "Phase 3"],
    ),
    "claims": (
        ("data/raw/first/claims.csv",),
        r"(?<=estimate_percent,)\d+",
        [*map(str, range(60, 80))],
    ),
}


def edit_at_random(house, chance):
    """Change a sheet, the protocol, the codebook, the claims or an artifact; give it any time."""
    results = [p for p in sorted((house.root / "results").rglob("*")) if p.is_file()]
    kind = chance.choice([*PLACES, "edited", "deleted", "time"])
    now = (house.root / "README.md").stat().st_mtime
    moment = now + chance.uniform(-4000, 30) * DAYS
    if kind in PLACES:
        names, place, values = PLACES[kind]
        files = [house.root / name for name in names]
        there = re.search(place, files[0].read_text(encoding="utf-8"))
        value = chance.choice([other for other in values if other != there.group()])
        change = lambda text: re.sub(place, value, text)  # noqa: E731
        what = f"{kind}: {there.group()} to {value}"
    else:
        files = [chance.choice(results)]
        change = {"edited": lambda text: text + "x", "time": str, "deleted": str}[kind]
        what = f"{kind}: {files[0].relative_to(house.root)}"
    for file in files:
        if kind == "deleted":
            file.unlink()
            continue
        before = file.read_bytes().decode("latin-1")
        after = change(before)
        assert kind == "time" or after != before, what
        file.write_bytes(after.encode("latin-1"))
        os.utime(file, (moment, moment))
    return what


def test_after_random_edits_one_plain_command_equals_a_fresh_build(house, tmp_path):
    """Two houses get the same edits; one of them loses the notes of the workflow manager."""
    bare = house.copy_to(tmp_path / "bare")
    for number in range(30 if LONG else 3):
        for each in (house, bare):
            chance = random.Random(f"{SEED} {number}")
            done = [edit_at_random(each, chance) for _ in range(chance.randint(2, 4))]
        shutil.rmtree(bare.root / ".snakemake", ignore_errors=True)
        house.build()
        bare.build()
        fresh = house.copy_to(tmp_path / "fresh")
        killing.start_anew(fresh.root)
        fresh.build()
        wanted = killing.tree(fresh.root / "results")
        for each in (house, bare):
            made = killing.tree(each.root / "results")
            other = {n for n in made.keys() | wanted.keys() if made.get(n) != wanted.get(n)}
            assert not other, (number, each.root.name, done, other)
        sys.stdout.write(f"{number + 1}: {done}\n")  # shown with -s, as a long run is waited for
        shutil.rmtree(fresh.root)
