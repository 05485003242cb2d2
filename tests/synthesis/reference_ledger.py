"""Bookkeeping of the comparison with reference values: every number compared or excused."""

import json
import lzma
import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parents[1] / "reference"

#: Largest difference allowed, by kind of quantity: relative to the larger of value and floor.
TOLERANCE = {
    "closed": 1e-10,  # closed forms
    "iterative": 1e-7,  # what depends on an iterated tau2
    "stopped": 1e-6,  # tau2 of 4e-7: the reference's stop, 1e-13, is 3e-7 of it
    "glmer": 1e-3,  # binomial model by lme4's glmer with 7 nodes, which stops at about this
    "conditional": 5e-7,  # exact conditional model by 61 nodes elsewhere; its stop
    "nlminb": 1e-5,  # the same by metafor: a general optimiser and R's integrate
    "root": 1e-6,  # intervals found by root finding
    "p": 1e-8,  # p-values, absolute
    "glmm": 1e-7,  # against quadrature with 61 nodes
    "glmm_61_nodes": 6e-7,  # axfors2021_hcq: 61 nodes are that far from the integral (own test)
    "year": 1e-6,  # regression on an uncentred year: metafor's own solution loses these digits
    "glm": 3e-5,  # common-effect GLMM: R's glm stops at 1e-8 of the deviance
    "glmm_se": 5e-6,  # standard errors there: second derivatives lose a digit more
    "glmm_7_nodes": 5e-4,  # rate GLMM of metafor: 7 nodes; ours are checked in test_rates.py
    "genq": 1e-8,  # roots of exact distributions, both to 1e-12
    "genq_metafor": 2e-4,  # metafor's default tolerance, 1e-4 absolute
    "threelevel": 1e-6,  # metafor's rma.mv, the best of four general optimisers
    "threelevel_profile": 1e-3,  # its limits of the variances: root finding to about 1e-5 absolute
    "rounded_z": 1e-5,  # limits with 1.96 for the normal quantile
    "filled": 1e-7,  # the package fills in missing times with a variance of 1e12
    "pimeta": 1e-3,  # pimeta's REML stops early
    "draws": 4.0,  # bootstrap limits, in standard errors of the difference
    "monte_carlo": 0.02,  # 10,000 draws against 10,000 others
    "digits": 2e-14,  # exact distributions and counts
}
#: Below these sizes differences are taken as absolute. The reference iterated to 1e-13 on tau2.
FLOOR = {
    "tau2": 2e-6,
    "estimate": 1e-2,
    "se": 1e-4,
    "diagnostic": 0.1,
    "survival": 0.25,
    "one": 1.0,
    "percent": 10.0,
    "p": 1.0,
}


NO_NUMBER = "the reference has no number (NA)"


def load(kind: str, name: str):
    return json.loads(lzma.decompress((FOLDER / kind / f"{name}.json.xz").read_bytes()))


def names(kind: str) -> list[str]:
    return sorted(path.name.removesuffix(".json.xz") for path in (FOLDER / kind).glob("*.json.xz"))


def number(value) -> float:
    """A JSON number, or one of the strings NA, NaN, Inf, -Inf."""
    if isinstance(value, str):
        return {"NA": math.nan, "NaN": math.nan, "Inf": math.inf, "-Inf": -math.inf}[value]
    return float(value)


def numbers(value) -> np.ndarray:
    values = value if isinstance(value, list) else [value]
    return np.array([number(v) for v in values], float)


@dataclass
class Ledger:
    """Counts of what agreed, what was excused and why, and the list of what failed."""

    compared: Counter = field(default_factory=Counter)
    excused: Counter = field(default_factory=Counter)
    worst: dict = field(default_factory=dict)
    failures: list = field(default_factory=list)

    def account(self, tag, entry, ours, excuse):
        """Settle every field of `entry` that holds numbers.

        `ours` maps field names to (kind, floor, value); `excuse(field)` gives the reason why a
        field is not compared, or None. A field with neither is a failure.
        """
        for name, value in flat_fields(entry):
            reference = numbers(value)
            if name in ours:
                self._compare(f"{tag} {name}", reference, *ours[name])
                continue
            if np.isnan(reference).all():
                self.excused[NO_NUMBER] += reference.size
                continue
            reason = excuse(name)
            if reason is None:
                self.failures.append(f"{tag} {name}: not compared")
            else:
                self.excused[reason] += reference.size

    def _compare(self, tag, reference, kind, floor, value):
        value = np.atleast_1d(np.asarray(value, float))
        if value.shape != reference.shape:
            self.failures.append(f"{tag}: {value.shape} values against {reference.shape}")
            return
        blank = np.isnan(reference)
        self.excused[NO_NUMBER] += int(blank.sum())
        value, reference = value[~blank], reference[~blank]
        if not value.size:
            return
        scale = 1.0 if kind == "p" else np.maximum(np.abs(reference), FLOOR[floor])
        with np.errstate(invalid="ignore"):
            gap = np.where(value == reference, 0.0, np.abs(value - reference) / scale)
        gap = np.where(np.isnan(gap), np.inf, gap)
        self.compared[kind] += value.size
        if gap.max() > self.worst.get(kind, (0.0,))[0]:
            self.worst[kind] = (float(gap.max()), tag)
        if gap.max() > TOLERANCE[kind]:
            at = int(gap.argmax())
            self.failures.append(
                f"{tag}[{at}] ({kind}): {value[at]!r} against {reference[at]!r}, {gap.max():.1e}"
            )

    def add(self, other: "Ledger"):
        self.compared += other.compared
        self.excused += other.excused
        self.failures += other.failures
        for kind, found in other.worst.items():
            if found[0] > self.worst.get(kind, (0.0,))[0]:
                self.worst[kind] = found

    def report(self) -> str:
        lines = [f"{sum(self.compared.values()):,} reference numbers compared"]
        for kind, count in sorted(self.compared.items()):
            gap, tag = self.worst.get(kind, (0.0, ""))
            lines.append(
                f"  {kind:14s} {count:7,d}  largest {gap:.1e} of {TOLERANCE[kind]:g}  {tag}"
            )
        lines.append(f"{sum(self.excused.values()):,} not compared")
        lines += [f"  {count:7,d}  {reason}" for reason, count in self.excused.most_common()]
        return "\n".join(lines)


def flat_fields(entry):
    """Names and values of the fields that hold numbers, those of `back` with their prefix."""
    for name, value in entry.items():
        if name == "back":
            yield from ((f"back_{k}", v) for k, v in value.items())
        elif isinstance(value, bool) or value is None:
            continue
        elif (
            isinstance(value, (int, float))
            or value in ("NA", "NaN", "Inf", "-Inf")
            or (isinstance(value, list) and value and all(_numeric(v) for v in value))
        ):
            yield name, value


def _numeric(value):
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return plain or value in ("NA", "NaN", "Inf", "-Inf")
