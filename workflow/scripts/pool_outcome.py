"""Effect sizes, pooled models, subgroups with their tests and meta-regressions of one outcome."""

from singlearm import step
from singlearm.catalogue.tables import read_table, row_of, write_table
from singlearm.kinds.by_group import regressions
from singlearm.sheets.groups import clusters_of, group_levels, moderator_values
from singlearm.synthesis import (
    Model,
    compare_clustered,
    compare_subgroups,
    group_differences,
    holm_by_test,
    meta_regression,
    pool,
    pool_arms,
    study_intervals,
    study_values,
)
from singlearm.synthesis.permutation import EXACT_UP_TO
from singlearm.synthesis.suitability import PER_COEFFICIENT

#: Datasets drawn for the tests between subgroups and of regressions under the primary model.
BOOTSTRAP = 2000


def run(inputs, outputs, params):
    cells = read_table(inputs.cells, "cells")
    counts = [[cell[name] for cell in cells] for name in ("events", "total")]
    models = {name: Model.of(settings) for name, settings in params.models.items()}
    clusters = clusters_of(cells, params.models, params.separators)
    groups = {
        by: group_levels(cells, settings, params.separators)
        for by, settings in params.subgroups.items()
    }
    against = {name: params.settings.get(name) for name in ("threshold", "null_value")}
    fits = {
        name: pool_arms(*counts, clusters[name], model, **against)
        if name in clusters
        else pool(*counts, model, **against)
        for name, model in models.items()
    }
    shrunken = shrunken_columns(fits) if params.shrunken else {}
    write_table(outputs.effects, "effects", effect_rows(cells, fits, groups, shrunken))
    pooled = [
        row_of(fit, "pooled", outcome=params.outcome, model=name) for name, fit in fits.items()
    ]
    write_table(outputs.pooled, "pooled", pooled)
    levels, tests = subgroup_tables(counts, models, clusters, groups, params)
    write_table(outputs.subgroups, "subgroups", levels)
    write_table(outputs.subgroup_tests, "subgroup_tests", tests)
    # arms of a trial may lie in different groups
    independent = {} if params.primary in clusters else groups
    differences = difference_rows(counts, models[params.primary], independent, params)
    write_table(outputs.subgroup_differences, "subgroup_differences", differences)
    write_table(outputs.regression, "regression", regression_rows(cells, counts, models, params))


def subgroup_tables(counts, models, clusters, groups, params):
    """Rows of the levels and of the tests, for each model, tau2 mode and subgrouping."""
    levels, tests = [], []
    for name, model in models.items():
        for tau2_mode in ("separate", "common"):
            permutations = EXACT_UP_TO if name in params.permutation else 0
            compared = {}
            for by, labels in groups.items():
                how = {"tau2_mode": tau2_mode, "levels": params.subgroups[by].get("levels")}
                compared[by] = (
                    compare_clustered(*counts, labels, clusters[name], model, **how)
                    if name in clusters
                    else compare_subgroups(
                        *counts,
                        labels,
                        model,
                        permutations=permutations,
                        bootstrap=BOOTSTRAP if name == params.primary else 0,
                        **how,
                    )
                )
            keys = {"outcome": params.outcome, "model": name, "tau2_mode": tau2_mode}
            levels += [
                row_of(level, "subgroups", by=by, **keys)
                for by, comparison in compared.items()
                for level in comparison.levels
            ]
            found = [(by, test) for by, comparison in compared.items() for test in comparison.tests]
            adjusted = holm_by_test([test for _, test in found])
            tests += [
                row_of(test, "subgroup_tests", by=by, p_adjusted=p, **keys)
                for (by, test), p in zip(found, adjusted, strict=True)
            ]
    return levels, tests


def difference_rows(counts, model, groups, params):
    """How much the groups of each subgrouping differ under the primary model."""
    for by, labels in groups.items():
        found = group_differences(*counts, labels, model, levels=params.subgroups[by].get("levels"))
        keys = {"outcome": params.outcome, "by": by, "model": params.primary}
        yield from (row_of(difference, "subgroup_differences", **keys) for difference in found)


def shrunken_columns(fits):
    """By column the studies' values under each model that has such values, and their limits."""
    values = {name: study_values(fit) for name, fit in fits.items() if not fit.model.common_effect}
    ends = {"": "estimate", "low_": "ci_low", "high_": "ci_high"}
    return {
        f"{end}shrunken_{name}": getattr(found, of)
        for name, found in values.items()
        for end, of in ends.items()
    }


def effect_rows(cells, fits, groups, shrunken):
    """One row a study: counts, its exact interval, weights in percent, subgroup levels and, where
    they are asked for, its values under the models."""
    for i, cell in enumerate(cells):
        events, total = cell["events"], cell["total"]
        low, high = study_intervals(events, total)
        known = ("study_id", "label", "year", "events", "total")
        yield {
            **{name: cell[name] for name in known},
            "proportion": events / total,
            "ci_low": low,
            "ci_high": high,
            **{f"weight_{name}": fit.weights[i] for name, fit in fits.items()},
            **{f"group_{by}": labels[i] for by, labels in groups.items()},
            **{name: values[i] for name, values in shrunken.items()},
        }


def regression_rows(cells, counts, models, params):
    """The coefficients and tests of every regression under every model."""
    able = [name for name in models if "cluster" not in params.models[name]]
    values = {
        name: moderator_values(cells, settings, params.separators)
        for name, settings in params.moderators.items()
    }
    for asked in regressions(values, params.moderators, params.regressions):
        for name in asked.settings.get("models", able):
            fitted = meta_regression(
                *counts,
                asked.moderator,
                models[name],
                levels=asked.levels,
                name=asked.name,
                per_coefficient=asked.settings.get("studies_per_coefficient", PER_COEFFICIENT),
                bootstrap=BOOTSTRAP if name == params.primary else 0,
            )
            keys = {"outcome": params.outcome, "moderator": asked.name, "model": name}
            yield from (row_of(term, "regression", **keys) for term in fitted.rows())


if __name__ == "__main__":
    step.main(snakemake, run)
