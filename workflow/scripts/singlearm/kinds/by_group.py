"""Results by the protocol's subgroupings and moderators, of every kind but proportions.

A group is pooled as all studies are, by the kind's own way, so that its number is the one that a
review of that group alone would lead with.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from singlearm.catalogue import Row
from singlearm.catalogue.tables import row_of

from .base import Effects, Evidence, Kind, Settings, interval_word


def group_rows(evidence: Evidence, kinds: Sequence[Kind]) -> Iterator[Row]:
    """The rows of `group_results.csv`: what leads in each group that has a study.

    `evidence.settings` has the protocol's section of each kind's table, and `primary`.
    """
    for kind in kinds:
        for outcome in evidence.of_kind(kind.name):
            for by, labels in evidence.groups.items():
                for level in dict.fromkeys(label for label in labels.values() if label is not None):
                    studies = {study for study, label in labels.items() if label == level}
                    row = _lead(evidence.of_studies(outcome, studies), kind, outcome)
                    if row and row["k"]:
                        yield _row(row, kind, outcome=outcome, by=by, level=level)


def group_tests(evidence: Evidence, kinds: Sequence[Kind]) -> Iterator[Row]:
    """The rows of `group_tests.csv`: whether the groups of a subgrouping differ."""
    from singlearm.synthesis.effect_groups import compare_effects

    for kind, outcome, e in _effects(evidence, kinds):
        for by, labels in evidence.groups.items():
            test = compare_effects(e.yi, e.vi, [labels.get(study) for study in e.studies])
            yield row_of(test, "group_tests", part=kind, outcome=outcome, by=by)


def regression_rows(evidence: Evidence, kinds: Sequence[Kind]) -> Iterator[Row]:
    """The rows of `other_regression.csv`: each outcome's effects on the moderators."""
    from singlearm.synthesis.regress_counts import moderate_effects
    from singlearm.synthesis.suitability import PER_COEFFICIENT

    for kind, outcome, e in _effects(evidence, kinds):
        values = {
            name: [known.get(study) for study in e.studies]
            for name, known in evidence.moderators.items()
        }
        for asked in regressions(values, evidence.moderator_settings, evidence.regressions):
            fitted = moderate_effects(
                e.yi,
                e.vi,
                asked.moderator,
                levels=asked.levels,
                name=asked.name,
                per_coefficient=asked.settings.get("studies_per_coefficient", PER_COEFFICIENT),
            )
            known = {"part": kind, "outcome": outcome, "moderator": asked.name}
            yield from (row_of(term, "other_regression", **known) for term in fitted.rows())


class Asked(NamedTuple):
    """A regression that the protocol asks for: one moderator's values, or several by name."""

    name: str
    moderator: Any
    levels: Any
    settings: Mapping[str, Any]


def regressions(
    values: Mapping[str, Sequence[object]], moderators: Settings, several: Settings
) -> Iterator[Asked]:
    """The protocol's regressions: on each of its `moderators`, then on `several` at once.

    `values` has the studies' values of each moderator.
    """
    for name, settings in moderators.items():
        yield Asked(name, values[name], settings.get("levels"), settings)
    for name, settings in several.items():
        chosen = {key: values[key] for key in settings["moderators"]}
        levels = {key: moderators[key]["levels"] for key in chosen if "levels" in moderators[key]}
        yield Asked(name, chosen, levels, settings)


def _effects(evidence: Evidence, kinds: Sequence[Kind]) -> Iterator[tuple[str, str, Effects]]:
    """Kind, outcome and effects of every outcome that has effects."""
    for kind in kinds:
        if kind.effects is None:
            continue
        for outcome in evidence.of_kind(kind.name):
            e = kind.effects(evidence, outcome)
            if e.studies:
                yield kind.name, outcome, e


def _lead(evidence: Evidence, kind: Kind, outcome: str) -> Row | None:
    """The row that leads for an outcome when the evidence is pooled by the kind's own way."""
    own = replace(evidence, settings=evidence.settings.get(kind.table, {}))
    rows = kind.poolings[kind.table].call(own)
    return kind.lead([row for row in rows if row["outcome"] == outcome], evidence.settings)


def _row(row: Row, kind: Kind, **known: str) -> Row:
    """A group's row: what is printed of it, and all that printing it again takes."""
    copied = ("n", "effect_measure", "bound_low", "bound_high")
    return known | {name: row.get(name) for name in copied} | {
        "part": kind.name,
        "k": row["k"],
        "estimate": row["value"],
        "ci_low": row["low"],
        "ci_high": row["high"],
        "result": kind.with_measure(row),
        "method": row.get("model") or row.get("method"),
        "note": row["note"],
        "interval": interval_word(row),
        "estimand": row.get("of") or None,
    }  # fmt: skip
