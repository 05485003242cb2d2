"""The example of docs/figures.md runs."""

import re

import invented

from singlearm.catalogue.tables import columns, write_table


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
