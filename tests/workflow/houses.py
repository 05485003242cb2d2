"""A copy of the workflow with a small review in it, for the tests that run it whole."""

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class House:
    """A copy of the workflow with a small review in it."""

    root: Path

    def snakemake(
        self,
        *arguments: str,
        cores: int = 2,
        umask: int = -1,
        python: Sequence[str] = (sys.executable,),
        **environment: str,
    ):
        """Run the workflow, every step printed (`-p`); standard output and error come joined.

        `python` is the interpreter, with what is to stand before it.
        """
        return subprocess.run(
            [*python, "-m", "snakemake", "-p", "--cores", str(cores), *arguments],
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

    def with_core_columns(
        self,
        studies: Sequence[Mapping[str, object]],
        rows: Sequence[Mapping[str, object]],
        protocol: str,
    ) -> None:
        """Another review in the house: sheets of the core columns, a protocol, no codebook."""
        layer = self.root / "data/raw/first"
        for sheet in layer.iterdir():
            sheet.unlink()
        (self.root / "config/codebook.csv").unlink()
        names = ["study_id", "outcome", "events", "total"]
        for sheet, columns, of in (
            ("studies", list(studies[0]), studies),
            ("outcomes_1", names, rows),
        ):
            with (layer / f"{sheet}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns, extrasaction="ignore")
                writer.writeheader()
                writer.writerows(of)
        (self.root / "config/config.yaml").write_text(protocol, encoding="utf-8")

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
