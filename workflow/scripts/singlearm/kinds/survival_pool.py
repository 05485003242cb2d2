"""From curves, survival at fixed times and medians to the rows of `survival_model.csv`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from singlearm.catalogue import TABLES, Row
from singlearm.catalogue.numbers import Z95
from singlearm.synthesis.landmark_effects import landmark_effects
from singlearm.synthesis.notes import join
from singlearm.synthesis.records import number
from singlearm.synthesis.survival import KaplanMeier
from singlearm.synthesis.survival_model import (
    NoLineError,
    StudyPoints,
    SurvivalModel,
    fit_survival_model,
)

from . import curve, landmark, time
from .base import Evidence, Settings
from .curve_pool import reconstructed
from .landmark_pool import values_of
from .survival import KIND, MODELS

#: A curve gives so many points at most; more of them say nothing new.
POINTS = 6
#: Steps of the curve in the table.
STEPS = 24


@dataclass(frozen=True, slots=True)
class _Study:
    """What one study reports: points, and of a median the spread of its log time."""

    points: StudyPoints
    sources: tuple[str, ...]
    n: int | None
    spread: float | None = None


def model_rows(evidence: Evidence) -> Iterator[Row]:
    """Both models for each outcome of this kind."""
    for outcome, settings in evidence.of_kind(KIND.name).items():
        studies, left_out = _studies(evidence, settings)
        notes = (f"not_reached_left_out={left_out}",) if left_out else ()
        for scale in MODELS:
            try:
                fit, used = _fit(list(studies.values()), scale)
            except NoLineError as error:
                yield _row(outcome, scale, quantity="median", k=len(studies), note=error.code)
                continue
            if not fit.converged:
                yield _row(
                    outcome, scale, quantity="median", k=len(studies), converged=False,
                    note="not_converged",
                )  # fmt: skip
                continue
            asked = _times_asked(evidence, settings)
            reported = dict(zip(studies, used, strict=True))
            yield from _rows(outcome, settings, asked, fit, reported, notes)


def _times_asked(evidence: Evidence, settings: Settings) -> list[float]:
    """The fixed times of the same end point, which are held against the curve."""
    fixed = evidence.of_kind(landmark.KIND.name).values()
    return [float(each["months"]) for each in fixed if each["of"] == settings["of"]]


def _fit(studies: Sequence[_Study], scale: str) -> tuple[SurvivalModel, list[_Study]]:
    """The model; the spread of a median's time is one of survival by the slope of the model."""
    used = list(studies)
    fit = fit_survival_model([study.points for study in used], scale)
    for _ in range(3):
        used = [_with_spread(study, fit) for study in studies]
        fit = fit_survival_model([study.points for study in used], scale)
    return fit, used


def _with_spread(study: _Study, fit: SurvivalModel) -> _Study:
    if study.spread is None:
        return study
    s = study.points.survival
    # from log time to the scale of the model, and from there to log survival
    factor = np.abs(np.log(s)) if fit.scale == "cloglog" else 1 - s
    variance = np.maximum((study.spread * abs(fit.beta[1]) * factor) ** 2, 1e-6)
    return replace(study, points=replace(study.points, log_variance=variance))


def _studies(evidence: Evidence, settings: Settings) -> tuple[dict[str, _Study], int]:
    """Each study: its curve, else its fixed times, of whatever data cuts, else its median."""
    medians, unreached = _medians(evidence, settings["of"])
    found = medians | _landmarks(evidence, settings["of"]) | _curves(evidence, settings)
    return {study: found[study] for study in sorted(found)}, len(unreached - found.keys())


def _curves(evidence: Evidence, settings: Settings) -> dict[str, _Study]:
    if curve.SHEET.clean_table not in evidence.sheets:
        return {}
    found = {}
    asked = replace(evidence, outcomes={"it": settings})
    for study, patients in reconstructed(asked, "it").items():
        if points := _points_of(patients.curve()):
            found[study] = _Study(points, ("curve",) * points.time.size, patients.time.size)
    return found


def _points_of(km: KaplanMeier) -> StudyPoints | None:
    """Points at events spread evenly over those of the curve, the last step down to 0 left out."""
    at = np.flatnonzero((km.events > 0) & (km.survival > 0) & (km.time > 0))
    if not at.size:
        return None
    chosen = np.unique(at[np.linspace(0, at.size - 1, min(POINTS, at.size)).round().astype(int)])
    return StudyPoints(km.time[chosen], km.survival[chosen], km.log_variance[chosen])


def _landmarks(evidence: Evidence, of: str) -> dict[str, _Study]:
    """All fixed times of each study, which may be of several data cuts; a later one whose survival
    is not below that of the one before is left out, as no curve rises."""
    rows = [
        row
        for row in evidence.sheets.get(landmark.SHEET.clean_table, ())
        if row["outcome"] == of and 0 < row["value_percent"] < 100 and row["months"] > 0
    ]
    if not rows:
        return {}
    columns = values_of(rows)
    e = landmark_effects(*columns)
    found = {}
    for study in sorted({row["study_id"] for row in rows}):
        own = [i for i, row in enumerate(rows) if row["study_id"] == study]
        own = sorted((i for i in own if np.isfinite(e.sei[i])), key=lambda i: rows[i]["months"])
        kept: list[int] = []
        for i in own:
            if not kept or rows[i]["value_percent"] < rows[kept[-1]]["value_percent"]:
                kept.append(i)
        if kept:
            s = np.array(columns[0])[kept]
            variance = np.maximum.accumulate((e.sei[kept] * np.abs(np.log(s))) ** 2)
            times = np.array([rows[i]["months"] for i in kept])
            sources = tuple(f"landmark_{e.source[i]}" for i in kept)
            found[study] = _Study(StudyPoints(times, s, variance), sources, rows[kept[-1]]["n"])
    return found


def _medians(evidence: Evidence, of: str) -> tuple[dict[str, _Study], set[str]]:
    """Medians that were reached, and the studies in which they were not."""
    names = [n for n, o in evidence.of_kind("time").items() if o.get("of") == of]
    found: dict[str, _Study] = {}
    unreached: set[str] = set()
    for row in evidence.sheets.get(time.SHEET.clean_table, ()):
        if row["outcome"] not in names:
            continue
        months, low, high, n = (row[c] for c in ("value_months", "ci_low", "ci_high", "n"))
        if months is None:
            unreached.add(row["study_id"])
            continue
        known = low and high and high > low
        if not known and not n:
            continue
        # binomial: variance of log survival (1 - S)/(S n), 1/n at one half
        variance = np.array([1.0 / (n or 10)])
        points = StudyPoints(np.array([months]), np.array([0.5]), variance, of_times=True)
        spread = float(np.log(high / low)) / (2 * Z95) if known else None
        source = "median_interval" if known else "median_n"
        found[row["study_id"]] = _Study(points, (source,), n, spread)
    return found, unreached


def _rows(
    outcome: str,
    settings: Settings,
    asked: Sequence[float],
    fit: SurvivalModel,
    studies: Mapping[str, _Study],
    notes: Sequence[str],
) -> Iterator[Row]:
    sizes = [study.n for study in studies.values()]
    last = max(float(study.points.time[-1]) for study in studies.values())
    horizons = sorted(round(float(h), 9) for h in settings.get("horizons", ()))  # as the times
    known_at = [*horizons, *(at for at in asked if at <= last)]
    times = np.unique(np.append(np.arange(1, STEPS + 1) * last / STEPS, known_at).round(9))
    predicted = fit.prediction(times)
    known = {
        "k": fit.k,
        "n": sum(n for n in sizes if n) or None,
        "points": fit.points,
        "tau2": number(fit.between[0, 0]),
        "loglik": number(fit.loglik),
        "converged": fit.converged,
        "note": join(
            *notes,
            *fit.notes,
            "tau2_interval_open" if fit.k > 2 and np.isnan(predicted).any() else "",
        ),
    }
    median, low, high = fit.median()
    # a time far beyond all follow-up is a guess of the model's tail
    reached = median <= 2 * last
    if low is None and fit.spread_known:
        why = "interval_not_found"
    elif high is not None and high > 2 * last:
        high, why = None, "limit_beyond_all_times"
    else:
        why = ""
    why = why if reached else "not_reached"
    yield _row(
        outcome, fit.scale, **known | {"note": join(str(known["note"]), why)}, quantity="median",
        unit="months", estimate=median if reached else None, ci_low=low if reached else None,
        ci_high=high,
    )  # fmt: skip
    end = horizons[-1] if horizons else last
    mean, low, high = fit.restricted_mean(end)
    yield _row(
        outcome, fit.scale, **known, quantity="restricted_mean", unit="months", time_months=end,
        estimate=mean, ci_low=number(low), ci_high=number(high),
    )  # fmt: skip
    bands = (*fit.survival(times), *predicted, fit.average(times))
    names = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high", "average")
    for i, at in enumerate(times):
        values = {name: number(band[i]) for name, band in zip(names, bands, strict=True)}
        yield _row(
            outcome, fit.scale, **known, **values, quantity="survival", unit="%",
            time_months=float(at), at_horizon=float(at) in horizons,
        )  # fmt: skip
    for weight, (study, reported) in zip(fit.weights, studies.items(), strict=True):
        fitted = fit.survival(reported.points.time)[0]
        for j, at in enumerate(reported.points.time):
            yield _row(
                outcome, fit.scale, quantity="point", unit="%", study_id=study, k=1, n=reported.n,
                time_months=float(at), observed=float(reported.points.survival[j]),
                estimate=float(fitted[j]), source=reported.sources[j],
                weight=float(weight) if j == 0 else None,
            )  # fmt: skip


def _row(outcome: str, model: str, **known: object) -> Row:
    names = TABLES["survival_model"].names
    return dict.fromkeys(names) | {"outcome": outcome, "model": model} | known
