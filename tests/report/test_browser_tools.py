"""What a reader can do on the report: sort, filter, choose, search, save; by mouse and keyboard."""

from pathlib import Path

import pytest
from chromium import needs_chromium

from singlearm.synthesis import Model, pool, study_intervals

pytestmark = needs_chromium


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


def test_one_study_and_none_or_all_get_the_exact_interval_of_their_counts(opened):
    """0/12, 0/20, 0/30 and 0/8 gave 3.0% (0.7 to 11.2), which 0 is outside of."""
    for events, totals in (
        ([0, 0, 0, 0], [12, 20, 30, 8]), ([9, 12], [9, 12]), ([5], [12]), ([0], [7]), ([7], [7]),
        ([261], [2771]),
    ):  # fmt: skip
        ours = opened.page.evaluate("([e, n]) => pooledOf(e, n)", [events, totals])
        x, n = sum(events), sum(totals)
        low, high = (float(end[0]) for end in study_intervals([x], [n]))
        found = [ours[name] for name in ("estimate", "low", "high")]
        assert found == pytest.approx([x / n, low, high], abs=1e-9)
        assert "exact interval (Clopper-Pearson)" in ours["method"]
        assert ("no model is fitted" in ours["method"]) == (len(events) > 1)
    added = opened.page.evaluate("pooledOf([0, 3], [20, 34]).method")
    assert "1/2 added to studies with none or all" in added


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
    assert opened.page.locator("#find output").inner_text() == "2 found"
    opened.page.locator("#find li button").filter(has_not_text="Reported").click()
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
