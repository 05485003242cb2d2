"""The forest of events per person-time: what it takes from the tables, in which unit and order."""

import pytest

from singlearm.figures.draw.forest import draw_forest
from singlearm.figures.marks.inputs import Data, Outcome
from singlearm.figures.marks.rates import rates_marks
from singlearm.kinds import POOLINGS, Evidence
from singlearm.kinds.rate import LABELS, study_rates

FALLS = Outcome("falls", "Falls off the lamp")
VALUES = [
    {"study_id": study, "outcome": "falls", "events": events, "person_time": time, "unit": unit}
    for study, events, time, unit in (
        ("b", 12, 240.0, "person-months"),
        ("A", 0, 3652.5, "person-days"),
        ("c", 3, 40.0, "person-years"),
    )
]


def marks(values=VALUES):
    pooled = list(
        POOLINGS["rates"].call(Evidence({"rate_values": values}, {"falls": {"kind": "rate"}}))
    )
    return rates_marks(study_rates(values), pooled, {"A": "Alpha"}, FALLS, Data("1")), pooled


def test_studies_stand_in_order_with_their_rates_in_the_unit_of_the_axis():
    found, _ = marks()
    studies = [row for row in found.rows if row.kind == "study"]
    assert [row.left for row in studies] == [
        ("Alpha", "0", "10.0"), ("b", "12", "20.0"), ("c", "3", "40.0"),
    ]  # fmt: skip
    assert [row.estimate for row in studies] == pytest.approx([0, 60, 7.5])
    assert studies[0].low == 0
    assert studies[0].high == pytest.approx(100 * 3.688879 / 10, rel=1e-6)  # -log(0.025) events
    assert studies[1].right[0] == "60.00"


def test_every_model_follows_with_the_prediction_of_the_first():
    found, pooled = marks()
    rest = [row for row in found.rows if row.kind != "study"]
    assert [row.kind for row in rest] == ["total", "prediction", "subtotal", "subtotal"]
    assert [row.left[0] for row in rest if row.kind != "prediction"] == list(LABELS.values())
    leads = next(row for row in pooled if row["model"] == "poisson_normal")
    assert rest[0].estimate == pytest.approx(100 * leads["estimate"])
    assert rest[1].high == pytest.approx(100 * leads["pi_high"])
    assert found.better == FALLS.favours


def test_it_is_drawn_and_without_studies_says_so():
    assert draw_forest(marks()[0])
    found, _ = marks([])
    assert "No study" in found.empty
    assert draw_forest(found)


@pytest.mark.parametrize("events", [0, 5])
def test_one_study_alone(events):
    found, _ = marks([VALUES[0] | {"events": events}])
    assert [row.kind for row in found.rows].count("study") == 1
    assert draw_forest(found)
