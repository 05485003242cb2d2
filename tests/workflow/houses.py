"""A copy of the workflow with a small review in it, for the tests that run it whole."""

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy
import yaml

#: What the C library's own functions take from the processor, for the library's two generations:
#: the name of a feature, and until glibc 2.32 the name of its being usable.
LIBM_FEATURES = ("AVX2", "FMA", "FMA4", "AVX512F")
#: Beside the house after a whole run: what the run printed.
PRINTED = "printed.txt"
#: The archive of the small review.
ARCHIVE = "results/archive/five-studies-1.zip"
Rows = Sequence[Mapping[str, object]]


def other_processor() -> dict[str, str]:
    """An environment in which results are those of an older processor, in their last digits.

    Another kernel of the linear algebra, no vector instructions of numpy beyond the baseline, and
    the C library's functions without fused multiplication.
    """
    found = numpy.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    names = [name + usable for usable in ("", "_Usable") for name in LIBM_FEATURES]
    return {
        "OPENBLAS_CORETYPE": "Prescott",
        "NPY_DISABLE_CPU_FEATURES": " ".join(found),
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=" + ",".join(f"-{name}" for name in names),
    }


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file as texts."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: Rows, columns: Sequence[str] = ()) -> None:
    """A CSV file of rows: of these columns, else of those of the first row."""
    with path.open("w", encoding="utf-8", newline="") as file:
        names = columns or list(rows[0])
        writer = csv.DictWriter(file, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@dataclass(frozen=True)
class House:
    """A copy of the workflow with a small review in it."""

    root: Path

    def snakemake(
        self,
        *arguments: str,
        cores: int = 2,
        steps: bool = True,
        umask: int = -1,
        python: Sequence[str] = (sys.executable,),
        **environment: str,
    ):
        """Run the workflow, its `steps` printed (`-p`); standard output and error come joined.

        `python` is the interpreter, with what is to stand before it.
        """
        shown = ["-p"] if steps else []
        return subprocess.run(
            [*python, "-m", "snakemake", *shown, "--cores", str(cores), *arguments],
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

    def with_core_columns(self, studies: Rows, rows: Rows, protocol: str) -> None:
        """Another review in the house: sheets of the core columns, a protocol, no codebook."""
        layer = self.root / "data/raw/first"
        for sheet in layer.iterdir():
            sheet.unlink()
        (self.root / "config/codebook.csv").unlink()
        write_rows(layer / "studies.csv", studies)
        write_rows(layer / "outcomes_1.csv", rows, ["study_id", "outcome", "events", "total"])
        (self.root / "config/config.yaml").write_text(protocol, encoding="utf-8")

    def copy_to(self, root: Path) -> "House":
        """The same house, results and all, elsewhere."""
        shutil.copytree(self.root, root, symlinks=True)
        return House(root)

    @contextmanager
    def protocol(self) -> Iterator[dict]:
        """The protocol, to be changed and then written back."""
        file = self.root / "config/config.yaml"
        protocol = yaml.safe_load(file.read_text(encoding="utf-8"))
        yield protocol
        file.write_text(yaml.safe_dump(protocol, sort_keys=False), encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text that stands once in a file."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
        file.write_text(text.replace(old, new), encoding="utf-8")
