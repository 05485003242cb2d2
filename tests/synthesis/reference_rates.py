"""Our values for the reference files of events per person-time."""

import numpy as np
from reference_fits import CI
from reference_ledger import number
from reference_second import fit_fields

from singlearm.synthesis.effects import freeman_tukey_sizes
from singlearm.synthesis.rate_effects import rate_back_transform, rate_effects, rate_intervals
from singlearm.synthesis.rates import RateModel, pool_rates
from singlearm.synthesis.twostep import tau2_interval

INFINITE = "no events at all: the reference stopped on the way to an infinite estimate"


def counts(data):
    return np.array(data["xi"], float), np.array(data["ti"], float)


def _escalc(data, e):
    yi, vi = rate_effects(*counts(data), e["measure"])
    return {"yi": ("closed", "estimate", yi), "vi": ("closed", "tau2", vi)}


def _study_ci(data, _):
    x, t = counts(data)
    low, high = rate_intervals(x, t)
    return {
        "rate": ("closed", "estimate", x / t),
        "ci_lb": ("closed", "estimate", low),
        "ci_ub": ("closed", "estimate", high),
    }


def _fits(data, e):
    (x, t), measure = counts(data), e["measure"]
    yi, vi = rate_effects(x, t, measure)
    time = freeman_tukey_sizes(t)["harmonic"]
    out = fit_fields(e, yi, vi, lambda v: rate_back_transform(v, measure, time))
    if measure == "IR":
        # ours are rates, never negative
        for name, link in [(n, "beta" if n == "back_est" else n[5:]) for n in out if "back" in n]:
            out[name] = (*out[name][:2], out[link][2])
    if "est_arith_mean_t" in e.get("back", {}):
        back = rate_back_transform(out["beta"][2], measure, t.mean())
        out["back_est_arith_mean_t"] = (*out["beta"][:2], back)
    if x.size > 1 and x.sum() > 0:
        # the entrance gives the same
        r = pool_rates(x, t, RateModel("normal", measure, e["method"], CI[e["test"]]))
        out["back_est"] = (*out["beta"][:2], r.estimate)
        out["beta"] = (*out["beta"][:2], r.estimate_link)
        out["I2"] = (*out["I2"][:2], 100 * r.i2)
        if measure != "IR":
            out["back_ci_lb"] = (*out["ci_lb"][:2], r.ci_low)
            out["back_ci_ub"] = (*out["ci_ub"][:2], r.ci_high)
    return out


def _confint(data, e):
    ends = tau2_interval(*rate_effects(*counts(data), e["measure"]))
    return {
        "tau2_lb": ("root", "tau2", ends["tau2_low"]),
        "tau2_ub": ("root", "tau2", ends["tau2_high"]),
    }


def _glmm(data, e):
    x, t = counts(data)
    if x.sum() == 0:
        return INFINITE
    if e["method"] == "ML" and e["nAGQ"] == 1 and number(e["tau2"]) > 0:
        return "Laplace approximation: ours is the integral"
    name = "poisson_common" if e["method"] == "EE" else "poisson_normal"
    wald = {"z": "wald", "t": "t"}[e["test"]]
    r = pool_rates(x, t, RateModel(name, ci=wald))
    if x.size == 1:
        return {"k": ("digits", "one", 1), "beta": ("glm", "estimate", r.estimate_link)}
    kind = "glm" if number(e["tau2"]) == 0 else "glmm_7_nodes"
    half = np.log(r.ci_high) - r.estimate_link
    out = {
        "k": ("digits", "one", r.k),
        "beta": (kind, "one", r.estimate_link),
        "se": (kind, "se", r.se_link),
        "stat": (kind, "one", r.estimate_link / r.se_link),
        "ci_lb": (kind, "one", r.estimate_link - half),
        "ci_ub": (kind, "one", r.estimate_link + half),
        "tau2": (kind, "tau2", r.tau2 or 0.0),
        "QE_LRT": ("glm", "one", r.q),
        "back_est": (kind, "estimate", r.estimate),
        "back_ci_lb": (kind, "estimate", r.ci_low),
        "back_ci_ub": (kind, "estimate", r.ci_high),
    }
    if r.i2 is not None:
        out["I2"] = (kind, "percent", 100 * r.i2)
    if (x > 0).all():
        out["QE_Wld"] = ("glm", "one", pool_rates(x, t, RateModel("normal")).q)
    if number(e["tau2"]) == 0:
        out["loglik"] = (kind, "one", r.loglik)
    return out


def excuse(section, _, name):
    if section == "glmm":
        return {
            "loglik": "lme4 leaves out a constant with more than one node",
            "QE_Wld": "Wald test of the saturated model: with empty studies it has no finite value",
            "I2": "the common-effect model has no tau2",
            "nAGQ": "not a result",
            "pval": "test of a rate of 1 per unit of time: no hypothesis anyone has",
            "pi_lb": "takes tau2 as known: ours integrates over the parameters",
            "pi_ub": "takes tau2 as known: ours integrates over the parameters",
            "se": "one study: the exact interval",
            "stat": "one study: the exact interval",
            "ci_lb": "one study: the exact interval",
            "ci_ub": "one study: the exact interval",
            "tau2": "one study: the exact interval",
            "back_est": "one study: the exact interval",
            "back_ci_lb": "one study: the exact interval",
            "back_ci_ub": "one study: the exact interval",
        }.get(name)
    return None


def two_groups(*_):
    return "rate ratios of two groups: not of single arms"


HANDLERS = {
    "escalc": _escalc,
    "study_ci": _study_ci,
    "fits": _fits,
    "confint": _confint,
    "glmm": _glmm,
    "mh": two_groups,
}
