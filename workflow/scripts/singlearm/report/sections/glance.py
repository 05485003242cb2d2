"""The studies at a glance."""

from collections import Counter

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import say
from singlearm.report import words
from singlearm.report.review import Review, members

#: Values of a column that are named, and of the column that groups; the rest is counted.
NAMED, FIRST = 5, 3
Fact = tuple[str, str, str]


def facts(review: Review) -> list[Fact]:
    """(name, number, remark) of the columns of studies; nothing of a column without values."""
    studies = review.rows("studies")
    settings = review.study_words
    trials = words.trials_of(studies)
    of = say("; arms of {trials}", trials=numbers.plural(trials, "trial")) if trials else ""
    found = [(say("Studies"), numbers.count(len(studies)), _years(studies) + of + _silent(review))]
    if "size" in settings:
        found += _sizes(review, studies, settings["size"])
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


def _sizes(review: Review, studies: list[Row], column: str) -> list[Fact]:
    known = [int(float(value)) for value in _known(studies, column)]
    if not known:
        return []
    lacking = len(studies) - len(known)
    remark = (
        say("{studies} without a number", studies=words.studies(lacking))
        if lacking
        else say("all studies give a number")
    )
    more = _counted_more(review, studies, column)
    if more:
        remark += say(
            "; in {studies} an outcome counts more patients than these", studies=words.studies(more)
        )
    return [(words.capital(review.study_words["size_label"]), numbers.count(sum(known)), remark)]


def _counted_more(review: Review, studies: list[Row], column: str) -> int:
    """Studies of which an outcome counts more patients than their size, as all randomised ones."""
    size = {row["study_id"]: row.get(column) for row in studies}
    larger = {
        row["study_id"]
        for row in review.rows("outcomes")
        if (known := size.get(row["study_id"])) is not None and row["total"] > float(known)
    }
    return len(larger)


def _groups(review: Review, studies: list[Row], column: str) -> list[Fact]:
    sign = review.separator(column)
    counts = Counter(name for row in studies for name in members(row.get(column), sign))
    if not counts:
        return []
    named = [
        say("{name} in {n}", name=name, n=numbers.count(n)) for name, n in counts.most_common(FIRST)
    ]
    remark = say(
        "{named}; of {studies}",
        named=_and_more(named, len(counts)),
        studies=words.studies(len(studies)),
    )
    return [(review.column_label(column), numbers.count(len(counts)), remark)]


def _distribution(studies: list[Row], column: str, heading: str) -> list[Fact]:
    """The most frequent value first: how many there are is no fact, as one may be "several"."""
    counts = Counter(words.coded(words.DESIGNS, value) for value in _known(studies, column))
    if not counts:
        return []
    first, *others = [f"{name} {numbers.count(n)}" for name, n in counts.most_common(NAMED)]
    lacking = len(studies) - sum(counts.values())
    parts = [_and_more(others, len(counts) - 1)] if others else []
    parts += [say("{n} not given", n=numbers.count(lacking))] if lacking else []
    return [(heading, first, "; ".join(parts) or say("all studies"))]


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
