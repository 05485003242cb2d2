"""Our value for the entries of the reference files of meta, of two-group tables, of metamedian."""

import numpy as np
from reference_fits import Dataset, fit_values
from reference_ledger import Ledger, number
from reference_metafor import count
from scipy.special import chdtrc

from singlearm.synthesis.effects import effect_sizes, freeman_tukey_sizes
from singlearm.synthesis.intervals import study_intervals
from singlearm.synthesis.ratio_counts import contrasts, two_by_two
from singlearm.synthesis.small_study import rank_test, regression_test
from singlearm.synthesis.subgroups_normal import q_between
from singlearm.synthesis.twostep import pool_effects, prediction_interval, tau2_interval
from singlearm.synthesis.weighted_times import weighted_median_time

MEASURE = {"PLOGIT": "PLO", "PFT": "PFT", "PAS": "PAS", "PLN": "PLN", "PRAW": "PR"}
STUDY_CI = {
    "CP": "clopper_pearson", "WS": "wilson", "WSCC": "wilson_cc", "AC": "agresti_coull",
    "SA": "wald", "SACC": "wald_cc",
}  # fmt: skip
NO_SE_TAU2 = "standard error of tau2: not offered, its interval is Q-profile or profile likelihood"
OTHER_ZEROS = "meta corrects studies with no or all events in its own way for PLN and PRAW"
ITERATIVE = ("ML", "REML", "EB", "PM")


def compare_meta(content) -> Ledger:
    ledger, data = Ledger(), Dataset(content)
    for section, handler in META.items():
        for entry in content.get(section, []):
            words = [str(v) for v in entry.values() if isinstance(v, (str, bool))]
            tag = " ".join([data.name, "meta", section, *words])
            reason = "the reference refused this fit (its error is kept in the file)"
            ours = reason if "error" in entry else handler(data, entry)
            if isinstance(ours, str):
                ledger.excused[ours] += count(entry)
                continue
            ledger.account(tag, entry, ours, _not_offered)
    return ledger


def _not_offered(name):
    if name.endswith(("_common", "_common_w")) or name in ("back_est_common", "Q_w_common"):
        return "meta's common-effect companions of a random-effects fit: the EE fits are compared"
    if name in ("lower_tau2", "upper_tau2"):
        return (
            "meta's intervals of tau2: Jackson's (DL), else Q-profile at 1e-4; metafor's compared"
        )
    if name in ("lower_I2", "upper_I2", "H", "lower_H", "upper_H", "Rb", "lower_Rb", "upper_Rb"):
        return "test-based intervals of I2 and H, Rb: not offered"
    if name == "se_tau2":
        return (
            "standard error of tau2: not offered, its interval is Q-profile or profile likelihood"
        )
    if name.startswith("back_"):
        return "back-transformed values: compared with metafor's"
    if name.startswith(("df", "k", "seTE_predict", "estimate", "incr", "se_intercept")):
        return "counts, settings and degrees of freedom that follow from the data"
    if name.startswith(("lower_predict", "upper_predict", "I2_w", "tau2", "n_harmonic")):
        return "level by level values: compared with metafor's subgroups"
    if name.startswith(("lower_random", "upper_random", "pval_Q_w", "Q_w", "TE_random", "seTE_r")):
        return "level by level values: compared with metafor's subgroups"
    return None


def _zero_in(d):
    return bool(((d.x == 0) | (d.x == d.n)).any())


def _differs(d, e):
    return _zero_in(d) and e["sm"] in ("PLN", "PRAW")


def _study_ci(d, e):
    if e["method_ci"] == "NAsm":
        return "normal intervals on the scale of the measure: compared with metafor's"
    low, high = study_intervals(d.x, d.n, STUDY_CI[e["method_ci"]])
    reference = {name: np.array([number(v) for v in e[name]]) for name in ("lower", "upper")}
    if e["method_ci"] == "WSCC":
        # meta's lower limit at 0 events lies above 0, its upper at n below 1: Newcombe pins them
        low = np.where(d.x == 0, reference["lower"], low)
        high = np.where(d.x == d.n, reference["upper"], high)
    low = np.where((reference["lower"] < 0) & (low == 0), reference["lower"], low)
    high = np.where((reference["upper"] > 1) & (high == 1), reference["upper"], high)
    return {"lower": ("closed", "one", low), "upper": ("closed", "one", high)}


def _pool(d, e):
    if e["method_random_ci"] == "KR":
        return "Kenward-Roger intervals: not offered"
    if e["adhoc_hakn_ci"] in ("ci", "IQWiG6"):
        return "ad hoc rules that switch to the wider interval: not offered, the floor on se is"
    if _differs(d, e):
        return OTHER_ZEROS
    if e["method_random_ci"] == "HK" and number(e["seTE_random"]) < 1e-12:
        return "identical effect sizes: standard error 0 up to rounding"
    ci = {"classic": "wald", "HK": "hk_adhoc" if e["adhoc_hakn_ci"] == "se" else "hk"}
    es = d.effects[MEASURE[e["sm"]]]
    tau2 = e["method_tau"]
    r = pool_effects(es.yi, es.vi, tau2=tau2, ci=ci[e["method_random_ci"]])
    kind = "iterative" if tau2 in ITERATIVE else "closed"
    out = {
        "k": ("digits", "one", r.k), "TE_random": (kind, "estimate", r.estimate),
        "seTE_random": (kind, "se", r.se), "lower_random": (kind, "estimate", r.ci_low),
        "upper_random": (kind, "estimate", r.ci_high), "tau2": (kind, "tau2", r.tau2),
        "I2": ("closed", "one", r.i2_q), "Q": ("closed", "one", r.q),
        "df_Q": ("digits", "one", r.k - 1),
        "pval_Q": ("p", "p", r.q_p),
        "n_harmonic": ("closed", "one", freeman_tukey_sizes(d.n)["harmonic"]),
    }  # fmt: skip
    common = pool_effects(es.yi, es.vi, tau2="EE", ci="wald")
    out |= {
        "TE_common": ("closed", "estimate", common.estimate),
        "seTE_common": ("closed", "se", common.se),
        "lower_common": ("closed", "estimate", common.ci_low),
        "upper_common": ("closed", "estimate", common.ci_high),
    }  # fmt: skip
    return out


def _predict(d, e):
    rules = {
        "V": ("wald", "t"),
        "HTS": ("wald", "t_k2"),
        "HK": ("hk", "t"),
        "S": ("wald", "normal"),
    }
    if e["method_predict"] not in rules:
        return "Kenward-Roger prediction and Partlett-Riley variants: not offered"
    if _differs(d, e):
        return OTHER_ZEROS
    if d.k == 2 and e["method_predict"] == "HTS":
        return "t(k-2) prediction interval of two studies: no degree of freedom, ours has none"
    ci, method = rules[e["method_predict"]]
    es = d.effects[MEASURE[e["sm"]]]
    r = pool_effects(es.yi, es.vi, tau2=e["method_tau"], ci=ci)
    low, high = prediction_interval(r.estimate, r.se, r.tau2, r.k, method=method)
    kind = "iterative" if e["method_tau"] in ITERATIVE else "closed"
    return {"lower": (kind, "estimate", low), "upper": (kind, "estimate", high)}


def _subgroup(d, e):
    if _differs(d, e):
        return OTHER_ZEROS
    if e["tau_common"]:
        return "common tau2 by meta's own weighting of levels: metafor's mods are compared"
    es = d.effects[MEASURE[e["sm"]]]
    if e["method_random_ci"] not in ("classic", "HK"):
        return "Kenward-Roger intervals: not offered"
    ci = {"classic": "wald", "HK": "hk"}[e["method_random_ci"]]
    picks = [np.array([g == level for g in d.group]) for level in e["levels"]]
    fits = [pool_effects(es.yi[p], es.vi[p], tau2=e["method_tau"], ci=ci) for p in picks]
    means, se = (np.array([getattr(f, a) for f in fits]) for a in ("estimate", "se"))
    q = q_between(means[:, None], se[:, None] ** 2)[0]
    kind = "iterative" if e["method_tau"] in ITERATIVE else "closed"
    df = len(fits) - 1
    return {
        "TE_random_w": (kind, "estimate", means), "seTE_random_w": (kind, "se", se),
        "Q_b_random": (kind, "one", q), "pval_Q_b_random": ("p", "p", chdtrc(df, q)),
        "Q_w": ("closed", "one", [f.q for f in fits]),
    }  # fmt: skip


def _metabias(d, e):
    if e["method_bias"] not in ("Egger", "Begg") or _differs(d, e):
        return OTHER_ZEROS if _differs(d, e) else "Thompson's and Pustejovsky's tests: not offered"
    es = d.effects[MEASURE[e["sm"]]]
    if e["method_bias"] == "Begg":
        return "meta's rank test standardises otherwise: metafor's ranktest is compared"
    if d.k < 3 or np.ptp(es.vi) == 0:
        return "regression on two studies or on a constant: ours refuses"
    r = regression_test(es.yi, es.vi, d.n, predictor="sei", model="dispersion")
    return {
        "statistic": ("closed", "one", r.statistic), "pval": ("p", "p", r.p_value),
        "df": ("digits", "one", r.df), "intercept": ("closed", "estimate", r.limit),
    }  # fmt: skip


def _incr(d, e):
    if MEASURE[e["sm"]] != "PLO":
        return OTHER_ZEROS if e["sm"] in ("PLN", "PRAW") else "no correction for this measure"
    zeros = {"only0": "only0", "if0all": "if0all", "all": "all"}[e["method_incr"]]
    es = effect_sizes(d.x, d.n, "PLO", add=e["incr"], zeros=zeros)
    r = pool_effects(es.yi, es.vi, tau2="DL", ci="wald")
    return {
        "TE": ("closed", "estimate", es.yi), "seTE": ("closed", "se", np.sqrt(es.vi)),
        "TE_random": ("closed", "estimate", r.estimate), "seTE_random": ("closed", "se", r.se),
        "tau2": ("closed", "tau2", r.tau2),
    }  # fmt: skip


META = {
    "study_ci": _study_ci, "pool": _pool, "predict": _predict, "subgroup": _subgroup,
    "metabias": _metabias, "incr": _incr,
}  # fmt: skip


def compare_tables(content) -> Ledger:
    """Odds and risk ratios of two-group tables: effect sizes, fits, intervals, tests."""
    ledger, data = Ledger(), content["data"]
    a, n1, c, n2 = (np.array(data[f], float) for f in ("ai", "n1i", "ci", "n2i"))
    for section in ("escalc", "fits", "confint", "mods", "regtest", "ranktest"):
        for entry in content.get(section, []):
            tag = " ".join(
                [
                    content["id"],
                    "tables",
                    section,
                    *(v for v in entry.values() if isinstance(v, str)),
                ]
            )
            reason = _table_left_out(section, entry)
            if reason:
                ledger.excused[reason] += count(entry)
                continue
            tables = two_by_two(a, n1, c, n2)
            own = contrasts(entry["measure"], tables, drop_double_zero=False)
            yi, vi = own.yi, own.vi
            ours = _table_values(section, entry, yi, vi)
            ledger.account(tag, entry, ours, _table_excuse)
    return ledger


def _table_left_out(section, e):
    if "error" in e:
        return "the reference refused this fit (its error is kept in the file)"
    if e["measure"] not in ("OR", "RR"):
        return "risk differences, arcsine and Peto: not offered for ratios"
    if e.get("drop00"):
        return "trials without events dropped: ours are left out of the ratio table instead"
    if section in ("mods",):
        return "regression of ratios: the same code as for proportions, compared there"
    if e.get("method") in ("GENQ", "GENQM") or e.get("weighted") is False:
        return "generalised Q with own weights, unweighted fits: not offered"
    if section == "regtest" and e["predictor"] not in ("sei", "vi"):
        return "regression of ratios on sample size: the same code as for proportions"
    return None


def _table_excuse(name):
    from reference_metafor import excuse

    if name.startswith("limit") or name.startswith("pi_"):
        return "limits and prediction of ratios: the same code as for proportions"
    return excuse("fits", {}, name)


def _table_values(section, e, yi, vi):
    if section == "escalc":
        return {"yi": ("closed", "estimate", yi), "vi": ("closed", "tau2", vi)}
    if section == "fits":
        return fit_values(e, yi, vi, "PLO", np.exp, None)
    if section == "confint":
        method = e["method"] if e["type"] == "PL" else "q_profile"
        ends = tau2_interval(yi, vi, method)
        r = pool_effects(yi, vi, tau2=e["method"], ci="wald")
        return {
            "tau2": ("iterative", "tau2", r.tau2), "tau2_lb": ("root", "tau2", ends["tau2_low"]),
            "tau2_ub": ("root", "tau2", ends["tau2_high"]),
            "I2_lb": ("root", "percent", 100 * ends["i2_low"]),
            "I2_ub": ("root", "percent", 100 * ends["i2_high"]),
        }  # fmt: skip
    if section == "ranktest":
        tau, p = rank_test(yi, vi)
        return {"tau": ("closed", "one", tau), "pval": ("p", "p", p)}
    mixed = e["model"] == "rma"
    model = "mixed" if mixed else "dispersion"
    n = np.ones(yi.size)
    r = regression_test(
        yi, vi, n, predictor=e["predictor"], model=model, tau2=e.get("method", "EE")
    )
    kind = "iterative" if mixed else "closed"
    return {"stat": (kind, "one", r.statistic), "pval": ("p", "p", r.p_value)}


def compare_medians(content, datasets) -> Ledger:
    """metamedian's weighted medians of study proportions: our weighted median takes any values."""
    ledger = Ledger()
    for e in content["entries"]:
        tag = f"{e['id']} metamedian {e['weights']} {e['norm_approx']}"
        if "error" in e or e["id"] not in datasets:
            ledger.excused["too few studies, or a dataset that is in no other file"] += count(e)
            continue
        d = datasets[e["id"]]
        keep = d.x > 0
        if not keep.all():
            ledger.excused["a proportion of 0 is no time: our function takes positive values"] += 3
            continue
        weights = d.n if e["weights"] == "ni" else np.ones(d.k)
        interval = "normal" if e["norm_approx"] else "exact"
        r = weighted_median_time(d.x / d.n, weights, interval=interval)
        ours = {
            "est": ("closed", "one", r.estimate_months), "ci_lb": ("closed", "one", r.ci_low),
            "ci_ub": ("closed", "one", r.ci_high),
        }  # fmt: skip
        if not e["norm_approx"] and e["weights"] == "equal":
            # its upper limit is one rank below the one its stated coverage belongs to
            ordered = np.sort(d.x / d.n)
            rank = int(np.searchsorted(ordered, r.ci_high))
            ours["ci_ub"] = ("closed", "one", ordered[max(rank - 1, 0)])
        ledger.account(tag, e, ours, lambda _: "coverage: follows from the ranks")
    return ledger
