"""How far one outcome moves: studies left out, all subsets, all specifications, calibration."""

from dataclasses import replace

import numpy as np

from singlearm import step
from singlearm.catalogue.tables import read_table, row_of, write_table
from singlearm.sheets.groups import group_levels
from singlearm.sheets.variants import rows_of, variants
from singlearm.synthesis import (
    Choices,
    Dataset,
    Model,
    calibrate_all,
    cumulative,
    gosh,
    influence,
    leave_one_out,
    leave_two_out,
    multiverse,
    subset_summary,
    summarise,
)
from singlearm.synthesis.specifications import contrast_rows

#: Fewer studies leave nothing to vary.
LEAST = 2
#: Of more studies no subsets are drawn (a subset is a word of 64 bits); the figure is then empty.
MOST_FOR_SUBSETS = 63


def run(inputs, outputs, params):
    cells = read_table(inputs.cells, "cells")
    earlier = read_table(inputs.earlier, "cells") if inputs.get("earlier") else []
    claims = read_table(inputs.claims, "published_claims") if inputs.get("claims") else []
    claims = [claim for claim in claims if claim["outcome"] == params.outcome]
    models = {
        name: Model.of(settings)
        for name, settings in params.models.items()
        if "cluster" not in settings  # simulated studies are independent
    }
    enough = len(cells) >= LEAST

    left_out = leave_out_tables(cells, {name: models[name] for name in params.vary}, enough)
    drawable = LEAST < len(cells) <= MOST_FOR_SUBSETS
    subsets = gosh_tables(cells, models[params.paper_model], params.gosh, drawable)
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
    if not enough:
        return {k: [] for k in ("gosh", "gosh_studies", "gosh_summary", "gosh_clusters")}
    subsets = gosh(*counts(cells), paper_model.effect_measure, **settings)
    grid = subset_summary.histogram(subsets)
    label = subset_summary.clusters(grid.counts)
    studies = zip(cells, subset_summary.study_rows(subsets), strict=True)
    return {
        "gosh": subset_summary.histogram_rows(grid, label),
        "gosh_studies": [{"study_id": cell["study_id"]} | row for cell, row in studies],
        "gosh_summary": subset_summary.quantile_rows(subsets),
        "gosh_clusters": subset_summary.cluster_table(grid, label),
    }


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
    whole = multiverse(data, choices)
    published = next(
        (c["value"] / 100 for c in claims if c["quantity"] == "estimate_percent" and not c["by"]),
        None,
    )
    tables = {
        "multiverse": whole.rows(),
        "multiverse_summary": summarise(whole, published),
        "multiverse_groups": [],
        "multiverse_tests": [],
    }
    # one level at a time, and without the Bayesian model, which is fitted one dataset at a time
    likelihoods = tuple(word for word in choices.likelihoods if word != "bayes")
    of_levels = replace(choices, likelihoods=likelihoods)
    of_tests = replace(choices, likelihoods=("normal",))
    for by in sorted({claim["by"] for claim in claims if claim["by"]}):
        labels = np.array(group_levels(rows, params.subgroups[by]), object)
        fits = []
        for level in sorted({label for label in labels if label is not None}):
            part = [replace(d, present=d.present & (labels == level)) for d in data]
            named = multiverse(part, of_levels).rows()
            tables["multiverse_groups"] += [{"by": by, "level": level} | row for row in named]
            fits.append(multiverse(part, of_tests, least=1, distinct=False))
        tables["multiverse_tests"] += [{"by": by} | row for row in contrast_rows(fits)]
    return tables


def calibration_rows(cells, models, settings, enough):
    """Every model on datasets drawn from every fitted model."""
    if not enough:
        return []
    found = calibrate_all(*counts(cells), models, **settings)
    return [
        row_of(interval, "calibration", model=name, simulated_from=source)
        for name, source, interval in found
    ]


if __name__ == "__main__":
    step.main(snakemake, run)
