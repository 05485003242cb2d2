"""The multiverse: every specification equals its single fit; duplicates count once."""

import numpy as np
import pytest

from singlearm.synthesis import Model, compare_subgroups, pool, summarise
from singlearm.synthesis.effects import back_transform, effect_sizes, freeman_tukey_sizes
from singlearm.synthesis.specifications import (
    CHOICES,
    Choices,
    Dataset,
    contrast,
    contrast_rows,
    multiverse,
)
from singlearm.synthesis.twostep import pool_effects
from singlearm.synthesis.words import SynthesisError

EVENTS = np.array([16, 10, 4, 43, 10, 25, 13, 12, 0])
TOTAL = np.array([17, 12, 8, 58, 10, 42, 14, 12, 5])
WIDER = TOTAL + np.array([0, 3, 0, 0, 1, 0, 0, 0, 2])
EVERY = np.ones(9, bool)
SOME = np.array([1, 1, 0, 1, 1, 0, 1, 1, 0], bool)
DATA = [
    Dataset(inclusion, "latest", denominators, EVENTS, total, present)
    for denominators, total in (("reported", TOTAL), ("infused", WIDER))
    for inclusion, present in (("all", EVERY), ("some", SOME))
]


def single_fit(row, data):
    """The same settings through the plain functions."""
    x, n = (a[data.present].astype(float) for a in (data.events, data.total))
    if row["likelihood"] != "normal":
        settings = {} if row["likelihood"] == "bayes" else {"ci": row["ci"]}
        if row["ci"] == "exact":
            settings = {}
        fit = pool(x, n, Model(row["likelihood"], **settings), null_value=0.5)
        return fit.estimate, fit.ci_low, fit.ci_high, fit.tau2, fit.p_value
    zeros = row["zeros"]
    e = effect_sizes(x, n, row["measure"], zeros=zeros)
    fit = pool_effects(e.yi, e.vi, tau2=row["tau2_estimator"], ci=row["ci"])
    size = freeman_tukey_sizes(n)["harmonic"]
    ends = [
        float(back_transform(v, row["measure"], size))
        for v in (fit.estimate, fit.ci_low, fit.ci_high)
    ]
    tau2 = None if row["tau2_estimator"] == "EE" else float(fit.tau2)
    return *ends, tau2, float(fit.p_value) if row["measure"] == "PLO" else None


def close(ours, theirs):
    if theirs is None:
        return np.isnan(ours)
    return abs(ours - theirs) <= 1e-10 * max(1.0, abs(theirs))


def test_every_specification_equals_its_single_fit():
    m = multiverse(DATA, Choices(), null_value=0.5)
    by_name = {(d.inclusion, d.denominators): d for d in DATA}
    assert len(m) > 1400
    for i in range(len(m)):
        row = {name: m.names[name][i] for name in CHOICES}
        data = by_name[row["inclusion"], row["denominators"]]
        estimate, low, high, tau2, p = single_fit(row, data)
        assert m.k[i] == data.present.sum()
        for ours, theirs in (
            (m.estimate[i], estimate), (m.ci_low[i], low), (m.ci_high[i], high), (m.tau2[i], tau2),
        ):  # fmt: skip
            assert close(ours, theirs), (row, ours, theirs)
        if p is not None:
            assert close(m.p_value[i], p), row


def test_every_combination_is_there_and_named_once():
    choices = Choices(likelihoods=("normal",), measures=("PLO", "PAS"), tau2=("DL", "REML"))
    m = multiverse(DATA[:1], choices)
    # logit with two corrections (a study lacks events: `if0all` corrects all), arcsine with none;
    # two estimators; four intervals
    assert len(m) == (2 + 1) * 2 * 4
    assert len(set(m.specs())) == len(m)
    assert "normal.PLO.DL.wald.only0.all.latest.reported" in m.specs()


def test_identical_specifications_count_once():
    no_edge = Dataset(
        "all", "latest", "reported", np.array([3, 4, 5]), np.array([9, 9, 9]), EVERY[:3]
    )
    same = Dataset("again", "latest", "reported", no_edge.events, no_edge.total, no_edge.present)
    choices = Choices(likelihoods=("normal",), measures=("PLO",), tau2=("DL",), ci=("wald",))
    m = multiverse([no_edge, same], choices)
    # without a study at 0 or n, `only0` and `if0all` correct nothing: one specification
    assert m.specs() == ["normal.PLO.DL.wald.only0.all.latest.reported",
                         "normal.PLO.DL.wald.all.all.latest.reported"]  # fmt: skip
    assert len(multiverse([no_edge, same], choices, distinct=False)) == 6


def test_no_events_at_all_get_one_exact_answer():
    none = Dataset("all", "latest", "reported", np.zeros(3, int), np.array([9, 12, 20]), EVERY[:3])
    m = multiverse([none], Choices(likelihoods=("binomial_normal",)))
    assert list(m.names["ci"]) == ["exact"]
    one = pool([0, 0, 0], [9, 12, 20], Model("binomial_normal"))
    assert (m.estimate[0], m.ci_low[0]) == (0.0, 0.0)
    assert m.ci_high[0] == pytest.approx(one.ci_high, rel=1e-12)


def test_datasets_with_too_few_studies_are_left_out():
    alone = Dataset("one", "latest", "reported", EVENTS, TOTAL, np.eye(9, dtype=bool)[0])
    assert len(multiverse([alone], Choices())) == 0
    assert len(multiverse([], Choices())) == 0


def test_contrast_equals_the_subgroup_test():
    labels = np.array(["a"] * 5 + ["b"] * 4)
    levels = [
        multiverse(
            [Dataset("all", "latest", "reported", EVENTS, TOTAL, labels == name)],
            Choices(), least=1, distinct=False,
        )
        for name in ("a", "b")
    ]  # fmt: skip
    names, q, p = contrast(levels)
    checked = 0
    for i in range(q.size):
        if names["zeros"][i] in ("if0all", "all"):
            continue
        model = Model(
            "normal",
            measure=names["measure"][i],
            tau2=names["tau2_estimator"][i],
            ci=names["ci"][i],
        )
        test = compare_subgroups(EVENTS, TOTAL, labels, model, tau2_mode="separate", least=1).tests[
            0
        ]
        assert q[i] == pytest.approx(test.statistic, rel=1e-9)
        assert p[i] == pytest.approx(test.p_value, rel=1e-8)
        checked += 1
    assert checked == 5 * 11 * 4


def test_no_contrast_where_a_level_is_too_small_for_its_own_tau2():
    def rows(k):
        studies = np.arange(10) < k
        parts = [studies, np.arange(10) >= 5]
        events, total = np.arange(1, 11), np.full(10, 12)
        return contrast_rows(
            [
                multiverse(
                    [Dataset("all", "latest", "reported", events, total, part)],
                    Choices(likelihoods=("normal",)), least=1, distinct=False,
                )
                for part in parts
            ]
        )  # fmt: skip

    assert rows(5) and not rows(4)


def test_unknown_words_are_refused():
    with pytest.raises(SynthesisError, match="tau2"):
        Choices(tau2=("DLL",))


def test_shares_over_specifications_and_over_distinct_estimates():
    """Two intervals share one estimate: four specifications, two estimates."""
    choices = Choices(likelihoods=("normal",), measures=("PLO", "PAS"), tau2=("DL",),
                      ci=("wald", "t"), zeros=("only0",))  # fmt: skip
    whole = summarise(multiverse(DATA[:1], choices), published=0.9)[0]
    assert (whole["specifications"], whole["distinct"]) == (4, 2)
    assert whole["share_below"] == whole["share_below_distinct"] == 1.0
    assert whole["minimum"] < whole["median_distinct"] < whole["maximum"]
