"""The static site of all versions: pages, links, feed, search, the same bytes again."""

from pathlib import Path
from xml.etree import ElementTree

import lxml.html
import pytest

import write_site
from singlearm.catalogue.tables import read_table
from singlearm.report.findings import summary_of_findings
from singlearm.report.review import Review, figure_of
from singlearm.report.site import pages
from singlearm.step import Outputs as Named

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def versions(make_invented, tmp_path) -> list[Review]:
    """Two versions of the invented review, the first without the ratio."""
    made = []
    for version in ("1", "2"):
        invented = make_invented()
        invented.protocol["version"] |= {"released": f"2026-0{version}-01"}
        if version == "1":
            invented.empty("ratios", "changes")
        (tmp_path / version).mkdir()
        inputs, _, params = invented.write(tmp_path / version)
        tables = {n: read_table(path, n) for n, path in inputs.items() if isinstance(path, str)}
        figures = {figure_of(Path(path)): Path(path) for path in inputs.figures}
        made.append(Review(params.protocol, version, "0" * 12, tables, figures=figures))
    return made


def test_every_outcome_has_a_page_with_every_version(versions):
    made = pages(versions)
    for name, settings in versions[1].protocol["outcomes"].items():
        page = lxml.html.fromstring(made[f"outcomes/{name}.html"].encode())
        assert page.xpath("//h1")[0].text_content() == settings["label"]
        told = [row[0].text_content() for row in page.xpath("//table[@id='versions']/tbody/tr")]
        assert told == {"gloom": ["2"], "relapse": []}.get(name, ["2", "1"])
    assert "No version has a result" in made["outcomes/relapse.html"]


def test_site_says_what_the_summary_of_findings_says(versions):
    made = pages(versions)
    for row in summary_of_findings(versions[1]).rows:
        text = lxml.html.fromstring(made[f"outcomes/{row['outcome']}.html"].encode()).text_content()
        assert row["in_words"] in text
        assert row["rests_on"] in text
        assert row["result"].split(" [")[0] in text


def test_links_lead_to_pages_files_of_versions_or_nowhere(versions):
    made = pages(versions)
    for place, text in made.items():
        if not place.endswith(".html"):
            continue
        for link in lxml.html.fromstring(text.encode()).xpath("//a/@href"):
            target = Path("site", place).parent / link.split("#")[0]
            parts = []
            for part in target.parts:
                parts = parts[:-1] if part == ".." else [*parts, part]
            found = "/".join(parts)
            known = found.removeprefix("site/") in made or parts[0] in ("1", "2")
            assert not link.split("#")[0] or known, (place, link)


def test_feed_has_an_entry_for_each_version(versions):
    feed = ElementTree.fromstring(pages(versions)["feed.xml"])
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title")[:2] for entry in entries] == ["2:", "1:"]
    assert feed.findtext(f"{ATOM}updated") == "2026-02-01T00:00:00Z"
    assert "1 study added" in entries[0].findtext(f"{ATOM}content")


def test_a_script_in_a_label_stays_text(versions):
    for review in versions:
        review.protocol["outcomes"]["lifted"]["label"] = "</script><script>alert(1)</script>"
    made = pages(versions)
    assert all("<script>alert" not in text for text in made.values())


def test_script_writes_the_pages(versions, tmp_path, make_invented):
    assert pages(versions) == pages(versions)
    outcomes = list(make_invented().protocol["outcomes"])

    folder = tmp_path / "site"
    (folder / "outcomes").mkdir(parents=True)
    outputs = Named(
        home=str(folder / "index.html"), changes=str(folder / "changes.html"),
        feed=str(folder / "feed.xml"),
        outcomes=[str(folder / f"outcomes/{name}.html") for name in outcomes],
    )  # fmt: skip
    kinds = ("pooled", "times", "ratios", "subgroups", "subgroup_tests", "changes")
    inputs = Named(
        tables=[str(tmp_path / version / f"{kind}.csv") for version in "12" for kind in kinds],
        clean=[str(tmp_path / v / f"{n}.csv") for v in "12" for n in ("studies", "certainty")],
        figures=[str(path) for review in versions for path in review.figures.values()],
    )  # fmt: skip
    params = Named(
        versions=["1", "2"], outcomes=outcomes, hashes={"1": "0" * 12, "2": "0" * 12},
        protocols={review.version: review.protocol for review in versions},
    )  # fmt: skip
    write_site.run(inputs, outputs, params)
    written = {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip
    assert written == pages(versions)
