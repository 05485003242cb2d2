"""What users say to make reaches the program letter by letter, and no sign of it is a command."""

import json
import shutil
import subprocess
import sys

import pytest

HOSTILE = [
    "Remission after drug X",
    'O\'Brien "quoted"',
    "costs in $, $HOME, $(HOME) and $$",
    "$(shell touch injected)",
    "$(error stop) ${info told}",
    "`touch injected` $(touch injected) ; touch injected #",
    "back\\slash \\$ 100% @ - +",
    "line\nbreak\ttab",
    "--help",
    "*",
    "漢字 Söhne",
]

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="no make here")


@pytest.fixture
def make(repository, tmp_path):
    """`make(target, **said)`: what the program that make starts was told, as a list.

    In place of the environment stand programs that write down their arguments.
    """
    programs, heard = tmp_path / "venv" / "bin", tmp_path / "heard.json"
    programs.mkdir(parents=True)
    note = tmp_path / "note.py"
    note.write_text(f"import json, sys; json.dump(sys.argv[1:], open({str(heard)!r}, 'w'))")
    for name in ("python", "snakemake"):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" "{note}" "$@"\n')
        (programs / name).chmod(0o755)
    for name in ("python.done", "run.done"):
        (tmp_path / "venv" / name).touch()
    empty = tmp_path / "empty"
    empty.mkdir()
    for name in ("envs", "workflow"):
        (empty / name).symlink_to(repository / name)

    def run(target, environment=(), **said):
        command = ["make", "-f", repository / "Makefile", f"VENV={tmp_path / 'venv'}", target]
        command += [f"{name}={value}" for name, value in said.items()]
        done = subprocess.run(
            command, cwd=empty, capture_output=True, text=True, check=False,
            env={"PATH": "/usr/bin:/bin"} | dict(environment),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert {path.name for path in empty.iterdir()} == {"envs", "workflow"}
        return json.loads(heard.read_text(encoding="utf-8"))

    return run


@pytest.mark.parametrize("text", HOSTILE)
def test_review(make, text):
    said = {"TO": f"to {text}", "FROM": f"{text}.csv", "TITLE": text, "TAB": text}
    told = [f"--to=to {text}", f"--from={text}.csv", f"--title={text}", f"--tab={text}"]
    assert make("review", **said) == ["-m", "singlearm.intake", *told]
    assert make("review", said) == ["-m", "singlearm.intake", *told]  # TITLE=... make review


@pytest.mark.parametrize("text", HOSTILE)
def test_verify_and_reviews(make, text):
    told = make("verify", ARCHIVE=text, TRUST=text)
    assert told[-3:] == ["--config", f"verify={text}", f"trust={text}"]
    assert make("reviews", REVIEWS=text)[-2:] == ["--config", f"reviews={text}"]


def test_nothing_said(make):
    assert make("review", TO="there") == ["-m", "singlearm.intake", "--to=there"]
    assert make("verify") == ["--cores", "4", "verify"]
