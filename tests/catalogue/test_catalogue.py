"""The catalogue is the one source of the tables' columns."""

import json

from singlearm.catalogue import TABLES, as_schema


def test_the_schema_for_programs_outside_is_made_from_the_catalogue(repository):
    path = repository / "workflow/schemas/artifacts.json"
    assert json.loads(path.read_text(encoding="utf-8")) == as_schema(TABLES.values()), (
        "write it again: python -m singlearm.catalogue workflow/schemas"
    )


def test_tables_sort_by_columns_they_have():
    for table in TABLES.values():
        assert set(table.sort) <= set(table.names), table.kind
        assert len(set(table.names)) == len(table.names), table.kind
