"""Sheets that would take all memory or never end: blank giants, packed bombs, pipes."""

import os
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from damage_books import XLS
from review import OLD, as_workbook, copy_layer, errors

from singlearm.sheets import spreadsheets
from singlearm.sheets.spreadsheets import WorkbookError, read_tabs

#: Code that reads the workbook it is given.
READ = "import sys; from pathlib import Path; from singlearm.sheets.spreadsheets import read_tabs; "
READ += "[print(tab.name, len(tab.rows)) for tab in read_tabs(Path(sys.argv[1]))]"


def limited(code: str, *arguments: str, megabytes: int = 600) -> subprocess.CompletedProcess:
    """Run Python code in a process that may not use more memory."""

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))

    path = os.pathsep.join(path for path in sys.path if path)
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        preexec_fn=limit,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
    )


def test_far_blank_cell_blank_in_xfd60000(case):
    review = case("far-blank-cell", "blank-in-XFD60000")
    assert review.problems() == []
    book = review.root / "data" / "raw" / "first" / "extraction.xlsx"
    done = limited(READ, str(book))
    assert done.returncode == 0, done.stderr
    assert "outcomes_1" in done.stdout


def test_a_far_filled_cell_is_read_and_a_block_too_large_is_named(tmp_path):
    import xlsxwriter

    def write(name, rows):
        book = xlsxwriter.Workbook(tmp_path / name)
        tab = book.add_worksheet("outcomes_1")
        for row in rows:
            tab.write_string(row, 16_383, "x")
        book.close()
        return tmp_path / name

    assert len(read_tabs(write("one.xlsx", [59_999]))[0].rows) == 60_000
    with pytest.raises(WorkbookError, match=r"'outcomes_1' reaches to cell XFD12"):
        read_tabs(write("many.xlsx", range(2_000)))


def test_zip_bomb_is_refused_from_its_directory(tmp_path):
    book = tmp_path / "extraction.xlsx"
    parts = zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED)
    with parts, parts.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
        for _ in range(600):
            part.write(bytes(1_000_000))
    done = limited(READ, str(book), megabytes=400)
    assert "it unpacks to 600 MB" in done.stderr


def test_zip_bomb_of_many_parts_is_refused(tmp_path):
    book = tmp_path / "extraction.xlsx"
    with zipfile.ZipFile(book, "w") as parts:
        for number in range(10_001):
            parts.writestr(f"p{number}", b"")
    with pytest.raises(WorkbookError, match=r"in 10,001 parts"):
        read_tabs(book)


def stuffed(tmp_path, junk: bytes) -> Path:
    """The layer 2021.1 as a workbook whose first sheet begins with `junk`."""
    book = as_workbook(OLD, tmp_path / "b") / "extraction.xlsx"
    changed = tmp_path / "extraction.xlsx"
    with zipfile.ZipFile(book) as parts, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as to:
        for name in parts.namelist():
            content = parts.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"<sheetData>", b"<sheetData>" + junk)
            to.writestr(name, content)
    return changed


@pytest.mark.parametrize(("junk", "word"), [(b"<x/>", "content is too large"), (b"<row/>", "rows")])
def test_zip_bomb_of_elements_is_refused(tmp_path, monkeypatch, junk, word):
    monkeypatch.setattr(spreadsheets, "MOST_BETWEEN", 100_000)
    monkeypatch.setattr(spreadsheets, "MOST_ELEMENTS", 5_000)
    with pytest.raises(WorkbookError, match=word):
        read_tabs(stuffed(tmp_path, junk * 50_000))


def test_zip_bomb_of_nested_elements_is_refused(tmp_path):
    done = limited(READ, str(stuffed(tmp_path, b"<x>" * 4_000_000)), megabytes=1_200)
    assert "content is too large" in done.stderr, done.stderr[-300:]


def test_zip_bomb_of_entities_is_refused(tmp_path):
    """A billion laughs in the part that names the sheets."""
    book = as_workbook(OLD, tmp_path / "b") / "extraction.xlsx"
    lines = [
        '<!ENTITY a "ha">',
        *(
            f'<!ENTITY {x} "{f"&{y};" * 10}">'
            for x, y in zip("bcdefghij", "abcdefghi", strict=True)
        ),
    ]
    laughs = f"<!DOCTYPE x [{''.join(lines)}]><workbook>&j;</workbook>"
    changed = tmp_path / "extraction.xlsx"
    with zipfile.ZipFile(book) as parts, zipfile.ZipFile(changed, "w") as to:
        for name in parts.namelist():
            to.writestr(name, laughs if name == "xl/workbook.xml" else parts.read(name))
    with pytest.raises(WorkbookError, match="damaged"):
        read_tabs(changed)


def test_a_fault_of_a_reader_is_told_and_leaves_its_traceback(tmp_path, monkeypatch):
    def broken(parts):
        return parts.no_such_thing

    monkeypatch.setattr("singlearm.sheets.ooxml.read", broken)
    book = as_workbook(OLD, tmp_path / "b") / "extraction.xlsx"
    with (
        pytest.warns(RuntimeWarning, match=r"(?s)extraction.xlsx: Traceback.*in broken"),
        pytest.raises(WorkbookError, match="not as a workbook's should be"),
    ):
        read_tabs(book)


def test_pipes_devices_and_link_loops_are_named_and_never_waited_for(tmp_path):
    layer = copy_layer(OLD, tmp_path / "2021.1")
    for name in ("outcomes_2", "durations_1", "durations_2", "claims"):
        (layer / f"{name}.csv").unlink()
    os.mkfifo(layer / "outcomes_2.csv")
    (layer / "durations_1.csv").symlink_to("/dev/zero")
    (layer / "durations_2.csv").symlink_to("claims.csv")
    (layer / "claims.csv").symlink_to("durations_2.csv")
    (layer / "notes.csv").mkdir()
    told = [p for p in errors([layer]) if p.rule == "unreadable"]
    assert {p.sheet for p in told} == {
        "outcomes_2.csv",
        "durations_1.csv",
        "durations_2.csv",
        "claims.csv",
        "notes.csv",
    }


def test_a_hundred_thousand_rows_are_read(tmp_path):
    import xlsxwriter

    path = tmp_path / "outcomes_1.xlsx"
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    tab = book.add_worksheet("outcomes_1")
    for row in range(100_000):
        tab.write_row(row, 0, [f"Study {row}", "orr", row % 50, 50, "no", "x", "y", "z", "high"])
    book.close()
    (read,) = read_tabs(path)
    assert len(read.rows) == 100_000
    assert read.rows[99_999][2] == 49


@pytest.mark.parametrize("size", [8, 500, 4_000, 11_871, 12_078, 12_272])
def test_a_cut_binary_workbook_is_a_fault_and_no_panic_of_its_reader(tmp_path, size):
    book = tmp_path / "extraction.xls"
    book.write_bytes(XLS.read_bytes()[:size])
    with pytest.raises(WorkbookError, match="damaged"):
        read_tabs(book)


def test_of_a_damaged_header_no_more_is_told_than_can_be_read(tmp_path):
    """The reason of Python's ZIP reader held a kilobyte of the file."""
    book = tmp_path / "extraction.ods"
    with zipfile.ZipFile(book, "w") as parts:
        parts.writestr("content.xml", "<office:document-content>" + "x" * 3_000)
    content = bytearray(book.read_bytes())
    content[26:28] = (2_000).to_bytes(2, "little")  # the length of the name in the first header
    book.write_bytes(content)
    with pytest.raises(WorkbookError, match="the file is damaged") as told:
        read_tabs(book)
    assert len(str(told.value)) < 250
