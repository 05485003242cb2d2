"""Pages in the system's Chromium, headless and offline (Debian: `apt-get install chromium`)."""

import os
import re
import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTHS = (360, 768, 1440)
#: Without Chromium these tests are skipped; with REQUIRE_BROWSER set, as in CI, they fail instead.
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("REQUIRE_BROWSER"),
    reason="Chromium is not installed; REQUIRE_BROWSER=1 makes this a failure",
)

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


OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"
#: Everything that reaches over an edge of the window and cannot be scrolled to.
OVER_THE_EDGE = """() => [...document.querySelectorAll("body *")].filter((element) => {
  const box = element.getBoundingClientRect();
  return box.width > 0 && !element.closest(".scroll, .skip, .heard") &&
    (box.right > innerWidth + 1 || box.left < -1);
}).map((element) => element.outerHTML.slice(0, 120))"""
#: Figures that their frame cuts off for good, and texts that a figure's own edge cuts.
CUT = """() => [...document.querySelectorAll("svg.plot")].flatMap((plot) => {
  const edge = plot.getBoundingClientRect();
  if (!edge.width) return [];
  const frame = plot.closest(".scroll");
  const { left, top } = frame.getBoundingClientRect();
  const away = edge.right - left + frame.scrollLeft > frame.scrollWidth + 1 ||
    edge.bottom - top + frame.scrollTop > frame.clientHeight + 1 || edge.left < left - 1;
  const texts = [...plot.querySelectorAll("text")].filter((text) => {
    const box = text.getBoundingClientRect();
    return box.width && (box.left < edge.left - 1 || box.right > edge.right + 1 ||
      box.top < edge.top - 1 || box.bottom > edge.bottom + 1);
  });
  const name = plot.closest("figure").id;
  return [...(away ? [name] : []), ...texts.map((text) => `${name}: ${text.textContent}`)];
})"""
#: The most that a report may weigh, in bytes and in elements: what the time until it can be read
#: grows with (tests/benchmarks/report_ready.py measures that time).
MAX_BYTES = 6_000_000
MAX_ELEMENTS = 80_000
ELEMENTS = "document.querySelectorAll('*').length"


def found_by_axe(page, *left_out: str) -> list[tuple]:
    """Every violation that axe sees, of any weight, but of the rules left out."""
    rules = {rule: {"enabled": False} for rule in left_out}
    # what passed is many megabytes on a large page; one element of each rule is enough
    response = Axe().run(page, options={"resultTypes": ["violations"], "rules": rules}).response
    assert len(response["passes"]) > 20
    return [
        (rule["id"], rule["impact"], rule["nodes"][0]["html"][:200])
        for rule in response["violations"]
    ]


def paper_of(pdf: bytes) -> list[tuple[float, float]]:
    """Width and height of each page of a PDF in points; Chromium leaves page objects readable."""
    pages = re.findall(rb"<<[^<>]*/Type\s*/Page\b.*?endobj", pdf, re.DOTALL)
    boxes = [re.search(rb"/MediaBox\s*\[([^]]*)\]", page)[1].split() for page in pages]
    return [(float(width), float(height)) for *_, width, height in boxes]


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
