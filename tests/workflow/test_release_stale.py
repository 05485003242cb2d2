"""An archive is of the files on disk, whatever the clocks say; a house may be reached by a link."""

import json
import os
import shutil
import zipfile

import pytest
from houses import ARCHIVE

YEAR = 31_557_600


@pytest.mark.parametrize("lost", [False, True])
def test_an_archive_of_an_older_readme_is_written_again(archived, tmp_path, lost):
    """`rsync -a` brings files with their old times; then there was nothing to be done."""
    house = archived.copy_to(tmp_path / "review")
    readme = house.root / "README.md"
    moment = readme.stat().st_mtime - YEAR
    readme.write_text("Another page.\n", encoding="utf-8")
    os.utime(readme, (moment, moment))
    if lost:
        shutil.rmtree(house.root / ".snakemake")
    house.build("archive")
    with zipfile.ZipFile(house.root / ARCHIVE) as book:
        assert book.read("README.md") == b"Another page.\n"
    assert "Nothing to be done" in house.build("archive")


def test_a_house_behind_a_link_has_the_same_records(run_house, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(run_house.root)
    review = run_house.copy_to(tmp_path / "review")
    for name in ("workflow", "envs", "Snakefile", "results", ".snakemake"):
        path = review.root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    target = "results/1/clean/gate.json"
    review.build(target, "--snakefile", str(link / "Snakefile"))
    for side in ("clean_layers", "pass_gate"):
        name = f"results/1/provenance/{side}.json"
        made, wanted = (json.loads((h.root / name).read_text()) for h in (review, run_house))
        assert made == wanted
