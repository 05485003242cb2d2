"""Survival figures of the studies of a review, for the gallery and for tests of the marks."""

import math

from singlearm.figures.draw.curves import draw_curves
from singlearm.figures.draw.forest import draw_forest
from singlearm.figures.marks.inputs import Data, Outcome
from singlearm.figures.marks.landmarks import landmark_marks
from singlearm.figures.marks.survival import curves_marks, points_marks

LABEL = "Survival without progression, relapse or death from any cause after the infusion"
OUTCOME = Outcome("pfs", LABEL, "high")
DATA = Data("1")
WORDS = "Weibull, random effects: median 12.0 months (95% CI 8.0 to 16.0)"
#: What the studies report in turn: two fixed times, a median, points of a curve.
SOURCES = (("landmark_n", (6, 12)), ("median_interval", (9,)), ("curve", (3, 8, 20)))


def labels_of(rows):
    return {row["study_id"]: row["label"] for row in rows}


def survival(time, study):
    """A falling curve of each study's own; study 0 stays at 100%, study 1 falls at once."""
    return math.exp(-((time / 14) ** (0.6 + study % 5 / 4))) if study > 1 else float(study == 0)


def over_time(rows, end=36):
    """Rows of a summary up to a month."""
    found = []
    for time in range(3, end + 1, 3):
        value = math.exp(-time / 14)
        limits = {"ci_low": value**1.3, "ci_high": value**0.8}
        band = {"pi_low": value**2, "pi_high": value**0.4}
        found.append(
            {"outcome": "pfs", "quantity": "survival", "time_months": time, "estimate": value}
            | limits
            | (band if len(rows) > 2 else dict.fromkeys(band))
        )
    return found


def landmarks(rows, model="cloglog_reml_hk"):
    studies, weight = [], 100 / len(rows)
    for number, row in enumerate(rows):
        value = survival(12, number)
        low, high = max(value - 0.2, 0.0), min(value + 0.1, 1.0)
        printed = number % 2 == 0
        studies.append(
            {
                "outcome": "pfs", "study_id": row["study_id"], "months": 12.0, "n": row["total"],
                "n_at_risk": 9 if number % 3 else None, "survival": value, "weight": weight,
                "ci_low": low if printed else None, "ci_high": high if printed else None,
                "weighed_low": low, "weighed_high": high,
            }
        )  # fmt: skip
    pooled = {
        "outcome": "pfs", "model": model, "months": 12.0, "k": len(rows), "n": 200,
        "estimate": 0.7, "ci_low": 0.6, "ci_high": 0.8, "pi_low": 0.4, "pi_high": 0.9,
    }  # fmt: skip
    return landmark_marks(studies, [pooled], labels_of(rows), OUTCOME, DATA)


def curves(rows):
    """Curves of very different length that cross, one with a plateau and one that is flat."""
    patients = [
        {
            "outcome": "pfs",
            "study_id": row["study_id"],
            "time_months": (place + 1) * (1 + number % 7) / 3,
            "event": number > 0 and place % 3 == 0,
        }
        for number, row in enumerate(rows)
        for place in range(12)
    ]
    end = round(max(row["time_months"] for row in patients))
    return curves_marks(patients, over_time(rows, end), labels_of(rows), OUTCOME, DATA, WORDS)


def points(rows):
    """What the studies report, and the model's curve."""
    reported = [
        {
            "outcome": "pfs",
            "quantity": "point",
            "study_id": row["study_id"],
            "time_months": time,
            "observed": 0.5 if source.startswith("median") else survival(time, number),
            "source": source,
        }
        for number, row in enumerate(rows)
        for source, times in [SOURCES[number % len(SOURCES)]]
        for time in times
    ]
    return points_marks(reported + over_time(rows), labels_of(rows), OUTCOME, DATA, WORDS)


FIGURES = {
    "landmarks": (landmarks, draw_forest),
    "curves": (curves, draw_curves),
    "points": (points, draw_curves),
}
