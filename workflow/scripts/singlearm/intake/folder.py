"""Write a review folder: sheets, protocol, codebook, and what belongs around them."""

import csv
import hashlib
import io
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from singlearm.sheets.core import STUDIES
from singlearm.sheets.protocol import as_key, quoted

from .columns import Columns
from .names import plain
from .rows import Sheets
from .table import IntakeError, Table
from .values import Row

#: The place of what was understood, and of the table's copy.
COLUMNS = "columns.yaml"
RECORD = ".made-by-intake.json"
SOURCE = "data/source"
LAYER = "data/raw/1"
#: Columns of the sheet studies that the program itself knows, in the order of its template.
PROGRAM = tuple(column.name for column in STUDIES)
REQUIRED = {
    "studies": ("study_id",),
    "outcomes": ("study_id", "outcome", "events", "total"),
    "comparative": ("study_id", "comparison", "outcome"),
}

#: The columns of a codebook that a review of one's own fills.
CODEBOOK = ["sheet", "column", "type", "required", "label", "description"]

_INTEGER = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def review_files(
    columns: Columns, sheets: Sheets, table: Table | None, title: str, project: str
) -> dict[str, str]:
    """The text of every file of a review folder but `columns.yaml`, by its path there."""
    columns = _with_values(columns, sheets)
    name = re.sub(r"[^a-z0-9]+", "-", plain(title).encode("ascii", "ignore").decode()).strip("-")
    files = {"config/config.yaml": _protocol(name or "review", title, columns)}
    codebook = _codebook(columns, sheets)
    if codebook:
        files["config/codebook.csv"] = codebook
    files[f"{LAYER}/studies.csv"] = _csv(sheets.studies, _study_columns(sheets))
    for sheet, rows in (sheets.values or {"outcomes": []}).items():
        first = REQUIRED.get(sheet, ("study_id", "outcome"))
        files[f"{LAYER}/{sheet}_1.csv"] = _csv(rows, _fields(rows, first))
    files["README.md"] = _readme(title, columns, sheets, table)
    files["CITATION.cff"] = _citation(title)
    files["LICENSE-DATA"] = (
        "The authors of this review have not chosen a licence for its data yet.\n"
        "Put the licence's text here (for example CC BY 4.0 or CC0 1.0) before you publish it.\n"
    )
    files["Snakefile"] = _snakefile(project)
    files["Makefile"] = _makefile(project)
    return files


def _with_values(columns: Columns, sheets: Sheets) -> Columns:
    """The columns without the outcomes that no row has: a protocol may not name those."""
    read = {row["outcome"] for rows in sheets.values.values() for row in rows}
    outcomes = {name: outcome for name, outcome in columns.outcomes.items() if name in read}
    return replace(columns, outcomes=outcomes) if read else columns


def write_review(to: Path, files: dict[str, str], columns_text: str, understood: bool) -> list[str]:
    """Write the files; those that somebody has edited since are kept and named.

    `understood` says that `columns_text` is as understood, and no edited one was read.

    Raises
    ------
    IntakeError
        If a sheet was edited: it must not be lost, and the new one must not be mixed with it.
    """
    made = _made(to)
    made.pop(COLUMNS, None)
    edited = [
        path
        for path in sorted({*files, *made})
        if (to / path).exists() and made.get(path) != _digest((to / path).read_bytes())
    ]
    sheets = [path for path in edited if path.startswith(LAYER)]
    if sheets:
        raise IntakeError(
            f"{sheets[0]} was edited by hand; move it away if it shall be made again from the table"
        )
    for path in sorted(set(made) - set(files) - set(edited)):
        (to / path).unlink(missing_ok=True)  # a sheet or codebook that is no longer needed
    for path, text in files.items():
        if path in edited:
            continue
        write_text(to / path, text)
        made[path] = _digest(text.encode("utf-8"))
    _record(to, {path: digest for path, digest in made.items() if path in files})
    write_columns(to, columns_text, understood)
    return edited


def write_text(path: Path, text: str) -> None:
    """Write a text as it is, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def write_columns(to: Path, text: str, understood: bool) -> None:
    """Write `columns.yaml` and record whether it is as understood, or somebody has edited it."""
    write_text(to / COLUMNS, text)
    digest = _digest(text.encode("utf-8")) if understood else ""
    _record(to, _made(to) | {COLUMNS: digest})


def is_as_understood(to: Path) -> bool:
    """Whether nobody has edited `columns.yaml`, so that the table may be understood afresh."""
    file = to / COLUMNS
    return not file.exists() or _made(to).get(COLUMNS) == _digest(file.read_bytes())


def _made(to: Path) -> dict[str, str]:
    record = to / RECORD
    return json.loads(record.read_text("utf-8")) if record.exists() else {}


def _record(to: Path, made: dict[str, str]) -> None:
    text = json.dumps(dict(sorted(made.items())), indent=1)
    (to / RECORD).write_text(text + "\n", encoding="utf-8")


def columns_yaml(columns: Columns, table: Table, title: str) -> str:
    """What was understood, as a file that can be edited and used again."""
    known: dict[str, Any] = {"table": table.file, "title": title}
    if table.tab:
        known["tab"] = table.tab
    known["header_row"] = table.header_row
    text = yaml.safe_dump(known | columns.to_dict(), allow_unicode=True, sort_keys=False, width=100)
    return (
        "# What the columns of the table were understood to be. Correct it and run the same\n"
        "# command again; docs/your-review.md explains the keys.\n" + text + _example(columns)
    )


def _example(columns: Columns) -> str:
    """What an outcome looks like, where none was understood."""
    if columns.outcomes:
        return ""
    return (
        "outcomes: {}\n"
        "# outcomes:\n"
        "#   response: {label: Response, kind: proportion, events: a column, total: a column}\n"
        "#   relapse: {label: Relapse, kind: proportion, percent: a column, total: a column}\n"
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _protocol(name: str, title: str, columns: Columns) -> str:
    lines = [f"review: {{name: {name}, title: {_quoted(title)}}}", "outcomes:"]
    for outcome, entry in columns.outcomes.items():
        lines.append(f"  {as_key(outcome)}: {{label: {_quoted(entry.label)}, kind: {entry.kind}}}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A text in quotes of YAML, on one line."""
    return quoted(" ".join(text.split()))


def _fields(rows: list[Row], first: tuple[str, ...]) -> list[str]:
    """The columns of rows, those that no row fills left out."""
    names = dict.fromkeys([*first, *(name for row in rows for name in row)])
    return [n for n in names if n in first or any(str(row.get(n, "")) != "" for row in rows)]


def _study_columns(sheets: Sheets) -> list[str]:
    fields = _fields(sheets.studies, REQUIRED["studies"])
    known = [name for name in PROGRAM if name in fields]
    return known + [name for name in fields if name not in PROGRAM]


def _csv(rows: list[Row], fields: list[str]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fields, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _codebook(columns: Columns, sheets: Sheets) -> str:
    """A line for each column that the program does not know; none: no codebook."""
    headings = {name: header for header, name in columns.studies.items()}
    headings["trial"] = "Trial"
    lines = []
    for name in _study_columns(sheets):
        if name in PROGRAM:
            continue
        texts = [str(row.get(name, "")) for row in sheets.studies]
        heading = " ".join(headings[name].split())
        line = ("studies", name, _type(texts), "optional", heading, f"{heading}, as in the table")
        lines.append(dict(zip(CODEBOOK, line, strict=True)))
    return _csv(lines, CODEBOOK) if lines else ""


def _type(texts: list[str]) -> str:
    filled = [text for text in texts if text]
    if all(_INTEGER.fullmatch(text) and len(text) < 15 for text in filled):
        return "integer"
    if all(_NUMBER.fullmatch(text) for text in filled):
        return "number"
    words = set(filled)
    short = all(len(word) <= 40 and "|" not in word and "=" not in word for word in words)
    return "category" if short and 2 * len(words) <= len(filled) else "text"


def _readme(title: str, columns: Columns, sheets: Sheets, table: Table | None) -> str:
    rows = sum(len(rows) for rows in sheets.values.values())
    labels = "\n".join(
        f"- {' '.join(outcome.label.split())} ({outcome.kind})"
        for outcome in columns.outcomes.values()
    )
    origin = (
        f"Made from `{SOURCE}/{table.file}`; `{COLUMNS}` says how its columns were understood.\n\n"
        if table
        else ""
    )
    return (
        f"# {' '.join(title.split())}\n\n{origin}"
        f"{len(sheets.studies)} studies or arms, {rows} values of:\n\n{labels}\n\n"
        "`make results` builds tables, figures and the report below `results/`. The protocol is "
        "`config/config.yaml`, the data are below `data/raw/`.\n\n"
        "To do before anybody relies on it: name the question, the authors and the search in the "
        "protocol, put the authors into `CITATION.cff`, choose a licence in `LICENSE-DATA`.\n"
    )


def _citation(title: str) -> str:
    return (
        "cff-version: 1.2.0\n"
        "message: Cite this review as below.\n"
        "type: dataset\n"
        f"title: {_quoted(title)}\n"
        "authors:\n"
        "  - name: The authors of this review\n"
    )


def _snakefile(project: str) -> str:
    # No `configfile:` here: the module reads config/config.yaml itself, and first looks for slips.
    return f'''# This review, built by the workflow of single-arm meta-analyses.
module singlearm:
    snakefile:
        "{project}/workflow/Snakefile"


use rule * from singlearm


# What the run made and what to open; results that no step makes any more are taken away.
onsuccess:
    singlearm.onsuccess()
'''


def _makefile(project: str) -> str:
    return f"""# make results: every table, figure and report of this review
PROJECT := {project}
CORES ?= 4

.PHONY: results
results:
\t$(MAKE) --no-print-directory -C "$(PROJECT)" .venv/run.done
\t"$(PROJECT)/.venv/bin/snakemake" --cores $(CORES)
"""


def project_from(to: Path) -> str:
    """Path of the project that holds the workflow, as a review folder writes it."""
    project = Path(__file__).resolve().parents[4]
    return Path(os.path.relpath(project, to.resolve())).as_posix()
