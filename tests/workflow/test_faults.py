"""What a user sees when the protocol or a sheet is wrong."""

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
