"""Every benchmark script still finds what it imports: no test measures, so none would tell."""

import runpy
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parent / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_imports(script, monkeypatch):
    """By its path: one is called as a package is. (`twelve_outcomes` computes at once.)"""
    monkeypatch.syspath_prepend(script.parent)  # they import each other
    runpy.run_path(str(script))
