"""Our values for the second set of reference files: rates, landmarks, clusters, tau2, curves."""

from functools import partial

from reference_fits import CI, kind_of
from reference_ledger import Ledger, flat_fields, numbers

from singlearm.synthesis.twostep import pool_effects, prediction_interval

PREDICTION = {"pi_z": "normal", "pi_tk1": "t", "pi_tk2": "t_k2"}
REFUSED = "the reference refused this fit (its error is kept in the file)"
EXCUSED = {
    "se_tau2": "standard error of tau2: not computed",
    "B": "not a result",
    "seeds": "not a result",
}


def count(entry):
    """How many numbers an entry holds."""
    return sum(numbers(value).size for _, value in flat_fields(flattened(entry)))


def flattened(entry):
    """An entry whose nested groups other than `back` become fields with a prefix."""
    flat = {}
    for name, value in entry.items():
        if isinstance(value, dict) and name != "back":
            flat |= {f"{name}_{inner}": v for inner, v in value.items()}
        else:
            flat[name] = value
    return flat


def compare(content, handlers, excuse) -> Ledger:
    """Settle every number of one file: `handlers[section](data, entry)` gives our values.

    A handler may return a text instead: the reason why the entry is not compared.
    """
    ledger = Ledger()
    for section, entries in content.items():
        if not isinstance(entries, list):
            continue
        for entry in entries:
            words = [str(v) for v in entry.values() if isinstance(v, str)][:4]
            tag = " ".join([content["id"], section, *words])
            if "error" in entry:
                ledger.excused[REFUSED] += 1
                continue
            ours = handlers[section](content["data"], entry)
            if isinstance(ours, str):
                ledger.excused[ours] += count(entry)
                continue
            reason = partial(_reason, excuse, section, entry)
            ledger.account(tag, flattened(entry), ours, reason)
    return ledger


def _reason(excuse, section, entry, name):
    return EXCUSED.get(name) or excuse(section, entry, name)


def fit_fields(e, yi, vi, back):
    """Our values for a two-step fit of metafor; `back` takes a value of the scale back."""
    r = pool_effects(yi, vi, tau2=e["method"], ci=CI[e["test"]])
    kind = kind_of(e["method"])
    out = {
        "k": ("digits", "one", r.k),
        "beta": (kind, "estimate", r.estimate),
        "se": (kind, "se", r.se),
        "stat": (kind, "diagnostic", r.estimate / r.se),
        "pval": ("p", "p", r.p_value),
        "ci_lb": (kind, "estimate", r.ci_low),
        "ci_ub": (kind, "estimate", r.ci_high),
        "tau2": (kind, "tau2", r.tau2),
        "I2": (kind, "percent", 100 * r.i2),
        "H2": (kind, "one", r.h2),
        "QE": ("closed", "one", r.q),
        "QEp": ("p", "p", r.q_p),
        "loglik": (kind, "one", r.loglik),
        "ddf": ("digits", "one", r.df),
    }
    for name, method in PREDICTION.items():
        if f"{name}_lb" in e:
            low, high = prediction_interval(r.estimate, r.se, r.tau2, r.k, method=method)
            out |= {f"{name}_lb": (kind, "estimate", low), f"{name}_ub": (kind, "estimate", high)}
    for name in e.get("back", {}):
        link = "beta" if name == "est" else name
        if link in out:
            out[f"back_{name}"] = (kind, "estimate", back(out[link][2]))
    return out
