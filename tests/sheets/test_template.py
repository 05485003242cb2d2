"""The empty workbook: complete, the same bytes each time, and a filled one passes."""

import openpyxl
import pytest
from review import CODEBOOK, LAYERS, NEW, OLD, OUTCOMES, clean, codebook, errors, load, problems

from singlearm.sheets.core import SHEETS
from singlearm.sheets.template import MESSAGE, TITLE, sheets_for, template_bytes

#: The kinds of outcomes of the real protocol, and their sheets.
KINDS = {outcome["kind"] for outcome in OUTCOMES.values()}
TABS = sheets_for(KINDS)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Path of a template."""
    path = tmp_path_factory.mktemp("template") / "extraction_template.xlsx"
    path.write_bytes(template_bytes(codebook(), KINDS))
    return path


def test_script_writes_the_template(tmp_path):
    from types import SimpleNamespace

    import write_template

    path = tmp_path / "template.xlsx"
    outputs = SimpleNamespace(template=str(path))
    inputs = {"codebook": str(CODEBOOK)}
    params = SimpleNamespace(outcomes=OUTCOMES, not_analysed=[])
    write_template.run(inputs, outputs, params)
    assert path.read_bytes() == template_bytes(codebook(), KINDS)


def test_tabs_and_columns_are_the_codebooks(template):
    book = openpyxl.load_workbook(template)
    assert book.sheetnames == ["guide", *TABS, "lists"]
    for name, kind in TABS.items():
        assert [cell.value for cell in book[name][1]] == list(codebook().of(kind))
    told = {(row[0], row[1]) for row in book["guide"].iter_rows(values_only=True)}
    assert {(name, column) for name, kind in TABS.items() for column in codebook().of(kind)} <= told


def test_every_column_has_a_hint_and_every_category_a_dropdown(template):
    book = openpyxl.load_workbook(template)
    for name, kind in TABS.items():
        rules = {str(rule.sqref): rule for rule in book[name].data_validations.dataValidation}
        for place, column in enumerate(codebook().of(kind).values(), start=1):
            letter = openpyxl.utils.get_column_letter(place)
            rule = rules[f"{letter}2:{letter}2001"]
            assert 0 < len(rule.promptTitle) <= TITLE
            assert column.description[:40] in rule.prompt
            assert len(rule.prompt) <= MESSAGE
            if column.type == "category":
                cells = book["lists"][rule.formula1.removeprefix("lists!").replace("$", "")]
                assert tuple(cell.value for (cell,) in cells) == column.allowed
            assert (rule.type == "list") == (column.type == "category")
            widths = book[name].column_dimensions.values()
            looks = next(w.number_format for w in widths if w.min <= place <= w.max)
            numeric = column.type in ("integer", "number")
            assert looks == ("General" if numeric else "@"), "1/2 may not become a date"


def test_an_empty_template_says_what_is_missing_and_no_more(template, tmp_path):
    layer = tmp_path / "empty"
    layer.mkdir()
    (layer / "extraction.xlsx").write_bytes(template.read_bytes())
    assert errors([OLD, layer]) == []


def fill(template, layer, path):
    """Type the cells of a layer into the template, as a person would."""
    book = openpyxl.load_workbook(template)
    for file in layer.glob("*.csv"):
        columns = list(codebook().of(SHEETS[file.stem]).values())
        header, *rows = load(layer, file.stem)
        for row, cells in enumerate(rows, start=2):
            for place, column in enumerate(columns, start=1):
                text = cells[header.index(column.name)] if column.name in header else ""
                number = text and column.type in ("integer", "number")
                book[file.stem].cell(row, place).value = float(text) if number else text or None
    path.mkdir(parents=True)
    book.save(path / "extraction.xlsx")
    return path


def test_a_filled_template_passes_and_gives_the_same_clean_tables(template, tmp_path):
    layers = [fill(template, layer, tmp_path / layer.name) for layer in (OLD, NEW)]
    assert [p.line() for p in errors(layers, "2026.1", others=())] == []
    warnings = {p.rule for p in problems(layers, "2026.1", others=())}
    assert warnings == {"subgroup_one_level", "overrides_agreed", "superseded_cells"}
    ours, csv = clean(layers, tmp_path / "xlsx"), clean(LAYERS["2026.1"], tmp_path / "csv")
    for file in sorted(csv.rglob("*.csv")):
        assert (ours / file.relative_to(csv)).read_bytes() == file.read_bytes(), file.name
