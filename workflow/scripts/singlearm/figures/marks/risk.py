"""Risk of bias: judgements of any tool as five signs, and the traffic-light table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from singlearm.catalogue import Row
from singlearm.catalogue.language import mark, say
from singlearm.catalogue.natural import natural
from singlearm.figures.marks.inputs import Data, Rows, rows_of

#: Judgement as written in the sheet (lower case) to its class. Covers RoB 2, ROBINS-I, QUADAS,
#: the JBI lists (yes, no, unclear) and MINORS (2, 1, 0 points).
CLASSES = {
    "low": "good", "yes": "good", "2": "good",
    "some concerns": "concern", "moderate": "concern", "unclear": "concern", "1": "concern",
    "high": "bad", "serious": "bad", "no": "bad", "0": "bad",
    "critical": "worst",
    "no information": "unknown", "not applicable": "unknown", "": "unknown",
}  # fmt: skip

#: Sign and meaning of each class, the best first.
SIGNS = {
    "good": ("+", mark("low risk, or criterion met")),
    "concern": ("~", mark("some concerns, moderate or unclear")),
    "bad": ("−", mark("high or serious risk, or criterion not met")),
    "worst": ("!", mark("critical risk")),
    "unknown": ("?", mark("no information")),
}
#: The number of studies with each class.
COUNTED = {
    "good": mark("{n} good"),
    "concern": mark("{n} concern"),
    "bad": mark("{n} bad"),
    "worst": mark("{n} worst"),
    "unknown": mark("{n} unknown"),
}


class UnknownJudgement(ValueError):
    """A judgement that no tool knows."""


@dataclass(frozen=True, slots=True)
class RiskMarks:
    """One tool: studies down, domains across; `judgements` holds a class of SIGNS for each."""

    title: str
    tool: str
    domains: tuple[str, ...]
    studies: tuple[str, ...]
    judgements: tuple[tuple[str, ...], ...]
    shares: tuple[tuple[float, ...], ...]
    footer: tuple[str, ...]

    @property
    def description(self) -> str:
        """How many studies have each class, domain by domain."""
        texts = []
        for domain, column in zip(self.domains, zip(*self.judgements, strict=True), strict=True):
            counts = [say(COUNTED[name], n=column.count(name)) for name in SIGNS if name in column]
            texts.append(f"{domain}: {', '.join(counts)}.")
        return " ".join([say("Risk of bias ({tool}).", tool=self.tool), *texts])


@dataclass(frozen=True, slots=True)
class RiskTables:
    """The table of each tool."""

    title: str
    tables: tuple[RiskMarks, ...]

    @property
    def description(self) -> str:
        """Every table in words."""
        return " ".join(table.description for table in self.tables)


def judgement_class(judgement: str | None) -> str:
    """Class of a judgement; raises UnknownJudgement with the known ones."""
    word = (judgement or "").strip().casefold()
    if word not in CLASSES:
        known = ", ".join(sorted(name for name in CLASSES if name))
        raise UnknownJudgement(f"risk of bias: '{judgement}' is not one of {known}")
    return CLASSES[word]


def risk_of_bias_marks(rows: Rows, labels: Mapping[str, str], data: Data) -> RiskTables:
    """One table for each tool. A study that lacks a domain has the class `unknown` there.

    rows: kind risk_of_bias (study_id, tool, order, domain, judgement); `order` is that of the
    domains. labels: study_id to printed name.
    """
    tables = []
    rows = sorted(rows_of(rows), key=lambda row: row["order"])
    for tool in dict.fromkeys(row["tool"] for row in rows):
        found = {
            (row["study_id"], row["domain"]): judgement_class(row["judgement"])
            for row in rows
            if row["tool"] == tool
        }
        studies = sorted(
            {study for study, _ in found}, key=lambda one: (natural(labels.get(one, one)), one)
        )
        domains = list(dict.fromkeys(row["domain"] for row in rows if row["tool"] == tool))
        judgements = tuple(
            tuple(found.get((study, domain), "unknown") for domain in domains) for study in studies
        )
        shares = tuple(
            tuple(column.count(name) / len(studies) for name in SIGNS)
            for column in zip(*judgements, strict=True)
        )
        tables.append(
            RiskMarks(
                say("Risk of bias"),
                str(tool),
                tuple(domains),
                tuple(labels.get(study, study) for study in studies),
                judgements,
                shares,
                (str(data),),
            )
        )
    return RiskTables(say("Risk of bias"), tuple(tables))


def study_signs(rows: Sequence[Row]) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """For the forest: domains of the first tool by name, and each study's classes by study_id."""
    tool = min((row["tool"] for row in rows), default=None)
    ours = sorted((row for row in rows if row["tool"] == tool), key=lambda row: row["order"])
    domains = tuple(dict.fromkeys(row["domain"] for row in ours))
    found = {(row["study_id"], row["domain"]): judgement_class(row["judgement"]) for row in ours}
    studies = dict.fromkeys(row["study_id"] for row in ours)
    return domains, {
        study: tuple(found.get((study, domain), "unknown") for domain in domains)
        for study in studies
    }
