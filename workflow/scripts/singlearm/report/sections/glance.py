"""The question, and the studies at a glance."""

from collections import Counter

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import say
from singlearm.report import words
from singlearm.report.review import Review, members

#: Values of a column that are named; the rest is counted.
NAMED = 5
Fact = tuple[str, str, str]


def facts(review: Review) -> list[Fact]:
    """(name, number, remark) of the columns of studies; nothing of a column without values."""
    studies = review.rows("studies")
    settings = review.study_words
    trials = words.trials_of(studies)
    of = say("; arms of {trials}", trials=numbers.plural(trials, "trial")) if trials else ""
    found = [(say("Studies"), numbers.count(len(studies)), _years(studies) + of + _silent(review))]
    if "size" in settings:
        found += _sizes(studies, settings["size"], settings.get("size_label", say("patients")))
    if "group" in settings:
        found += _groups(review, studies, settings["group"])
    for column, heading in (("country", say("Countries")), ("design", say("Designs"))):
        found += _distribution(studies, column, heading)
    return found + _follow_up(studies)


def _silent(review: Review) -> str:
    """How many studies give no value of any outcome."""
    asked = {row["study_id"] for row in review.rows("availability")}
    known = {row["study_id"] for row in review.rows("availability", status="available")}
    silent = len(asked - known)
    if not silent:
        return ""
    return say("; {n} without a value in the analysis", n=numbers.count(silent))


def _years(studies: list[Row]) -> str:
    years = _known(studies, "year")
    if not years:
        return say("no year given")
    if min(years) == max(years):
        return str(years[0])
    return say("reported {first} to {last}", first=min(years), last=max(years))


def _sizes(studies: list[Row], column: str, label: str) -> list[Fact]:
    known = [int(float(value)) for value in _known(studies, column)]
    if not known:
        return []
    lacking = len(studies) - len(known)
    remark = (
        say("{studies} without a number", studies=words.studies(lacking))
        if lacking
        else say("all studies give a number")
    )
    return [(words.capital(label), numbers.count(sum(known)), remark)]


def _groups(review: Review, studies: list[Row], column: str, most: int = 3) -> list[Fact]:
    counts = Counter(name for row in studies for name in members(row.get(column), "+"))
    if not counts:
        return []
    named = [
        say("{name} in {n}", name=name, n=numbers.count(n)) for name, n in counts.most_common(most)
    ]
    remark = say(
        "{named}; of {studies}",
        named=_and_more(named, len(counts)),
        studies=words.studies(len(studies)),
    )
    return [(review.column_label(column), numbers.count(len(counts)), remark)]


def _distribution(studies: list[Row], column: str, heading: str) -> list[Fact]:
    counts = Counter(words.design(value) for value in _known(studies, column))
    if not counts:
        return []
    named = [f"{name} {numbers.count(n)}" for name, n in counts.most_common(NAMED)]
    remark = _and_more(named, len(counts))
    lacking = len(studies) - sum(counts.values())
    if lacking:
        remark += say("; {n} not given", n=numbers.count(lacking))
    return [(heading, numbers.count(len(counts)), remark)]


def _follow_up(studies: list[Row]) -> list[Fact]:
    known = len(_known(studies, "median_followup_months"))
    if not known:
        return []
    share = say("{n} of {of}", n=numbers.count(known), of=numbers.count(len(studies)))
    return [(say("Follow-up reported"), share, say("studies give a median follow-up"))]


def _known(studies: list[Row], column: str) -> list:
    return [row[column] for row in studies if row.get(column) is not None]


def _and_more(named: list[str], total: int) -> str:
    rest, names = total - len(named), ", ".join(named)
    return say("{names} and {n} more", names=names, n=rest) if rest > 0 else names
