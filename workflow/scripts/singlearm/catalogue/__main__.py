"""Write what is made from the catalogue: `make schemas`, or `python -m singlearm.catalogue`.

That is `workflow/schemas/artifacts.json`, the captions in `workflow/report`, the list of notes in
the project's docs, and the keys of the files of other languages, whose missing texts are printed.
"""

import sys
from pathlib import Path

from . import TABLES, as_schema, captions, collect, language, notes
from .tables import json_text

#: `workflow/schemas` of the project that this file lies in.
SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
#: What stands between these lines of a page is made here.
MARKERS = ("<!-- made by python -m singlearm.catalogue -->\n", "<!-- end -->")


def with_notes(page: str) -> str:
    """A page of the docs with the list of notes between its markers."""
    begin, end = MARKERS
    before, rest = page.split(begin)
    return before + begin + notes.as_markdown() + end + rest.split(end, 1)[1]


def main(schemas: Path) -> None:
    """Write them all; `schemas` is `workflow/schemas` of the project."""
    (schemas / "artifacts.json").write_text(json_text(as_schema(TABLES.values())), "utf-8")
    for figure in captions.CAPTIONS:
        (schemas.resolve().parent / f"report/{figure}.rst").write_text(
            captions.as_rst(figure), "utf-8"
        )
    page = schemas.resolve().parents[1] / "docs/statistics.md"
    page.write_text(with_notes(page.read_text("utf-8")), "utf-8")
    for code in language.codes():
        if code != language.ENGLISH.code:
            lacking, _ = collect.complete(code)
            sys.stdout.writelines(f"{code} lacks: {text}\n" for text in lacking)


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if sys.argv[1:] else SCHEMAS
    if not (chosen / "artifacts.json").is_file():
        sys.exit(
            f"no artifacts.json in {chosen}\n"
            "usage: python -m singlearm.catalogue [workflow/schemas of the project]"
        )
    main(chosen)
