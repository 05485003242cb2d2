"""Random reviews of every kind of outcome but proportions, as clean tables have them."""

import numpy as np

from singlearm.catalogue.tables import columns
from singlearm.kinds import KINDS, Evidence

OUTCOMES = {
    "rate": {"kind": "rate"},
    "time": {"kind": "time", "of": "pfs"},
    "landmark": {"kind": "landmark", "of": "pfs", "months": 12},
    "curve": {"kind": "curve", "of": "pfs", "horizons": [6, 12]},
    "survival": {"kind": "survival", "of": "pfs", "horizons": [6, 12]},
    "ratio": {"kind": "ratio"},
}
#: Curves are read off one by one: so many studies have one at most.
CURVES = 6


def evidence(rng, largest=60):
    """A review: 2 to `largest` studies, of which each kind of outcome has a random part.

    Small and large studies, rare and common events, missing intervals and sizes, values at the
    border, several arms and cuts of one trial.
    """
    k = int(np.exp(rng.uniform(np.log(2), np.log(largest + 1))))
    studies = [f"S{i:02d}" for i in range(k)]
    spread = abs(rng.normal(0, 0.7)) * rng.integers(0, 2)
    effects = rng.normal(0, spread, k)
    sizes = _sizes(rng, k)
    mean = np.exp(rng.normal(2.5, 0.8))  # months
    known = list(zip(studies, mean * np.exp(effects), sizes.tolist(), strict=True))
    sheets = {
        "rate_values": [_rate(rng, *study) for study in _some(rng, known)],
        "durations": [_median(rng, *study) for study in _some(rng, known)],
        "landmark_values": [_landmark(rng, *study) for study in _some(rng, known)],
        "curve_points": [
            row for study in _some(rng, known)[:CURVES] for row in _curve(rng, *study)
        ],
        "comparative": _comparisons(rng, studies, effects),
    }
    groups = dict(zip(studies, rng.choice(np.array(["a", "b", "c", None]), k), strict=True))
    years = {study: float(rng.integers(2000, 2026)) for study in studies}
    described = [{"study_id": s, "median_followup_months": _followup(rng, mean)} for s in studies]
    return Evidence(
        sheets, OUTCOMES, {}, described,
        {study: f"T{rng.integers(k)}" for study in studies} if rng.random() < 0.3 else {},
        {"group": groups}, {"year": years}, {"year": {"studies_per_coefficient": 3}},
    )  # fmt: skip


def _followup(rng, mean):
    return None if rng.random() < 0.3 else float(mean * rng.uniform(0.3, 2))


def _sizes(rng, k):
    low, high = sorted(np.exp(rng.uniform(0.7, 6.5, 2)))
    return rng.integers(int(low), int(high) + 2, k)


def _some(rng, studies):
    """All studies, or a random part of them."""
    if rng.random() < 0.5:
        return studies
    return [study for study in studies if rng.random() < 0.6]


def _row(sheet, **known):
    return dict.fromkeys(columns(sheet)) | known


def _rate(rng, study, months, n):
    unit = rng.choice(["person-years", "person-months", "person-days"])
    time = float(np.round(n * rng.uniform(0.2, 30), 1))
    events = int(rng.poisson(time * rng.choice([0.001, 0.05]) / months))
    return _row(
        "rate_values", study_id=study, outcome="rate", events=events, person_time=time,
        unit=str(unit),
    )  # fmt: skip


def _median(rng, study, months, n):
    """A median as papers print it: with both limits, one, none; not reached; without patients."""
    how = rng.random()
    value = None if how < 0.15 else float(np.round(months, 1)) + 0.1
    width = 1.5 / np.sqrt(n) + 0.05
    low = None if how > 0.7 or value is None else round(value * np.exp(-width), 2)
    high = None if how > 0.5 or low is None else round(value * np.exp(width), 2)
    return _row(
        "durations", study_id=study, outcome="time", value_months=value, ci_low=low, ci_high=high,
        n=None if rng.random() < 0.1 else n, not_reached="no" if value else "yes",
    )  # fmt: skip


def _landmark(rng, study, months, n):
    at = float(rng.choice([12, 12, 12, 6, 24]))
    x = rng.binomial(n, np.exp(-at / months))
    value = float(round(100 * x / n, 1))
    inside = 0 < value < 100 and rng.random() < 0.6
    half = 196 * np.sqrt(value * (100 - value) / 1e4 / n) + 0.5
    return _row(
        "landmark_values", study_id=study, outcome="pfs", months=at, value_percent=value,
        ci_low=max(round(value - half, 1), 0.1) if inside else None,
        ci_high=min(round(value + half, 1), 99.9) if inside and rng.random() < 0.8 else None,
        n=None if rng.random() < 0.1 else n,
        n_at_risk=int(x) if x and rng.random() < 0.2 else None,
    )  # fmt: skip


def _curve(rng, study, months, n):
    """Readings of a curve at even times, with or without a risk table behind its start."""
    n = min(n, 80)
    times = rng.exponential(months * 1.4, n)
    end = float(rng.uniform(0.3, 2.0) * months)
    table = rng.random() < 0.7
    grid = np.linspace(0, end, int(rng.integers(4, 12)))
    return [
        _row(
            "curve_points", study_id=study, outcome="pfs", time_months=float(np.round(t, 2)),
            survival=float(np.round((times > t).mean(), 3)),
            n_at_risk=int((times > t).sum()) if table or i == 0 else None,
        )
        for i, t in enumerate(grid)
    ]  # fmt: skip


def _comparisons(rng, studies, effects):
    """Printed and counted effects, rare and common events, further arms and earlier cuts."""
    rows = []
    common = rng.random() < 0.6
    mean = rng.normal(-0.2, 0.5)
    for study, effect in zip(studies, effects, strict=True):
        if rng.random() < 0.3:
            continue
        for cut in range(2 if rng.random() < 0.15 else 1):
            n = rng.integers(2, 400, 2)
            p = np.array([0.4, 0.35]) if common else np.array([0.01, 0.012])
            odds = p / (1 - p) * np.exp([mean + effect, 0.0])
            events = rng.binomial(n, odds / (1 + odds))
            known = {
                "study_id": study, "outcome": "ratio", "followup_months": float(12 + 6 * cut),
                "comparison": "new vs old" if rng.random() < 0.9 else "newer vs old",
            }  # fmt: skip
            if rng.random() < 0.35:
                value, half = float(np.exp(mean + effect)), 2 / np.sqrt(n.min() + 3)
                measure = str(rng.choice(["HR", "OR", "RR"]))
                known |= {"effect_measure": measure, "estimate": value}
                if rng.random() < 0.9:
                    ends = (value * np.exp(-half), value * np.exp(half))
                    known |= dict(zip(("ci_low", "ci_high"), map(float, ends), strict=True))
            if "estimate" not in known or rng.random() < 0.3:
                cells = [events[0], n[0], events[1], n[1]]
                names = ("events_treat", "n_treat", "events_ctrl", "n_ctrl")
                known |= dict(zip(names, map(int, cells), strict=True))
            rows.append(_row("comparative", **known))
    return rows


TABLES = [name for kind in KINDS.values() for name in kind.poolings]
