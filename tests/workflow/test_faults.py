"""What a user sees when the protocol or a sheet is wrong."""

import os
import signal
import subprocess
import sys
import time

import killing

from singlearm.catalogue.tables import read_table


def test_a_mistyped_key_suggests_the_near_one(new_house):
    new_house.edit("config/config.yaml", "paper_model: logit_dl", "paper_modell: logit_dl")
    refused = new_house.snakemake("-n")
    assert refused.returncode != 0
    assert "did you mean 'paper_model' for 'paper_modell'?" in refused.stdout
    assert "Traceback" not in refused.stdout


def test_a_model_that_is_not_declared_suggests_the_near_one(new_house):
    new_house.edit("config/config.yaml", "primary: glmm", "primary: glm")
    refused = new_house.snakemake("-n")
    assert refused.returncode != 0
    assert (
        "models > primary: 'glm' is none of: glmm, logit_dl. Did you mean 'glmm'?" in refused.stdout
    )


def test_every_fault_of_the_protocol_is_told_at_once(new_house):
    new_house.edit(
        "config/config.yaml", "favours: high, threshold: 0.5", "favors: high, threshold: 50"
    )
    told = new_house.snakemake("-n").stdout
    assert "did you mean 'favours' for 'favors'?" in told
    assert "outcomes > orr > threshold: 50" in told


def test_a_faulty_sheet_stops_before_pooling_and_keeps_earlier_results(house):
    before = (house.root / "results/1/pooled.csv").read_bytes()
    house.edit("data/raw/first/outcomes_1.csv", "Delta2021,orr,20,25", "Delta2021,orr,26,25")
    stopped = house.snakemake()
    assert stopped.returncode != 0
    assert "Delta2021" in stopped.stdout or "26" in stopped.stdout
    assert "Traceback" not in stopped.stdout
    problems = read_table(house.root / "results/1/clean/problems.csv", "problems")
    error = next(row for row in problems if row["severity"] == "error")
    assert (error["sheet"], error["row"], error["column"]) == ("outcomes_1", 5, "events")
    assert (house.root / "results/1/pooled.csv").read_bytes() == before


def test_the_check_target_tells_by_its_exit_status(new_house):
    assert new_house.snakemake("check").returncode == 0
    new_house.edit("data/raw/first/studies.csv", "Gamma2021,Gamma C", "Gamma 2021,Gamma C")
    assert new_house.snakemake("check").returncode != 0


def test_a_slip_of_yaml_is_told_with_line_and_remedy(new_house):
    new_house.edit(
        "config/config.yaml", "title: An invented review of five studies", "title: Five: invented"
    )
    refused = new_house.snakemake("check")
    assert refused.returncode != 0
    assert "config/config.yaml, line 4: 'title: Five: invented' cannot be read" in refused.stdout
    assert "put the text in quotes" in refused.stdout


def test_a_protocol_of_two_keys_and_the_core_columns_is_pooled(new_house):
    (new_house.root / "config/config.yaml").write_text(
        "review: {name: two, title: Two keys}\noutcomes: {infection: {favours: low}}\n",
        encoding="utf-8",
    )
    (new_house.root / "config/codebook.csv").unlink()
    layer = new_house.root / "data/raw/first"
    for sheet in layer.iterdir():
        sheet.unlink()
    (layer / "studies.csv").write_text("study_id\nA\nB\nC/D\n", encoding="utf-8")
    (layer / "outcomes_1.csv").write_text(
        "study_id,outcome,events,total\nA,infection,3,50\nB,infection,5,60\nC/D,infection,1,20\n",
        encoding="utf-8",
    )
    new_house.build("results/1/pooled.csv")
    pooled = read_table(new_house.root / "results/1/pooled.csv", "pooled")
    assert {(row["k"], row["events"], row["total"]) for row in pooled} == {(3, 9, 130)}


def test_the_protocol_in_force_and_open_disagreements_can_be_asked_for(new_house):
    printed = new_house.build("protocol")
    assert "headline: average  # default" in printed
    assert "primary: glmm  # config.yaml" in printed
    new_house.edit("data/raw/first/outcomes_2.csv", "Delta2021,orr,20,25", "Delta2021,orr,21,25")
    new_house.build("adjudicate")
    made = new_house.root / "results/adjudication/1/first/adjudication.csv"
    header, row = made.read_text(encoding="utf-8").splitlines()
    assert row == "Delta2021,orr,20,25,21,25,,,"
    assert header.startswith("study_id,outcome,e1_events,e1_total,e2_events,e2_total")


def test_a_killed_check_is_made_again_and_nothing_is_pooled(house):
    """Refused sheets, the job that reads them killed, the same command again."""
    target = "results/1/figures/orr/forest.svg"
    before = (house.root / "results/1/pool/orr/pooled.csv").read_bytes()
    for sheet in ("outcomes_1", "outcomes_2"):
        house.edit(f"data/raw/first/{sheet}.csv", "Alpha2019,orr,8,10", "Alpha2019,orr,90,100")
    run = subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--cores", "1", target],
        cwd=house.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while run.poll() is None:
        for job in killing.jobs_of(run.pid):  # the check comes first
            os.kill(job, signal.SIGKILL)
        time.sleep(0.02)
    assert run.returncode != 0
    again = house.snakemake(target, cores=1)
    assert again.returncode != 0
    assert "2 errors in the sheets; nothing was computed." in again.stdout
    problems = read_table(house.root / "results/1/clean/problems.csv", "problems")
    assert sum(row["severity"] == "error" for row in problems) == 2
    assert (house.root / "results/1/pool/orr/pooled.csv").read_bytes() == before
