"""Ways to damage the files of a layer, like those of `damage_cells`, and the list of all ways."""

import shutil
from pathlib import Path

from damage_books import BOOKS
from damage_cells import (
    CODEBOOK,
    DECISIONS,
    EXTRACTED,
    HOSTILE,
    NUMERIC,
    RENAMED,
    Damage,
    columns_of,
    damaged_count,
    date_damage,
    edit_bytes,
    edit_cell,
    moved_columns,
    moved_rows,
    pick_sheet,
    swapped_cells,
    swapped_headers,
    wrong_type,
    wrong_word,
)
from damage_tables import TABLES
from review import as_workbook, load, save

from singlearm.sheets.core import SHEETS


def missing_file(rng, layer):
    """One sheet lost, but not all sheets of a kind that the layer may do without."""
    sheet = pick_sheet(rng, layer, ("studies", *EXTRACTED, *DECISIONS))
    (layer / f"{sheet}.csv").unlink()


def misnamed_file(rng, layer):
    """A sheet under another name."""
    sheet = pick_sheet(rng, layer, ("studies", *EXTRACTED, *DECISIONS))
    path = layer / f"{sheet}.csv"
    other = [f"{sheet} (1).csv", f"{sheet.title()}.csv", f"{sheet}.CSV", f"{sheet}.tsv",
             f"{sheet}s.csv",
             f"Copy of {sheet}.csv", f"{sheet}.xls"]  # fmt: skip
    path.rename(layer / rng.choice(other))


def emptied_file(rng, layer):
    """A sheet of no bytes, of blanks, of a header alone, or a folder in its place."""
    sheet = pick_sheet(rng, layer, ("studies", *EXTRACTED, *DECISIONS))
    path = layer / f"{sheet}.csv"
    way = rng.randrange(5)
    if way == 4:
        path.unlink()
        path.mkdir()
    else:
        header = path.read_bytes().splitlines(keepends=True)[0]
        path.write_bytes([b"", b" \n\n", b"\0" * 50, header][way])


def duplicate_row(rng, layer):
    """A row that is there twice, perhaps with another value."""
    sheet = pick_sheet(rng, layer)
    grid = load(layer, sheet)
    again = rng.choice(grid[1:])[:]
    if rng.random() < 0.5:
        again[-1] = "changed"
    grid.insert(rng.randrange(1, len(grid) + 1), again)
    save(layer, sheet, grid)


def deleted_row(rng, layer):
    """A row lost from a sheet that double extraction guards."""
    sheet = pick_sheet(rng, layer, (*EXTRACTED, *DECISIONS))
    grid = load(layer, sheet)
    del grid[rng.randrange(1, len(grid))]
    save(layer, sheet, grid)


def broken_encoding(rng, layer):
    """Another encoding, or bytes that are no text."""
    sheet = pick_sheet(rng, layer)
    text = (layer / f"{sheet}.csv").read_text(encoding="utf-8")
    head, tail = text.split("\n", 1)
    letters = rng.choice(["ü", "Ångström", "≥", "µ", "é" * 50, "中"])
    sheet_text = f"{head}\n{tail.replace(',', f',{letters}', 1)}"
    code = rng.choice(
        ["cp1252", "latin-1", "utf-16", "utf-16-le", "utf-32", "cp437", "gb18030", "shift_jis"]
    )
    edit_bytes(layer, sheet, lambda _: sheet_text.encode(code, errors="replace"))


def byte_noise(rng, layer):
    """Bytes that are not ASCII scattered over the file."""
    sheet = pick_sheet(rng, layer)

    def scatter(content: bytes) -> bytes:
        noisy = bytearray(content)
        for _ in range(rng.randrange(1, 6)):
            noisy.insert(rng.randrange(len(noisy)), rng.choice([0, *range(128, 256)]))
        return bytes(noisy)

    edit_bytes(layer, sheet, scatter)


def digit_noise(rng, layer):
    """A digit changed in a count that double extraction guards."""
    sheet = pick_sheet(rng, layer, (*EXTRACTED, *DECISIONS))
    column = rng.choice([c for c in columns_of(sheet, *NUMERIC) if c in load(layer, sheet)[0]])

    def other(text: str) -> str:
        place = rng.choice([n for n, c in enumerate(text) if c.isdigit()])
        digit = rng.choice([d for d in "0123456789" if d != text[place]])
        return text[:place] + digit + text[place + 1 :]

    grid = load(layer, sheet)
    place = grid[0].index(column)
    filled = [row for row in grid[1:] if row[place]]
    if filled:
        row = rng.choice(filled)
        row[place] = other(row[place])
        save(layer, sheet, grid)


def name_noise(rng, layer):
    """A slip of the hand in the name of a study or outcome."""
    sheet = pick_sheet(rng, layer, (*EXTRACTED, *DECISIONS))
    column = rng.choice(["study_id", "outcome"])

    def slip(text: str) -> str:
        place = rng.randrange(len(text))
        return rng.choice([
            text[:place] + text[place + 1 :], text[:place] + rng.choice("aX_0 é") + text[place:],
            text.swapcase(), f" {text}", f"{text}\u200b", text.replace("_", "-"), "",
        ])  # fmt: skip

    edit_cell(rng, layer, sheet, column, slip)


def cut_file(rng, layer):
    """A file that ends too early."""
    sheet = pick_sheet(rng, layer)
    edit_bytes(layer, sheet, lambda content: content[: rng.randrange(len(content))])


def hostile_text(rng, layer):
    """Formulas, markup, paths and long texts in a free column: data, to be read as they stand."""
    sheet = pick_sheet(rng, layer)
    columns = columns_of(sheet, "text")
    columns = [
        c for c in columns if not CODEBOOK.of(SHEETS[sheet])[c].key and c in load(layer, sheet)[0]
    ]
    columns = [c for c in columns if c not in ("doi", "pmid", "cohort")]
    if not columns:
        return None
    column = rng.choice(columns)
    row, _, text = edit_cell(rng, layer, sheet, column, lambda _: rng.choice(HOSTILE))
    return {(sheet, row, column): text}


def hostile_name(rng, layer):
    """The same as the name of a study, changed alike in all sheets: refused, or read as it is."""
    grid = load(layer, "studies")
    old, new = rng.choice(grid[1:])[0], rng.choice(HOSTILE)
    for sheet in SHEETS:
        if (layer / f"{sheet}.csv").exists():
            grid = load(layer, sheet)
            for row in grid[1:]:
                row[0] = new if row[0] == old else row[0]
            save(layer, sheet, grid)
    return {RENAMED: (old, new)}


def hostile_header(rng, layer):
    """A column name that is blank, doubled, misspelt or hostile."""
    sheet = pick_sheet(rng, layer)
    grid = load(layer, sheet)
    place = rng.randrange(len(grid[0]))
    name = grid[0][place]
    slips = [
        "",
        " ",
        name.upper(),
        f" {name} ",
        f"{name}s",
        name[1:],
        grid[0][place - 1],
        "\ufeff" + name,
    ]
    grid[0][place] = rng.choice([*slips, *HOSTILE])
    save(layer, sheet, grid)


def other_dialect(rng, layer):
    """Other delimiters, quoting and line ends."""
    import csv

    sheet = pick_sheet(rng, layer)
    grid = load(layer, sheet)
    with (layer / f"{sheet}.csv").open(
        "w", encoding=rng.choice(["utf-8", "utf-8-sig"]), newline=""
    ) as file:
        writer = csv.writer(
            file,
            delimiter=rng.choice([",", ",", ";", "\t", "|"]),
            quoting=rng.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
            lineterminator=rng.choice(["\n", "\r\n", "\r"]),
        )
        writer.writerows(grid)


def broken_row(rng, layer):
    """A row with a cell too few or too many, or with a quote sign that is not closed."""
    sheet = pick_sheet(rng, layer)
    path = layer / f"{sheet}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    row = rng.randrange(1, len(lines))
    place = rng.randrange(len(lines[row]) or 1)
    lines[row] = rng.choice([
        lines[row] + ",x", lines[row].rpartition(",")[0],
        lines[row][:place] + '"' + lines[row][place:],
        lines[row][:place] + "," + lines[row][place:], '"' + lines[row], "x," + lines[row],
    ])  # fmt: skip
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")


def blank_margins(rng, layer):
    """Blank rows and columns: nothing to complain about."""
    sheet = pick_sheet(rng, layer)
    grid = [[*row, *[""] * rng.randrange(1, 4)] for row in load(layer, sheet)]
    for _ in range(rng.randrange(1, 5)):
        grid.insert(
            rng.randrange(1, len(grid) + 1), rng.choice([[], ["", " "], [""] * len(grid[0])])
        )
    save(layer, sheet, grid)


def foreign_files(rng, layer):
    """Other files in the folder."""
    name = rng.choice(
        ["~$extraction.xlsx", ".hidden.csv", "README.md", "notes.csv", "old.xlsx", "a.ods"]
    )
    (layer / name).write_bytes(rng.choice([b"", b"words", b"PK\x03\x04"]))


def many_rows(rng, layer):
    """A sheet of 100,000 rows: one row over and over, or rows of unknown studies."""
    sheet = pick_sheet(rng, layer, EXTRACTED[:2])
    header, *rows = load(layer, sheet)
    if rng.random() < 0.5:
        more = [rows[0]] * 100_000
    else:
        more = [[f"Unknown{n}", *rows[0][1:]] for n in range(100_000)]
    save(layer, sheet, [header, *rows, *more])


def damaged_workbook(rng, layer):
    """A workbook with wrong bytes, cut short, or with a part missing."""
    book = _workbook(layer)
    content = bytearray(book.read_bytes())
    way = rng.randrange(3)
    if way == 0:
        content = content[: rng.randrange(len(content))]
    elif way == 1:
        for _ in range(rng.randrange(1, 40)):
            content[rng.randrange(len(content))] = rng.randrange(256)
    book.write_bytes(bytes(content))
    if way == 2:
        _without_part(rng, book)


def odd_workbook(rng, layer):
    """A workbook with cells that are dates, percentages, formulas, errors, merged or booleans."""
    import datetime

    import openpyxl

    book = _workbook(layer)
    opened = openpyxl.load_workbook(book)
    tab = rng.choice(opened.worksheets)
    sheet = tab.title
    columns = [
        c for c in columns_of(sheet, "integer", "number", "category") if c in load_header(tab)
    ]
    place = load_header(tab).index(rng.choice(columns)) + 1
    cell = tab.cell(rng.randrange(2, tab.max_row + 1), place)
    way = rng.randrange(7)
    if way < 5:
        cell.value = [datetime.datetime(2021, 2, 1), 0.85, "=1+1", True, 1.25][way]
        cell.number_format = ["d-mmm", "0%", "General", "General", "0"][way]
    elif way == 5:
        cell.value = "#REF!"
        cell.data_type = "e"
    else:
        tab.merge_cells(start_row=1, end_row=1, start_column=place, end_column=place + 1)
    opened.save(book)


def load_header(tab) -> list[str]:
    """Column names of a tab."""
    return [cell.value for cell in tab[1]]


def _workbook(layer: Path) -> Path:
    """Turn a CSV layer into a workbook."""
    content = as_workbook(layer, layer.parent / f"{layer.name}-book") / "extraction.xlsx"
    for file in layer.glob("*.csv"):
        file.unlink()
    shutil.move(content, layer / "extraction.xlsx")
    return layer / "extraction.xlsx"


def _without_part(rng, book: Path) -> None:
    import zipfile

    with zipfile.ZipFile(book) as parts:
        kept = {name: parts.read(name) for name in parts.namelist()}
    lost = rng.choice(sorted(kept))
    if rng.random() < 0.5:
        del kept[lost]
    else:
        kept[lost] = kept[lost][: rng.randrange(len(kept[lost]))]
    with zipfile.ZipFile(book, "w") as parts:
        for name, content in kept.items():
            parts.writestr(name, content)


def several(rng, layer):
    """Three of the others at once."""
    apart = (several, many_rows, damaged_workbook, odd_workbook, hostile_name, *TABLES, *BOOKS)
    csv_only = [kind for kind in KINDS.values() if kind not in apart]
    for kind in rng.sample(csv_only, 3):
        try:
            kind(rng, layer)
        except (OSError, UnicodeError, ValueError, IndexError, StopIteration, ImportError):
            return  # the file is damaged beyond what the next damage can work on
        except Exception as error:
            if type(error).__name__ != "Error":  # csv.Error
                raise
            return


KINDS: dict[str, Damage] = {
    kind.__name__: kind
    for kind in (
        wrong_type,
        wrong_word,
        damaged_count,
        date_damage,
        swapped_headers,
        moved_columns,
        swapped_cells,
        moved_rows,
        missing_file,
        misnamed_file,
        emptied_file,
        duplicate_row,
        deleted_row,
        broken_encoding,
        byte_noise,
        digit_noise,
        name_noise,
        cut_file,
        hostile_text,
        hostile_name,
        hostile_header,
        other_dialect,
        broken_row,
        blank_margins,
        foreign_files,
        many_rows,
        damaged_workbook,
        odd_workbook,
        several,
        *TABLES,
        *BOOKS,
    )
}  # fmt: skip
