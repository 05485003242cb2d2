"""What a reviewer's own table does to a layer: titles, totals, footnote marks, hidden cells.

Each function takes a random generator and the folder of a layer, like those of `damage`.
"""

import xlsxwriter
from damage_cells import EXTRACTED, columns_of, edit_cell, pick_sheet
from review import load, save

MARKS = ["*", "†", "‡", "²", "¹", "³", "ᵃ", "₂", " [3]", "^2", "#", "§", " (a)", "\u2009²"]


def title_above(rng, layer):
    """A title, and perhaps blank rows, above the names of the columns."""
    sheet = pick_sheet(rng, layer)
    titles = [["Table 1. Characteristics"], [], ["Extracted by", "AB"], ["sep=,"], [""]]
    grid = load(layer, sheet)
    save(layer, sheet, [["Table 1"], *rng.choices(titles, k=rng.randrange(3)), *grid])


def footnote_mark(rng, layer):
    """A mark behind a count, never a digit of it."""
    sheet = pick_sheet(rng, layer, EXTRACTED[:2])
    column = rng.choice(["events", "total"])
    edit_cell(rng, layer, sheet, column, lambda text: f"{text or 1}{rng.choice(MARKS)}")


def totals_row(rng, layer):
    """The sums of a table, as one more study."""
    sheet = pick_sheet(rng, layer, EXTRACTED[:2])
    header, *rows = load(layer, sheet)
    name = rng.choice(["Total", "TOTAL", "Sum", "All studies", "Overall", "Pooled", "Total (n=3)"])
    last = dict(zip(header, rows[-1], strict=True)) | {"study_id": name}
    last |= {"events": "100", "total": "120"}
    save(layer, sheet, [header, *rows, [last[column] for column in header]])


def decimal_commas(rng, layer):
    """The decimal commas of a European spreadsheet, with its semicolons or without."""
    sheet = pick_sheet(rng, layer)
    grid = load(layer, sheet)
    places = [grid[0].index(c) for c in columns_of(sheet, "number") if c in grid[0]]
    for row in grid[1:]:
        for place in places:
            row[place] = row[place].replace(".", ",")
    save(layer, sheet, grid)
    if rng.random() < 0.5:
        path = layer / f"{sheet}.csv"
        cells = [[f'"{cell}"' for cell in row] for row in grid if not any('"' in c for c in row)]
        if len(cells) == len(grid):
            path.write_text("".join(";".join(row) + "\n" for row in cells), encoding="utf-8")


def entered_twice(rng, layer):
    """A study once more under another name, its registration, DOI or PMID in another spelling."""
    grid = load(layer, "studies")
    known = [c for c in ("registration", "doi", "pmid") if c in grid[0]]
    column = rng.choice(known)
    filled = [row for row in grid[1:] if row[grid[0].index(column)]]
    if not filled:
        return
    row = list(rng.choice(filled))
    old, row[0] = row[0], f"{row[0]}b"
    place = grid[0].index(column)
    for other in known:
        if other != column:
            row[grid[0].index(other)] = ""
    row[place] = rng.choice([str.lower, str.upper, lambda t: f" {t} ", str])(row[place])
    save(layer, "studies", [*grid, row])
    for sheet in EXTRACTED[:2]:
        if (layer / f"{sheet}.csv").exists():
            cells = load(layer, sheet)
            save(layer, sheet, [*cells, *([row[0], *c[1:]] for c in cells[1:] if c[0] == old)])


def far_cell(rng, layer):
    """A blank, or a word, far to the right or far below."""
    sheet = pick_sheet(rng, layer)
    grid = load(layer, sheet)
    text = rng.choice([" ", "\u00a0", "note"])
    if rng.random() < 0.5:
        grid[rng.randrange(1, len(grid))] += [""] * rng.choice([3, 200]) + [text]
    else:
        grid += [[]] * rng.choice([3, 2000]) + [[text]]
    save(layer, sheet, grid)


def written_workbook(rng, layer):
    """A workbook with hidden rows or columns, struck or raised digits, comments, other formats."""
    sheet = pick_sheet(rng, layer, EXTRACTED[:2])
    grids = {file.stem: load(layer, file.stem) for file in sorted(layer.glob("*.csv"))}
    for file in layer.glob("*.csv"):
        file.unlink()
    book = xlsxwriter.Workbook(layer / "extraction.xlsx")
    for name, grid in grids.items():
        tab = book.add_worksheet(name)
        for row, cells in enumerate(grid):
            for place, text in enumerate(cells):
                tab.write_string(row, place, text)
        if name == sheet:
            _write_oddly(rng, book, tab, grid)
    book.close()


def _write_oddly(rng, book, tab, grid) -> None:
    """One oddity in a tab of counts."""
    row, place = rng.randrange(1, len(grid)), grid[0].index(rng.choice(["events", "total"]))
    text = grid[row][place] or "1"
    way = rng.randrange(7)
    if way == 0:
        tab.set_row(row, options={"hidden": True})
    elif way == 1:
        tab.set_column(place, place, options={"hidden": True})
    elif way == 2:
        tab.write_comment(row, place, "really?")
    elif way in (3, 4):
        style = {"font_strikeout": True} if way == 3 else {"font_script": 1}
        tab.write_rich_string(row, place, text, book.add_format(style), "2")
    elif way == 5:
        tab.write_number(row, place, 12.4, book.add_format({"num_format": "0"}))
    else:
        tab.write_number(row, place, 0.5, book.add_format({"num_format": "0%"}))


TABLES = (
    title_above, footnote_mark, totals_row, decimal_commas, entered_twice, far_cell,
    written_workbook,
)  # fmt: skip
