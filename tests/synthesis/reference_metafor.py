"""Our value for every entry of the one-group reference files of metafor."""

from functools import partial

import numpy as np
from reference_fits import CI, FITS, Dataset, cut, fit_values, kind_of
from reference_ledger import Ledger, flat_fields, number, numbers
from scipy.special import chdtrc

from singlearm.synthesis.glmm import fit_glmm
from singlearm.synthesis.permutation import sign_flip_test
from singlearm.synthesis.pool_binomial import saturated_loglik
from singlearm.synthesis.regression import regress_effects
from singlearm.synthesis.small_study import rank_test, regression_test, trim_and_fill
from singlearm.synthesis.subgroups_normal import q_between
from singlearm.synthesis.twostep import (
    interval,
    pool_effects,
    quantile,
)
from singlearm.synthesis.words import SynthesisError


def compare(content) -> Ledger:
    """Everything in one file."""
    ledger, data = Ledger(), Dataset(content)
    for section, handler in HANDLERS.items():
        for entry in content.get(section, []):
            words = [str(entry[w]) for w in WORDS if w in entry and w != "nodes"]
            tag = " ".join([data.name, section, *words])
            reason = left_out(section, entry, data)
            if reason:
                ledger.excused[reason] += count(entry)
                continue
            ours = handler(data, entry)
            if isinstance(ours, str):
                ledger.excused[ours] += count(entry)
                continue
            ledger.account(tag, entry, ours, lambda f, s=section, e=entry: excuse(s, e, f))
            if section == "subgroups":
                _subgroup_rows(ledger, data, entry, tag)
    return ledger


WORDS = (
    "measure", "method", "variant", "test", "type", "order", "estimator", "side_arg", "model",
    "predictor", "kind", "engine", "nAGQ", "exact",
)  # fmt: skip


def count(entry) -> int:
    return max(1, sum(numbers(v).size for _, v in flat_fields(entry)))


def left_out(section, entry, data):
    """Why a whole entry is not compared."""
    if "error" in entry:
        return "the reference refused this fit (its error is kept in the file)"
    if entry.get("method") in ("GENQ", "GENQM") or entry.get("weighted") is False:
        return "generalised Q with own weights, unweighted fits: not offered"
    if section == "glmm" and entry.get("nAGQ") == 1:
        return "Laplace approximation (nAGQ = 1): ours is converged quadrature"
    if section == "glmm" and entry.get("nodes") in (1, 7):
        return "quadrature with 1 or 7 nodes: ours is converged"
    if section == "glmm" and entry["method"] == "EE" and data.x.sum() in (0, data.n.sum()):
        return "no finite common-effect logit: R's glm stops somewhere on the way to infinity"
    return None


def excuse(section, entry, name):
    """Why one field is not compared."""
    if name in ("se_tau2",):
        return (
            "standard error of tau2: not offered, its interval is Q-profile or profile likelihood"
        )
    if name in ("AIC", "BIC", "AICc"):
        return "information criteria: not offered (loglik is)"
    if name in ("k", "ddf", "nodes", "nAGQ", "p", "k_total", "index", "H2_lb", "H2_ub", "QMdf"):
        return "counts and degrees of freedom that follow from the data"
    if section == "fits" and name.startswith("pi_riley"):
        return "t(k-2) prediction interval of two studies: no degree of freedom, ours has none"
    if section == "fits" and name.startswith("pi_"):
        return "prediction interval of a single study: not offered"
    if section == "regtest" and name.startswith("intercept"):
        return "intercept of a regression on size itself: no limit of infinite size, not offered"
    if section == "blup" and name == "se":
        return "standard error of a study's value: not offered, its limits are"
    if section == "trimfill" and name in REFIT:
        return "metafor refits filled data at default tolerance (REML): side, k0 and fill compared"
    if section == "glmm" and name in ("loglik",) and entry.get("method") == "ML":
        return (
            "rma.glmm's loglik of ML is not the model's (its README); own_quadrature's is compared"
        )
    if section == "glmm" and entry.get("nAGQ") == 7:
        return "rma.glmm with 7 nodes: compared within its quadrature error in its own test"
    if section == "glmm" and name in ("QE_Wld", "QEp_Wld"):
        return "Wald form of Q for the GLMM: not offered, the likelihood ratio is"
    return None


REFIT = ("beta", "se", "ci_lb", "ci_ub", "pval", "tau2", "I2", "back_est")


def _trim_and_fill(d, e):
    es, kind = d.effects[e["measure"]], kind_of(e["method"], d, e["measure"])
    side = None if e["side_arg"] == "auto" else e["side_arg"]
    r = trim_and_fill(es.yi, es.vi, tau2=e["method"], estimator=e["estimator"], side=side)
    if side is None and r.side != e["side"]:
        return "side chosen by the sign of a slope that is 0 but for rounding"
    out = {
        "k0": ("digits", "one", r.k0), "k_total": ("digits", "one", r.fit.k),
        "se_k0": ("closed", "one", r.k0_se), "beta": (kind, "estimate", r.fit.estimate),
        "se": (kind, "se", r.fit.se), "ci_lb": (kind, "estimate", r.fit.ci_low),
        "ci_ub": (kind, "estimate", r.fit.ci_high), "pval": ("p", "p", r.fit.p_value),
        "tau2": (kind, "tau2", r.fit.tau2), "I2": (kind, "percent", 100 * r.fit.i2),
        "QE": (kind, "one", r.fit.q), "filled_yi": (kind, "estimate", r.filled_yi),
        "filled_vi": ("closed", "tau2", r.filled_vi),
    }  # fmt: skip
    if r.k0_p is not None:
        out["p_k0"] = ("p", "p", r.k0_p)
    if "back_est" in e:
        ours = d.back(r.fit.estimate, e["measure"])
        out["back_est"] = (kind, "estimate", cut(e["back_est"], ours))
    if e["method"] == "REML" and r.k0:
        out = {name: value for name, value in out.items() if name not in REFIT}
    return out


def _regression_test(d, e):
    es = d.effects[e["measure"]]
    mixed = e["model"] == "rma"
    settings = {"predictor": e["predictor"], "model": "mixed" if mixed else "dispersion"}
    try:
        r = regression_test(es.yi, es.vi, d.n, tau2=e.get("method", "EE"), **settings)
    except SynthesisError:
        return "regression on two studies or on a constant: ours refuses"
    kind = kind_of(e.get("method"), d, e["measure"])
    slope_scale = max(abs(number(e["slope_se"])), 1e-12)
    nan = float("nan")
    value = lambda v: nan if v is None else v  # noqa: E731
    out = {
        "stat": (kind, "one", value(r.statistic)), "pval": ("p", "p", value(r.p_value)),
        "ddf": ("digits", "one", value(r.df)), "limit_est": (kind, "estimate", value(r.limit)),
        "limit_ci_lb": (kind, "estimate", value(r.limit_low)),
        "limit_ci_ub": (kind, "estimate", value(r.limit_high)),
        "slope_se": (kind, "se", value(r.slope_se)), "tau2": (kind, "tau2", value(r.tau2)),
    }  # fmt: skip
    if abs(value(r.slope) - number(e["slope"])) < 1e-7 * slope_scale:
        out["slope"] = (kind, "one", number(e["slope"]))
    else:
        out["slope"] = (kind, "estimate", value(r.slope))
    if r.limit is not None:
        out["intercept"] = (kind, "estimate", r.limit)
        out["intercept_se"] = (kind, "se", _limit_se(r))
    return out


def _limit_se(r):
    df = np.inf if r.df is None else r.df
    return (r.limit_high - r.limit) / float(quantile(np.array(df), 0.95))


def _rank(d, e):
    es = d.effects[e["measure"]]
    tau, p = rank_test(es.yi, es.vi, exact=False if e.get("exact") is False else None)
    return {"tau": ("closed", "one", tau), "pval": ("p", "p", p)}


def design_of(d, e):
    """Design (k, P) and the studies used."""
    if e["kind"] == "mod":
        value = np.array([number(v) for v in d.mod])
        return np.stack([np.ones(d.k), value], axis=1), np.isfinite(value)
    levels = [e["reference"], *e["names"][1:]]
    marks = [[float(g == level) for g in d.group] for level in levels[1:]]
    return np.stack([np.ones(d.k), *np.array(marks)], axis=1), np.ones(d.k, bool)


def _moderators(d, e):
    es = d.effects[e["measure"]]
    x, ok = design_of(d, e)
    r = regress_effects(es.yi[ok], es.vi[ok], x[ok], tau2=e["method"], ci=CI[e["test"]])
    kind = "year" if e["kind"] == "mod" else kind_of(e["method"], d, e["measure"])
    out = {
        "beta": (kind, "estimate", r.beta), "se": (kind, "se", r.se),
        "stat": (kind, "diagnostic", r.stat), "pval": ("p", "p", r.p_value),
        "ci_lb": (kind, "estimate", r.ci_low), "ci_ub": (kind, "estimate", r.ci_high),
        "tau2": (kind, "tau2", r.tau2), "I2": (kind, "percent", 100 * r.i2),
        "H2": (kind, "one", r.h2),
        "R2": (kind, "percent", 100 * r.r2), "QM": (kind, "diagnostic", r.qm),
        "QMp": ("p", "p", r.qm_p),
        "QE": ("year" if e["kind"] == "mod" else "closed", "one", r.qe), "QEp": ("p", "p", r.qe_p),
        "p": ("digits", "one", len(r.beta)), "k": ("digits", "one", int(ok.sum())),
    }  # fmt: skip
    if e["test"] == "knha":
        out["QMdf"] = ("digits", "one", [r.qm_df, r.qm_df2])
    else:
        out["QMdf"] = ("digits", "one", [r.qm_df, np.nan])
    if not np.isfinite(r.r2):
        # tau2 is 0 with and without moderators; the reference divides two remainders of iteration
        out["R2"] = (kind, "one", number(e["R2"]))
    return out


def _subgroups(d, e):
    rows = [g for g in e["groups"] if "error" not in g]
    picks = [np.array([g == row["group"] for g in d.group]) for row in rows]
    es = d.effects[e["measure"]]
    fits = [pool_effects(es.yi[p], es.vi[p], tau2=e["method"], ci=CI[e["test"]]) for p in picks]
    q = q_between(np.array([[f.estimate] for f in fits]), np.array([[f.se**2] for f in fits]))[0]
    df = len(fits) - 1
    return {
        "Q_between": (kind_of(e["method"], d, e["measure"]), "one", q), "df": ("digits", "one", df),
        "p": ("p", "p", chdtrc(df, q)),
    }  # fmt: skip


def _subgroup_rows(ledger, d, e, tag):
    """The fits of the levels inside an entry of `subgroups`."""
    es = d.effects[e["measure"]]
    for row in e["groups"]:
        if "error" in row:
            ledger.excused["the reference refused this fit (its error is kept in the file)"] += 1
            continue
        pick = np.array([g == row["group"] for g in d.group])
        full = row | {"method": e["method"], "test": e["test"]}
        back = lambda v, n=d.n[pick]: d.back(v, e["measure"], n)  # noqa: E731
        ours = fit_values(full, es.yi[pick], es.vi[pick], e["measure"], back, d.n[pick])
        reason = partial(excuse, "fits", full)
        ledger.account(f"{tag} {row['group']}", row, ours, reason)


def _permutation(d, e):
    if e["model"] != "intercept":
        raise AssertionError("only sign flips occur in the reference")
    es = d.effects[e["measure"]]
    p, *_ = sign_flip_test(es.yi, es.vi, tau2=e["method"], ci=CI[e["test"]])
    return {"pval": ("p", "p", p)}


def _gosh(d, e):
    es = d.effects[e["measure"]]
    there = np.array([[mark == "1" for mark in row] for row in e["incl"]])
    r = pool_effects(es.yi, es.vi, tau2=e["method"], ci="wald", present=there)
    kind = kind_of(e["method"], d, e["measure"])
    return {
        "k": ("digits", "one", r.k), "estimate": (kind, "estimate", r.estimate),
        "QE": ("closed", "one", r.q), "I2": (kind, "percent", 100 * r.i2),
        # gosh takes H2 from Q for its closed forms
        "H2": (kind, "one", r.h2 if kind == "iterative" else np.where(r.k > 1, r.h2_q, 1.0)),
        "tau2": (kind, "tau2", r.tau2),
    }  # fmt: skip


def _glmm(d, e):
    x, n = d.x[:, None], d.n[:, None]
    fit = fit_glmm(x, n)
    if e.get("engine"):
        kind = "glmm_61_nodes" if d.name == "axfors2021_hcq" else "glmm"
        se_kind = kind if kind == "glmm" else "glmm_se"
        at = {
            "mu": (kind, "estimate", fit.beta[0, 0]), "tau2": (kind, "tau2", fit.tau[0] ** 2),
            "loglik": (kind, "one", fit.loglik[0]),
            "se_mu": (se_kind, "se", np.sqrt(fit.variance()[0, 0, 0])),
        }  # fmt: skip
        if not e["boundary"]:
            info = fit.information[:, :, 0]
            at["se_mu_tau_fixed"] = (at["se_mu"][0], "se", 1 / np.sqrt(info[0, 0]))
            at["se_tau"] = (at["se_mu"][0], "se", np.sqrt(fit.covariance()[1, 1, 0]))
        return at
    if e["method"] == "EE":
        mean, se = fit.beta_common[0, 0], 1 / np.sqrt(_common_information(fit, d))
        q = 2 * float(saturated_loglik(x, n)[0] - fit.loglik_common[0])
        df = np.inf if e["test"] == "z" else float(d.k - 1)
        ends = interval(np.array(mean), np.array(se), np.array(df), 0.95)
        return {
            "beta": ("glm", "estimate", mean), "se": ("glm", "se", se),
            "stat": ("glm", "one", mean / se), "pval": ("glm", "one", ends["p_value"]),
            "ci_lb": ("glm", "estimate", ends["ci_low"]),
            "ci_ub": ("glm", "estimate", ends["ci_high"]), "tau2": ("closed", "tau2", 0.0),
            "I2": ("closed", "one", 0.0), "H2": ("closed", "one", 1.0),
            "QE_LRT": ("glm", "one", q), "QEp_LRT": ("glm", "one", chdtrc(d.k - 1, q)),
            "QE_df": ("digits", "one", d.k - 1), "loglik": ("glm", "one", fit.loglik_common[0]),
            "back_est": ("glm", "estimate", d.back(mean, "PLO")),
            "back_ci_lb": ("glm", "estimate", d.back(ends["ci_low"], "PLO")),
            "back_ci_ub": ("glm", "estimate", d.back(ends["ci_high"], "PLO")),
        }  # fmt: skip
    return {}


def _common_information(fit, d):
    p = 1 / (1 + np.exp(-fit.beta_common[0, 0]))
    return d.n.sum() * p * (1 - p)


HANDLERS = FITS | {
    "trimfill": _trim_and_fill, "regtest": _regression_test, "ranktest": _rank,
    "mods": _moderators, "subgroups": _subgroups, "permutest": _permutation, "gosh": _gosh,
    "glmm": _glmm,
}  # fmt: skip
