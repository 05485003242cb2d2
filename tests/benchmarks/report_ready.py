"""Time until a report can be read: the page parsed and its programs run, in headless Chromium.

    python tests/benchmarks/report_ready.py results/*/report.html

Each page is opened ten times, in turn with an empty one, which stands for the browser itself. One
line for each: bytes, elements, the least time and the median in seconds, the least as a ratio to
that of the empty page.
"""

import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "report"))
from chromium import CHROMIUM, ELEMENTS, SWITCHES, Watched
from playwright.sync_api import sync_playwright

TIMES = 10
READY = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd / 1000"
EMPTY = "<!doctype html><title>empty</title>"


def times_of(pages: list[Path]) -> tuple[dict[Path, list[float]], dict[Path, int]]:
    """Seconds of each page, opened in turn, and its elements."""
    seconds, elements = {page: [] for page in pages}, {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        for page in pages * TIMES:
            watched = Watched(browser, page)
            seconds[page].append(watched.page.evaluate(READY))
            elements[page] = watched.page.evaluate(ELEMENTS)
            watched.context.close()
        browser.close()
    return seconds, elements


def main(reports: list[Path]) -> None:
    """Write one line for each page."""
    with TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.html"
        empty.write_text(EMPTY, encoding="utf-8")
        seconds, elements = times_of([empty, *reports])
    for page in reports:
        least = min(seconds[page])
        sys.stdout.write(
            f"{page.parent.name}/{page.name}: {page.stat().st_size:,} bytes, "
            f"{elements[page]:,} elements, {least:.2f} s ({median(seconds[page]):.2f}), "
            f"{least / min(seconds[empty]):.0f} times an empty page\n"
        )


if __name__ == "__main__":
    main([Path(name).resolve() for name in sys.argv[1:]])
