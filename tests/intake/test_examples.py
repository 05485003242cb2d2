"""The reviews under examples/: made from their tables, and equal to what was published of them."""

import csv
import json
import lzma
import math
import shutil
from collections import defaultdict

import pytest

from singlearm.intake.__main__ import make_review
from singlearm.kinds import POOLINGS, Evidence, rate
from singlearm.synthesis import Model, pool

EXAMPLES = ("hpv-in-asc-us", "checkpoint-inhibitor-harms", "catheter-infections")
#: metafor 3.8-1 on the standard arm of dat.nielweise2008: estimate, limits and tau2 on the log of
#: events per catheter-day. Poisson-normal by 50 nodes, whose limits are Wald's and not compared.
STANDARD = {
    "log_reml_hk": (-5.44013941586, -5.99943382823, -4.88084500349, 0.36985666058),
    "poisson_normal": (-5.50706256439, None, None, 0.31653111242),
    "poisson_common": (-5.80673750204, None, None, None),
}


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


@pytest.fixture
def catheters(repository):
    """Events and catheter-days of each outcome, the rows of its models, those of its studies."""
    path = repository / "examples/catheter-infections/data/raw/1/rates_1.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            row | {"events": int(row["events"]), "person_time": float(row["person_time"])}
            for row in csv.DictReader(file)
        ]
    outcomes = {name: {"kind": "rate"} for name in ("anti_infective", "standard")}
    pooled = list(POOLINGS["rates"].call(Evidence({"rate_values": rows}, outcomes)))
    counted = {
        name: (
            [row["events"] for row in rows if row["outcome"] == name],
            [row["person_time"] for row in rows if row["outcome"] == name],
        )
        for name in outcomes
    }
    return counted, {(row["outcome"], row["model"]): row for row in pooled}, rate.study_rates(rows)


def reference(repository, name):
    """A file of metafor's values on events per person-time."""
    path = repository / f"tests/reference/reference2/rates/{name}.json.xz"
    return json.loads(lzma.decompress(path.read_bytes()))


def per_day(per_year):
    """The log of a rate per catheter-day, of one per year."""
    return math.log(per_year / 365.25)


def test_catheter_infections_are_those_of_the_reference(repository, catheters):
    data = reference(repository, "nielweise2008_irr")["data"]
    assert catheters[0] == {
        "anti_infective": (data["x1i"], data["t1i"]),
        "standard": (data["x2i"], data["t2i"]),
    }


def test_each_study_has_the_rate_and_the_exact_interval_of_the_reference(repository, catheters):
    (known,) = reference(repository, "nielweise2008_trt")["study_ci"]
    rows = [row for row in catheters[2] if row["outcome"] == "anti_infective"]
    for ours, theirs in (("estimate", "rate"), ("ci_low", "ci_lb"), ("ci_high", "ci_ub")):
        per_year = [365.25 * value for value in known[theirs]]
        assert [row[ours] for row in rows] == pytest.approx(per_year, rel=1e-10), ours


def test_anti_infective_catheters_pool_as_in_metafor(repository, catheters):
    """The tolerances of the comparison with reference values: metafor's mixed model has 7 nodes."""
    known, rows = reference(repository, "nielweise2008_trt"), catheters[1]
    (two_steps,) = (
        fit for fit in known["fits"]
        if (fit["measure"], fit["method"], fit["test"]) == ("IRLN", "REML", "adhoc")
    )  # fmt: skip
    row = rows["anti_infective", "log_reml_hk"]
    for ours, theirs in (("estimate", "beta"), ("ci_low", "ci_lb"), ("ci_high", "ci_ub")):
        assert per_day(row[ours]) == pytest.approx(two_steps[theirs], rel=1e-7), ours
    assert row["tau2"] == pytest.approx(two_steps["tau2"], rel=1e-7)
    mixed, common = (
        next(f for f in known["glmm"] if f["method"] == method and f.get("nAGQ", 7) == 7)
        for method in ("ML", "EE")
    )
    row = rows["anti_infective", "poisson_normal"]
    assert per_day(row["estimate"]) == pytest.approx(mixed["beta"], abs=5e-4)
    assert row["tau2"] == pytest.approx(mixed["tau2"], rel=5e-4)
    row = rows["anti_infective", "poisson_common"]
    assert per_day(row["estimate"]) == pytest.approx(common["beta"], rel=1e-8)


@pytest.mark.parametrize("model", STANDARD)
def test_standard_catheters_pool_as_in_metafor(model, catheters):
    row = catheters[1]["standard", model]
    for name, theirs in zip(("estimate", "ci_low", "ci_high"), STANDARD[model], strict=False):
        if theirs is not None:
            assert per_day(row[name]) == pytest.approx(theirs, rel=1e-7), name
    if STANDARD[model][3] is not None:
        # lme4, which metafor calls for the mixed model, stops at about this
        assert row["tau2"] == pytest.approx(STANDARD[model][3], rel=2e-5)
