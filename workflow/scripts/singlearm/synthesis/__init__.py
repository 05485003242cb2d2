"""Statistics of single-arm meta-analysis: arrays in, frozen records out. No files, no plots.

Names are imported when first used, so that a script pays only for what it calls.
"""

from importlib import import_module

_HOME = {
    "Model": "models",
    "Pooled": "records",
    "PooledMany": "records",
    "SynthesisError": "words",
    "pool": "pooling",
    "pool_many": "pooling",
    "effect_sizes": "effects",
    "back_transform": "effects",
    "freeman_tukey_sizes": "effects",
    "study_intervals": "intervals",
    "pool_effects": "twostep",
    "prediction_interval": "twostep",
    "tau2_interval": "twostep",
    "compare_subgroups": "moderators",
    "holm": "moderators",
    "meta_regression": "regress_counts",
    "pool_clustered": "clusters",
    "compare_clustered": "clusters",
    "leave_one_out": "diagnostics",
    "leave_two_out": "diagnostics",
    "leave_out": "diagnostics",
    "cumulative": "diagnostics",
    "influence": "diagnostics",
    "baujat": "diagnostics",
    "asymmetry_test": "small_study",
    "trim_and_fill": "small_study",
    "regress_effects": "regression",
    "weighted_median_time": "times",
    "pool_median_times": "times",
    "ratio_from_counts": "ratios",
    "ratio_from_printed": "ratios",
    "pool_ratios": "ratio_pooling",
    "pool_ratios_bayes": "ratio_pooling",
    "two_by_two": "ratio_counts",
    "mantel_haenszel": "mantel_haenszel",
    "peto": "mantel_haenszel",
    "fit_ratio_glmm": "ratio_glmm",
}

__all__ = tuple(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__():
    return __all__
