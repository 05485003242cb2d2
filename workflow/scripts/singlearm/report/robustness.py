"""How robust a published claim is: what analytic choices and single studies do to our answer.

Reads the tables of the sensitivity analyses. One sentence for a clinician, and the settings search:
which specifications print the published number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from singlearm.catalogue import Row, numbers
from singlearm.kinds import time

#: Slack for decimal fractions that have no exact binary form.
ROUNDING = 1e-9
#: Specifications that are named in the claims table; all of them stand in claims_settings.csv.
NAMED = 3
NO_SETTING = "no analytic setting applies"


@dataclass(frozen=True, slots=True)
class Variations:
    """Rows of the sensitivity tables of the outcomes that claims name.

    specifications: by (outcome, by, level), the last two None for the whole outcome. contrasts: by
    (outcome, by). left_out: leave-one-out rows by outcome. Empty where nothing was varied.
    """

    specifications: Mapping[tuple, Sequence[Row]]
    contrasts: Mapping[tuple, Sequence[Row]]
    left_out: Mapping[str, Sequence[Row]]


NOTHING = Variations({}, {}, {})


@dataclass(frozen=True, slots=True)
class Robustness:
    """The sentence, the settings in short, and the rows of claims_settings.csv."""

    sentence: str
    settings: str
    rows: tuple[Row, ...] = ()


def judge_robustness(claim: Row, evidence, ours) -> Robustness:
    """The robustness of one claim; `ours` is our value under the paper's model (None: no data)."""
    if claim["quantity"] in ("k", "n", "count"):
        return _count(claim, evidence.variations)
    if ours is None:
        return Robustness("Nothing can be varied: no data test the claim.", NO_SETTING)
    if claim["quantity"] == "estimate_percent":
        return _estimate(claim, evidence)
    if claim["quantity"] == "median_months":
        return _median(claim, evidence)
    return _inequality(claim, evidence)


def _count(claim, variations) -> Robustness:
    rows = variations.specifications.get((claim["outcome"], None, None), ())
    sentence = "No statistical choice changes a count; only the choice of studies does"
    if claim["quantity"] == "k" and rows:
        low, high = min(row["k"] for row in rows), max(row["k"] for row in rows)
        sentence += f": {low} to {high} studies over the inclusion sets that were tried"
    return Robustness(f"{sentence}.", NO_SETTING)


def _estimate(claim, evidence) -> Robustness:
    key = (claim["outcome"], claim["by"], claim["level"])
    rows = [r for r in evidence.variations.specifications.get(key, ()) if r["estimate"] is not None]
    if len(rows) < 2:
        return Robustness("Too few studies to vary the analysis.", NO_SETTING)
    values = [100 * value for value in numbers.distinct(row["estimate"] for row in rows)]
    if len(values) < 2:
        same = f"All {numbers.count(len(rows))} ways to analyse the data give {values[0]:.0f}%."
        return Robustness(same, *_matching(claim, evidence, rows))
    published = claim["value"]
    lower, _, upper = quantiles(values, n=4, method="inclusive")
    sentence = (
        f"{numbers.count(len(rows))} ways to analyse the data give {numbers.count(len(values))} "
        f"different estimates from {values[0]:.0f}% to {values[-1]:.0f}%, half of them "
        f"{lower:.0f}% to {upper:.0f}%, and "
        f"{_share(sum(v < published for v in values), len(values))} less than the published "
        f"{numbers.number(published, claim['decimals'] or 0)}%"
    )
    sentence += _threshold(claim, evidence, values) + _single_study(claim, evidence)
    return Robustness(f"{sentence}.", *_matching(claim, evidence, rows))


def _threshold(claim, evidence, values) -> str:
    """How many of the estimates lie on the published side of the outcome's threshold."""
    threshold = evidence.threshold(claim["outcome"])
    if threshold is None:
        return ""
    above = claim["value"] > 100 * threshold
    same = sum((value > 100 * threshold) == above for value in values)
    side = "above" if above else "at or below"
    return f"; {_share(same, len(values))} lie {side} {100 * threshold:.0f}%, as the claim does"


def _single_study(claim, evidence) -> str:
    """The largest shift when one study is left out; whole outcomes only, the paper's model."""
    if claim["by"]:
        return ""
    at = [
        row["estimate"]
        for row in evidence.pooled
        if (row["outcome"], row["model"]) == (claim["outcome"], evidence.paper_model)
    ]
    left = [
        row["estimate"]
        for row in evidence.variations.left_out.get(claim["outcome"], ())
        if row["model"] == evidence.paper_model and row["estimate"] is not None
    ]
    if not at or at[0] is None or not left:
        return ""
    shift = max(abs(100 * (value - at[0])) for value in left)
    return f"; leaving out any one study moves it by at most {shift:.1f} points"


def _matching(claim, evidence, rows) -> tuple[str, tuple[Row, ...]]:
    """The specifications that print the published estimate: named in short, and as rows."""
    found = [row for row in rows if _prints(claim, row)]
    if not found:
        return f"none of {_estimates(rows)} estimates", ()
    near = sorted(found, key=lambda row: (-_likeness(row, evidence), row["spec"]))
    both = [row for row in found if _prints(claim, row, interval=True)]
    with_interval = ""
    if claim["low"] is not None or claim["high"] is not None:
        with_interval = f", {len(both)} with the published interval too"
    names = "; ".join(row["spec"] for row in near[:NAMED])
    more = len(found) - NAMED
    others = f"; and {numbers.count(more)} more in claims_settings.csv" if more > 0 else ""
    settings = (
        f"{_estimates(found)} of {_estimates(rows)} estimates (specifications: "
        f"{numbers.count(len(found))} of {numbers.count(len(rows))}{with_interval}): "
        f"{names}{others}"
    )
    kept = ("spec", "estimate", "ci_low", "ci_high", "p_value")
    return settings, tuple(
        {"claim_id": claim["claim_id"], "interval_too": row in both}
        | {name: row[name] for name in kept}
        for row in found
    )


def _estimates(rows) -> str:
    """How many different estimates specifications have; those of intervals only have one."""
    return numbers.count(len(numbers.distinct(row["estimate"] for row in rows)))


def _prints(claim, row, interval=False) -> bool:
    """Whether a specification prints as the published number, with its interval if asked."""
    half = 0.5 * 10.0 ** -(claim["decimals"] or 0) + ROUNDING
    pairs = [(claim["value"], row["estimate"])]
    if interval:
        pairs += [(claim["low"], row["ci_low"]), (claim["high"], row["ci_high"])]
    return all(
        ours is not None and abs(published - 100 * ours) <= half
        for published, ours in pairs
        if published is not None
    )


def _likeness(row, evidence) -> int:
    """How many choices of a specification are those of the paper's model on the plain data."""
    model = evidence.protocol["models"][evidence.paper_model]
    plain = {
        "likelihood": model.get("likelihood"), "measure": model.get("measure"),
        "tau2_estimator": model.get("tau2"), "ci": model.get("ci"), "zeros": "only0",
        "inclusion": "all", "data_cut": "latest", "denominators": "reported",
    }  # fmt: skip
    return sum(row[choice] == word for choice, word in plain.items())


def _median(claim, evidence) -> Robustness:
    """A median time: the methods of pooling are the only choices."""
    rows = [
        row
        for row in evidence.times
        if row["outcome"] == claim["outcome"] and row["estimate_months"] is not None
    ]
    if any(row["method"] == time.BOUNDED for row in rows):  # the same number, then
        rows = [row for row in rows if row["method"] != time.ENDLESS]
    values = [row["estimate_months"] for row in rows]
    half = 0.5 * 10.0 ** -(claim["decimals"] or 0) + ROUNDING
    alike = [row["method"] for row in rows if abs(row["estimate_months"] - claim["value"]) <= half]
    span = numbers.months(min(values))
    if len(values) > 1:
        span += f" to {numbers.months(max(values))}"
    ways = "1 way to pool the medians gives" if len(values) == 1 else f"{len(values)} ways give"
    published = numbers.number(claim["value"], claim["decimals"] or 0)
    sentence = f"{ways} {span} months; published were {published}."
    return Robustness(sentence, "; ".join(alike) or f"none of {len(values)} methods")


def _inequality(claim, evidence) -> Robustness:
    """A claim on a p value: in how many specifications the inequality holds."""
    if claim["by"]:
        rows = evidence.variations.contrasts.get((claim["outcome"], claim["by"]), ())
    else:
        rows = evidence.variations.specifications.get((claim["outcome"], None, None), ())
    rows = [row for row in rows if row["p_value"] is not None]
    if len(rows) < 2:
        return Robustness("Too few studies to vary the analysis.", NO_SETTING)
    below = claim["quantity"] == "p_below"
    holds = [row for row in rows if (row["p_value"] < claim["value"]) == below]
    p = numbers.distinct(row["p_value"] for row in rows)
    kept = numbers.distinct(row["p_value"] for row in holds)
    sign = "<" if below else "≥"
    sentence = (
        f"{numbers.count(len(rows))} ways to analyse the data give {numbers.count(len(p))} "
        f"different p values: p {sign} {claim['value']:g} in {_share(len(kept), len(p))} of them "
        f"(median {numbers.p_value(median(p))}, from {numbers.p_number(p[0])} to "
        f"{numbers.p_number(p[-1])})."
    )
    near = sorted(holds, key=lambda row: (-_likeness(row, evidence), row["spec"]))
    names = "; ".join(row["spec"] for row in near[:NAMED])
    total = numbers.count(len(p))
    if not holds:
        return Robustness(sentence, f"none of {total} p values")
    more = len(holds) - NAMED
    others = f"; and {numbers.count(more)} more" if more > 0 else ""
    return Robustness(sentence, f"{numbers.count(len(kept))} of {total} p values: {names}{others}")


def _share(part: int, whole: int) -> str:
    """A share in words that never rounds to all or none unless it is."""
    if part in (0, whole):
        return "all" if part else "none"
    percent = 100 * part / whole
    if percent < 1:
        return "less than 1%"
    return "more than 99%" if percent > 99 else f"{percent:.0f}%"
