"""Survival at a fixed time: the probability of being event-free, as printed with its interval."""

from collections.abc import Iterator, Sequence

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say

from . import base
from .base import Effects, Evidence, Kind, Pooling, Settings, Sheet, headline, interval_word
from .columns import LABEL, OUTCOME, SOURCE, VERIFIED, count, number
from .landmark_check import row_faults, tab_faults, within
from .measure import Measure
from .rows import interval_text, plain, told

COLUMNS = (
    LABEL,
    OUTCOME,
    number(
        "months", "months", 0, 1200, "Time since the start of follow-up", required="filled",
        key=True,
    ),
    number(
        "value_percent", "percent", 0, 100, "Kaplan-Meier estimate at that time; no crude rate",
        required="filled",
    ),
    number("ci_low", "percent", 0, 100, "Lower limit of the 95% interval"),
    number("ci_high", "percent", 0, 100, "Upper limit of the 95% interval"),
    count("n", "Patients behind the curve", minimum=1),
    count("n_at_risk", "Patients at risk at that time"),
    *SOURCE,
    *VERIFIED,
)  # fmt: skip


def label(row: Row) -> str:
    """`pfs, 12 months`, for logs."""
    return f"{row['outcome']}, {plain(row['months'])} months"


def place(row: Row) -> str:
    """`12 months`."""
    return say("{n} months", n=told(row["months"]))


def text(row: Row) -> str:
    """`78.8% (68.6 to 86), n=103`, for logs."""
    return f"{told(row['value_percent'])}%{interval_text(row)}, n={plain(row['n']) or '?'}"


SHEET = Sheet(
    "landmarks",
    "adjudication_landmarks",
    COLUMNS,
    fields=("value_percent", "ci_low", "ci_high", "n", "n_at_risk"),
    label=label,
    place=place,
    text=text,
    check=row_faults,
    counted="n",
    counted_severity="warning",
    by_end_point=True,
    within=within,
    check_all=tab_faults,
    clean="landmark_values",
)

MEASURE = Measure("percent", mark("%"), mark(" percentage points"), moves="proportion")
#: Models in the order of reading; both of REML have modified Hartung-Knapp intervals.
MODELS = {
    "cloglog_reml_hk": mark("Log-log scale, REML"),
    "cloglog_bayes": mark("Log-log scale, Bayesian"),
    "logit_reml_hk": mark("Logit scale, REML"),
}


def pool(evidence: Evidence) -> Iterator[Row]:
    """The rows of `landmarks.csv`."""
    from .landmark_pool import pooled_rows

    return pooled_rows(evidence)


def pool_studies(evidence: Evidence) -> Iterator[Row]:
    """The rows of `landmark_studies.csv`."""
    from .landmark_pool import study_rows

    return study_rows(evidence)


def effects(evidence: Evidence, outcome: str) -> Effects:
    """Complementary log-log survival of each study."""
    from .landmark_pool import study_effects

    return study_effects(evidence, outcome)


#: The model whose intervals are credible ones.
BAYES = "cloglog_bayes"
#: With fewer studies tau cannot be estimated and the posterior under a weakly informative prior
#: leads, as it does for ratios: Bender et al. (2018), Res Synth Methods 9:382.
FEW_STUDIES = 5


def lead(rows: Sequence[Row], _: Settings) -> Row | None:
    """The row of the first model in the order of reading; of few studies the Bayesian one."""
    by_model = {row["model"]: row for row in rows}
    row = by_model.get("cloglog_reml_hk")
    if row is not None and 1 < row["k"] < FEW_STUDIES:
        row = by_model.get("cloglog_bayes", row)
    if row is not None and row["model"] == BAYES:
        row = row | {"interval": "CrI"}
    return row and headline(row, of="" if row["k"] == 1 else "typical")


def sentence(row: Row, label: str) -> str:
    """`Progression-free at 12 months: 74.5% (95% CI 69.1 to 79.3), median study; 6 studies ...`."""
    if row["value"] is None:
        return say("{label}: no estimate; {counts}.", label=label, counts=base.counts(row))
    said = MEASURE.text(row["value"], row["low"], row["high"], interval_word(row))
    of = say("the only study" if row["k"] == 1 else "median study")
    if row["model"] != "cloglog_reml_hk":
        of = say("{of}, with a weak prior on the differences", of=of)
    text = f"{label}: {said}, {of}; {base.counts(row)}."
    if row["from_n"] and row["half_n"] is not None:
        halved = MEASURE.text(
            row["half_n"], row["half_n_low"], row["half_n_high"], interval_word(row)
        )
        assumed = say(
            "Of one study the source prints no interval; if its patients counted half, it would be "
            "{result}."
            if row["from_n"] == 1
            else "Of {n} the source prints no interval; if their patients counted half, it would "
            "be {result}.",
            n=numbers.count(row["from_n"]),
            result=halved,
        )
        text += f" {assumed}"
    return text


def methods(_: Settings) -> str:
    """How survival at fixed times is pooled."""
    return say(
        "Probabilities of being event-free at a fixed time were pooled on the complementary "
        "log-log scale (on the logit scale as a check), random effects by REML, with modified "
        "Hartung-Knapp intervals [@hartung2001] and prediction intervals that allow for the "
        "uncertainty of mean and spread [@nagashima2019]; beside it stands a Bayesian model with a "
        "half-normal prior of scale 0.5 on tau, which leads where there are two to four studies "
        "[@bender2018]. A study's standard error comes from its printed interval, or from the one "
        "limit that is printed; where none is printed, from the number at risk at that time, else "
        "from its number of patients times the median ratio of effective to printed numbers among "
        "the studies that print an interval, at most 1, and 1 where none does. One limit may stand "
        "for more patients than the study has. A study enters an outcome with one time."
    )


KIND = Kind(
    "landmark",
    SHEET,
    table="landmarks",
    models=MODELS,
    measure=MEASURE,
    lead=lead,
    sentence=sentence,
    methods=methods,
    effects=effects,
    poolings={
        "landmarks": Pooling((SHEET.clean_table,), pool),
        "landmark_studies": Pooling((SHEET.clean_table,), pool_studies),
    },
    title=mark("Survival at fixed times"),
    about=mark(
        "Kaplan-Meier estimates as the studies print them, each study once: only those that print "
        "one for that time, which may differ from the others. What may be a crude rate is named "
        "under Data quality. Where a study prints no interval its weight is assumed; it is "
        "said what comes of half the number of its patients."
    ),
)
