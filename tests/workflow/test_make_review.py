"""`make review` and one command more, without an edit: the numbers are metafor's."""

import csv
import json
import lzma
import subprocess
import sys

import pytest

from singlearm.intake.__main__ import make_review

COMMAND = [sys.executable, "-m", "snakemake", "--cores", "1"]


def reference(repository, name):
    """Counts of a data set, and metafor's DerSimonian-Laird fit on the logit scale."""
    path = repository / "tests" / "reference" / "metafor" / f"{name}.json.xz"
    known = json.loads(lzma.decompress(path.read_bytes()))
    fit = {"measure": "PLO", "method": "DL", "test": "z"}
    (found,) = [each for each in known["fits"] if fit.items() <= each.items()]
    data = known["data"]
    return list(zip(data["study"], data["xi"], data["ni"], strict=True)), found["back"]


@pytest.fixture
def counts(repository):
    """Both arms of dat.nielweise2007 as two outcomes of the same 18 studies."""
    treated, of_treated = reference(repository, "nielweise2007_trt")
    control, of_control = reference(repository, "nielweise2007_ctl")
    return treated, control, {"treated": of_treated, "control": of_control}


def write_csv(path, rows, sign=","):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=sign).writerows(rows)
    return path


def long_csv(folder, treated, control):
    rows = [["Study", "Outcome", "Events", "Total"]]
    rows += [[study, "treated", e, n] for study, e, n in treated]
    rows += [[study, "control", e, n] for study, e, n in control]
    return write_csv(folder / "long.csv", rows)


def semicolon_csv(folder, treated, control):
    rows = [["Autor", "Jahr", "Alter", "treated_r", "treated_n", "control_r", "control_n"]]
    for (study, e, n), (_, r, m) in zip(treated, control, strict=True):
        author, year = study.rsplit(" ", 1)
        rows.append([author, year, "61,5", e, n, r, m])
    return write_csv(folder / "wide.csv", rows, ";")


def wide_workbook(folder, treated, control):
    import xlsxwriter

    path = folder / "wide.xlsx"
    book = xlsxwriter.Workbook(path)
    tab = book.add_worksheet()
    tab.write(0, 0, "Table 1. Infections, all trials")
    tab.write_row(2, 0, ["Trial", "treated_events", "treated_total", "control_x", "control_n"])
    row = 3
    for (study, e, n), (_, r, m) in zip(treated, control, strict=True):
        tab.write_row(row, 0, [study, e, n, r, m])
        row += 1
    tab.write_row(row, 0, ["Total", 26, 2495, 55, 2500])
    book.close()
    return path


def metafor_frame(folder, treated, control):
    rows = [["", "study", "outcome", "xi", "ni", "yi", "vi"]]
    both = [("treated", *row) for row in treated] + [("control", *row) for row in control]
    rows += [[k, s, outcome, e, n, -1.5, 0.2] for k, (outcome, s, e, n) in enumerate(both, start=1)]
    return write_csv(folder / "dat.csv", rows)


@pytest.mark.parametrize("write", [long_csv, semicolon_csv, wide_workbook, metafor_frame])
def test_one_command_and_one_more(write, counts, tmp_path):
    treated, control, expected = counts
    review = tmp_path / "review"
    make_review(review, write(tmp_path, treated, control), "Infections of catheters")
    done = subprocess.run(
        [*COMMAND, "results/1/pooled.csv"], cwd=review, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    with (review / "results" / "1" / "pooled.csv").open(encoding="utf-8") as file:
        pooled = {row["outcome"]: row for row in csv.DictReader(file) if row["model"] == "logit_dl"}
    for outcome, back in expected.items():
        row = pooled[outcome]
        assert row["k"] == "18"
        assert float(row["estimate"]) == pytest.approx(back["est"], rel=1e-9)
        assert float(row["ci_low"]) == pytest.approx(back["ci_lb"], rel=1e-9)
        assert float(row["ci_high"]) == pytest.approx(back["ci_ub"], rel=1e-9)
