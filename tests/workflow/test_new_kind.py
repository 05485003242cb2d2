"""What a change request costs: a new kind of outcome in at most four files, seen everywhere."""

import re
import zipfile

import pytest
from houses import House, rows_of

LIBRARY = "workflow/scripts/singlearm"
#: An invented kind: mean scores with their standard errors. One module has all that is special.
SCORE = '''"""Mean scores with their standard errors."""

from collections.abc import Iterator

from singlearm.catalogue import Row

from .base import Evidence, Kind, Pooling, Sheet
from .columns import LABEL, OUTCOME, SOURCE, number
from .measure import Measure
from .rows import RowFault

COLUMNS = (
    LABEL,
    OUTCOME,
    number("mean", "points", 0, 100, "Mean score", required="filled"),
    number("se", "points", 0, None, "Its standard error", required="filled"),
    *SOURCE,
)


def check(row: Row, prefix: str) -> Iterator[RowFault]:
    """A standard error of nothing."""
    if row[f"{prefix}se"] == 0:
        yield RowFault("se_zero", f"{prefix}se", "0", "no standard error", "look it up")


SHEET = Sheet("scores", "adjudication_scores", COLUMNS, fields=("mean", "se"), check=check,
              clean="score_values")
MEASURE = Measure("number", " points", " points")


def pool(evidence: Evidence) -> Iterator[Row]:
    """The rows of `scores.csv`."""
    from singlearm.synthesis import pool_effects

    for outcome in evidence.of_kind("score"):
        rows = evidence.rows(KIND, outcome)
        fit = pool_effects([r["mean"] for r in rows], [r["se"] ** 2 for r in rows], ci="hk_adhoc")
        yield {"outcome": outcome, "model": "reml_hk", "k": len(rows),
               "estimate": float(fit.estimate), "ci_low": float(fit.ci_low),
               "ci_high": float(fit.ci_high), "note": ""}


def sentence(row: Row, label: str) -> str:
    """One sentence."""
    return f"{label}: {MEASURE.text(row['value'], row['low'], row['high'])}."


KIND = Kind("score", SHEET, table="scores", measure=MEASURE, sentence=sentence, title="Scores",
            poolings={"scores": Pooling((SHEET.clean_table,), pool)})
'''
CLEAN = """    Table(
        "score_values",
        ("study_id", "outcome"),
        (
            *strings("study_id outcome"),
            *numbers("mean se"),
            *strings("source_url source_locator source_type confidence notes layer sheet"),
            *integers("row"),
            *strings(f"agreement {LATER}"),
        ),
        open=True,
    ),
"""
RESULT = """    Table(
        "scores",
        ("outcome", "model"),
        (
            Column("outcome", "string", "Outcome", "outcome"),
            Column("model", "string", "Model", "plain"),
            STUDIES,
            Column("estimate", "number", "Score", "number", "Score [95% CI]"),
            Column("ci_low", "number", "95% CI low", "number", "Score [95% CI]"),
            Column("ci_high", "number", "95% CI high", "number", "Score [95% CI]"),
            NOTE,
        ),
    ),
"""
PROTOCOL = """review: {name: scores, title: An invented review of scores}
versions:
  "1": {title: First cut, layers: [data/raw/first]}
outcomes:
  orr: {label: Overall response}
  pain: {label: Pain after a month, kind: score}
models:
  primary: logit_dl
  logit_dl: {likelihood: normal, measure: PLO, tau2: DL, ci: wald}
gosh: {draws: 100}
calibration: {datasets: 20}
"""
SCORES = """study_id,outcome,mean,se,confidence,notes
Alpha2019,pain,39.5,3.2,high,
Beta2020,pain,38.0,2.5,high,
Gamma2021,pain,40.25,4.0,high,
"""
#: What these three scores pool to, by hand: tau2 is 0, so weights are 1/se^2.
POOLED = (39.5 / 3.2**2 + 38 / 2.5**2 + 40.25 / 4**2) / (1 / 3.2**2 + 1 / 2.5**2 + 1 / 4**2)


def add_kind(house: House) -> set[str]:
    """The invented kind in a copy of the library; the files that were touched."""
    touched = {f"{LIBRARY}/kinds/score.py"}
    (house.root / f"{LIBRARY}/kinds/score.py").write_text(SCORE, encoding="utf-8")
    for file, changes in {
        "kinds/__init__.py": (("ratio, survival, time\n", "ratio, score, survival, time\n"),),
        "catalogue/clean.py": (('    Table(\n        "problems"', CLEAN),),
        "catalogue/results.py": (('    Table(\n        "ratios"', RESULT),),
    }.items():
        path = house.root / LIBRARY / file
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert text.count(old) == 1, (file, old)
            text = text.replace(old, new if file.startswith("kinds") else new + old)
        if file.startswith("kinds"):
            text, done = re.subn(r"(for module in \([^)]*)(\))", r"\1, score\2", text)
            assert done == 1
        path.write_text(text, encoding="utf-8")
        touched.add(f"{LIBRARY}/{file}")
    return touched


@pytest.fixture(scope="module")
def with_scores(empty_house, tmp_path_factory) -> tuple[House, set[str]]:
    """A review with an invented kind of outcome, run as far as its report."""
    house = empty_house.copy_to(tmp_path_factory.mktemp("kind") / "review")
    touched = add_kind(house)
    layer = house.root / "data/raw/first"
    for sheet in ("durations_1", "claims"):
        (layer / f"{sheet}.csv").unlink()
    for sheet in ("outcomes_1", "outcomes_2", "adjudication"):
        path = layer / f"{sheet}.csv"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join([lines[0], *(n for n in lines if ",orr," in n)]), encoding="utf-8")
    (layer / "scores_1.csv").write_text(SCORES, encoding="utf-8")
    (house.root / "config/config.yaml").write_text(PROTOCOL, encoding="utf-8")
    house.build("results/1/report.html", "results/1/tables/results.xlsx")
    return house, touched


def test_a_new_kind_takes_at_most_four_files(with_scores):
    assert len(with_scores[1]) <= 4


def test_a_new_kind_is_pooled_and_stands_everywhere(with_scores):
    root = with_scores[0].root / "results/1"
    rows = rows_of(root / "scores.csv")
    assert [row["outcome"] for row in rows] == ["pain"]
    assert float(rows[0]["estimate"]) == pytest.approx(POOLED, rel=1e-12)
    printed = f"{POOLED:.2f}"
    assert f"Pain after a month: {printed} points" in (root / "report.html").read_text("utf-8")
    assert f",{printed}" not in (root / "scores.csv").read_text("utf-8")  # rounded at the end only
    assert "pain" in (root / "tables/all_results.csv").read_text("utf-8")
    for file, part in (("results.xlsx", "sharedStrings.xml"), ("results.docx", "document.xml")):
        with zipfile.ZipFile(root / "tables" / file) as packed:
            name = next(name for name in packed.namelist() if name.endswith(part))
            assert "Pain after a month" in packed.read(name).decode("utf-8")


def test_a_fault_in_the_new_sheet_is_told(with_scores, tmp_path):
    house = with_scores[0].copy_to(tmp_path / "review")
    house.edit("data/raw/first/scores_1.csv", "38.0,2.5", "37.0,0")
    told = house.snakemake("check")
    assert told.returncode != 0
    assert "scores_1, row 3, se: '0' no standard error (look it up)" in told.stdout
