"""Our values for the reference files of generalised-Q intervals."""

import numpy as np
from reference_ledger import number

from singlearm.synthesis.effects import effect_sizes
from singlearm.synthesis.genq import generalised_q_interval, q_distribution
from singlearm.synthesis.stack import stack
from singlearm.synthesis.twostep import pool_effects, tau2_interval


def _effects(data, e):
    r = effect_sizes(np.array(data["xi"]), np.array(data["ni"]), e["measure"])
    return r.yi, r.vi


def _genq(data, e):
    yi, vi = _effects(data, e)
    a = {"DL": 1 / vi, "HE": np.ones(vi.size), "se": 1 / np.sqrt(vi)}[e["weights"]]
    r = generalised_q_interval(yi, vi, e["weights"] if e["weights"] != "se" else a)
    fit = pool_effects(yi, vi, tau2="DL", ci="wald")
    vt = float(fit.typical_variance)
    out = {
        "tau2": ("closed", "tau2", r["tau2"]),
        "typical_v": ("closed", "tau2", vt),
        "I2": ("closed", "percent", 100 * r["tau2"] / (r["tau2"] + vt)),
        "I2_metafor": ("closed", "percent", 100 * r["tau2"] / (r["tau2"] + vt)),
        "H2": ("closed", "one", r["tau2"] / vt + 1),
    }
    if "tau2_of_estimator" in e:
        own = pool_effects(yi, vi, tau2=e["weights"], ci="wald").tau2
        out["tau2_of_estimator"] = ("closed", "tau2", own)
    s, _ = stack(yi, vi)
    q = np.array([(a * (yi - (a * yi).sum() / a.sum()) ** 2).sum()])
    for end, place in (("lb", "low"), ("ub", "high")):
        if end == "ub" and "ub_beyond_1000" in e:
            continue
        limit = r[f"tau2_{place}"]
        out[f"upper_tail_at_{end}"] = (
            "p",
            "p",
            1 - q_distribution(s, a[:, None], q, np.atleast_1d(limit))[0][0],
        )
        out[f"tau2_{end}"] = ("genq", "tau2", limit)
        out[f"I2_{end}"] = ("genq", "percent", 100 * r[f"i2_{place}"])
        out[f"H2_{end}"] = ("genq", "one", r[f"h2_{place}"])
        out[f"tau2_{end}_metafor"] = ("genq_metafor", "one", limit)
    out["upper_tail_at_0"] = ("p", "p", 1 - q_distribution(s, a[:, None], q, np.zeros(1))[0][0])
    return out


def _qprofile(data, e):
    yi, vi = _effects(data, e)
    ends = tau2_interval(yi, vi)
    out = {
        "tau2": ("closed", "tau2", pool_effects(yi, vi, tau2=e["method"], ci="wald").tau2),
        "tau2_lb": ("root", "tau2", ends["tau2_low"]),
    }
    if number(e["tau2_ub"]) < 1000:
        out["tau2_ub"] = ("root", "tau2", ends["tau2_high"])
    return out


def excuse(_, e, name):
    if "ub" in name and number(e["tau2_ub"]) >= 1000:
        return "the reference ended its search at 1000"
    return None


HANDLERS = {"genq": _genq, "qprofile": _qprofile}
