"""Everything that the report reads, gathered once from a rule's inputs."""

from dataclasses import dataclass, field
from pathlib import Path

from singlearm.catalogue import Row
from singlearm.catalogue.tables import read_table
from singlearm.report.review import Review, read_review

#: Input names (and fields of `ReportData`) whose kind has the same name.
EXTRA = ("availability", "reconciliation", "agreement", "change_log", "problems", "changes")


@dataclass(frozen=True, slots=True)
class ReportData:
    """A review with what only the report shows.

    `effects` has the rows of each outcome; `figures` the SVG files by (outcome, figure), with an
    empty outcome for figures of the whole version; `sensitivity` the tables of each outcome by
    kind.
    """

    review: Review
    availability: tuple[Row, ...]
    reconciliation: tuple[Row, ...]
    agreement: tuple[Row, ...]
    change_log: tuple[Row, ...]
    problems: tuple[Row, ...]
    changes: tuple[Row, ...]
    effects: dict[str, tuple[Row, ...]]
    figures: dict[tuple[str, str], Path]
    sensitivity: dict[str, dict[str, list[Row]]] = field(default_factory=dict)


def read_report_data(inputs, params) -> ReportData:
    """Read the tables, note where the figures are; a table that no rule makes counts as empty."""
    extra = {
        name: tuple(read_table(inputs[name], name)) if inputs.get(name) else () for name in EXTRA
    }
    effects = {
        Path(path).parent.name: tuple(read_table(Path(path), "effects")) for path in inputs.effects
    }
    return ReportData(
        review=read_review(inputs, params),
        effects=effects,
        figures={figure_key(Path(path)): Path(path) for path in inputs.figures},
        sensitivity=_read_sensitivity(inputs.get("sensitivity") or ()),
        **extra,
    )


def _read_sensitivity(paths) -> dict[str, dict[str, list[Row]]]:
    """Tables below `sensitivity/<outcome>/`, whose names are their kinds."""
    tables: dict[str, dict[str, list[Row]]] = {}
    for path in map(Path, paths):
        tables.setdefault(path.parent.name, {})[path.stem] = read_table(path, path.stem)
    return tables


def figure_key(path: Path) -> tuple[str, str]:
    """(outcome, figure) of a path below `figures/`; figures of the version have no outcome ("")."""
    folder = path.parent.name
    return ("" if folder == "figures" else folder, path.stem)
