"""Several estimates of one quantity below each other: claims, versions or models compared.

One row a quantity, one point a source (published, ours; before, after; each model).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from singlearm.catalogue import Row, numbers
from singlearm.figures.marks.axis import Axis, percent_axis
from singlearm.figures.marks.forest import AXIS_TITLE
from singlearm.figures.marks.words import data_words

VERDICTS = {
    "reproduced": "reproduced",
    "consistent": "consistent",
    "not_reproduced": "not reproduced",
    "not_testable": "not testable",
}


@dataclass(frozen=True, slots=True)
class ComparePoint:
    """One source's estimate with its interval, None where it has none; printed at `decimals`."""

    estimate: float | None
    low: float | None = None
    high: float | None = None
    decimals: int = 1

    @property
    def text(self) -> str:
        """As printed beside the plot: `77.1 [65.4, 85.8]`, or the bare number."""
        if self.low is None and self.high is None:
            return numbers.percent(self.estimate, self.decimals)
        return numbers.percent_ci(self.estimate, self.low, self.high, self.decimals)


@dataclass(frozen=True, slots=True)
class CompareRow:
    """A quantity: label, one point for each series, and a last word such as a verdict."""

    label: str
    points: tuple[ComparePoint, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class CompareMarks:
    """Rows of points; `series` names the sources in the points' order."""

    title: str
    subtitle: str
    series: tuple[str, ...]
    rows: tuple[CompareRow, ...]
    axis: Axis
    note_head: str
    footer: tuple[str, ...]
    empty: str = ""

    @property
    def description(self) -> str:
        """The figure in words."""
        if self.empty:
            return self.empty
        told = [
            f"{row.label}: "
            + ", ".join(
                f"{name} {point.text}" for name, point in zip(self.series, row.points, strict=True)
            )
            + (f" ({row.note})." if row.note else ".")
            for row in self.rows
        ]
        return " ".join([f"{self.title}.", *told])


def claims_marks(
    claims: Sequence[Mapping],
    audit: Sequence[Row],
    pooled: Sequence[Row],
    subgroups: Sequence[Row],
    *,
    paper_model: str,
    primary: str,
    version: str,
    data_hash: str = "",
) -> CompareMarks:
    """Published percentages against ours, under the paper's model and under the primary one.

    claims: rows of the claims sheet, numbers as numbers; only estimates in percent are drawn.
    audit: rows of claims.csv, for the verdicts.
    """
    verdicts = {row["claim_id"]: row["verdict"] for row in audit}
    rows = []
    for claim in claims:
        if claim["quantity"] != "estimate_percent":
            continue
        shares = [_share(claim[name]) for name in ("value", "low", "high")]
        published = ComparePoint(*shares, decimals=claim["decimals"])
        ours = [_point(_find(claim, pooled, subgroups, model)) for model in (paper_model, primary)]
        verdict = verdicts.get(claim["claim_id"], "")
        rows.append(
            CompareRow(claim["statement"], (published, *ours), VERDICTS.get(verdict, verdict))
        )
    return _compare(
        "Published percentages and ours",
        "Each with its 95% interval where one is known",
        ("published", "ours, the paper's model", "ours, primary model"),
        rows,
        "Verdict",
        data_words(version, data_hash),
        "No published percentage to compare with.",
    )


def versions_marks(
    before: Sequence[Row],
    after: Sequence[Row],
    *,
    outcomes: Mapping[str, Mapping],
    model: str,
    versions: tuple[str, str],
    data_hash: str = "",
) -> CompareMarks:
    """Pooled estimates of two data versions, outcome by outcome.

    before, after: pooled rows of all outcomes. The note says how many studies came in.
    """
    old, new = (
        {row["outcome"]: row for row in rows if row["model"] == model} for rows in (before, after)
    )
    rows = []
    for name, settings in outcomes.items():
        fits = [old.get(name), new.get(name)]
        if not any(fit and fit["k"] for fit in fits):
            continue
        counts = [str(fit["k"]) if fit else "0" for fit in fits]
        rows.append(CompareRow(settings["label"], tuple(map(_point, fits)), " → ".join(counts)))
    return _compare(
        f"What changed from {versions[0]} to {versions[1]}",
        "Pooled percentage with 95% interval, before and after the update",
        versions,
        rows,
        "Studies",
        data_words(versions[1], data_hash),
        "No outcome to compare.",
    )


def models_marks(
    pooled: Sequence[Row],
    *,
    outcomes: Mapping[str, Mapping],
    models: Mapping[str, Mapping],
    primary: str,
    version: str,
    data_hash: str = "",
) -> CompareMarks:
    """Every outcome under each model; the note says how far the models are apart, in points."""
    fits = {(row["outcome"], row["model"]): row for row in pooled}
    rows = []
    for name, settings in outcomes.items():
        ours = [fits.get((name, model)) for model in models]
        if any(fit and fit["k"] for fit in ours):
            points = tuple(map(_point, ours))
            known = [point.estimate for point in points if point.estimate is not None]
            spread = numbers.number(100 * (max(known) - min(known)), 1) if known else ""
            rows.append(CompareRow(settings["label"], points, spread))
    told = [
        f"{name}: {settings.get('label', name)}{' (primary)' if name == primary else ''}"
        for name, settings in models.items()
    ]
    marks = _compare(
        "The same data under each model",
        "Pooled percentage with 95% interval",
        tuple(models),
        rows,
        "Spread",
        data_words(version, data_hash),
        "No outcome has data.",
    )
    key = f"{'; '.join(told)}. Spread: largest less smallest estimate, percentage points."
    return replace(marks, footer=(key, *marks.footer))


def _compare(title, subtitle, series, rows, note_head, data_line, empty) -> CompareMarks:
    points = [point for row in rows for point in row.points]
    some = any(point.estimate is not None for point in points)
    ends = [end for point in points for end in (point.low, point.high)]
    return CompareMarks(
        title=title,
        subtitle=subtitle,
        series=tuple(series),
        rows=tuple(rows),
        axis=percent_axis([point.estimate for point in points], ends, AXIS_TITLE),
        note_head=note_head,
        footer=(data_line,),
        empty="" if some else empty,
    )


def _find(claim, pooled, subgroups, model):
    """The row a claim speaks of: of a subgroup under separate tau2, or of all studies."""
    if claim.get("by"):
        keys = ("outcome", "by", "level")
        rows = [row for row in subgroups if row["tau2_mode"] == "separate"]
    else:
        keys, rows = ("outcome",), pooled
    wanted = [claim[key] for key in keys]
    same = (row for row in rows if [row[key] for key in keys] == wanted and row["model"] == model)
    return next(same, None)


def _point(row: Row | None) -> ComparePoint:
    if row is None:
        return ComparePoint(None)
    return ComparePoint(row["estimate"], row["ci_low"], row["ci_high"])


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100
