"""What report and tables know about one data version: the protocol, its tables and figures."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from singlearm.catalogue import TABLES, Row, numbers
from singlearm.catalogue.language import known, within
from singlearm.catalogue.natural import natural
from singlearm.catalogue.tables import read_table
from singlearm.kinds import KINDS, Kind, Settings
from singlearm.kinds.base import headline
from singlearm.report import words

#: Columns of pooled proportions that a single study cannot give; metafor says 0.
OF_SEVERAL = (
    "tau2", "tau2_low", "tau2_high", "tau2_p", "i2", "i2_low", "i2_high", "h2", "q", "q_df", "q_p",
)  # fmt: skip


@dataclass(frozen=True)
class Review:
    """One data version of a review.

    Parameters
    ----------
    protocol : mapping
        The settings as plain values: review, version, outcomes, subgroups, moderators, models,
        primary; and as far as the review has them paper_model, paper_times, studies, headline.
    version, data_hash : str
        The data version and the checksum of its sheets.
    tables : mapping
        Kind of table to its rows; a table that is not there counts as empty.
    effects : mapping
        Outcome to the rows of its studies.
    sensitivity : mapping
        Outcome to its sensitivity tables by kind.
    figures : mapping
        SVG files by (outcome, figure), with an empty outcome for figures of the whole version.
    """

    protocol: Settings
    version: str
    data_hash: str
    tables: Mapping[str, list[Row]]
    effects: Mapping[str, list[Row]] = field(default_factory=dict)
    sensitivity: Mapping[str, Mapping[str, list[Row]]] = field(default_factory=dict)
    figures: Mapping[tuple[str, str], Path] = field(default_factory=dict)

    def rows(self, kind: str, **values: object) -> list[Row]:
        """The rows of a table whose named columns have these values."""
        return list(select(self.tables.get(kind, ()), **values))

    def is_derived(self, name: str) -> bool:
        """Whether an outcome has no sheet and pools what stands in cells of others."""
        return name in self.protocol["outcomes"] and self.kind_of(name).derived

    def held_out(self, **values: object) -> list[Row]:
        """Rows of `availability` of what a decision keeps out, of the outcome or study named.

        Each value once: under an outcome of a derived kind only where it stands under no other.
        """
        rows = self.rows("availability", status="held out", **values)
        told = {_value_of(row) for row in rows if not self.is_derived(row["outcome"])}
        return [
            row for row in rows if not self.is_derived(row["outcome"]) or _value_of(row) not in told
        ]

    def outcome_names(self, kind: str) -> list[str]:
        """The protocol's outcomes of a kind, in its order."""
        return [name for name in self.protocol["outcomes"] if self.outcome(name)["kind"] == kind]

    def outcome(self, name: str) -> Settings:
        """An outcome's entry in the protocol."""
        return self.protocol["outcomes"][name]

    def kind_of(self, name: str) -> Kind:
        """The kind of one of the protocol's outcomes."""
        return KINDS[self.outcome(name)["kind"]]

    def lead(self, name: str) -> Row | None:
        """The result that leads for an outcome, with `value`, `low`, `high` and `of`."""
        kind = self.kind_of(name)
        row = kind.lead(self.rows(kind.table, outcome=name), self.protocol)
        return row if row is None or "value" in row else headline(row, kind.columns)

    def result(self, name: str) -> Row:
        """The result that leads for an outcome that has one; KeyError for another."""
        row = self.lead(name)
        if row is None:
            raise KeyError(name)
        return row

    def has_data(self, name: str) -> bool:
        """Whether at least one study of this version reports the outcome."""
        row = self.lead(name)
        return bool(row and row["k"])

    def separator(self, column: str | None) -> str | None:
        """The sign between the members of a list column of the studies; `None` of no list."""
        sign: str | None = self.protocol["studies"].get("separators", {}).get(column)
        return sign

    def outcome_label(self, name: str) -> str:
        """An outcome as the reader calls it; outcomes outside the protocol keep their name."""
        described = self.protocol["outcomes"].get(name)
        return described["label"] if described else numbers.plain(name)

    def model_label(self, name: str) -> str:
        """A model as the reader calls it."""
        label = self.protocol["models"].get(name, {}).get("label")
        return known(label) if label else name

    def subgroup_label(self, name: str) -> str:
        """A subgrouping as the reader calls it."""
        return _label(self.protocol["subgroups"], name)

    def moderator_label(self, name: str) -> str:
        """A moderator, or a regression on several of them, as the reader calls it."""
        several = self.protocol.get("regressions", {})
        if name not in several:
            return _label(self.protocol.get("moderators", {}), name)
        if "label" in several[name]:
            return _label(several, name)
        first, *others = map(self.moderator_label, several[name]["moderators"])
        return " + ".join([first, *map(within, others)])

    def column_label(self, name: str) -> str:
        """A column of the studies as the reader calls it."""
        label = self.study_words.get("labels", {}).get(name)
        return known(label or words.capital(numbers.plain(name)))

    def study_label(self, study_id: str) -> str:
        """A study as the reader calls it: its label, author and year, or its name."""
        return self._study_labels.get(study_id, study_id)

    def published_claim(self, claim_id: str) -> Row:
        """A claim as published; a claim that is not in the sheet has no quantity."""
        blank = {"quantity": None, "decimals": None}
        return next(iter(self.rows("published_claims", claim_id=claim_id)), blank)

    @property
    def study_words(self) -> Settings:
        """What the protocol says about the columns of studies: size, group, table, labels."""
        return self.protocol.get("studies", {})

    @property
    def null_values(self) -> list[float]:
        """The values, named beforehand, that pooled proportions are tested against."""
        outcomes = [self.outcome(name) for name in self.outcome_names("proportion")]
        return distinct(outcome.get("null_value") for outcome in outcomes)

    @property
    def paper_model(self) -> str | None:
        """The model of the published analysis, where there are claims to hold against ours."""
        return self.protocol.get("paper_model") if self.tables.get("claims") else None

    @cached_property
    def two_extractors(self) -> bool:
        """Whether two extractors filled sheets."""
        rows = self.tables.get("reconciliation", ())
        return all(any(row[name] is not None for row in rows) for name in ("value_1", "value_2"))

    @cached_property
    def single_values(self) -> int:
        """How many values, a curve counted once, are from sheets that one alone filled."""
        return self._values(lambda row: row.get("agreement") == "single")

    @property
    def complete(self) -> bool:
        """Whether every study has every outcome in the analysis."""
        return all(row["status"] == "available" for row in self.rows("availability"))

    @property
    def carried_values(self) -> int:
        """How many values, a curve counted once, are of reports that a newer one supersedes."""
        return self._values(lambda row: bool(row.get("carried_from")))

    def _values(self, counts: Callable[[Row], bool]) -> int:
        found = set()
        for sheet in {kind.sheet.clean_table: kind.sheet for kind in KINDS.values()}.values():
            for row in filter(counts, self.tables.get(sheet.clean_table, ())):
                found.add((sheet.name, *(row.get(name) for name in sheet.whole or sheet.key)))
        return len(found)

    @cached_property
    def _study_labels(self) -> dict[str, str]:
        labels = {
            row["study_id"]: row.get("label")
            or f"{row['first_author']} {row['year'] or ''}".strip()
            for row in self.tables.get("studies", ())
            if row.get("label") or row.get("first_author")
        }
        for rows in self.effects.values():
            labels |= {row["study_id"]: row["label"] for row in rows if row["label"]}
        return labels


def read_review(inputs: Any, params: Any) -> Review:
    """The review of a rule's inputs, which are named after their kinds of table, and its params."""
    kinds = [name for name in TABLES if inputs.get(name)]
    effects = {
        _outcome(path): sorted(
            read_table(path, "effects"), key=lambda row: natural(row["label"] or row["study_id"])
        )
        for path in inputs.get("effects") or ()
    }
    sensitivity: dict[str, dict[str, list[Row]]] = {}
    for path in inputs.get("sensitivity") or ():
        kind = Path(path).stem
        sensitivity.setdefault(_outcome(path), {})[kind] = read_table(path, kind)
    return Review(
        protocol=params.protocol,
        version=params.version,
        data_hash=params.data_hash,
        tables={name: _read(inputs[name], name) for name in kinds if name != "effects"},
        effects=effects,
        sensitivity=sensitivity,
        figures={figure_of(Path(path)): Path(path) for path in inputs.get("figures") or ()},
    )


def _read(path: str, kind: str) -> list[Row]:
    """A table; of one study nothing is printed that says how studies differ."""
    rows = read_table(path, kind)
    if kind == "studies":
        return sorted(rows, key=lambda row: natural(row["study_id"]))
    if kind != "pooled":
        return rows
    return [row | dict.fromkeys(OF_SEVERAL) if row["k"] == 1 else row for row in rows]


def select(rows: Iterable[Row], **values: object) -> Iterator[Row]:
    """The rows whose named columns have these values."""
    return (row for row in rows if all(row[name] == value for name, value in values.items()))


def distinct(values: Iterable[Any]) -> list[Any]:
    """The different values in order of first appearance, without `None`."""
    return [value for value in dict.fromkeys(values) if value is not None]


def members(cell: str | None, separator: str | None) -> list[str]:
    """The members of a list cell, stripped, without empty ones; of no list the cell itself."""
    parts = (cell or "").split(separator) if separator else [cell or ""]
    return [part.strip() for part in parts if part.strip()]


def place(name: str | None, order: Sequence[str]) -> int:
    """Where a name stands in an order; those that it lacks come last."""
    return order.index(name) if name in order else len(order)


def _outcome(path: str) -> str:
    """The outcome that a path `.../<outcome>/<table>.csv` belongs to."""
    return Path(path).parent.name


def figure_of(path: Path) -> tuple[str, str]:
    """(outcome, figure) of a path below `figures/`; figures of the version have no outcome ("")."""
    folder = path.parent.name
    return ("" if folder == "figures" else folder, path.stem)


def _value_of(cell: Row) -> tuple[Any, ...]:
    return cell["study_id"], cell["value"], cell["reason"]


def _label(entries: Settings, name: str) -> str:
    return entries.get(name, {}).get("label") or words.capital(numbers.plain(name))
