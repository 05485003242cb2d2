"""What a run prints: few lines for people, one object a step for programs, a short end."""

import io
import json
import logging

import pytest
from houses import PRINTED
from snakemake.logging import LogEvent

from singlearm import progress


def record(message="", **facts):
    made = logging.LogRecord("snakemake", logging.INFO, "", 0, message, (), None)
    vars(made).update(facts)
    return made


def run_of(steps, **options):
    """What is printed of a run of so many steps, and the messages that the screen shows beside."""
    screen = io.StringIO()
    shown = progress.Progress(screen=screen, **options)
    passed = []
    for n in range(1, steps + 1):
        values = {"version": "1", "outcome": f"o{n}"}
        started = {"jobid": n, "rule_name": "pool_outcome", "rule_msg": f"pooling o{n}"}
        for each in (
            record("Rule", event=LogEvent.JOB_INFO, wildcards=values, **started),
            record("Finished", event=LogEvent.JOB_FINISHED, job_id=n),
            record("steps", event=LogEvent.PROGRESS, done=n, total=steps),
        ):
            passed += [each] if shown.filter(each) else []
    return screen.getvalue().splitlines(), passed


@pytest.mark.parametrize("steps", [1, 7, 22, 156, 5000])
def test_a_good_run_prints_a_line_for_a_twentieth_of_the_steps(steps):
    lines, passed = run_of(steps)
    assert 1 <= len(lines) <= progress.LINES + 1
    assert lines[-1].startswith(f"{steps} of {steps} steps")
    assert passed == []


def test_errors_reach_the_screen():
    error = record("Error in rule pool_outcome", event=LogEvent.JOB_ERROR)
    assert progress.Progress(screen=io.StringIO()).filter(error)


def test_programs_get_every_step():
    lines, _ = run_of(3, as_json=True)
    steps = [json.loads(line) for line in lines]
    assert [(step["done"], step["total"], step["outcome"]) for step in steps] == [
        (1, 3, "o1"),
        (2, 3, "o2"),
        (3, 3, "o3"),
    ]
    assert {step["rule"] for step in steps} == {"pool_outcome"}
    assert steps[-1]["left"] == 0
    assert steps[0]["left"] >= 0


def test_the_end_says_what_was_made_and_changed():
    before = {"results/1/a.csv": "x", "results/1/b.csv": "x"}
    after = before | {"results/1/b.csv": "y", "results/1/c.csv": "z"}
    assert [*progress.ending("1", {}, before)] == ["results/1: 2 files made"]
    assert [*progress.ending("1", before, before)] == ["results/1: 2 files, none changed"]
    assert [*progress.ending("1", before, after)] == [
        "results/1: 3 files, 1 new, 1 changed",
        "  b.csv",
        "  c.csv",
    ]


def test_a_whole_run_prints_at_most_forty_lines(run_house):
    lines = run_house.root.with_name(PRINTED).read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 40
    assert any("files made" in line for line in lines)
    assert "open results/1/report.html" in lines
