"""The Dockerfile: the locked environment, all that the workflow needs, the mounted review.

Nothing is built here (`.ci/container` does, where it can); what it copies is run as it would be.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

HOME = "/opt/singlearm/"


@pytest.fixture(scope="module")
def steps(repository):
    """The instructions of the Dockerfile as (word, rest), lines joined."""
    text = (repository / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    return [line.split(maxsplit=1) for line in text.split("\n") if line and line[0] != "#"]


def of(steps, word):
    return [rest for each, rest in steps if each == word]


@pytest.fixture(scope="module")
def copied(steps):
    """What is copied, each with its place in the image."""
    pairs = []
    for rest in of(steps, "COPY"):
        *sources, target = rest.split()
        for source in sources:
            name = target if source.endswith("/") else target + Path(source).name
            pairs.append((source.rstrip("/"), name.rstrip("/")))
    return pairs


def test_the_release_is_fixed_and_has_the_python_of_the_conda_environment(steps, repository):
    assert of(steps, "FROM") == ["debian:bookworm-slim"]  # Python 3.11
    assert "- python=3.11\n" in (repository / "envs/python.yaml").read_text()


def test_only_the_lock_is_installed_and_by_its_hashes(steps):
    runs = [" ".join(rest.split()) for rest in of(steps, "RUN")]
    (install,) = [run for run in runs if re.search(r"\bpip install\b", run)]
    assert f"--require-hashes -r {HOME}envs/requirements.lock" in install
    assert "://" not in install


def test_every_file_of_the_workflow_is_copied(copied, repository):
    """What an archive holds: files and folders of `house_files`, and the pages of the project."""
    rules = (repository / "workflow/rules/inputs.smk").read_text(encoding="utf-8")
    named = re.findall(r"^    places \+?= \[(.*)\]", rules, re.M)
    needed = {name for line in named for name in re.findall(r'"(.+?)"', line)}
    assert len(needed) > 8
    needed |= {"README.md", "LICENSE", "CITATION.cff"}
    assert dict(copied) == {name: HOME + name for name in needed}


def test_the_builder_gets_what_is_copied_and_nothing_that_is_made(copied, repository):
    lines = (repository / ".dockerignore").read_text(encoding="utf-8").split("\n")
    ignored = [line.removeprefix("**/") for line in lines if line and line[0] != "#"]
    for name, _ in copied:
        parts = Path(name).parts
        assert not any(fnmatch(part, pattern) for part in parts for pattern in ignored), name
    made = (repository / ".gitignore").read_text().split()
    assert {name.strip("/") for name in made} <= set(ignored)


@pytest.fixture
def mounted(empty_house, tmp_path):
    """The small review as it is mounted: its protocol, codebook and sheets."""
    for name in ("config", "data"):
        shutil.copytree(empty_house.root / name, tmp_path / "review" / name)
    return tmp_path / "review"


def test_what_is_copied_checks_a_mounted_review(steps, copied, repository, mounted, tmp_path):
    """By the command of the image; nothing but its own variables is set."""
    for source, target in copied:
        place = tmp_path / target.removeprefix("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if (repository / source).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(repository / source, place, ignore=ignored)
        else:
            shutil.copy2(repository / source, place)
    assert of(steps, "WORKDIR") == [f"/{mounted.name}"]
    (entry,), (default,) = (of(steps, word) for word in ("ENTRYPOINT", "CMD"))
    assert json.loads(default) == ["--cores", "4"]
    program, *arguments = json.loads(entry.replace(HOME, f"{tmp_path}{HOME}"))
    assert program == "snakemake"
    variables = dict(pair.split("=") for rest in of(steps, "ENV") for pair in rest.split())
    assert {"HOME", "USER"} <= set(variables)  # a user of any number has neither
    variables["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.defpath])
    done = subprocess.run(
        [sys.executable, "-m", program, *arguments, "--cores", "1", "check"],
        cwd=mounted, env=variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (mounted / "results/1/clean/gate.json").stat().st_size


#: A builder that writes down its arguments and leaves behind what a check makes.
FAKE = """#!/bin/sh
echo "$(basename "$0") $*" >> "{log}"
for each; do case $each in *:/review) made="${{each%:/review}}/results/1/clean" ;; esac; done
if [ -n "$made" ]; then mkdir -p "$made" && echo 1 > "$made/gate.json"; fi
"""
ABSENT = "#!/bin/sh\nexit 1\n"


@pytest.mark.parametrize("builder", ["", "docker", "podman", "buildah"])
def test_ci_builds_and_runs_it_or_says_that_it_was_left_out(builder, repository, tmp_path):
    log = tmp_path / "log"
    log.touch()
    for name in ("docker", "podman", "buildah"):
        program = tmp_path / name
        program.write_text(FAKE.format(log=log) if name == builder else ABSENT)
        program.chmod(0o755)
    done = subprocess.run(
        ["bash", repository / ".ci/container"],
        env=os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert ("Left out: the container" in done.stdout) == (builder == "")
    called = log.read_text()
    assert (f"{builder} build --tag singlearm ." in called) == (builder != "")
    assert ("--cores 1 check" in called) == (builder != "")
