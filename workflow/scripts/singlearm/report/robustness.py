"""How robust a published claim is: what analytic choices and single studies do to our answer.

Reads the tables of the sensitivity analyses. One sentence for a clinician, and the settings search:
which specifications print the published number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.kinds import time

if TYPE_CHECKING:
    from singlearm.report.claims import Evidence

#: Slack for decimal fractions that have no exact binary form.
ROUNDING = 1e-9
#: Specifications that are named in the claims table; all of them stand in claims_settings.csv.
NAMED = 3
NO_SETTING = mark("no analytic setting applies")
TOO_FEW = mark("Too few studies to vary the analysis.")


@dataclass(frozen=True, slots=True)
class Variations:
    """Rows of the sensitivity tables of the outcomes that claims name.

    specifications: by (outcome, by, level), the last two None for the whole outcome. contrasts: by
    (outcome, by). left_out: leave-one-out rows by outcome. Empty where nothing was varied.
    """

    specifications: Mapping[tuple, Sequence[Row]]
    contrasts: Mapping[tuple, Sequence[Row]]
    left_out: Mapping[str, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Robustness:
    """The sentence, the settings in short, and the rows of claims_settings.csv."""

    sentence: str
    settings: str
    rows: tuple[Row, ...] = ()


def judge_robustness(claim: Row, evidence: "Evidence", ours: float | None) -> Robustness:
    """The robustness of one claim; `ours` is our value under the paper's model (None: no data)."""
    if claim["quantity"] in ("k", "n", "count"):
        return _count(claim, evidence.variations)
    if ours is None:
        return _unvaried(say("Nothing can be varied: no data test the claim."))
    if claim["quantity"] == "estimate_percent":
        return _estimate(claim, evidence)
    if claim["quantity"] == "median_months":
        return _median(claim, evidence)
    return _inequality(claim, evidence)


def _unvaried(sentence: str) -> Robustness:
    """The robustness of what no setting changes."""
    return Robustness(sentence, say(NO_SETTING))


def _count(claim: Row, variations: Variations) -> Robustness:
    rows = variations.specifications.get((claim["outcome"], None, None), ())
    if claim["quantity"] != "k" or not rows:
        return _unvaried(
            say("No statistical choice changes a count; only the choice of studies does.")
        )
    return _unvaried(
        say(
            "No statistical choice changes a count; only the choice of studies does: {low} to "
            "{high} studies over the inclusion sets that were tried.",
            low=min(row["k"] for row in rows),
            high=max(row["k"] for row in rows),
        )
    )


def _estimate(claim: Row, evidence: "Evidence") -> Robustness:
    key = (claim["outcome"], claim["by"], claim["level"])
    rows = [r for r in evidence.variations.specifications.get(key, ()) if r["estimate"] is not None]
    if len(rows) < 2:
        return _unvaried(say(TOO_FEW))
    values = [100 * value for value in numbers.distinct(row["estimate"] for row in rows)]
    if len(values) < 2:
        same = say(
            "All {n} ways to analyse the data give {estimate}%.",
            n=numbers.count(len(rows)),
            estimate=numbers.significant(values[0], 0),
        )
        return Robustness(same, *_matching(claim, evidence, rows))
    published = claim["value"]
    lower, _, upper = quantiles(values, n=4, method="inclusive")
    sentence = say(
        "{ways} ways to analyse the data give {n} different estimates from {lowest}% to "
        "{highest}%, half of them {lower}% to {upper}%; {share} of them lie below the published "
        "{published}%",
        ways=numbers.count(len(rows)),
        n=numbers.count(len(values)),
        lowest=numbers.significant(values[0], 0),
        highest=numbers.significant(values[-1], 0),
        lower=numbers.significant(lower, 0),
        upper=numbers.significant(upper, 0),
        share=_share(sum(v < published for v in values), len(values)),
        published=numbers.number(published, claim["decimals"] or 0),
    )
    sentence += _threshold(claim, evidence, values) + _single_study(claim, evidence)
    return Robustness(f"{sentence}.", *_matching(claim, evidence, rows))


def _threshold(claim: Row, evidence: "Evidence", values: Sequence[float]) -> str:
    """How many of the estimates lie on the published side of the outcome's threshold."""
    threshold = evidence.threshold(claim["outcome"])
    if threshold is None:
        return ""
    above = claim["value"] > 100 * threshold
    same = sum((value > 100 * threshold) == above for value in values)
    told = {
        "share": _share(same, len(values)),
        "threshold": numbers.significant(100 * threshold, 0),
    }
    if above:
        return say("; {share} lie above {threshold}%, as the claim does", **told)
    return say("; {share} lie at or below {threshold}%, as the claim does", **told)


def _single_study(claim: Row, evidence: "Evidence") -> str:
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
    return say(
        "; leaving out any one study moves it by at most {shift} points",
        shift=numbers.points(shift / 100),
    )


def _matching(claim: Row, evidence: "Evidence", rows: Sequence[Row]) -> tuple[str, tuple[Row, ...]]:
    """The specifications that print the published estimate: named in short, and as rows."""
    found = [row for row in rows if _prints(claim, row)]
    if not found:
        return say("none of {n} estimates", n=_estimates(rows)), ()
    both = [row for row in found if _prints(claim, row, interval=True)]
    counts = {
        "k": _estimates(found),
        "n": _estimates(rows),
        "some": numbers.count(len(found)),
        "all": numbers.count(len(rows)),
    }
    if claim["low"] is not None or claim["high"] is not None:
        settings = say(
            "{k} of {n} estimates (specifications: {some} of {all}, {both} with the published "
            "interval too)",
            both=len(both),
            **counts,
        )
    else:
        settings = say("{k} of {n} estimates (specifications: {some} of {all})", **counts)
    settings += _named(found, evidence, mark("; and {n} more in claims_settings.csv"))
    kept = ("spec", "estimate", "ci_low", "ci_high", "p_value")
    return settings, tuple(
        {"claim_id": claim["claim_id"], "interval_too": row in both}
        | {name: row[name] for name in kept}
        for row in found
    )


def _estimates(rows: Sequence[Row]) -> str:
    """How many different estimates specifications have; those of intervals only have one."""
    return numbers.count(len(numbers.distinct(row["estimate"] for row in rows)))


def _named(rows: Sequence[Row], evidence: "Evidence", more: str) -> str:
    """The specifications most like the paper's by name, and how many more there are."""
    near = sorted(rows, key=lambda row: (-_likeness(row, evidence), row["spec"]))
    names = "; ".join(row["spec"] for row in near[:NAMED])
    beyond = len(rows) - NAMED
    return f": {names}" + (say(more, n=numbers.count(beyond)) if beyond > 0 else "")


def _prints(claim: Row, row: Row, interval: bool = False) -> bool:
    """Whether a specification prints as the published number, with its interval if asked."""
    names = ("estimate", "ci_low", "ci_high") if interval else ("estimate",)
    return prints_as(claim, *(None if row[n] is None else 100 * row[n] for n in names))


def prints_as(claim: Row, *ours: float | None) -> bool:
    """Whether a value and, where they are given, its limits print as the published ones do; what
    was not published is not compared.
    """
    half = 0.5 * 10.0 ** -(claim["decimals"] or 0) + ROUNDING
    published = (claim["value"], claim["low"], claim["high"])
    return all(
        at is not None and abs(number - at) <= half
        for number, at in zip(published, ours, strict=False)
        if number is not None
    )


def _likeness(row: Row, evidence: "Evidence") -> int:
    """How many choices of a specification are those of the paper's model on the plain data."""
    model = evidence.protocol["models"][evidence.paper_model]
    plain = {
        "likelihood": model.get("likelihood"), "measure": model.get("measure"),
        "tau2_estimator": model.get("tau2"), "ci": model.get("ci"), "zeros": "only0",
        "inclusion": "all", "data_cut": "latest", "denominators": "reported",
    }  # fmt: skip
    return sum(row[choice] == word for choice, word in plain.items())


def _median(claim: Row, evidence: "Evidence") -> Robustness:
    """A median time: the methods of pooling are the only choices."""
    rows = [
        row
        for row in evidence.times
        if row["outcome"] == claim["outcome"] and row["estimate_months"] is not None
    ]
    if any(row["method"] == time.BOUNDED for row in rows):  # the same number, then
        rows = [row for row in rows if row["method"] != time.ENDLESS]
    values = [row["estimate_months"] for row in rows]
    alike = [row["method"] for row in rows if prints_as(claim, row["estimate_months"])]
    published = numbers.number(claim["value"], claim["decimals"] or 0)
    if len(values) == 1:
        sentence = say(
            "1 way to pool the medians gives {months} months; published were {published}.",
            months=numbers.months(values[0]),
            published=published,
        )
    else:
        low, high = (numbers.months(pick(values)) for pick in (min, max))
        sentence = say(
            "All {n} ways give {months} months; published were {published}."
            if low == high
            else "{n} ways give {months} months; published were {published}.",
            n=len(values),
            months=low if low == high else numbers.span(low, high),
            published=published,
        )
    return Robustness(sentence, "; ".join(alike) or say("none of {n} methods", n=len(values)))


def _inequality(claim: Row, evidence: "Evidence") -> Robustness:
    """A claim on a p value: in how many specifications the inequality holds."""
    if claim["by"]:
        rows = evidence.variations.contrasts.get((claim["outcome"], claim["by"]), ())
    else:
        rows = evidence.variations.specifications.get((claim["outcome"], None, None), ())
    rows = [row for row in rows if row["p_value"] is not None]
    if len(rows) < 2:
        return _unvaried(say(TOO_FEW))
    below = claim["quantity"] == "p_below"
    holds = [row for row in rows if (row["p_value"] < claim["value"]) == below]
    p = numbers.distinct(row["p_value"] for row in rows)
    kept = numbers.distinct(row["p_value"] for row in holds)
    limit = numbers.shortest(claim["value"])
    sentence = say(
        "{ways} ways to analyse the data give {n} different p values: {inequality} in {share} of "
        "them (median {median}, from {low} to {high}).",
        ways=numbers.count(len(rows)),
        n=numbers.count(len(p)),
        inequality=f"p {'<' if below else '≥'} {limit}",
        share=_share(len(kept), len(p)),
        median=numbers.p_value(median(p)),
        low=numbers.p_number(p[0]),
        high=numbers.p_number(p[-1]),
    )
    total = numbers.count(len(p))
    if not holds:
        return Robustness(sentence, say("none of {n} p values", n=total))
    settings = say("{k} of {n} p values", k=numbers.count(len(kept)), n=total)
    return Robustness(sentence, settings + _named(holds, evidence, mark("; and {n} more")))


def _share(part: int, whole: int) -> str:
    """A share in words that never rounds to all or none unless it is."""
    if part in (0, whole):
        return say("all") if part else say("none")
    percent = 100 * part / whole
    if percent < 1:
        return say("less than 1%")
    return say("more than 99%") if percent > 99 else f"{numbers.number(percent, 0)}%"
