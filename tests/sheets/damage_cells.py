"""Ways to damage the cells and columns of a layer.

Each is a function of a random generator and a folder with a real layer. It returns what it changed
that must be read back as it stands (`Texts`), or nothing. It never makes another valid review:
what it does is a fault or does not touch the analysis.
"""

import random
from collections.abc import Callable
from pathlib import Path

from review import codebook, load, save

from singlearm.sheets.core import SHEETS

#: (sheet, spreadsheet row, column) to the text that must come back; or the names of a study.
Texts = dict
RENAMED = "renamed"
Damage = Callable[[random.Random, Path], Texts | None]

CODEBOOK = codebook()
EXTRACTED = (
    "outcomes_1",
    "outcomes_2",
    "durations_1",
    "durations_2",
    "comparative_1",
    "comparative_2",
    "landmarks_1",
    "landmarks_2",
    "curves_1",
    "curves_2",
    "rates_1",
    "rates_2",
)
DECISIONS = ("adjudication", "adjudication_durations", "adjudication_comparative")
NUMERIC = ("integer", "number")

HOSTILE = [
    "=1+1", "=cmd|' /C calc'!A0", "+SUM(A1:A9)", "-2+3", "@SUM(1)", '=HYPERLINK("http://x","y")',
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</td></tr>", "&lt;b&gt; & \"'",
    "../../../etc/passwd", "C:\\Windows\\system32", "/dev/null", "$(rm -rf .)", "`id`",
    "; DROP TABLE x", "{{ 7*7 }}", "{% raw %}", "%s %d %n", "${HOME}", "\\u0000", "a,b,c",
    'she said "no"', "''", '"', "two\nlines", "tab\there", "漢字かな", "العربية", "µg/mL ≥3",
    "\u202eright to left", "🧬🩸", "a\u0301bc", "NULL", "None", "nan", "TRUE", "1/2", "007", "1e5",
    "#hash", "x" * 30_000, "é" * 5_000, "[link](x)",
]  # fmt: skip
NOT_NUMBERS = [
    "abc", "12,5", "1 2", "1\u20092", "1\u00a0234", "1,234", "NaN", "NA", "n/a", "-", "?", "TRUE",
    "85%", "85 %", "½", "٣", "１３", "0x10", "1_0", "+5", "'13", "=1+1", "#DIV/0!", "5-Jan", "1;2",
    "Jan-05", "2021-05-01", "01.05.2021", "5/1/2021", "inf", "-inf", "1e999", "9" * 30, "9" * 5000,
    "-1", "--1", "1.2.3", "~5", ">5", "5*", "5a", "[5]", "1e", ".5.", "<b>5</b>", "−5", "1/2",
]  # fmt: skip
NOT_WORDS = ["hihg", "YES!", "0", "1.5", "x" * 200, "<b>yes</b>", "=A1", "1-Feb", "Ye s", "\x00"]


def pick_sheet(rng: random.Random, layer: Path, names=tuple(SHEETS)) -> str:
    return rng.choice([name for name in names if (layer / f"{name}.csv").exists()])


def columns_of(sheet: str, *types: str) -> list[str]:
    return [name for name, c in CODEBOOK.of(SHEETS[sheet]).items() if not types or c.type in types]


def edit_cell(rng, layer, sheet, column, change: Callable[[str], str]) -> tuple[int, str, str]:
    """Change one cell of a column; its row, the text before and the text after."""
    grid = load(layer, sheet)
    place, row = grid[0].index(column), rng.randrange(1, len(grid))
    before = grid[row][place]
    grid[row][place] = change(before)
    save(layer, sheet, grid)
    return row + 1, before, grid[row][place]


def edit_bytes(layer: Path, sheet: str, change: Callable[[bytes], bytes]) -> None:
    path = layer / f"{sheet}.csv"
    path.write_bytes(change(path.read_bytes()))


def wrong_type(rng, layer):
    """A text where a number belongs."""
    sheet = pick_sheet(rng, layer, [name for name in SHEETS if name != "claims"])
    there = load(layer, sheet)[0]
    columns = [c for c in columns_of(sheet, *NUMERIC) if c in there]
    columns = columns or [c for c in columns_of(sheet, "category") if c in there]
    edit_cell(rng, layer, sheet, rng.choice(columns), lambda _: rng.choice(NOT_NUMBERS))


def wrong_word(rng, layer):
    """A word that no list of allowed values has, or a list or date that is none."""
    sheet = pick_sheet(rng, layer)
    columns = [
        c for c in columns_of(sheet, "category", "list", "date") if c in load(layer, sheet)[0]
    ]
    columns = [c for c in columns if c != "registration"]
    if columns:
        edit_cell(rng, layer, sheet, rng.choice(columns), lambda _: rng.choice(NOT_WORDS))


def damaged_count(rng, layer):
    """A count that became negative, a fraction, a percentage, a share, or far too large."""
    sheet = pick_sheet(rng, layer, EXTRACTED)
    columns = [c for c in columns_of(sheet, "integer") if c in load(layer, sheet)[0]]
    ways = [
        lambda t: f"-{t or 1}", lambda t: f"{t or 1}.5", lambda t: f"{t or 1}%",
        lambda t: f"0.{t or 5}",
        lambda t: f"{t or 1}000000", lambda t: f"{t or 1},0", lambda t: f"{t or 1}.0",
        lambda t: f" {t} ",
        lambda t: f"{t}\u2009", lambda t: f"{t or 1} patients", lambda t: f"n={t}",
    ]  # fmt: skip
    edit_cell(rng, layer, sheet, rng.choice(columns), rng.choice(ways))


def date_damage(rng, layer):
    """What a spreadsheet makes of 1/2 and of dates."""
    shown = ["1-Feb", "01-Feb", "2-Jan", "Jan-02", "1. Feb", "44198", "1/2/2021", "02.01.2021"]
    columns = ["phase", "data_cutoff", "costimulation", "median_followup_months"]
    column = rng.choice([c for c in columns if c in load(layer, "studies")[0]])
    if column == "median_followup_months":
        shown.remove("44198")
    edit_cell(rng, layer, "studies", column, lambda _: rng.choice(shown))


def swapped_headers(rng, layer):
    """Two column names exchanged."""
    sheet = pick_sheet(rng, layer)
    grid = load(layer, sheet)
    a, b = rng.sample(range(len(grid[0])), 2)
    grid[0][a], grid[0][b] = grid[0][b], grid[0][a]
    save(layer, sheet, grid)


def moved_columns(rng, layer):
    """Columns in another order, names and cells together: nothing to complain about."""
    sheet = pick_sheet(rng, layer)
    grid = load(layer, sheet)
    order = list(range(len(grid[0])))
    rng.shuffle(order)
    save(layer, sheet, [[row[place] for place in order] for row in grid])


def swapped_cells(rng, layer):
    """Two cells of a row exchanged, in a sheet that double extraction guards."""
    sheet = pick_sheet(rng, layer, EXTRACTED)
    grid = load(layer, sheet)
    a, b = rng.sample(range(len(grid[0])), 2)
    row = rng.choice(grid[1:])
    row[a], row[b] = row[b], row[a]
    save(layer, sheet, grid)


def moved_rows(rng, layer):
    """Rows in another order: nothing to complain about."""
    sheet = pick_sheet(rng, layer)
    header, *rows = load(layer, sheet)
    rng.shuffle(rows)
    save(layer, sheet, [header, *rows])
