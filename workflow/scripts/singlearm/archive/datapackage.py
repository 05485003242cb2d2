"""The extraction sheets as a Frictionless data package, its columns from the codebook."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from singlearm.sheets.csv_sheets import Layout

if TYPE_CHECKING:
    from singlearm.kinds.columns import Column

TYPES = {"integer": "integer", "number": "number", "date": "date"}


def sheet_resource(
    path: str, sheet: str, layer: str, layout: Layout, codebook: Mapping[str, "Column"]
) -> dict:
    """One sheet of text: `codebook` maps its columns' names to their entries."""
    header = [name.strip() for name in layout.header]
    fields = [field(name, codebook.get(name)) for name in header]
    if layout.decimal_comma:
        comma = {"decimalChar": ",", "groupChar": "."}
        fields = [each | (comma if each["type"] == "number" else {}) for each in fields]
    schema = {"fields": fields, "missingValues": [""]}
    keys = [name for name, column in codebook.items() if column.key and name in set(header)]
    if keys:
        schema["primaryKey"] = keys
    return {
        "name": f"{layer}-{sheet}".lower().replace("_", "-"),
        "type": "table",
        "path": path,
        "scheme": "file",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8-sig" if layout.marked else "utf-8",
        **({"dialect": dialect} if (dialect := dialect_of(layout)) else {}),
        "schema": schema,
    }


def dialect_of(layout: Layout) -> dict:
    """What of a file is not as in a CSV with commas and a header in row 1."""
    dialect: dict = {}
    if layout.separator != ",":
        dialect["delimiter"] = layout.separator
    if layout.header_row > 1:
        dialect["headerRows"] = [layout.header_row]
    return dialect


def field(name: str, column: "Column | None") -> dict:
    """A column's entry as a field; a column that the codebook does not know is text."""
    if column is None:
        return {"name": name, "type": "string"}
    found = {"name": name, "type": TYPES.get(column.type, "string")}
    if column.description:
        found["description"] = f"{column.description}{f' ({column.unit})' if column.unit else ''}"
    bounds = {"minimum": column.minimum, "maximum": column.maximum}
    limits = {key: value for key, value in bounds.items() if value is not None}
    if found["type"] == "integer":
        limits = {key: int(value) for key, value in limits.items()}
    constraints: dict = limits if found["type"] in ("integer", "number") else {}
    if column.type == "category" and column.allowed:
        raw = [spelled for spelled, _ in column.recodes]
        constraints["enum"] = list(dict.fromkeys([*column.allowed, *raw]))
    if column.required == "filled":
        constraints["required"] = True
    return found | ({"constraints": constraints} if constraints else {})


#: The review's own file on the licence of its data: none is given in its name.
DATA_LICENSE = "LICENSE-DATA"
LICENSES = {"licenses": [{"path": DATA_LICENSE, "title": "Licence and origin of the data"}]}


def data_package(
    review: Mapping, version: str, released: str, resources: list[dict], *, licensed: bool
) -> dict:
    """The descriptor of all sheets; `licensed` if the archive holds a licence of the data."""
    return {
        "name": f"{review['name']}-sheets",
        "title": f"Extraction sheets: {review['title']}",
        "description": review["question"],
        "version": version,
        "created": f"{released}T00:00:00Z",
        **(LICENSES if licensed else {}),
        "contributors": [{"title": name, "role": "author"} for name in review.get("authors", [])],
        "resources": resources,
    }
