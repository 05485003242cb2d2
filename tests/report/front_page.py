"""A second reading of the report's front page: what key outcomes print, held to the CSV files.

It shares no code with the report. Files are read with `csv`, and a printed number is right if the
file's lies within half a unit of its last digit.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import lxml.html

#: Where things stand in the page's table, and what the page calls them.
COLUMNS = {
    "counts": "Participants (studies)",
    "result": "Result [95% CI]",
    "expected": "In a new, similar study (95% prediction interval)",
    "certainty": "Certainty (GRADE)",
    "words": "In words",
}
AVERAGE = ("marginal", "marginal_low", "marginal_high")
ESTIMATE = ("estimate", "ci_low", "ci_high")
HEDGES = {"moderate": "probably", "low": "perhaps", "very low": "very uncertainly"}
NUMBER = re.compile(r"[<>]?\d[\d,]*(?:\.\d+)?")
NOT_PRINTED = re.compile(r"95% (CI|CrI)|\[[a-z0-9, ]+\]$")
NOTHING = "–"


def read_page(report: Path) -> dict[str, dict[str, str]]:
    """The cells of the summary of findings, by outcome and the names of `COLUMNS`."""
    (table,) = lxml.html.parse(report).getroot().xpath("//table[@id='table-summary_of_findings']")
    heads = [_text(head) for head in table.xpath("./thead/tr/th")]
    found = {}
    for row in table.xpath("./tbody/tr"):
        cells = dict(zip(heads, map(_text, row), strict=True))
        # a column of which no outcome has a value is left out
        found[row.get("data-key")] = {
            name: cells.get(head, NOTHING) for name, head in COLUMNS.items()
        } | {"label": cells["Outcome"]}
    return found


def _text(element) -> str:
    return " ".join(element.text_content().split())


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def faults(report: Path, protocol: dict, primary: str, tables: dict[str, list]) -> Iterator[str]:
    """Whatever the page prints of a key outcome that its row in the tables does not say.

    `tables` are the rows of pooled, times, ratios and certainty; the protocol has its outcomes,
    `key_outcomes` and perhaps a `headline`.
    """
    page = read_page(report)
    judged = {row["outcome"]: row["judgement"] for row in tables["certainty"]}
    leads = {
        name: _leading(protocol["outcomes"][name]["kind"], name, primary, tables)
        for name in protocol["key_outcomes"]
    }
    with_data = [name for name, row in leads.items() if row and int(row["k"])]
    if list(page) != with_data:
        yield f"the page has {list(page)}, the tables {with_data}"
    for name in (name for name in with_data if name in page):
        outcome, cells = protocol["outcomes"][name], page[name]
        told = _told(outcome, leads[name], protocol.get("headline", "average"))
        for place, values in told.items():
            printed = cells[place].removeprefix(f"{outcome['label']}: ")
            if not _same(printed, values):
                yield f"{name}: {place} is {cells[place]!r}, the tables have {values}"
        yield from _unsure(name, outcome, cells, judged.get(name), leads[name])


def _leading(kind: str, name: str, primary: str, tables: dict[str, list]) -> dict | None:
    table, column, value = {
        "proportion": ("pooled", "model", primary),
        "time": ("times", "method", "weighted_median"),
        "ratio": ("ratios", "lead", "true"),
    }[kind]
    rows = [row for row in tables[table] if row["outcome"] == name and row[column] == value]
    return rows[0] if rows else None


def _told(outcome: dict, row: dict, headline: str) -> dict[str, list[float]]:
    """The numbers that each cell should print, in their order."""
    patients = row.get("total") or row.get("n")
    counts = _values({"n": patients, "k": row["k"]}, "n", "k")
    if outcome["kind"] == "proportion":
        average = headline == "average" and row["marginal"]
        result = _values(row, *(AVERAGE if average else ESTIMATE))
        of = outcome.get("per") or next(
            n for n in (100, 1000, 100_000) if n * result[0] >= 1 or not result[0]
        )
        value, *limits = (of * each for each in result)
        result = [value, of, *limits]
        expected = [of * each for each in _values(row, "pi_low", "pi_high")]
        expected += [of] if expected else []
        return {"counts": counts, "result": result, "expected": expected, "words": result}
    expected = _values(row, "pi_low", "pi_high")
    if outcome["kind"] == "time":
        value = ["estimate_months"] if row["estimate_months"] else ["bound_low", "bound_high"]
        result = _values(row, *value, "ci_low", "ci_high")
        return {"counts": counts, "result": result, "expected": expected, "words": result}
    result = _values(row, *ESTIMATE)
    words = result if max(result) > 2 else [abs(100 * (1 - each)) for each in result]
    return {"counts": counts, "result": result, "expected": expected, "words": words}


def _values(row: dict, *names: str) -> list[float]:
    return [float(row[name]) for name in names if row[name]]


def _same(printed: str, values: list[float]) -> bool:
    """Whether a text has these numbers and no others."""
    numbers = NUMBER.findall(NOT_PRINTED.sub("", printed).replace("−", "-"))
    return len(numbers) == len(values) and all(map(_rounds_to, numbers, values))


def _rounds_to(printed: str, value: float) -> bool:
    digits = printed.lstrip("<>").replace(",", "")
    half = 0.5 * 10.0 ** -len(digits.partition(".")[2])
    if printed.startswith("<"):
        return 0 < value <= half
    if printed.startswith(">"):
        return float(digits) + half <= value < float(digits) + 2 * half
    return abs(float(digits) - value) <= half + 1e-9


def group_faults(
    report: Path, protocol: dict, primary: str, rows: list[dict], others: list[dict]
) -> Iterator[str]:
    """Whatever the front page prints by `front_groups` that the tables do not say.

    `rows` are those of subgroups, of proportions; `others` those of group_results, of other kinds.
    """
    page = lxml.html.parse(report).getroot()
    labels = {protocol["outcomes"][name]["label"]: name for name in protocol["key_outcomes"]}
    for by in protocol["front_groups"]:
        (table,) = page.xpath(f"//table[@data-table='by_{by}']")
        outcomes = [
            labels[_text(h).rsplit(", % ", 1)[0]]
            for h in table.xpath("./thead//th[position() > 1]")
        ]
        told = {
            (_text(cells[0]), name): _text(cell)
            for cells in table.xpath("./tbody/tr")
            for name, cell in zip(outcomes, cells[1:], strict=True)
            if _text(cell) != NOTHING
        }
        have = {
            (row["level"], row["outcome"]): row
            for row in rows
            if (row["by"], row["model"], row["tau2_mode"]) == (by, primary, "common")
            and row["outcome"] in labels.values()
            and int(row["k"])
        }
        others_have = {
            (row["level"], row["outcome"]): row
            for row in others
            if row["by"] == by and row["outcome"] in labels.values() and row["result"] != NOTHING
        }
        # an outcome with one group is not compared
        groups = Counter(outcome for _, outcome in [*have, *others_have])
        have, others_have = (
            {place: row for place, row in rows_of.items() if groups[place[1]] > 1}
            for rows_of in (have, others_have)
        )
        if alone := set(told) ^ set(have) ^ set(others_have):
            yield f"{by}: only the page or only the table has {sorted(alone)}"
        for place in set(told) & set(have):
            row = have[place]
            average = protocol.get("headline", "average") == "average" and row["marginal"]
            names = AVERAGE if average else ESTIMATE
            values = [100 * value for value in _values(row, *names)]
            values += _values(row, "k", "events", "total")
            if not _same(told[place], values):
                yield f"{by}, {place}: {told[place]!r}, the table has {values}"
        for place in set(told) & set(others_have):
            row = others_have[place]
            said, _, counted = told[place].rpartition("; ")
            if said != row["result"] or not _same(counted, _values(row, "k", "n")):
                yield f"{by}, {place}: {told[place]!r}, the table has {row['result']!r}"


def _unsure(
    name: str, outcome: dict, cells: dict, judgement: str | None, row: dict
) -> Iterator[str]:
    """What of the interval's name, the direction and the certainty the page has otherwise."""
    rule = "proposed by rule" if "decision_threshold" in outcome else "not judged"
    said = re.sub(r" \[[^]]*\]$", "", cells["certainty"]).lower()
    if said != (judgement or rule):
        yield f"{name}: certainty is {said!r}, the sheet has {judgement!r}"
    if judgement in HEDGES and HEDGES[judgement] not in cells["words"]:
        yield f"{name}: {cells['words']!r} is surer than {judgement}"
    known = outcome["kind"] != "time" or row["estimate_months"]
    if known and ("certainty not judged" in cells["words"]) != (judgement is None):
        yield f"{name}: {cells['words']!r} does not say that nobody judged it, or that somebody did"
    if outcome["kind"] != "ratio":
        return
    credible = row["method"] == "bayes"
    start = f"{row['effect_measure']} "
    if ("CrI" in cells["result"]) != credible or not cells["result"].startswith(start):
        yield f"{name}: {cells['result']!r} is by {row['method']}, {row['effect_measure']}"
    value, low, high = (float(row[each]) for each in ("estimate", "ci_low", "ci_high"))
    if max(value, high) <= 2 and ("lower" if value < 1 else "higher") not in cells["words"]:
        yield f"{name}: {cells['words']!r} has the wrong direction"
    if (low <= 1 <= high) != ("the other way about" in cells["words"]):
        yield f"{name}: {cells['words']!r} for limits of {low} and {high}"
