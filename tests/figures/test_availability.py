"""What the studies report: the signs are those of availability.csv, on pages that hold them."""

import re
from collections import Counter
from xml.etree import ElementTree

import boxes
import invented
import pytest

import cases
from singlearm.figures import style
from singlearm.figures.draw.availability import draw_availability
from singlearm.figures.marks.availability import availability_marks
from singlearm.figures.save import save_figure, texts_of

NAME = "The international collaborative group on long names of clinical studies, cohort {i}, {year}"


def made(studies, outcomes, statuses=cases.STATUSES, kind="proportion", label="Author {i} {year}"):
    """The rows of availability.csv, and the marks of them."""
    effects = invented.effects(studies, label=label)
    settings = {f"o{j}": {"label": f"{cases.LONG}, {j}", "kind": kind} for j in range(outcomes)}
    rows = cases.reported(effects, settings, statuses)
    return rows, availability_marks(rows, cases.labels_of(effects), settings, cases.DATA)


HARD = {
    "one study": (1, 5),
    "one study, one outcome": (1, 1),
    "sixty studies with long names": (60, 6, cases.STATUSES, "proportion", NAME),
    "forty outcomes with long names": (9, 40),
    "sixty studies and forty outcomes with long names": (60, 40, cases.STATUSES, "ratio", NAME),
    "none reported": (9, 6, ("absent",)),
    "no comparison": (9, 6, ("absent",), "ratio"),
    "all reported": (9, 6, ("available",)),
    "all held out": (9, 6, ("held out",)),
}


@pytest.mark.parametrize("case", HARD)
def test_the_signs_are_those_of_the_table_and_stand_on_the_page(case):
    rows, marks = made(*HARD[case])
    signs = Counter(sign for study in marks.studies for sign in study.cells)
    signs["absent"] += signs.pop("not asked", 0)
    assert +signs == Counter(row["status"] for row in rows)
    there = [row for row in rows if row["status"] == "available"]
    per_outcome = Counter(row["outcome"] for row in there)
    assert marks.totals == tuple(per_outcome[f"o{j}"] for j in range(len(marks.outcomes)))
    per_study = Counter(row["study_id"] for row in there)
    assert {study.key: study.total for study in marks.studies} == {
        row["study_id"]: per_study[row["study_id"]] for row in rows
    }
    pages = draw_availability(marks)
    for page in pages:
        assert 72 * page.get_size_inches()[1] <= style.PAGE_HEIGHT + 1e-6
        assert boxes.outside(page) == []
        assert boxes.overlapping(page) == []


def drawn_squares(folder, marks):
    """Full squares of the SVG, less the key's."""
    paths = {kind: folder / f"figure.{kind}" for kind in ("svg", "pdf", "png")}
    save_figure(draw_availability(marks), **paths)
    root = ElementTree.parse(paths["svg"]).getroot()
    shapes = [one for one in root.iter() if one.get("fill") == style.BLUE]
    return sum(len(re.findall("M", one.get("d"))) for one in shapes) - 1, root


def test_the_drawing_has_a_square_for_each_cell_and_an_id_for_each_study(tmp_path):
    rows, marks = made(8, 6)
    squares, root = drawn_squares(tmp_path, marks)
    assert squares == sum(row["status"] == "available" for row in rows)
    ids = [one.get("id") for one in root.iter() if (one.get("id") or "").startswith("row:")]
    assert sorted(ids) == sorted(f"row:{study.key}" for study in marks.studies)


def test_no_id_stands_twice_where_the_outcomes_need_pages(tmp_path):
    _, marks = made(3, 80)
    assert len(draw_availability(marks)) > 1
    _, root = drawn_squares(tmp_path, marks)
    ids = [one.get("id") for one in root.iter() if (one.get("id") or "").startswith("row:")]
    assert len(ids) == len(set(ids)) == 3


def test_every_outcome_and_study_is_named_and_counted_on_its_page():
    _, marks = made(4, 3)
    (page,) = draw_availability(marks)
    texts = [text.get_text() for text in texts_of(page)]
    assert [study.label for study in marks.studies if study.label not in texts] == []
    upright = " ".join(text.get_text() for text in texts_of(page) if text.get_rotation())
    assert [name for name in marks.outcomes if name not in upright] == []


def test_a_comparison_is_asked_only_of_a_study_that_has_one():
    outcomes = {
        "orr": {"label": "Response", "kind": "proportion"},
        "os": {"label": "Death", "kind": "ratio"},
        "pfs": {"label": "Progression", "kind": "ratio"},
    }
    status = {
        ("trial", "orr"): "absent", ("trial", "os"): "available", ("trial", "pfs"): "absent",
        ("single", "orr"): "available", ("single", "os"): "absent", ("single", "pfs"): "absent",
    }  # fmt: skip
    rows = [{"study_id": s, "outcome": o, "status": word} for (s, o), word in status.items()]
    marks = availability_marks(rows, {}, outcomes, cases.DATA)
    cells = {study.key: study.cells for study in marks.studies}
    assert cells["trial"] == ("absent", "available", "absent")
    assert cells["single"] == ("available", "not asked", "not asked")
    assert "Response: 1 of 2 studies. Death: 1 of 1 study. Progression: 0 of 1 study." in (
        marks.description
    )


def test_signs_differ_in_shape_and_stand_out_from_the_paper():
    """Full, crossed, empty and a dash; each frame has 3:1 on paper and band."""
    from test_gallery import contrast

    for colour in (style.BLUE, style.STUDY):
        for ground in (style.PAPER, style.BAND):
            assert contrast(colour, ground) >= 3
    assert contrast(style.INK, style.ORANGE) >= 4.5
