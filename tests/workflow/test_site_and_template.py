"""The targets `site` and `template` through the workflow: links that lead somewhere, a layer."""

import functools
import http.client
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import lxml.html
import openpyxl
import pytest
from houses import rows_of
from test_release_update import add_layer

HOME = "/site/index.html"


@pytest.fixture(scope="module")
def made(empty_house, tmp_path_factory) -> Path:
    """The small review with its update, of which nothing but the two targets was asked for."""
    house = empty_house.copy_to(tmp_path_factory.mktemp("site") / "review")
    add_layer(house)
    house.build("site", "template")
    return house.root


class Silent(SimpleHTTPRequestHandler):
    """Python's own handler, which would tell of each request."""

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server(made):
    """`results/` as a web server gives it; a function from a path to status and content."""
    handler = functools.partial(Silent, directory=str(made / "results"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()

        def get(path: str) -> tuple[int, bytes]:
            connection = http.client.HTTPConnection("127.0.0.1", running.server_port, timeout=30)
            connection.request("GET", path)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            return answer.status, content

        yield get
        running.shutdown()


@pytest.fixture(scope="module")
def pages(made) -> dict:
    """Every page that can be reached from the home page, by its address below `results/`."""
    found, waiting = {}, [HOME]
    while waiting:
        address = waiting.pop()
        if address in found or not address.endswith((".html", ".xml")):
            continue
        content = (made / "results" / unquote(address[1:])).read_bytes()
        page = lxml.html.fromstring(content)
        found[address] = page
        waiting += [target for target, _ in links(address, page)]
    return found


def links(address: str, page) -> list[tuple[str, str]]:
    """Where a page leads within the results: address and anchor."""
    named = [*page.xpath("//@href"), *page.xpath("//@src")]
    within = [link for link in named if not urlsplit(link).scheme]
    return [tuple(urldefrag(urljoin(address, link))) for link in within]


def test_every_page_of_the_site_can_be_reached(made, pages):
    results = made / "results"
    written = {f"/{path.relative_to(results).as_posix()}" for path in results.glob("site/**/*.*")}
    assert len(written) == 6
    assert written | {"/1/report.html", "/2/report.html"} == set(pages)


def test_every_link_leads_to_a_file_and_a_place_in_it(made, pages):
    dead, seen = [], 0
    for address, page in pages.items():
        for target, anchor in links(address, page):
            seen += 1
            there = (made / "results" / unquote(target[1:])).is_file()
            if not there or (anchor and not pages[target].xpath("//*[@id=$id]", id=anchor)):
                dead.append((address, target, anchor))
    assert dead == []
    assert seen > 50


def test_a_web_server_gives_every_file_that_is_linked(made, pages, server):
    targets = {target for address, page in pages.items() for target, _ in links(address, page)}
    assert {"/2/tables/results.xlsx", "/1/changes.csv", "/site/feed.xml"} <= targets
    for target in sorted(targets):
        on_disk = (made / "results" / unquote(target[1:])).read_bytes()
        assert server(target) == (200, on_disk), target
    assert server("/site/")[1] == server(HOME)[1]
    assert server("/site/nothing.html")[0] == 404


def test_the_template_filled_as_a_layer_is_the_layer(made, empty_house, tmp_path):
    """The small review's own cells, typed into the workbook that the target wrote."""
    house = empty_house.copy_to(tmp_path / "review")
    layer = house.root / "data/raw/first"
    book = openpyxl.load_workbook(made / "results/extraction_template.xlsx")
    for sheet in ("studies", "outcomes_1", "outcomes_2", "durations_1", "adjudication"):
        heads = [cell.value for cell in book[sheet][1]]
        for number, cells in enumerate(rows_of(layer / f"{sheet}.csv"), start=2):
            assert set(cells) <= set(heads), sheet
            for name, text in cells.items():
                book[sheet].cell(number, heads.index(name) + 1).value = text or None
        (layer / f"{sheet}.csv").unlink()
    del book["claims"]  # claims stay the CSV file that the protocol names
    book.save(layer / "extraction.xlsx")
    house.build("check")
    for table in ("by_outcome/orr.csv", "by_outcome/crs_any.csv", "durations.csv"):
        ours, theirs = (root / "results/1/clean" / table for root in (house.root, made))
        assert ours.read_bytes() == theirs.read_bytes(), table
