"""What the publication knows about one data version: the protocol and the artifact tables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from singlearm.catalogue import Row
from singlearm.catalogue.tables import read_table

#: Input name of a rule (and field of `Review`) to the kind of its table.
TABLES = {
    "studies": "studies",
    "outcomes": "outcomes",
    "pooled": "pooled",
    "subgroups": "subgroups",
    "tests": "subgroup_tests",
    "times": "times",
    "ratios": "ratios",
    "claims": "claims",
}
#: Further inputs that a version may lack.
OPTIONAL = {"published": "published_claims", "certainty": "certainty", "regression": "regression"}


@dataclass(frozen=True, slots=True)
class Review:
    """One data version of a review.

    `protocol` holds the settings as plain values: review (title, question, authors, limits),
    version (title, layers, compare_with), outcomes, subgroups, models (name to settings), primary,
    paper_model, paper_times. The other fields are rows as `read_table` gives them; `published` are
    the claims as their sheet has them.
    """

    protocol: Mapping
    version: str
    data_hash: str
    studies: tuple[Row, ...]
    outcomes: tuple[Row, ...]
    pooled: tuple[Row, ...]
    subgroups: tuple[Row, ...]
    tests: tuple[Row, ...]
    times: tuple[Row, ...]
    ratios: tuple[Row, ...]
    claims: tuple[Row, ...]
    published: tuple[Row, ...] = ()
    certainty: tuple[Row, ...] = ()
    regression: tuple[Row, ...] = ()

    def outcome_names(self, kind: str) -> list[str]:
        """The protocol's outcomes of a kind (proportion, time, ratio), in its order."""
        described = self.protocol["outcomes"]
        return [name for name, outcome in described.items() if outcome["kind"] == kind]

    def outcome_label(self, name: str) -> str:
        """An outcome as the reader calls it; outcomes outside the protocol keep their name."""
        described = self.protocol["outcomes"].get(name)
        return described["label"] if described else name.replace("_", " ")

    def model_label(self, name: str) -> str:
        """A model as the reader calls it."""
        return self.protocol["models"].get(name, {}).get("label", name.replace("_", " "))

    def subgroup_label(self, name: str) -> str:
        """A subgrouping as the reader calls it."""
        described = self.protocol["subgroups"].get(name, {})
        return described.get("label", name.replace("_", " ").capitalize())

    def pooled_row(self, outcome: str, model: str) -> Row | None:
        """The pooled result of an outcome under a model."""
        return next(select(self.pooled, outcome=outcome, model=model), None)

    def primary_row(self, outcome: str) -> Row | None:
        """The pooled result of an outcome under the primary model."""
        return self.pooled_row(outcome, self.protocol["primary"])

    def published_claim(self, claim_id: str) -> Row:
        """A claim as published; a claim that is not in the sheet has no quantity."""
        blank = {"quantity": None, "decimals": None}
        return next(select(self.published, claim_id=claim_id), blank)

    def has_data(self, outcome: str) -> bool:
        """Whether at least one study of this version reports the proportion."""
        row = self.primary_row(outcome)
        return bool(row and row["k"])


def read_review(inputs, params) -> Review:
    """The review of a rule's named inputs (paths of the tables) and params."""
    rows = {
        name: tuple(read_table(Path(getattr(inputs, name)), kind)) for name, kind in TABLES.items()
    }
    rows |= {
        name: tuple(read_table(Path(inputs[name]), kind))
        for name, kind in OPTIONAL.items()
        if inputs.get(name)
    }
    return Review(
        protocol=params.protocol, version=params.version, data_hash=params.data_hash, **rows
    )


def select(rows, **values) -> Iterator[Row]:
    """The rows whose named columns have these values."""
    return (row for row in rows if all(row[name] == value for name, value in values.items()))


def distinct(values) -> list:
    """The different values in order of first appearance, without `None`."""
    return [value for value in dict.fromkeys(values) if value is not None]


def members(cell: str | None, separator: str = ";") -> list[str]:
    """The members of a list cell, stripped, without empty ones."""
    return [part.strip() for part in (cell or "").split(separator) if part.strip()]
