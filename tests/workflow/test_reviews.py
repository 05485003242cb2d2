"""Many reviews in one run: each by itself, a faulty one stops itself only, one page of all."""

import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import lxml.html
import pytest

from singlearm import reviews as reviews_module
from singlearm.catalogue.tables import read_table
from singlearm.report import review_list


@pytest.fixture
def reviews(run_house, tmp_path):
    """Two review folders with results, one of them with a fault in its sheets since."""
    folder = tmp_path / "reviews"
    for name in ("with a blank", "faulty"):
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
    assert "1 of 2 reviews built" in printed
    assert "faulty: faulty (pass_gate (version 1) stopped: 2 errors in the sheets" in printed
    steps = [json.loads(line) for line in lines if line.startswith("{")]
    assert [step["done"] for step in steps] == list(range(1, 5))
    built = {step["name"] for step in steps if step["rule"] == "build_review"}
    assert built == {"with a blank", "faulty"}
    page = lxml.html.parse(reviews / "index.html").getroot()
    first, other = page.xpath("//article")
    assert first.get("class") == "faulty"
    assert "80 events among 10 patients" in first.text_content()
    (orr,) = [
        row
        for row in read_table(run_house.root / "results/1/pooled.csv", "pooled")
        if (row["outcome"], row["model"]) == ("orr", "glmm")
    ]
    average, low, high = (100 * orr[name] for name in ("marginal", "marginal_low", "marginal_high"))
    headline = f"{average:.1f}% (95% CI {low:.1f} to {high:.1f})"
    assert headline in other.text_content()
    for address in page.xpath("//a/@href"):
        assert (reviews / address.replace("%20", " ")).is_file()
    # what was mended is built by the same command; the other is as it was
    before = (reviews / "with a blank/results/1/report.html").stat().st_mtime_ns
    for path in reviews.glob("faulty/data/raw/first/outcomes_?.csv"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("Alpha2019,orr,80,10", "Alpha2019,orr,8,10"), "utf-8")
    assert "2 of 2 reviews built" in build(house, reviews)[0]
    assert (reviews / "with a blank/results/1/report.html").stat().st_mtime_ns == before


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


#: Names that a file system allows: patterns, unprintable, not UTF-8, long, an option.
ODD_NAMES = (b"{x}", b"caf\xe9\n", "Ж".encode() * 120, b'-rf 50% it\'s $HOME "q" <b>')


def faulty(folder):
    """A review that stops before it begins, to have many of them quickly."""
    (folder / "config").mkdir(parents=True)
    (folder / "config/config.yaml").write_text("review: 1\n", encoding="utf-8")


def test_no_folder_name_stops_the_others(run_house, tmp_path):
    house = run_house.copy_to(tmp_path / "house")
    for name in ODD_NAMES:
        faulty(tmp_path / "2026" / os.fsdecode(name))
    (tmp_path / "2026/latest").symlink_to("{x}")
    later = time.time() + 86_400
    os.utime(tmp_path / "2026/{x}/config/config.yaml", (later, later))
    (house.root / "2026").symlink_to(tmp_path / "2026")
    printed, _ = build(house, "2026")  # a number, as the workflow manager reads it
    assert f"0 of {len(ODD_NAMES)} reviews built" in printed
    page = lxml.html.parse(tmp_path / "2026/index.html").getroot()
    articles = page.xpath("//article")
    assert len(articles) == len(ODD_NAMES)
    assert all("review" in article.text_content() for article in articles)
    assert not page.xpath("//article//b")


def test_a_folder_that_nobody_may_read_is_a_fault_of_its_own(tmp_path, monkeypatch):
    faulty(tmp_path / "open")
    (tmp_path / "lost+found").mkdir()
    is_file = Path.is_file

    def refuse(path):
        if "lost+found" in path.parts:
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", refuse)
    assert review_list.review_folders(tmp_path) == ["lost+found", "open"]


def test_a_run_beside_another_one_keeps_its_work(run_house, tmp_path):
    """Both hold the lock of one folder; the second was told that its run had been killed."""
    house = run_house.copy_to(tmp_path / "house")
    faulty(tmp_path / "reviews/one")
    lock = house.root / ".snakemake/run.lock"
    with lock.open("w", encoding="utf-8") as other:
        other.write("another-run\n")
        other.flush()
        fcntl.flock(other, fcntl.LOCK_SH)
        unfinished = house.root / "results/.parts-of-the-other"
        unfinished.mkdir()
        assert "0 of 1 reviews built" in build(house, tmp_path / "reviews")[0]
        first, second = lock.read_text(encoding="utf-8").split()
    assert first == "another-run" and second != first
    assert unfinished.is_dir()


def test_a_review_that_is_being_built_is_waited_for(tmp_path, monkeypatch):
    """A killed run of many leaves the run of a review; beside it the review was called faulty."""
    lock = tmp_path / "one/.snakemake/run.lock"
    lock.parent.mkdir(parents=True)
    faulty(tmp_path / "one")
    hold = "import fcntl, sys; f = open(sys.argv[1], 'a+'); fcntl.flock(f, fcntl.LOCK_SH)"
    hold += "; print('held', flush=True); sys.stdin.read()"
    started = []
    killed = subprocess.CompletedProcess([], -9, stdout="Error: a warning of the sheets")

    def run(*_, **__):
        started.append(other.poll())
        return killed

    with subprocess.Popen(
        [sys.executable, "-c", hold, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        threading.Timer(0.5, other.stdin.close).start()
        monkeypatch.setattr(reviews_module.subprocess, "run", run)
        state = reviews_module.build(tmp_path, "one", 1)
    assert len(started) == 1
    assert state["fault"] == "its run was killed (SIGKILL)"


def test_a_lock_that_cannot_be_had_is_the_fault_of_that_review(tmp_path, monkeypatch):
    """It was passed over, and the review built beside a run that may go on."""
    lock = tmp_path / "one/.snakemake/run.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    faulty(tmp_path / "one")

    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(reviews_module.fcntl, "flock", no_locks)
    state = reviews_module.build(tmp_path, "one", 1)
    assert state["fault"].startswith("its lock cannot be had") and "No locks" in state["fault"]


def test_an_array_goes_by_the_reviews_there_were_when_it_was_submitted(
    tmp_path, monkeypatch, capsys
):
    for name in ("a", "b"):
        faulty(tmp_path / name)
    reviews_module.main("start", str(tmp_path))
    assert capsys.readouterr().out == "2\n"
    faulty(tmp_path / "aa")
    built = []

    def note(reviews, name, cores):  # noqa: ARG001
        built.append(name)
        return review_list.state_of(reviews, name, "a fault")

    monkeypatch.setattr(reviews_module, "build", note)
    reviews_module.main("build", str(tmp_path), "1")
    reviews_module.main("index", str(tmp_path))
    assert built == ["b"]
    assert "faulty: a (its job did not start)" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="No folder in"):
        reviews_module.main("start", str(tmp_path / "a"))


def test_a_refused_array_leaves_the_page_as_it_was(repository, tmp_path):
    folder = tmp_path / "100% done"
    faulty(folder / "one")
    (folder / "index.html").write_text("the page before", encoding="utf-8")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "sbatch").write_text('#!/bin/sh\necho "$@" >&2\nexit 1\n', encoding="utf-8")
    (programs / "sbatch").chmod(0o755)
    (programs / "python").symlink_to(sys.executable)
    done = subprocess.run(
        ["bash", repository / "workflow/scripts/cluster.sh", folder],
        env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "sbatch took no job" in done.stderr
    assert "100%% done/.slurm/%a.log" in done.stderr
    assert (folder / "index.html").read_text(encoding="utf-8") == "the page before"
