"""Several estimates of one quantity below each other: claims, versions or models compared.

One row a quantity, one point a source (published, ours; before, after; each model).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.catalogue.words import VERDICTS
from singlearm.figures.marks.axis import Axis, percent_axis
from singlearm.figures.marks.base import Marks
from singlearm.figures.marks.estimands import estimates_of, pooled_is
from singlearm.figures.marks.inputs import Data, FigureModel, Outcome, Rows, credible, rows_of
from singlearm.figures.marks.words import AXIS_TITLE

#: What they mean, as `singlearm.report.claims.judge` has it of estimates.
VERDICTS_ARE = mark(
    "Verdict on the published value, by the paper's model: reproduced, ours prints alike; "
    "not contradicted, inside our interval and near ours; not reproduced, outside it or across the "
    "outcome's threshold; not testable, no interval of ours, or one that leaves it open."
)


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
class CompareMarks(Marks):
    """Rows of points; `series` names the sources in the points' order."""

    series: tuple[str, ...]
    rows: tuple[CompareRow, ...]
    axis: Axis
    note_head: str

    def told(self) -> Iterator[str]:
        """Row by row, what each source says."""
        for row in self.rows:
            points = zip(self.series, row.points, strict=True)
            texts = ", ".join(f"{name} {point.text}" for name, point in points)
            yield f"{row.label}: {texts} ({row.note})." if row.note else f"{row.label}: {texts}."


def claims_marks(
    claims: Rows,
    audit: Rows,
    pooled: Rows,
    subgroups: Rows,
    models: tuple[FigureModel, FigureModel],
    data: Data,
) -> CompareMarks:
    """Published percentages against ours, under the paper's model and under the primary one.

    claims: rows of the claims sheet, numbers as numbers; only estimates in percent are drawn.
    audit: rows of claims.csv, for the verdicts. models: the paper's and the primary one.
    """
    verdicts = {row["claim_id"]: row["verdict"] for row in rows_of(audit)}
    pooled, subgroups = rows_of(pooled), rows_of(subgroups)
    rows = []
    for claim in rows_of(claims):
        if claim["quantity"] != "estimate_percent":
            continue
        value, low, high = (_share(claim[name]) for name in ("value", "low", "high"))
        published = ComparePoint(value, low, high, claim["decimals"])
        ours = [_point(_find(claim, pooled, subgroups, model.name)) for model in models]
        verdict = verdicts.get(claim["claim_id"], "")
        note = say(VERDICTS[verdict]) if verdict in VERDICTS else verdict
        rows.append(CompareRow(claim["statement"], (published, *ours), note))
    return _compare(
        say("Published percentages and ours"),
        say("Each with its 95% interval where one is known"),
        (say("published"), say("ours, the paper's model"), say("ours, primary model")),
        rows,
        say("Verdict"),
        (
            *((say(VERDICTS_ARE),) if any(row.note for row in rows) else ()),
            *pooled_is(models),
            *credible(any(model.bayesian for model in models)),
            str(data),
        ),
        say("No published percentage to compare with."),
    )


def versions_marks(
    before: Rows,
    after: Rows,
    outcomes: Sequence[Outcome],
    model: FigureModel,
    before_version: str,
    data: Data,
    *,
    headline: str = "typical",
) -> CompareMarks:
    """Pooled estimates of two data versions, outcome by outcome.

    The note says how many studies came in.

    Parameters
    ----------
    before, after : Rows
        Rows of all outcomes (kind pooled).
    headline : {"average", "typical"}
        With `average` the mean over studies is drawn where the model has both.
    """
    old, new = (
        {row["outcome"]: row for row in rows_of(rows) if row["model"] == model.name}
        for rows in (before, after)
    )
    rows, means = [], False
    for outcome in outcomes:
        fits = [old.get(outcome.name), new.get(outcome.name)]
        if not any(fit and fit["k"] for fit in fits):
            continue
        counts = [str(fit["k"]) if fit else "0" for fit in fits]
        found = [estimates_of(fit, model, headline) if fit else [] for fit in fits]
        means = means or any(len(estimates) > 1 for estimates in found)
        points = tuple(
            ComparePoint(*estimates[0][1:]) if estimates else ComparePoint(None)
            for estimates in found
        )
        rows.append(CompareRow(outcome.label, points, " → ".join(counts)))
    return _compare(
        say("What changed from {before} to {after}", before=before_version, after=data.version),
        say(
            "Pooled percentage, mean over studies, with 95% interval, before and after the update"
            if means
            else "Pooled percentage with 95% interval, before and after the update"
        ),
        (before_version, data.version),
        rows,
        say("Studies"),
        (*(() if means else pooled_is([model])), *credible(model.bayesian), str(data)),
        say("No outcome to compare."),
    )


def models_marks(
    pooled: Rows,
    outcomes: Sequence[Outcome],
    models: Sequence[FigureModel],
    primary: str,
    data: Data,
) -> CompareMarks:
    """Every outcome under each model; the note says how far the models are apart, in points."""
    fits = {(row["outcome"], row["model"]): row for row in rows_of(pooled)}
    rows = []
    for outcome in outcomes:
        ours = [fits.get((outcome.name, model.name)) for model in models]
        if any(fit and fit["k"] for fit in ours):
            points = tuple(map(_point, ours))
            known = [point.estimate for point in points if point.estimate is not None]
            spread = numbers.points(max(known) - min(known)) if known else ""
            rows.append(CompareRow(outcome.label, points, spread))
    notes = (*pooled_is(models), *credible(any(model.bayesian for model in models)))
    return _compare(
        say("The same data under each model"),
        say("Pooled percentage with 95% interval"),
        tuple(
            say("{model} (primary)", model=model.label) if model.name == primary else model.label
            for model in models
        ),
        rows,
        say("Spread"),
        (say("Spread: largest less smallest estimate, percentage points."), *notes, str(data)),
        say("No outcome has data."),
    )


def _compare(
    title: str,
    subtitle: str,
    series: tuple[str, ...],
    rows: Sequence[CompareRow],
    note_head: str,
    footer: tuple[str, ...],
    empty: str,
) -> CompareMarks:
    points = [point for row in rows for point in row.points]
    some = any(point.estimate is not None for point in points)
    ends = [end for point in points for end in (point.low, point.high)]
    return CompareMarks(
        title=title,
        subtitle=subtitle,
        series=series,
        rows=tuple(rows),
        axis=percent_axis([point.estimate for point in points], ends, say(AXIS_TITLE)),
        note_head=note_head,
        footer=footer,
        empty="" if some else empty,
    )


def _find(claim: Row, pooled: Sequence[Row], subgroups: Sequence[Row], model: str) -> Row | None:
    """The row a claim speaks of: of a subgroup under separate tau2, or of all studies."""
    keys: tuple[str, ...] = ("outcome",)
    rows = list(pooled)
    if claim.get("by"):
        keys = ("outcome", "by", "level")
        rows = [row for row in subgroups if row["tau2_mode"] == "separate"]
    wanted = [claim[key] for key in keys]
    same = (row for row in rows if [row[key] for key in keys] == wanted and row["model"] == model)
    return next(same, None)


def _point(row: Row | None) -> ComparePoint:
    if row is None:
        return ComparePoint(None)
    return ComparePoint(row["estimate"], row["ci_low"], row["ci_high"])


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100
