"""Statistics of single-arm meta-analysis: arrays in, typed results out. No files, no plots.

Names are imported when first used, so that a script pays only for what it calls.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .arms import arms_of_trials, compare_clustered, pool_arms, pool_arms_without
    from .between_groups import Difference, group_differences
    from .calibration import Calibration, calibrate, calibrate_all
    from .clusters import Clustered, pool_clustered
    from .diagnostics import (
        Influence,
        baujat,
        cumulative,
        influence,
        leave_one_out,
        leave_out,
        leave_two_out,
    )
    from .effects import EffectSizes, back_transform, effect_sizes, freeman_tukey_sizes
    from .empirical_bayes import StudyValues, study_values
    from .intervals import study_intervals
    from .levels import BetweenTest, Level, SubgroupComparison
    from .models import MODELS, Model
    from .notes import Note
    from .permutation import sign_flip_test
    from .pooling import pool, pool_many
    from .ratio_common import mantel_haenszel, peto
    from .ratio_counts import two_by_two
    from .ratio_glmm import fit_ratio_glmm
    from .ratio_pooling import pool_ratios, pool_ratios_bayes
    from .ratios import ratio_from_counts, ratio_from_printed
    from .records import Pooled, PooledMany
    from .regress_counts import Regression, Term, meta_regression
    from .regression import MetaRegression, regress_effects
    from .small_study import AsymmetryTest, TrimFill, asymmetry_test, trim_and_fill
    from .specification_summary import summarise
    from .specifications import Choices, Dataset, Multiverse, contrast, multiverse
    from .subgroups import compare_subgroups, holm, holm_by_test
    from .subsets import Subsets, all_subsets, drawn_subsets, gosh
    from .times import PooledTimes, pool_median_times
    from .truths import Truth, simulate, truth_of
    from .twostep import TwoStep, pool_effects, prediction_interval, tau2_interval
    from .weighted_times import weighted_median_time
    from .words import SynthesisError

#: Every public name and the module it lives in.
_HOME = {
    name: module
    for module, names in {
        "arms": "arms_of_trials compare_clustered pool_arms pool_arms_without",
        "calibration": "Calibration calibrate calibrate_all",
        "clusters": "Clustered pool_clustered",
        "diagnostics": (
            "Influence baujat cumulative influence leave_one_out leave_out leave_two_out"
        ),
        "effects": "EffectSizes back_transform effect_sizes freeman_tukey_sizes",
        "between_groups": "Difference group_differences",
        "intervals": "study_intervals",
        "levels": "BetweenTest Level SubgroupComparison",
        "models": "MODELS Model",
        "specifications": "Choices Dataset Multiverse contrast multiverse",
        "notes": "Note",
        "permutation": "sign_flip_test",
        "pooling": "pool pool_many",
        "ratio_common": "mantel_haenszel peto",
        "ratio_counts": "two_by_two",
        "ratio_glmm": "fit_ratio_glmm",
        "ratio_pooling": "pool_ratios pool_ratios_bayes",
        "ratios": "ratio_from_counts ratio_from_printed",
        "records": "Pooled PooledMany",
        "regress_counts": "Regression Term meta_regression",
        "regression": "MetaRegression regress_effects",
        "small_study": "AsymmetryTest TrimFill asymmetry_test trim_and_fill",
        "specification_summary": "summarise",
        "empirical_bayes": "StudyValues study_values",
        "subgroups": "compare_subgroups holm holm_by_test",
        "subsets": "Subsets all_subsets drawn_subsets gosh",
        "times": "PooledTimes pool_median_times",
        "truths": "Truth simulate truth_of",
        "twostep": "TwoStep pool_effects prediction_interval tau2_interval",
        "weighted_times": "weighted_median_time",
        "words": "SynthesisError",
    }.items()
    for name in names.split()
}

__all__ = [
    "MODELS", "AsymmetryTest", "BetweenTest", "Calibration", "Choices", "Clustered", "Dataset",
    "Difference", "EffectSizes", "Influence", "Level", "MetaRegression", "Model", "Multiverse",
    "Note", "Pooled", "PooledMany", "PooledTimes", "Regression", "StudyValues",
    "SubgroupComparison", "Subsets", "SynthesisError", "Term", "TrimFill", "Truth", "TwoStep",
    "all_subsets", "arms_of_trials", "asymmetry_test", "back_transform", "baujat", "calibrate",
    "calibrate_all", "compare_clustered", "compare_subgroups", "contrast", "cumulative",
    "drawn_subsets", "effect_sizes", "fit_ratio_glmm", "freeman_tukey_sizes", "gosh",
    "group_differences", "holm", "holm_by_test", "influence", "leave_one_out", "leave_out",
    "leave_two_out", "mantel_haenszel", "meta_regression", "multiverse", "peto", "pool",
    "pool_arms", "pool_arms_without", "pool_clustered", "pool_effects", "pool_many",
    "pool_median_times", "pool_ratios", "pool_ratios_bayes", "prediction_interval",
    "ratio_from_counts", "ratio_from_printed", "regress_effects", "sign_flip_test", "simulate",
    "study_intervals", "study_values", "summarise", "tau2_interval", "trim_and_fill", "truth_of",
    "two_by_two", "weighted_median_time",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # no module has the name of something public: once imported it would stand here in its place
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
