"""The drawing scripts, called as the workflow calls them, on tables as it writes them."""

import hashlib
from pathlib import Path
from xml.etree import ElementTree

import invented
import pytest

import cases
import draw_outcome
import draw_review
from singlearm.catalogue import numbers
from singlearm.catalogue.tables import columns, read_table, write_table
from singlearm.step import Outputs as Named
from singlearm.step import StepError

MODELS = {
    "glmm": {"label": "Some model", "likelihood": "binomial_normal"},
    "logit_dl": {"likelihood": "normal", "tau2": "DL"},
}
STUDIES = {"size": "n_infused", "size_label": "patients infused", "group": "target_antigens"}


FORMATS = ("svg", "pdf", "png")
#: What the SVG of a figure without content carries.
NOTICE = 'id="notice"'
REVIEW = (
    "overview", "groups", "models", "ratios", "claims", "evidence_map", "timeline", "prisma",
    "availability", "risk_of_bias", "times_median_pfs",
)  # fmt: skip


def outputs_in(folder, *names):
    return {
        f"{name}_{kind}": str(Path(folder, f"{name}.{kind}")) for name in names for kind in FORMATS
    }


SENSITIVITY_FIGURES = (
    "leave_one_out", "cumulative", "influence", "gosh", "multiverse", "calibration",
)  # fmt: skip
SENSITIVITY = (*SENSITIVITY_FIGURES, "gosh_studies", "multiverse_summary")
SHEETS = (
    "studies", "durations", "times", "ratios", "search_flow", "risk_of_bias", "availability",
)  # fmt: skip


@pytest.fixture
def tables(tmp_path):
    """Paths of all tables of a small review, written as the workflow writes them."""
    rows = invented.effects(7)
    other = invented.pooled(rows) | {"model": "logit_dl", "estimate": 0.123}
    cells = [
        dict.fromkeys(columns("cells")) | {name: row[name] for name in ("study_id", "label")}
        | {"product": f"Product {row['total'] % 3}", "year": row["year"]}
        for row in rows
    ]  # fmt: skip
    blank = {kind: dict.fromkeys(columns(kind)) for kind in SHEETS}
    sheets = {
        "studies": [
            blank["studies"]
            | {
                "study_id": r["study_id"],
                "first_author": "Who",
                "year": r["year"],
                "n_infused": r["total"],
                "target_antigens": "A",
            }
            for r in rows
        ],
        "durations": [blank["durations"] | row for row in cases.durations(rows)],
        "times": [blank["times"] | row for row in cases.pooled_times()],
        "ratios": [blank["ratios"] | row for row in cases.ratios(rows[:2])],
        "claims": [],
        "regression": [],
        "search_flow": [blank["search_flow"] | row for row in cases.flow_rows(rows)],
        "availability": [
            blank["availability"] | row for row in cases.reported(rows, ["orr", "pfs"])
        ],
        "risk_of_bias": [blank["risk_of_bias"] | row for row in cases.judgements(rows)],
    }
    content = {kind: (kind, lines) for kind, lines in sheets.items()} | {
        "cells": ("cells", cells),
        "effects": ("effects", rows),
        "pooled": ("pooled", [other, invented.pooled(rows)]),
        "subgroups": ("subgroups", invented.subgroups(rows)),
        "subgroup_tests": ("subgroup_tests", invented.tests()),
    }
    for name, (kind, lines) in content.items():
        lacking = dict.fromkeys(columns(kind))
        write_table(tmp_path / f"{name}.csv", kind, [lacking | line for line in lines])
    return Named(**{name: str(tmp_path / f"{name}.csv") for name in content})


def outcome_params(**changes):
    values = {
        "outcome": "orr", "outcome_settings": invented.SETTINGS, "model": "glmm", "models": MODELS,
        "by": "target_class", "by_settings": {"label": "Target", "levels": ["single", "dual"]},
        "figure": {"columns": ["product"], "sort": "weight"}, "version": "2021.1",
        "moderators": {"year": {"from": "year", "kind": "continuous"}}, "headline": "typical",
        "studies": STUDIES,
    }  # fmt: skip
    return Named(**values | changes)


def test_draw_outcome_writes_the_primary_models_forest_in_three_formats(tables, tmp_path):
    outputs = outputs_in(tmp_path, "forest", "regression")
    draw_outcome.run(tables, Named(**outputs), outcome_params())
    svg = Path(outputs["forest_svg"]).read_text(encoding="utf-8")
    sha256 = hashlib.sha256(Path(tables.cells).read_bytes()).hexdigest()
    texts = ("Overall response", "Some model", "Target: single", "Product 1", "Randomisation")
    for text in (*texts, f"sha256 of the cells {sha256[:12]}"):
        assert text in svg
    assert "12.3" not in svg
    assert "no line: not fitted" in Path(outputs["regression_svg"]).read_text(encoding="utf-8")
    assert all(Path(path).stat().st_size > 1000 for path in outputs.values())


def test_the_svg_says_the_numbers_of_the_tables(tables, tmp_path):
    outputs = outputs_in(tmp_path, "forest", "regression")
    draw_outcome.run(tables, Named(**outputs), outcome_params(by_settings=None, figure={}))
    root = ElementTree.parse(outputs["forest_svg"]).getroot()
    texts = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
    ours = [row for row in read_table(tables.pooled, "pooled") if row["model"] == "glmm"]
    levels = {f"Subgroup: {r['level']}": r for r in read_table(tables.subgroups, "subgroups")}
    pooled = {"All studies": ours[0]} | {name: r for name, r in levels.items() if r["k"] > 1}
    assert len(pooled) == 2
    for label, row in pooled.items():
        start = texts.index(label)
        assert texts[start + 1 : start + 4] == [
            numbers.events_total(row["events"], row["total"]),
            numbers.percent(row["estimate"]),
            numbers.percent_interval(row["ci_low"], row["ci_high"]),
        ]
    for row in read_table(tables.effects, "effects"):
        start = texts.index(row["label"])
        assert texts[start + 1 : start + 5] == [
            numbers.events_total(row["events"], row["total"]),
            numbers.percent(row["proportion"]),
            numbers.percent_interval(row["ci_low"], row["ci_high"]),
            numbers.weight(float(row["weight_glmm"])),
        ]


def test_a_wrong_column_stops_the_step_with_those_that_there_are(tables, tmp_path):
    outputs = Named(**outputs_in(tmp_path, "forest"))
    wrong = outcome_params(figure={"columns": ["setting"]})
    with pytest.raises(StepError, match=r"'setting' is no column of studies: .*product"):
        draw_outcome.run(tables, outputs, wrong)


def test_what_has_no_outputs_is_not_drawn(tables, tmp_path):
    for kind in SENSITIVITY:
        write_table(tmp_path / f"{kind}.csv", kind, [])
        tables[kind] = str(tmp_path / f"{kind}.csv")
    outputs = outputs_in(tmp_path / "drawn", *SENSITIVITY_FIGURES)
    draw_outcome.run(tables, Named(**outputs), outcome_params())
    for name in SENSITIVITY_FIGURES:
        assert NOTICE in Path(outputs[f"{name}_svg"]).read_text(encoding="utf-8"), name
    assert not Path(tmp_path / "drawn", "forest.svg").exists()


def review_params():
    outcomes = {"orr": invented.SETTINGS, "median_pfs": {"label": "Time", "kind": "time"}}
    return Named(
        outcomes=outcomes | cases.RATIO_OUTCOMES, model="glmm", models=MODELS, version="2021.1",
        data_hash="abc123", paper_model="logit_dl", headline="typical", studies=STUDIES,
        subgroups={"target_class": {"label": "Target", "levels": ["single", "dual"]}},
    )  # fmt: skip


def drawn_review(tables, folder):
    tables["audit"], tables["claims"] = tables["claims"], []
    outputs = outputs_in(folder, *REVIEW)
    draw_review.run(tables, Named(**outputs), review_params())
    assert all(Path(path).stat().st_size > 1000 for path in outputs.values())
    return {name: Path(outputs[f"{name}_svg"]).read_text(encoding="utf-8") for name in REVIEW}


def test_draw_review_writes_every_figure(tables, tmp_path):
    drawn = drawn_review(tables, tmp_path)
    for name, text in {
        "overview": "Benefit (higher is better)", "groups": "p = 0.13", "models": "logit_dl",
        "ratios": "hazard ratio as printed", "evidence_map": "Patients", "timeline": "came in",
        "prisma": "Records screened: 70", "availability": "Studies with it",
        "risk_of_bias": "RoB 2", "times_median_pfs": "n/r",
    }.items():  # fmt: skip
        assert text in drawn[name], name
        assert "abc123" in drawn[name]
        assert NOTICE not in drawn[name]


def test_a_figure_without_its_sheet_says_so(tables, tmp_path):
    for kind in ("search_flow", "risk_of_bias", "ratios", "durations", "availability"):
        write_table(getattr(tables, kind), kind, [])
    drawn = drawn_review(tables, tmp_path)
    for name, text in {
        "prisma": "have no sheet search_flow", "risk_of_bias": "have no sheet risk_of_bias",
        "ratios": "no randomised comparison", "times_median_pfs": "reports this outcome",
        "claims": "No published percentage", "availability": "No study and outcome is recorded",
    }.items():  # fmt: skip
        assert text in drawn[name], name
        assert NOTICE in drawn[name]


def test_a_flow_that_does_not_add_up_stops_the_step_with_its_sums(tables, tmp_path):
    rows = read_table(tables.search_flow, "search_flow")
    rows = [row | {"count": 71} if row["box"] == "screened" else row for row in rows]
    write_table(tables.search_flow, "search_flow", rows)
    with pytest.raises(StepError, match="screened says 71"):
        drawn_review(tables, tmp_path)
