"""Randomised comparisons: hazard, odds, risk ratios, risk differences; printed or from counts."""

from singlearm.catalogue import Row
from singlearm.catalogue.language import mark, say

from . import ratio_words
from .base import Effects, Evidence, Kind, Pooling, Sheet
from .columns import EVIDENCE, LABEL, OUTCOME, VERIFIED, category, count, number, text
from .ratio_check import row_faults
from .rows import interval_text, plain, told

MEASURES = ("HR", "OR", "RR", "RD")
CUT = number(
    "followup_months",
    "months",
    0,
    600,
    "Median follow-up of the data cut; the latest cut of a trial and outcome is pooled",
    key=True,
)
COLUMNS = (
    LABEL,
    text("comparison", "The contrast, as A vs B", required="filled", key=True),
    OUTCOME,
    CUT,
    category("effect_measure", MEASURES, "Empty if only counts are given"),
    number("estimate", "ratio", -1, 1000, "Treatment against control"),
    number("ci_low", "ratio", -1, 1000, "Lower limit of the 95% interval"),
    number("ci_high", "ratio", -1, 1000, "Upper limit of the 95% interval"),
    count("events_treat", "Events, treatment"),
    count("n_treat", "Patients, treatment"),
    count("events_ctrl", "Events, control"),
    count("n_ctrl", "Patients, control"),
    *EVIDENCE,
    *VERIFIED,
)


def label(row: Row) -> str:
    """Outcome, contrast and data cut, for logs."""
    cut = row["followup_months"]
    when = "no cut given" if cut is None else f"{plain(cut)} months"
    return f"{row['outcome']}, {row['comparison']}, {when}"


def place(row: Row) -> str:
    """Contrast and data cut."""
    cut = row["followup_months"]
    when = say("no cut given") if cut is None else say("{n} months", n=told(cut))
    return f"{row['comparison']}, {when}"


def value_text(row: Row) -> str:
    """`HR 0.5 (0.3 to 0.8) 10/100 v 20/100`, for logs."""
    printed = ""
    if row["estimate"] is not None:
        measure = row["effect_measure"] or "?"
        printed = f"{measure} {told(row['estimate'])}{interval_text(row)}"
    treat, control = (
        f"{plain(row[f'events_{arm}']) or '?'}/{plain(row[f'n_{arm}']) or '?'}"
        for arm in ("treat", "ctrl")
    )
    counted = say("{treat} v {control}", treat=treat, control=control)
    return f"{printed} {counted}".strip()


SHEET = Sheet(
    "comparative",
    "adjudication_comparative",
    COLUMNS,
    fields=(
        "effect_measure", "estimate", "ci_low", "ci_high",
        "events_treat", "n_treat", "events_ctrl", "n_ctrl",
    ),
    label=label,
    place=place,
    text=value_text,
    check=row_faults,
    of_report=("study_id", "outcome"),  # a later cut, however worded, is in place of earlier ones
)  # fmt: skip


def pool(evidence: Evidence) -> list[Row]:
    """The rows of `ratios.csv`."""
    from .ratio_pool import ratio_rows

    outcomes = {n: o for n, o in evidence.outcomes.items() if o["kind"] in ("ratio", "proportion")}
    rows = evidence.sheets[SHEET.clean_table]
    return ratio_rows(rows, outcomes, evidence.trials, evidence.settings)


def effects(evidence: Evidence, outcome: str) -> Effects:
    """The trials' effects by the measure that leads."""
    from .ratio_pool import trial_effects

    rows = [r for r in evidence.sheets[SHEET.clean_table] if r["outcome"] == outcome]
    return trial_effects(rows, evidence.outcomes[outcome].get("measure"), evidence.trials)


KIND = Kind(
    "ratio",
    SHEET,
    table="ratios",
    measure=ratio_words.MEASURE,
    lead=ratio_words.lead,
    estimate=ratio_words.estimate,
    sentence=ratio_words.sentence,
    methods=ratio_words.methods,
    effects=effects,
    poolings={"ratios": Pooling((SHEET.clean_table, "studies"), pool)},
    title=mark("Randomised comparisons"),
    about=mark(
        "The only comparisons within trials. HR: hazard ratio, OR: odds ratio, RR: risk ratio. "
        "Below 1 the outcome is rarer, or comes later, in the treated group than in the control "
        "group; above 1 it is more frequent, or comes sooner. A common-effect interval assumes "
        "that trials do not differ; with two or three trials a random-effects interval is very "
        "wide, as so few say little about how much trials differ."
    ),
)
