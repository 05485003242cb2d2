"""Every table, column, note and printed number once: what steps write and people read."""

from . import by_group, clean, release, results, sensitivity
from .declare import Column, Row, Table, as_schema

#: Every kind of table by its name.
TABLES: dict[str, Table] = {
    table.kind: table
    for module in (clean, results, by_group, sensitivity, release)
    for table in module.TABLES
}

__all__ = ["TABLES", "Column", "Row", "Table", "as_schema"]
