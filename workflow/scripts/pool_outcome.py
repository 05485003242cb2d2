"""Effect sizes, pooled models, subgroups with their tests and meta-regressions of one outcome."""

from singlearm import step
from singlearm.catalogue.tables import columns, read_table, row_of, write_table
from singlearm.sheets.groups import cluster_labels, group_levels
from singlearm.synthesis import (
    Model,
    compare_clustered,
    compare_subgroups,
    holm,
    meta_regression,
    pool,
    pool_clustered,
    study_intervals,
)
from singlearm.synthesis.notes import join

#: Arrangements up to which a permutation test goes through all of them.
EXACT_UP_TO = 200_000
#: Studies for each coefficient beside the intercept of a regression (Cochrane Handbook, 10.11.5.1).
PER_COEFFICIENT = 10


def run(inputs, outputs, params):
    cells = read_table(inputs.cells, "cells")
    events = [cell["events"] for cell in cells]
    total = [cell["total"] for cell in cells]
    models = {name: as_model(settings) for name, settings in params.models.items()}
    clusters = {
        name: cluster_labels(cells, settings["cluster"])
        for name, settings in params.models.items()
        if "cluster" in settings
    }
    groups = {by: group_levels(cells, settings) for by, settings in params.subgroups.items()}

    fits = {
        name: pool(events, total, model, threshold=params.settings.get("threshold"))
        for name, model in models.items()
    }
    for name, labels in clusters.items():
        fits[name] = pool_clustered(events, total, labels, models[name]).pooled(fits[name])
    write_table(outputs.effects, "effects", effect_rows(cells, events, total, fits, groups))
    pooled = [
        row_of(fit, "pooled", outcome=params.outcome, model=name) for name, fit in fits.items()
    ]
    write_table(outputs.pooled, "pooled", pooled)

    levels, tests = subgroup_tables((events, total), models, clusters, groups, params)
    write_table(outputs.subgroups, "subgroups", levels)
    write_table(outputs.tests, "subgroup_tests", tests)

    regressions = [
        {"outcome": params.outcome, "moderator": name, "model": model_name} | row
        for name, moderator in params.moderators.items()
        for model_name in moderator.get("models", [m for m in models if m not in clusters])
        for row in regression_rows(cells, name, moderator, models[model_name])
    ]
    write_table(outputs.regression, "regression", regressions)


def subgroup_tables(counts, models, clusters, groups, params):
    """Rows of the levels and of the tests, for each model, tau2 mode and subgrouping."""
    levels, tests = [], []
    for name, model in models.items():
        for tau2_mode in ("separate", "common"):
            permutations = EXACT_UP_TO if name in params.permutation else 0
            compared = {}
            for by, labels in groups.items():
                how = {"tau2_mode": tau2_mode, "levels": order(params.subgroups[by], labels)}
                compared[by] = (
                    compare_clustered(*counts, labels, clusters[name], model, **how)
                    if name in clusters
                    else compare_subgroups(*counts, labels, model, permutations=permutations, **how)
                )
            keys = {"outcome": params.outcome, "model": name, "tau2_mode": tau2_mode}
            levels += level_rows(keys, compared)
            tests += test_rows(keys, compared)
    return levels, tests


def as_model(settings):
    """The typed model of a protocol entry, without what is not about the likelihood."""
    aside = ("label", "cluster")
    return Model(**{key: value for key, value in settings.items() if key not in aside})


def order(subgroup, labels):
    """Levels in the order of the protocol, else sorted."""
    return subgroup.get("levels") or sorted({label for label in labels if label is not None})


def effect_rows(cells, events, total, fits, groups):
    """One row a study: counts, its exact interval, weights in percent and subgroup levels."""
    low, high = study_intervals(events, total)
    for i, cell in enumerate(cells):
        yield {
            "study_id": cell["study_id"],
            "label": cell["label"],
            "year": cell["year"],
            "events": events[i],
            "total": total[i],
            "proportion": events[i] / total[i],
            "ci_low": low[i],
            "ci_high": high[i],
            **{f"weight_{name}": fit.weights[i] for name, fit in fits.items()},
            **{f"group_{by}": labels[i] for by, labels in groups.items()},
        }


def level_rows(keys, compared):
    return [
        row_of(level, "subgroups", by=by, **keys)
        for by, comparison in compared.items()
        for level in comparison.levels
    ]


def test_rows(keys, compared):
    """Tests of all subgroupings; p adjusted by Holm over them, for each kind of test."""
    rows = [
        row_of(test, "subgroup_tests", by=by, p_adjusted=None, **keys)
        for by, comparison in compared.items()
        for test in comparison.tests
    ]
    for kind in {row["test"] for row in rows}:
        same = [row for row in rows if row["test"] == kind]
        for row, adjusted in zip(same, holm([row["p_value"] for row in same]), strict=True):
            row["p_adjusted"] = adjusted
    return rows


def regression_rows(cells, name, moderator, model):
    """The coefficients on the model's scale, and the test of all of them but the intercept."""
    fitted = meta_regression(
        [cell["events"] for cell in cells],
        [cell["total"] for cell in cells],
        moderator_values(cells, moderator),
        model,
        levels=moderator.get("levels"),
        name=name,
        per_coefficient=moderator.get("studies_per_coefficient", PER_COEFFICIENT),
    )
    kept = [c for c in columns("regression") if c not in ("outcome", "moderator", "model")]
    for term in fitted.terms:
        yield {column: getattr(term, column) for column in kept}
    test, first = fitted.omnibus, fitted.terms[0]
    degrees = f"{test.df}" if test.df2 is None else f"{test.df}, {test.df2:g}"
    done = f"{test.test}={test.statistic:.6g}; df={degrees}" if test.statistic is not None else ""
    yield dict.fromkeys(kept) | {
        "k": first.k,
        "term": "omnibus",
        "p_value": test.p_value,
        "tau2": first.tau2,
        "r2": first.r2,
        "note": join(done, test.note),
    }


def moderator_values(cells, moderator):
    """The moderator of each study: numbers, or labels if categorical; None where unknown."""
    labels = group_levels(cells, moderator)
    if moderator["kind"] == "categorical":
        return labels
    return [None if label is None else float(label) for label in labels]


if __name__ == "__main__":
    step.main(snakemake, run)
