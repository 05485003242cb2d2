"""What a reader can do on the report: sort, filter, choose, search, save; by mouse and keyboard."""

from pathlib import Path

import pytest
from chromium import Watched, needs_chromium, paper_of

import write_report
from singlearm.synthesis import Model, pool, study_intervals

pytestmark = needs_chromium
#: The model of the page's own pooling.
TWO_STEP = Model.of({"likelihood": "normal", "measure": "PLO", "tau2": "DL", "ci": "wald"})


def pooled_in_words(events, totals) -> str:
    """What the page says of chosen studies."""
    row = pool(events, totals, TWO_STEP)
    value, low, high = (f"{100 * each:.1f}" for each in (row.estimate, row.ci_low, row.ci_high))
    of = f"{sum(events)}/{sum(totals)} patients"
    return f"{of}: {value}% (95% CI {low} to {high}), tau² {row.tau2:.2f}."


def pasted(page) -> str:
    """What the clipboard holds, as a reader would see it."""
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('textarea'), {id: 'paste'}));"
        "document.getElementById('paste').focus()"
    )
    page.keyboard.press("Control+V")
    text = page.locator("#paste").input_value()
    page.evaluate("document.getElementById('paste').remove()")
    return text


def bar_of(page, place):
    """The buttons below a figure or table, once they are there."""
    bar = page.locator(f"{place} + .tools")
    bar.scroll_into_view_if_needed()
    bar.locator("button").first.wait_for()
    return bar


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


def test_a_row_of_a_review_without_sources_tells_what_there_is(browser, invented, tmp_path):
    """The card called the counts its source, and stopped where studies have few columns."""
    unknown = ("source_url", "source_locator", "source_type", "confidence", "notes", "agreement")
    for cell in invented.tables["outcomes"]:
        cell.update(dict.fromkeys(unknown), derived="no")
    for study in invented.tables["studies"]:
        study.update(dict.fromkeys(("publication_type", "registration", "doi", "pmid")))
    invented.protocol["studies"] = {"table": ["country"]}
    inputs, outputs, params = invented.write(tmp_path)
    write_report.run(inputs, outputs, params)
    watched = Watched(browser, Path(outputs.report))
    watched.page.locator("#lifted svg [data-study=Dahl2021]").hover()
    told = watched.page.locator("#card").inner_text()
    assert "50/57" in told
    assert "Source" not in told
    assert watched.complaints == []
    watched.context.close()


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
    for events, totals in chosen:
        ours = opened.page.evaluate("([e, n]) => twoStep(e, n)", [events, totals])
        row = pool(events, totals, TWO_STEP)
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
    behind.locator("tbody tr[data-events='5'] input[type=checkbox]").uncheck()
    assert output.inner_text().startswith("Exploratory: 5 of 6 studies, 131/161 patients: ")
    behind.locator("form.choose input[type=number]").fill("2021")
    assert output.inner_text().startswith("Exploratory: 3 of 6 studies, 89/107 patients: ")
    behind.locator("form.choose input[type=number]").fill("2018")
    assert output.inner_text() == before


def test_studies_are_chosen_by_group(opened):
    behind = opened.page.locator("#lifted details.behind")
    behind.locator("summary").click()
    form = behind.locator("form.choose")
    form.locator("select[name=publication_type]").select_option("abstract")
    told = form.locator("output")
    events, totals = [5, 50, 9], [12, 57, 10]
    assert told.inner_text().startswith(
        f"Exploratory: 3 of 6 studies, {pooled_in_words(events, totals)}"
    )
    ticked = behind.locator("tbody tr:has(input:checked)")
    assert [name[-4:] for name in ticked.locator("th").all_inner_texts()] == [
        "2020",
        "2021",
        "2023",
    ]
    form.locator("select[name=country]").select_option("Finland")
    assert told.inner_text().startswith("Exploratory: 2 of 6 studies, 59/67 patients: ")
    form.locator("select[name=publication_type]").select_option("full text")
    form.locator("select[name=country]").select_option("")
    form.locator("input[type=number]").fill("2023")
    assert told.inner_text() == "Exploratory: 0 of 6 studies."


def test_verified_values_alone_can_be_pooled(browser, invented, tmp_path):
    for cell in invented.tables["outcomes"]:
        if cell["outcome"] == "lifted" and cell["study_id"] in ("Aalto2018", "Dahl2021"):
            cell["verified_against"] = "full_text"
    inputs, outputs, params = invented.write(tmp_path)
    write_report.run(inputs, outputs, params)
    watched = Watched(browser, Path(outputs.report))
    for outcome, studies in (("lifted", 2), ("headache", 0)):
        behind = watched.page.locator(f"#{outcome} details.behind")
        behind.locator("summary").click()
        verified = behind.get_by_label("Verified values only")
        assert verified.count() == bool(studies), outcome
    behind = watched.page.locator("#lifted details.behind")
    behind.get_by_label("Verified values only").check()
    told = behind.locator("form.choose output").inner_text()
    assert told.startswith(f"Exploratory: 2 of 6 studies, {pooled_in_words([14, 50], [20, 57])}")
    behind.get_by_label("Verified values only").uncheck()
    assert behind.locator("tbody input:checked").count() == 6
    watched.context.close()


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


def test_a_table_is_copied_as_a_spreadsheet_takes_it(opened):
    bar = bar_of(opened.page, ".scroll:has(> #table-proportions)")
    button = bar.locator("button[aria-label^=Copy]")
    button.evaluate("(b) => b.addEventListener('click', () => { window.said = b.textContent; })")
    button.click()
    assert opened.page.evaluate("window.said") == "Copied"
    rows = opened.page.locator("#table-proportions tr")
    shown = [rows.nth(n).locator("th, td").all_inner_texts() for n in range(rows.count())]
    assert len(shown) > 2
    read = [line.split("\t") for line in pasted(opened.page).split("\n")]
    assert read == [[" ".join(cell.split()) for cell in row] for row in shown]
    opened.page.wait_for_function(
        "(button) => button.textContent === 'Copy'", arg=button.element_handle()
    )
    assert opened.complaints == []


@pytest.mark.parametrize(
    ("place", "anchor", "title"),
    [
        ("#figure-lifted-forest", "figure-lifted-forest", "Figure: "),
        (".scroll:has(> #table-proportions)", "table-proportions", "Table: "),
    ],
)
def test_what_is_linked_and_cited_can_be_found_again(opened, report, place, anchor, title):
    address = f"{report.as_uri()}#{anchor}"
    bar = bar_of(opened.page, place)
    bar.get_by_text("Link", exact=True).click()
    assert pasted(opened.page) == address
    bar.get_by_text("Cite", exact=True).click()
    told = pasted(opened.page)
    citation = opened.page.locator("#citation").inner_text()
    assert told.startswith(f"{citation} {title}")
    assert told.endswith(f". {address}")
    assert "Blue light therapy" in citation
    opened.page.goto(address)
    assert opened.page.locator(f"#{anchor}").evaluate(
        "(e) => e.getBoundingClientRect().top < innerHeight"
    )


def test_no_button_leads_to_a_file_beside_the_report(opened):
    for bar in opened.page.locator(".tools").all():
        bar.scroll_into_view_if_needed()
    opened.page.locator("#figure-lifted-forest + .tools button").first.wait_for()
    leads = opened.page.locator("a").evaluate_all("(all) => all.map((a) => a.getAttribute('href'))")
    beside = [link for link in leads if not link.startswith(("#", "http://", "https://"))]
    assert beside == []


def test_a_figure_alone_becomes_a_pdf_of_its_size(opened):
    page = opened.page
    page.evaluate("window.print = () => { window.asked = true; }")
    figure = page.locator("#figure-lifted-forest")
    bar_of(page, "#figure-lifted-forest").get_by_text("PDF").click()
    assert page.evaluate("window.asked")
    page.emulate_media(media="print")
    assert page.locator("main").is_hidden()
    assert page.locator("#paper-sheet svg text").first.is_visible()
    ((width, height),) = paper_of(page.pdf(prefer_css_page_size=True))
    *_, drawn_width, drawn_height = map(
        float, figure.locator("svg").get_attribute("viewBox").split()
    )
    assert 0 <= width - drawn_width <= 3
    assert 0 <= height - drawn_height <= 3
    # after it the report is as before, on paper too
    assert page.locator("#paper-sheet").count() == 0
    assert len(paper_of(page.pdf(format="A4"))) > 1
    assert opened.complaints == []
