"""How far one outcome moves: studies left out, all subsets, all specifications, calibration."""

from dataclasses import replace

import numpy as np

from singlearm import step
from singlearm.catalogue.tables import read_table, row_of, write_table
from singlearm.sheets.groups import clusters_of, group_levels
from singlearm.sheets.variants import rows_of, variants
from singlearm.synthesis import (
    Choices,
    Dataset,
    Model,
    Note,
    arms_of_trials,
    calibrate_all,
    cumulative,
    effort,
    gosh,
    influence,
    leave_one_out,
    leave_two_out,
    multiverse,
    pool,
    pool_arms,
    pool_arms_without,
    subset_summary,
    summarise,
)
from singlearm.synthesis.notes import join
from singlearm.synthesis.specifications import contrast_rows
from singlearm.synthesis.subsets import usable_measure
from singlearm.synthesis.words import of_mean

#: Fewer studies leave nothing to vary.
LEAST = 2


def run(inputs, outputs, params):
    cells = read_table(inputs.cells, "cells")
    earlier = read_table(inputs.earlier, "cells") if inputs.get("earlier") else []
    claims = read_table(inputs.claims, "published_claims")
    claims = [claim for claim in claims if claim["outcome"] == params.outcome]
    models = {name: Model.of(settings) for name, settings in params.models.items()}
    clusters = clusters_of(cells, params.models, params.separators)
    enough, several = len(cells) >= LEAST, len(cells) > LEAST

    varied = {name: models[name] for name in params.vary}
    left_out = leave_out_tables(cells, varied, clusters, several and params.leave_two_out)
    trials = leave_trials_out(cells, models, clusters, params) if enough else []
    subsets = gosh_tables(cells, models[params.paper_model], several and params.gosh)
    primary = primary_estimate(cells, models, clusters, params) if enough else None
    every = multiverse_tables(cells, earlier, claims, params, primary)
    # simulated studies are independent
    independent = {name: model for name, model in models.items() if name not in clusters}
    calibrated = calibration_rows(cells, independent, several and params.calibration)
    rest = {"leave_one_trial_out": trials, "calibration": calibrated}
    for kind, rows in (left_out | subsets | every | rest).items():
        write_table(outputs[kind], kind, rows)


def counts(cells):
    """Events and totals as arrays."""
    return tuple(np.array([cell[name] for cell in cells], int) for name in ("events", "total"))


def leave_out_tables(cells, models, clusters, in_pairs):
    """Leave-one-out, influence and cumulative rows of each model, and leave-two-out `in_pairs`.

    A model with clusters has neither pairs nor diagnostics of influence: the latter take studies
    as independent, and so do their bounds; its fits, one at a time, are too slow for all pairs.
    """
    tables = {k: [] for k in ("leave_one_out", "leave_two_out", "influence", "cumulative")}
    if len(cells) < LEAST:
        return tables
    events, total = counts(cells)
    names = [cell["study_id"] for cell in cells]
    k = len(cells)
    order = sorted(range(k), key=lambda i: (cells[i]["year"] or 0, names[i]))
    each = effort.most_moving(events, total, effort.refits(k))
    paired = effort.most_moving(events, total, effort.studies_in_pairs(k))
    # studies of which none has a year have no order to be added in
    dated = any(cell["year"] for cell in cells)
    steps = effort.steps(k) if dated else ()
    alone, later = np.eye(k, dtype=bool)[each], not_yet(order, steps)
    for model_name, model in models.items():
        labels = clusters.get(model_name)
        if labels is None:
            many = leave_one_out(events, total, model, of=each)
            one = many.records()
            grown = cumulative(events, total, model, order, steps=steps).records() if dated else ()
            if in_pairs:
                pairs, two = leave_two_out(events, total, model, of=paired)
                together = [f"{names[i]};{names[j]}" for i, j in pairs]
                tables["leave_two_out"] += fit_rows(two.records(), model_name, left_out=together)
            case = influence(events, total, model, of=each, rest=many)
            for i, study in enumerate(each):
                keys = {"model": model_name, "study_id": names[study]}
                values = {c: getattr(case, c)[i] for c in INFLUENCE}
                tables["influence"].append(keys | values)
        else:
            one, grown = (
                pool_arms_without(events, total, labels, model, gone) if len(gone) else ()
                for gone in (alone, later)
            )
        singles = [names[i] for i in each]
        tables["leave_one_out"] += fit_rows(one, model_name, left_out=singles)
        for step_, fit in zip(steps, grown, strict=True):
            study = order[step_ - 1]
            keys = {"model": model_name, "step": int(step_), "study_id": names[study]}
            keys["year"] = cells[study]["year"]
            values = {c: getattr(fit, c) for c in BOTH}
            tables["cumulative"].append(keys | values)
    return tables


def not_yet(order, steps):
    """The studies that are still to come at each step, as booleans (steps, k)."""
    place = np.argsort(order)
    return np.array([place >= step_ for step_ in steps], bool).reshape(len(steps), len(order))


def leave_trials_out(cells, models, clusters, params):
    """Rows without each trial, all its arms together, by each column that names trials: of the
    models with that column, and of those that are varied.

    None where no trial has two arms, since a trial is then a study; of very many studies the trials
    of those that move the value most.
    """
    rows = []
    events, total = counts(cells)
    each = effort.most_moving(events, total, effort.refits(len(cells)))
    by_column = {}
    for name, labels in clusters.items():
        column, _ = by_column.setdefault(params.models[name]["cluster"], ([], labels))
        column.append(name)
    for column, (clustered, labels) in by_column.items():
        gone = arms_of_trials(labels)
        if gone.sum(axis=1).max() < LEAST:
            continue
        gone = gone[gone[:, each].any(axis=1) & ~gone.all(axis=1)]
        names = np.array([cell["study_id"] for cell in cells], object)
        together = [";".join(names[row]) for row in gone]
        plain = [name for name in params.vary if name not in clusters]
        for name in [*plain, *clustered]:
            fits = pool_arms_without(events, total, clusters.get(name), models[name], gone)
            for studies, row in zip(gone.sum(axis=1), fit_rows(fits, name, together), strict=True):
                rows.append(row | {"trials": column, "studies": int(studies)})
    return rows


INFLUENCE = (
    "rstudent", "dffits", "cook_d", "cov_ratio", "tau2_deleted", "q_deleted", "hat", "weight",
    "dfbetas",
)  # fmt: skip
#: Of each refit both pooled numbers, since either may lead the report.
BOTH = (
    "estimate", "ci_low", "ci_high", "marginal", "marginal_low", "marginal_high", "tau2",
)  # fmt: skip
FIT = (*BOTH, "i2", "q")


def fit_rows(fits, model, left_out):
    """One row for each refit."""
    return [
        {"model": model, "left_out": name} | {column: getattr(fit, column) for column in FIT}
        for name, fit in zip(left_out, fits, strict=True)
    ]


def primary_estimate(cells, models, clusters, params):
    """The primary model's own estimate, whose place among all specifications is told."""
    name = params.vary[0]
    counted = counts(cells)
    if name in clusters:
        return pool_arms(*counted, clusters[name], models[name], tau2_limits=False).estimate
    return pool(*counted, models[name]).estimate


def gosh_tables(cells, paper_model, settings):
    """Histogram, effect of each study, quantiles and clusters of all subsets (or of a sample).

    Without settings, none.
    """
    if not settings:
        return {k: [] for k in ("gosh", "gosh_studies", "gosh_summary", "gosh_clusters")}
    subsets = gosh(*counts(cells), paper_model.effect_measure, **settings)
    grid = subset_summary.histogram(subsets)
    label = subset_summary.clusters(grid.counts)
    studies = zip(cells, subset_summary.study_rows(subsets), strict=True)
    quantiles = subset_summary.quantile_rows(subsets)
    return {
        "gosh": subset_summary.histogram_rows(grid, label),
        "gosh_studies": [{"study_id": cell["study_id"]} | row for cell, row in studies],
        "gosh_summary": [row | whole(cells, paper_model, row) for row in quantiles],
        "gosh_clusters": subset_summary.cluster_table(grid, label),
    }


def whole(cells, paper_model, row):
    """What all studies together give where the row has quantiles over subsets."""
    measure = usable_measure(paper_model.effect_measure)
    fit = pool(*counts(cells), Model("normal", measure=measure, tau2=row["model"], ci="wald"))
    estimand = "average" if of_mean("normal", measure) else "typical"
    return {"all_studies": getattr(fit, row["quantity"]), "estimand": estimand}


def multiverse_tables(cells, earlier, claims, params, primary):
    """All specifications of the outcome, of the levels that claims name, and of their contrasts.

    primary: the primary model's estimate, None of too few studies. Without settings, no tables.
    """
    settings = params.multiverse
    if settings is None:
        kinds = ("multiverse", "multiverse_summary", "multiverse_groups", "multiverse_tests")
        return {kind: [] for kind in kinds}
    choices = Choices(**settings["choices"])
    rows = rows_of(cells, earlier)
    found = variants(cells, earlier, settings["include"], settings["denominators"])
    data = [
        Dataset(
            v.inclusion, v.data_cut, v.denominators, *map(np.array, (v.events, v.total, v.present))
        )
        for v in found
        if v.complete
    ]
    null_value = params.settings.get("null_value")
    every = multiverse(data, choices, null_value=null_value)
    published = next(
        (c["value"] / 100 for c in claims if c["quantity"] == "estimate_percent" and not c["by"]),
        None,
    )
    tables = {
        "multiverse": every.rows(),
        "multiverse_summary": summary_rows(every, published, primary, len(found) - len(data)),
        "multiverse_groups": [],
        "multiverse_tests": [],
    }
    # one level at a time, and without the Bayesian model, which is fitted one dataset at a time
    likelihoods = tuple(word for word in choices.likelihoods if word != "bayes")
    of_levels = replace(choices, likelihoods=likelihoods)
    of_tests = replace(choices, likelihoods=("normal",))
    for by in sorted({claim["by"] for claim in claims if claim["by"]}):
        labels = np.array(group_levels(rows, params.subgroups[by], params.separators), object)
        fits = []
        for level in sorted({label for label in labels if label is not None}):
            part = [replace(d, present=d.present & (labels == level)) for d in data]
            named = multiverse(part, of_levels).rows()
            tables["multiverse_groups"] += [{"by": by, "level": level} | row for row in named]
            fits.append(multiverse(part, of_tests, least=1, distinct=False))
        tables["multiverse_tests"] += [{"by": by} | row for row in contrast_rows(fits)]
    return tables


def summary_rows(every, published, primary, incomplete):
    """The summary of all specifications; its first row says what was left out, and what they
    estimate, or that they differ in it.
    """
    kinds = {of_mean(row["likelihood"], row["measure"]) for row in every.rows()}
    estimand = None if len(kinds) > 1 else "average" if True in kinds else "typical"
    notes = [Note("denominators_left_out", count=incomplete)] if incomplete else []
    notes += [Note("estimands_mixed")] if len(kinds) > 1 else []
    rows = summarise(every, published, primary)
    told = {"note": join(*notes) or None, "estimand": estimand}
    return [row | (dict.fromkeys(told) if i else told) for i, row in enumerate(rows)]


def calibration_rows(cells, models, settings):
    """Every model on datasets drawn from every fitted model; without settings, none.

    But for the Bayesian ones, which take a hundred times as long: their coverage is measured once
    for all reviews (tests/benchmarks/coverage.py).
    """
    if not settings:
        return []
    quick = {name: model for name, model in models.items() if model.likelihood != "bayes"}
    if not quick:
        return []
    sized = settings | {"datasets": effort.datasets(len(cells), settings["datasets"])}
    found = calibrate_all(*counts(cells), quick, **sized)
    return [
        row_of(interval, "calibration", model=name, simulated_from=source)
        for name, source, interval in found
    ]


if __name__ == "__main__":
    step.main(snakemake, run)
