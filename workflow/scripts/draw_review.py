"""The figures of a whole version: outcomes, groups, models, times, trials, claims, the evidence."""

from singlearm.catalogue.tables import read_table
from singlearm.figures.draw.compare import draw_compare
from singlearm.figures.draw.evidence import draw_evidence, draw_timeline
from singlearm.figures.draw.flow import draw_flow
from singlearm.figures.draw.forest import draw_forest
from singlearm.figures.draw.groups import draw_groups
from singlearm.figures.draw.risk import draw_risk_of_bias
from singlearm.figures.marks.compare import claims_marks, models_marks
from singlearm.figures.marks.evidence import evidence_marks, timeline_marks
from singlearm.figures.marks.flow import FlowError, flow_marks
from singlearm.figures.marks.forest import notice_marks
from singlearm.figures.marks.groups import groups_marks
from singlearm.figures.marks.other_forests import ratios_marks, times_marks
from singlearm.figures.marks.overview import overview_marks
from singlearm.figures.marks.risk import risk_of_bias_marks
from singlearm.figures.save import save_marks
from singlearm.sheets.labels import study_labels
from singlearm.step import StepError, main


def run(inputs, outputs, params):
    """Draw each figure; one that does not apply to the version is a page that says so."""
    for name, (draw, marks) in figures(inputs, params).items():
        paths = {kind: outputs[f"{name}_{kind}"] for kind in ("svg", "pdf", "png")}
        save_marks(draw, marks, **paths)


def figures(inputs, params):
    """Figure name to its drawing and marks."""
    data = {"version": params.version, "data_hash": params.data_hash}
    proportions = {n: o for n, o in params.outcomes.items() if o["kind"] == "proportion"}
    model = params.model
    common = {
        "outcomes": proportions,
        "model": model,
        "model_label": params.models[model].get("label", model),
        **data,
    }
    pooled, subgroups = (
        read_table(inputs.pooled, "pooled"),
        read_table(inputs.subgroups, "subgroups"),
    )
    tests, studies = (
        read_table(inputs.tests, "subgroup_tests"),
        read_table(inputs.studies, "studies"),
    )
    labels = study_labels(studies)
    drawn = {
        "overview": (draw_forest, overview_marks(pooled, **common)),
        "groups": (
            draw_groups, groups_marks(subgroups, tests, groupings=params.subgroups, **common)
        ),
        "models": (
            draw_compare,
            models_marks(
                pooled, outcomes=proportions, models=params.models, primary=model, **data
            ),
        ),
        "ratios": (
            draw_forest,
            ratios_marks(
                read_table(inputs.ratios, "ratios"), labels, outcomes=params.outcomes, **data
            ),
        ),
        "claims": (draw_compare, _claims(inputs, params, pooled, subgroups, data)),
        "evidence_map": (draw_evidence, evidence_marks(studies, labels, **data)),
        "timeline": (draw_timeline, timeline_marks(studies, **data)),
        "prisma": _flow(inputs, data),
        "risk_of_bias": _risk_of_bias(inputs, labels, data),
    }  # fmt: skip
    durations, times = read_table(inputs.durations, "durations"), read_table(inputs.times, "times")
    for name, outcome in params.outcomes.items():
        if outcome["kind"] == "time":
            drawn[f"times_{name}"] = (
                draw_forest,
                times_marks(
                    durations, times, labels, outcome=name, label=outcome["label"], **data
                ),
            )  # fmt: skip
    return drawn


def _claims(inputs, params, pooled, subgroups, data):
    claims = read_table(inputs.claims, "published_claims") if inputs.get("claims") else []
    return claims_marks(
        claims,
        read_table(inputs.audit, "claims"),
        pooled,
        subgroups,
        paper_model=params.paper_model,
        primary=params.model,
        **data,
    )


def _flow(inputs, data):
    rows = read_table(inputs.search_flow, "search_flow")
    if not rows:
        text = "The layers of this version have no sheet search_flow."
        return draw_forest, notice_marks("prisma", "Flow of records and studies", text, **data)
    try:
        return draw_flow, flow_marks(rows, **data)
    except FlowError as error:
        raise StepError(str(error)) from error


def _risk_of_bias(inputs, labels, data):
    rows = read_table(inputs.risk_of_bias, "risk_of_bias")
    if not rows:
        text = "The layers of this version have no sheet risk_of_bias."
        return draw_forest, notice_marks("risk_of_bias", "Risk of bias", text, **data)
    return draw_risk_of_bias, risk_of_bias_marks(rows, labels, **data)


if __name__ == "__main__":
    main(snakemake, run)
