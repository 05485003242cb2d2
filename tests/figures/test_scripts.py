"""The two drawing scripts, called as the workflow calls them, on tables as it writes them."""

from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import invented
import pytest

import draw_outcome
import draw_overview
from pipeline import numbers
from pipeline.tables import columns, read_table, write_table

MODELS = {"glmm": {"label": "Some model"}, "logit_dl": {}}


class Named(SimpleNamespace):
    """Stands in for the workflow's lists of named paths and values."""

    def get(self, name, default=None):
        return getattr(self, name, default)

    def __getitem__(self, name):
        return getattr(self, name)


def outputs_in(folder, prefix=""):
    return {f"{prefix}{kind}": str(Path(folder, f"{prefix}f.{kind}")) for kind in FORMATS}


FORMATS = ("svg", "pdf", "png")


@pytest.fixture
def tables(tmp_path):
    """Paths of all tables of a small review, written as the workflow writes them."""
    rows = invented.effects(7)
    other = invented.pooled(rows) | {"model": "logit_dl", "estimate": 0.123}
    cells = [
        dict.fromkeys(columns("cells")) | {name: row[name] for name in ("study_id", "label")}
        | {"product": f"Product {row['total'] % 3}"}
        for row in rows
    ]  # fmt: skip
    content = {
        "cells": ("cells", cells),
        "effects": ("effects", rows),
        "pooled": ("pooled", [other, invented.pooled(rows)]),
        "subgroups": ("subgroups", invented.subgroups(rows)),
        "tests": ("subgroup_tests", invented.tests()),
    }
    for name, (kind, lines) in content.items():
        write_table(tmp_path / f"{name}.csv", kind, lines)
    return Named(**{name: str(tmp_path / f"{name}.csv") for name in content})


def test_draw_outcome_writes_the_primary_models_forest_in_three_formats(tables, tmp_path):
    outputs = outputs_in(tmp_path)
    params = Named(
        outcome="orr", outcome_settings=invented.SETTINGS, model="glmm", models=MODELS,
        by="target_class", by_settings={"label": "Target", "levels": ["single", "dual"]},
        figure={"columns": ["product"], "sort": "weight"}, version="2021.1", data_hash="abc123",
    )  # fmt: skip
    draw_outcome.run(tables, Named(**outputs), params)
    svg = Path(outputs["svg"]).read_text(encoding="utf-8")
    for text in ("Overall response", "Some model", "Target: single", "Product 1", "abc123"):
        assert text in svg
    assert "12.3" not in svg
    assert all(Path(path).stat().st_size > 1000 for path in outputs.values())


def test_the_svg_says_the_numbers_of_the_tables(tables, tmp_path):
    outputs = outputs_in(tmp_path)
    params = Named(
        outcome="orr", outcome_settings=invented.SETTINGS, model="glmm", models=MODELS,
        by="target_class", by_settings=None, figure={}, version="2021.1",
    )  # fmt: skip
    draw_outcome.run(tables, Named(**outputs), params)
    root = ElementTree.parse(outputs["svg"]).getroot()
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


def test_draw_overview_writes_both_figures(tables, tmp_path):
    outputs = outputs_in(tmp_path) | outputs_in(tmp_path, "groups_")
    params = Named(
        outcomes={"orr": invented.SETTINGS}, model="glmm", models=MODELS, version="2021.1",
        subgroups={"target_class": {"label": "Target", "levels": ["single", "dual"]}},
    )  # fmt: skip
    draw_overview.run(tables, Named(**outputs), params)
    assert "Benefit (higher is better)" in Path(outputs["svg"]).read_text(encoding="utf-8")
    assert "p = 0.13" in Path(outputs["groups_svg"]).read_text(encoding="utf-8")
    assert all(Path(path).stat().st_size > 1000 for path in outputs.values())
