"""What the tests of this folder share: the real layers, the protocol, and ways to damage a copy."""

import csv
import re
import shutil
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import xlsxwriter
import yaml
from snakemake.iocontainers import InputFiles, OutputFiles

import clean_layers
from singlearm import step
from singlearm.catalogue import tables
from singlearm.kinds import KINDS
from singlearm.sheets.check import read_version
from singlearm.sheets.codebook import read_codebook
from singlearm.sheets.core import SHEETS
from singlearm.sheets.plan import Plan
from singlearm.sheets.protocol import complete

ROOT = Path(__file__).resolve().parents[2]
CODEBOOK = ROOT / "config" / "codebook.csv"
PROTOCOL = complete(yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8")))
OUTCOMES = PROTOCOL["outcomes"]
OLD, NEW = ROOT / "data" / "raw" / "2021.1", ROOT / "data" / "raw" / "2026.1"
NEWEST = ROOT / "data" / "raw" / "2026.2"
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
WHOLE = re.compile(r"[1-9][0-9]{0,14}")
LAYERS = {"2021.1": [OLD], "2026.1": [OLD, NEW]}


def applying(subgroups: dict, version: str) -> dict:
    """The subgroups that apply to a version."""
    return {n: s for n, s in subgroups.items() if version in s.get("versions", [version])}


def subgroups_of(version: str) -> dict:
    """Subgroups of the real protocol that apply to a version."""
    return applying(PROTOCOL["subgroups"], version)


def copy_layer(source: Path, folder: Path) -> Path:
    """A copy of a layer that a test may damage."""
    return Path(shutil.copytree(source, folder))


def plan(
    layers, version="2021.1", subgroups=None, outcomes=OUTCOMES, others=(NEW,), **more
) -> Plan:
    """The plan of the real protocol for a stack of layers, with what a test says otherwise."""
    fields = {
        "version": version,
        "layers": [str(layer) for layer in layers],
        "other_layers": [str(o) for o in (*others, NEWEST) if o not in layers],
        "outcomes": outcomes,
        "subgroups": applying(PROTOCOL["subgroups"] if subgroups is None else subgroups, version),
        "size": PROTOCOL["studies"]["size"],
        "alike": PROTOCOL["studies"]["alike"],
    }
    return Plan(**(fields | more))


def problems(layers, *args, **more):
    """Problems of a stack of layers."""
    return read_version(plan(layers, *args, **more), CODEBOOK).problems


def errors(*args, **options):
    """The errors among the problems."""
    return [problem for problem in problems(*args, **options) if problem.severity == "error"]


def the(found, rule, sheet=None):
    """The one problem of a rule (and sheet)."""
    hits = [p for p in found if p.rule == rule and sheet in (None, p.sheet)]
    assert len(hits) == 1, [p.line() for p in found]
    return hits[0]


def clean(layers, folder: Path, version="2021.1", others=(NEW,), **more) -> Path:
    """Run the script that reads the sheets on layers; the folder with its tables."""
    folder.mkdir(parents=True, exist_ok=True)
    fields = vars(plan(layers, version, others=others, **more))
    (folder / "by_outcome").mkdir(parents=True, exist_ok=True)
    outputs = _outputs(folder, fields["outcomes"])
    params = SimpleNamespace(plan=fields)
    clean_layers.run(_inputs(), step.Outputs(outputs), params)
    return folder


def clean_step(layers, folder: Path) -> Path:
    """The same through the runner of all steps, as the rule does it."""
    outputs = _outputs(folder, OUTCOMES)
    job = SimpleNamespace(
        rule="clean_layers", wildcards={}, log=[str(folder / "log")], input=_inputs(),
        output=_files(outputs),
        params=SimpleNamespace(plan=vars(plan(layers))),
    )  # fmt: skip
    step.main(job, clean_layers.run)
    return folder


def _inputs() -> InputFiles:
    return InputFiles(fromdict={"codebook": str(CODEBOOK)})


def _files(outputs: dict) -> OutputFiles:
    """Outputs as the workflow manager gives them to a job, those of all outcomes last."""
    plain = {name: path for name, path in outputs.items() if isinstance(path, str)}
    files = OutputFiles(fromdict=plain)
    files.extend(outputs["by_outcome"])
    files._set_name("by_outcome", len(plain), len(files))
    return files


def _outputs(folder: Path, outcomes: dict) -> dict:
    """The outputs of the rule."""
    kinds = ["problems", "studies", *{k.sheet.clean_table: 0 for k in KINDS.values()}]
    kinds += ["reconciliation", "agreement", "change_log", "availability"]
    kinds += ["search_flow", "risk_of_bias", "certainty", "published_claims"]
    outputs = {kind: str(folder / f"{kind}.csv") for kind in kinds}
    names = [name for name, outcome in outcomes.items() if outcome["kind"] == "proportion"]
    outputs["by_outcome"] = [str(folder / "by_outcome" / f"{name}.csv") for name in names]
    return outputs | {"columns": str(folder / "columns.json")}


check = clean  # one script does both


def read(folder: Path, kind: str) -> list[dict]:
    """Rows of a clean table."""
    return tables.read_table(folder / f"{kind}.csv", kind)


def codebook():
    """The project's codebook, with the outcomes of its protocol."""
    return read_codebook(CODEBOOK).for_outcomes(OUTCOMES)


def load(layer: Path, sheet: str) -> list[list[str]]:
    """Cells of a CSV sheet, the header first."""
    with (layer / f"{sheet}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def save(layer: Path, sheet: str, grid: list[list[str]]) -> None:
    """Write the cells of a CSV sheet."""
    with (layer / f"{sheet}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(grid)


def put(layer: Path, sheet: str, row: int, column: str, text: str) -> str:
    """Set a cell by its spreadsheet row; the text that was there."""
    grid = load(layer, sheet)
    place = grid[0].index(column)
    before, grid[row - 1][place] = grid[row - 1][place], text
    save(layer, sheet, grid)
    return before


def row_of(layer: Path, sheet: str, *key: str) -> int:
    """Spreadsheet row of the first row whose cells begin with `key`."""
    grid = load(layer, sheet)
    return next(n for n, row in enumerate(grid, start=1) if tuple(row[: len(key)]) == key)


def save_workbook(layer: Path, path: Path, typed: bool = True) -> None:
    """The CSV sheets of a layer as the tabs of a workbook, numbers and dates as such if `typed`."""
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for file in sorted(layer.glob("*.csv")):
        tab = book.add_worksheet(file.stem)
        columns = codebook().of(SHEETS[file.stem])
        grid = load(layer, file.stem)
        for row, cells in enumerate(grid):
            for place, text in enumerate(cells):
                kind = columns[grid[0][place]].type if row and typed else "text"
                number = NUMBER.fullmatch(text) and (kind != "text" or WHOLE.fullmatch(text))
                if kind == "date" and text:
                    tab.write_datetime(row, place, datetime.fromisoformat(text), day)
                elif typed and row and number:
                    tab.write_number(row, place, float(text))
                else:
                    tab.write_string(row, place, text)
    book.close()


def as_workbook(layer: Path, folder: Path, typed: bool = True) -> Path:
    """A layer that is the same data in one workbook."""
    folder.mkdir(parents=True)
    save_workbook(layer, folder / "extraction.xlsx", typed)
    return folder


def place(problem):
    """Where a problem stands."""
    return problem.layer, problem.sheet, problem.row, problem.column
