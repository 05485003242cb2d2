"""Damage real layers, and an invented one with every kind of sheet, by the thousand.

Every damaged layer must end in a clear list of faults, in a warning about what was changed, or in
the right result; what became of each is counted. Run it by hand for the counts by kind:

    python tests/sheets/mutations.py 5000
"""

import contextlib
import io
import math
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from unicodedata import normalize

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow" / "scripts"))

import yaml
from damage import KINDS
from damage_cells import RENAMED
from review import NEW, NEWEST, OLD, ROOT, check, clean, copy_layer, read

import pass_gate
from singlearm import step
from singlearm.catalogue import tables
from singlearm.kinds import KINDS as SHEET_KINDS
from singlearm.sheets.core import SHEETS

#: Share of each kind among the variants; the slow ones are fewer.
WEIGHTS = dict.fromkeys(KINDS, 10) | {
    "many_rows": 0.06,
    "damaged_workbook": 4,
    "odd_workbook": 4,
    "written_workbook": 4,
    "strict_workbook": 0.5,
    "opendocument_workbook": 0.5,
    "damaged_book": 6,
    "old_workbook": 0.02,  # one file, read as it is
    "damaged_old_workbook": 4,
}
#: Share of each layer among the variants. The invented review has survival, curves and rates, which
#: one alone extracted, as landmarks of 2026.2: a second extractor is added, or a changed digit
#: would be another valid review.
SHARES = {"2021.1": 45, "2026.1": 20, "2026.2": 10, "invented": 25}
#: Kinds of damage for one layer only.
OF_ONE = dict.fromkeys(("old_workbook", "damaged_old_workbook"), "invented")
SURVIVAL = ROOT / "tests/workflow/survival"
#: Clean table of each kind of sheet that has another name.
TABLES = {kind.sheet.name: kind.sheet.clean_table for kind in SHEET_KINDS.values()}
CURVES = SHEET_KINDS["curve"].sheet.clean_table
#: Free texts, which a damage may change without touching the analysis.
FREE = ("layer", "sheet", "row", "notes", "source_url", "source_locator", "source_type", "derived")
FREE += ("confidence", "title", "source", "first_author", "doi", "pmid", "scfv_origin", "product")
FREE += ("lymphodepletion", "exclude_reason", "membership_evidence", "registration", "cohort")


def analysis(folder: Path) -> dict[str, list[dict]]:
    """The analysed values of clean tables, without free texts and places.

    What one extractor alone read, and a decision held out, enters no result and has no second
    reading to be held against: its text in `availability` is left out.
    """
    found = {
        kind: [{k: v for k, v in row.items() if k not in FREE} for row in read(folder, kind)]
        for kind in ("studies", *sorted(set(TABLES.values())), "availability")
    }
    # the ends of a step of a curve are read the higher first, however the rows stand
    found[CURVES].sort(key=_down_the_curve)
    alone = _held_out_of_one(folder)
    for row in found["availability"]:
        if row["status"] == "held out" and row["study_id"] in alone:
            row["value"] = None
    return found


def _down_the_curve(row: dict) -> tuple:
    return row["study_id"], row["outcome"], row["time_months"], -(row["survival"] or 0.0)


def _held_out_of_one(folder: Path) -> set[str]:
    """Studies with a held-out cell that one extractor alone read."""
    readings: dict[tuple, set[str]] = {}
    for row in read(folder, "reconciliation"):
        if row["status"] == "held out":
            cell = readings.setdefault((row["study_id"], row["sheet_kind"], row["outcome"]), set())
            cell.update(side for side in ("value_1", "value_2") if row[side] is not None)
    return {study for (study, *_), sides in readings.items() if len(sides) == 1}


def second_extractor(layer: Path) -> None:
    """Give a layer the second sheet of what one alone extracted, as if both had read the same."""
    for first in layer.glob("*_1.csv"):
        second = first.with_name(first.name.replace("_1.csv", "_2.csv"))
        if not second.exists():
            shutil.copy2(first, second)


def bases(folder: Path) -> dict[str, tuple[Path, list[Path], tuple[Path, ...], dict]]:
    """Layer, lower layers, others and what else its plan says, of each version to damage."""
    newest = copy_layer(NEWEST, folder / NEWEST.name)
    # they hold out what both would have read alike, and without one of them all is sound as well
    for decisions in newest.glob("adjudication*.csv"):
        decisions.unlink()
    second_extractor(newest)
    invented = copy_layer(ROOT / "tests/workflow/review/data/raw/first", folder / "first")
    for sheet in (SURVIVAL / "data/raw/first").glob("*.csv"):
        shutil.copy2(sheet, invented)
    second_extractor(invented)
    protocol = yaml.safe_load((SURVIVAL / "config/config.yaml").read_text(encoding="utf-8"))
    outcomes = {n: {"label": n} | settings for n, settings in protocol["outcomes"].items()}
    more = {"outcomes": outcomes, "subgroups": {}, "other_layers": []}
    return {
        "2021.1": (OLD, [], (NEW,), {}),
        "2026.1": (NEW, [OLD], (), {}),
        "2026.2": (newest, [OLD, NEW], (), {}),
        "invented": (invented, [], (), more),
    }


class Mutant:
    """The unharmed result of every version, to compare damaged ones with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bases = bases(folder)
        self.right, self.known = {}, {}
        for version, (base, lower, others, more) in self.bases.items():
            layers = [*lower, base]
            self.right[version] = analysis(clean(layers, folder / f"right-{version}", **more))
            found = self._problems(layers, version, others, folder / "known", more)
            self.known[version] = set(found)

    def fate(self, name: str, seed: int) -> str:
        """What became of one variant: `error`, `warning`, `same` or `read` (a text as it stands).

        Raises:
            AssertionError: if a number changed without a word, or a fault is told unclearly.
        """
        rng = random.Random(f"{name}-{seed}")
        (version,) = rng.choices(list(SHARES), list(SHARES.values()))
        version = OF_ONE.get(name, version)
        base, lower, others, more = self.bases[version]
        with tempfile.TemporaryDirectory(dir=self.folder) as place:
            layer = copy_layer(base, Path(place) / base.name)
            texts = KINDS[name](rng, layer)
            layers, folder = [*lower, layer], Path(place) / "results"
            found = self._problems(layers, version, others, folder, more)
            new = set(found) - self.known[version]
            _assert_clear(found)
            if any(severity == "error" for severity, *_ in found):
                assert not _passes(folder), "the gate let an error through"
                return "error"
            assert _passes(folder)
            clean(layers, folder, **more)
            if texts and RENAMED not in texts:
                _assert_read_back(folder, layer, texts)
                return "read"
            got = analysis(folder)
            if texts:
                old, name_now = texts[RENAMED]
                got = _named_back(got, old, normalize("NFC", name_now))
            if got == self.right[version]:
                return "read" if texts else "same"
            assert new, f"{name} {seed}: the analysis changed without a word"
            return "warning"

    @staticmethod
    def _problems(layers, version, others, folder, more) -> list[tuple]:
        with contextlib.redirect_stderr(io.StringIO()) as screen:
            check(layers, folder, version, others, **more)
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
    """Each text came back as it was written, its accents composed, where its row is in a table."""
    for (sheet, row, column), text in texts.items():
        kind = TABLES.get(SHEETS[sheet], SHEETS[sheet])
        rows = read(folder, kind) if kind in analysis(folder) else []
        for cells in rows:
            if (cells["layer"], cells["sheet"], cells["row"]) == (layer.name, sheet, row):
                assert cells[column] == normalize("NFC", text), (sheet, row, column)


def _named_back(found: dict[str, list[dict]], old: str, new: str) -> dict[str, list[dict]]:
    """The analysis with a study under its old name again, in the order of the names."""
    named = {}
    for kind, rows in found.items():
        back = [row | {"study_id": old} if row["study_id"] == new else row for row in rows]
        named[kind] = sorted(back, key=_by_key)
    return named


def _by_key(row: dict) -> tuple:
    """Sorts rows as the tables do, by study, contrast, outcome and cut or time."""
    keys = (row.get("comparison"), row.get("outcome"))
    times = ("followup_months", "months", "time_months")
    return row["study_id"], *(key or "" for key in keys), *(row.get(t) or -1.0 for t in times)


def counts(total: int) -> dict[str, int]:
    """How many variants of each kind make up a total."""
    whole = sum(WEIGHTS.values())
    return {name: max(1, math.ceil(total * weight / whole)) for name, weight in WEIGHTS.items()}


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
    lines = [f"| {'kind':22} | variants | " + " | ".join(words) + " |"]
    for name, fate in [*fates.items(), ("all", sum(fates.values(), Counter()))]:
        cells = " | ".join(f"{fate[word]}" for word in words)
        lines.append(f"| {name:22} | {fate.total()} | {cells} |")
    sys.stdout.write("\n".join(lines) + f"\n{time.perf_counter() - start:.0f} s\n")


if __name__ == "__main__":
    main()
