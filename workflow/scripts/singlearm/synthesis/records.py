"""The records of pooled outcomes: what all kinds share, and the proportion's."""

from dataclasses import dataclass, fields
from math import isfinite
from typing import TYPE_CHECKING, Any, SupportsFloat

from .arrays import Bools, Floats, Ints, Objects
from .models import Model
from .notes import Notes, join
from .summary import html_table, line, lines

if TYPE_CHECKING:
    import pandas as pd

#: A number, or None where it does not apply.
Number = float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A result with `notes`: what to know about its numbers."""

    notes: Notes = ()

    @property
    def note(self) -> str:
        """The notes as the text of a CSV cell."""
        return join(*self.notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomEffects(Noted):
    """What every pooled result has, whatever was pooled. None: does not apply (see `notes`).

    `estimate` and `ci_*` are the model's answer, `pi_*` where a new study lies; `estimate_link`,
    `se_link` and `tau2` are on the scale the model works on; `i2` is a fraction; `q` tests that
    studies do not differ; `weights` are percent per study, in the order given.
    """

    estimate: Number = None
    ci_low: Number = None
    ci_high: Number = None
    pi_low: Number = None
    pi_high: Number = None
    estimate_link: Number = None
    se_link: Number = None
    tau2: Number = None
    tau2_low: Number = None
    tau2_high: Number = None
    tau2_p: Number = None
    i2: Number = None
    i2_low: Number = None
    i2_high: Number = None
    h2: Number = None
    q: Number = None
    q_df: Number = None
    q_p: Number = None
    loglik: Number = None
    converged: bool = True
    weights: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Pooled(RandomEffects):
    """A pooled proportion. None: does not apply (the reason is in `notes`).

    Parameters
    ----------
    k, events, total : int
        Studies, patients with the event, patients.
    estimate, ci_low, ci_high : float, optional
        The proportion that the model estimates (`model.estimand`: in the median study, or the
        average over studies) with its interval, from 0 to 1.
    pi_low, pi_high : float, optional
        Prediction interval of a new study's proportion.
    marginal, marginal_low, marginal_high : float, optional
        The average proportion over the population of studies.
    estimate_link, se_link : float, optional
        Estimate and standard error on the scale the model works on (`model.scale`).
    tau2, tau2_low, tau2_high, tau2_p : float, optional
        Between-study variance on that scale, its interval, p of the hypothesis that it is 0.
    i2, i2_low, i2_high, h2, q, q_df, q_p : float, optional
        Inconsistency (a fraction), and the test of homogeneity.
    p_value : float, optional
        Of the hypothesis that the pooled proportion is the null value asked for.
    p_above : float, optional
        Probability that a new study's proportion lies above the threshold asked for.
    rho : float, optional
        Intraclass correlation of the beta-binomial model.
    ci_low_link, ci_high_link : float, optional
        The interval on the scale of `estimate_link`, where a likelihood model or arms within trials
        have one: near 0 and 1 a proportion has no digits left. Not a column of any table.
    loglik : float, optional
        Log-likelihood with all constants; for `bayes` the log evidence.
    converged : bool
        Whether the fit arrived; if not, there is no number.
    notes : tuple of Note
        What to know about the numbers; `note` is the same as the text of a CSV cell.
    weights : tuple of float
        Percent per study, in the order given.
    clusters : int, optional
        Number of clusters where the limits allow for them.
    tau2_trials, tau2_trials_low, tau2_trials_high : float, optional
    tau2_arms, tau2_arms_low, tau2_arms_high : float, optional
        The parts of tau2 between trials and between arms of one trial with their limits, where
        arms within trials are modelled; tau2 is then their sum.
    model : Model, optional
        The model that gave the numbers.
    level : float
        Coverage of the intervals.
    counts : tuple of (events, total)
        Those of each study, in the order given.
    """

    k: int
    events: int
    total: int
    marginal: Number = None
    marginal_low: Number = None
    marginal_high: Number = None
    p_value: Number = None
    p_above: Number = None
    rho: Number = None
    ci_low_link: Number = None
    ci_high_link: Number = None
    clusters: int | None = None
    tau2_trials: Number = None
    tau2_trials_low: Number = None
    tau2_trials_high: Number = None
    tau2_arms: Number = None
    tau2_arms_low: Number = None
    tau2_arms_high: Number = None
    model: Model | None = None
    level: float = 0.95
    counts: tuple[tuple[int, int], ...] = ()

    def summary(self) -> str:
        """All numbers as text for people, in words that hold for the model."""
        return "\n".join(lines(self))

    def to_frame(self) -> "pd.DataFrame":
        """One row with the columns of `pooled.csv` (needs pandas).

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        import pandas as pd

        first, aside = ("k", "events", "total"), {"notes", "weights", "model", "counts", *ON_LINK}
        others = (f.name for f in fields(self) if f.name not in aside.union(first))
        names = (*first, *others, "note")
        return pd.DataFrame([{name: getattr(self, name) for name in names}])

    def __repr__(self) -> str:
        return f"Pooled({line(self)})"

    def _repr_html_(self) -> str:
        return html_table(self)


#: The limits on the model's scale, which no table has.
ON_LINK = ("ci_low_link", "ci_high_link")
#: The fields of a model of arms within trials alone.
OF_ARMS = tuple(f"tau2_{part}{end}" for part in ("trials", "arms") for end in ("", "_low", "_high"))
#: The fields that hold a number or nothing, of a model of independent studies.
NUMBERS = tuple(f.name for f in fields(Pooled) if f.type == Number and f.name not in OF_ARMS)


@dataclass(frozen=True, slots=True)
class PooledMany:
    """The fields of `Pooled` as arrays over datasets; NaN where nothing applies.

    All arrays have the leading shape of the datasets but `weights`, (..., k).

    Parameters
    ----------
    k, events, total : array of int
        Studies, patients with the event, patients.
    estimate, ci_low, ci_high, pi_low, pi_high : array
        The proportion with its interval, and where that of a new study lies.
    marginal, marginal_low, marginal_high : array
        The average over studies.
    estimate_link, se_link, ci_low_link, ci_high_link : array
        The estimate on the model's scale.
    tau2, tau2_low, tau2_high, tau2_p : array
        Variance between studies on that scale, its limits, p of the hypothesis that it is 0.
    i2, i2_low, i2_high, h2, q, q_df, q_p : array
        Inconsistency (a fraction), and the test of homogeneity.
    p_value, p_above : array
        Of the null value, and of the threshold, asked for.
    rho, loglik : array
        Intraclass correlation of the beta-binomial model; log-likelihood.
    converged : array of bool
        Whether the fit arrived.
    notes : array of tuples
        The notes on each dataset.
    weights : array, shape (..., k)
        Percent per study.
    model : Model
        The model that gave the numbers.
    level : float
        Coverage of the intervals.
    """

    k: Ints
    events: Ints
    total: Ints
    estimate: Floats
    ci_low: Floats
    ci_high: Floats
    pi_low: Floats
    pi_high: Floats
    marginal: Floats
    marginal_low: Floats
    marginal_high: Floats
    estimate_link: Floats
    se_link: Floats
    tau2: Floats
    tau2_low: Floats
    tau2_high: Floats
    tau2_p: Floats
    i2: Floats
    i2_low: Floats
    i2_high: Floats
    h2: Floats
    q: Floats
    q_df: Floats
    q_p: Floats
    p_value: Floats
    p_above: Floats
    rho: Floats
    ci_low_link: Floats
    ci_high_link: Floats
    loglik: Floats
    converged: Bools
    notes: Objects
    weights: Floats
    model: Model
    level: float = 0.95

    def records(self) -> list[Pooled]:
        """The record of each dataset, in order; of results with one leading axis."""
        numbers = [_numbers(getattr(self, name)) for name in NUMBERS]
        counts = [getattr(self, name).tolist() for name in ("k", "events", "total", "converged")]
        each = zip(*counts, zip(*numbers, strict=True), self.notes, self.weights, strict=True)
        return [
            Pooled(
                k=k,
                events=events,
                total=total,
                **dict(zip(NUMBERS, values, strict=True)),
                converged=converged,
                notes=notes,
                weights=tuple(_numbers(weights)),
                model=self.model,
                level=self.level,
            )
            for k, events, total, converged, values, notes, weights in each
        ]


def _numbers(values: Floats) -> list[Number]:
    """Floats, None for NaN and infinity."""
    return [value if isfinite(value) else None for value in values.tolist()]


def number(value: SupportsFloat | Any) -> Number:
    """A float, or None for NaN, infinity and None."""
    if value is None:
        return None
    real = float(value)
    return real if isfinite(real) else None
