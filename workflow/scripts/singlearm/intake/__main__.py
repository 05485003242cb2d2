"""`python -m singlearm.intake --to DIR [--from TABLE]`: a review folder from a table.

Asks nothing; prints what was understood and what was left out.
"""

import argparse
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from singlearm.sheets.problems import shorten
from singlearm.sheets.protocol_yaml import file_faults

from .columns import Columns, Outcome
from .folder import (
    COLUMNS,
    SOURCE,
    columns_yaml,
    is_as_understood,
    project_from,
    review_files,
    write_columns,
    write_review,
    write_text,
)
from .rows import Sheets, sheet_rows
from .table import IntakeError, Table, read_table, some
from .understand import understand


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 1 after a fault, which is printed."""
    parser = argparse.ArgumentParser(prog="make review", description=__doc__)
    parser.add_argument("--to", type=_path, required=True, help="folder of the review")
    parser.add_argument("--from", dest="table", type=_path, help="CSV, TSV, XLSX, XLS or ODS")
    parser.add_argument("--title", help="title of the review")
    parser.add_argument("--tab", help="tab of a workbook")
    options = parser.parse_args(arguments)
    try:
        for line in make_review(options.to, options.table, options.title, options.tab):
            sys.stdout.write(f"{line}\n")
    except (IntakeError, OSError, yaml.YAMLError) as error:
        sys.stderr.write(f"make review: {error}\n")
        return 1
    return 0


def _path(text: str) -> Path:
    """A path; make hands on the ~ that a shell would have replaced."""
    return Path(text).expanduser()


def make_review(
    to: Path, path: Path | None = None, title: str | None = None, tab: str | None = None
) -> list[str]:
    """Write the review folder `to`; what was understood and left out, line by line.

    Parameters
    ----------
    to : Path
        Folder of the review. A `columns.yaml` there that somebody has edited says what the
        columns hold.
    path : Path, optional
        The table; by default the copy that an earlier call left, or an empty review.
    title : str, optional
        Title of the review; by default that of `columns.yaml`, or the table's name.
    tab : str, optional
        Tab of a workbook.

    Raises
    ------
    IntakeError
        If the table or `columns.yaml` cannot be used. Nothing is written then but, where no
        outcome was understood, the `columns.yaml` to say it in and a copy of the table.
    """
    stored = _stored(to)
    if path is None and stored:
        path = to / SOURCE / str(stored.get("table", ""))
    title = title or stored.get("title") or (path.stem.replace("_", " ") if path else "A review")
    title = " ".join(str(title).split())
    project = project_from(to)
    if path is None:
        columns = Columns(["study"], {"outcome_1": Outcome("Outcome 1", "proportion")})
        files = review_files(columns, Sheets(), None, title, project)
        for name, text in files.items():
            if not (to / name).exists():
                write_text(to / name, text)
        return [f"{to}: an empty review; fill data/raw/1/studies.csv and outcomes_1.csv"]
    edited = {k: v for k, v in stored.items() if k not in ("table", "title", "tab", "header_row")}
    if is_as_understood(to):
        edited = {}  # the table may have changed: it is understood afresh
    header_row = stored.get("header_row") if edited else None
    table = read_table(path, tab or stored.get("tab"), header_row)
    if edited:
        columns = Columns.from_dict(edited)
        table.sign = columns.decimal or ""
        table.numeric = frozenset(
            header for outcome in columns.outcomes.values() for header in outcome.values.values()
        )
        new = _unnamed(table, columns)
        if new:
            table.remarks.append(f"new columns, not used (columns.yaml was edited): {some(new)}")
    else:
        columns = understand(table, title)
    sheets = sheet_rows(table, columns)
    if not sheets.values:
        _copy(path, to)
        write_columns(to, columns_yaml(columns, table, title), not edited)
        raise IntakeError(_no_values(to, table, columns, sheets))
    files = review_files(columns, sheets, table, title, project)
    kept = write_review(to, files, columns_yaml(columns, table, title), not edited)
    _copy(path, to)
    return [
        shorten(line) if len(line) > 400 else line
        for line in _told(to, table, columns, sheets, kept)
    ]


def _copy(path: Path, to: Path) -> None:
    """Keep the table in the folder, so that a further run may do without it."""
    copy = to / SOURCE / path.name
    if copy.resolve() != path.resolve():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _unnamed(table: Table, columns: Columns) -> list[str]:
    """The filled columns that an edited `columns.yaml` does not name."""
    named = {*columns.study, columns.outcome, columns.arm, columns.year}
    named |= {*columns.studies, *columns.left_out, *table.numeric}
    return [
        header
        for header in table.headers
        if header not in named and any(text.strip() for text in table.texts(header))
    ]


def _no_values(to: Path, table: Table, columns: Columns, sheets: Sheets) -> str:
    what = "no value could be read" if columns.outcomes else "no outcome is understood"
    return "\n  ".join(
        [
            f"{table.file}: header in row {table.header_row}; {what}",
            *sheets.left_out[:10],
            *table.remarks[:10],
            f"its columns are: {some(table.headers)}",
            f"say in {to / COLUMNS} which of them hold the events and totals, the person-time, "
            "the medians or the ratios, and run again (docs/your-review.md)",
        ]
    )


def _stored(to: Path) -> dict[str, Any]:
    """The keys of an earlier `columns.yaml`."""
    file = to / COLUMNS
    if not file.exists():
        return {}
    faults = file_faults(file, "holds no keys; delete it to have it made again")
    if faults:
        raise IntakeError("\n  ".join(faults))
    stored: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(stored.get("header_row", 1), int):
        raise IntakeError(f"{file}: header_row is the number of a row")
    return stored


def _told(to: Path, table: Table, columns: Columns, sheets: Sheets, kept: list[str]) -> list[str]:
    place = f"{table.file}, tab {table.tab}" if table.tab else table.file
    lines = [f"{place}: header in row {table.header_row}, {len(sheets.studies)} studies or arms"]
    lines.append(f"  study: {' + '.join(columns.study)}")
    lines += [f"  {what}: {header}" for what, header in
              (("outcome", columns.outcome), ("arm", columns.arm), ("year", columns.year))
              if header]  # fmt: skip
    counts = Counter(row["outcome"] for rows in sheets.values.values() for row in rows)
    for name, outcome in columns.outcomes.items():
        values = ", ".join(f"{role} = {header}" for role, header in outcome.values.items())
        told = f"{counts[name]} values" if counts[name] else "no value, so not in the protocol"
        lines.append(f"  {name} ({outcome.label}; {outcome.kind}): {values}: {told}")
    if columns.studies:
        lines.append(f"  columns of the studies: {', '.join(columns.studies)}")
    if columns.left_out:
        lines.append(f"left out, columns: {', '.join(columns.left_out)}")
    lines += [f"left out, {told}" for told in sheets.left_out]
    lines += [f"look at: {remark}" for remark in (*table.remarks, *sheets.remarks)]
    lines += [f"edited by hand and kept: {path}" for path in kept]
    lines.append(f"wrote {to}: correct {to / COLUMNS} and run again, or: make -C {to} results")
    return lines


if __name__ == "__main__":
    sys.exit(main())
