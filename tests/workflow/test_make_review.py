"""`make review` and one command more, without an edit: a report whose numbers are metafor's."""

import json
import lzma
import os
import subprocess
import sys

import pytest
import xlsxwriter
from houses import rows_of
from made_tables import opendocument, text_file

from singlearm.intake.__main__ import make_review

COMMAND = [sys.executable, "-m", "snakemake", "--cores", "2"]
#: Of tables with the same content all but the first are built up to the pooled results only.
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


def reference(repository, name):
    path = repository / "tests" / "reference" / f"{name}.json.xz"
    return json.loads(lzma.decompress(path.read_bytes()))


def one_arm(repository, name):
    """Counts of a data set, and metafor's DerSimonian-Laird fit on the logit scale."""
    known = reference(repository, f"metafor/{name}")
    fit = {"measure": "PLO", "method": "DL", "test": "z"}
    (found,) = [each for each in known["fits"] if fit.items() <= each.items()]
    data = known["data"]
    return list(zip(data["study"], data["xi"], data["ni"], strict=True)), found["back"]


@pytest.fixture
def counts(repository):
    """Both arms of dat.nielweise2007 as two outcomes of the same 18 studies."""
    treated, of_treated = one_arm(repository, "nielweise2007_trt")
    control, of_control = one_arm(repository, "nielweise2007_ctl")
    return treated, control, {"treated": of_treated, "control": of_control}


def long_csv(folder, treated, control):
    rows = [["Study", "Outcome", "Events", "Total"]]
    rows += [[study, "treated", e, n] for study, e, n in treated]
    rows += [[study, "control", e, n] for study, e, n in control]
    return text_file(folder / "long.csv", rows)


def semicolon_csv(folder, treated, control):
    rows = [["Autor", "Jahr", "Alter", "treated_r", "treated_n", "control_r", "control_n"]]
    for (study, e, n), (_, r, m) in zip(treated, control, strict=True):
        author, year = study.rsplit(" ", 1)
        rows.append([author, year, "61,5", e, n, r, m])
    return text_file(folder / "wide.csv", rows, ";")


def wide_rows(treated, control):
    both = zip(treated, control, strict=True)
    return [
        ["Table 1. Infections, all trials"],
        [],
        ["Trial", "treated_events", "treated_total", "control_x", "control_n"],
        *([study, e, n, r, m] for (study, e, n), (_, r, m) in both),
        ["Total", 26, 2495, 55, 2500],
    ]


def wide_xlsx(folder, treated, control):
    book = xlsxwriter.Workbook(folder / "wide.xlsx")
    tab = book.add_worksheet()
    for place, row in enumerate(wide_rows(treated, control)):
        tab.write_row(place, 0, row)
    book.close()
    return folder / "wide.xlsx"


def wide_ods(folder, treated, control):
    return opendocument(folder / "wide.ods", wide_rows(treated, control))


def metafor_frame(folder, treated, control):
    rows = [["", "study", "outcome", "xi", "ni", "yi", "vi"]]
    both = [("treated", *row) for row in treated] + [("control", *row) for row in control]
    rows += [[k, s, outcome, e, n, -1.5, 0.2] for k, (outcome, s, e, n) in enumerate(both, start=1)]
    return text_file(folder / "dat.csv", rows)


def results(review, *targets):
    """Build the review by its own Snakefile, as `make results` does; the lines on the screen."""
    done = subprocess.run(
        [*COMMAND, *targets], cwd=review, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    return (done.stdout + done.stderr).splitlines()


@pytest.mark.parametrize("write", [long_csv, semicolon_csv, wide_xlsx, wide_ods, metafor_frame])
def test_one_command_and_one_more(write, counts, tmp_path):
    treated, control, expected = counts
    review = tmp_path / "review"
    make_review(review, write(tmp_path, treated, control), "Infections of catheters")
    whole = LONG or write is long_csv
    lines = results(review, *([] if whole else ["results/1/pooled.csv"]))
    if whole:
        assert any("files made" in line for line in lines)
        assert "open results/1/report.html" in lines
        assert "Infections of catheters" in (review / "results/1/report.html").read_text("utf-8")
    pooled = {
        row["outcome"]: row
        for row in rows_of(review / "results/1/pooled.csv")
        if row["model"] == "logit_dl"
    }
    for outcome, back in expected.items():
        row = pooled[outcome]
        assert row["k"] == "18"
        assert float(row["estimate"]) == pytest.approx(back["est"], rel=1e-9)
        assert float(row["ci_low"]) == pytest.approx(back["ci_lb"], rel=1e-9)
        assert float(row["ci_high"]) == pytest.approx(back["ci_ub"], rel=1e-9)


REVMAN = [
    "Analysis group", "Analysis number", "Analysis name", "Study", "Study year",
    "Experimental cases", "Experimental N", "Control cases", "Control N",
]  # fmt: skip


def revman_export(folder, trials):
    rows = [[1, 1, "Infection", s, s[-4:], a, n, c, m] for s, a, n, c, m in trials]
    return text_file(folder / "revman.csv", [REVMAN, *rows])


def two_by_two_frame(folder, trials):
    rows = [[k, s, a, n - a, c, m - c] for k, (s, a, n, c, m) in enumerate(trials, start=1)]
    return text_file(folder / "infection.csv", [["", "slab", "ai", "bi", "ci", "di"], *rows])


@pytest.mark.parametrize("write", [revman_export, two_by_two_frame])
def test_trials_of_two_groups(write, repository, tmp_path):
    known = reference(repository, "reference2/ratios_rare/nielweise2007")
    trials = zip(
        *(known["data"][name] for name in ("study", "ai", "n1i", "ci", "n2i")), strict=True
    )
    make_review(tmp_path / "review", write(tmp_path, list(trials)), "Infection")
    whole = LONG or write is revman_export
    results(tmp_path / "review", *([] if whole else ["results/1/ratios.csv"]))
    found = rows_of(tmp_path / "review" / "results/1/ratios.csv")
    random = {"measure": "OR", "method": "REML", "test": "adhoc", "drop00": True}
    (of_random,) = [fit for fit in known["fits"] if random.items() <= fit.items()]
    haenszel = {"measure": "OR", "method": "MH", "half_added_to_zero_studies": False}
    (of_haenszel,) = [fit for fit in known["mh_peto"] if haenszel.items() <= fit.items()]
    for method, fit in (("reml_hk_adhoc", of_random), ("mh", of_haenszel)):
        pooled = {"effect_measure": "OR", "row": "pooled", "method": method}
        (row,) = [row for row in found if pooled.items() <= row.items()]
        assert float(row["estimate"]) == pytest.approx(fit["back"]["est"], rel=1e-6)
        assert float(row["ci_low"]) == pytest.approx(fit["back"]["ci_lb"], rel=1e-6)
        assert float(row["ci_high"]) == pytest.approx(fit["back"]["ci_ub"], rel=1e-6)
