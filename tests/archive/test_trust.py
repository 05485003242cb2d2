"""What of an archive nobody runs unasked: all that is neither data nor the workflow's own."""

import hashlib
from types import SimpleNamespace

import pytest

import verify_results
from singlearm.archive import archive
from singlearm.step import StepError

OURS = {"Snakefile": b"include: 1\n", "docs/page.svg": b"<svg/>\n"}
DATA = (
    "README.md",
    "LICENSE-DATA",
    "config/config.yaml",
    "config/codebook.csv",
    "data/raw/README.md",
    "data/raw/2021/Studies.CSV",
    "sheets/2022/extraction.xlsx",
    "results/1/replication/orr.glmm.R",
    "checksums.sha256",
)
RUN = (
    "snakemake.py",
    "yaml.py",
    "numpy/__init__.py",
    "data/raw/2021/sheet.py",
    "snakemake.cpython-311-x86_64-linux-gnu.so",
    "any.pth",
    "matplotlibrc",
    "Snakefile",
    "SNAKEFILE",
    "workflow/scripts/singlearm/report/words.csv",
    "Workflow/notes.md",
    "profiles/default/config.yaml",
    ".snakemake/any.csv",
    "envs/requirements.lock",
    "docs/page.svg",
)


def ask(members, trust=False):
    house = {name: hashlib.sha256(content).hexdigest() for name, content in OURS.items()}
    params = SimpleNamespace(house=house, trust=trust)
    verify_results.ask_for_trust("a.zip", members, params)


def test_data_and_the_own_code_need_no_trust():
    ask(OURS | dict.fromkeys(DATA, b"theirs"))


@pytest.mark.parametrize("name", RUN)
def test_all_else_is_run_only_if_trusted(name):
    """The folder that an archive is computed in is the first place that modules are taken from."""
    members = OURS | {name: b"theirs"}
    with pytest.raises(StepError, match="trust=yes") as stopped:
        ask(members)
    assert f"({name})" in str(stopped.value)
    ask(members, trust=True)


@pytest.mark.parametrize("name", ["./a.py", "workflow/./a.py", "workflow//a.py", "a/", ".", ""])
def test_a_member_has_one_name(name):
    """`./workflow/x.py` was no name of the workflow's, and was unpacked over its file."""
    assert archive.unsafe(name)
    assert not archive.unsafe("workflow/a.py")
