"""What of the protocol the sheets are read by: a version, its outcomes, and the columns in use."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .codebook import Codebook
from .core import CELL, OF_CELL


@dataclass(frozen=True)
class Plan:
    """A version of a review as the sheets need to know it; made from the protocol by `plan_of`."""

    version: str
    layers: tuple[str, ...]
    outcomes: Mapping[str, Mapping[str, Any]]
    not_analysed: tuple[str, ...] = ()
    subgroups: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    moderators: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    regressions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    clusters: Mapping[str, str] = field(default_factory=dict)
    include: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    denominators: tuple[str, ...] = ()
    earlier_cuts: bool = False
    figure_columns: tuple[str, ...] = ()
    size: str | None = None
    group: str | None = None
    table: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    superseded: str = "drop"
    verified: str | None = None
    frozen: bool = False
    sha256: Mapping[str, str] = field(default_factory=dict)
    claims: str | None = None
    other_layers: tuple[str, ...] = ()

    def columns_named(self) -> Iterator[tuple[str, str]]:
        """(place in the protocol, column of the studies or the cell) of every column it names."""
        for section in ("subgroups", "moderators"):
            for name, entry in getattr(self, section).items():
                for column in (entry["from"], *(entry.get("where") or {})):
                    yield f"{section} > {name}", column
        for model, column in self.clusters.items():
            yield f"models > {model} > cluster", column
        for name, where in self.include.items():
            for column in where:
                yield f"multiverse > include > {name}", column
        for column in self.denominators:
            yield "multiverse > denominators", column
        for column in self.figure_columns:
            yield "figures > forest > columns", column
        if self.earlier_cuts:
            yield "multiverse > data_cuts", "supersedes"

    def cell_columns(self, codebook: Codebook) -> list[str]:
        """The columns of an outcome's cells: no more than what an analysis or a figure reads.

        So a note that changes re-runs no pooling.
        """
        named = {column for _, column in self.columns_named()}
        of_cell = [name for name in OF_CELL if name in named]
        studies = [name for name in codebook.of("studies") if name in named]
        return [*CELL, *of_cell, *(name for name in studies if name not in (*CELL, *of_cell))]


def plan_of(
    protocol: Mapping[str, Any], version: str, other_layers: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The fields of a version's `Plan` as plain values, from a protocol with its defaults.

    Plain, because they are a parameter of the rule that reads the sheets: what is not in here can
    change without reading them again.
    """
    entry = protocol["versions"][version]
    multiverse = protocol.get("multiverse") or {}
    studies = protocol.get("studies", {})
    return {
        "version": version,
        "layers": list(entry["layers"]),
        "outcomes": protocol["outcomes"],
        "not_analysed": list(protocol.get("not_analysed", [])),
        **{
            section: applying(protocol, section, version)
            for section in ("subgroups", "moderators", "regressions")
        },
        "clusters": {
            name: model["cluster"]
            for name, model in protocol["models"].items()
            if name != "primary" and "cluster" in model
        },
        "include": {
            name: chosen["where"]
            for name, chosen in _applying(multiverse.get("include", {}), version).items()
        },
        "denominators": list(multiverse.get("denominators", {})),
        "earlier_cuts": "earlier" in multiverse.get("data_cuts", []),
        "figure_columns": list(protocol.get("figures", {}).get("forest", {}).get("columns", [])),
        "size": studies.get("size"),
        "group": studies.get("group"),
        "table": list(studies.get("table", [])),
        "alike": list(studies.get("alike", [])),
        "superseded": entry.get("superseded", "drop"),
        "verified": entry.get("verified"),
        "frozen": entry.get("frozen", False),
        "sha256": entry.get("sha256", {}),
        "claims": entry.get("claims"),
        "other_layers": list(other_layers),
    }


def applying(protocol: Mapping[str, Any], section: str, version: str) -> dict[str, Any]:
    """The entries of a section that apply to a version; regressions as all their moderators do."""
    found = _applying(protocol.get(section, {}), version)
    if section != "regressions":
        return found
    moderators = applying(protocol, "moderators", version)
    return {n: entry for n, entry in found.items() if set(entry["moderators"]) <= set(moderators)}


def _applying(entries: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Those of the entries that apply to a version."""
    return {n: e for n, e in entries.items() if version in e.get("versions", [version])}
