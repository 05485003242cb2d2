"""What the public functions say of themselves: parameters, results, and what they refuse."""

import inspect
import re

import numpy as np
import pytest

import singlearm
from singlearm import synthesis
from singlearm.synthesis import SynthesisError

X, N, Y, V = [1, 2, 3], [10, 20, 30], [0.1, 0.2, 0.3], [0.1, 0.2, 0.1]
NONE = np.zeros((1, 3), bool)
TABLES = synthesis.two_by_two(X, N, X, N)
TRUTH = synthesis.Truth("PLO", 0.0, 0.5)
NORMAL = synthesis.Model("normal")
#: More events than patients.
BAD = [11, 2, 3]
#: A call of each function that is refused.
REFUSED = {
    "all_subsets": lambda f: f([0.1], [0.2]),
    "arms_of_trials": lambda f: f(["a", None]),
    "asymmetry_test": lambda f: f(X, N, test="none"),
    "back_transform": lambda f: f(0.5, "PFT"),
    "baujat": lambda f: f(BAD, N, "glmm"),
    "calibrate": lambda f: f([X], N, NORMAL, TRUTH, level=2),
    "calibrate_all": lambda f: f(X, N, {"normal": NORMAL}, level=2),
    "compare_clustered": lambda f: f(X, N, "aab", ["a", "b", None]),
    "compare_subgroups": lambda f: f(X, N, "aa"),
    "cumulative": lambda f: f(X, N, "glmm", [0, 1, 1]),
    "drawn_subsets": lambda f: f([0.1], [0.2]),
    "effect_sizes": lambda f: f(BAD, N, "PLO"),
    "fit_ratio_glmm": lambda f: f(TABLES, "none"),
    "gosh": lambda f: f(BAD, N),
    "group_differences": lambda f: f(X, N, "aa"),
    "influence": lambda f: f(BAD, N, "glmm"),
    "leave_one_out": lambda f: f(BAD, N, "glmm"),
    "leave_out": lambda f: f(BAD, N, "glmm", NONE),
    "leave_two_out": lambda f: f(BAD, N, "glmm"),
    "mantel_haenszel": lambda f: f("none", TABLES),
    "meta_regression": lambda f: f(X, N, [1, 2]),
    "multiverse": lambda f: f([], synthesis.Choices(measures=("none",))),
    "peto": lambda f: f(TABLES, level=2),
    "pool": lambda f: f(BAD, N),
    "pool_arms": lambda f: f(X, N, ["a", "b", None]),
    "pool_arms_without": lambda f: f(X, N, ["a", "b", None], "glmm", NONE),
    "pool_clustered": lambda f: f(X, N, ["a", "b", None]),
    "pool_effects": lambda f: f(Y, [0.1, 0.2, -0.1]),
    "pool_many": lambda f: f(BAD, N),
    "pool_median_times": lambda f: f(Y, Y, Y, N, scale="none"),
    "pool_ratios": lambda f: f(Y, [0.1, 0.2, -0.1]),
    "pool_ratios_bayes": lambda f: f(Y, V, scale=0),
    "prediction_interval": lambda f: f(0.1, 0.1, 0.1, 3, level=2),
    "ratio_from_counts": lambda f: f("OR", 11, 10, 1, 10),
    "ratio_from_printed": lambda f: f(0.9, 0.3, 0.8),
    "regress_effects": lambda f: f(Y, V, [[1, 1]] * 3),
    "sign_flip_test": lambda f: f(Y, V, ci="none"),
    "study_intervals": lambda f: f(BAD, N),
    "study_values": lambda f: f(synthesis.Pooled(k=1, events=1, total=2)),
    "tau2_interval": lambda f: f(Y, V, "none"),
    "trim_and_fill": lambda f: f(Y, V, estimator="none"),
    "truth_of": lambda f: f(BAD, N, NORMAL),
    "two_by_two": lambda f: f([11], [10], [1], [10]),
    "weighted_median_time": lambda f: f([-1], [10]),
}
FUNCTIONS = [name for name in synthesis.__all__ if inspect.isfunction(getattr(synthesis, name))]
CLASSES = [
    name
    for name in synthesis.__all__
    if inspect.isclass(getattr(synthesis, name)) and name != "SynthesisError"
]


def sections(name):
    """The sections of a numpydoc text by their headings, what stands first under an empty one."""
    parts = re.split(r"^(\w+)\n-{3,}\n", inspect.getdoc(getattr(synthesis, name)), flags=re.M)
    return {"": parts[0]} | dict(zip(parts[1::2], parts[2::2], strict=True))


def described(section):
    """The names before a colon, or that stand alone, of those with a text below."""
    entries = re.findall(r"^(\S.*)\n(?=(?:\S.*\n)*    )", section, flags=re.M)
    return [each.strip("*") for entry in entries for each in entry.split(" : ")[0].split(", ")]


def test_the_package_has_the_names_of_its_statistics():
    assert singlearm.__all__ == synthesis.__all__


@pytest.mark.parametrize("name", FUNCTIONS + CLASSES)
def test_each_parameter_is_described(name):
    wanted = list(inspect.signature(getattr(synthesis, name)).parameters)
    assert sorted(described(sections(name).get("Parameters", ""))) == sorted(wanted)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_result_is_described(name):
    assert described(sections(name)["Returns"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_function_refuses_is_described(name):
    said = described(sections(name).get("Raises", ""))
    assert said == (["SynthesisError"] if name in REFUSED else [])
    if name in REFUSED:
        with pytest.raises(SynthesisError):
            REFUSED[name](getattr(synthesis, name))
