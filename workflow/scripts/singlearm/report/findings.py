"""The summary of findings, as GRADE and chapter 14 of the Cochrane Handbook have it."""

import string
from collections.abc import Iterable
from dataclasses import replace

from singlearm.catalogue import Column, Row, notes, numbers
from singlearm.catalogue.language import mark, say
from singlearm.kinds import Kind
from singlearm.kinds.base import interval_word
from singlearm.kinds.model_words import ESTIMANDS
from singlearm.kinds.ratio_words import MEASURES, estimate, forest_rows, i2_of
from singlearm.report import words
from singlearm.report.certainty import UNJUDGED, Certainty, certainty
from singlearm.report.frequency import between, frequency, of_patients, out_of
from singlearm.report.review import Review, distinct
from singlearm.report.subgroup_rows import FEW
from singlearm.report.table import Table

#: How many proportions, and how many outcomes of other kinds, stand on the front page where the
#: protocol names none (GRADE: at most 7 in all).
PROPORTIONS, OTHERS = 4, 3
NOT_POOLED = mark("not pooled")
COLUMNS = (
    Column("outcome", "string", "Outcome code", "code", shown="workbook"),
    Column("label", "string", "Outcome"),
    Column("rests_on", "string", "Participants (studies)"),
    Column("result", "string", "Result [95% CI]"),
    Column("expected", "string", "In a new, similar study (95% prediction interval)"),
    Column("certainty", "string", "Certainty (GRADE)"),
    Column("in_words", "string", "In words", "long"),
)
#: Heads what results rest on where none counts participants.
EVIDENCE = mark("Evidence (studies)")
#: How a sentence says how sure one is, by certainty (Santesso 2020, J Clin Epidemiol 119:126).
HEDGES = {
    "high": "",
    "moderate": mark("probably"),
    "low": mark("perhaps"),
    "very low": "",  # said behind the result
}
#: Ratios above this are said as multiples, not in percent.
MANIFOLD = 2.0
#: A ratio in words by its measure: below 1, above 1, and as a multiple.
COMPARED = {
    "HR": (
        mark("the hazard is about {percent}% lower than in the control group"),
        mark("the hazard is about {percent}% higher than in the control group"),
        mark("the hazard is about {n} times that in the control group"),
    ),
    "OR": (
        mark("the odds are about {percent}% lower than in the control group"),
        mark("the odds are about {percent}% higher than in the control group"),
        mark("the odds are about {n} times that in the control group"),
    ),
    "RR": (
        mark("the risk is about {percent}% lower than in the control group"),
        mark("the risk is about {percent}% higher than in the control group"),
        mark("the risk is about {n} times that in the control group"),
    ),
}


def key_outcomes(review: Review) -> list[str]:
    """The protocol's `key_outcomes` that have data; without any, those with the most studies and,
    among equals, patients.
    """
    names = [name for name in review.protocol["outcomes"] if review.has_data(name)]
    chosen = review.protocol.get("key_outcomes")
    if chosen:
        return [name for name in chosen if name in names]
    by_size = sorted(names, key=lambda name: _size(review.result(name)), reverse=True)
    proportions = [name for name in by_size if review.kind_of(name).name == "proportion"]
    others = [name for name in by_size if name not in proportions]
    first = {*others[:OTHERS]}
    first |= {*proportions[: PROPORTIONS + OTHERS - len(first)]}
    return [name for name in names if name in first]


def _size(row: Row) -> tuple[int, int]:
    """Studies and patients behind a result."""
    return row["k"], row.get("total", row.get("n")) or 0


def choice(review: Review) -> str:
    """Which outcomes stand in the summary of findings, and of how many."""
    if review.protocol.get("key_outcomes"):
        return say("The key outcomes of the protocol.")
    shown = len(key_outcomes(review))
    every = sum(review.has_data(name) for name in review.protocol["outcomes"])
    if shown == every:
        return say("All outcomes with data.")
    return say(
        "{shown} of {every} outcomes: of each kind those with the most studies and, among equals, "
        "patients; the protocol names no key outcomes.",
        shown=numbers.count(shown),
        every=numbers.count(every),
    )


def summary_of_findings(review: Review) -> Table:
    """One row for each key outcome: what it rests on, the headline, what a new centre may expect,
    how sure one is, and a sentence; the reasons below as footnotes.
    """
    marks = _Footnotes()
    names = key_outcomes(review)
    every = distinct(review.result(name).get("of") or "" for name in names)
    of = [each for each in every if each not in ("", "common")] or ["common"] * ("common" in every)
    rows = tuple(_row(review, name, marks, several=len(of) > 1) for name in names)
    below = [choice(review)] if names else []
    if len(of) == 1:  # of several each row says its own
        below.append(say("Proportions: {of}.", of=say(ESTIMANDS[of[0]])))
    kinds = {review.kind_of(name).name for name in names}
    if "rate" in kinds:
        below.append(say("Rates: of the median study."))
    below.append(say("CI: 95% confidence interval."))
    if any(interval_word(review.result(name)) == "CrI" for name in names):
        below.append(say("CrI: 95% credible interval of a Bayesian model."))
    if all(certainty(review, name).judgement == UNJUDGED for name in names):
        below.append(
            say(
                "Certainty (GRADE): nobody has judged it, and no value at which a decision would "
                "change is named."
            )
        )
    headings = {"rests_on": EVIDENCE} if kinds == {"rate"} else {}
    predicted = any(row["expected"] != numbers.MISSING for row in rows)
    return Table(
        "summary_of_findings",
        say("Summary of findings"),
        tuple(
            replace(column, heading=headings.get(column.name, column.heading))
            for column in COLUMNS
            if predicted or column.name != "expected"
        ),
        rows,
        (" ".join(below), *marks.texts()),
        key="outcome",
    )


class _Footnotes:
    """Texts below the table, each once, by the letters that refer to them."""

    def __init__(self) -> None:
        self._letters: dict[str, str] = {}

    def mark(self, texts: Iterable[str]) -> str:
        """The letters of these texts in brackets; nothing without any."""
        letters = [self._letters.setdefault(text, self._next()) for text in texts if text]
        return f" [{', '.join(letters)}]" if letters else ""

    def texts(self) -> list[str]:
        """`a. Imprecision: ...`."""
        return [f"{letter}. {text.rstrip('.')}." for text, letter in self._letters.items()]

    def _next(self) -> str:
        turn, place = divmod(len(self._letters), len(string.ascii_lowercase))
        return string.ascii_lowercase[place] + (str(turn) if turn else "")


def _row(review: Review, name: str, marks: _Footnotes, *, several: bool) -> Row:
    """An outcome's row; `several`: not all pooled numbers of the table are of the same."""
    row, kind = review.result(name), review.kind_of(name)
    judged = certainty(review, name)
    per = review.outcome(name).get("per")
    remarks = [notes.sentence(row.get("note")), _trials(review, name)]
    label = review.outcome_label(name)
    told = result(kind, row, per)
    if several and row["value"] is not None and row["k"] > 1 and row.get("of") in ESTIMANDS:
        told = f"{told}, {say(ESTIMANDS[row['of']])}"
    return {
        "outcome": name,
        "label": label,
        "rests_on": rests_on(row),
        "result": told + marks.mark(remarks),
        "expected": expected(kind, row, per),
        "certainty": words.capital(say(judged.judgement)) + marks.mark(judged.reasons),
        "in_words": in_words(kind, row, label, judged, per),
    }


def _trials(review: Review, name: str) -> str:
    """The few trials behind a pooled ratio, each by itself, and how much they differ."""
    row = review.result(name)
    if review.kind_of(name).name != "ratio" or not 1 < row["k"] < FEW:
        return ""
    _, trials, pooled = forest_rows(review.rows("ratios", outcome=name)) or ("", [], [])
    each = [
        f"{review.study_label(trial['study_id'])} ({trial['comparison']}) {estimate(trial)}"
        for trial in trials
    ]
    told = say("The trials by themselves: {trials}", trials="; ".join(each))
    i2 = next((i2 for i2 in map(i2_of, pooled) if i2 is not None), None)
    return told if i2 is None else f"{told}; I² = {numbers.i2(i2)}"


def rests_on(row: Row) -> str:
    """Participants and studies behind a result: `1737 (42 studies)`."""
    patients = row.get("total", row.get("n"))
    studies = words.studies(row["k"])
    if row.get("person_time") is not None:
        return say(
            "{events}, {years} person-years ({studies})",
            events=numbers.plural(row["events"], "event"),
            years=numbers.count(round(row["person_time"])),
            studies=studies,
        )
    return f"{numbers.count(patients)} ({studies})" if patients is not None else studies


def result(kind: Kind, row: Row, per: int | None = None) -> str:
    """The headline with its interval, a proportion as a natural frequency."""
    if row["value"] is None:
        return _without_number(kind, row)
    if kind.measure.prints != "percent":
        return kind.with_measure(row)
    of = out_of(row, per)
    limits = between(row["low"], row["high"], of)
    said = of_patients(frequency(row["value"], of), of)
    return f"{said}; {numbers.interval_name(interval_word(row))} {limits}" if limits else said


def _without_number(kind: Kind, row: Row) -> str:
    """What stands in place of a number: the bounds of a median, no curve, or nothing pooled."""
    if kind.measure.prints != "months":
        return say(NOT_POOLED)
    return say("no curve") if _is_unfitted(row) else kind.printed(row)


def _is_curve(row: Row) -> bool:
    """Whether a result is the median of a curve: medians of studies have no other quantity."""
    return row.get("quantity") == "median"


def _is_unfitted(row: Row) -> bool:
    """Whether a curve has no median because there is none, not as it lies beyond the times."""
    return _is_curve(row) and "not_reached" not in notes.codes(row.get("note"))


def expected(kind: Kind, row: Row, per: int | None = None) -> str:
    """What one new, similar study may see; an en dash where that is not known."""
    low, high = row.get("pi_low"), row.get("pi_high")
    if low is None or high is None:
        return numbers.MISSING
    if kind.measure.prints == "percent":
        of = out_of(row, per)
        return of_patients(between(low, high, of), of)
    return numbers.span(kind.measure.number(low), kind.measure.text(high, None, None))


def in_words(kind: Kind, row: Row, label: str, judged: Certainty, per: int | None = None) -> str:
    """One plain sentence, no surer than the certainty that a person has judged."""
    if row["value"] is None:
        why = notes.sentence(row.get("note")) if _is_unfitted(row) else ""
        return f"{label}: {why or f'{_without_number(kind, row)}.'}"
    hedge = say(HEDGES.get(judged.judgement, ""))
    if kind.measure.prints == "percent":
        told = _patients(row, out_of(row, per))
    elif kind.name == "ratio":
        told = _compared(row)
    else:
        limits = (row["value"], row["low"], row["high"], interval_word(row))
        told = say(
            "a median of about {value}" if _is_curve(row) else "about {value}",
            value=kind.measure.text(*limits),
        )
    told = " ".join(filter(None, (hedge, told)))
    if judged.judgement == "very low":
        told = say("{result}; the evidence is very uncertain", result=told)
    if judged.judgement not in HEDGES:
        told = say("{result}; certainty not judged", result=told)
    return f"{label}: {told}."


def _patients(row: Row, of: int) -> str:
    known = of_patients(frequency(row["value"], of), of)
    if numbers.is_missing(row["low"]) or numbers.is_missing(row["high"]):
        return say("about {known} patients", known=known)
    return say(
        "about {known} patients (between {low} and {high})",
        known=known,
        low=frequency(row["low"], of),
        high=frequency(row["high"], of),
    )


def _compared(row: Row) -> str:
    """A ratio as more or less than in the control group, and whether it may be neither."""
    low, high = row["low"], row["high"]
    if row["effect_measure"] not in COMPARED:
        none, text = 0.0, f"{say(MEASURES[row['effect_measure']])} {estimate(row)}"
    else:
        none, text = 1.0, _as_change(row)
    if low is not None and high is not None and low <= none <= high:
        return say("{text}, so it may also be the same or the other way about", text=text)
    return text


def _as_change(row: Row) -> str:
    """The ratio and its limits on one scale: in percent, or as multiples where one is large."""
    lower, higher, times = COMPARED[row["effect_measure"]]
    value, limits = row["value"], [row[end] for end in ("low", "high") if row[end] is not None]
    if max([value, *limits]) > MANIFOLD:
        text = say(times, n=numbers.significant(value))
        between = [numbers.significant(limit) for limit in limits]
    else:
        percent = numbers.percent(abs(1 - value), 0)
        text = say(lower if value < 1 else higher, percent=percent)
        between = [_change(limit) for limit in limits]
    if len(between) < 2:
        return text
    return f"{text} ({numbers.interval_name(interval_word(row))} {numbers.span(*between)})"


def _change(ratio: float) -> str:
    """A ratio as a change: `19% lower`, `no difference`."""
    change = numbers.percent(abs(1 - ratio), 0)
    if change == numbers.percent(0.0, 0):
        return say("no difference")
    return say("{percent}% lower" if ratio < 1 else "{percent}% higher", percent=change)
