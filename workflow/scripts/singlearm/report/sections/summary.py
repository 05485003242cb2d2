"""Summary first: what we know, how sure we are, what changed."""

from collections import Counter
from typing import Any

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say, within
from singlearm.report import findings, front_groups, words
from singlearm.report.methods_models import knows_trials
from singlearm.report.review import Review
from singlearm.report.sections import update
from singlearm.report.subgroup_rows import FEW

#: How many claims had a verdict.
OF_VERDICT = {
    "reproduced": mark("{n} reproduced"),
    "consistent": mark("{n} not contradicted"),
    "not_reproduced": mark("{n} not reproduced"),
    "not_testable": mark("{n} not testable"),
}
#: Claims by what they claim: pooled numbers first, as counts and p values say less.
CLAIMED = (
    (mark("of the pooled numbers {verdicts}"), ("estimate_percent", "median_months")),
    (mark("of the p values {verdicts}"), ("p_below", "p_at_least")),
    (mark("of the counts {verdicts}"), ("k", "n", "count")),
)


def context(review: Review) -> dict[str, Any]:
    """What the opening of the report says."""
    return {
        "findings": findings.summary_of_findings(review),
        "key": findings.key_outcomes(review),
        "anchors": {name: update.anchor(review, name) for name in review.protocol["outcomes"]},
        "groups": front_groups.tables(review),
        "sure": sure(review),
        "changed": update.context(review),
    }


def sure(review: Review, *, limits: bool = True) -> list[str]:
    """How sure one can be: arms of trials, designs, spread of proportions and rates, few studies,
    agreement, what is not assessed, verdicts on claims, the first of the limits.
    """
    names = [name for name in review.protocol["outcomes"] if review.has_data(name)]
    rows = {name: review.result(name) for name in names}
    found = (
        _arms(review),
        _designs(review),
        _spread([row for name, row in rows.items() if review.kind_of(name).name == "proportion"]),
        _spread_of_rates(
            [row for name, row in rows.items() if review.kind_of(name).name == "rate"]
        ),
        _thin(review, rows),
        _agreement(review),
        _not_assessed(review),
        _verdicts(review),
        *review.protocol["review"].get("limits", [])[: int(limits)],
    )
    return [text for text in found if text]


def _arms(review: Review) -> str:
    told = words.arms_of_trials(review.rows("studies"))
    if not told:
        return ""
    if knows_trials(review):
        return told
    return f"{told} {say('Each arm counts as a study, as if independent of the others.')}"


def _designs(review: Review) -> str:
    """What the designs of the studies allow to say; nothing where they are not recorded."""
    designs = {row["study_id"]: row.get("design") for row in review.rows("studies")}
    if not any(designs.values()):
        return ""
    # a sheet of comparisons says so too, whatever the sheet of studies calls the study
    compared = {row["study_id"] for row in review.rows("ratios", row="trial")}
    randomised = sum(
        study in compared or (design or "").startswith("rct") for study, design in designs.items()
    )
    if randomised:
        return say(
            "{n} of {studies} is an arm of a randomised trial; the others have no comparison "
            "group, so they say how often, not whether the treatment is better than another."
            if randomised == 1
            else "{n} of {studies} are arms of randomised trials; the others have no comparison "
            "group, so they say how often, not whether the treatment is better than another.",
            n=numbers.count(randomised),
            studies=words.studies(len(designs)),
        )
    if set(designs.values()) <= {None, "single_arm", "real_world"}:
        return say(
            "No study has a comparison group: the results say how often, not whether the "
            "treatment is better than another."
        )
    return ""


def _spread(rows: list[Row]) -> str:
    known = [row for row in rows if row["pi_low"] is not None]
    wide = [row for row in known if words.is_wide(row["pi_low"], row["pi_high"])]
    if not wide:
        return ""
    return say(
        "What a new study will find is uncertain: for {n} of {outcomes} with a prediction interval "
        "it spans more than {points} percentage points, or odds that are more than {times} times "
        "apart.",
        points=numbers.percent(words.WIDE, 0),
        times=numbers.number(words.ODDS_WIDE, 0),
        n=numbers.count(len(wide)),
        outcomes=numbers.plural(len(known), "proportion"),
    )


def _spread_of_rates(rows: list[Row]) -> str:
    known = [row for row in rows if row["pi_low"] is not None]
    wide = [row for row in known if row["pi_high"] > words.ODDS_WIDE * row["pi_low"]]
    if not wide:
        return ""
    return say(
        "What a new study will find is uncertain: for {n} of {outcomes} with a prediction interval "
        "its upper end is more than {times} times its lower end.",
        times=numbers.number(words.ODDS_WIDE, 0),
        n=numbers.count(len(wide)),
        outcomes=numbers.plural(len(known), "rate"),
    )


def _thin(review: Review, rows: dict[str, Row]) -> str:
    thin = [name for name, row in rows.items() if row["k"] < FEW]
    if not thin:
        return ""
    if 1 < len(thin) == len(rows):
        return say(
            "All {n} outcomes with data rest on fewer than five studies and may move with the next "
            "report.",
            n=numbers.count(len(thin)),
        )
    return say(
        "{n} outcome rests on fewer than five studies and may move with the next report: {names}."
        if len(thin) == 1
        else "{n} outcomes rest on fewer than five studies and may move with the next report: "
        "{names}.",
        n=numbers.count(len(thin)),
        names=words.listing([within(review.outcome_label(name)) for name in thin]),
    )


def _agreement(review: Review) -> str:
    rows = review.rows("availability")
    if not rows:
        return ""
    available = [row for row in rows if row["status"] == "available"]
    extracted = [row for row in available if not review.is_derived(row["outcome"])]
    told = say(
        "{cells} (study by outcome) in the analysis, from two extractors"
        if review.two_extractors
        else "{cells} (study by outcome) in the analysis, from a single extractor",
        cells=numbers.plural(len(extracted), "cell"),
    )
    if review.two_extractors and review.single_values:
        told += say(
            "; {values} from sheets that only one of them filled",
            values=numbers.plural(review.single_values, "value"),
        )
    if held_out := review.held_out():
        n = numbers.count(len(held_out))
        told += say("; {n} held out (the report gives the reasons under Data quality)", n=n)
    return f"{told}."


def _not_assessed(review: Review) -> str:
    """What a guideline panel asks for and this review does not have."""
    lacking = []
    if not review.rows("search_flow"):
        lacking.append(say("the flow of a systematic search"))
    if not review.rows("risk_of_bias"):
        lacking.append(say("risk of bias of the studies"))
    if not review.rows("certainty"):
        lacking.append(say("certainty of the evidence (GRADE)"))
    if not review.rows("reporting_bias"):
        lacking.append(say("reporting bias"))
    if not review.sensitivity:
        lacking.append(say("how far single studies move the results"))
    if not lacking:
        return ""
    return say("Not assessed or not recorded: {things}.", things=words.listing(lacking))


def _verdicts(review: Review) -> str:
    told = []
    for text, quantities in CLAIMED:
        found = Counter(
            row["verdict"]
            for row in review.rows("claims")
            if review.published_claim(row["claim_id"])["quantity"] in quantities
        )
        named = [
            say(of, n=numbers.count(found[code])) for code, of in OF_VERDICT.items() if found[code]
        ]
        if named:
            told.append(say(text, verdicts=words.listing(named)))
    return say("Published claims: {claims}.", claims="; ".join(told)) if told else ""
