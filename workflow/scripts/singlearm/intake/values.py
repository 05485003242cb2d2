"""The values of an outcome, as the cells of a row say them."""

from typing import Any

from . import numbers
from .columns import UNITS, Outcome
from .names import plain
from .table import Table

Row = dict[str, Any]

#: Headers of person-time that mean years without the word.
YEARS = ("py",)


class Values:
    """Reads rates, times and ratios; `remarks` are what was read in a way that must be told."""

    def __init__(self, table: Table) -> None:
        self.table, self.decimal = table, table.decimal
        self.remarks: list[str] = []

    def _tell(self, remark: str) -> None:
        if remark not in self.remarks:
            self.remarks.append(remark)

    def _count(self, outcome: Outcome, role: str, cells: list[str]) -> int | None:
        return self._whole(self.table.cell(cells, outcome.values.get(role)))

    def _whole(self, text: str) -> int | None:
        found = numbers.count(text, self.decimal)
        if "." in text and found is not None and found >= 1000:
            self._tell("a point in a whole number is read as a sign between thousands")
        return found

    def _number(self, outcome: Outcome, role: str, cells: list[str]) -> float | None:
        return numbers.number(self.table.cell(cells, outcome.values.get(role)), self.decimal)

    def _rate(self, outcome: Outcome, cells: list[str]) -> Row | None:
        events = self._count(outcome, "events", cells)
        time = self._number(outcome, "person_time", cells)
        if events is None or time is None:
            return None
        return {"events": events, "person_time": as_text(time), "unit": self._unit(outcome)}

    def _unit(self, outcome: Outcome) -> str:
        """The unit of person-time: as columns.yaml says it, else as the header does, else years."""
        header = outcome.values["person_time"]
        named = [unit for word, unit in UNITS.items() if word in header.casefold()]
        if outcome.unit or named:
            return outcome.unit or named[0]
        if plain(header) not in YEARS:
            self._tell(
                f"'{header}' names no unit and is read as person-years: is it another, say "
                f"`unit` in columns.yaml ({', '.join(UNITS.values())})"
            )
        return UNITS["year"]

    def _time(self, outcome: Outcome, cells: list[str]) -> Row | None:
        text = numbers.with_limits(self.table.cell(cells, outcome.values["median"]))[0]
        said = self.table.cell(cells, outcome.values.get("not_reached")).casefold()
        not_reached = numbers.is_not_reached(text) or said in ("yes", "y", "1", "true")
        low, high = self._limits(outcome, "median", cells)
        total = self._count(outcome, "total", cells)
        value = None if not_reached else self._number(outcome, "median", cells)
        if value is None and not not_reached:
            return None
        word = text.upper().replace(".", "")
        if word in ("NR", "NE"):
            self._tell(
                f"{word} as a median is read as not reached: empty the cell if it is not that"
            )
        found = {"value_months": as_text(value), "ci_low": as_text(low), "ci_high": as_text(high)}
        return found | {"n": as_text(total), "not_reached": "yes" if not_reached else "no"}

    def _limits(
        self, outcome: Outcome, role: str, cells: list[str]
    ) -> tuple[float | None, float | None]:
        """Both limits; those behind the value itself where no other column has them."""
        header = outcome.values[role]
        beside = numbers.with_limits(self.table.cell(cells, header))[1]
        others = {outcome.values.get(each) for each in ("interval", "low", "high")} - {header}
        if beside and not any(self.table.cell(cells, other) for other in others):
            self._tell(f"the brackets behind '{header}' are read as its 95% interval")
            return numbers.limits(beside, self.decimal)
        if outcome.values.get("interval", header) != header:
            return numbers.limits(self.table.cell(cells, outcome.values["interval"]), self.decimal)
        low, high = (self.table.cell(cells, outcome.values.get(end)) for end in ("low", "high"))
        return numbers.limit(low, self.decimal), numbers.limit(high, self.decimal)

    def _ratio(self, outcome: Outcome, cells: list[str]) -> Row | None:
        printed = next((m for m in ("HR", "OR", "RR") if m in outcome.values), None)
        measure = printed or self.table.cell(cells, outcome.values.get("measure")).upper()
        role = printed or "estimate"
        estimate = self._number(outcome, role, cells)
        low, high = self._limits(outcome, role, cells) if estimate is not None else (None, None)
        counts: dict[str, int | None] = {}
        for arm in ("treat", "ctrl"):
            events = self._count(outcome, f"events_{arm}", cells)
            others = self._count(outcome, f"nonevents_{arm}", cells)
            total = self._count(outcome, f"n_{arm}", cells)
            if total is None and others is not None and events is not None:
                total = events + others
            counts |= {f"events_{arm}": events, f"n_{arm}": total}
        if None in counts.values() and estimate is None:
            return None
        comparison = self.table.cell(cells, outcome.values.get("comparison"))
        return {
            "comparison": comparison or "treatment vs control",
            "followup_months": as_text(self._number(outcome, "months", cells)),
            "effect_measure": measure if estimate is not None else "",
            "estimate": as_text(estimate),
            "ci_low": as_text(low),
            "ci_high": as_text(high),
        } | {name: as_text(count) for name, count in counts.items()}


def as_text(value: float | None) -> str:
    """A number as a sheet has it; the empty text for none."""
    return "" if value is None else f"{value:.15g}"
