"""Cases of tests/cases that are run to the report: reviews of other fields, sizes and habits."""

import re
import zipfile
from pathlib import Path

import lxml.html

from singlearm.catalogue.tables import read_table

CASES = Path(__file__).parents[1] / "cases"


def words_of(root):
    """The report as its reader sees it, on one line."""
    page = lxml.html.parse(root / "results/1/report.html").getroot()
    texts = page.xpath("//text()[not(ancestor::style or ancestor::script)]")
    return " ".join(" ".join(texts).split())


def pages_of(root):
    """Everything that people read of a finished review, as text."""
    results = root / "results/1"
    texts = {"report": words_of(root)}
    for name in ("study_characteristics.csv", "all_results.csv", "study_characteristics.tex"):
        texts[name] = (results / "tables" / name).read_text(encoding="utf-8")
    for name in ("results.xlsx", *(path.name for path in (results / "tables").glob("*.docx"))):
        with zipfile.ZipFile(results / "tables" / name) as parts:
            pages = [
                part for part in parts.namelist() if re.search(r"sharedS|sheet|document", part)
            ]
            page = " ".join(parts.read(part).decode() for part in pages if part.endswith(".xml"))
        texts[name] = re.sub(r"<[^>]+>", " ", page)
    for drawn in (results / "figures").rglob("*.svg"):
        texts[str(drawn.relative_to(results))] = " ".join(
            re.findall(r"<text[^>]*>([^<]*)", drawn.read_text("utf-8"))
        )
    return texts


def test_one_extractor_and_no_good_side_make_no_false_sentences(lay):
    """Two cases in one review, since a run to the report is what costs."""
    house = lay("single-extractor/one-outcome-sheet", "false-sentences/favours-left-out")
    house.build("results/1/report.html")
    said = words_of(house.root)
    assert "from a single extractor" in said
    assert "two extractors" not in said.lower()
    assert "went to adjudication" not in said
    assert "reports a proportion" not in said
    assert "No study of this version reports an outcome" not in said
    for row in read_table(house.root / "results/1/pooled.csv", "pooled"):
        if row["model"] == "glmm" and row["k"]:
            assert f"{100 * row['marginal']:.1f}%" in said


def test_false_sentences_forest_column_unknown(lay):
    refused = lay("false-sentences/forest-column-unknown").snakemake("check")
    assert refused.returncode != 0
    assert "'setting' figures > forest > columns: is not a column of the studies" in refused.stdout


FIRST_REVIEW = r"infused|target|product\b|costimulation|lymphodepletion|\bASCT\b|CAR-T|BCMA|myeloma"


def test_foreign_review_hip_surgery_to_the_report(lay):
    """None of the first review's words, but for the column that this review's own sheet has."""
    house = lay("foreign-review/hip-surgery")
    house.build()
    texts = pages_of(house.root)
    for name, text in texts.items():
        own = re.sub(r"n[ _\\]*infused", "", text, flags=re.IGNORECASE)
        assert not re.search(FIRST_REVIEW, own, re.IGNORECASE), name
    assert "Approach" in texts["report"]
    assert "25 of 425" in texts["report"]
