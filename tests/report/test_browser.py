"""The report in headless Chromium: offline, silent, usable by keyboard, whole at every width.

Chromium is the system's (Debian: `apt-get install chromium`). Without it these tests are skipped;
with REQUIRE_BROWSER set, as in CI, they fail instead.
"""

import os
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

import write_report
from singlearm.report.review import read_review
from singlearm.report.site import pages
from singlearm.synthesis import Model, pool

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTHS = (360, 768, 1440)
#: What paper leaves inside the page's margins, in CSS pixels (96 to the inch).
PAPER = {"A4": (688, 994), "Letter": (710, 927)}
#: Figures of an outcome beside its forest.
FURTHER_FIGURES = (
    "regression", "leave_one_out", "influence", "cumulative", "gosh", "multiverse", "calibration",
)  # fmt: skip
LONG_NAME = "Långtbortistan-Förklaringsberg and the 漢字 consortium " * 2
MAX_BYTES = 6_000_000
MAX_SECONDS = 1.0

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("REQUIRE_BROWSER"),
    reason="Chromium is not installed; REQUIRE_BROWSER=1 makes this a failure",
)


@pytest.fixture(scope="module")
def browser():
    assert CHROMIUM, "REQUIRE_BROWSER is set, but Chromium is not installed"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield running
        running.close()


@pytest.fixture
def report(invented, tmp_path) -> Path:
    """The invented review, with a very long name and one that would be a script."""
    first, second = (row["study_id"] for row in invented.tables["studies"][:2])
    for row in invented.effects["lifted"]:
        row["label"] = {first: LONG_NAME, second: "<script>alert(1)</script>"}.get(
            row["study_id"], row["label"]
        )
    invented.tables["studies"][0]["title"] = LONG_NAME
    inputs, outputs, params = invented.write(tmp_path)
    write_report.run(inputs, outputs, params)
    return Path(outputs.report)


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


class Watched:
    """A page that notes what it asks the network for and what the console says."""

    def __init__(self, browser, path: Path, width: int = 1440, height: int = 900):
        self.requests, self.complaints = [], []
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, offline=True
        )
        self.page = self.context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.goto(path.as_uri())


@pytest.fixture
def opened(browser, report):
    """The report, opened wide."""
    watched = Watched(browser, report)
    yield watched
    watched.context.close()


def test_opens_offline_without_a_word(opened, report):
    assert opened.page.title().startswith("Blue light therapy")
    assert opened.requests == [report.as_uri()]
    assert opened.complaints == []


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_runs_over_the_edge(browser, report, width):
    watched = Watched(browser, report, width)
    watched.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    over = watched.page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter((element) => {
            const box = element.getBoundingClientRect();
            return box.width > 0 && !element.closest('.scroll, .skip, .heard') &&
                (box.right > innerWidth + 1 || box.left < -1);
        }).map((element) => element.outerHTML.slice(0, 120))"""
    )
    assert over == []
    assert watched.page.evaluate("document.scrollingElement.scrollWidth") <= width
    watched.context.close()


@pytest.mark.parametrize("width", [WIDTHS[0], WIDTHS[-1]])
def test_axe_finds_nothing_serious(browser, report, width):
    watched = Watched(browser, report, width)
    watched.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    response = Axe().run(watched.page).response
    assert len(response["passes"]) > 20
    serious = [
        (rule["id"], rule["impact"], rule["nodes"][0]["html"][:200])
        for rule in response["violations"]
        if rule["impact"] in {"serious", "critical"}
    ]
    assert serious == []
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


def test_studies_sort_by_number_and_by_name(opened):
    heads = opened.page.locator("#studies-table thead button")
    infused = opened.page.locator("#studies-table tbody td:nth-child(6)")
    heads.nth(5).click()
    assert infused.all_inner_texts() == ["12", "20", "34", "41", "57", "–"]
    heads.nth(5).focus()
    opened.page.keyboard.press("Enter")
    assert infused.all_inner_texts() == ["57", "41", "34", "20", "12", "–"]
    assert opened.page.locator("#studies-table th[aria-sort=descending]").count() == 1
    heads.nth(0).click()
    names = opened.page.locator("#studies-table tbody th").all_inner_texts()
    assert [name[:4] for name in names] == ["Aalt", "Berg", "Coas", "Dahl", "Ek 2", "Fros"]


def test_studies_filter_by_text_and_choice(opened):
    shown = opened.page.locator("#studies-table tbody tr:visible")
    output = opened.page.locator("form.filters[data-filters] output")
    assert output.inner_text() == "6 studies"
    opened.page.locator("form.filters[data-filters] input[type=search]").fill("norway CEILING")
    assert shown.count() == 1
    assert output.inner_text() == "1 of 6 studies"
    opened.page.locator("form.filters[data-filters] input[type=search]").fill("")
    opened.page.locator("select[name=publication_type]").select_option("abstract")
    assert shown.count() == 3


def test_hover_on_a_forest_row_tells_of_the_study(opened):
    row = opened.page.locator("#lifted svg [data-study=Dahl2021]")
    row.hover()
    card = opened.page.locator("#card")
    told = card.inner_text()
    for part in ("Dahl 2021", "50/57", "Light by Dahl D", "ceiling", "primary table"):
        assert part in told
    opened.page.keyboard.press("Escape")
    assert card.is_hidden()


def test_forest_rows_by_keyboard(opened):
    rows = opened.page.locator("#lifted svg [data-study]")
    rows.nth(0).scroll_into_view_if_needed()
    opened.page.wait_for_selector("#lifted svg [data-study][tabindex]")
    assert [rows.nth(n).get_attribute("tabindex") for n in range(3)] == ["0", "-1", "-1"]
    rows.nth(0).focus()
    opened.page.keyboard.press("ArrowDown")
    opened.page.keyboard.press("ArrowDown")
    assert "Coast 2020" in opened.page.locator("#card").inner_text()
    assert rows.nth(2).get_attribute("aria-label").startswith("Coast 2020, 5/12")


def test_script_in_a_name_stays_text_everywhere(opened):
    opened.page.locator("#lifted svg [data-study=Berg2019]").hover()
    assert "<script>alert(1)</script>" in opened.page.locator("#card").inner_text()
    assert opened.complaints == []


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


def test_a_large_report_is_light_and_quick(browser, large_report):
    assert large_report.stat().st_size < MAX_BYTES
    seconds = []
    for _ in range(3):
        watched = Watched(browser, large_report)
        seconds.append(
            watched.page.evaluate(
                "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd / 1000"
            )
        )
        watched.context.close()
    assert min(seconds) < MAX_SECONDS


#: Contrast of every text with what it stands on (WCAG 1.4.3: large text 3, else 4.5), also in SVG.
CONTRAST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const shine = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let box = element; box; box = box.parentElement) {
      const color = rgb(getComputedStyle(box).backgroundColor);
      if (color.length === 3 || color[3] > 0.99) return color;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const unseen = !element.getClientRects().length || element.closest("script, .heard, .skip");
    if (!own || unseen) continue;
    const style = getComputedStyle(element);
    const ink = element.closest("svg") ? style.fill : style.color;
    const [a, b] = [shine(rgb(ink)), shine(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) poor.push([element.outerHTML.slice(0, 100), ink, ratio]);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_is_clear_in_both_schemes(browser, invented, tmp_path, scheme):
    inputs, outputs, params = invented.write(tmp_path)
    forest = Path(inputs.figures[0])
    pale = (
        '<text fill="#009e73" x="9" y="9">a</text><text fill="#d55e00" x="9" y="9">b</text></svg>'
    )
    forest.write_text(forest.read_text("utf-8").replace("</svg>", pale), encoding="utf-8")
    write_report.run(inputs, outputs, params)
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(Path(outputs.report).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
    assert page.evaluate(CONTRAST) == []
    context.close()


def test_pooled_row_of_chosen_studies_is_that_of_the_library(opened):
    chosen = [
        ([14, 28, 5, 50, 30, 9], [20, 34, 12, 57, 40, 10]),
        ([0, 3, 1], [20, 34, 57]),
        ([9, 12, 7], [9, 12, 20]),
        ([5], [12]),
        ([0], [7]),
        ([300, 2, 41, 0, 88], [1000, 2, 57, 31, 90]),
    ]  # fmt: skip
    model = Model.of({"likelihood": "normal", "measure": "PLO", "tau2": "DL", "ci": "wald"})
    for events, totals in chosen:
        ours = opened.page.evaluate("([e, n]) => twoStep(e, n)", [events, totals])
        row = pool(events, totals, model)
        expected = {"estimate": row.estimate, "low": row.ci_low, "high": row.ci_high}
        if len(events) > 1:
            expected["tau2"] = row.tau2
        assert {name: ours[name] for name in expected} == pytest.approx(expected, abs=1e-6)


def test_choosing_studies_pools_them_again(opened):
    behind = opened.page.locator("#lifted details.behind")
    behind.locator("summary").click()
    output = behind.locator("form.choose output")
    assert output.inner_text().startswith("Exploratory: 6 of 6 studies, 136/173 patients: ")
    before = output.inner_text()
    behind.locator("tbody input[type=checkbox]").nth(2).uncheck()
    assert output.inner_text().startswith("Exploratory: 5 of 6 studies, 131/161 patients: ")
    behind.locator("form.choose input[type=number]").fill("2021")
    assert output.inner_text().startswith("Exploratory: 3 of 6 studies, 89/107 patients: ")
    behind.locator("form.choose input[type=number]").fill("2018")
    assert output.inner_text() == before


def test_search_finds_and_opens_what_is_folded(opened):
    opened.page.locator("#find input").fill("sources disagree")
    assert opened.page.locator("#find output").inner_text() == "1 found"
    opened.page.locator("#find li button").first.click()
    row = opened.page.locator("#quality tr", has_text="The sources disagree.")
    assert row.is_visible()
    assert "Ek 2022" in opened.page.evaluate("document.activeElement.textContent")


@pytest.mark.parametrize(
    ("button", "name", "start"),
    [("SVG", "lifted_forest.svg", b"<svg"), ("PNG", "lifted_forest.png", b"\x89PNG")],
)
def test_a_figure_can_be_saved(opened, button, name, start):
    figure = opened.page.locator("#figure-lifted-forest")
    figure.scroll_into_view_if_needed()
    with opened.page.expect_download() as waiting:
        opened.page.locator("#figure-lifted-forest + .tools").get_by_text(button).click()
    assert waiting.value.suggested_filename == name
    assert Path(waiting.value.path()).read_bytes().startswith(start)
    assert opened.complaints == []


def test_a_table_can_be_saved_and_no_cell_is_a_formula(opened):
    opened.page.evaluate(
        "document.querySelector('#table-proportions tbody td').textContent = '=1+1'"
    )
    bar = opened.page.locator(".scroll:has(> #table-proportions) + .tools")
    bar.scroll_into_view_if_needed()
    with opened.page.expect_download() as waiting:
        bar.get_by_text("CSV").click()
    text = Path(waiting.value.path()).read_text("utf-8-sig")
    assert text.startswith('"Outcome","Studies"')
    assert '"\'=1+1"' in text


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
    violations = Axe().run(watched.page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in violations] == []
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
