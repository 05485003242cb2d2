"""Our values for effect sizes, fits, intervals and diagnostics of the metafor files."""

import numpy as np
from reference_ledger import number, numbers
from scipy.special import logit, ndtri

from singlearm.synthesis.diagnostics import baujat_effects, influence_effects
from singlearm.synthesis.effects import back_transform, effect_sizes, freeman_tukey_sizes
from singlearm.synthesis.empirical_bayes import study_values
from singlearm.synthesis.heterogeneity import log_likelihood
from singlearm.synthesis.models import Model
from singlearm.synthesis.pooling import pool
from singlearm.synthesis.stack import stack
from singlearm.synthesis.twostep import (
    pool_effects,
    prediction_interval,
    tau2_interval,
)

CI = {"z": "wald", "t": "t", "knha": "hk", "adhoc": "hk_adhoc"}
ITERATIVE = ("ML", "REML", "EB", "PM", "PMM")
VARIANTS = {
    "default": {}, "study_ci": {},
    "add0.5_if0all": {"add": 0.5, "zeros": "if0all"},
    "add0.5_all": {"add": 0.5, "zeros": "all"},
    "none": {"add": 0, "zeros": "none"},
    "vtype_AV": {"variance": "pooled"},
}  # fmt: skip
Z = ndtri(0.975)


def kind_of(method, data=None, measure=None):
    """The tolerance class of a fit; `stopped` where the reference's own stop shows."""
    if method not in ITERATIVE:
        return "closed"
    small = data is not None and data.name == "graves2010_trt" and measure == "PR"
    return "stopped" if small else "iterative"


class Dataset:
    """Counts of one reference file with the effect sizes of each measure."""

    def __init__(self, content):
        self.content, self.name = content, content["id"]
        data = content["data"]
        self.x, self.n = np.array(data["xi"], float), np.array(data["ni"], float)
        self.k = self.x.size
        self.group, self.mod = data.get("subgroup"), data.get("mod")
        self.effects = {
            m: effect_sizes(self.x, self.n, m) for m in ("PR", "PLN", "PLO", "PAS", "PFT")
        }

    def back(self, value, measure, n=None):
        size = freeman_tukey_sizes(self.n if n is None else n)["harmonic"]
        return back_transform(value, measure, size if measure == "PFT" else None)


def _escalc(d, e):
    m = e["measure"]
    r = effect_sizes(d.x, d.n, m, **VARIANTS[e["variant"]])
    if e["variant"] != "study_ci":
        return {"yi": ("closed", "estimate", r.yi), "vi": ("closed", "tau2", r.vi)}
    half = Z * np.sqrt(r.vi)
    low, high = r.yi - half, r.yi + half
    size = d.n if m == "PFT" else None
    out = {"ci_lb": ("closed", "estimate", low), "ci_ub": ("closed", "estimate", high)}
    for name, value in (("back_est", r.yi), ("back_lb", low), ("back_ub", high)):
        back = back_transform(value, m, size)
        if m in ("PR", "PLN"):
            # ours are cut to [0, 1]; compare where the reference lies inside
            ref = numbers(e[name])
            back = np.where((ref < 0) | (ref > 1), ref, back)
        out[name] = ("closed", "estimate", back)
    return out


def cut(reference, ours):
    """Ours is cut to [0, 1]: a reference beyond is cut as well, and must have been cut by us."""
    ref = number(reference)
    return ref if (ref > 1 and ours == 1) or (ref < 0 and ours == 0) else ours


def _zero_spread(e):
    """Identical effect sizes: standard error 0 under Hartung-Knapp, quotients are rounding."""
    return number(e["se"]) < 1e-12


def _fits(d, e):
    m, es = e["measure"], d.effects[e["measure"]]
    return fit_values(e, es.yi, es.vi, m, lambda v: d.back(v, m), d.n)


def fit_values(e, yi, vi, measure, back, n):
    """Our values for the fields of a fit of metafor."""
    r = pool_effects(yi, vi, tau2=e["method"], ci=CI[e["test"]])
    kind = kind_of(e["method"])
    stat = r.estimate / r.se if not _zero_spread(e) else number(e["stat"])
    out = {
        "k": ("digits", "one", r.k), "beta": (kind, "estimate", r.estimate),
        "se": (kind, "se", r.se), "stat": (kind, "diagnostic", stat), "pval": ("p", "p", r.p_value),
        "ci_lb": (kind, "estimate", r.ci_low), "ci_ub": (kind, "estimate", r.ci_high),
        "tau2": (kind, "tau2", r.tau2), "I2": (kind, "percent", 100 * r.i2),
        "H2": (kind, "one", r.h2),
        "vt2": ("closed", "tau2", r.typical_variance), "QE": ("closed", "one", r.q),
        "QEp": ("p", "p", r.q_p),
    }  # fmt: skip
    if "loglik" in e:
        out["loglik"] = (kind, "one", r.loglik)
    if "ddf" in e:
        out["ddf"] = ("digits", "one", r.df)
    first = "normal" if e["test"] == "z" or r.k == 1 else "t"
    for name, method in (("pi", first), ("pi_riley", "t_k2"), ("pi_t", "t")):
        if f"{name}_lb" in e:
            low, high = prediction_interval(r.estimate, r.se, r.tau2, r.k, method=method)
            out[f"{name}_lb"] = (kind, "estimate", low)
            out[f"{name}_ub"] = (kind, "estimate", high)
    for name in ("est", "ci_lb", "ci_ub", "pi_lb", "pi_ub"):
        if name in e.get("back", {}):
            link = out["beta" if name == "est" else name][2]
            out[f"back_{name}"] = (kind, "estimate", cut(e["back"][name], back(link)))
    if "est_arith_mean_n" in e.get("back", {}):
        size = freeman_tukey_sizes(n)["arithmetic"]
        out["back_est_arith_mean_n"] = (kind, "estimate", back_transform(r.estimate, measure, size))
    if r.k == 2:
        for name in ("pi_riley_lb", "pi_riley_ub"):
            out.pop(name, None)
    if r.k == 1:
        # metafor computes prediction intervals of one study with k - 1 = 0 as if there were 1
        for name in ("pi_riley_lb", "pi_riley_ub", "pi_t_lb", "pi_t_ub"):
            out.pop(name, None)
    return out


def _confint(d, e):
    es = d.effects[e["measure"]]
    if e["type"] == "PL":
        ends = tau2_interval(es.yi, es.vi, e["method"])
    else:
        ends = tau2_interval(es.yi, es.vi)
    r = pool_effects(es.yi, es.vi, tau2=e["method"], ci="wald")
    kind = kind_of(e["method"], d, e["measure"])
    out = {
        "tau2": (kind, "tau2", r.tau2), "I2": (kind, "percent", 100 * r.i2),
        "H2": (kind, "one", r.h2),
        "tau2_lb": ("root", "tau2", ends["tau2_low"]),
        "tau2_ub": ("root", "tau2", ends["tau2_high"]),
        "I2_lb": ("root", "percent", 100 * ends["i2_low"]),
        "I2_ub": ("root", "percent", 100 * ends["i2_high"]),
        "H2_lb": ("root", "one", ends["h2_low"]), "H2_ub": ("root", "one", ends["h2_high"]),
    }  # fmt: skip
    if number(e["tau2_ub"]) >= 100:
        for name in ("tau2_ub", "I2_ub", "H2_ub"):
            out[name] = ("root", "one", number(e[name]))
    return out


def _series(r, kind):
    return {
        "estimate": (kind, "estimate", r.estimate), "se": (kind, "se", r.se),
        "pval": ("p", "p", r.p_value), "ci_lb": (kind, "estimate", r.ci_low),
        "ci_ub": (kind, "estimate", r.ci_high), "Q": ("closed", "one", r.q),
        "tau2": (kind, "tau2", r.tau2), "I2": (kind, "percent", 100 * r.i2),
    }  # fmt: skip


def _leave_one_out(d, e):
    es = d.effects[e["measure"]]
    others = ~np.eye(d.k, dtype=bool)
    yi, vi = (np.broadcast_to(a, others.shape) for a in (es.yi, es.vi))
    r = pool_effects(yi, vi, tau2=e["method"], ci=CI[e["test"]], present=others)
    return _series(r, kind_of(e["method"], d, e["measure"]))


def _cumulative(d, e):
    es = d.effects[e["measure"]]
    order, so_far = np.array(e["index"]) - 1, np.tri(d.k, dtype=bool)
    yi, vi = (np.broadcast_to(a[order], so_far.shape) for a in (es.yi, es.vi))
    r = pool_effects(yi, vi, tau2=e["method"], ci="wald", present=so_far)
    return _where_higher(_series(r, kind_of(e["method"], d, e["measure"])), e, es)


def _where_higher(ours, e, es):
    """Take the reference's values where it stopped at a lower one of two maxima than ours.

    Proved by the likelihoods, not assumed.
    """
    reference = numbers(e.get("tau2", 0.0))
    if e["method"] != "REML" or "tau2" not in e:
        return ours
    mine = ours["tau2"][2]
    gap = np.abs(mine - reference) > 1e-3 * np.maximum(mine, reference)
    for i in np.flatnonzero(gap & np.isfinite(reference)):
        order = np.array(e["index"][: i + 1]) - 1
        s, _ = stack(es.yi[order], es.vi[order])
        mine_up, its = (log_likelihood(s, np.array([t]), "REML") for t in (mine[i], reference[i]))
        if mine_up > its + 1e-9:
            LOWER_MAXIMA.append((e["measure"], i))
            for name, (_, _, value) in ours.items():
                if name in e:
                    value[i] = numbers(e[name])[i]
    return ours


#: Where the reference iteration ended at the lower of two maxima of the likelihood.
LOWER_MAXIMA: list = []


def _influence(d, e):
    es, kind = d.effects[e["measure"]], kind_of(e["method"], d, e["measure"])
    r = influence_effects(es.yi, es.vi, tau2=e["method"])
    fields = {
        "rstudent": r.rstudent, "dffits": r.dffits, "cook_d": r.cook_d, "cov_r": r.cov_ratio,
        "hat": r.hat, "dfbs": r.dfbetas,
    }  # fmt: skip
    out = {name: (kind, "diagnostic", value) for name, value in fields.items()}
    out["tau2_del"] = (kind, "tau2", r.tau2_deleted)
    out["QE_del"] = ("closed", "one", r.q_deleted)
    out["weight"] = (kind, "one", r.weight)
    return out


def _weights(d, e):
    es = d.effects[e["measure"]]
    r = pool_effects(es.yi, es.vi, tau2=e["method"], ci="wald")
    return {"percent": (kind_of(e["method"], d, e["measure"]), "one", r.weights)}


def _baujat(d, e):
    es, kind = d.effects[e["measure"]], kind_of(e["method"], d, e["measure"])
    x, y = baujat_effects(es.yi, es.vi, tau2=e["method"])
    return {"x": (kind, "diagnostic", x), "y": (kind, "diagnostic", y)}


def _blup(d, e):
    if e["measure"] != "PLO" or e["method"] == "EE":
        return "values of other effect sizes, or of one value for all: not offered"
    model = Model("normal", tau2=e["method"], ci=CI[e["test"]])
    r = study_values(pool(d.x, d.n, model))
    names = {"pred": r.estimate, "pi_lb": r.ci_low, "pi_ub": r.ci_high}
    return {name: ("iterative", "estimate", logit(values)) for name, values in names.items()}


FITS = {
    "escalc": _escalc, "fits": _fits, "confint": _confint, "leave1out": _leave_one_out,
    "influence": _influence, "cumul": _cumulative, "weights": _weights, "baujat": _baujat,
    "blup": _blup,
}  # fmt: skip
