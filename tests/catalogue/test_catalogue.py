"""The catalogue is the one source of the tables' columns."""

import json
import subprocess
import sys

from singlearm.catalogue import TABLES, as_schema, captions
from singlearm.catalogue.__main__ import SCHEMAS


def test_the_schema_for_programs_outside_is_made_from_the_catalogue(repository):
    path = repository / "workflow/schemas/artifacts.json"
    assert json.loads(path.read_text(encoding="utf-8")) == as_schema(TABLES.values()), (
        "write it again: make schemas"
    )


def test_the_captions_of_the_gallery_are_those_of_the_report(repository):
    """They stood twice, and differed."""
    folder = repository / "workflow/report"
    made = {f"{figure}.rst": captions.as_rst(figure) for figure in captions.CAPTIONS}
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.rst")}
    # of a figure without a caption of its own, and of what is no figure
    assert all(found.pop(name) for name in ("figure.rst", "report.rst", "pooled.rst"))
    assert found == made, "write them again: make schemas"


def test_it_is_written_where_nobody_names_a_folder_and_nowhere_else(repository, tmp_path):
    assert repository / "workflow/schemas" == SCHEMAS
    command = [sys.executable, "-m", "singlearm.catalogue", str(tmp_path)]
    ended = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=repository / "workflow/scripts"
    )
    assert ended.returncode == 1
    assert "usage: python -m singlearm.catalogue" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_tables_sort_by_columns_they_have():
    for table in TABLES.values():
        assert set(table.sort) <= set(table.names), table.kind
        assert len(set(table.names)) == len(table.names), table.kind
