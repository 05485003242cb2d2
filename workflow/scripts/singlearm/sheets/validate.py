"""Every sheet against the codebook: columns, cells, keys."""

from singlearm.kinds.columns import Column

from .cells import BAD, fault
from .codebook import Codebook
from .core import EXTRACTED
from .layers import Sheet
from .problems import Faults, at, near


def validate(sheet: Sheet, codebook: Codebook, faults: Faults) -> None:
    """Tell every fault of a sheet that the codebook alone can see."""
    columns = codebook.of(sheet.kind)
    for name, column in columns.items():
        if name not in sheet.texts and column.required != "optional":
            _missing(sheet, name, columns, faults)
    for name, texts in sheet.texts.items():
        if name not in columns:
            _unknown(sheet, name, columns, faults)
            continue
        wrongs = {text: fault(columns[name], text) for text in set(texts)}
        if not any(wrongs.values()):
            continue
        for row, text in zip(sheet.numbers, texts, strict=True):
            wrong = None if row in sheet.broken else wrongs[text]
            if wrong is not None:
                faults.take(sheet.name, wrong, row=row, column=name, value=text)
    _duplicates(sheet, codebook, faults)


def _missing(sheet: Sheet, name: str, columns: dict[str, Column], faults: Faults) -> None:
    odd = [there for there in sheet.texts if there not in columns]
    hint = near(name, odd) or f"add it; it holds {columns[name].allows()}"
    faults.error(sheet.name, "missing_column", "the column is missing", hint, row=1, column=name)


def _unknown(sheet: Sheet, name: str, columns: dict[str, Column], faults: Faults) -> None:
    hint = near(name, columns) or (
        "list it in config/codebook.csv, or delete it"
        if sheet.kind == "studies" or sheet.kind in EXTRACTED
        else f"columns of this sheet: {', '.join(columns)}"
    )
    where = {"row": 1, "column": name, "value": name}
    faults.error(sheet.name, "unknown_column", "is not a column of the codebook", hint, **where)


def _duplicates(sheet: Sheet, codebook: Codebook, faults: Faults) -> None:
    """Rows with one key. Compared as values, so that 30.9 and 30.90 are one data cut."""
    names = codebook.keys(sheet.kind)
    first: dict[tuple, int] = {}
    for row in sheet.rows:
        key = tuple(row[name] for name in names)
        texts = [str(part) for part in key if part is not None]
        if not texts or BAD in key:
            continue
        if key in first:
            told = f"is there already in row {first[key]}"
            hint = f"one row for each {' and '.join(names)}"
            where = at(row, names[0], ", ".join(texts))
            faults.error(sheet.name, "duplicate_key", told, hint, **where)
        first.setdefault(key, row["row"])
