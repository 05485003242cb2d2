"""Risk of bias: judgements of any tool as signs or numbers, and the traffic-light table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from singlearm.catalogue import Row
from singlearm.catalogue.language import mark, say
from singlearm.catalogue.natural import natural
from singlearm.catalogue.points import counts_points, is_points, most_points, written_most
from singlearm.figures.marks.base import Marks
from singlearm.figures.marks.inputs import Data, Rows, rows_of

#: Judgement as written in the sheet (lower case) to its class. Covers RoB 2, ROBINS-I, QUADAS,
#: the JBI lists (yes, no, unclear) and MINORS (2, 1, 0 points).
CLASSES = {
    "low": "good", "yes": "good", "2": "good",
    "some concerns": "concern", "moderate": "concern", "unclear": "concern", "1": "concern",
    "high": "bad", "serious": "bad", "no": "bad", "0": "bad",
    "critical": "worst",
    "no information": "unknown", "": "unknown",
    "not applicable": "not_applicable",
}  # fmt: skip

#: Sign and meaning of each class, the best first.
SIGNS = {
    "good": ("+", mark("low risk, or criterion met")),
    "concern": ("~", mark("some concerns, moderate or unclear")),
    "bad": ("−", mark("high or serious risk, or criterion not met")),
    "worst": ("!", mark("critical risk")),
    "counted": (
        "n",
        mark("stars or points (green: all, orange: some, red: none, grey: the most is not known)"),
    ),
    "unknown": ("?", mark("no information")),
    "not_applicable": ("/", mark("not applicable")),
}
#: The number of studies with each class.
COUNTED = {
    "good": mark("{n} good"),
    "concern": mark("{n} concern"),
    "bad": mark("{n} bad"),
    "worst": mark("{n} worst"),
    "unknown": mark("{n} unknown"),
    "not_applicable": mark("{n} not applicable"),
}


class UnknownJudgement(ValueError):
    """A judgement that no tool knows."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A class of SIGNS and what stands for it: its sign, or the number of stars or points."""

    name: str
    sign: str


@dataclass(frozen=True, slots=True)
class RiskMarks(Marks):
    """One tool, the subtitle: studies down, domains across; `judgements`: what is drawn."""

    domains: tuple[str, ...]
    studies: tuple[str, ...]
    judgements: tuple[tuple[Judged, ...], ...]
    shares: tuple[tuple[float, ...], ...]

    @property
    def description(self) -> str:
        """How many studies have each class, domain by domain."""
        texts = []
        for domain, column in zip(self.domains, zip(*self.judgements, strict=True), strict=True):
            texts.append(f"{domain}: {', '.join(_counts(column))}.")
        return " ".join([say("Risk of bias ({tool}).", tool=self.subtitle), *texts])


@dataclass(frozen=True, slots=True)
class RiskTables(Marks):
    """The table of each tool."""

    tables: tuple[RiskMarks, ...]

    @property
    def description(self) -> str:
        """Every table in words."""
        return " ".join(table.description for table in self.tables)


def _counts(column: Sequence[Judged]) -> list[str]:
    """How many studies have each number of points, the most first, and each other sign."""
    numbers = [judged.sign for judged in column if judged.sign.isdigit()]
    words = [judged.name for judged in column if not judged.sign.isdigit()]
    points = sorted(set(numbers), key=int, reverse=True)
    return [
        *(say("{n} with {points}", n=numbers.count(sign), points=sign) for sign in points),
        *(say(text, n=words.count(name)) for name, text in COUNTED.items() if name in words),
    ]


def judgement_class(judgement: str | None) -> str:
    """Class of a judgement; raises UnknownJudgement with the known ones."""
    word = (judgement or "").strip().casefold()
    if word not in CLASSES:
        known = ", ".join(sorted(name for name in CLASSES if name))
        raise UnknownJudgement(f"risk of bias: '{judgement}' is not one of {known}")
    return CLASSES[word]


def signs_key(used: Iterable[Judged]) -> list[str]:
    """The signs in use with their meanings, the best first."""
    found = {("counted", "n") if one.sign.isdigit() else (one.name, one.sign) for one in used}
    return [
        f"{sign} {say(meaning)}" for name, (sign, meaning) in SIGNS.items() if (name, sign) in found
    ]


def risk_of_bias_marks(rows: Rows, labels: Mapping[str, str], data: Data) -> RiskTables:
    """One table for each tool. A study that lacks a domain has the class `unknown` there.

    rows: kind risk_of_bias (study_id, tool, order, domain, judgement); `order` is that of the
    domains. labels: study_id to printed name.
    """
    rows = rows_of(rows)
    tables = []
    for tool in dict.fromkeys(row["tool"] for row in sorted(rows, key=lambda row: row["order"])):
        domains, of_study = _judged([row for row in rows if row["tool"] == tool])
        studies = sorted(of_study, key=lambda one: (natural(labels.get(one, one)), one))
        judgements = tuple(of_study[study] for study in studies)
        shares = tuple(
            tuple(sum(one.name == name for one in column) / len(studies) for name in SIGNS)
            for column in zip(*judgements, strict=True)
        )
        tables.append(
            RiskMarks(
                domains,
                tuple(labels.get(study, study) for study in studies),
                judgements,
                shares,
                title=say("Risk of bias"),
                subtitle=str(tool),
                footer=(str(data),),
            )
        )
    return RiskTables(tuple(tables), title=say("Risk of bias"))


def study_signs(rows: Sequence[Row]) -> tuple[tuple[str, ...], dict[str, tuple[Judged, ...]]]:
    """For the forest: domains of the first tool by name, and what each study has, by study_id."""
    tool = min((row["tool"] for row in rows), default=None)
    return _judged([row for row in rows if row["tool"] == tool])


def _judged(rows: Sequence[Row]) -> tuple[tuple[str, ...], dict[str, tuple[Judged, ...]]]:
    """The domains of one tool, with the most points where numbers stand, and each study's signs."""
    rows = sorted(rows, key=lambda row: row["order"])
    heads, found = {}, {}
    for domain in dict.fromkeys(row["domain"] for row in rows):
        column = [row for row in rows if row["domain"] == domain]
        tool = str(column[0]["tool"])
        points = [
            int(row["judgement"])
            for row in column
            if is_points(row["judgement"]) and counts_points(tool, domain)
        ]
        most = most_points(tool, domain)
        if most is not None and max(points, default=0) > most:
            most = None  # another version of the scale
        told = points and most is not None and written_most(domain) is None
        heads[domain] = say("{domain} (of {n})", domain=domain, n=most) if told else domain
        for row in column:
            found[row["study_id"], domain] = _sign(row["judgement"], bool(points), most)
    studies = dict.fromkeys(row["study_id"] for row in rows)
    return tuple(heads.values()), {
        study: tuple(found.get((study, domain), UNKNOWN) for domain in heads) for study in studies
    }


def _sign(judgement: str | None, counted: bool, most: int | None) -> Judged:
    """The sign of a word; a number, where numbers count, with the class of all, some or none."""
    if counted and judgement is not None and is_points(judgement):
        points = int(judgement)
        name = "bad" if points == 0 else "good" if points == most else "concern"
        return Judged("counted" if most is None else name, str(points))
    name = judgement_class(judgement)
    return Judged(name, SIGNS[name][0])


#: A domain on which nothing is told of a study.
UNKNOWN = Judged("unknown", SIGNS["unknown"][0])
