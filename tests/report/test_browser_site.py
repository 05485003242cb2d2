"""The static site in headless Chromium."""

from pathlib import Path

import pytest
from chromium import CONTRAST, WIDTHS, Watched, found_by_axe, needs_chromium

from singlearm.report.review import read_review
from singlearm.report.site import pages

pytestmark = needs_chromium


@pytest.fixture
def site(invented, tmp_path) -> Path:
    """The site of one version of the invented review."""
    inputs, _, params = invented.write(tmp_path)
    review = read_review(inputs, params)
    for place, text in pages([review]).items():
        path = tmp_path / "site" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "site"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", ["index.html", "changes.html", "outcomes/lifted.html"])
def test_site_is_whole_and_accessible_at_every_width(browser, site, page, width):
    watched = Watched(browser, site / page, width)
    assert watched.page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert watched.page.evaluate(CONTRAST) == []
    assert found_by_axe(watched.page) == []
    assert watched.complaints == []
    watched.context.close()


def test_site_is_searched_from_a_folder(browser, site):
    watched = Watched(browser, site / "index.html")
    watched.page.locator("#find input").fill("gloom lifted")
    watched.page.locator("#find li a").first.click()
    assert watched.page.locator("h1").inner_text() == "Gloom lifted"
    assert watched.page.locator("svg.plot").is_visible()
    assert all(address.startswith("file://") for address in watched.requests)
    watched.context.close()
