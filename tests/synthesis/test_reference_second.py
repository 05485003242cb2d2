"""Agreement with the second set of reference files: every number is compared or excused."""

import sys

import pytest
import reference_clusters
import reference_curves
import reference_genq
import reference_landmark
import reference_prediction
import reference_rates
from reference_ledger import FOLDER, Ledger, load, names
from reference_second import compare

TOPICS = {
    "rates": (reference_rates.HANDLERS, reference_rates.excuse),
    "genq": (reference_genq.HANDLERS, reference_genq.excuse),
    "landmark": (reference_landmark.HANDLERS, reference_landmark.excuse),
    "curves": (reference_curves.HANDLERS, reference_curves.excuse),
    "pi_boot": (reference_prediction.HANDLERS, reference_prediction.excuse),
    "cr2": (reference_clusters.HANDLERS, reference_clusters.excuse),
}
FILES = [(topic, name) for topic in TOPICS for name in names(f"reference2/{topic}")]
TOTAL: dict[str, Ledger] = {topic: Ledger() for topic in TOPICS}
SEEN: list[tuple[str, str]] = []


@pytest.mark.parametrize(("topic", "name"), FILES)
def test_file(topic, name):
    content = load(f"reference2/{topic}", name)
    handlers, excuse = TOPICS[topic]
    if "x1i" in content["data"]:
        handlers = dict.fromkeys(handlers, reference_rates.two_groups)
    ledger = compare(content, handlers, excuse)
    SEEN.append((topic, name))
    TOTAL[topic].add(ledger)
    assert not ledger.failures, "\n".join(ledger.failures[:20])
    assert sum(ledger.compared.values()) > 0 or "x1i" in content["data"]


#: Fewest numbers compared by topic: a comparison that quietly shrinks fails.
LEAST = {
    "rates": 10_000,
    "cr2": 5_500,
    "genq": 1_300,
    "landmark": 4_000,
    "curves": 800,
    "pi_boot": 150,
}


def test_every_folder_is_compared():
    """Ratios of rare events are in test_reference_ratios."""
    folders = {path.name for path in (FOLDER / "reference2").iterdir() if path.is_dir()}
    assert folders == {*TOPICS, "ratios_rare"}


def test_the_grid_is_complete(capsys):
    if set(FILES) - set(SEEN):
        pytest.fail("run the whole file: the grid is counted over all of it")
    for topic, ledger in TOTAL.items():
        with capsys.disabled():
            sys.stdout.write(f"\n{topic}: {ledger.report()}\n")
        assert sum(ledger.compared.values()) >= LEAST[topic], topic
