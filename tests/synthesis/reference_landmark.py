"""Our values for the reference files of survival at a fixed time."""

import numpy as np
from reference_ledger import numbers
from reference_second import fit_fields

from singlearm.synthesis.landmark_effects import landmark_back, landmark_effects
from singlearm.synthesis.landmarks import pool_landmarks
from singlearm.synthesis.twostep import pool_effects, tau2_interval


def printed(data, e):
    at_risk = numbers(data["at_risk"]) if e["n_formula"] == "at_risk" else np.nan
    rows = (numbers(data[name]) for name in ("surv", "ci_lb", "ci_ub", "n"))
    return (*rows, at_risk)


def _effects(data, e):
    return landmark_effects(*printed(data, e), scale=e["scale"], n_ratio=1.0)


def _study(data, e):
    r = _effects(data, e)
    assert list(r.source) == e["se_from"]
    return {"yi": ("closed", "estimate", r.yi), "sei": ("closed", "se", r.sei)}


def _fits(data, e):
    r = _effects(data, e)
    out = fit_fields(e, r.yi, r.sei**2, lambda v: landmark_back(v, e["scale"]))
    if e["scale"] == "cloglog":
        # survival falls with the complementary log-log: the limits change places
        for name in [n for n in out if n.startswith("back_") and n.endswith("lb")]:
            other = name.replace("lb", "ub")
            out[name], out[other] = out[other], out[name]
    if (e["method"], e["test"]) == ("REML", "adhoc"):
        ours = pool_landmarks(*printed(data, e), scale=e["scale"], n_ratio=1.0)
        kind = out["beta"][0]
        out["back_est"] = (kind, "estimate", ours.estimate)
        out["back_ci_lb"] = (kind, "estimate", ours.ci_low)
        out["back_ci_ub"] = (kind, "estimate", ours.ci_high)
    return out


def _confint(data, e):
    r = _effects(data, e)
    ends = tau2_interval(r.yi, r.sei**2)
    tau2 = pool_effects(r.yi, r.sei**2, tau2=e["method"], ci="wald").tau2
    out = {
        "tau2": ("iterative", "tau2", tau2),
        "tau2_lb": ("root", "tau2", ends["tau2_low"]),
    }
    if numbers(e["tau2_ub"])[0] < 100:
        out["tau2_ub"] = ("root", "tau2", ends["tau2_high"])
    return out


def excuse(section, e, name):
    if section == "confint" and name == "tau2_ub" and numbers(e[name])[0] >= 100:
        return "the reference ended its search at 100"
    return None


HANDLERS = {"study": _study, "fits": _fits, "confint": _confint}
