"""Our values for the reference files of prediction intervals."""

import numpy as np

from singlearm.synthesis.prediction import prediction_bootstrap
from singlearm.synthesis.twostep import pool_effects, prediction_interval

#: The estimator and the interval behind each name.
MODELS = {
    "HTS": ("DL", "wald"),
    "HK": ("REML", "hk_adhoc"),
    "metafor_DL": ("DL", "wald"),
    "metafor_REML": ("REML", "wald"),
}
PREDICTION = {"pi": "t_k2", "pi_z": "normal", "pi_tk1": "t", "pi_tk2": "t_k2"}


def effects(data):
    return np.array(data["yi"], float), np.array(data["vi"], float)


def _pi(data, e):
    if e["method"] not in MODELS:
        return "interval that is not offered (Sidik-Jonkman, Kenward-Roger, their approximations)"
    tau2, ci = MODELS[e["method"]]
    r = pool_effects(*effects(data), tau2=tau2, ci=ci)
    kind = "closed" if tau2 == "DL" else "pimeta" if e["method"] == "HK" else "iterative"
    floor = "diagnostic" if kind == "pimeta" else "estimate"
    out = {
        "mu": (kind, "estimate", r.estimate),
        "tau2": (kind, "tau2", r.tau2),
        "se": (kind, "se", r.se),
        "df_pi": ("digits", "one", r.k - 2),
    }
    # pimeta's interval of the mean under HTS has t with k - 1 degrees of freedom
    mean = pool_effects(*effects(data), tau2=tau2, ci="t" if e["method"] == "HTS" else ci)
    out |= {"ci_lb": (kind, floor, mean.ci_low), "ci_ub": (kind, floor, mean.ci_high)}
    for name, method in PREDICTION.items():
        if f"{name}_lb" in e:
            low, high = prediction_interval(r.estimate, r.se, r.tau2, r.k, method=method)
            out |= {f"{name}_lb": (kind, floor, low), f"{name}_ub": (kind, floor, high)}
    return out


#: Runs of ours: their mean is compared, their spread is the tolerance.
RUNS = 8


def _boot(data, e):
    dl = pool_effects(*effects(data), tau2="DL", ci="wald")
    out = {
        "mu_DL": ("closed", "estimate", dl.estimate),
        "tau2_DL": ("closed", "tau2", dl.tau2),
    }
    runs = [prediction_bootstrap(*effects(data), draws=e["B"], seed=i) for i in range(RUNS)]
    for end, ours in (("lb", "low"), ("ub", "high")):
        for what in ("pi", "ci"):
            values = np.array([getattr(r, f"{what}_{ours}") for r in runs])
            # the median, as one seed of made_k3_logit is far from all others
            seeds = np.array(e[f"{what}_{end}"]["per_seed"])
            error = values.std(ddof=1) * np.sqrt(1 / RUNS + 1.57 / seeds.size)
            off = (values.mean() - np.median(seeds)) / error
            out[f"{what}_{end}_mean"] = ("draws", "one", e[f"{what}_{end}"]["mean"] + off)
    return out


def excuse(section, _, name):
    if section == "boot" and ("sd_of_one_run" in name or "per_seed" in name):
        return "the spread of the reference's runs: used as the tolerance"
    return None


HANDLERS = {"pi": _pi, "boot": _boot}
