"""`snakemake --report` of a finished review: what stands in its pane, with captions."""

import json
import zipfile
from pathlib import Path

import pytest
from chromium import Watched, needs_chromium

#: What Snakemake's page is without any result, as 9.27 writes it (3.5 MB), and room to grow.
PAGE = 5_000_000
SHOWN = {
    "results/1/report.html": "one page to read",
    "results/1/pooled.csv": "one row for each outcome and model",
    "results/1/figures/overview.svg": "All outcomes",
}


@pytest.fixture(scope="module")
def packed(run_house, tmp_path_factory) -> Path:
    """The folder that `--report` packs, unpacked, and the packed file beside it."""
    house = run_house.copy_to(tmp_path_factory.mktemp("reported") / "review")
    house.build("--report", "all.zip")
    house.build("--report", "all.html")
    with zipfile.ZipFile(house.root / "all.zip") as archive:
        archive.extractall(house.root)
    return house.root / "all"


def results_of(page: Path) -> dict:
    """What Snakemake's page knows of each file that it shows, by the file's path."""
    text = page.read_text(encoding="utf-8")
    found, _ = json.JSONDecoder().raw_decode(text, text.index('{"', text.index("var results = {")))
    return found


def test_snakemake_report_in_the_locked_environment(packed):
    """Case snakemake-report/locked-environment: pygments was missing, and then the pane empty."""
    for page in (packed / "report.html", packed.with_suffix(".html")):
        shown = results_of(page)
        for file, words in SHOWN.items():
            assert words in " ".join(shown[file]["caption"].split()), file
        assert all(result["caption"] for result in shown.values())
        assert {result["labels"].get("result") for result in shown.values()} >= {
            "report",
            "pooled proportions",
        }


def test_each_file_is_in_it_once_and_nothing_else(packed):
    root = packed.parent
    shown = results_of(packed / "report.html")
    inside = sorted(path.read_bytes() for path in packed.glob("data/raw/*/*"))
    assert inside == sorted((root / file).read_bytes() for file in shown)
    files = sum(len(content) for content in inside)
    assert (packed / "report.html").stat().st_size < PAGE
    assert packed.with_suffix(".zip").stat().st_size < PAGE / 2
    # base64 makes four bytes of three
    assert packed.with_suffix(".html").stat().st_size < PAGE + 4 / 3 * files


@needs_chromium
def test_report_and_tables_open_from_the_pane(packed, browser):
    for page in (packed / "report.html", packed.with_suffix(".html")):
        watched = Watched(browser, page)
        watched.page.get_by_text("Results of 1").click()
        rows = watched.page.locator("tr:has(td)")
        assert [row.inner_text().strip() for row in rows.all()] == ["pooled proportions", "report"]
        rows.nth(1).locator("a").first.click()
        report = watched.page.frame_locator("iframe")
        assert report.locator("#summary-h").inner_text() == "Summary"
        with watched.page.expect_download() as waiting:
            rows.nth(0).locator("a").first.click()
        saved = Path(waiting.value.path()).read_bytes()
        assert saved == (packed.parent / "results/1/pooled.csv").read_bytes()
        watched.context.close()
