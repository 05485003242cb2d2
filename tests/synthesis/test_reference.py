"""Agreement with metafor, meta and metamedian: every number of the pinned files is settled."""

import sys

import numpy as np
import pytest
import reference_fits
import reference_metafor
import reference_others
from reference_ledger import Ledger, load, names

TOTAL = Ledger()
SEEN: list[tuple[str, str]] = []


def settle(kind, name, ledger):
    SEEN.append((kind, name))
    TOTAL.add(ledger)
    assert not ledger.failures, "\n".join(ledger.failures[:20])
    assert sum(ledger.compared.values()) > 0


@pytest.mark.parametrize("name", names("metafor"))
def test_metafor(name):
    settle("metafor", name, reference_metafor.compare(load("metafor", name)))


@pytest.mark.parametrize("name", names("meta"))
def test_meta(name):
    settle("meta", name, reference_others.compare_meta(load("meta", name)))


@pytest.mark.parametrize("name", names("tables"))
def test_tables(name):
    settle("tables", name, reference_others.compare_tables(load("tables", name)))


def test_metamedian():
    datasets = {n: reference_fits.Dataset(load("metafor", n)) for n in names("metafor")}
    settle("metamedian", "", reference_others.compare_medians(load("", "metamedian"), datasets))


def test_the_grid_is_complete(capsys):
    """Every file was read, every section has its handler; numbers neither compared nor excused
    with a reason have failed above. Prints the count."""
    expected = [(kind, n) for kind in ("metafor", "meta", "tables") for n in names(kind)]
    if set(expected) - set(SEEN):
        pytest.fail("run the whole file: the grid is counted over all of it")
    for kind, handled in (("metafor", reference_metafor.HANDLERS), ("meta", reference_others.META)):
        for name in names(kind):
            sections = {s for s, v in load(kind, name).items() if isinstance(v, list) and v}
            assert sections <= set(handled), (kind, name)
    measures = {e["measure"] for n in names("metafor") for e in load("metafor", n)["fits"]}
    methods = {e["method"] for n in names("metafor") for e in load("metafor", n)["fits"]}
    assert measures == {"PR", "PLN", "PLO", "PAS", "PFT"}
    assert methods >= {"EE", "DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM"}
    with capsys.disabled():
        sys.stdout.write("\n" + TOTAL.report() + "\n")
    assert sum(TOTAL.compared.values()) > 300_000


def test_the_reference_stopped_at_a_lower_maximum_only_where_proved():
    """One cumulative REML step of li2007_trt; the likelihoods are compared in the handler."""
    assert reference_fits.LOWER_MAXIMA == [("PLN", 14)]


def test_rma_glmm_agrees_within_its_quadrature_error():
    """metafor's 7 nodes against ours: no further apart than 7 nodes are from 61."""
    for name in names("metafor"):
        content = load("metafor", name)
        entries = [e for e in content["glmm"] if "error" not in e and "kind" not in e]
        seven = [e for e in entries if e.get("nAGQ") == 7 and e["test"] == "z"]
        nodes = {e["nodes"]: e for e in entries if e.get("engine")}
        if not seven or not {7, 61} <= set(nodes):
            continue
        from singlearm.synthesis.glmm import fit_glmm

        data = reference_fits.Dataset(content)
        fit = fit_glmm(data.x[:, None], data.n[:, None])
        its, ours = seven[0]["tau2"], fit.tau[0] ** 2
        quadrature = abs(nodes[7]["tau2"] - nodes[61]["tau2"])
        # its optimiser adds up to 4e-5 of its own (README of the reference)
        assert abs(its - ours) <= quadrature + 1e-4 * max(ours, 1e-2), name
        assert abs(seven[0]["beta"][0] - fit.beta[0, 0]) <= 5e-3 * max(1, np.sqrt(ours))
