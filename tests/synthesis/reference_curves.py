"""Our values for the reference files of survival curves."""

from functools import lru_cache

import numpy as np

from singlearm.synthesis.curves import summary_curve
from singlearm.synthesis.survival import kaplan_meier

LIMITS = {"Greenwood": "greenwood", "MonteCarlo": "monte_carlo"}


def grid(data):
    """Survival (K, J), numbers at risk (K, J) and times (J,) of a summary file."""
    study, time = np.array(data["study"]), np.array(data["time"], float)
    names, times = np.unique(study), np.unique(time)
    survival = np.full((names.size, times.size), np.nan)
    at_risk = survival.copy()
    where = np.searchsorted(names, study), np.searchsorted(times, time)
    survival[where], at_risk[where] = data["surv"], data["n_risk"]
    return survival, at_risk, times


@lru_cache
def _curve(key, model, limits):
    return summary_curve(*DATA[key], model=model, limits=limits, small_sample=False)


#: The grids of the files, by the name of their source.
DATA: dict = {}


def _summary(data, e):
    if not e["correction"]:
        return "variance 1/n, four times too large: not the published method"
    key = data["source"]
    DATA[key] = grid(data)
    limits = LIMITS[e["confidence"]]
    out = {}
    for model, kind in (("random", "filled"), ("fixed", "closed")):
        r = _curve(key, model, limits)
        drawn = "rounded_z" if limits == "greenwood" else "monte_carlo"
        floor = "one" if limits == "greenwood" else "survival"
        out |= {
            f"{model}_time": ("closed", "one", r.time),
            f"{model}_surv": (kind, "one", r.survival),
            f"{model}_ci_lb": (drawn, floor, r.ci_low),
            f"{model}_ci_ub": (drawn, floor, r.ci_high),
            f"median_{model}": (kind, "one", r.median),
            f"mean_{model}": (kind, "one", r.restricted_mean),
            f"median_{model}_ci_mc": (
                "monte_carlo",
                "one",
                [r.median_low or np.nan, r.median_high or np.nan],
            ),
            f"mean_{model}_ci_mc": (
                "monte_carlo",
                "one",
                [r.restricted_mean_low, r.restricted_mean_high],
            ),
        }
    # the package divides Q by observations less studies, we by observations less times
    h2 = r.q / (np.isfinite(DATA[key][0]).sum() - r.k)
    out |= {
        "Q": ("closed", "one", r.q),
        "H2": ("closed", "one", h2),
        "I2": ("closed", "percent", 100 * max(0, 1 - 1 / h2)),
    }
    return out


def _arms(data, e):
    out = {}
    for whose in ("true", "ipd"):
        km = kaplan_meier(e[f"{whose}_time"], e[f"{whose}_status"])
        out |= {
            f"{whose}_median": ("closed", "one", km.median),
            f"{whose}_rmst": ("closed", "one", km.restricted_mean(data["rmst_tau"])[0]),
            f"{whose}_surv": ("closed", "one", km.at(e["check_times"])),
        }
    error = np.abs(out["ipd_surv"][2] - out["true_surv"][2]).max()
    return out | {"max_abs_error_surv": ("closed", "one", error)}


def _hr(*_):
    return "hazard ratios of two arms: compared in test_curves.py"


def excuse(section, *_):
    return "readings and patients: data, used in test_curves.py" if section == "arms" else None


HANDLERS = {"summary": _summary, "arms": _arms, "hr": _hr}
