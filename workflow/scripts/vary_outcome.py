"""How far one outcome moves: studies left out, all subsets, all specifications, calibration."""

from dataclasses import replace

import numpy as np

from singlearm import step
from singlearm.catalogue.tables import read_table, row_of, write_table
from singlearm.sheets.groups import group_levels
from singlearm.sheets.variants import rows_of, variants
from singlearm.synthesis import Model, gosh, gosh_summary
from singlearm.synthesis.calibration import BAYES_DATASETS, calibrate, simulate, truth_of
from singlearm.synthesis.diagnostics import cumulative, influence, leave_one_out, leave_two_out
from singlearm.synthesis.effects import back_transform, effect_sizes
from singlearm.synthesis.multiverse import (
    CHOICES,
    Choices,
    Dataset,
    contrast,
    multiverse,
    summarise,
)

#: Fewer studies leave nothing to vary.
LEAST = 2


def run(inputs, outputs, params):
    cells = read_table(inputs.cells, "cells")
    earlier = read_table(inputs.earlier, "cells") if inputs.get("earlier") else []
    claims = read_table(inputs.claims, "published_claims") if inputs.get("claims") else []
    claims = [claim for claim in claims if claim["outcome"] == params.outcome]
    models = {
        name: Model(**{key: value for key, value in settings.items() if key != "label"})
        for name, settings in params.models.items()
        if "cluster" not in settings  # simulated studies are independent
    }
    enough = len(cells) >= LEAST

    left_out = leave_out_tables(cells, {name: models[name] for name in params.vary}, enough)
    subsets = gosh_tables(cells, models[params.paper_model], params.gosh, len(cells) > LEAST)
    every = multiverse_tables(cells, earlier, claims, params)
    calibrated = calibration_rows(cells, models, params.calibration, len(cells) > LEAST)
    for kind, rows in (left_out | subsets | every | {"calibration": calibrated}).items():
        write_table(outputs[kind], kind, rows)


def counts(cells):
    """Events and totals as arrays."""
    return tuple(np.array([cell[name] for cell in cells], int) for name in ("events", "total"))


def leave_out_tables(cells, models, enough):
    """Leave-one-out, leave-two-out, influence and cumulative rows of each model."""
    tables = {k: [] for k in ("leave_one_out", "leave_two_out", "influence", "cumulative")}
    events, total = counts(cells)
    names = [cell["study_id"] for cell in cells]
    order = sorted(range(len(cells)), key=lambda i: (cells[i]["year"] or 0, names[i]))
    for model_name, model in models.items() if enough else ():
        one = leave_one_out(events, total, model)
        tables["leave_one_out"] += fit_rows(one, model_name, left_out=names)
        pairs, two = leave_two_out(events, total, model)
        if len(cells) > LEAST:
            together = [f"{names[i]};{names[j]}" for i, j in pairs]
            tables["leave_two_out"] += fit_rows(two, model_name, left_out=together)
        case = influence(events, total, model)
        for i, name in enumerate(names):
            keys = {"model": model_name, "study_id": name}
            values = {c: getattr(case, c)[i] for c in INFLUENCE}
            tables["influence"].append(keys | values)
        steps = cumulative(events, total, model, order)
        for i, study in enumerate(order):
            keys = {"model": model_name, "step": i + 1, "study_id": names[study]}
            keys["year"] = cells[study]["year"]
            values = {c: getattr(steps, c)[i] for c in ("estimate", "ci_low", "ci_high", "tau2")}
            tables["cumulative"].append(keys | values)
    return tables


INFLUENCE = (
    "rstudent", "dffits", "cook_d", "cov_ratio", "tau2_deleted", "q_deleted", "hat", "weight",
    "dfbetas",
)  # fmt: skip
FIT = ("estimate", "ci_low", "ci_high", "tau2", "i2", "q")


def fit_rows(many, model, left_out):
    """One row for each refit."""
    return [
        {"model": model, "left_out": name} | {column: getattr(many, column)[i] for column in FIT}
        for i, name in enumerate(left_out)
    ]


def gosh_tables(cells, paper_model, settings, enough):
    """Histogram, effect of each study, quantiles and clusters of all subsets (or of a sample)."""
    tables = {k: [] for k in ("gosh", "gosh_studies", "gosh_summary", "gosh_clusters")}
    if not enough:
        return tables
    events, total = counts(cells)
    measure = paper_model.measure if paper_model.measure in ("PLO", "PLN", "PAS", "PR") else "PLO"
    e = effect_sizes(events, total, measure)
    back = lambda values: back_transform(values, measure)  # noqa: E731
    if len(cells) <= gosh.EXHAUSTIVE_UP_TO:
        note = "exhaustive"
        subsets = gosh.all_subsets(e.yi, e.vi, back=back)
    else:
        note = f"sampled={settings['draws']}; seed={settings['seed']}"
        subsets = gosh.drawn_subsets(e.yi, e.vi, back=back, **settings)
    grid = gosh_summary.histogram(subsets)
    label = gosh_summary.clusters(grid.counts)
    tables["gosh"] = histogram_rows(grid, label)
    tables["gosh_clusters"] = gosh_summary.cluster_table(grid, label)
    means = [
        *gosh.study_effects(subsets, subsets.estimate),
        *gosh.study_effects(subsets, subsets.i2),
    ]
    columns = ("mean_with", "mean_without", "i2_with", "i2_without")
    tables["gosh_studies"] = [
        {"study_id": cell["study_id"]} | dict(zip(columns, values, strict=True))
        for cell, *values in zip(cells, *means, strict=True)
    ]
    for model, quantity, values in (
        ("DL", "estimate", subsets.estimate), ("EE", "estimate", subsets.estimate_ee),
        ("DL", "tau2", subsets.tau2), ("DL", "i2", subsets.i2),
    ):  # fmt: skip
        found = gosh_summary.quantiles(subsets, values)
        row = {"model": model, "quantity": quantity, "subsets": subsets.count, "note": note}
        tables["gosh_summary"].append(row | dict(zip(QUANTILES, found, strict=True)))
    return tables


QUANTILES = ("minimum", "q025", "q250", "median", "q750", "q975", "maximum")


def histogram_rows(grid, label):
    """The bins that hold a subset."""
    return [
        {
            "estimate_low": grid.estimate_edges[i], "estimate_high": grid.estimate_edges[i + 1],
            "i2_low": grid.i2_edges[j], "i2_high": grid.i2_edges[j + 1],
            "subsets": grid.counts[i, j], "cluster": label[i, j] + 1,
        }
        for i, j in zip(*np.nonzero(grid.counts), strict=True)
    ]  # fmt: skip


def multiverse_tables(cells, earlier, claims, params):
    """All specifications of the outcome, of the levels that claims name, and of their contrasts."""
    settings = params.multiverse
    choices = Choices(**settings["choices"])
    rows = rows_of(cells, earlier)
    data = [
        Dataset(
            v.inclusion, v.data_cut, v.denominators, *map(np.array, (v.events, v.total, v.present))
        )
        for v in variants(cells, earlier, settings["include"], settings["denominators"])
    ]
    tables = {"multiverse": [], "multiverse_groups": [], "multiverse_tests": []}
    whole = multiverse(data, choices)
    tables["multiverse"] = specification_rows(whole)
    published = next(
        (c["value"] / 100 for c in claims if c["quantity"] == "estimate_percent" and not c["by"]),
        None,
    )
    tables["multiverse_summary"] = summarise(whole, published)
    # one level at a time, and without the Bayesian model, which is fitted one dataset at a time
    likelihoods = tuple(word for word in choices.likelihoods if word != "bayes")
    of_levels = replace(choices, likelihoods=likelihoods)
    of_tests = replace(choices, likelihoods=("normal",))
    for by in sorted({claim["by"] for claim in claims if claim["by"]}):
        labels = np.array(group_levels(rows, params.subgroups[by]), object)
        fits = []
        for level in sorted({label for label in labels if label is not None}):
            part = [replace(d, present=d.present & (labels == level)) for d in data]
            named = specification_rows(multiverse(part, of_levels))
            tables["multiverse_groups"] += [{"by": by, "level": level} | row for row in named]
            fits.append(multiverse(part, of_tests, least=1, distinct=False))
        if len(fits) > 1:
            tables["multiverse_tests"] += test_rows(by, *contrast(fits))
    return tables


def test_rows(by, names, q, p):
    """One row for each specification of a contrast."""
    for i in range(q.size):
        words = {choice: names[choice][i] or None for choice in CHOICES}
        spec = ".".join(word for word in words.values() if word)
        yield {"by": by, "spec": spec, "q_between": q[i], "p_value": p[i]} | words


def specification_rows(m):
    """One row for each specification."""
    results = ("estimate", "ci_low", "ci_high", "tau2", "converged", "p_value")
    return [
        {"spec": spec, "k": int(m.k[i])}
        | {choice: m.names[choice][i] or None for choice in CHOICES}
        | {name: getattr(m, name)[i] for name in results}
        for i, spec in enumerate(m.specs())
    ]


def calibration_rows(cells, models, settings, enough):
    """Every model on datasets drawn from every fitted model."""
    if not enough:
        return []
    events, total = counts(cells)
    rows = []
    for number, (source, fitted) in enumerate(models.items()):
        truth = truth_of(events, total, fitted)
        if truth is None:
            continue
        drawn = simulate(truth, total, settings["datasets"], [settings["seed"], number])
        for name, model in models.items():
            part = drawn[:BAYES_DATASETS] if model.likelihood == "bayes" else drawn
            for result in calibrate(part, total, model, truth):
                known = {"model": name, "simulated_from": source}
                rows.append(row_of(result, "calibration", **known))
    return rows


if __name__ == "__main__":
    step.main(snakemake, run)
