"""Our values for the reference files of arms in trials: robust errors and three-level fits."""

from functools import lru_cache

import numpy as np
from reference_fits import kind_of
from reference_ledger import number
from reference_second import fit_fields

from singlearm.synthesis.cr2 import cluster_robust
from singlearm.synthesis.effects import expit
from singlearm.synthesis.threelevel import three_level
from singlearm.synthesis.twostep import pool_effects, prediction_interval, quantile, two_sided_p

#: The tolerance of what depends on the two variances.
LOOSE = "threelevel"


def effects(data):
    return np.array(data["yi"], float), np.array(data["vi"], float)


def back(data):
    return expit if data["scale"] == "PLO" else lambda v: v


def _fits(data, e):
    return fit_fields(e, *effects(data), back(data))


def _limits(data, e, kind, estimate, se, df):
    """Fields of a robust entry, whose test is Satterthwaite, naive-t or z."""
    half = quantile(np.asarray(df), 0.95) * se
    out = {
        "beta": (kind, "estimate", estimate),
        "se": (kind, "se", se),
        "stat": (kind, "diagnostic", estimate / se),
        "pval": (LOOSE if kind == LOOSE else "p", "p", two_sided_p(abs(estimate / se), df)),
        "ci_lb": (kind, "estimate", estimate - half),
        "ci_ub": (kind, "estimate", estimate + half),
    }
    if "df" in e:
        out["df"] = (kind, "one", df)
    for name, link in (("est", "beta"), ("ci_lb", "ci_lb"), ("ci_ub", "ci_ub")):
        out[f"back_{name}"] = (kind, "estimate", back(data)(out[link][2]))
    return out


def _robust(data, e):
    y, v = effects(data)
    tau2 = pool_effects(y, v, tau2=e["method"], ci="wald").tau2
    r = cluster_robust(y, v, data["cluster"], tau2=tau2, kind=e["vcov"])
    df = {"Satterthwaite": r.df, "naive-t": r.clusters - 1.0, "z": np.inf}[e["test"]]
    return _limits(data, e, kind_of(e["method"]), r.estimate, r.se, df)


@lru_cache
def _fit(y, v, clusters, profile):
    return three_level(y, v, clusters, profile=profile)


def _threelevel(data, e):
    y, v = effects(data)
    arguments = (tuple(y), tuple(v), tuple(data["cluster"]))
    if "what" in e:
        r = _fit(*arguments, True)
        return {
            f"sigma2_{part}_{ours}": (
                "threelevel_profile",
                "tau2",
                getattr(r, f"sigma2_{part}_{end}"),
            )
            for part in ("cluster", "arm")
            for ours, end in (("lb", "low"), ("ub", "high"))
        }
    r = _fit(*arguments, False)
    if "vcov" in e:
        robust = cluster_robust(
            y,
            v,
            data["cluster"],
            tau2=r.sigma2_arm,
            sigma2_cluster=r.sigma2_cluster,
            kind=e["vcov"],
        )
        return _limits(data, e, LOOSE, robust.estimate, robust.se, robust.df)
    df, how = (np.inf, "normal") if e["test"] == "z" else (r.k - 1.0, "t")
    out = _limits(data, e, LOOSE, r.estimate, r.se, df)
    low, high = prediction_interval(r.estimate, r.se, r.total, r.k, method=how)
    out |= {
        "loglik": (LOOSE, "one", r.loglik),
        "QE": ("closed", "one", r.q),
        "pi_lb": (LOOSE, "estimate", low),
        "pi_ub": (LOOSE, "estimate", high),
        "back_pi_lb": (LOOSE, "estimate", back(data)(low)),
        "back_pi_ub": (LOOSE, "estimate", back(data)(high)),
    }
    if r.identified:
        out["sigma2_cluster"] = (LOOSE, "one", r.sigma2_cluster)
        out["sigma2_arm"] = (LOOSE, "one", r.sigma2_arm)
        return out
    # only the sum can be told: the reference's split is arbitrary
    rest = {name: number(e[f"sigma2_{name}"]) for name in ("cluster", "arm")}
    out["sigma2_cluster"] = (LOOSE, "one", r.total - rest["arm"])
    out["sigma2_arm"] = (LOOSE, "one", r.total - rest["cluster"])
    return out


def excuse(section, _, name):
    if section == "threelevel":
        return {
            "loglik_spread": "about the reference's optimisers",
            "optimisers_converged": "about the reference's optimisers",
        }.get(name)
    return None


HANDLERS = {"fits": _fits, "robust": _robust, "threelevel": _threelevel}
