"""The flagship's own numbers through cleaning and pooling: what must hold for any data holds for
them. The newest version under one model of each likelihood; all versions and models with
HYPOTHESIS_PROFILE=long.
"""

import os
from types import SimpleNamespace

import numpy as np
import pytest
import row_rules
from review import NEW, NEWEST, OLD, OUTCOMES, PROTOCOL, applying, clean, codebook

import pool_kind
import pool_outcome
from singlearm.catalogue.tables import read_table
from singlearm.kinds import KINDS, POOLINGS
from singlearm.synthesis import Model, pool, pool_arms

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
ALL_LAYERS = {"2021.1": [OLD], "2026.1": [OLD, NEW], "2026.2": [OLD, NEW, NEWEST]}
LAYERS = {name: layers for name, layers in ALL_LAYERS.items() if LONG or name == "2026.2"}
FEWER = ("glmm", "logit_dl", "bayes_1", "glmm_trials")
MODELS = {
    name: model
    for name, model in PROTOCOL["models"].items()
    if name != "primary" and (LONG or name in FEWER)
}
PROPORTIONS = [name for name, o in OUTCOMES.items() if o["kind"] == "proportion"]
CLUSTERS = {n: m["cluster"] for n, m in PROTOCOL["models"].items() if "cluster" in m}
SEPARATORS = codebook().separators("studies")
#: The program's way with a crude proportion outside the interval: a note, or an exact interval.
CRUDE = {"crude_outside", "exact_interval", "homogeneous_exact"}
#: Trials that an outcome needs to be split, and how often each is.
TRIALS, SPLITS = 6, 25 if LONG else 3
#: Share of trials with all patients or none from which on two-step effects of arms are their own.
ONE_SIDED = 0.5
DRAWN = 20  # datasets of a bootstrap: its p is not what is tested here


@pytest.fixture(scope="session", params=LAYERS)
def version(request, tmp_path_factory):
    """A version's name and the folder of its clean tables."""
    folder, name = tmp_path_factory.mktemp(f"v{request.param}"), request.param
    keep = {"superseded": PROTOCOL["versions"][name].get("superseded", "drop")}
    others = [layer for layer in ALL_LAYERS["2026.2"] if layer not in LAYERS[name]]
    return name, clean(LAYERS[name], folder, name, others=others, clusters=CLUSTERS, **keep)


@pytest.fixture(scope="session")
def tables(version, tmp_path_factory):
    """Pooled values, groups and tests of every proportion, as the step makes them."""
    name, folder = version
    found = {"pooled": [], "subgroups": [], "subgroup_tests": []}
    for outcome in PROPORTIONS:
        place = tmp_path_factory.mktemp(outcome)
        kinds = ("effects", "pooled", "subgroups", "subgroup_tests", "regression",
                 "subgroup_differences")  # fmt: skip
        outputs = SimpleNamespace(**{kind: place / f"{kind}.csv" for kind in kinds})
        params = SimpleNamespace(
            outcome=outcome, settings=OUTCOMES[outcome],
            subgroups=applying(PROTOCOL["subgroups"], name), moderators={},
            models=MODELS, primary=PROTOCOL["models"]["primary"], permutation=[],
            regressions={}, shrunken=False, separators=SEPARATORS,
        )  # fmt: skip
        inputs = SimpleNamespace(cells=folder / "by_outcome" / f"{outcome}.csv")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pool_outcome, "BOOTSTRAP", DRAWN)
            pool_outcome.run(inputs, outputs, params)
        for kind in found:
            found[kind] += read_table(getattr(outputs, kind), kind)
    return found


def clustered(row):
    return "cluster" in PROTOCOL["models"][row["model"]]


def test_intervals_and_reasons(tables):
    assert sum(row["estimate"] is not None for row in tables["pooled"]) > 50
    for kind in ("pooled", "subgroups"):
        for row in tables[kind]:
            row_rules.check_numbers(row)
            row_rules.check_intervals(row)
            row_rules.check_reasons(row, others=row_rules.ROBUST if clustered(row) else ())


def test_the_crude_proportion_lies_in_the_headlines_interval_or_a_note_says_why_not(tables):
    for kind in ("pooled", "subgroups"):
        for row in tables[kind]:
            average = row["marginal_low"] is not None
            ends = [row[f"{'marginal' if average else 'ci'}_{end}"] for end in ("low", "high")]
            if row["total"] and None not in ends:
                inside = ends[0] <= row["events"] / row["total"] <= ends[1]
                # of one study nothing is crude: what was added to it moved its number
                why = CRUDE | ({"half_added_to_events"} if row["k"] == 1 else set())
                assert inside or row_rules.codes(row) & why, row


def test_no_test_under_own_tau2_with_a_group_of_fewer_than_five(tables):
    key = ("outcome", "by", "model", "tau2_mode")
    sizes = {}
    for row in tables["subgroups"]:
        sizes.setdefault(tuple(row[name] for name in key), []).append(row["k"])
    tested = 0
    for row in tables["subgroup_tests"]:
        small = min(filter(None, sizes.get(tuple(row[name] for name in key), [])), default=0) < 5
        tested += row["p_value"] is not None
        if row["tau2_mode"] == "separate" and small:
            assert row["p_value"] is None, row
        assert row["p_value"] is not None or row["note"], row
    assert tested > 20


@pytest.mark.parametrize("likelihood", ["binomial_normal", "normal"])
def test_splitting_every_trial_into_two_arms_leaves_the_width_of_its_model(version, likelihood):
    """Patients dealt at random to two arms of their trial say no more and no less of it than
    together; 200 splits and more with the long profile.
    """
    draw, model = np.random.default_rng(1), Model(likelihood, ci="t")
    means, sparse, without_spread = {}, set(), set()
    for outcome in PROPORTIONS:
        cells = read_table(version[1] / "by_outcome" / f"{outcome}.csv", "cells")
        x, n = (np.array([cell[name] for cell in cells], int) for name in ("events", "total"))
        large = n > 1  # of whom there are two to deal
        x, n = x[large], n[large]
        whole = pool(x, n, model) if len(x) >= TRIALS else None
        if whole is None or whole.ci_low is None:
            continue
        widths = []
        for _ in range(SPLITS):
            first = draw.binomial(n - 2, 0.5) + 1
            events = draw.hypergeometric(x, n - x, first)
            arms = np.r_[events, x - events], np.r_[first, n - first]
            split = pool_arms(*arms, [*range(len(n))] * 2, model, tau2_limits=False)
            widths.append(split.ci_high - split.ci_low)
        means[outcome] = np.mean(widths) / (whole.ci_high - whole.ci_low)
        if likelihood == "normal" and np.mean((x == 0) | (x == n)) >= ONE_SIDED:
            sparse.add(outcome)
        if whole.tau2 == 0:
            without_spread.add(outcome)
    assert len(means) >= 7
    assert len(sparse) <= 3
    for outcome, mean in means.items():
        # where half of the trials have all patients or none, each of their arms has half an event
        # added once more: two-step effect sizes of arms are then not those of the trial
        assert mean > (0.8 if outcome in sparse else 0.9), (outcome, means)
        # where trials show no spread, chance between their arms can only add some
        if outcome not in without_spread:
            assert mean < (1.2 if outcome in sparse else 1.1), (outcome, means)
    assert np.mean(list(means.values())) == pytest.approx(1, abs=0.1), means


def test_the_other_kinds(version, tmp_path):
    """Medians, survival at fixed times, curves from all evidence, comparisons."""
    name, folder = version
    results = {kind.table for kind in KINDS.values() if kind.poolings}
    for table in sorted(results):
        inputs = {n: folder / f"{n}.csv" for n in POOLINGS[table].tables}
        params = SimpleNamespace(
            table=table, outcomes=OUTCOMES, settings=PROTOCOL.get(table, {}),
            subgroups=applying(PROTOCOL["subgroups"], name), moderators={}, regressions={},
            separators=SEPARATORS,
        )  # fmt: skip
        pool_kind.run(inputs, SimpleNamespace(table=tmp_path / f"{table}.csv"), params)
        for row in read_table(tmp_path / f"{table}.csv", table):
            row_rules.check_numbers(row)
            if row.get("quantity") != "point":
                estimate = "estimate_months" if table == "times" else "estimate"
                row_rules.check_intervals(row, estimate)
                row_rules.check_reasons(row, estimate)
