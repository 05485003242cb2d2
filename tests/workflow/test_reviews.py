"""Many reviews in one run: each by itself, a faulty one stops itself only, one page of all."""

import json
import os
import shutil
import subprocess
import sys

import lxml.html
import pytest

from singlearm.catalogue.tables import read_table
from singlearm.report import review_list


@pytest.fixture
def reviews(run_house, tmp_path):
    """Three review folders: one built before, one whose title changed since, one with a fault."""
    folder = tmp_path / "reviews"
    for name in ("built", "with a blank", "faulty"):
        for part in ("config", "data", "results", ".snakemake"):
            shutil.copytree(run_house.root / part, folder / name / part)
    for path in folder.glob("faulty/data/raw/first/outcomes_?.csv"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("Alpha2019,orr,8,10", "Alpha2019,orr,80,10"), "utf-8")
    (folder / "no review").mkdir()
    return folder


def build(house, reviews, **environment):
    """Run the workflow on a folder of reviews, as a user does; what it printed, and its lines."""
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", "--config", f"reviews={reviews}"],
        cwd=house.root,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, done.stderr.splitlines()


def test_a_faulty_review_stops_itself_only(run_house, reviews, tmp_path):
    house = run_house.copy_to(tmp_path / "house")
    printed, lines = build(house, reviews, PROGRESS="json")
    assert "2 of 3 reviews built" in printed
    assert "faulty: faulty (pass_gate (version 1) stopped: 2 errors in the sheets" in printed
    steps = [json.loads(line) for line in lines if line.startswith("{")]
    assert [step["done"] for step in steps] == list(range(1, 6))
    assert {step["name"] for step in steps if step["rule"] == "build_review"} == {
        "built",
        "with a blank",
        "faulty",
    }
    page = lxml.html.parse(reviews / "index.html").getroot()
    first, *others = page.xpath("//article")
    assert first.get("class") == "faulty"
    assert "80 events among 10 patients" in first.text_content()
    (orr,) = [
        row
        for row in read_table(run_house.root / "results/1/pooled.csv", "pooled")
        if (row["outcome"], row["model"]) == ("orr", "glmm")
    ]
    average, low, high = (100 * orr[name] for name in ("marginal", "marginal_low", "marginal_high"))
    headline = f"{average:.1f}% (95% CI {low:.1f} to {high:.1f})"
    assert [headline in other.text_content() for other in others] == [True] * 2
    for address in page.xpath("//a/@href"):
        assert (reviews / address.replace("%20", " ")).is_file()
    # what was mended is built by the same command; the others are as they were
    before = (reviews / "built/results/1/report.html").stat().st_mtime_ns
    for path in reviews.glob("faulty/data/raw/first/outcomes_?.csv"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("Alpha2019,orr,80,10", "Alpha2019,orr,8,10"), "utf-8")
    assert "3 of 3 reviews built" in build(house, reviews)[0]
    assert (reviews / "built/results/1/report.html").stat().st_mtime_ns == before


def test_the_page_escapes_what_it_shows():
    text = "<script>alert(1)</script>"
    finding = {"label": text, "estimate": text, "counts": text}
    version = {"version": text, "report": "a/results/1/report.html", "findings": [finding]}
    state = {"name": text, "title": text, "fault": text, "versions": [version]}
    page = lxml.html.fromstring(review_list.page([state | {"state": review_list.BUILT}]))
    assert len(page.xpath("//script")) == 1
    assert page.xpath("//article//li")[0].text_content() == f"{text}: {text}; {text}"


def test_the_page_of_200_reviews_is_below_2_mb():
    """Seven findings each, and every second faulty with as long a fault as the page shows."""
    finding = {"label": "An outcome of a long name", "estimate": "x" * 40, "counts": "y" * 60}
    version = {"version": "1", "report": "a/results/1/report.html", "findings": [finding] * 7}
    fault = "\n".join(["z" * 120] * review_list.FAULT_LINES)
    states = [
        {"name": f"r{n}", "title": "t" * 150, "state": state, "fault": said, "versions": [version]}
        for n in range(100)
        for state, said in ((review_list.BUILT, ""), (review_list.FAULTY, fault))
    ]
    assert len(review_list.page(states).encode()) < 2_000_000


def test_a_fault_is_found_among_what_a_run_printed():
    output = "3 of 9 steps\n\npass_gate (version 1) stopped: 2 errors\n  - one\nRuleException:\nx"
    assert review_list.fault_lines(output) == "pass_gate (version 1) stopped: 2 errors\n  - one"
    assert review_list.fault_lines("") == "the run stopped without a word"
