"""The R scripts: made without R, run where R with metafor is, and no result rests on them."""

import os
import shutil
import subprocess
from pathlib import Path

import killing
import pytest

from singlearm.archive.replication import largest, r_script, read_differences
from singlearm.catalogue.tables import read_table

MODEL = {"likelihood": "normal", "measure": "PLO", "tau2": "DL", "ci": "wald"}
CELLS = [
    {"study_id": "One 2020", "events": 3, "total": 10},
    {"study_id": 'Two", quit() #|2021', "events": 0, "total": 12},
]
#: Differences that iterations of R's own optimisers allow; closed forms come to the last digits.
NEAR = {"glmm": 1e-4, "logit_dl": 1e-11}


def pooled(**values):
    row = dict.fromkeys(
        [
            *("estimate", "ci_low", "ci_high", "pi_low", "pi_high", "estimate_link", "se_link"),
            *("p_value", "tau2", "tau2_low", "tau2_high", "tau2_p", "i2", "i2_low", "i2_high"),
            *("h2", "q", "q_p", "loglik"),
        ]
    )
    return row | {"outcome": "orr", "k": 2, "note": None} | values


def metafor_here():
    found = shutil.which("Rscript")
    command = ["Rscript", "--vanilla", "-e", "library(metafor); library(lme4)"]
    return bool(found) and not subprocess.run(command, capture_output=True, check=False).returncode


def test_replicate_runs_the_scripts_and_touches_no_result(house):
    before = killing.tree(house.root / "results/1")
    assert {"replication/orr.glmm.R", "replication/crs_any.logit_dl.R"} <= before.keys()
    house.build("replicate")
    assert killing.tree(house.root / "results/1") == before
    rows = read_table(house.root / "results/replication/1/differences.csv", "replication")
    assert {(row["outcome"], row["model"]) for row in rows} == {
        (outcome, model) for outcome in ("orr", "crs_any") for model in ("glmm", "logit_dl")
    }
    if metafor_here():
        assert {row["note"] for row in rows} == {None}
        for row in rows:
            assert abs(row["difference"]) < NEAR[row["model"]] * max(1, abs(row["ours"])), row
        table = read_table(house.root / "results/replication/1/largest.csv", "replication_largest")
        assert {row["comparisons"] for row in table} == {2}
    else:
        assert {row["note"] for row in rows} == {"not run: no Rscript with metafor here"}


def test_without_r_the_scripts_are_there_and_the_table_says_so(house, tmp_path):
    (tmp_path / "bin").mkdir()
    for program in ("bash", "sh", "env", "mkdir", "cat"):
        (tmp_path / "bin" / program).symlink_to(shutil.which(program))
    printed = house.build("replicate", PATH=str(tmp_path / "bin"))
    assert "1: scripts written, not run: no Rscript with metafor here" in printed
    rows = read_table(house.root / "results/replication/1/differences.csv", "replication")
    assert {row["note"] for row in rows} == {"not run: no Rscript with metafor here"}
    assert "rma.glmm(" in (house.root / "results/1/replication/orr.glmm.R").read_text()


def test_a_script_that_stops_in_r_is_told(house):
    (house.root / "bin").mkdir()
    fake = house.root / "bin/Rscript"
    fake.write_text("#!/bin/sh\nif [ $2 = -e ]; then echo R; else echo 'no such' >&2; exit 1; fi\n")
    fake.chmod(0o755)
    printed = house.build("replicate", PATH=f"{house.root}/bin:{os.environ['PATH']}")
    assert "orr, glmm: R stopped: no such" in printed


def test_names_from_the_sheets_cannot_become_code():
    text = r_script("1", "logit_dl", MODEL, pooled(estimate=0.1), CELLS)
    assert "One 2020|3|10\n" in text
    assert "Two_, quit() __2021|0|12\n" in text


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, 'add = 1/2, to = "only0"'),
        ({}, 'method = "DL", test = "z"'),
        ({"ci": "hk", "tau2": "REML"}, 'method = "REML", test = "knha"'),
        ({"measure": "PAS"}, "add = 0"),
        ({"measure": "PFT"}, "transf.ipft.hm(v, targs = list(ni = dat$total))"),
        ({"tau2": "PM"}, "# Q-profile interval of tau2"),
    ],
)
def test_the_calls_match_the_model(settings, expected):
    assert expected in r_script("1", "name", MODEL | settings, pooled(estimate=0.1), CELLS)


@pytest.mark.parametrize(
    ("se_link", "note", "k", "expected"),
    [
        (None, "homogeneous_exact", 4, "binom.test("),
        (None, "single_study", 1, "binom.test("),
        (0.4, None, 3, "rma.glmm("),
    ],
)
def test_degenerate_data_get_the_stated_answer(se_link, note, k, expected):
    row = pooled(estimate=0.5, se_link=se_link, note=note, k=k)
    model = {"likelihood": "binomial_normal", "ci": "profile"}
    assert expected in r_script("1", "glmm", model, row, CELLS)


def test_what_r_computes_otherwise_is_not_set_beside_ours():
    """Limits from CR2, a prediction with the parameters integrated out, generalised-Q limits."""
    row = pooled(estimate=0.1, ci_low=0.05, pi_low=0.01, tau2_low=0.2, se_link=0.3)
    script = r_script("1", "name", MODEL | {"cluster": "registration"}, row, CELLS)
    assert "ci_low = 0.05" not in script
    assert "tau2_low" not in script
    glmm = {"likelihood": "binomial_normal", "ci": "t"}
    assert "pi_low" not in r_script("1", "glmm", glmm, row, CELLS)
    row |= {"k": 3}
    assert "pi_low" not in r_script("1", "name", MODEL, row, CELLS)
    plug = r_script("1", "name", MODEL | {"prediction": "t"}, row, CELLS)
    assert "pi_low = 0.01" in plug and "pi_low = back(pi[1])" in plug


def test_arms_within_trials_have_scripts_of_their_own():
    cells = [cell | {"trial": "0"} for cell in CELLS]
    row = pooled(estimate=0.5, ci_low=0.3, se_link=0.4, tau2_trials=0.2, tau2_arms=0.1)
    settings = MODEL | {"cluster": "registration"}
    two_step = r_script("1", "name", settings, row, cells)
    assert "rma.mv(" in two_step and "ci_low = 0.29999" in two_step
    row |= {"pi_low": 0.2}
    assert "pi_low = 0.2" not in r_script("1", "name", settings, row, cells)
    assert "pi_low = 0.2" in r_script("1", "name", settings | {"prediction": "t"}, row, cells)
    glmm = {"likelihood": "binomial_normal", "ci": "t", "cluster": "registration"}
    exact = r_script("1", "name", glmm, row, cells)
    assert "rowsum(" in exact and "tau2_arms = 0.10000" in exact and "ci_low" not in exact


def test_an_outcome_without_data_says_so():
    text = r_script("1", "glmm", MODEL, pooled(k=0, note="no_data"), [])
    assert "No study of this version reports this outcome" in text
    assert "library" not in text


def test_printed_differences_are_read_back():
    printed = "hello\nquantity,ours,r,difference\nestimate,0.5,0.25,0.25\ntau2,1,NA,NA\n"
    rows = read_differences(printed)
    assert rows == [
        {"quantity": "estimate", "ours": 0.5, "r": 0.25, "difference": 0.25},
        {"quantity": "tau2", "ours": 1.0, "r": None, "difference": None},
    ]
    named = [row | {"outcome": "orr", "model": "glmm"} for row in rows]
    assert largest(named) == [
        {
            "model": "glmm",
            "quantity": "estimate",
            "comparisons": 1,
            "largest": 0.25,
            "outcome": "orr",
        }
    ]


def test_the_workflow_asks_for_r_only_when_asked_to_replicate(repository):
    rules = (repository / "workflow/rules/release.smk").read_text(encoding="utf-8")
    for rule in rules.split("\nrule ")[1:]:
        if "metafor_here" in rule:
            assert rule.startswith(("run_replication:", "gather_replication:"))
            assert "results/replication/" in rule
            assert Path(rule.split('differences="')[1].split('"')[0]).parts[:2] == (
                "results",
                "replication",
            )
