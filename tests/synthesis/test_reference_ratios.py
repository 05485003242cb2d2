"""Agreement with reference values for two-arm counts: every number is compared or excused."""

import sys

import pytest
from reference_ledger import Ledger, load, names
from reference_ratios import compare_arms, compare_counts

TOPIC = "reference2/ratios_rare"
TOTAL = Ledger()
SEEN: list[str] = []
#: Fewest numbers compared: a comparison that quietly shrinks fails.
LEAST = 36_000


@pytest.mark.parametrize("name", names(TOPIC))
def test_file(name):
    compare = compare_arms if name.startswith("multiarm") else compare_counts
    ledger = compare(load(TOPIC, name))
    SEEN.append(name)
    TOTAL.add(ledger)
    assert not ledger.failures, "\n".join(ledger.failures[:20])


def test_the_grid_is_complete(capsys):
    if set(names(TOPIC)) - set(SEEN):
        pytest.fail("run the whole file: the grid is counted over all of it")
    with capsys.disabled():
        sys.stdout.write("\n" + TOTAL.report() + "\n")
    assert sum(TOTAL.compared.values()) >= LEAST
