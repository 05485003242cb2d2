"""The flagship's newest report in headless Chromium: what a reader opens first, as it is built."""

import pytest
from chromium import (
    CONTRAST,
    CUT,
    ELEMENTS,
    MAX_BYTES,
    MAX_ELEMENTS,
    OPEN_ALL,
    OVER_THE_EDGE,
    WIDTHS,
    Watched,
    found_by_axe,
    needs_chromium,
    paper_of,
)

pytestmark = needs_chromium
#: Sheets of paper, as the README says.
MAX_SHEETS = 25
#: In points.
A4 = (595, 842)


@pytest.fixture(scope="module")
def newest(flagship):
    """The report of the newest version."""
    return flagship / "report.html"


@pytest.fixture(scope="module", params=WIDTHS)
def watched(request, browser, newest):
    """It opened at each width, with all that is folded open."""
    opened = Watched(browser, newest, request.param)
    opened.page.evaluate(OPEN_ALL)
    yield opened
    opened.context.close()


def test_it_is_light(watched, newest):
    assert newest.stat().st_size <= MAX_BYTES
    assert watched.page.evaluate(ELEMENTS) <= MAX_ELEMENTS


def test_it_is_whole_at_every_width(watched):
    width = watched.page.viewport_size["width"]
    assert watched.page.evaluate(OVER_THE_EDGE) == []
    assert watched.page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert watched.page.locator("svg.plot").count() > 20
    assert watched.page.evaluate(CUT) == []


def test_axe_finds_nothing_and_every_text_is_clear(watched):
    # axe takes minutes for the contrast of so many cells; ours is as strict and takes a second
    assert found_by_axe(watched.page, "color-contrast") == []
    assert watched.page.evaluate(CONTRAST) == []


def test_it_asks_for_nothing_and_complains_of_nothing(watched, newest):
    assert watched.requests == [newest.as_uri()]
    assert watched.complaints == []


def test_on_paper_it_takes_as_many_sheets_as_the_readme_says(browser, newest, repository):
    opened = Watched(browser, newest)
    sheets = paper_of(opened.page.pdf(format="A4"))
    opened.context.close()
    assert all(sheet == pytest.approx(A4, abs=2) for sheet in sheets)
    assert 10 < len(sheets) <= MAX_SHEETS
    readme = (repository / "README.md").read_text(encoding="utf-8")
    assert f"{MAX_SHEETS} sheets of paper" in readme
