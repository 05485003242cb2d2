"""Figures of many rows break into pages: none is taller than paper, none loses a row or a head."""

import boxes
import invented
import pytest

import cases
from singlearm.figures import style
from singlearm.figures.draw.bubbles import draw_regression
from singlearm.figures.draw.evidence import draw_evidence
from singlearm.figures.draw.forest import row_pages
from singlearm.figures.draw.groups import draw_groups
from singlearm.figures.draw.landscape import draw_calibration
from singlearm.figures.draw.orchard import draw_orchard
from singlearm.figures.draw.risk import draw_risk_of_bias
from singlearm.figures.marks.base import Marks
from singlearm.figures.marks.bubbles import regression_marks
from singlearm.figures.marks.choices import Groups
from singlearm.figures.marks.evidence import evidence_marks
from singlearm.figures.marks.groups import groups_marks
from singlearm.figures.marks.inputs import FigureModel, Outcome
from singlearm.figures.marks.landscape import calibration_marks
from singlearm.figures.marks.orchard import orchard_marks
from singlearm.figures.marks.risk import risk_of_bias_marks
from singlearm.figures.save import texts_of

LONG = "the international collaborative group on long names of clinical studies, all of them cited"


def named(count):
    """Names of about 100 characters whose first word tells them apart."""
    return [f"n{i:03d} {LONG}" for i in range(count)]


def risk(count, domains=18, names=named):
    rows = invented.effects(count)
    names = dict(zip(cases.labels_of(rows), names(count), strict=True))
    judged = [
        {"study_id": study, "tool": "RoB 2", "order": order, "domain": f"domain {order}, {LONG}",
         "judgement": ("low", "high", "unclear")[order % 3]}
        for study in names
        for order in range(domains)
    ]  # fmt: skip
    return draw_risk_of_bias(risk_of_bias_marks(judged, names, cases.DATA))


def groups(count, panels=2):
    rows, names = invented.effects(9), named(count)
    outcomes = [Outcome(name[:4], name) for name in names]
    groupings = {
        f"by{i}": {"label": f"Grouping {i}", "levels": ["single", "dual"]} for i in range(panels)
    }
    both = [(by, one.name) for by in groupings for one in outcomes]
    levels = [
        row | {"by": by, "outcome": name} for by, name in both for row in invented.subgroups(rows)
    ]
    tests = [row | {"outcome": name} for by, name in both for row in invented.tests(by)]
    return draw_groups(groups_marks(levels, tests, outcomes, groupings, cases.MODEL, cases.DATA))


def evidence(count):
    rows = [
        {"study_id": f"S{i}", "year": 2015 + i % 10, "n_infused": 9 + i, "target_antigens": name}
        for i, name in enumerate(named(count))
    ]
    return draw_evidence(evidence_marks(rows, {}, cases.WORDS, cases.DATA))


def calibration(count):
    models = [FigureModel(name[:4], name) for name in named(count)]
    row = {"datasets": 2000, "coverage": 0.93, "width": 0.2, "bias": -0.01, "coverage_se": 0.005}
    rows = [{"model": model.name, **row} for model in models]
    return draw_calibration(calibration_marks(rows, models, cases.DATA, title="Coverage"))


def orchard(count):
    names = named(count)
    rows = [row | {"group_target_class": name} for name in names for row in invented.effects(3)]
    levels = Groups("target_class", "Target", names, invented.subgroups(rows), ())
    marks = orchard_marks(
        rows, invented.pooled(rows), cases.MODEL, cases.DATA, title="Orchard", groups=levels
    )
    return draw_orchard(marks)


def regression(count):
    names, rows = named(count), invented.effects(9)
    moderators = {
        name[:4]: {"label": name[:40], "from": name[:4], "kind": "continuous"} for name in names
    }
    studies = [
        {"study_id": row["study_id"], **dict.fromkeys(moderators, row["total"])} for row in rows
    ]
    marks = regression_marks(
        rows, studies, [], moderators, cases.MODEL, cases.DATA, title="Meta-regression"
    )
    return draw_regression(marks)


#: Figure to what draws it with so many rows, and what stands above the rows of every page.
FIGURES = {
    "risk": (risk, "Study"),
    "groups": (groups, "Grouping 1"),
    "evidence": (evidence, "2015"),
    "calibration": (calibration, "Model"),
    "orchard": (orchard, "Orchard"),
    "regression": (regression, "Meta-regression"),
}


def words_of(page):
    return [text.get_text() for text in texts_of(page)]


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("count", [1, 60])
def test_no_page_is_taller_than_paper_and_no_row_is_lost(figure, count):
    draw, head = FIGURES[figure]
    pages = draw(count)
    assert (len(pages) > 1) == (count > 1)
    rows = []
    for page in pages:
        assert 72 * page.get_figheight() <= style.PAGE_HEIGHT + 1e-6
        assert boxes.outside(page) == boxes.overlapping(page) == []
        words = words_of(page)
        assert head in words
        assert ("Continued" in words) == (page is not pages[-1])
        rows += [word.split()[0] for word in words if word[0] == "n" and word[1:4].isdigit()]
    assert sorted(rows) == [name[:4] for name in named(count)]


@pytest.mark.parametrize(("count", "domains"), [(48, 2), (48, 12), (96, 12)])
def test_the_last_page_of_bias_has_room_for_shares_and_key(count, domains):
    """48 short names fit a page, but not with the names of twelve domains below."""
    pages = risk(count, domains, names=lambda count: [f"Author {i}" for i in range(count)])
    assert max(72 * page.get_figheight() for page in pages) <= style.PAGE_HEIGHT + 1e-6
    shown = [sum(word.startswith("Author") for word in words_of(page)) for page in pages]
    assert sum(shown) == count
    assert shown[: count // 48 - 1] == [48] * (count // 48 - 1)  # these have room for all 48
    assert len(shown) == count // 48 + (domains > 2)
    shares = ["Share of studies" in words_of(page) for page in pages]
    assert shares == [False] * (len(pages) - 1) + [True]


def test_outcomes_continue_below_each_three_panels():
    pages = groups(40, panels=4)
    heads = [[word for word in words_of(page) if word.startswith("Grouping")] for page in pages]
    assert heads.count(["Grouping 3"]) == len(pages) / 2 > 1


def test_a_page_that_just_fits_has_no_line_that_it_goes_on():
    marks = Marks(title="t", footer=("last line",))
    room = style.PAGE_HEIGHT - 50 - 32 - style.SMALL * style.LINE - style.MARGIN
    for more, parts in ((0.0, [(0, 2)]), (0.1, [(0, 1), (1, 2)])):
        pages = list(row_pages(marks, style.SINGLE_COLUMN, 50, [room / 2, room / 2 + more]))
        assert [(part.start, part.stop) for *_, part in pages] == parts
    assert [footer for _, footer, _ in pages] == [["Continued", "last line"], ["last line"]]
