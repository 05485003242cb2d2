"""Every figure kind on hard cases: the page holds all of its text and none overlaps."""

from dataclasses import FrozenInstanceError

import boxes
import invented
import pytest
from matplotlib.colors import to_rgb

import cases
from singlearm.figures import style
from singlearm.figures.draw.signs import COLORS, draw_judgement
from singlearm.figures.marks.risk import SIGNS, Judged
from singlearm.figures.page import Page
from singlearm.figures.save import texts_of

NAME = "The international collaborative group on long names of clinical studies, all cited in full"
LONG_NAME = f"{NAME}, in the second cohort, {{year}} no {{i}}"
HARD = {
    "one study": lambda: invented.effects(1),
    "two studies": lambda: invented.effects(2),
    "five studies": lambda: invented.effects(5),
    "twenty-five studies": lambda: invented.effects(25),
    "sixty studies": lambda: invented.effects(60),
    "names of 120 characters": lambda: invented.effects(7, label=LONG_NAME),
    "one word of 120 characters": lambda: invented.effects(3, label="x" * 120),
    "Chinese, Arabic and Greek names": lambda: invented.effects(
        6, label="王伟・李娜 محمد Ἀριστοτέλης {year}"
    ),
    "all at 0%": lambda: invented.effects(6, rate=0.0),
    "all at 100%": lambda: invented.effects(6, rate=1.0),
    "groups of one study": lambda: [
        row | {"group_target_class": f"level {row['study_id']}"} for row in invented.effects(5)
    ],
    "missing weights": lambda: invented.effects(6, weight_glmm=None),
    "hostile names": lambda: invented.effects(
        6, label="<script>=cmd()|'\"\n\u202e{i}</script>\x07 $x^2$"
    ),
    "no names": lambda: invented.effects(4, label=" "),
}
#: At 200 studies only the figures with a row or a point for each study are drawn.
LARGE = ("forest", "leave_one_out", "influence", "evidence", "risk_of_bias", "availability")


def check(pages):
    for page in pages:
        width, height = (72 * side for side in page.get_size_inches())
        assert width <= style.DOUBLE_COLUMN + 1e-6
        assert height <= style.PAGE_HEIGHT + 1e-6
        assert boxes.text_boxes(page)
        assert boxes.outside(page) == []
        assert boxes.overlapping(page) == []


def test_the_names_are_as_long_as_said():
    assert len(LONG_NAME.format(i=1, year=2015)) >= 120


@pytest.mark.parametrize("kind", cases.FIGURES)
@pytest.mark.parametrize("case", HARD)
def test_hard_case(kind, case):
    marks, pages = cases.draw(kind, HARD[case]())
    check(pages)
    assert marks.description


def luminance(colour):
    """Relative luminance of sRGB (WCAG 2.2)."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("kind", cases.FIGURES)
def test_every_text_has_the_contrast_of_wcag_aa(kind):
    """On paper and on the bands between rows; a sign on its disc."""
    _, pages = cases.draw(kind, invented.effects(9))
    signs = {sign for sign, _ in SIGNS.values()}
    texts = [text for page in pages for text in texts_of(page) if text.get_text() not in signs]
    for ground in (style.PAPER, style.BAND):
        assert min(contrast(text.get_color(), ground) for text in texts) >= 4.5


def test_signs_of_judgements_stand_out_from_their_discs():
    for judgement, (sign, _) in SIGNS.items():
        page = Page(40, 40)
        draw_judgement(page, 20, 20, Judged(judgement, sign))
        (text,) = texts_of(page.figure)
        assert text.get_text() == sign
        assert contrast(text.get_color(), COLORS[judgement]) >= 4.5


@pytest.mark.parametrize("kind", LARGE)
def test_two_hundred_studies(kind):
    _, pages = cases.draw(kind, invented.effects(200))
    check(pages)


@pytest.mark.parametrize("kind", cases.FIGURES)
def test_marks_are_frozen_and_equal_for_equal_tables(kind):
    make, _ = cases.FIGURES[kind]
    first, second = make(invented.effects(9)), make(invented.effects(9))
    assert first == second
    with pytest.raises(FrozenInstanceError):
        first.title = "other"


def test_the_box_checks_find_faults():
    page = Page(200, 40)
    page.text(10, 20, "left over")
    page.text(30, 20, "right over")
    page.text(190, 10, "leaves the page")
    assert boxes.overlapping(page.figure) == [("left over", "right over")]
    assert boxes.outside(page.figure) == ["leaves the page"]
