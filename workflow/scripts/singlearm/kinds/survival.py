"""One survival curve from all evidence of an end point: curves, fixed times and medians."""

from collections.abc import Iterator, Sequence

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say

from . import base, curve, landmark, time
from .base import Evidence, Kind, Pooling, Settings, headline

SOURCES = (curve.SHEET.clean_table, landmark.SHEET.clean_table, time.SHEET.clean_table)
#: Lines over log time that are fitted, by their scale.
MODELS = {"cloglog": mark("Weibull, random effects"), "logit": mark("Log-logistic, random effects")}


def pool(evidence: Evidence) -> Iterator[Row]:
    """The rows of `survival_model.csv`."""
    from .survival_pool import model_rows

    return model_rows(evidence)


def shown(row: Row) -> bool:
    """Median, restricted mean, and survival at the horizons."""
    return row["quantity"] in ("median", "restricted_mean") or bool(row["at_horizon"])


def lead(rows: Sequence[Row], _: Settings) -> Row | None:
    """The median under the model that fits best, with what else there is to say."""
    best = max(rows, key=lambda row: (row["loglik"] is not None, row["loglik"] or 0), default=None)
    if best is None:
        return None
    own = [row for row in rows if row["model"] == best["model"]]
    row = next(row for row in own if row["quantity"] == "median")
    return headline(row) | {"others": [o for o in own if shown(o) and o is not row]}


def counts(row: Row) -> str:
    """`9 studies, 512 patients; 21 points reported`: of curves, fixed times and medians."""
    points = say(
        "{n} point reported" if row["points"] == 1 else "{n} points reported",
        n=numbers.count(row["points"]),
    )
    return f"{base.counts(row)}; {points}"


def sentence(row: Row, label: str) -> str:
    """Median, survival at the horizons and restricted mean of the median study."""
    if not row["k"] or not row["points"]:  # nothing was fitted; a median may lie beyond all times
        return say("{label}: too little is reported for a curve.", label=label)
    of = say("curve of the only study" if row["k"] == 1 else "curve of the median study")
    model = say(MODELS[row["model"]])
    return f"{label}: {'; '.join(curve.parts(row))}; {of}, {model}, {counts(row)}."


def curve_words(row: Row) -> str:
    """`Weibull, random effects: median 44.1 months (95% CI 32.2 to 67.8); 9 studies, ...`."""
    return f"{say(MODELS[row['model']])}: {curve.median_words(row)}; {counts(row)}"


def methods(_: Settings) -> str:
    """How the model is built."""
    return say(
        "What studies report of one end point - curves, survival at fixed times, medians - are "
        "points of their survival functions. A straight line over log time on the complementary "
        "log-log scale (Weibull) or the logit scale (log-logistic), with random effects of "
        "studies, was fitted to all points by REML [@arends2008]; the points of a study are "
        "dependent; a study enters with its curve, else its fixed times, else its median. Fixed "
        "times may come from several data cuts of a study; a later one that is not lower than an "
        "earlier one is left out. The scale that fits better leads. "
        "The prediction band allows for the uncertainty of the line and of the spread between "
        "studies [@nagashima2019]."
    )


KIND = Kind(
    "survival",
    landmark.SHEET,
    table="survival_model",
    measure=curve.MEASURE,
    lead=lead,
    counts=counts,
    estimate=curve.estimate,
    sentence=sentence,
    methods=methods,
    poolings={"survival_model": Pooling((*SOURCES, "studies"), pool)},
    shown=shown,
    models=MODELS,
    title=mark("Survival from all evidence"),
    about=mark(
        "One curve from every study that gives a number of it. It rests on the shape of the "
        "model where few studies report: compare it with what the studies print themselves."
    ),
    derived=True,
)
