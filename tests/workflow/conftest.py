"""Whole runs of the workflow on an invented review of five studies, in a folder of their own."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

REVIEW = Path(__file__).parent / "review"
sys.path.insert(0, str(Path(__file__).parent))  # helpers of this folder


@dataclass(frozen=True)
class House:
    """A copy of the workflow with a small review in it."""

    root: Path

    def snakemake(self, *arguments: str, cores: int = 2, umask: int = -1, **environment: str):
        """Run the workflow, every step printed (`-p`); standard output and error come joined."""
        return subprocess.run(
            [sys.executable, "-m", "snakemake", "-p", "--cores", str(cores), *arguments],
            cwd=self.root,
            env=os.environ | environment,
            umask=umask,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def build(self, *arguments: str, **options) -> str:
        """A run that must succeed; what it printed."""
        done = self.snakemake(*arguments, **options)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def copy_to(self, root: Path) -> "House":
        """The same house, results and all, elsewhere."""
        shutil.copytree(self.root, root, symlinks=True)
        return House(root)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text that stands once in a file."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
        file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="session")
def empty_house(tmp_path_factory, repository) -> House:
    """The workflow and the review, nothing run yet."""
    root = tmp_path_factory.mktemp("house") / "review"
    shutil.copytree(REVIEW, root)
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("workflow", "profiles", "envs"):
        shutil.copytree(repository / folder, root / folder, ignore=ignored)
    for file in ("Snakefile", "config/codebook.csv", "README.md", "LICENSE", "CITATION.cff"):
        shutil.copy2(repository / file, root / file)
    return House(root)


@pytest.fixture(scope="session")
def run_house(tmp_path_factory, empty_house) -> House:
    """The review after a whole run; not to be changed."""
    house = empty_house.copy_to(tmp_path_factory.mktemp("run") / "review")
    house.build()
    return house


@pytest.fixture
def house(run_house, tmp_path) -> House:
    """A finished review that a test may change."""
    return run_house.copy_to(tmp_path / "review")


@pytest.fixture
def new_house(empty_house, tmp_path) -> House:
    """A review before its first run that a test may change."""
    return empty_house.copy_to(tmp_path / "review")
