"""One proportion outcome: the answer in words, its figure, groups, models and studies."""

from typing import Any

from singlearm.catalogue import Row, notes, numbers
from singlearm.catalogue.language import mark, say
from singlearm.kinds.base import headline, interval_word
from singlearm.kinds.model_words import ESTIMANDS, estimand, model_of, scale
from singlearm.kinds.proportion import (
    AVERAGE,
    ESTIMATE,
    MEASURE,
    counts,
    headlined,
    is_one_number,
    number_of,
)
from singlearm.report import links, shrunken, tables, words
from singlearm.report.review import Review
from singlearm.report.sections import groups, sensitivity
from singlearm.report.subgroup_rows import FEW

#: Models whose estimates lie further apart than this, or whose odds differ by more than this
#: factor, are said to matter; so are those of which one's interval leaves out another's estimate.
APART, ODDS_APART = 0.05, 1.5
#: So many times as wide as the narrowest an interval is said to depend on the model.
WIDER = 1.5
#: An interval wider than this, as a share of all that is possible, tells nothing of where its value
#: lies.
UNTOLD = 0.9


def context(review: Review, name: str) -> dict[str, Any]:
    """Everything that the report says about one outcome."""
    row = review.lead(name)
    if row is None or not row["k"]:
        return {"id": name, "label": review.outcome_label(name), "empty": True}
    compared, not_compared = groups.contexts(review, name)
    studies = [_study(review, name, effect) for effect in review.effects.get(name, ())]
    return {
        "id": name,
        "label": review.outcome_label(name),
        "empty": False,
        "row": row,
        "estimate": f"{MEASURE.number(row['value'])}%",
        "interval": MEASURE.limits(row["low"], row["high"], interval_word(row)),
        "of": number_of(row),
        "counts": counts(row),
        "sentences": _sentences(review, name, row),
        "few": _few(row["k"]),
        "heterogeneity": _heterogeneity(review, row),
        "models": tables.models(review, name),
        "model_range": _model_range(review, review.rows("pooled", outcome=name)),
        "groups": compared,
        "of_studies": say(groups.GROUPS_OF_STUDIES),
        "not_compared": not_compared,
        "regression": groups.regressions(review, name),
        "slopes": groups.slopes(review, name),
        "studies": studies,
        "sourced": any(study[of] for study in studies for of in _SOURCE),
        "remarked": any(study["remark"] for study in studies),
        "shrunken": say(shrunken.HEADING) if shrunken.asked(review, name) else "",
        "pooled": _pooled_rows(row),
        "held_out": _held_out(review, name),
        "sensitivity": sensitivity.context(review, name),
    }


def _sentences(review: Review, name: str, row: Row) -> str:
    """The other pooled number, the prediction, the threshold, and the notes."""
    threshold = review.outcome(name).get("threshold")
    parts = (
        _other_number(row),
        words.prediction(row) if row["of"] != "common" else "",
        words.above_threshold(row, threshold),
        notes.sentence(row["note"]),
    )
    return " ".join(part for part in parts if part)


def _pooled_rows(row: Row) -> list[tuple[str, str]]:
    """What stands below the studies of a forest: both pooled numbers, and the prediction; of one
    study nothing.
    """
    if row["k"] == 1:
        return []  # its own row says it
    average, estimate = (tuple(row[name] for name in names) for names in (AVERAGE, ESTIMATE))
    rows = []
    if average[0] is not None:
        rows.append((_pooled("average"), numbers.percent_ci(*average)))
    if estimate[0] is not None and not is_one_number(row):
        name = _pooled("typical" if rows else row["of"])
        rows.append((name, numbers.percent_ci(*estimate)))
    if row["pi_low"] is not None:
        predicted = numbers.percent_interval(row["pi_low"], row["pi_high"])
        rows.append((say("95% prediction interval"), predicted))
    return rows


def _pooled(of: str) -> str:
    return say("Pooled, {of}", of=say(ESTIMANDS[of]))


def _other_number(row: Row) -> str:
    """The average where the headline is the median study, and the other way about."""
    if row["marginal"] is None or row["of"] == "common" or is_one_number(row):
        return ""
    if row["of"] == "typical":
        return say("Averaged over studies the proportion is {value}.", value=_words(row, AVERAGE))
    _, low, high = (row[name] for name in ESTIMATE)
    if None not in (low, high) and high - low > UNTOLD:
        return say(
            "Where the median study lies these data do not tell: {value}.",
            value=_words(row, ESTIMATE),
        )
    return say(
        "In the median study it is {value}: half of all similar studies would lie above it, half "
        "below.",
        value=_words(row, ESTIMATE),
    )


def _words(row: Row, names: tuple[str, str, str]) -> str:
    value, low, high = (row[name] for name in names)
    return MEASURE.text(value, low, high, interval_word(row))


def alt_text(review: Review, name: str, row: Row) -> str:
    """The forest plot in words, with its numbers."""
    label = review.outcome_label(name)
    parts = [say("Forest plot, {outcome}: {counts}.", outcome=label, counts=counts(row))]
    if row["value"] is not None:
        said = MEASURE.text(row["value"], row["low"], row["high"], interval_word(row))
        parts.append(f"{words.capital(number_of(row))} {said}.")
    if row["pi_low"] is not None:
        limits = words.span(row["pi_low"], row["pi_high"])
        parts.append(f"{say('95% prediction interval')} {limits}.")
    return " ".join([*parts, say("The table “Studies behind this result” lists the rows.")])


def _few(k: int) -> str:
    if k == 1 or k >= FEW:
        return ""
    return say(
        "With {studies} the pooled value is fragile and may move with the next report.",
        studies=words.studies(k),
    )


def _heterogeneity(review: Review, row: Row) -> str:
    """tau2 on the scale of its model, or rho; I2; the test of homogeneity."""
    model = model_of(review.protocol, row["model"])
    parts = []
    if row["tau2"] is not None:
        limits = ""
        if row["tau2_low"] is not None:
            between = numbers.span(numbers.tau2(row["tau2_low"]), numbers.tau2(row["tau2_high"]))
            limits = f" ({numbers.interval_name(interval_word(row))} {between})"
        parts.append(
            say(
                "between-study variance on the {scale} scale: tau² = {value}",
                scale=scale(model),
                value=numbers.tau2(row["tau2"]) + limits,
            )
        )
    if row["rho"] is not None:
        parts.append(
            say(
                "correlation of two patients of one study (0 where studies do not differ): rho = "
                "{value}",
                value=numbers.significant(row["rho"]),
            )
        )
    if row["i2"] is not None:
        parts.append(f"I² = {numbers.i2(row['i2'])}")
    if row["q_p"] is not None:
        parts.append(
            say(
                "test of homogeneity, likelihood ratio Q = {q} on {df}, {p}"
                if model.likelihood != "normal"
                else "test of homogeneity Q = {q} on {df}, {p}",
                q=numbers.significant(row["q"]),
                df=numbers.plural(row["q_df"], "degree of freedom", "degrees of freedom"),
                p=numbers.p_value(row["q_p"]),
            )
        )
    return f"{words.capital('; '.join(parts))}." if parts else ""


def _model_range(review: Review, rows: list[Row]) -> str:
    """How far the models are apart: in the average where it leads, and in their own estimates."""
    known = [row for row in rows if row["estimate"] is not None and row["k"] > 1]
    if len(known) < 2:
        return ""
    own = [
        headline(row, ESTIMATE, estimand(model_of(review.protocol, row["model"]))) for row in known
    ]
    kinds = {row["of"] for row in own}
    average = [
        row for row in (headlined(row, review.protocol) for row in known) if row["of"] == "average"
    ]
    both = len(average) > 1 and kinds != {"average"} and not all(map(is_one_number, average))
    told = [_range(average)] if both else []
    told.append(_range(own))
    excluded = [_excluded(review, average)] if both else []
    excluded += [_excluded(review, [row for row in own if row["of"] == of]) for of in sorted(kinds)]
    excluded = [part for part in excluded if part]
    if excluded or _apart(own) or (both and _apart(average)):
        told.append(say("The choice of model matters here."))
    told += excluded[:1]
    return " ".join(part for part in (*told, _width_range(rows)) if part)


def _range(rows: list[Row]) -> str:
    """From where to where the models' numbers run, and what they are of if that is one thing."""
    kinds = {row["of"] for row in rows}
    values = [row["value"] for row in rows]
    printed = {"low": numbers.percent(min(values)), "high": numbers.percent(max(values))}
    return say(
        "Over {n} models the pooled value{of} runs from {low}% to {high}%."
        if printed["low"] != printed["high"]
        else "Under each of {n} models the pooled value{of} is {low}%.",
        n=numbers.count(len(rows)),
        of=f" ({say(ESTIMANDS[kinds.pop()])})" if len(kinds) == 1 else "",
        **printed,
    )


def _apart(rows: list[Row]) -> bool:
    values = [row["value"] for row in rows]
    low, high = min(values), max(values)
    return high - low > APART or high * (1 - low) > ODDS_APART * low * (1 - high)


def _excluded(review: Review, rows: list[Row]) -> str:
    """That one model's interval leaves out the number of others: the primary's, else the first."""
    primary = review.protocol["primary"]
    for row in sorted(rows, key=lambda row: row["model"] != primary):
        if None in (row["low"], row["high"]):
            continue
        out = [other for other in rows if not row["low"] <= other["value"] <= row["high"]]
        if out:
            return say(
                "The 95% interval of {model} ({of}; {limits}) leaves out what others give: "
                "{others}.",
                model=review.model_label(row["model"]),
                of=say(ESTIMANDS[row["of"]]),
                limits=words.span(row["low"], row["high"]),
                others="; ".join(
                    f"{review.model_label(other['model'])} ({numbers.percent(other['value'])}%)"
                    for other in out
                ),
            )
    return ""


def _width_range(rows: list[Row]) -> str:
    """How wide the intervals of the models are, where that differs much."""
    widths = [
        row["ci_high"] - row["ci_low"]
        for row in rows
        if None not in (row["ci_low"], row["ci_high"])
    ]
    if len(widths) < 2 or max(widths) <= WIDER * min(widths):
        return ""
    return say(
        "Their 95% intervals are {narrowest} to {widest} points wide: the model matters for how "
        "sure one can be.",
        narrowest=numbers.points(min(widths)),
        widest=numbers.points(max(widths)),
    )


def _study(review: Review, name: str, effect: Row) -> dict[str, Any]:
    cell = next(iter(review.rows("outcomes", study_id=effect["study_id"], outcome=name)), {})
    interval = numbers.percent_ci(effect["proportion"], effect["ci_low"], effect["ci_high"])
    return {
        "id": effect["study_id"],
        "label": effect["label"] or effect["study_id"],
        "counts": numbers.events_total(effect["events"], effect["total"]),
        "events": effect["events"],
        "total": effect["total"],
        "year": effect["year"],
        "verified": cell.get("verified_against"),
        "proportion": interval,
        "value": effect["proportion"],
        "shrunken": shrunken.text(review, effect),
        "source": links.source(cell.get("source_url")),
        "source_type": numbers.plain(cell.get("source_type")),
        "locator": cell.get("source_locator") or "",
        "confidence": numbers.word(cell.get("confidence")),
        "remark": _remark(cell, alone=not review.two_extractors),
    }


#: What a study's cell on its source is made of.
_SOURCE = ("source", "source_type", "locator", "confidence")
_DERIVED = {
    "no": "",
    "from_percent": mark("rebuilt from a percentage"),
    "from_sum": mark("added up from parts"),
}


def _remark(cell: Row, *, alone: bool) -> str:
    """How the count came about, and the extractors' notes; where one extractor read everything that
    is not said of each cell.
    """
    derived, agreement = cell.get("derived"), numbers.word(cell.get("agreement"))
    if cell.get("agreement") == "single":
        agreement = "" if alone else say("one extractor")
    told = words.coded(_DERIVED, derived)
    came = ", ".join(part for part in (agreement, told) if part)
    return " ".join(
        part for part in (f"{words.capital(came)}." if came else "", cell.get("notes")) if part
    )


def _held_out(review: Review, name: str) -> str:
    rows = review.held_out(outcome=name)
    if not rows:
        return ""
    named = []
    for row in rows:
        value = f" ({row['value']})" if row["value"] else ""
        reason = (row["reason"] or say("no reason given")).rstrip(".")
        named.append(f"{review.study_label(row['study_id'])}{value}: {reason}")
    return say("Reported, but not in this result: {cells}.", cells="; ".join(named))
