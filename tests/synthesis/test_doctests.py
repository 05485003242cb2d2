"""The examples in the docstrings run."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

from singlearm import synthesis

NAMES = sorted(p.stem for p in Path(synthesis.__file__).parent.glob("*.py") if p.stem != "__init__")


@pytest.mark.parametrize("name", NAMES)
def test_examples_run(name):
    assert doctest.testmod(import_module(f"singlearm.synthesis.{name}")).failed == 0


def test_every_promised_name_is_there():
    for name in synthesis.__all__:
        assert getattr(synthesis, name).__doc__, name


def test_the_page_for_notebooks_runs():
    page = Path(__file__).parents[2] / "docs" / "notebook.md"
    assert doctest.testfile(str(page), module_relative=False).failed == 0
