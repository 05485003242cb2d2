"""Time this engine against metafor, same data, same run; print a table in Markdown."""

import csv
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from timeit import repeat

import numpy as np

from singlearm.synthesis import (
    Model,
    effect_sizes,
    influence,
    leave_one_out,
    pool,
    pool_effects,
    pool_many,
    tau2_interval,
)
from singlearm.synthesis.diagnostics import influence_effects
from singlearm.synthesis.glmm import fit_glmm

HERE = Path(__file__).parent
K = 23
SEED = 20261123


def data(datasets, k=K):
    """Counts (datasets, k): sizes 8 to 90, logits 1 with standard deviation 0.8."""
    rng = np.random.default_rng(SEED)
    n = rng.integers(8, 90, (datasets, k))
    p = 1 / (1 + np.exp(-(1 + 0.8 * rng.standard_normal((datasets, k)))))
    return rng.binomial(n, p), n


def best(task, times=5, inner=1):
    """CPU seconds per call, the best of `times` runs of `inner` calls."""
    task()
    return min(repeat(task, timer=time.process_time, repeat=times, number=inner)) / inner


def of_r(script, x, n):
    """By task what an R script told of it, as numbers; nothing without Rscript."""
    if shutil.which("Rscript") is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([("xi", "ni"), *zip(x.tolist(), n.tolist(), strict=True)])
        command = ["Rscript", str(HERE / script), str(path)]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = map(str.split, run.stdout.splitlines())
    return {name: [float(value) for value in values] for name, *values in lines}


def of_ours(x, n):
    """Seconds of each task here; batches per dataset."""
    one = effect_sizes(x, n, "PLO")
    many_x, many_n = data(10_000)
    many = effect_sizes(many_x, many_n, "PLO")
    gx, gn = (a.T.astype(float) for a in data(1_000))
    sx, sn = x[:, None].astype(float), n[:, None].astype(float)
    reml = Model("normal", ci="wald")
    others = ~np.eye(K, dtype=bool)
    each = [np.broadcast_to(a, (K, K)) for a in (one.yi, one.vi)]
    return {
        "reml, batch of 10,000": best(lambda: pool_effects(many.yi, many.vi, ci="wald"), 7) / 1e4,
        "reml, alone": best(lambda: pool_effects(one.yi, one.vi, ci="wald"), 5, 20),
        "glmm, batch of 1,000": best(lambda: fit_glmm(gx, gn), 7) / 1e3,
        "glmm, alone": best(lambda: fit_glmm(sx, sn), 10, 10),
        "q_profile, alone": best(lambda: tau2_interval(one.yi, one.vi), 5, 20),
        "leave_one_out": best(lambda: pool_effects(*each, ci="wald", present=others), 5, 20),
        "leave_one_out, from counts": best(lambda: leave_one_out(x, n, reml), 5, 5),
        "influence": best(lambda: influence_effects(one.yi, one.vi), 5, 20),
        "influence, from counts": best(lambda: influence(x, n, reml), 5, 10),
        "bayes, alone": best(lambda: pool(x, n, Model("bayes"), threshold=0.5), 10),
        "bayes, batch of 1,000": best(lambda: pool_many(gx.T, gn.T, Model("bayes")), 3) / 1e3,
        "glmm with all columns": best(lambda: pool(x, n, Model("binomial_normal")), 5, 3),
    }


def fresh_process():
    """CPU seconds of twelve outcomes in a new interpreter, imports included."""
    command = [sys.executable, str(HERE / "twelve_outcomes.py")]
    seconds = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(seconds)


def growth():
    """Rows of time per dataset for growing k and growing numbers of datasets."""
    rows = []
    for k in (5, 50, 500, 5_000):
        x, n = data(1, k)
        e = effect_sizes(x, n, "PLO")
        counts = x.T.astype(float), n.T.astype(float)
        reml, glmm = best(lambda e=e: pool_effects(e.yi, e.vi)), best(lambda c=counts: fit_glmm(*c))
        rows.append((f"1 dataset, k = {k:,}", reml, glmm))
    for b in (1, 100, 10_000, 100_000):
        x, n = data(b)
        e = effect_sizes(x, n, "PLO")
        reml = best(lambda e=e: pool_effects(e.yi, e.vi), 3)
        part = min(b, 10_000)
        counts = x[:part].T.astype(float), n[:part].T.astype(float)
        glmm = best(lambda c=counts: fit_glmm(*c), 2) * b / part
        rows.append((f"{b:,} dataset{'s' if b > 1 else ''}, k = {K}", reml, glmm))
    return rows


RATIOS = {
    "reml, batch of 10,000": ("reml", 1500), "reml, alone": ("reml", None),
    "glmm, batch of 1,000": ("glmm", 350), "glmm, alone": ("glmm", 25),
    "q_profile, alone": ("q_profile", None), "leave_one_out": ("leave_one_out", 100),
    "leave_one_out, from counts": ("leave_one_out", None), "influence": ("influence", 100),
    "influence, from counts": ("influence", None),
}  # fmt: skip


def main():
    x, n = (a[0] for a in data(1))
    theirs, ours = of_r("reference.R", x, n), of_ours(x, n)
    theirs = {name: seconds for name, (seconds,) in theirs.items()}
    lines = [
        "| task (k = 23) | here | metafor | ratio | goal |",
        "| --- | --- | --- | --- | --- |",
    ]
    for task, seconds in ours.items():
        name, goal = RATIOS.get(task, (None, None))
        other = theirs.get(name)
        ratio = f"{other / seconds:,.0f}" if other else ""
        their = f"{1e3 * other:.1f} ms" if other else ""
        lines.append(f"| {task} | {seconds * 1e6:,.1f} us | {their} | {ratio} | {goal or ''} |")
    load = f"{theirs['library']:.2f} s to load metafor" if theirs else "no R here"
    lines.append(
        f"\nTwelve outcomes in one process, imports included: {fresh_process():.2f} s ({load}).\n"
    )
    lines += ["| data | REML | GLMM |", "| --- | --- | --- |"]
    lines += [f"| {name} | {a * 1e3:,.2f} ms | {b * 1e3:,.1f} ms |" for name, a, b in growth()]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
