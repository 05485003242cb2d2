"""Audit of published claims: each against our data, with a verdict and a reason in plain words.

Verdicts: counts are `reproduced` or `not_reproduced`; a p claim is an inequality, checked under
separate tau2 or, where a group is too small for its own, under one tau2 for all; an estimate is
`reproduced` when ours prints as the same number, else `consistent` when the published value lies
inside our interval, on the same side of the outcome's threshold, and no further from ours than
counts as no change (the protocol's `changes`), else `not_reproduced`; `not_testable` without data
or an interval, or inside one that neither confirms nor contradicts. The verdict rests on the
paper's model; the number under the primary model stands beside it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from singlearm.catalogue import Row, notes, numbers
from singlearm.catalogue.language import say
from singlearm.kinds import Settings, time
from singlearm.kinds.model_words import ESTIMANDS, estimand, model_of
from singlearm.report import words
from singlearm.report.claim_context import leading_test, other_routes, valid_test
from singlearm.report.review import members
from singlearm.report.robustness import ROUNDING, Variations, judge_robustness, prints_as


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the claims are held against: rows of the tables, and the levels of the studies.

    `groups` maps a subgrouping to one level (or None) per row of `studies`; `results` has the
    tables of the kinds of outcomes by name.
    """

    studies: Sequence[Row]
    groups: Mapping[str, Sequence[str | None]]
    pooled: Sequence[Row]
    subgroups: Sequence[Row]
    tests: Sequence[Row]
    times: Sequence[Row]
    protocol: Settings
    variations: Variations
    results: Mapping[str, Sequence[Row]]

    @property
    def primary(self) -> str:
        """The primary model's name."""
        return self.protocol["primary"]

    @property
    def paper_model(self) -> str:
        """The model of the published analysis; the primary one where none is named."""
        return self.protocol.get("paper_model") or self.primary

    @property
    def studies_words(self) -> Settings:
        """What the protocol says about the columns of studies."""
        return self.protocol.get("studies", {})

    def threshold(self, outcome: str | None) -> float | None:
        """The threshold of an outcome, as a proportion."""
        return self.protocol["outcomes"].get(outcome, {}).get("threshold")


@dataclass(frozen=True, slots=True)
class Finding:
    """Our side of one claim, in the claim's own unit; `clause` goes into the reason."""

    value: float | None
    low: float | None = None
    high: float | None = None
    clause: str = ""


def audit(claims: Sequence[Row], evidence: Evidence) -> tuple[list[Row], list[Row]]:
    """The rows of claims.csv, one for each claim, and those of claims_settings.csv."""
    audited = [_audited(claim, evidence) for claim in claims]
    return [row for row, _ in audited], [row for _, settings in audited for row in settings]


def _audited(claim: Row, evidence: Evidence) -> tuple[Row, tuple[Row, ...]]:
    """The row of a claim, and the specifications that print its published number."""
    find = FINDERS[claim["quantity"]]
    paper = find(claim, evidence, evidence.paper_model)
    primary = find(claim, evidence, evidence.primary)
    verdict, why = judge(claim, paper, evidence)
    if claim["quantity"] in ("p_below", "p_at_least"):
        lead = leading_test(claim, evidence.tests, evidence.protocol)
        p = primary.value if lead is None else lead["p_value"]
        why = " ".join(filter(None, (why, *_of_inequality(claim, verdict, p))))
    robust = judge_robustness(claim, evidence, paper.value)
    reason = [*sentences(claim, why, paper, primary), dependence(verdict, evidence.protocol)]
    row = {
        "claim_id": claim["claim_id"],
        "statement": claim["statement"],
        "published": claim["value"],
        "ours_paper_model": paper.value,
        "ours_primary": primary.value,
        "verdict": verdict,
        "robustness": robust.sentence,
        "settings_matching": robust.settings,
        "reason": " ".join(filter(None, reason)),
        "valid_test": valid_test(claim, evidence.tests, evidence.pooled, evidence.protocol),
        "other_evidence": other_routes(claim, evidence.results, evidence.protocol),
    }
    return row, robust.rows


def judge(claim: Row, ours: Finding, evidence: Evidence) -> tuple[str, str]:
    """The verdict and its ground."""
    quantity, published = claim["quantity"], claim["value"]
    if ours.value is None:
        return "not_testable", say("Cannot be tested with these data.")
    if quantity in ("p_below", "p_at_least"):
        if (ours.value < published) == (quantity == "p_below"):
            return "reproduced", say("The inequality holds.")
        return "not_reproduced", say("The inequality does not hold.")
    if quantity in COUNTS:
        if ours.value == published:
            return "reproduced", say("The same count.")
        return "not_reproduced", say("Another count.")
    if prints_alike(claim, ours):
        return "reproduced", say("Prints as the same number.")
    if ours.low is None or ours.high is None:
        return "not_testable", say("Another number, and ours has no interval to judge it by.")
    if not ours.low <= published <= ours.high:
        return "not_reproduced", say("The published value lies outside our interval.")
    if not same_side(claim, ours, evidence):
        return "not_reproduced", say(
            "The published value and ours lie on different sides of the threshold."
        )
    if claim["quantity"] == "estimate_percent" and ours.high - ours.low > 100 * words.WIDE:
        return "not_testable", say("Our interval is too wide to confirm or contradict the number.")
    if far(claim, ours, evidence):
        return "not_testable", say(
            "Another number by more than counts as a change, yet inside our interval, which "
            "neither confirms nor contradicts it."
        )
    return "consistent", say("Another number, but the published value lies inside our interval.")


def _of_inequality(claim: Row, verdict: str, p: float | None) -> Iterator[str]:
    """What the reader of an inequality that holds should know as well: whether the test that leads,
    or else the primary model's own, agrees, and what a large p does not show.
    """
    if verdict != "reproduced":
        return
    below = claim["quantity"] == "p_below"
    if p is not None and (p < claim["value"]) != below:
        yield say("By the primary model's test it does not hold.")
    if claim["by"] and not below:
        yield say("A p value above it does not show that the groups do not differ.")


def prints_alike(claim: Row, ours: Finding) -> bool:
    """Whether ours prints as the published number, interval included where one was published."""
    return prints_as(claim, ours.value, ours.low, ours.high)


def same_side(claim: Row, ours: Finding, evidence: Evidence) -> bool:
    """Whether published value and ours lie on one side of the outcome's threshold, if any."""
    threshold = evidence.threshold(claim["outcome"])
    if threshold is None or ours.value is None or claim["quantity"] != "estimate_percent":
        return True
    return (claim["value"] > 100 * threshold) == (ours.value > 100 * threshold)


def far(claim: Row, ours: Finding, evidence: Evidence) -> bool:
    """Whether ours is further from the published value than an estimate may move unchanged."""
    key, unit = {"estimate_percent": ("proportion", 100), "median_months": ("months", 1)}[
        claim["quantity"]
    ]
    most = (evidence.protocol.get("changes") or {}).get(key)
    if most is None or ours.value is None:
        return False
    return bool(abs(claim["value"] - ours.value) > unit * most + ROUNDING)


def dependence(verdict: str, protocol: Settings) -> str:
    """That agreement confirms little where the published numbers helped to choose the studies."""
    chosen = (protocol.get("version") or {}).get("chosen_by_claims")
    if not chosen or verdict not in ("reproduced", "consistent"):
        return ""
    return say(
        "The published numbers helped to choose the studies, so agreement is not independent."
    )


def sentences(claim: Row, why: str, paper: Finding, primary: Finding) -> list[str]:
    """The reason as sentences a clinician reads."""
    found = [why]
    if paper.clause:
        found.append(say("Ours: {result}.", result=paper.clause))
    if primary.clause and primary.clause != paper.clause:
        found.append(say("Under the primary model: {result}.", result=primary.clause))
    if claim["quantity"] == "estimate_percent" and paper.value is not None:
        alike = prints_alike(claim, primary)
        if prints_alike(claim, paper) != alike:
            found.append(
                say("Only the primary model prints the published number.")
                if alike
                else say("Only the paper's model prints the published number.")
            )
    return found


# --- our side of each kind of claim -----------------------------------------------------------


def find_studies(claim: Row, evidence: Evidence, model: str) -> Finding:
    """Number of studies: of an outcome, of a level, of both, or all that are included."""
    if claim["outcome"]:
        row = result_row(claim, evidence, model)
        k = row["k"] if row else 0
        told = say("{studies} with data on this outcome", studies=words.studies(k))
        return Finding(k, clause=told)
    k = len(chosen_studies(claim, evidence))
    return Finding(k, clause=numbers.plural(k, "included study", "included studies"))


def find_patients(claim: Row, evidence: Evidence, model: str) -> Finding:  # noqa: ARG001
    """The sizes of the included studies that give theirs, summed."""
    column = evidence.studies_words.get("size")
    label = evidence.studies_words.get("size_label") or say("patients")
    sizes = [study.get(column or "") for study in chosen_studies(claim, evidence)]
    known = [int(float(n)) for n in sizes if n is not None]
    if not known:
        told = say("no included study gives its number of {patients}", patients=label)
        return Finding(None, clause=told)
    unknown, n = len(sizes) - len(known), sum(known)
    told = say(
        "{n} {patients} in {studies}", n=n, patients=label, studies=words.studies(len(known))
    )
    if unknown == 1:
        told += say("; 1 study does not give the number")
    elif unknown:
        told += say("; {n} studies do not give the number", n=unknown)
    return Finding(n, clause=told)


def find_count(claim: Row, evidence: Evidence, model: str) -> Finding:  # noqa: ARG001
    """Distinct values of a column among the included studies; members, if it is a list."""
    cells = [study[claim["by"]] for study in evidence.studies if study[claim["by"]] is not None]
    sign = evidence.studies_words.get("separators", {}).get(claim["by"])
    values = sorted({value for cell in cells for value in members(str(cell), sign)})
    return Finding(len(values), clause=f"{len(values)} ({', '.join(values)})")


def find_estimate(claim: Row, evidence: Evidence, model: str) -> Finding:
    """Pooled proportion in percent."""
    row = result_row(claim, evidence, model)
    if row is None or not row["k"]:
        return Finding(None, clause=say("no included study has a count for this outcome"))
    counts = f"{words.studies(row['k'])}, {row['events']}/{row['total']}"
    if row["estimate"] is None:
        why = notes.short(row["note"])
        return Finding(
            None, clause=say("no estimate from {counts} ({why})", counts=counts, why=why)
        )
    estimate, low, high = (row[name] for name in ESTIMATE)
    text = numbers.percent_words(estimate, low, high)
    if row["k"] > 1:
        text += f", {say(ESTIMANDS[estimand(model_of(evidence.protocol, model))])}"
    text += f", {counts}"
    value, low, high = (None if row[n] is None else 100 * row[n] for n in ESTIMATE)
    return Finding(value, low, high, text)


def find_median(claim: Row, evidence: Evidence, model: str) -> Finding:  # noqa: ARG001
    """Pooled median time in months by the protocol's method for claims on medians."""
    rows = [row for row in evidence.times if row["outcome"] == claim["outcome"]]
    row = time.paper_row(rows, evidence.protocol)
    if row is None or row["value"] is None:
        return Finding(None, clause=say("no median to pool"))
    text = time.sentence(row, "").removeprefix(": ").removesuffix(".")
    return Finding(row["value"], row["low"], row["high"], text)


def find_p(claim: Row, evidence: Evidence, model: str) -> Finding:
    """p of the pooled value against its null value, or of a contrast between groups."""
    if claim["by"]:
        return contrast(claim, evidence, model)
    row = one(evidence.pooled, outcome=claim["outcome"], model=model)
    if row is None or row["p_value"] is None:
        return Finding(None, clause=say("no test is possible"))
    return Finding(row["p_value"], clause=numbers.p_value(row["p_value"]))


def contrast(claim: Row, evidence: Evidence, model: str) -> Finding:
    """p between groups, each with its own tau2; where that is no valid test, under one tau2, by the
    permutation where studies are too few for a chi-square.
    """
    known = {"outcome": claim["outcome"], "by": claim["by"], "model": model}
    tests = [test for test in evidence.tests if test["test"] in CONTRASTS]
    row = one(tests, **known, tau2_mode="separate")
    if row is not None and row["p_value"] is not None:
        return Finding(row["p_value"], clause=numbers.p_value(row["p_value"]))
    row = one(tests, **known, tau2_mode="common")
    if row is None or row["p_value"] is None:
        return Finding(None, clause=say("no test is possible"))
    p, how = row["p_value"], say("one tau² for all groups, as a group is too small for its own")
    if row.get("p_permutation") is not None and "large_sample_p" in notes.codes(row["note"]):
        p, how = row["p_permutation"], f"{say('permutation')}, {how}"
    return Finding(p, clause=f"{numbers.p_value(p)} ({how})")


ESTIMATE = ("estimate", "ci_low", "ci_high")
CONTRASTS = ("q_between", "lrt")
COUNTS = ("k", "n", "count")
FINDERS = {
    "k": find_studies,
    "n": find_patients,
    "count": find_count,
    "estimate_percent": find_estimate,
    "median_months": find_median,
    "p_below": find_p,
    "p_at_least": find_p,
}


def result_row(claim: Row, evidence: Evidence, model: str) -> Row | None:
    """The pooled row of the claim's outcome, or of its level under separate tau2."""
    if not claim["by"]:
        return one(evidence.pooled, outcome=claim["outcome"], model=model)
    return one(
        evidence.subgroups,
        outcome=claim["outcome"],
        by=claim["by"],
        level=claim["level"],
        model=model,
        tau2_mode="separate",
    )


def chosen_studies(claim: Row, evidence: Evidence) -> list[Row]:
    """All included studies, or those of the claim's level."""
    if not claim["by"]:
        return list(evidence.studies)
    levels = evidence.groups[claim["by"]]
    return [s for s, level in zip(evidence.studies, levels, strict=True) if level == claim["level"]]


def one(rows: Iterable[Row], **values: object) -> Row | None:
    """The row with these values, if there is one."""
    return next((r for r in rows if all(r[name] == v for name, v in values.items())), None)
