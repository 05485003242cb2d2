"""From survival at fixed times to the rows of `landmarks.csv` and `landmark_studies.csv`."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from singlearm.catalogue import Row
from singlearm.catalogue.numbers import Z95
from singlearm.catalogue.tables import row_of
from singlearm.synthesis.landmark_effects import SOURCES, landmark_back, landmark_effects
from singlearm.synthesis.landmarks import PooledLandmark, pool_landmarks
from singlearm.synthesis.notes import Note, Notes, few_studies, join
from singlearm.synthesis.ratio_bayes import NormalPosterior, pool_bayes
from singlearm.synthesis.records import Number, number

from .base import Effects, Evidence, Settings
from .landmark import FEW_STUDIES, KIND
from .landmark_check import looks_crude

#: Notes on the studies of a fit, which hold under every model.
OF_STUDIES = ("no_standard_error", "half_added_to_events", "error_from_n")
#: Numbers of patients that count where no interval is printed: all of them, and half.
SHARES = {"full_n": 1.0, "half_n": 0.5}
#: The columns of what comes of them.
NO_WEIGHTS = dict.fromkeys(f"{name}{end}" for name in SHARES for end in ("", "_low", "_high"))

#: Probabilities, limits, patients and numbers at risk of the studies.
Values = list[list[float]]
#: An estimate with its limits.
Result = tuple[Number, Number, Number]


def chosen(evidence: Evidence, outcome: str) -> list[Row]:
    """Of each study the row nearest to the outcome's time; of two as near the earlier."""
    months = float(evidence.outcomes[outcome]["months"])
    nearest: dict[str, Row] = {}
    rows = evidence.rows(KIND, outcome)
    for row in sorted(rows, key=lambda row: (abs(row["months"] - months), row["months"])):
        nearest.setdefault(row["study_id"], row)
    return [nearest[study] for study in sorted(nearest)]


def pooled_rows(evidence: Evidence) -> Iterator[Row]:
    """Each model for each outcome, and what comes of other weights of studies without interval."""
    for outcome in evidence.of_kind(KIND.name):
        rows = chosen(evidence, outcome)
        known = {"outcome": outcome, "months": float(evidence.outcomes[outcome]["months"])}
        notes = _notes(rows, evidence.outcomes[outcome])
        values = values_of(rows)
        cloglog = pool_landmarks(*values)
        others = _other_weights(cloglog, values, _restricted)
        yield _row(cloglog, **known, model="cloglog_reml_hk", **others, more=notes)
        if cloglog.k > 1:
            yield _bayes(cloglog, values, known, notes)
            logit = pool_landmarks(*values, scale="logit")
            yield _row(logit, **known, model="logit_reml_hk", **NO_WEIGHTS, more=notes)


def values_of(rows: Sequence[Row]) -> Values:
    """Probabilities, limits, patients and numbers at risk as `pool_landmarks` takes them."""

    def column(name: str, scale: float) -> list[float]:
        return [np.nan if row[name] is None else row[name] / scale for row in rows]

    percents = [column(name, 100.0) for name in ("value_percent", "ci_low", "ci_high")]
    return [*percents, column("n", 1.0), column("n_at_risk", 1.0)]


def _notes(rows: Sequence[Row], outcome: Settings) -> tuple[str, ...]:
    months = float(outcome["months"])
    near = sum(row["months"] != months for row in rows)
    crude = sum(looks_crude(row) for row in rows)
    return tuple(
        f"{code}={count}"
        for code, count in (("other_time_in_window", near), ("equals_crude_count", crude))
        if count
    )


def _row(fit: PooledLandmark, *, more: Sequence[str] = (), **known: Any) -> Row:
    return row_of(fit, "landmarks", **known, note=join(*fit.notes, *more))


def _other_weights(
    fit: PooledLandmark, values: Values, pool: Callable[[Values, float], Result]
) -> dict[str, Number]:
    """The estimate if n, or half of n, counts where no interval is printed."""
    found: dict[str, Number] = dict(NO_WEIGHTS)
    for name, share in SHARES.items() if fit.from_n else ():
        found[name], found[f"{name}_low"], found[f"{name}_high"] = pool(values, share)
    return found


def _restricted(values: Values, share: float | None) -> Result:
    """Estimate and limits by REML."""
    fit = pool_landmarks(*values, n_ratio=share)
    return fit.estimate, fit.ci_low, fit.ci_high


def _median(values: Values, share: float | None) -> Result:
    """Posterior median and limits of the Bayesian model."""
    post = _posterior(values, share)
    return float(landmark_back(post.estimate)), *_limits(post.interval)


def _posterior(values: Values, share: float | None = None) -> NormalPosterior:
    """The Bayesian model on the same effects."""
    e = landmark_effects(*values, n_ratio=share)
    there = np.isfinite(e.sei)
    return pool_bayes(e.yi[there], e.sei[there] ** 2)


def _limits(interval: tuple[float, float]) -> tuple[float, float]:
    """Limits as probabilities; they turn round, as the complementary log-log falls with them."""
    return float(landmark_back(interval[1])), float(landmark_back(interval[0]))


def _bayes(fit: PooledLandmark, values: Values, known: Row, more: Sequence[str]) -> Row:
    """The row of the Bayesian model."""
    post = _posterior(values)
    low, high = _limits(post.interval)
    pi_low, pi_high = _limits(post.prediction) if fit.k > 2 else (None, None)
    same = ("k", "n", "scale", "n_ratio", *(f"from_{source}" for source in SOURCES))
    found = PooledLandmark(
        **{name: getattr(fit, name) for name in same},
        estimate=float(landmark_back(post.estimate)),
        ci_low=low,
        ci_high=high,
        pi_low=pi_low,
        pi_high=pi_high,
        estimate_link=post.estimate,
        tau2=post.tau**2,
        tau2_low=post.tau_interval[0] ** 2,
        tau2_high=post.tau_interval[1] ** 2,
        notes=(*few_studies(fit.k), Note("posterior_median"), *_of_studies(fit)),
    )
    others = _other_weights(fit, values, _median)
    return _row(found, **known, model="cloglog_bayes", **others, more=more)


def _of_studies(fit: PooledLandmark) -> Notes:
    """The notes of a fit that are about its studies, whatever the model."""
    return tuple(note for note in fit.notes if note.code in OF_STUDIES)


def study_rows(evidence: Evidence) -> Iterator[Row]:
    """Each study that enters an outcome: what it prints, its weight, and the rest without it."""
    for outcome in evidence.of_kind(KIND.name):
        rows = chosen(evidence, outcome)
        values = values_of(rows)
        e, whole = landmark_effects(*values), pool_landmarks(*values)
        # survival falls with the complementary log-log
        high, low = (landmark_back(e.yi + sign * Z95 * e.sei) for sign in (-1, 1))
        for i, row in enumerate(rows):
            rest = [[v for j, v in enumerate(column) if j != i] for column in values]
            # the ratio stays that of all studies, so that the difference is the study's own
            without, without_low, without_high = _leading(rest, whole.n_ratio)
            yield {
                "outcome": outcome,
                "study_id": row["study_id"],
                "months": row["months"],
                "survival": values[0][i],
                "ci_low": number(values[1][i]),
                "ci_high": number(values[2][i]),
                "n": row["n"],
                "n_at_risk": row["n_at_risk"],
                "se": number(e.sei[i]),
                "se_source": str(e.source[i]) or None,
                "effective": number(e.effective[i]),
                "weight": whole.weights[i],
                "without": without,
                "without_low": without_low,
                "without_high": without_high,
                "source_url": row["source_url"],
                "notes": row["notes"],
                "weighed_low": number(low[i]),
                "weighed_high": number(high[i]),
            }


def _leading(values: Values, share: float | None) -> Result:
    """Estimate and limits by the model that leads where there are so many studies."""
    fit = pool_landmarks(*values, n_ratio=share)
    if 1 < fit.k < FEW_STUDIES:
        return _median(values, share)
    return fit.estimate, fit.ci_low, fit.ci_high


def study_effects(evidence: Evidence, outcome: str) -> Effects:
    """The studies' survival on the complementary log-log scale."""
    rows = chosen(evidence, outcome)
    e = landmark_effects(*values_of(rows))
    return Effects([row["study_id"] for row in rows], e.yi.tolist(), (e.sei**2).tolist())
