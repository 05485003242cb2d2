"""Values compared with their source: by either extractor who has them, and no other value."""

import pytest
from small import small, tables

HEADER = "study_id,outcome,events,total,verified_by,verified_on,verified_against\n"
DECISIONS = "study_id,outcome,e1_events,e1_total,e2_events,e2_total,decision_events,"
DECISIONS += "decision_total,reason\n"
FULL, ABSTRACT, NONE = "EK,2024-01-02,full_text", "LM,2024-01-03,abstract", ",,"


def read(folder, first, second, decision="", **more):
    """The reading of one cell that two extractors have."""
    files = {"outcomes_2.csv": HEADER + f"A,orr,{second}\n"}
    if decision:
        files["adjudication.csv"] = DECISIONS + f"A,orr,,,,,{decision},why\n"
    counts = HEADER + f"A,orr,{first}\n"
    outcomes = {"orr": {"kind": "proportion"}}
    return small(folder, "study_id\nA\n", counts, files=files, outcomes=outcomes, **more)


def shown(folder, reading):
    """Events and verification in the clean table."""
    (row,) = tables(reading, folder, outcomes={"orr": {"kind": "proportion"}})["outcomes"]
    return row["events"], row["verified_by"], row["verified_against"]


@pytest.mark.parametrize("first, second, decision, expected", [
    (f"5,10,{NONE}", f"5,10,{FULL}", "", (5, "EK", "full_text")),
    (f"5,10,{FULL}", f"5,10,{NONE}", "", (5, "EK", "full_text")),
    (f"5,10,{ABSTRACT}", f"5,10,{FULL}", "", (5, "EK", "full_text")),
    (f"5,10,{ABSTRACT}", f"6,10,{FULL}", "6,10", (6, "EK", "full_text")),
    (f"5,10,{ABSTRACT}", f"6,10,{FULL}", "5,10", (5, "LM", "abstract")),
    (f"5,10,{ABSTRACT}", f"6,10,{FULL}", "7,10", (7, None, None)),
    (f"5,10,{FULL}", f"5,10,{FULL}", "7,10", (7, None, None)),
])  # fmt: skip
def test_the_value_is_shown_as_who_has_it_verified_it(tmp_path, first, second, decision, expected):
    assert shown(tmp_path, read(tmp_path, first, second, decision)) == expected


@pytest.mark.parametrize("first, second, decision, kept", [
    (NONE, FULL, "", {"full_text"}), (FULL, NONE, "", {"full_text"}),
    (ABSTRACT, FULL, "", {"full_text", "abstract"}), (FULL, FULL, "7,10", set()),
    (NONE, NONE, "", set()),
])  # fmt: skip
def test_a_value_stays_if_any_extractor_compared_it(tmp_path, first, second, decision, kept):
    for source in ("full_text", "abstract", "registry"):
        reading = read(tmp_path, f"5,10,{first}", f"5,10,{second}", decision, verified=source)
        assert bool(reading.stack.cells) == (source in kept), source
