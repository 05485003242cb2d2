"""The figures of a whole version: outcomes, groups, models, times, trials, claims, the evidence."""

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
from singlearm.kinds import KINDS, curve, rate, survival
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
    data = Data(params.version, params.data_hash)
    words = StudyWords.of(params.studies)
    models = [FigureModel.of(*item) for item in params.models.items()]
    model = next(one for one in models if one.name == params.model)
    outcomes = _outcomes(params, "proportion")
    pooled = read_table(inputs.pooled, "pooled")
    subgroups = read_table(inputs.subgroups, "subgroups")
    tests = read_table(inputs.subgroup_tests, "subgroup_tests")
    studies = read_table(inputs.studies, "studies")
    labels = study_labels(studies)
    ratios = read_table(inputs.ratios, "ratios")
    claims = read_table(inputs.claims, "published_claims") if inputs.get("claims") else []
    audit = read_table(inputs.audit, "claims")
    both_models = tuple(
        next(one for one in models if one.name == name)
        for name in (params.paper_model, params.model)
    )
    available = read_table(inputs.availability, "availability")
    overview = overview_marks(pooled, outcomes, model, data, headline=params.headline)
    groups = groups_marks(
        subgroups, tests, outcomes, params.subgroups, model, data, headline=params.headline
    )
    drawn: dict[str, Drawing] = {
        "overview": (draw_forest, overview),
        "groups": (draw_groups, groups),
        "models": (draw_compare, models_marks(pooled, outcomes, models, model.name, data)),
        "ratios": (draw_forest, ratios_marks(ratios, labels, params.outcomes, data)),
        "claims": (draw_compare, claims_marks(claims, audit, pooled, subgroups, both_models, data)),
        "evidence_map": (draw_evidence, evidence_marks(studies, labels, words, data)),
        "timeline": (draw_timeline, timeline_marks(studies, words, data)),
        "availability": (
            draw_availability,
            availability_marks(available, labels, params.outcomes, data),
        ),
        "prisma": _flow(inputs, data),
        "risk_of_bias": _risk_of_bias(inputs, labels, data),
    }
    durations, times = read_table(inputs.durations, "durations"), read_table(inputs.times, "times")
    followup = {row["study_id"]: row.get("median_followup_months") for row in studies}
    for outcome in _outcomes(params, "time"):
        marks = times_marks(durations, times, labels, outcome, data, followup)
        drawn[f"times_{outcome.name}"] = (draw_forest, marks)
    return drawn | _survival(inputs, params, labels, data) | _rates(inputs, params, labels, data)


def _survival(inputs, params, labels: dict[str, str], data: Data) -> dict[str, Drawing]:
    """Forests of fixed times, curves, and the curve from all evidence."""
    drawn: dict[str, Drawing] = {}
    landmarks, curves = (_outcomes(params, kind) for kind in ("landmark", "curve"))
    tables = {
        name: read_table(inputs[name], name)
        for name in ("landmark_studies", "landmarks", "curves", "curve_summary", "survival_model")
        if inputs.get(name)
    }
    for outcome in landmarks:
        found = tables["landmark_studies"], tables["landmarks"]
        marks = landmark_marks(*found, labels, outcome, data)
        drawn[f"landmark_{outcome.name}"] = (draw_forest, marks)
    for outcome in curves:
        rows = [row for row in tables["curve_summary"] if row["outcome"] == outcome.name]
        lead = KINDS["curve"].lead(rows, {})
        median = curve.median_words(lead) if lead and lead["k"] else ""
        words = say("Summary: {median}", median=median) if median else ""
        found = tables["curves"], tables["curve_summary"]
        marks = curves_marks(*found, labels, outcome, data, words)
        drawn[f"curve_{outcome.name}"] = (draw_curves, marks)
    for outcome in _outcomes(params, "survival"):
        rows = [row for row in tables["survival_model"] if row["outcome"] == outcome.name]
        lead = KINDS["survival"].lead(rows, {})
        leading = [row for row in rows if lead and row["model"] == lead["model"]]
        words = survival.curve_words(lead) if lead and lead["k"] else ""
        marks = points_marks(leading, labels, outcome, data, words)
        drawn[f"survival_{outcome.name}"] = (draw_curves, marks)
    return drawn


def _rates(inputs, params, labels: dict[str, str], data: Data) -> dict[str, Drawing]:
    """A forest for each outcome of rates."""
    outcomes = _outcomes(params, "rate")
    if not outcomes:
        return {}
    studies = rate.study_rates(read_table(inputs.rate_values, "rate_values"))
    pooled = read_table(inputs.rates, "rates")
    return {
        f"rate_{outcome.name}": (draw_forest, rates_marks(studies, pooled, labels, outcome, data))
        for outcome in outcomes
    }


def _outcomes(params, kind: str) -> list[Outcome]:
    return [Outcome.of(*item) for item in params.outcomes.items() if item[1]["kind"] == kind]


def _flow(inputs, data: Data) -> Drawing:
    rows = read_table(inputs.search_flow, "search_flow")
    if not rows:
        return draw_forest, _no_sheet("search_flow", say("Flow of records and studies"), data)
    try:
        return draw_flow, flow_marks(rows, data)
    except FlowError as error:
        raise StepError(str(error)) from error


def _no_sheet(sheet: str, title: str, data: Data) -> ForestMarks:
    text = say("The layers of this version have no sheet {sheet}.", sheet=sheet)
    return notice_marks(title, text, data)


def _risk_of_bias(inputs, labels: dict[str, str], data: Data) -> Drawing:
    rows = read_table(inputs.risk_of_bias, "risk_of_bias")
    if not rows:
        return draw_forest, _no_sheet("risk_of_bias", say("Risk of bias"), data)
    return draw_risk_of_bias, risk_of_bias_marks(rows, labels, data)


if __name__ == "__main__":
    main(snakemake, run)
