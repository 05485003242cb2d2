"""The scripts as the rules call them: what they write, when they stop, what they leave alone."""

import hashlib
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from review import LAYERS, OLD, ROOT, check, clean, clean_step, put, read, row_of
from snakemake.iocontainers import OutputFiles, Params

import pass_gate
from singlearm import step
from singlearm.catalogue import tables
from singlearm.sheets.labels import study_labels


def gate(folder):
    """Run the gate on a folder with problems.csv."""
    inputs = SimpleNamespace(problems=str(folder / "problems.csv"))
    pass_gate.run(inputs, SimpleNamespace(gate=str(folder / "gate.json")), None)
    return tables.read_json(folder / "gate.json")


def test_the_gate_lets_the_real_layers_pass(tmp_path):
    folder = check([OLD], tmp_path)
    warnings = len(read(folder, "problems"))
    assert gate(folder) == {
        "errors": 0,
        "warnings": warnings,
        "warnings_by_rule": {"subgroup_one_level": warnings},
    }


def test_the_gate_stops_with_every_error(layer, tmp_path, capsys):
    row = row_of(layer, "outcomes_1", "Raje2019", "orr")
    put(layer, "outcomes_1", row, "events", "85%")
    put(layer, "studies", 3, "country", "Chna")
    folder = check([layer], tmp_path)
    shown = capsys.readouterr().err
    with pytest.raises(step.StepError) as stopped:
        gate(folder)
    for text in (str(stopped.value), shown):
        assert f"2021.1, outcomes_1, row {row}, events: '85%' is a percentage" in text
        assert "2021.1, studies, row 3, country: 'Chna' is not allowed; allowed: one of USA" in text
        assert "(did you mean 'China'?)" in text
    assert str(stopped.value).startswith("2 errors in the sheets; nothing was computed.")
    assert shown.startswith("Version 2021.1: 2 errors, ")
    assert not (folder / "gate.json").exists()


def test_the_screen_counts_what_it_does_not_show(layer, tmp_path, capsys):
    for row in range(2, 60):
        put(layer, "outcomes_1", row, "confidence", "x")
    check([layer], tmp_path)
    shown = capsys.readouterr().err
    assert "ERROR not_allowed (58)" in shown
    assert "[and 57 more like it, rows 3, 4, 5, 6, 7 …]" in shown
    assert len([line for line in shown.splitlines() if "'x'" in line]) == 1


def test_cleaning_touches_only_what_changed(layer, tmp_path):
    folder = clean_step([layer], tmp_path / "clean")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.csv")}
    clean_step([layer], folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.csv")} == before
    for sheet in ("outcomes_1", "outcomes_2"):
        put(layer, sheet, row_of(layer, sheet, "Raje2019", "cr"), "events", "16")
    clean_step([layer], folder)
    touched = {p.name for p, t in before.items() if p.stat().st_mtime_ns != t}
    assert touched == {"outcomes.csv", "reconciliation.csv", "change_log.csv", "cr.csv"}


def test_a_row_that_moves_does_not_touch_the_analysis_of_an_outcome(layer, tmp_path):
    """Otherwise one study inserted above the others would re-run every outcome."""
    folder = clean([layer], tmp_path / "clean")
    before = {p: p.read_bytes() for p in (folder / "by_outcome").iterdir()}
    path = layer / "studies.csv"
    text = path.read_text(encoding="utf-8").replace("\n", "\n\n", 1)
    path.write_text(text, encoding="utf-8")
    clean([layer], folder)
    assert min(row["row"] for row in read(folder, "studies")) == 3
    assert {p: p.read_bytes() for p in (folder / "by_outcome").iterdir()} == before


def test_refused_sheets_leave_the_list_of_faults_and_nothing_to_compute_with(layer, tmp_path):
    """What was made of earlier sheets goes as well: no later step can read an empty file."""
    folder = clean_step([layer], tmp_path / "clean")
    put(layer, "outcomes_1", row_of(layer, "outcomes_1", "Raje2019", "orr"), "events", "many")
    clean_step([layer], folder)
    assert "not_a_number" in {row["rule"] for row in read(folder, "problems")}
    made = [p for p in folder.rglob("*.csv") if p.name != "problems.csv"]
    assert {path.stat().st_size for path in made} == {0}
    with pytest.raises(tables.TableError, match="is empty"):
        read(folder, "outcomes")


def test_steps_that_compute_nothing_import_no_heavy_library():
    """Each import costs more than a second in every job."""
    code = (
        "import sys, clean_layers, pass_gate, singlearm.sheets.groups;"
        "print([m for m in ('scipy', 'matplotlib', 'openpyxl') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "workflow" / "scripts",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def study(study_id, author, year=2020):
    """What a label is made from."""
    return {"study_id": study_id, "first_author": author, "year": year}


def test_labels_are_readable_and_unique():
    studies = [
        study("a", "Rodriguez-Otero P", 2023),
        study("b", "van der Berg AB", 2021),
        study("c", "Li C"),
        study("d", "Li D."),
        study("e", "Li"),
        study("f", None),
        study("g", "Xu J", None),
        study("Li 2020a", ""),
        study("h", "Müller-Lüdenscheidt X-Y", 2022),
    ]
    labels = study_labels(studies)
    assert labels["a"] == "Rodriguez-Otero 2023"
    assert labels["b"] == "van der Berg 2021"
    assert (labels["d"], labels["e"]) == ("Li 2020b", "Li 2020c")
    assert (labels["f"], labels["g"]) == ("f", "Xu")
    assert labels["h"] == "Müller-Lüdenscheidt 2022"
    assert len(set(labels.values())) == len(studies)


def test_labels_go_past_the_alphabet():
    studies = [study(f"s{n:03}", "Li C") for n in range(30)]
    labels = study_labels(studies)
    assert labels["s000"] == "Li 2020a"
    assert labels["s025"] == "Li 2020z"
    assert labels["s026"] == "Li 2020aa"


def test_outcomes_without_data_get_their_empty_table(tmp_path):
    folder = clean(LAYERS["2021.1"], tmp_path)
    text = (folder / "by_outcome" / "alive_at_last_followup.csv").read_text(encoding="utf-8")
    assert text == ",".join(tables.columns("cells")) + "\n"


@pytest.mark.parametrize("act", ["nothing", "save", "delete"])
def test_an_input_that_changes_while_a_step_runs_stops_it(tmp_path, monkeypatch, act):
    """A sheet saved while it is read would be recorded as what the results were made from."""
    sheet, output = tmp_path / "studies.csv", tmp_path / "results" / "table.csv"
    sheet.write_text("before", encoding="utf-8")
    (tmp_path / "make.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["tmp1.make.py"])
    facts = str(tmp_path / "results" / "facts.json")
    job = SimpleNamespace(
        rule="make", wildcards={}, log=[str(tmp_path / "log")], input=[str(sheet)],
        output=OutputFiles(fromdict={"table": str(output), "provenance": facts}),
        params=Params(), scriptdir=str(tmp_path),
    )  # fmt: skip

    def run(inputs, outputs, _):
        Path(outputs.table).write_text(Path(inputs[0]).read_text("utf-8"), encoding="utf-8")
        if act == "save":
            sheet.write_text("after", encoding="utf-8")
        elif act == "delete":
            sheet.unlink()

    if act == "nothing":
        step.main(job, run)
        read_hash = hashlib.sha256(b"before").hexdigest()
        assert list(tables.read_json(facts)["inputs"].values()) == [read_hash]
        return
    with pytest.raises(SystemExit, match=r"studies\.csv; nothing was written"):
        step.main(job, run)
    assert not output.exists()
