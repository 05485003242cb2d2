"""docs/figures.md: its example runs, its table names what there is."""

import re

import invented

from singlearm.catalogue.tables import columns, write_table

#: Of any figure, not one of their own: a page that says why there is nothing, the title of a page.
PARTS = ("notice_marks", "draw_notice", "draw_title")


def test_the_table_of_kinds_names_all_marks_and_drawings(repository):
    page = (repository / "docs/figures.md").read_text(encoding="utf-8")
    table = page.partition("## The kinds")[2].partition("\n\nThree jobs")[0]
    folder = repository / "workflow/scripts/singlearm/figures"
    for layer, pattern in (
        ("marks", r"^def ([a-z]\w*_marks)\("),
        ("draw", r"^def (draw_\w+)\(.*marks:"),
    ):
        for path in sorted((folder / layer).glob("*.py")):
            for name in re.findall(pattern, path.read_text(encoding="utf-8"), re.M):
                if name not in PARTS:
                    assert name in table, f"{path.stem}.{name}"


def test_the_example_draws_a_forest(repository, tmp_path, monkeypatch):
    page = (repository / "docs/figures.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S)
    folder = tmp_path / "results/2026.2/pool/orr"
    folder.mkdir(parents=True)
    effects = invented.effects(5)
    tables = {"effects": effects, "pooled": [invented.pooled(effects), {"model": "logit_dl"}]}
    for kind, rows in tables.items():
        empty = dict.fromkeys(columns(kind))
        write_table(folder / f"{kind}.csv", kind, [empty | row for row in rows])
    monkeypatch.chdir(tmp_path)
    exec(example, {})
    for made in ("forest.svg", "forest.pdf", "forest.png"):
        assert (tmp_path / made).stat().st_size > 1000
    assert effects[0]["label"] in (tmp_path / "forest.svg").read_text(encoding="utf-8")
