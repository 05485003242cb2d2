"""The cases of tests/cases: a folder laid over the small review of tests/workflow."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from singlearm.sheets.check import Reading, read_version
from singlearm.sheets.clean import clean_tables
from singlearm.sheets.plan import Plan, plan_of
from singlearm.sheets.protocol import complete
from singlearm.sheets.protocol_file import as_texts

TESTS = Path(__file__).resolve().parents[1]
CASES = TESTS / "cases"


@dataclass(frozen=True)
class Case:
    """A review of its own with the overlay of a case."""

    root: Path

    @property
    def protocol(self) -> dict:
        """Its protocol with defaults."""
        given = yaml.safe_load((self.root / "config/config.yaml").read_text(encoding="utf-8"))
        return complete(as_texts(given), self.root / "data/raw")

    def plan(self, **more) -> Plan:
        """The plan of its first version."""
        protocol = self.protocol
        return Plan(**(plan_of(protocol, protocol["build"][0]) | more))

    def read(self, **more) -> Reading:
        """Its sheets as the workflow reads them."""
        codebook = self.root / "config/codebook.csv"
        with _within(self.root):
            return read_version(self.plan(**more), codebook if codebook.exists() else None)

    def tables(self, **more) -> tuple[dict, dict]:
        """Its clean tables and the cells of each outcome."""
        return clean_tables(self.read(**more), self.plan(**more))

    def problems(self, severity: str = "error") -> list:
        """Its problems of a severity."""
        return [problem for problem in self.read().problems if problem.severity == severity]

    def found(self, rule: str) -> list:
        """Its problems of a rule."""
        return [problem for problem in self.read().problems if problem.rule == rule]


def case(name: str, folder: Path) -> Case:
    """The review of a case, in a new folder."""
    root = folder / "review"
    shutil.copytree(TESTS / "workflow/review", root)
    shutil.copy(TESTS.parent / "config/codebook.csv", root / "config")
    overlay = CASES / name / "overlay"
    deleted = overlay / "DELETE.txt"
    for gone in deleted.read_text(encoding="utf-8").split() if deleted.exists() else []:
        shutil.rmtree(root / gone) if (root / gone).is_dir() else (root / gone).unlink()
    shutil.copytree(overlay, root, dirs_exist_ok=True)
    return Case(root)


@contextlib.contextmanager
def _within(folder: Path) -> Iterator[None]:
    """The protocol's paths are those of the review's folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
