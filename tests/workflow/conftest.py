"""Whole runs of the workflow on an invented review of five studies, in a folder of their own."""

import shutil
from pathlib import Path

import pytest
from houses import PRINTED, House

REVIEW = Path(__file__).parent / "review"
CASES = Path(__file__).parents[1] / "cases"
#: What of the repository stands in the house beside its folders.
FILES = ("Snakefile", "README.md", "LICENSE", "LICENSE-DATA", "CITATION.cff", "config/codebook.csv")


@pytest.fixture(scope="session")
def empty_house(tmp_path_factory, repository) -> House:
    """The workflow and the review, nothing run yet."""
    root = tmp_path_factory.mktemp("house") / "review"
    shutil.copytree(REVIEW, root)
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("workflow", "profiles", "envs"):
        shutil.copytree(repository / folder, root / folder, ignore=ignored)
    for file in FILES:
        shutil.copy2(repository / file, root / file)
    return House(root)


@pytest.fixture(scope="session")
def run_house(tmp_path_factory, empty_house) -> House:
    """The review after a whole run, which printed what is in the file; not to be changed."""
    house = empty_house.copy_to(tmp_path_factory.mktemp("run") / "review")
    house.root.with_name(PRINTED).write_text(house.build(steps=False), encoding="utf-8")
    return house


@pytest.fixture(scope="session")
def archived(tmp_path_factory, run_house) -> House:
    """The review with its archive; not to be changed."""
    house = run_house.copy_to(tmp_path_factory.mktemp("archived") / "review")
    house.build("archive")
    return house


@pytest.fixture
def house(run_house, tmp_path) -> House:
    """A finished review that a test may change."""
    return run_house.copy_to(tmp_path / "review")


@pytest.fixture
def new_house(empty_house, tmp_path) -> House:
    """A review before its first run that a test may change."""
    return empty_house.copy_to(tmp_path / "review")


@pytest.fixture
def lay(empty_house, tmp_path):
    """The small review with cases laid over it."""

    def over(*names):
        house = empty_house.copy_to(tmp_path / "review")
        for overlay in (CASES / name / "overlay" for name in names):
            deleted = overlay / "DELETE.txt"
            for gone in deleted.read_text(encoding="utf-8").split() if deleted.exists() else []:
                path = house.root / gone
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            shutil.copytree(overlay, house.root, dirs_exist_ok=True)
        return house

    return over
