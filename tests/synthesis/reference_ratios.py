"""Our values for the reference files of two-arm counts: rare events, and several arms."""

import numpy as np
from reference_ledger import Ledger, flat_fields, numbers

from singlearm.synthesis.ratio_arms import combine_arms, pool_correlated
from singlearm.synthesis.ratio_common import mantel_haenszel, peto
from singlearm.synthesis.ratio_counts import TwoByTwo, contrasts, two_by_two
from singlearm.synthesis.ratio_glmm import fit_ratio_glmm
from singlearm.synthesis.twostep import pool_effects, prediction_interval, quantile, two_sided_p

CI = {"z": "wald", "knha": "hk", "adhoc": "hk_adhoc"}
ITERATIVE = ("REML", "PM")
REFUSED = "the reference refused this fit (its error is kept in the file)"
UM_RS = "UM.RS, random baselines: not offered (glmer did not converge in many of these fits)"
ROUGH = "metafor's standard error of CM.EL is a rough numerical one; own_quadrature is compared"
HETEROGENEITY = "QE_Wld: the likelihood ratio QE_LRT is compared"
CONSTANT = "log-likelihood of ML fits in lme4: another constant where tau2 is above 0"
NAIVE = "the wrong analysis, which ignores the covariance, kept for comparison"
RANDOM = "random effects of trials with correlated contrasts: not offered"
NOTHING = "double-zero trials only: the reference's number comes from 1/2 added to nothing"


def compare_counts(content) -> Ledger:
    """Every number of a file of two-by-two tables."""
    d = content["data"]
    tables = two_by_two(d["ai"], d["n1i"], d["ci"], d["n2i"])
    handlers = {"escalc": _escalc, "fits": _fit, "mh_peto": _common, "glmm": _glmm}
    return _settle(content, handlers, tables)


def compare_arms(content) -> Ledger:
    """Every number of a file of trials with several arms against one control."""
    handlers = {"combined_table": _table, "combined": _combined, "covariance": _covariance}
    sections = content | {"combined_table": [content["combined_table"]]}
    return _settle(sections, handlers, Arms(sections))


def _settle(content, handlers, data):
    ledger = Ledger()
    for section, handler in handlers.items():
        for entry in content[section]:
            words = [str(v) for v in entry.values() if isinstance(v, str)][:4]
            tag = " ".join([content["id"], section, *words])
            if "error" in entry:
                ledger.excused[REFUSED] += 1
                continue
            ours = handler(data, entry)
            if isinstance(ours, str):
                ledger.excused[ours] += sum(numbers(v).size for _, v in flat_fields(entry))
                continue
            shown = {name: v for name, v in entry.items() if name not in ("arm", "trial")}
            ledger.account(tag, shown, ours, lambda name, e=entry: _excuse(e, name))
    return ledger


def _excuse(entry, name):
    if name in ("se_tau2", "max_diff_to_escalc_yi", "max_diff_to_escalc_vi"):
        return "not computed: standard error of tau2, differences between two programs"
    if name == "QE_Wld":
        return HETEROGENEITY
    if name == "loglik":
        return CONSTANT
    if name.startswith("back_ci") and "model" in entry:
        return "back-transformed limits of the binomial models: compared on the log scale"
    if name in ("se", "stat", "pval", "ci_lb", "ci_ub"):
        return ROUGH if entry.get("model") == "CM.EL" else None
    if name == "I2" and "model" in entry:
        return "metafor gives 0 for every common-effect model, from a Wald Q otherwise"
    if name == "nodes":
        return "not a result"
    if name in ("CMH", "CMHp", "BD", "BDp", "TA", "TAp"):
        return "Cochran-Mantel-Haenszel, Breslow-Day and Tarone tests: not offered"
    if "random" in entry and name in ("QE", "QEp", "loglik", "contrasts", "df"):
        return "heterogeneity of correlated contrasts: not offered"
    return None


def _escalc(tables, entry):
    own = contrasts(entry["measure"], tables, drop_double_zero=entry["drop00"])
    return {"yi": ("closed", "estimate", own.yi), "vi": ("closed", "se", own.vi)}


def _fit(tables, entry):
    own = contrasts(entry["measure"], tables, drop_double_zero=entry["drop00"])
    known = np.isfinite(own.yi)
    return _normal(own.yi[known], own.vi[known], entry)


def _normal(y, v, entry):
    """Fields of an inverse-variance fit, with its back-transformed values."""
    fit = pool_effects(y, v, tau2=entry["method"], ci=CI[entry["test"]])
    kind = "iterative" if entry["method"] in ITERATIVE else "closed"
    fields = {
        "k": ("digits", "one", len(y)),
        "beta": (kind, "estimate", fit.estimate),
        "se": (kind, "se", fit.se),
        "stat": (kind, "one", fit.estimate / fit.se),
        "ddf": ("digits", "one", fit.df),
        "pval": ("p", "p", fit.p_value),
        "ci_lb": (kind, "estimate", fit.ci_low),
        "ci_ub": (kind, "estimate", fit.ci_high),
        "tau2": (kind, "tau2", fit.tau2),
        "I2": (kind, "percent", 100 * fit.i2),
        "H2": (kind, "one", fit.h2),
        "QE": ("closed", "one", fit.q),
        "QEp": ("p", "p", fit.q_p),
    }
    for name, method in (("pi_z", "normal"), ("pi_tk1", "t"), ("pi_tk2", "t_k2")):
        limits = prediction_interval(fit.estimate, fit.se, fit.tau2, len(y), method=method)
        fields |= {
            f"{name}_{end}": (kind, "estimate", x)
            for end, x in zip(("lb", "ub"), limits, strict=True)
        }
    back = (lambda x: x) if entry["measure"] == "RD" else np.exp
    names = [n for n in fields if n.startswith(("beta", "ci_", "pi_"))]
    for name in names:
        fields[f"back_{name.replace('beta', 'est')}"] = (kind, "estimate", back(fields[name][2]))
    return fields


def _common(tables, entry):
    if entry["method"] == "PETO":
        return _fields(peto(tables), "PETO", len(tables.n_treat))
    half = entry["half_added_to_zero_studies"]
    if half and tables.double_zero.any():
        return "1/2 added to the sums, double-zero trials too: not offered, it biases (README)"
    used = tables.plus_half(tables.zero) if half else tables
    fit = mantel_haenszel(entry["measure"], used)
    if np.isnan(fit.estimate):
        return NOTHING
    return _fields(fit, entry["measure"], len(tables.n_treat))


def _fields(fit, measure, k):
    back = (lambda x: x) if measure == "RD" else np.exp
    return {
        "k": ("digits", "one", k),
        "beta": ("closed", "estimate", fit.estimate),
        "se": ("closed", "se", fit.se),
        "stat": ("closed", "one", fit.estimate / fit.se),
        "pval": ("p", "p", fit.p_value),
        "ci_lb": ("closed", "estimate", fit.ci_low),
        "ci_ub": ("closed", "estimate", fit.ci_high),
        "I2": ("closed", "percent", 100 * fit.i2),
        "QE": ("closed", "one", fit.q),
        "QEp": ("p", "p", fit.q_p),
        "back_est": ("closed", "estimate", back(fit.estimate)),
        "back_ci_lb": ("closed", "estimate", back(fit.ci_low)),
        "back_ci_ub": ("closed", "estimate", back(fit.ci_high)),
    }


def _glmm(tables, entry):
    if entry["model"] == "UM.RS":
        return UM_RS
    common = entry["method"] == "EE"
    fit = fit_ratio_glmm(tables, entry["model"], common=common)
    assert fit.converged
    own = entry.get("engine") == "own_quadrature"
    kind = "conditional" if own else _precision(entry)
    df = fit.k - 1 if entry.get("test") == "t" else np.inf
    half = quantile(df, 0.95) * fit.se
    fields = {
        "k": ("digits", "one", fit.k),
        "beta": (kind, "estimate", fit.estimate),
        "tau2": (kind, "tau2", fit.tau2),
        "back_est": (kind, "estimate", np.exp(fit.estimate)),
        "QE_LRT": ("glmm_se", "one", fit.q),
    }
    if own or common:
        fields["loglik"] = ("conditional" if own else "glm", "one", fit.loglik)
    if own or entry["model"] != "CM.EL":
        se = kind if own else max(kind, "glm", key=_loose)
        fields |= {
            "se": (se, "se", fit.se),
            "se_mu_tau_fixed": (se, "se", fit.se_tau_fixed),
            "stat": (se, "one", fit.estimate / fit.se),
            "pval": (se, "one", two_sided_p(abs(fit.estimate / fit.se), df)),
            "ci_lb": (se, "one", fit.estimate - half),
            "ci_ub": (se, "one", fit.estimate + half),
        }
    return fields


def _loose(kind):
    return ("conditional", "nlminb", "glm", "glmer").index(kind)


def _precision(entry):
    """How exact metafor's own fit is: R's glm for a common effect, else glmer or nlminb."""
    if entry["model"] == "CM.EL":
        return "nlminb"
    return "glm" if entry["method"] == "EE" or entry["tau2"] == 0 else "glmer"


class Arms:
    """Trials with several arms: a row for each contrast with the control of the trial."""

    def __init__(self, content):
        d = content["data"]
        rows = list(zip(d["trial"], d["arm"], d["xi"], d["ni"], strict=True))
        self.control = {t: (x, n) for t, arm, x, n in rows if arm == d["control"]}
        self.arms = {(t, arm): (x, n) for t, arm, x, n in rows if arm != d["control"]}
        self.combined_order = content["combined_table"][0]["trial"]

    def tables(self, trials, arms) -> TwoByTwo:
        treat = [self.arms[pair] for pair in zip(trials, arms, strict=True)]
        control = [self.control[t] for t in trials]
        return two_by_two(*np.array(treat).T, *np.array(control).T)

    @property
    def combined(self) -> TwoByTwo:
        parts = []
        for trial in self.combined_order:
            arms = [arm for t, arm in self.arms if t == trial]
            parts.append(combine_arms(self.tables([trial] * len(arms), arms)))
        names = ("events_treat", "n_treat", "events_ctrl", "n_ctrl")
        return TwoByTwo(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))


def _table(data, _):
    t = data.combined
    names = {"ai": t.events_treat, "n1i": t.n_treat, "ci": t.events_ctrl, "n2i": t.n_ctrl}
    return {name: ("digits", "one", value) for name, value in names.items()}


def _combined(data, entry):
    if entry["method"] == "MH":
        fit = mantel_haenszel(entry["measure"], data.combined)
        return _fields(fit, entry["measure"], fit.k)
    own = contrasts(entry["measure"], data.combined, drop_double_zero=False)
    return _normal(own.yi, own.vi, entry)


def _covariance(data, entry):
    if entry.get("what") == "contrasts":
        names = ("yi", "vi", "cov_within_trial")
        yi, vi, shared = (numbers(entry[name]) for name in names)
        together = np.equal.outer(np.array(entry["trial"]), np.array(entry["trial"]))
        v = np.where(together, np.minimum.outer(shared, shared), 0.0)
        np.fill_diagonal(v, vi)
        data.current = (yi, v)
        return "the contrasts that the fits below are made from"
    if entry["random"] != "common":
        return NAIVE if entry["random"] == "naive" else RANDOM
    estimate, se = pool_correlated(*data.current)
    df = entry.get("df", np.inf)
    half = quantile(df, 0.95) * se
    back = (lambda x: x) if entry["measure"] == "RD" else np.exp
    ends = {"est": estimate, "ci_lb": estimate - half, "ci_ub": estimate + half}
    return {
        "beta": ("closed", "estimate", estimate),
        "se": ("closed", "se", se),
        "stat": ("closed", "one", estimate / se),
        "pval": ("closed", "one", two_sided_p(abs(estimate / se), df)),
        "ci_lb": ("closed", "one", ends["ci_lb"]),
        "ci_ub": ("closed", "one", ends["ci_ub"]),
    } | {f"back_{name}": ("closed", "one", back(value)) for name, value in ends.items()}
