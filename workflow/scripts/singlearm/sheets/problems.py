"""One fault of the sheets, as a person needs it to mend it: where, what, what is allowed."""

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from singlearm.kinds.rows import RowFault

    from .cells import Fault

#: A value is shown up to this length; the sheet has the rest.
SHOWN = 120
#: The screen names this many rows of one kind of fault; problems.csv has all of them.
ROWS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault (`error`: stops the run) or a remark (`warning`: travels into the report).

    `row` is the row that a spreadsheet program shows: the header is row 1.
    """

    layer: str
    sheet: str
    row: int | None
    column: str
    rule: str
    severity: str
    value: str
    message: str
    hint: str

    def line(self) -> str:
        """The fault in one line."""
        where = [self.layer, self.sheet]
        where += [f"row {self.row}"] if self.row is not None else []
        where += [self.column] if self.column else []
        value = f" '{self.value}'" if self.value else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{', '.join(part for part in where if part)}:{value} {self.message}{hint}"


class Faults:
    """Gathers the problems of one sheet or layer."""

    def __init__(self, layer: str) -> None:
        self.layer = layer
        self.found: list[Problem] = []

    def error(self, sheet: str, rule: str, message: str, hint: str = "", **where: Any) -> None:
        """Note a fault that stops the run; `where` has row, column and value as far as known."""
        self.add("error", sheet, rule, message, hint, **where)

    def warn(self, sheet: str, rule: str, message: str, hint: str = "", **where: Any) -> None:
        """Note a remark that travels into the report."""
        self.add("warning", sheet, rule, message, hint, **where)

    def take(self, sheet: str, fault: "Fault | RowFault", **where: Any) -> None:
        """Note what a check of a cell or row found."""
        self.add(fault.severity, sheet, fault.rule, fault.message, fault.hint, **where)

    def add(
        self,
        severity: str,
        sheet: str,
        rule: str,
        message: str,
        hint: str = "",
        *,
        row: int | None = None,
        column: str = "",
        value: object = "",
    ) -> None:
        """Note a problem of the severity `error` or `warning`; what a sheet says is shortened."""
        shown = "" if value is None else shorten(str(value))
        sheet, column = shorten(sheet), shorten(column)
        self.found.append(
            Problem(self.layer, sheet, row, column, rule, severity, shown, message, hint)
        )


def at(row: Mapping[str, Any], column: str, value: object = ...) -> dict[str, Any]:
    """Where a cell of a sheet's row stands and what it holds (or another `value`), for `Faults`."""
    return {"row": row["row"], "column": column, "value": row[column] if value is ... else value}


def shorten(text: str) -> str:
    """The text on one line, control characters as escapes, cut to a length that can be read."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text):,} characters)"


def near(word: str, allowed: Iterable[str]) -> str:
    """'did you mean …?' for the allowed word nearest to `word`, otherwise the empty text."""
    allowed = list(allowed)
    folded = {each.casefold(): each for each in reversed(allowed)}
    word = word.strip().casefold()[:100]
    hits = difflib.get_close_matches(word, list(folded), 1, 0.65)
    hits = hits or [name for name in folded if len(word) > 2 and name.startswith(word)][:1]
    return f"did you mean '{shorten(folded[hits[0]])}'?" if hits else ""


def rows(problems: Iterable[Problem]) -> list[dict]:
    """The problems as rows of the artifact kind `problems`, each fault once."""
    return [asdict(problem) for problem in dict.fromkeys(problems)]


def lines_of(problems: Iterable[dict]) -> list[str]:
    """One line for each kind of fault: the first one, the rows of the others, their number."""
    kinds: dict[tuple, list[dict]] = {}
    for problem in problems:
        kind = tuple(problem[name] for name in ("layer", "sheet", "column", "rule"))
        kinds.setdefault(kind, []).append(problem)
    return [_line_of_kind(same) for same in kinds.values()]


def _line_of_kind(same: list[dict]) -> str:
    first: dict[str, Any] = {k: "" if v is None and k != "row" else v for k, v in same[0].items()}
    line = Problem(**first).line()
    if len(same) == 1:
        return line
    rows = [str(problem["row"]) for problem in same[1:] if problem["row"] is not None]
    named = f", rows {', '.join(rows[:ROWS_SHOWN])}" if rows else ""
    dots = " …" if len(rows) > ROWS_SHOWN else ""
    return f"{line} [and {len(same) - 1} more like it{named}{dots}]"


def screen(problems: list[dict], title: str) -> str:
    """The problems table as text for the screen: errors first, one line for each kind of fault."""
    counts = Counter(problem["severity"] for problem in problems)
    lines = [f"{title}: {counts['error']} errors, {counts['warning']} warnings"]
    for severity in ("error", "warning"):
        of_rule: dict[str, list[dict]] = {}
        for problem in problems:
            if problem["severity"] == severity:
                of_rule.setdefault(problem["rule"], []).append(problem)
        for rule, same in sorted(of_rule.items()):
            lines += ["", f"{severity.upper()} {rule} ({len(same)})"]
            lines += [f"  - {line}" for line in lines_of(same)]
    return "\n".join(lines)
