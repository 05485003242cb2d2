"""Time the sensitivity analyses against metafor, same data, same run; print a table in Markdown.

    PYTHONPATH=workflow/scripts OPENBLAS_NUM_THREADS=1 python tests/benchmarks/bench_sensitivity.py

With `--plot FILE` the growth with the number of studies and of specifications is drawn as well.
Times are the best of three, wall clock and CPU seconds; metafor's gosh gets both cores (its
`parallel="multicore"`), ours two threads.
"""

import argparse
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from run import SEED, K, data, of_r

from singlearm.synthesis import Model, compare_subgroups, subset_summary
from singlearm.synthesis.calibration import calibrate
from singlearm.synthesis.diagnostics import leave_one_out
from singlearm.synthesis.effects import effect_sizes, expit
from singlearm.synthesis.specifications import Choices, Dataset, multiverse
from singlearm.synthesis.subset_summary import study_effects
from singlearm.synthesis.subsets import all_subsets
from singlearm.synthesis.truths import simulate, truth_of

GROWTH = (10, 12, 14, 16, 18, 20, 22, 23, 24)
PROTOCOL = {
    "glmm": Model("binomial_normal", ci="profile"),
    "logit_dl": Model("normal", measure="PLO", tau2="DL", ci="wald"),
    "logit_reml_hk": Model("normal", measure="PLO", tau2="REML", ci="hk"),
}


def counts(k=K):
    """Events and totals (k,)."""
    x, n = data(1, k)
    return x[0], n[0]


def timed(task, times=3):
    """Best wall and CPU seconds of some runs."""
    spent = []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        task()
        spent.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(w for w, _ in spent), min(c for _, c in spent)


def whole_gosh(k, threads=2):
    """Every subset by DL and EE, with quantiles, histogram, clusters and the studies' effects."""
    e = effect_sizes(*counts(k), "PLO")
    subsets = all_subsets(e.yi, e.vi, back=expit, threads=threads)
    values = (subsets.estimate, subsets.estimate_ee, subsets.tau2, subsets.i2)
    tasks = [lambda v=v: subset_summary.quantiles(subsets, v) for v in values]
    tasks.append(lambda: subset_summary.clusters(subset_summary.histogram(subsets).counts))
    tasks += [lambda v=v: study_effects(subsets, v) for v in (values[0], values[3])]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda task: task(), tasks))
    return subsets.count


def specifications(sets):
    """The full multiverse of some inclusion sets; how many specifications it has."""
    x, n = counts()
    rng = np.random.default_rng(1)
    everyone = np.ones(K, bool)
    data = [
        Dataset(f"set_{i}", "latest", "reported", x, n, everyone if i == 0 else rng.random(K) < 0.7)
        for i in range(sets)
    ]
    return len(multiverse(data, Choices()))


def calibrated():
    """2,000 datasets from each protocol model, every protocol model fitted to each."""
    x, n = counts()
    for number, source in enumerate(PROTOCOL.values()):
        truth = truth_of(x, n, source)
        drawn = simulate(truth, n, 2000, [SEED, number])
        for model in PROTOCOL.values():
            calibrate(drawn, n, model, truth)


def table(tasks, ours, theirs):
    """Lines of the comparison; microseconds: for one subset, fit, arrangement or dataset."""
    partner = {"gosh": "gosh_18", "specs": "rma_loop", "perm": "permutest", "loo": "leave1out"}
    yield "| task | wall s | CPU s | us each | metafor, us each | times |"
    yield "|---|---|---|---|---|---|"
    for name, (title, size, _) in tasks.items():
        wall, cpu = ours[name]
        each, other, ratio = 1e6 * wall / size, "", ""
        if partner.get(name) in theirs:
            count, their_wall, _ = theirs[partner[name]]
            other = f"{1e6 * their_wall / count:,.1f}"
            ratio = f"{1e6 * their_wall / count / each:,.0f}"
        yield f"| {title} | {wall:.3f} | {cpu:.3f} | {each:,.3f} | {other} | {ratio} |"


def details(theirs, memory):
    """What the table leaves out."""
    yield f"Peak memory of all our tasks: {memory:.0f} MB"
    for name in sorted(theirs):
        count, wall, cpu = theirs[name]
        each = f"{1e6 * wall / count:.1f} us each, {1e6 * cpu / count:.1f} us CPU"
        yield f"metafor {name}: {wall:.2f} s wall, {cpu:.2f} s CPU, {each}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--plot", type=Path)
    plot = parser.parse_args().plot
    x, n = counts()
    labels = ["a"] * 19 + ["b"] * 4
    reml = Model("normal", measure="PLO", tau2="REML", ci="wald")
    subsets = 2**K - K - 1
    size = specifications(3)
    tasks = {
        "gosh": ("GOSH, k = 23, DL and EE, quantiles, histogram", subsets, lambda: whole_gosh(K)),
        "specs": (f"{size:,} specifications", size, lambda: specifications(3)),
        "perm": (
            "exact permutation 19 against 4, REML", 8855,
            lambda: compare_subgroups(x, n, labels, reml, tau2_mode="common", permutations=200_000),
        ),
        "loo": ("leave-one-out, REML", 1, lambda: leave_one_out(x, n, reml)),
        "calibration": ("calibration, 3 models x 3 truths x 2,000", 18_000, calibrated),
    }  # fmt: skip
    ours = {name: timed(task) for name, (_, _, task) in tasks.items()}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    theirs = of_r("bench_sensitivity.R", x, n)
    sys.stdout.write("\n".join([*table(tasks, ours, theirs), "", *details(theirs, memory), ""]))
    if plot:
        draw_growth(plot, theirs)


def draw_growth(path, theirs):
    """Wall seconds against subsets and specifications, on logarithmic axes."""
    from matplotlib.figure import Figure

    from singlearm.figures import style

    subsets = [(2**k, timed(lambda k=k: whole_gosh(k), 1)[0]) for k in GROWTH]
    specs = [
        (specifications(m), timed(lambda m=m: specifications(m), 1)[0]) for m in (1, 3, 10, 30)
    ]
    with style.settings():
        figure = Figure(figsize=(7.2, 2.8), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.loglog(*zip(*subsets, strict=True), "o-", color=style.BLUE, label="here")
        slow = [(c, w) for name, (c, w, _) in theirs.items() if name.startswith("gosh_")]
        if slow:
            left.loglog(
                *zip(*sorted(slow), strict=True), "s-", color=style.VERMILION, label="metafor"
            )
        left.set(xlabel="subsets", ylabel="seconds, two cores")
        left.legend(frameon=False)
        right.loglog(*zip(*specs, strict=True), "o-", color=style.BLUE)
        right.set(xlabel="specifications", ylabel="seconds, one core")
        for axis in (left.xaxis, left.yaxis, right.xaxis, right.yaxis):
            axis.set_major_formatter(lambda value, _: f"{value:,.10g}")
            axis.set_minor_formatter(lambda *_: "")
            axis.get_major_locator().set_params(numticks=5)
        figure.savefig(path, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
