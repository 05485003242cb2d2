"""The README's table and pictures are those of the flagship's results."""

import runpy
from types import SimpleNamespace

import pytest

#: Bytes of all pictures together, as pages on the net should be light.
ALLOWED = 300_000


@pytest.fixture
def refresh(repository):
    """The module that writes them."""
    return SimpleNamespace(**runpy.run_path(repository / "docs/pictures/refresh.py"))


def test_the_table_is_that_of_the_results(refresh, repository, flagship):
    assert flagship == repository / refresh.RESULTS
    readme = (repository / "README.md").read_text(encoding="utf-8")
    assert refresh.part(readme) == refresh.table(repository)


def test_the_readme_names_the_version_that_it_shows(refresh, repository):
    readme = (repository / "README.md").read_text(encoding="utf-8")
    assert f"data version `{refresh.NEWEST}`" in readme
    assert f"`results/{refresh.NEWEST}/report.html`" in readme


@pytest.mark.usefixtures("flagship")
def test_the_pictures_are_those_of_the_results(refresh, repository):
    for picture, figure in refresh.PICTURES.items():
        assert (repository / picture).read_bytes() == (repository / figure).read_bytes(), picture


def test_the_pictures_are_light_and_in_the_readme(refresh, repository):
    readme = (repository / "README.md").read_text(encoding="utf-8")
    assert all(f"]({picture})" in readme for picture in refresh.PICTURES)
    sizes = [(repository / picture).stat().st_size for picture in refresh.PICTURES]
    assert sum(sizes) < ALLOWED


def test_a_refresh_writes_what_the_results_say(refresh, tmp_path):
    for path in (*refresh.PICTURES.values(), *refresh.PICTURES):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    for figure in refresh.PICTURES.values():
        (tmp_path / figure).write_text(figure, encoding="utf-8")
    (tmp_path / refresh.FINDINGS).parent.mkdir(parents=True)
    (tmp_path / refresh.FINDINGS).write_text(
        "outcome,label,rests_on,result,expected\na,Gloom lifted,12 (2 studies),5 of 10,\n",
        encoding="utf-8",
    )
    readme = tmp_path / "README.md"
    readme.write_text(f"Before\n{refresh.BEGIN}\nold\n{refresh.END}\nafter\n", encoding="utf-8")
    refresh.refresh(tmp_path)
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("Before\n")
    assert text.endswith("\nafter\n")
    assert "| Gloom lifted | 12 (2 studies) | 5 of 10 | - |" in refresh.part(text)
    assert "old" not in text
    for picture, figure in refresh.PICTURES.items():
        assert (tmp_path / picture).read_text(encoding="utf-8") == figure
