"""What a kind of outcome is: the one object that rules, sheets, report and figures go by."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import say

from .columns import Column, adjudication, of_sheet
from .measure import Measure

#: A protocol, or one outcome's entry in it, as plain values.
Settings = Mapping[str, Any]
#: The protocol's outcomes by name.
Outcomes = Mapping[str, Settings]


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
    label, place : callable
        How messages and logs call one value of a study; what of it readers see: `(row) -> str`.
    text : callable
        The value itself as logs show it, before and after a change: `(row) -> str`.
    check : callable
        The faults within one row beyond what the codebook can see:
        `(row, prefix) -> iterator of RowFault`; `prefix` is `decision_` in the adjudication sheet.
    check_all : callable
        The faults between the rows of a sheet, which know the protocol's outcomes:
        `(rows, outcomes) -> iterator of (row, RowFault)`.
    clean : str
        The kind of the clean table with its values; empty: the sheet's name.
    by_end_point : bool
        Whether the sheet names the end point (the protocol's `of`) in place of the outcome.
    counted, counted_severity : str
        The column with the number of patients behind the value, which the study's size bounds
        unless a note says why not; else an `error` or `warning`.
    within : callable
        The rows of an end point that an outcome is about: `(row, settings) -> bool`.
    whole, of_report : tuple of str
        What a higher layer replaces at once, and what a newer report has or lacks, if several rows.
    """

    name: str
    adjudication: str
    declared: tuple[Column, ...] = ()
    fields: tuple[str, ...] = ()
    label: Callable[[Row], str] = field(default=lambda row: str(row["outcome"]))
    place: Callable[[Row], str] = field(default=lambda _: "")
    text: Callable[[Row], str] = field(default=lambda _: "")
    check: Callable[[Row, str], Iterator[Any]] | None = None
    check_all: Callable[[Sequence[Row], Outcomes], Iterator[tuple[Row, Any]]] | None = None
    clean: str = ""
    by_end_point: bool = False
    counted: str = ""
    counted_severity: str = "error"
    within: Callable[[Row, Settings], bool] = field(default=lambda *_: True)
    whole: tuple[str, ...] = ()
    of_report: tuple[str, ...] = ()

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


def interval_word(row: Row) -> str:
    """What the interval of a headline is: `CI`, or `CrI` where the row's model is Bayesian."""
    return str(row.get("interval", "CI"))


def headline(
    row: Row, names: tuple[str, str, str] = ("estimate", "ci_low", "ci_high"), of: str = ""
) -> Row:
    """The row with its headline number under the names that all kinds have in common.

    Parameters
    ----------
    row : dict
        A row of a table of results.
    names : tuple of str
        The columns of the number and its two limits.
    of : str
        What the number is of, where a kind has two of them.

    Returns
    -------
    dict
        The row, with `value`, `low`, `high` and `of`.
    """
    value, low, high = (row[name] for name in names)
    return row | {"value": value, "low": low, "high": high, "of": of}


def leading(rows: Sequence[Row], protocol: Settings) -> Row | None:
    """The row under the primary model where there is one, else the first with an estimate."""
    primary = (row for row in rows if row.get("model") == protocol["primary"])
    known = (row for row in rows if row.get("estimate") is not None)
    row = next(primary, None) or next(known, None)
    return row and headline(row)


def patients(count: int) -> str:
    """`1 patient`, `16 patients`."""
    return say("{n} patient" if count == 1 else "{n} patients", n=numbers.count(count))


def studies(count: int) -> str:
    """`1 study`, `19 studies`."""
    return numbers.plural(count, "study", "studies")


def counts(row: Row) -> str:
    """`19 studies, 1231 patients`."""
    told = studies(row["k"])
    if row.get("n") is not None:
        told += f", {patients(row['n'])}"
    return told


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the pooling of a table reads.

    Parameters
    ----------
    sheets : mapping
        The clean tables that the table is pooled from, by their kind.
    outcomes : mapping
        The protocol's outcomes by name.
    settings : mapping
        The protocol's section of the table's name; empty where it has none.
    studies : sequence of dict
        The studies of the version.
    trials : mapping
        study_id to trial, where several reports are of one trial.
    groups : mapping
        The protocol's subgroupings by name: study_id to group, None where that is not known.
    moderators : mapping
        The protocol's moderators by name: study_id to number or label, None where not known.
    moderator_settings : mapping
        The protocol's entries of the moderators.
    regressions : mapping
        The protocol's regressions on several of them, by name.
    """

    sheets: Mapping[str, Sequence[Row]]
    outcomes: Outcomes
    settings: Settings = field(default_factory=dict)
    studies: Sequence[Row] = ()
    trials: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    moderators: Mapping[str, Mapping[str, float | str | None]] = field(default_factory=dict)
    moderator_settings: Settings = field(default_factory=dict)
    regressions: Settings = field(default_factory=dict)

    def of_kind(self, kind: str) -> dict[str, Settings]:
        """The outcomes of a kind."""
        return {name: each for name, each in self.outcomes.items() if each["kind"] == kind}

    def rows(self, kind: "Kind", name: str) -> list[Row]:
        """The rows of a kind's sheet that are about an outcome."""
        settings, rows = self.outcomes[name], self.sheets[kind.sheet.clean_table]
        return [row for row in rows if kind.is_of(row, name, settings)]

    def of_studies(self, outcome: str, studies: Collection[str]) -> "Evidence":
        """What some of the studies say of one outcome.

        Outcomes of other kinds stay: a curve from all evidence rests on its end point's medians.
        """
        kind = self.outcomes[outcome]["kind"]

        def kept(rows: Sequence[Row]) -> list[Row]:
            return [row for row in rows if row.get("study_id") in studies]

        return replace(
            self,
            sheets={name: kept(rows) for name, rows in self.sheets.items()},
            outcomes={
                name: each
                for name, each in self.outcomes.items()
                if name == outcome or each["kind"] != kind
            },
            studies=kept(self.studies),
        )


@dataclass(frozen=True, slots=True)
class Effects:
    """The values of an outcome as a two-step model takes them.

    Parameters
    ----------
    studies : sequence of str
        study_id of each.
    yi, vi : sequence of float
        Effect sizes and sampling variances on the scale of the kind's model; NaN: not known.
    """

    studies: Sequence[str]
    yi: Sequence[float]
    vi: Sequence[float]


@dataclass(frozen=True, slots=True)
class Pooling:
    """How one table of a version is pooled: from which clean tables, and by which call."""

    tables: tuple[str, ...]
    call: Callable[[Evidence], Iterable[Row]]


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
    title : str
        Heading of its section, and of the paragraph on how it is pooled.
    measure : Measure
        What its numbers are.
    columns : tuple of str
        The columns of the table that hold an estimate and its limits.
    lead : callable
        Of the table's rows about one outcome the one that leads, with its headline number (see
        `headline`): `(rows, protocol) -> row or None`.
    counts : callable
        How much a result rests on: `(row) -> "19 studies, 1231 patients"`.
    estimate : callable, optional
        A result row as people print it: `(row) -> "78.1% (95% CI 65.4 to 85.8)"`; without one the
        measure prints the headline number.
    sentence : callable, optional
        A result row in one sentence, derived from what the row holds: `(row, label) -> str`.
    poolings : mapping
        The tables that are pooled for a version as a whole, by name; of proportions there are none,
        they are pooled outcome by outcome.
    shown : callable
        Which rows of the table people see in lists of results: `(row) -> bool`.
    models : mapping
        What people call its models or methods, by their names in the table.
    derived : bool
        Whether it has no sheet of its own and pools what other kinds extract; `sheet` is one of
        theirs.
    about : str
        What a reader must know before the results, a sentence or two.
    effects : callable, optional
        What a test between groups of studies goes by: `(evidence, outcome) -> Effects`. Without
        one, groups are shown and not tested.
    methods : callable, optional
        How values of this kind are pooled, for the methods section: `(protocol) -> str`; `[@key]`
        cites a work of `singlearm.report.references`.
    """

    name: str
    sheet: Sheet
    table: str
    title: str
    measure: Measure = field(default_factory=Measure)
    columns: tuple[str, str, str] = ("estimate", "ci_low", "ci_high")
    lead: Callable[[Sequence[Row], Settings], Row | None] = leading
    counts: Callable[[Row], str] = counts
    estimate: Callable[[Row], str] | None = None
    sentence: Callable[[Row, str], str] | None = None
    methods: Callable[[Settings], str] | None = None
    effects: Callable[[Evidence, str], Effects] | None = None
    poolings: Mapping[str, Pooling] = field(default_factory=dict)
    shown: Callable[[Row], bool] = field(default=lambda _: True)
    models: Mapping[str, str] = field(default_factory=dict)
    derived: bool = False
    about: str = ""

    def printed(self, row: Row) -> str:
        """A row that leads, as people print it."""
        if self.estimate is not None:
            return self.estimate(row)
        return self.measure.text(row["value"], row["low"], row["high"], interval_word(row))

    def with_measure(self, row: Row) -> str:
        """The same with the measure of a comparison before it: `HR 0.48 (95% CI 0.33 to 0.69)`."""
        return " ".join(filter(None, (row.get("effect_measure"), self.printed(row))))

    def named(self, outcome: str, settings: Mapping[str, Any]) -> str:
        """The word by which the sheet calls an outcome of the protocol."""
        return str(settings["of"]) if self.sheet.by_end_point else outcome

    def is_of(self, row: Row, outcome: str, settings: Mapping[str, Any]) -> bool:
        """Whether an extracted row is one of an outcome: a landmark's time counts as well."""
        right_word = row["outcome"] == self.named(outcome, settings)
        return right_word and self.sheet.within(row, settings)
