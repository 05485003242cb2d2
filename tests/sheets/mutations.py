"""Damage real layers by the thousand and say what became of each.

Every damaged layer must end in a clear list of faults, in a warning about what was changed, or in
the right result. Run it by hand for the counts by kind:

    python tests/sheets/mutations.py 5000
"""

import contextlib
import io
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow" / "scripts"))

from damage import KINDS
from damage_cells import RENAMED
from review import NEW, OLD, check, clean, copy_layer, read

import pass_gate
from singlearm import step
from singlearm.catalogue import tables
from singlearm.sheets.codebook import SHEETS

#: Share of each kind among the variants; the slow ones are fewer.
WEIGHTS = dict.fromkeys(KINDS, 10) | {
    "many_rows": 0.06,
    "damaged_workbook": 4,
    "odd_workbook": 4,
    "written_workbook": 4,
}
BASES = {"2021.1": (OLD, [], (NEW,)), "2026.1": (NEW, [OLD], ())}
#: Free texts, which a damage may change without touching the analysis.
FREE = ("layer", "sheet", "row", "notes", "source_url", "source_locator", "source_type", "derived")
FREE += ("confidence", "title", "source", "first_author", "doi", "pmid", "scfv_origin", "product")
FREE += ("lymphodepletion", "exclude_reason", "membership_evidence", "registration", "cohort")


def analysis(folder: Path) -> dict[str, list[dict]]:
    """The analysed values of clean tables, without free texts and places."""
    return {
        kind: [{k: v for k, v in row.items() if k not in FREE} for row in read(folder, kind)]
        for kind in ("studies", "outcomes", "durations", "comparative", "availability")
    }


class Mutant:
    """The unharmed result of both versions, to compare damaged ones with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.right, self.known = {}, {}
        for version, (base, lower, others) in BASES.items():
            layers = [*lower, base]
            self.right[version] = analysis(clean(layers, folder / f"right-{version}"))
            self.known[version] = set(self._problems(layers, version, others, folder / "known"))

    def fate(self, name: str, seed: int) -> str:
        """What became of one variant: `error`, `warning`, `same` or `read` (a text as it stands).

        Raises:
            AssertionError: if a number changed without a word, or a fault is told unclearly.
        """
        rng = random.Random(f"{name}-{seed}")
        version = "2021.1" if rng.random() < 0.7 else "2026.1"
        base, lower, others = BASES[version]
        with tempfile.TemporaryDirectory(dir=self.folder) as place:
            layer = copy_layer(base, Path(place) / base.name)
            texts = KINDS[name](rng, layer)
            layers, folder = [*lower, layer], Path(place) / "results"
            found = self._problems(layers, version, others, folder)
            new = set(found) - self.known[version]
            _assert_clear(found)
            if any(severity == "error" for severity, *_ in found):
                assert not _passes(folder), "the gate let an error through"
                return "error"
            assert _passes(folder)
            clean(layers, folder)
            if texts and RENAMED not in texts:
                _assert_read_back(folder, layer, texts)
                return "read"
            got = analysis(folder)
            if texts:
                got = _named_back(got, *texts[RENAMED])
            if got == self.right[version]:
                return "read" if texts else "same"
            assert new, f"{name} {seed}: the analysis changed without a word"
            return "warning"

    @staticmethod
    def _problems(layers, version, others, folder) -> list[tuple]:
        with contextlib.redirect_stderr(io.StringIO()) as screen:
            check(layers, folder, version, others)
        found = tables.read_table(folder / "problems.csv", "problems")
        errors = sum(problem["severity"] == "error" for problem in found)
        shown = screen.getvalue()
        assert f"{errors} errors, {len(found) - errors} warnings" in shown.splitlines()[0]
        assert "Traceback" not in shown
        return [(p["severity"], *(v for k, v in p.items() if k != "severity")) for p in found]


def _assert_clear(found: list[tuple]) -> None:
    """Each fault says where it is, what it is, and in words of a readable length."""
    for severity, layer, sheet, row, column, rule, value, message, hint in found:
        assert severity in ("error", "warning")
        assert sheet or rule == "missing_layer"
        assert layer or sheet in ("protocol", "codebook")
        assert row is None or row >= 1
        assert message
        assert hint or severity == "warning" or rule in ("supersedes", "range", "codebook"), rule
        for text in (value or "", sheet or "", column or "", message, hint or ""):
            assert len(text) < (300 if text in (value, sheet, column) else 900)
            assert text.isprintable()


def _passes(folder: Path) -> bool:
    inputs = SimpleNamespace(problems=str(folder / "problems.csv"))
    try:
        pass_gate.run(inputs, SimpleNamespace(gate=str(folder / "gate.json")), None)
    except step.StepError:
        assert not (folder / "gate.json").exists()
        return False
    return True


def _assert_read_back(folder: Path, layer: Path, texts: dict) -> None:
    """Each text came back as it was written, where its row is in a clean table."""
    for (sheet, row, column), text in texts.items():
        kind = SHEETS[sheet]
        rows = read(folder, kind) if kind in analysis(folder) else []
        for cells in rows:
            if (cells["layer"], cells["sheet"], cells["row"]) == (layer.name, sheet, row):
                assert cells[column] == text, (sheet, row, column)


def _named_back(found: dict[str, list[dict]], old: str, new: str) -> dict[str, list[dict]]:
    """The analysis with a study under its old name again, in the order of the names."""
    named = {}
    for kind, rows in found.items():
        back = [row | {"study_id": old} if row["study_id"] == new else row for row in rows]
        named[kind] = sorted(back, key=_by_key)
    return named


def _by_key(row: dict) -> tuple:
    """Sorts rows as the tables do, by study, contrast, outcome and cut."""
    keys = (row.get("comparison"), row.get("outcome"))
    return row["study_id"], *(key or "" for key in keys), row.get("followup_months") or -1.0


def counts(total: int) -> dict[str, int]:
    """How many variants of each kind make up a total."""
    whole = sum(WEIGHTS.values())
    return {name: max(1, round(total * weight / whole)) for name, weight in WEIGHTS.items()}


def run(total: int, folder: Path) -> dict[str, Counter]:
    """Fates of about `total` variants by kind of damage."""
    mutant = Mutant(folder)
    return {
        name: Counter(mutant.fate(name, seed) for seed in range(count))
        for name, count in counts(total).items()
    }


def main() -> None:
    """Print the counts by kind and what became of them."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        fates = run(int(sys.argv[1]), Path(folder))
    words = ("error", "warning", "same", "read")
    lines = [f"| {'kind':18} | variants | " + " | ".join(words) + " |"]
    for name, fate in [*fates.items(), ("all", sum(fates.values(), Counter()))]:
        cells = " | ".join(f"{fate[word]}" for word in words)
        lines.append(f"| {name:18} | {fate.total()} | {cells} |")
    sys.stdout.write("\n".join(lines) + f"\n{time.perf_counter() - start:.0f} s\n")


if __name__ == "__main__":
    main()
