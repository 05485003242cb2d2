"""A review of another field with the core columns alone: no output knows the first review."""

import re
import zipfile

from houses import rows_of
from test_house import FIRST_REVIEW
from test_review_cases import CASES, words_of

from singlearm.intake.__main__ import make_review

#: What no text stands in; a figure's text is in its SVG.
DRAWN = {".pdf", ".png"}
#: Analyses that take long for few studies; another test has them on.
QUICK = "gosh: {draws: 1000}\ncalibration: {datasets: 100}\n"


def every_text(results):
    """Each output with the text in it, that of workbooks and Word documents too."""
    for path in sorted(path for path in results.rglob("*") if path.is_file()):
        name = str(path.relative_to(results))
        if path.suffix in (".xlsx", ".docx"):
            with zipfile.ZipFile(path) as parts:
                xml = " ".join(
                    parts.read(part).decode() for part in parts.namelist() if ".xml" in part
                )
            yield name, re.sub(r"<[^>]+>", " ", xml)
        elif path.suffix not in DRAWN:
            yield name, path.read_text(encoding="utf-8")


def test_core_columns_alone_and_no_word_of_the_first_review(new_house, tmp_path):
    """The wide workbook in long form, as `make review` turns it."""
    table = CASES / "foreign-review/wide-sheet-bladder/overlay/data/raw/first/extraction.xlsx"
    make_review(tmp_path / "bladder", table, "Bladder")
    values = rows_of(tmp_path / "bladder/data/raw/1/outcomes_1.csv")
    studies = [{"study_id": study} for study in dict.fromkeys(row["study_id"] for row in values)]
    protocol = "review: {name: foreign, title: Response of bladder cancer}\n"
    protocol += f"outcomes: {{{values[0]['outcome']}: }}\n"
    new_house.with_core_columns(studies, values, protocol + QUICK)
    new_house.build("all", "site", "template")
    results = new_house.root / "results"
    report = words_of(new_house.root)
    assert "271 of 654 patients in 8 studies" in report
    assert "in order of year" not in report  # none has one
    texts = dict(every_text(results))
    assert "Living" not in texts["site/index.html"]  # one version
    kinds = {name.rpartition(".")[2] for name in texts}
    assert {"csv", "docx", "html", "json", "svg", "tex", "xlsx", "R"} <= kinds
    for name, text in texts.items():
        found = FIRST_REVIEW.search(text)
        assert not found, (name, text[max(found.start() - 60, 0) : found.end() + 60])
