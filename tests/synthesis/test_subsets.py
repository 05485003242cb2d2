"""GOSH: every subset equals its own fit and metafor's; blocks and threads change no byte."""

import json
import lzma
from pathlib import Path

import numpy as np
import pytest

from singlearm.synthesis.effects import effect_sizes, expit
from singlearm.synthesis.subset_summary import (
    clusters,
    histogram,
    order_statistics,
    quantiles,
    study_effects,
)
from singlearm.synthesis.subsets import all_subsets, drawn_subsets, gosh
from singlearm.synthesis.twostep import pool_effects
from singlearm.synthesis.words import SynthesisError

REFERENCE = Path(__file__).parents[1] / "reference" / "metafor"
PRITZ = (
    [16, 10, 4, 43, 10, 25, 13, 12, 22, 4, 5, 18],
    [17, 12, 8, 58, 10, 42, 14, 12, 41, 5, 6, 23],
)


def made_up(k, seed=3):
    rng = np.random.default_rng(seed)
    return rng.normal(1.0, 1.2, k), rng.uniform(0.05, 0.9, k)


def counted(subsets, values):
    """The values of the subsets that count."""
    return np.delete(values, subsets.empty())


def membership(k):
    """Which studies are in each subset (2^k, k), and which subsets count."""
    inside = ((np.arange(2**k)[:, None] >> np.arange(k)) & 1).astype(bool)
    return inside, inside.sum(axis=1) >= 2


@pytest.mark.parametrize("k", [2, 3, 8, 12])
def test_every_subset_equals_its_own_fit(k):
    e = effect_sizes(PRITZ[0][:k], PRITZ[1][:k], "PLO")
    s = all_subsets(e.yi, e.vi, back=expit)
    inside, counts = membership(k)
    for estimator, estimate in (("DL", s.estimate), ("EE", s.estimate_ee)):
        for subset in np.flatnonzero(counts):
            there = inside[subset]
            one = pool_effects(e.yi[there], e.vi[there], tau2=estimator, ci="wald")
            assert abs(expit(one.estimate) - estimate[subset]) < 1e-12
            assert abs(one.i2_q - s.i2[subset]) < 1e-12
            if estimator == "DL":
                assert abs(one.tau2 - s.tau2[subset]) < 1e-12
    assert s.count == counts.sum() == 2**k - k - 1


@pytest.mark.parametrize("name", ["hine1989_trt", "hahn2001_allzero_k4"])
def test_metafors_gosh(name):
    content = json.loads(lzma.decompress((REFERENCE / f"{name}.json.xz").read_bytes()))
    data = content["data"]
    seen = 0
    for entry in content["gosh"]:
        if entry["method"] not in ("DL", "EE"):
            continue
        e = effect_sizes(data["xi"], data["ni"], entry["measure"])
        s = all_subsets(e.yi, e.vi)
        for i, incl in enumerate(entry["incl"]):
            members = sum(1 << j for j, bit in enumerate(incl) if bit == "1")
            if members & (members - 1) == 0:
                continue
            ours = s.estimate if entry["method"] == "DL" else s.estimate_ee
            assert ours[members] == pytest.approx(entry["estimate"][i], rel=1e-12, abs=1e-13)
            # metafor gives percent; for DL from tau2, for EE from Q, which is the same number
            assert 100 * s.i2[members] == pytest.approx(entry["I2"][i], rel=1e-10, abs=1e-10)
            if entry["method"] == "DL":
                assert s.tau2[members] == pytest.approx(entry["tau2"][i], rel=1e-10, abs=1e-13)
            seen += 1
    assert seen > 20


def test_blocks_and_threads_change_no_byte():
    y, v = made_up(17)
    first = all_subsets(y, v, back=expit)
    for block_bits, threads in ((7, 1), (11, 2), (12, 1), (16, 2), (20, 1)):
        other = all_subsets(y, v, back=expit, block_bits=block_bits, threads=threads)
        for name in ("estimate", "estimate_ee", "tau2", "i2"):
            assert getattr(first, name).tobytes() == getattr(other, name).tobytes()


def test_effect_of_each_study_equals_plain_means():
    y, v = made_up(14)
    s = all_subsets(y, v)
    inside, counts = membership(14)
    with_, without = study_effects(s, s.estimate)
    for i in range(14):
        assert with_[i] == pytest.approx(s.estimate[counts & inside[:, i]].mean(), abs=1e-13)
        assert without[i] == pytest.approx(s.estimate[counts & ~inside[:, i]].mean(), abs=1e-13)


def test_drawn_subsets_are_subsets_and_repeat_with_their_seed():
    y, v = made_up(12)
    every, drawn = all_subsets(y, v), drawn_subsets(y, v, draws=40_000, seed=5)
    for name in ("estimate", "estimate_ee", "tau2", "i2"):
        assert np.abs(getattr(drawn, name) - getattr(every, name)[drawn.members[0]]).max() < 1e-12
    again = drawn_subsets(y, v, draws=40_000, seed=5, threads=2)
    assert again.estimate.tobytes() == drawn.estimate.tobytes()
    # every subset is equally likely: the mean lies within four standard errors of the exact one
    exact = counted(every, every.estimate)
    assert abs(drawn.estimate.mean() - exact.mean()) < 4 * exact.std() / np.sqrt(40_000)
    with_, without = study_effects(drawn, drawn.estimate)
    chosen = (drawn.members[0] >> 3) & 1
    assert with_[3] == pytest.approx(drawn.estimate[chosen == 1].mean(), abs=1e-12)
    assert without[3] == pytest.approx(drawn.estimate[chosen == 0].mean(), abs=1e-12)


def test_more_studies_than_can_be_enumerated():
    y, v = made_up(45)
    s = drawn_subsets(y, v, draws=3_000, seed=1)
    for j in range(0, 3_000, 500):
        there = ((s.members[0, j] >> np.arange(45)) & 1).astype(bool)
        one = pool_effects(y[there], v[there], tau2="DL", ci="wald")
        assert abs(one.estimate - s.estimate[j]) < 1e-12
        assert abs(one.tau2 - s.tau2[j]) < 1e-12


def test_more_studies_than_bits_of_a_number():
    y, v = made_up(150)
    s = drawn_subsets(y, v, draws=2_000, seed=1)
    inside = np.array([(s.members[i // 63] >> (i % 63)) & 1 for i in range(150)]).astype(bool)
    for j in range(0, 2_000, 400):
        one = pool_effects(y[inside[:, j]], v[inside[:, j]], tau2="DL", ci="wald")
        assert abs(one.estimate - s.estimate[j]) < 1e-12
        assert abs(one.tau2 - s.tau2[j]) < 1e-12
    with_, without = study_effects(s, s.estimate)
    for i in (0, 62, 63, 149):
        assert with_[i] == pytest.approx(s.estimate[inside[i]].mean(), abs=1e-12)
        assert without[i] == pytest.approx(s.estimate[~inside[i]].mean(), abs=1e-12)


def test_fewer_subsets_are_drawn_of_more_studies():
    many = np.full(800, 20)
    drawn = gosh(np.arange(800) % 20, many, draws=2_000_000)
    assert drawn.count == 2_000_000 * 63 // 800
    assert "sampled" in {note.code for note in drawn.notes}


def test_order_statistics_are_those_of_the_sorted_values():
    rng = np.random.default_rng(8)
    for values in (rng.normal(size=200_001), np.maximum(rng.normal(size=99_999), 0), np.ones(50)):
        ranks = np.array([0, values.size // 3, values.size - 1])
        assert (order_statistics(values, ranks) == np.sort(values)[ranks]).all()


@pytest.mark.parametrize("offset", [0.0, -3.0])
def test_quantiles_are_those_of_the_subsets_that_count(offset):
    y, v = made_up(13)
    drawn = drawn_subsets(y + offset, v, draws=5_000, seed=2)
    for s in (all_subsets(y + offset, v), all_subsets(y + offset, v, back=expit), drawn):
        for values in (s.estimate, s.tau2, s.i2):
            wanted = (0.0, 0.025, 0.5, 0.9, 1.0)
            exact = np.quantile(counted(s, values), wanted)
            assert quantiles(s, values, wanted) == pytest.approx(exact, rel=1e-14, abs=1e-15)


def test_histogram_holds_every_subset_once():
    e = effect_sizes(*PRITZ, "PLO")
    s = all_subsets(e.yi, e.vi, back=expit)
    h = histogram(s)
    assert h.counts.sum() == s.count
    inside = (counted(s, s.estimate) >= h.estimate_edges[10]) & (
        counted(s, s.estimate) < h.estimate_edges[11]
    )
    assert h.counts[10].sum() == inside.sum()


def test_two_clouds_are_two_clusters():
    grid = np.zeros((60, 100), int)
    x, y = np.meshgrid(np.arange(60), np.arange(100), indexing="ij")
    for centre, size in (((15, 20), 900), ((45, 70), 500)):
        grid += np.round(size * np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / 30)).astype(
            int
        )
    found = clusters(grid)
    assert found.max() == 1
    assert found[15, 20] == 0  # the larger cloud comes first
    assert found[45, 70] == 1
    assert (found >= 0).sum() == (grid > 0).sum()


def test_what_cannot_be_done_is_said():
    with pytest.raises(SynthesisError, match="cannot be visited"):
        all_subsets(np.zeros(31), np.ones(31))
    with pytest.raises(SynthesisError, match="finite numbers"):
        all_subsets([1.0, 2.0], [0.0, 1.0])
