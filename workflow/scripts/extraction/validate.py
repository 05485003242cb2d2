"""Every sheet against the codebook: columns, cells, keys. Pandera gathers the failures (lazily)."""

import pandera.errors
import pandera.polars as pa
import polars as pl

from . import cells
from .codebook import Codebook, Column
from .layers import Sheet
from .problems import Faults, near


def validate(sheet: Sheet, codebook: Codebook, faults: Faults) -> None:
    """Tell every fault of a sheet that the codebook alone can see."""
    columns = codebook.of(sheet.kind)
    whole = [place for place, row in enumerate(sheet.numbers) if row not in sheet.broken]
    frame = pl.DataFrame(
        {name: [texts[place] for place in whole] for name, texts in sheet.texts.items()},
        schema=dict.fromkeys(sheet.texts, pl.String),
    )
    try:
        _schema(codebook, sheet.kind).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as found:
        for case in found.failure_cases.iter_rows(named=True):
            if case["check"] == "column_in_dataframe":
                _missing(sheet, case["failure_case"], columns, faults)
            elif case["check"] == "column_in_schema":
                _unknown(sheet, case["failure_case"], columns, faults)
            else:
                name, value = case["column"], case["failure_case"]
                wrong = cells.fault(columns[name], value)
                where = {"row": sheet.numbers[whole[case["index"]]], "column": name}
                told = (sheet.name, wrong.rule, wrong.message, wrong.hint)
                faults.add(wrong.severity, *told, **where, value=value)
    _duplicates(sheet, codebook, faults)


def _schema(codebook: Codebook, kind: str) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(
        {
            name: pa.Column(
                pl.String,
                checks=_check(column),
                required=column.required != "optional",
                nullable=True,
            )
            for name, column in codebook.of(kind).items()
        },
        strict=True,
    )


def _check(column: Column) -> pa.Check:
    """The codebook's line as a pandera check: a cell passes if nothing at all is wrong with it."""
    return pa.Check(
        lambda text: cells.fault(column, text) is None, element_wise=True, name="codebook"
    )


def _missing(sheet: Sheet, name: str, columns: dict[str, Column], faults: Faults) -> None:
    odd = [there for there in sheet.texts if there not in columns]
    hint = near(name, odd) or f"add it; it holds {columns[name].allows()}"
    faults.error(sheet.name, "missing_column", "the column is missing", hint, row=1, column=name)


def _unknown(sheet: Sheet, name: str, columns: dict[str, Column], faults: Faults) -> None:
    hint = near(name, columns) or (
        "list it in config/codebook.csv, or delete it"
        if sheet.kind == "studies"
        else f"columns of this sheet: {', '.join(columns)}"
    )
    faults.error(
        sheet.name,
        "unknown_column",
        "is not a column of the codebook",
        hint,
        row=1,
        column=name,
        value=name,
    )


def _duplicates(sheet: Sheet, codebook: Codebook, faults: Faults) -> None:
    """Rows with one key. Compared as values, so that 30.9 and 30.90 are one data cut."""
    names = codebook.keys(sheet.kind)
    first: dict[tuple, int] = {}
    for row in sheet.rows:
        key = tuple(row[name] for name in names)
        texts = [str(part) for part in key if part is not None]
        if not texts or any(part == "BAD" for part in map(repr, key)):
            continue
        if key in first:
            faults.error(
                sheet.name,
                "duplicate_key",
                f"is there already in row {first[key]}",
                "one row for each " + " and ".join(names),
                row=row["row"],
                column=names[0],
                value=", ".join(texts),
            )
        first.setdefault(key, row["row"])
