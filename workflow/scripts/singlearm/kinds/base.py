"""What a kind of outcome is: the one object that rules, sheets, report and figures go by."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from singlearm.catalogue import Row

from .columns import Column, adjudication, of_sheet


@dataclass(frozen=True)
class Sheet:
    """The extraction sheet of a kind.

    Parameters
    ----------
    name : str
        Its name; extractors fill `<name>_1` and `<name>_2`.
    adjudication : str
        The sheet with the decisions about cells on which the extractors differ.
    declared : tuple of Column
        The columns of the extractors' sheet; those marked as key name one value.
    fields : tuple of str
        The columns that make the value, on which the extractors are compared.
    label : callable
        How messages and logs call one value of a study: `(row) -> str`.
    text : callable
        The value itself as logs show it, before and after a change: `(row) -> str`.
    check : callable
        The faults within one row beyond what the codebook can see:
        `(row, prefix) -> iterator of RowFault`; `prefix` is `decision_` in the adjudication sheet.
    check_all : callable
        The faults between the rows of a sheet: `(rows) -> iterator of (row, RowFault)`.
    clean : str
        The kind of the clean table with its values; empty: the sheet's name.
    by_end_point : bool
        Whether the sheet names the end point (the protocol's `of`) in place of the outcome.
    counted : str
        The column with the number of patients behind the value, which the study's size bounds
        unless a note says why not.
    counted_severity : str
        What it is if it is larger: `error` or `warning`.
    """

    name: str
    adjudication: str
    declared: tuple[Column, ...] = ()
    fields: tuple[str, ...] = ()
    label: Callable[[Row], str] = field(default=lambda row: str(row["outcome"]))
    text: Callable[[Row], str] = field(default=lambda _: "")
    check: Callable[[Row, str], Iterator[Any]] | None = None
    check_all: Callable[[Sequence[Row]], Iterator[tuple[Row, Any]]] | None = None
    clean: str = ""
    by_end_point: bool = False
    counted: str = ""
    counted_severity: str = "error"

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the extractors' sheet."""
        return of_sheet(self.name, self.declared)

    @cached_property
    def decisions(self) -> tuple[Column, ...]:
        """The columns of the adjudication sheet."""
        return adjudication(self.adjudication, self.declared, self.fields)

    @property
    def clean_table(self) -> str:
        """The kind of the clean table with its values, a key of the catalogue."""
        return self.clean or self.name

    @property
    def key(self) -> tuple[str, ...]:
        """The names of the columns that name one value."""
        return tuple(column.name for column in self.declared if column.key)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of outcome: `proportion`, `time`, `ratio`, `rate` ...

    Parameters
    ----------
    name : str
        The word that the protocol writes under `kind`.
    sheet : Sheet
        Where its values are extracted.
    table : str
        The kind of the table that holds its pooled results, a key of the catalogue.
    lead : callable
        Of the table's rows about one outcome the one that leads: `(rows, protocol) -> row or None`.
    estimate : callable
        A result row as people print it: `(row) -> "78.1% (95% CI 65.4 to 85.8)"`.
    sentence : callable
        A result row in one sentence, derived from what the row holds: `(row, label) -> str`.
    methods : callable
        How values of this kind are pooled, for the methods section: `(protocol) -> str`.
    """

    name: str
    sheet: Sheet
    table: str
    lead: Callable[[Sequence[Row], Mapping[str, Any]], Row | None] | None = None
    estimate: Callable[[Row], str] | None = None
    sentence: Callable[[Row, str], str] | None = None
    methods: Callable[[Mapping[str, Any]], str] | None = None

    def named(self, outcome: str, settings: Mapping[str, Any]) -> str:
        """The word by which the sheet calls an outcome of the protocol."""
        return str(settings["of"]) if self.sheet.by_end_point else outcome

    def is_of(self, row: Row, outcome: str, settings: Mapping[str, Any]) -> bool:
        """Whether an extracted row is one of an outcome: a landmark's time counts as well."""
        months = settings.get("months") if self.sheet.by_end_point else None
        same_time = months is None or row.get("months") == months
        return row["outcome"] == self.named(outcome, settings) and same_time
