"""The figures of a whole version: outcomes, groups, models, times, trials, claims, the evidence."""

from functools import cache

from singlearm.catalogue import Row
from singlearm.catalogue.language import say
from singlearm.catalogue.tables import read_table
from singlearm.figures.draw.availability import draw_availability
from singlearm.figures.draw.compare import draw_compare
from singlearm.figures.draw.curves import draw_curves
from singlearm.figures.draw.evidence import draw_evidence, draw_timeline
from singlearm.figures.draw.flow import draw_flow
from singlearm.figures.draw.forest import draw_forest
from singlearm.figures.draw.groups import draw_groups
from singlearm.figures.draw.risk import draw_risk_of_bias
from singlearm.figures.marks.availability import availability_marks
from singlearm.figures.marks.compare import claims_marks, models_marks
from singlearm.figures.marks.evidence import evidence_marks, timeline_marks
from singlearm.figures.marks.flow import FlowError, flow_marks
from singlearm.figures.marks.forest import ForestMarks, notice_marks
from singlearm.figures.marks.groups import groups_marks
from singlearm.figures.marks.inputs import Data, FigureModel, Outcome, StudyWords
from singlearm.figures.marks.landmarks import landmark_marks
from singlearm.figures.marks.other_forests import ratios_marks, times_marks
from singlearm.figures.marks.overview import overview_marks
from singlearm.figures.marks.rates import rates_marks
from singlearm.figures.marks.risk import risk_of_bias_marks
from singlearm.figures.marks.survival import curves_marks, points_marks
from singlearm.figures.save import Drawing, save_outputs
from singlearm.kinds import curve, rate, survival
from singlearm.sheets.labels import study_labels
from singlearm.step import StepError, main

#: The figures of every version, in the order of `figures`; the rule makes its outputs from these.
NAMES = (
    "overview",
    "groups",
    "models",
    "ratios",
    "claims",
    "evidence_map",
    "timeline",
    "availability",
    "prisma",
    "risk_of_bias",
)


def run(inputs, outputs, params):
    """Draw each figure; one that does not apply to the version is a page that says so."""
    for name, drawing in figures(inputs, params).items():
        save_outputs(drawing, outputs, f"{name}_")


def figures(inputs, params) -> dict[str, Drawing]:
    """Figure name to its drawing and marks."""
    table = cache(lambda name: read_table(inputs[name], name))
    data, words = Data(params.version, params.data_hash), StudyWords.of(params.studies)
    models = {name: FigureModel.of(name, settings) for name, settings in params.models.items()}
    model, both = models[params.model], (models[params.paper_model], models[params.model])
    outcomes = _outcomes(params, "proportion")
    pooled, subgroups, studies = (table(name) for name in ("pooled", "subgroups", "studies"))
    labels = study_labels(studies)
    claims = read_table(inputs.claims, "published_claims") if inputs.get("claims") else []
    audit = read_table(inputs.audit, "claims")
    overview = overview_marks(pooled, outcomes, model, data, headline=params.headline)
    rest = (outcomes, params.subgroups, model, data)
    groups = groups_marks(subgroups, table("subgroup_tests"), *rest, headline=params.headline)
    compared = models_marks(pooled, outcomes, tuple(models.values()), model.name, data)
    available = availability_marks(table("availability"), labels, params.outcomes, data)
    drawn: dict[str, Drawing] = {
        "overview": (draw_forest, overview),
        "groups": (draw_groups, groups),
        "models": (draw_compare, compared),
        "ratios": (draw_forest, ratios_marks(table("ratios"), labels, params.outcomes, data)),
        "claims": (draw_compare, claims_marks(claims, audit, pooled, subgroups, both, data)),
        "evidence_map": (draw_evidence, evidence_marks(studies, labels, words, data)),
        "timeline": (draw_timeline, timeline_marks(studies, words, data)),
        "availability": (draw_availability, available),
        "prisma": _flow(table("search_flow"), data),
        "risk_of_bias": _risk_of_bias(table("risk_of_bias"), labels, data),
    }
    followup = {row["study_id"]: row.get("median_followup_months") for row in studies}
    for outcome in _outcomes(params, "time"):
        found = table("durations"), table("times")
        marks = times_marks(*found, labels, outcome, data, followup)
        drawn[f"times_{outcome.name}"] = (draw_forest, marks)
    for outcome in _outcomes(params, "rate"):
        found = rate.study_rates(table("rate_values")), table("rates")
        drawn[f"rate_{outcome.name}"] = (draw_forest, rates_marks(*found, labels, outcome, data))
    return drawn | _survival(table, params, labels, data)


def _survival(table, params, labels: dict[str, str], data: Data) -> dict[str, Drawing]:
    """Forests of fixed times, curves, and the curve from all evidence."""
    drawn: dict[str, Drawing] = {}
    for outcome in _outcomes(params, "landmark"):
        found = table("landmark_studies"), table("landmarks")
        marks = landmark_marks(*found, labels, outcome, data)
        drawn[f"landmark_{outcome.name}"] = (draw_forest, marks)
    for outcome in _outcomes(params, "curve"):
        rows = [row for row in table("curve_summary") if row["outcome"] == outcome.name]
        lead = curve.lead(rows, {})
        median = curve.median_words(lead) if lead and lead["k"] else ""
        words = say("Summary: {median}", median=median) if median else ""
        marks = curves_marks(table("curves"), rows, labels, outcome, data, words)
        drawn[f"curve_{outcome.name}"] = (draw_curves, marks)
    for outcome in _outcomes(params, "survival"):
        rows = [row for row in table("survival_model") if row["outcome"] == outcome.name]
        lead = survival.lead(rows, {})
        leading = [row for row in rows if lead and row["model"] == lead["model"]]
        words = survival.curve_words(lead) if lead and lead["k"] else ""
        marks = points_marks(leading, labels, outcome, data, words)
        drawn[f"survival_{outcome.name}"] = (draw_curves, marks)
    return drawn


def _outcomes(params, kind: str) -> list[Outcome]:
    return [Outcome.of(*item) for item in params.outcomes.items() if item[1]["kind"] == kind]


def _flow(rows: list[Row], data: Data) -> Drawing:
    if not rows:
        return draw_forest, _no_sheet("search_flow", say("Flow of records and studies"), data)
    try:
        return draw_flow, flow_marks(rows, data)
    except FlowError as error:
        raise StepError(str(error)) from error


def _no_sheet(sheet: str, title: str, data: Data) -> ForestMarks:
    text = say("The layers of this version have no sheet {sheet}.", sheet=sheet)
    return notice_marks(title, text, data)


def _risk_of_bias(rows: list[Row], labels: dict[str, str], data: Data) -> Drawing:
    if not rows:
        return draw_forest, _no_sheet("risk_of_bias", say("Risk of bias"), data)
    return draw_risk_of_bias, risk_of_bias_marks(rows, labels, data)


if __name__ == "__main__":
    main(snakemake, run)
