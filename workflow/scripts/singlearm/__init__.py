"""Reproducible meta-analysis of single-arm trials.

The statistics in a notebook, with numpy and scipy alone (docs/notebook.md):

>>> from singlearm import pool
>>> round(pool([4, 3, 2, 1], [10, 20, 30, 40]).estimate, 3)
0.105
"""

from typing import TYPE_CHECKING, Any

from . import synthesis
from .synthesis import __all__ as __all__

if TYPE_CHECKING:
    from .synthesis import *  # noqa: F403


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(synthesis, name)
