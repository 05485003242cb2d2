"""What a kind of outcome is: the one object that rules, sheets, report and figures go by."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from singlearm.catalogue import Row


@dataclass(frozen=True, slots=True)
class Sheet:
    """The extraction sheet of a kind.

    Parameters
    ----------
    name : str
        Its name; extractors fill `<name>_1` and `<name>_2`.
    adjudication : str
        The sheet with the decisions about cells on which the extractors differ.
    key : tuple of str
        The columns that name one value.
    label : callable
        How messages and logs call one value of a study: `(row) -> str`.
    text : callable
        The value itself as logs show it, before and after a change: `(row) -> str`.
    check : callable
        The faults within one row beyond what the codebook can see: `(row) -> iterator of faults`.
    """

    name: str
    adjudication: str
    key: tuple[str, ...] = ("study_id", "outcome")
    label: Callable[[Row], str] = field(default=lambda row: str(row["outcome"]))
    text: Callable[[Row], str] = field(default=lambda _: "")
    check: Callable[..., Iterator[Any]] | None = None


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
