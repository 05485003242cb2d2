"""What figures are made from beside their tables: data, model, outcome, words of the studies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from singlearm.catalogue import Row
from singlearm.catalogue.language import known, mark, say
from singlearm.catalogue.natural import natural
from singlearm.catalogue.tables import records
from singlearm.synthesis.models import Model

if TYPE_CHECKING:  # a fifth of a second for every job that draws, and jobs draw from rows
    import pandas as pd

#: A table as the builders of marks take it: a pandas frame or rows of plain values.
Rows: TypeAlias = "pd.DataFrame | Sequence[Row]"


def rows_of(table: Rows) -> list[Row]:
    """The rows of a table as plain values, `None` for what is missing."""
    return list(table) if isinstance(table, Sequence) else records(table)


def number_of(value: Any) -> float | None:
    """A number of an open table's further column, which is read as text."""
    return None if value in (None, "") else float(value)


@dataclass(frozen=True, slots=True)
class Data:
    """The data version that a figure was drawn from, and a short hash of its sheets, or of the
    cells of one outcome.
    """

    version: str
    hash: str = ""
    cells: bool = False

    def __str__(self) -> str:
        version = say("Data version {version}", version=self.version)
        if not self.hash:
            return version
        if self.cells:
            return f"{version}, {say('sha256 of the cells {hash}', hash=self.hash)}"
        return f"{version}, sha256 {self.hash}"

    @property
    def unreported(self) -> str:
        """That no study reports the outcome."""
        return say("No study of data version {version} reports this outcome.", version=self.version)


#: Below figures that head a column "95% CI" and have a Bayesian row.
CREDIBLE = mark("The intervals of Bayesian models are credible intervals.")


def credible(bayesian: bool) -> tuple[str, ...]:
    """The line of the footer that a figure with a Bayesian model needs."""
    return (say(CREDIBLE),) if bayesian else ()


@dataclass(frozen=True, slots=True)
class FigureModel:
    """A model of the protocol as figures speak of it.

    Parameters
    ----------
    name : str
        Its key in the protocol and in the tables.
    label : str
        Its printed name.
    scale : str
        The scale that its coefficients and its tau2 are on: `log odds`, `arcsine` ...
    estimand : {"typical", "average"}
        Whether its estimate is that of the median study or the mean over studies.
    has_tau2 : bool
        Whether it has a variance between studies.
    bayesian : bool
        Whether its intervals are credible ones.
    """

    name: str
    label: str
    scale: str = "log odds"
    estimand: str = "typical"
    has_tau2: bool = True
    bayesian: bool = False

    @classmethod
    def of(cls, name: str, settings: Mapping[str, Any]) -> "FigureModel":
        """The model of an entry of the protocol's `models`."""
        model = Model.of(settings)
        label = known(settings.get("label", name))
        bayesian = model.likelihood == "bayes"
        return cls(name, label, model.scale, model.estimand, model.has_tau2, bayesian)


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome of the protocol: its name, label, good side (high, low, None) and threshold."""

    name: str
    label: str
    favours: str | None = None
    threshold: float | None = None

    @classmethod
    def of(cls, name: str, settings: Mapping[str, Any]) -> "Outcome":
        """The outcome of an entry of the protocol's `outcomes`."""
        return cls(name, settings["label"], settings.get("favours"), settings.get("threshold"))


@dataclass(frozen=True, slots=True)
class StudyWords:
    """Which columns describe a study, in the protocol's words; a part that is empty is not shown.

    Parameters
    ----------
    size, size_label : str
        The column that counts a study's people, and what it counts.
    group : str
        The column that an evidence map has its rows by.
    labels : Mapping[str, str]
        Heading of each column.
    """

    size: str = ""
    size_label: str = "participants"
    group: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "StudyWords":
        """The words of the protocol's `studies`, of which every key may be missing."""
        keys = ("size", "size_label", "group", "labels")
        return cls(**{key: settings[key] for key in keys if settings.get(key)})

    def heading(self, column: str) -> str:
        """Heading of a study column; one without a label shows its name with spaces."""
        return known(self.labels.get(column) or column.replace("_", " ").capitalize())


def studies_of(table: Rows, outcome: Outcome, labels: Mapping[str, str]) -> list[Row]:
    """The studies' rows of one outcome, by label."""
    rows = [row for row in rows_of(table) if row["outcome"] == outcome.name]
    return sorted(rows, key=lambda row: natural(labels.get(row["study_id"], row["study_id"])))


def pooled_of(table: Rows, outcome: Outcome, models: Iterable[str]) -> list[Row]:
    """What was pooled of one outcome, in the order of the models."""
    order = list(models)
    rows = [row for row in rows_of(table) if row["outcome"] == outcome.name and row["k"]]
    return sorted(rows, key=lambda row: order.index(row["model"]))
