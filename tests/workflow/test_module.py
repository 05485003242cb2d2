"""The workflow in another's hands: imported as a module, with its rules renamed; read by `head`."""

import os
import shutil
import subprocess
import sys

import pytest

IMPORT = """
configfile: "config/config.yaml"


module review:
    snakefile:
        "{house}/workflow/Snakefile"
    config:
        config


use rule * from review{naming}
"""


@pytest.fixture
def importer(empty_house, tmp_path):
    """A folder with a review, and a Snakefile that imports the workflow from elsewhere."""

    def make(naming):
        root = tmp_path / "importer"
        for name in ("config", "data"):
            shutil.copytree(empty_house.root / name, root / name)
        text = IMPORT.format(house=empty_house.root, naming=naming)
        (root / "Snakefile").write_text(text, encoding="utf-8")
        return type(empty_house)(root)

    return make


@pytest.mark.parametrize("naming", ["", " as other_*"])
def test_module_use_builds_the_review_of_the_folder(importer, run_house, naming):
    house = importer(naming)
    names = ("pooled.csv", "provenance/pool_times.json", "times.csv")
    house.build(*(f"results/1/{name}" for name in names))
    for name in names:
        made = (house.root / "results/1" / name).read_bytes()
        assert made == (run_house.root / "results/1" / name).read_bytes(), name
    assert "1: not current" in house.build(f"{naming[4:-1]}status")


@pytest.mark.parametrize(
    ("naming", "rule", "name"),
    [
        ("", "clean_layers", "clean_layers"),
        ("", "pool_outcome", "pool_outcome"),
        (" as other_*", "pass_gate", "pass_gate as other_pass_gate"),
    ],
)
def test_a_rule_may_be_tailored_and_the_gate_still_stands(importer, run_house, naming, rule, name):
    house = importer(naming)
    name = name.replace(rule, f"{rule} from review", 1)
    with (house.root / "Snakefile").open("a", encoding="utf-8") as file:
        file.write(f"\n\nuse rule {name} with:\n    resources:\n        mem_mb=100\n")
    target = "results/1/pool/orr/pooled.csv"
    house.build(target)
    made = (house.root / target).read_bytes()
    assert made == (run_house.root / target).read_bytes()
    assert "Nothing to be done" in house.build(target)
    for sheet in (1, 2):
        house.edit(
            f"data/raw/first/outcomes_{sheet}.csv", "Alpha2019,orr,8,10", "Alpha2019,orr,80,10"
        )
    refused = house.snakemake(target)
    assert refused.returncode != 0
    assert "80 events among 10 patients" in refused.stdout
    assert (house.root / target).read_bytes() == made


def test_another_directory_and_protocol(run_house, empty_house, tmp_path):
    """`--directory` and `--configfile`: the workflow lies where it was."""
    for name in ("config", "data"):
        shutil.copytree(empty_house.root / name, tmp_path / "review" / name)
    (tmp_path / "review/config/config.yaml").rename(tmp_path / "protocol.yaml")
    shutil.copy2(tmp_path / "protocol.yaml", tmp_path / "review/config/config.yaml")
    empty_house.build(
        "--directory", f"{tmp_path}/review", "--configfile", f"{tmp_path}/protocol.yaml",
        "--", "results/1/times.csv",
    )  # fmt: skip
    made = (tmp_path / "review/results/1/times.csv").read_bytes()
    assert made == (run_house.root / "results/1/times.csv").read_bytes()


def test_output_that_nobody_reads_on_ends_the_run_and_frees_its_lock(new_house):
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "check"]
    with subprocess.Popen(
        command, cwd=new_house.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as run:
        run.stdout.readline()
        run.stdout.close()
        run.wait(60)
    new_house.build("check")


def test_a_pipe_among_the_sheets_does_not_hang(new_house):
    os.mkfifo(new_house.root / "data/raw/first/risk_of_bias.csv")
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", "check"],
        cwd=new_house.root, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('versions:\n  "1":', 'versions:\n  "1\\n":'),
        ("  orr: {label", '  "orr\\n": {label'),
    ],
)
def test_a_name_with_a_line_break_is_refused(new_house, old, new):
    new_house.edit("config/config.yaml", old, new)
    if "versions" in new:
        new_house.edit("config/config.yaml", 'build: ["1"]', 'build: ["1\\n"]')
    refused = new_house.snakemake("-n")
    assert refused.returncode != 0
    assert "\\n" in refused.stdout
    assert "Traceback" not in refused.stdout


def test_a_job_of_a_dead_run_ends_before_it_begins(house):
    """As it starts late on another machine: nothing of the run that came after it is touched."""
    before = {p: p.stat().st_mtime_ns for p in (house.root / "results").rglob("*")}
    done = house.snakemake(
        "results/1/times.csv", "--mode", "remote", "--force", WORKFLOW_RUN="a dead run"
    )
    assert done.returncode != 0
    assert "The run of this job has ended and another one has begun." in done.stdout
    assert {p: p.stat().st_mtime_ns for p in (house.root / "results").rglob("*")} == before
