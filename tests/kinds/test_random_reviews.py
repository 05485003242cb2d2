"""Random reviews of every kind but proportions: no exception, every number in place or with its
reason. Proportions are in tests/synthesis/test_random_reviews.py.

40 reviews; 1,000 with HYPOTHESIS_PROFILE=long.
"""

import os
from dataclasses import replace

import numpy as np
import pytest
import row_rules
from random_evidence import evidence

from singlearm.catalogue.tables import table_text
from singlearm.kinds import KINDS, POOLINGS

COUNT = 1000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 40
PARTS = 20
#: The curve from all evidence takes seconds, groups as long as all else: in every so many reviews.
SURVIVAL, GROUPS = 11, 3
#: Tables of results; the others have rows of patients, studies, tests and coefficients.
RESULTS = {kind.table for kind in KINDS.values() if kind.poolings} | {"group_results"}


def reviews(part):
    """Reviews with their numbers, most of them without a curve from all evidence."""
    for number in range(part, COUNT, PARTS):
        whole = evidence(np.random.default_rng([20261128, number]))
        if number % SURVIVAL:
            kept = {n: o for n, o in whole.outcomes.items() if o["kind"] != "survival"}
            whole = replace(whole, outcomes=kept)
        yield number, whole


@pytest.mark.parametrize("part", range(PARTS))
def test_every_kind(part):
    for number, whole in reviews(part):
        for table, pooling in POOLINGS.items():
            if table == "group_results" and number % GROUPS:
                continue
            rows = list(pooling.call(whole))
            assert table_text(table, rows)  # declared columns, declared types
            for row in rows:
                row_rules.check_numbers(row)
            for row in rows if table in RESULTS else ():
                if row.get("quantity") != "point":  # a study's own, beside the fit
                    estimate = "estimate_months" if table == "times" else "estimate"
                    row_rules.check_intervals(row, estimate)
                    row_rules.check_reasons(row, estimate)
            if table in ("group_tests", "other_regression"):
                for row in rows:
                    assert row["p_value"] is not None or row["note"], (number, row)


def test_every_kind_takes_part():
    """No kind drops out of the reviews by and by."""
    seen = dict.fromkeys(RESULTS, 0)
    for _, whole in reviews(0):
        for table in RESULTS:
            seen[table] += sum(1 for _ in POOLINGS[table].call(whole))
    assert all(seen.values()), seen
