"""The report in headless Chromium: offline, silent, whole at every width and on paper."""

from itertools import pairwise
from pathlib import Path

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
)

import write_report

#: What paper leaves inside the page's margins, in CSS pixels (96 to the inch).
PAPER = {"A4": (688, 994), "Letter": (710, 927)}
#: Figures of an outcome beside its forest.
FURTHER_FIGURES = (
    "regression", "leave_one_out", "influence", "cumulative", "gosh", "multiverse", "calibration",
)  # fmt: skip

pytestmark = needs_chromium


@pytest.fixture
def large_report(invented, tmp_path) -> Path:
    """The same review blown up to 64 studies and 16 outcomes, about the flagship's size."""
    study, cell = invented.tables["studies"][0], invented.tables["outcomes"][0]
    effect = invented.effects["lifted"][0]
    ids = [f"Study{number:03d}" for number in range(64)]
    invented.tables["studies"] = [study | {"study_id": name} for name in ids]
    outcomes = [f"outcome_{number}" for number in range(16)]
    settings = invented.protocol["outcomes"]
    for kind in ("pooled", "subgroups", "subgroup_tests"):
        rows = [row for row in invented.tables[kind] if row["outcome"] == "lifted"]
        invented.tables[kind] = [row | {"outcome": name} for row in rows for name in outcomes]
    invented.tables["outcomes"] = [
        cell | {"study_id": study_id, "outcome": name} for name in outcomes for study_id in ids
    ]
    invented.effects = {
        name: [effect | {"study_id": i, "label": i} for i in ids] for name in outcomes
    }
    invented.protocol["outcomes"] = {
        name: settings["lifted"] | {"label": f"Outcome number {name}"} for name in outcomes
    }
    inputs, outputs, params = invented.write(tmp_path)
    for forest in map(Path, tuple(inputs.figures)):
        for name in FURTHER_FIGURES:
            copy = forest.with_name(f"{name}.svg")
            copy.write_bytes(forest.read_bytes())
            inputs.figures.append(str(copy))
    write_report.run(inputs, outputs, params)
    return Path(outputs.report)


def test_opens_offline_without_a_word(opened, report):
    assert opened.page.title().startswith("Blue light therapy")
    assert opened.requests == [report.as_uri()]
    assert opened.complaints == []


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_runs_over_the_edge(browser, report, width):
    watched = Watched(browser, report, width)
    watched.page.evaluate(OPEN_ALL)
    assert watched.page.evaluate(OVER_THE_EDGE) == []
    assert watched.page.evaluate("document.scrollingElement.scrollWidth") <= width
    watched.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_figure_is_cut_and_one_that_is_would_be_found(browser, invented, tmp_path, width):
    inputs, outputs, params = invented.write(tmp_path)
    write_report.run(inputs, outputs, params)
    watched = Watched(browser, Path(outputs.report), width)
    # the phone's table stands in for the forest
    watched.page.add_style_tag(content=".figure.forest { display: block !important; }")
    assert watched.page.evaluate(CUT) == []
    watched.page.evaluate(
        "document.querySelector('#lifted svg.plot text').setAttribute('x', '-20');"
        "document.querySelector('#headache .scroll').style = 'height: 20px; overflow: hidden'"
    )
    first, second = watched.page.evaluate(CUT)
    assert first.startswith("figure-lifted-forest: ")
    assert second == "figure-headache-forest"
    watched.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_at_all(browser, report, width):
    watched = Watched(browser, report, width)
    watched.page.evaluate(OPEN_ALL)
    assert found_by_axe(watched.page) == []
    watched.context.close()


def test_headings_are_in_order(opened):
    levels = opened.page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((h) => Number(h.tagName[1]))"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert max(after - before for before, after in pairwise(levels)) <= 1


def test_skip_link_is_first_and_leads_to_the_report(opened):
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.className") == "skip"
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_function("document.activeElement.id === 'main'")


def test_touch_keeps_tables_scrollable_by_keyboard(browser, report):
    watched = Watched(browser, report, 360)
    watched.page.wait_for_function("document.querySelectorAll('.scroll[tabindex]').length > 0")
    stuck = watched.page.evaluate(
        """() => [...document.querySelectorAll('.scroll')].filter((box) =>
            box.scrollWidth > box.clientWidth + 1 && box.tabIndex !== 0).length"""
    )
    assert stuck == 0
    watched.context.close()


@pytest.mark.parametrize("paper", PAPER)
def test_paper_cuts_no_figure_and_shows_what_was_opened(browser, invented, tmp_path, paper):
    width, height = PAPER[paper]
    effect = invented.effects["lifted"][0]
    invented.effects["lifted"] = [effect | {"study_id": f"S{number:03d}"} for number in range(120)]
    inputs, outputs, params = invented.write(tmp_path)
    write_report.run(inputs, outputs, params)
    watched = Watched(browser, Path(outputs.report))
    page = watched.page
    opened = page.locator("#lifted details:has(table[data-effects])")
    opened.locator("summary").click()
    page.emulate_media(media="print")
    page.set_viewport_size({"width": width, "height": height})
    plots = page.locator("svg.plot")
    boxes = [plots.nth(number).bounding_box() for number in range(plots.count())]
    assert len(boxes) == 3
    assert all(0 < box["width"] <= width and 0 < box["height"] <= height for box in boxes)
    assert page.evaluate(
        "[...document.querySelectorAll('svg.plot')].every((plot) => "
        "getComputedStyle(plot).breakInside === 'avoid')"
    )
    assert opened.locator("table").is_visible()
    assert page.locator("#headache details:has(table[data-effects])").is_hidden()
    assert "folded on the screen" in page.locator("p.on-paper").inner_text()
    assert page.locator("#lifted details.group summary").first.is_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    printed = page.pdf(path=tmp_path / "report.pdf", format=paper)
    assert printed.startswith(b"%PDF")
    watched.context.close()


def test_a_large_report_is_light(browser, large_report):
    watched = Watched(browser, large_report)
    assert large_report.stat().st_size < MAX_BYTES
    assert 10_000 < watched.page.evaluate(ELEMENTS) < MAX_ELEMENTS
    watched.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_is_clear_in_both_schemes(browser, invented, tmp_path, scheme):
    inputs, outputs, params = invented.write(tmp_path)
    forest = Path(inputs.figures[0])
    pale = (
        '<text fill="#009e73" x="9" y="9">a</text><text fill="#d55e00" x="9" y="9">b</text></svg>'
    )
    forest.write_text(forest.read_text("utf-8").replace("</svg>", pale), encoding="utf-8")
    write_report.run(inputs, outputs, params)
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(Path(outputs.report).as_uri())
    page.evaluate(OPEN_ALL)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(CONTRAST) == [], width
    context.close()


def test_on_a_phone_a_table_stands_in_for_the_forest(browser, report):
    watched = Watched(browser, report, 360)
    assert watched.page.locator("#figure-lifted-forest").is_hidden()
    table = watched.page.locator("#table-effects-lifted")
    assert table.is_visible()
    assert "14/20" in table.inner_text()
    assert "95% prediction interval" in table.inner_text()
    box = table.bounding_box()
    assert box["x"] + box["width"] <= 360
    watched.context.close()


def test_on_a_phone_the_table_has_the_values_under_the_model(browser, invented, tmp_path):
    for row in invented.effects["lifted"]:
        row |= {"shrunken_glmm": 0.612, "low_shrunken_glmm": 0.5, "high_shrunken_glmm": 0.707}
    inputs, outputs, params = invented.write(tmp_path)
    write_report.run(inputs, outputs, params)
    watched = Watched(browser, Path(outputs.report), 360)
    table = watched.page.locator("#table-effects-lifted")
    assert "61.2 [50.0, 70.7]" in table.inner_text()
    box = table.bounding_box()
    assert box["x"] + box["width"] <= 360
    watched.context.close()
