"""From digitised curves to the rows of `curves.csv` and `curve_summary.csv`."""

from collections.abc import Iterator, Sequence

import numpy as np

from singlearm.catalogue import TABLES, Row
from singlearm.catalogue.numbers import Z95
from singlearm.synthesis.arrays import Floats
from singlearm.synthesis.curves import curve_on_grid, summary_curve
from singlearm.synthesis.notes import join
from singlearm.synthesis.reconstruct import Reconstruction, reconstruct
from singlearm.synthesis.records import number
from singlearm.synthesis.survival import KaplanMeier

from .base import Evidence, Settings
from .curve import KIND, falling
from .rows import in_time_order

#: Fewest and most steps of the grid, and the patients of the median study for each.
STEPS = (8, 24)
PATIENTS_PER_STEP = 5


def reconstructed(evidence: Evidence, outcome: str) -> dict[str, Reconstruction]:
    """The patients behind each study's curve, by study."""
    found = {}
    by_curve = in_time_order(evidence.rows(KIND, outcome), "time_months")
    for (study, _), readings in sorted(by_curve.items()):
        seen = falling(readings)
        table = [row for row in readings if row["n_at_risk"] is not None]
        found[study] = reconstruct(
            [row["time_months"] for row in seen],
            [row["survival"] for row in seen],
            [row["time_months"] for row in table],
            [row["n_at_risk"] for row in table],
        )
    return found


def patient_rows(evidence: Evidence) -> Iterator[Row]:
    """One row for each patient of a reconstructed curve."""
    for outcome in evidence.of_kind(KIND.name):
        for study, patients in reconstructed(evidence, outcome).items():
            known = {
                "outcome": outcome,
                "study_id": study,
                "error": patients.error,
                "at_risk_error": patients.at_risk_error,
                "note": join(*patients.notes),
            }
            pairs = zip(patients.time, patients.status, strict=True)
            for i, (time, status) in enumerate(pairs, start=1):
                yield known | {"patient": i, "time_months": float(time), "event": bool(status)}


def grid(curves: Sequence[KaplanMeier], horizons: Sequence[float]) -> Floats:
    """Times (J,) for the summary: equal steps to the end of the second-longest curve, and horizons.

    One study alone is no summary. The arcsines of a step count a quarter of a patient as lost, so
    that many steps over few patients bend the curve down: there is a step for each five patients of
    the median study, within `STEPS`. Steps next to a horizon give way to it. A curve that ends
    within the first step makes its end the first time, since without one it has no part at all.
    """
    ends = sorted(float(curve.time[-1]) for curve in curves)
    last = ends[-2] if len(ends) > 1 else ends[-1]
    patients = float(np.median([curve.at_risk[0] for curve in curves]))
    count = int(np.clip(patients / PATIENTS_PER_STEP, *STEPS))
    step = last / count
    kept = [h for h in horizons if h <= last]
    times = [t for t in step * np.arange(1, count + 1) if all(abs(t - h) > step / 3 for h in kept)]
    first = [ends[0]] if ends[0] < min([*times, *kept]) else []
    return np.unique(np.round([*first, *times, *kept], 9))


def summary_rows(evidence: Evidence) -> Iterator[Row]:
    """Survival over time, its median and its restricted mean, for each outcome."""
    for outcome, settings in evidence.of_kind(KIND.name).items():
        patients = reconstructed(evidence, outcome)
        if not patients:
            yield _row(outcome, quantity="median", unit="months", k=0, n=0, note="no_data")
            continue
        curves = [each.curve() for each in patients.values()]
        rows_of = outcome_rows if len(curves) > 1 else single_rows
        yield from rows_of(outcome, settings, curves)


def single_rows(outcome: str, settings: Settings, curves: Sequence[KaplanMeier]) -> Iterator[Row]:
    """The rows of one curve alone: its own Kaplan-Meier numbers, nothing is pooled."""
    (curve,) = curves
    horizons = sorted(float(h) for h in settings.get("horizons", ()))
    times = grid(curves, horizons)
    n = int(curve.at_risk[0])
    known = {"model": "single", "k": 1, "n": n, "converged": True, "note": "single_study"}
    low, high = curve.median_interval()
    yield _row(
        outcome, **known | {"note": join("single_study", *_unreached(curve.median, high))},
        quantity="median", unit="months", estimate=number(curve.median), ci_low=number(low),
        ci_high=number(high),
    )  # fmt: skip
    end = _horizon(horizons, times)
    mean, error = curve.restricted_mean(end)
    below, above = max(mean - Z95 * error, 0.0), min(mean + Z95 * error, end)
    none = () if error else ("no_event_before_horizon",)
    yield _row(
        outcome, **known | {"note": join("single_study", *none)}, quantity="restricted_mean",
        unit="months", time_months=end, estimate=mean, ci_low=below if error else None,
        ci_high=above if error else None,
    )  # fmt: skip
    survival, variance = curve.at(times), curve.log_variance_at(times)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = Z95 * np.sqrt(variance) / np.abs(np.log(survival))
        ends = [survival ** np.exp(sign * half) for sign in (1, -1)]
    for i, time in enumerate(times):
        yield _row(
            outcome, **known, quantity="survival", unit="%", time_months=float(time),
            estimate=float(survival[i]), ci_low=number(ends[0][i]), ci_high=number(ends[1][i]),
            at_horizon=float(time) in horizons, at_risk=int(curve.at_risk_at(time)), studies=1,
        )  # fmt: skip


def _unreached(median: float | None, high: float | None) -> tuple[str, ...]:
    """Why a median, or its upper limit, is missing."""
    if number(median) is None:
        return ("not_reached",)
    return ("upper_limit_not_reached",) if number(high) is None else ()


def outcome_rows(outcome: str, settings: Settings, curves: Sequence[KaplanMeier]) -> Iterator[Row]:
    """The rows of one outcome."""
    horizons = sorted(float(h) for h in settings.get("horizons", ()))
    times = grid(curves, horizons)
    survival, at_risk = curve_on_grid(curves, times)
    fit = summary_curve(survival, at_risk, times, horizon=_horizon(horizons, times))
    n = int(sum(curve.at_risk[0] for curve in curves))
    whole = {"model": fit.model, "k": fit.k, "n": n, "i2": fit.i2, "converged": True}
    whole |= {"q": fit.q, "q_df": fit.q_df, "q_p": fit.q_p, "note": join(*fit.notes)}
    yield _row(
        outcome, **whole | {"note": join(*fit.notes, *_unreached(fit.median, fit.median_high))},
        quantity="median", unit="months", estimate=fit.median, ci_low=fit.median_low,
        ci_high=fit.median_high,
    )  # fmt: skip
    yield _row(
        outcome, **whole, quantity="restricted_mean", unit="months", time_months=fit.horizon,
        estimate=fit.restricted_mean, ci_low=fit.restricted_mean_low,
        ci_high=fit.restricted_mean_high,
    )  # fmt: skip
    still = np.array([curve.at_risk_at(times) for curve in curves]).sum(axis=0)
    bands = {"estimate": fit.survival, "ci_low": fit.ci_low, "ci_high": fit.ci_high}
    bands |= {"pi_low": fit.pi_low, "pi_high": fit.pi_high}
    for i, time in enumerate(fit.time):
        yield _row(
            outcome, **whole, **{name: number(band[i]) for name, band in bands.items()},
            quantity="survival", unit="%", time_months=float(time), tau2=float(fit.between[i, i]),
            at_horizon=float(time) in horizons, at_risk=int(still[i]), studies=int(fit.studies[i]),
        )  # fmt: skip


def _horizon(horizons: Sequence[float], times: Floats) -> float:
    """The protocol's last horizon that the curves reach, else their end."""
    within = [h for h in horizons if h <= times[-1]]
    return within[-1] if within else float(times[-1])


def _row(outcome: str, **known: object) -> Row:
    return dict.fromkeys(TABLES["curve_summary"].names) | {"outcome": outcome} | known
