"""The library files of a script, as its import statements lead to them."""

import pytest

from singlearm.archive.library import constant_of, library_of


def test_imports_are_followed_through_packages_and_lazy_names(tmp_path):
    files = {
        "singlearm/__init__.py": "",
        "singlearm/a/__init__.py": (
            "if TYPE_CHECKING:\n    from .pooling import pool\n    from .others import holm\n"
        ),
        "singlearm/a/pooling.py": "from . import (\n    near,  # beside it\n)\n",
        "singlearm/a/near.py": "def late():\n    from ..b.used import it as that\n",
        "singlearm/a/others.py": "",
        "singlearm/b/__init__.py": "",
        "singlearm/b/used.py": "import singlearm.b.whole as w, os\n",
        "singlearm/b/whole.py": "",
        "singlearm/b/unused.py": "",
        "singlearm/b/page/style.css": "",
        "singlearm/c/__init__.py": "",
        "singlearm/c/page.css": "",
    }
    scripts = tmp_path / "workflow/scripts"
    for name, text in files.items():
        (scripts / name).parent.mkdir(parents=True, exist_ok=True)
        (scripts / name).write_text(text, encoding="utf-8")
    (scripts / "step.py").write_text("from singlearm.a import pool\n", encoding="utf-8")
    unused = {"a/others.py", "b/unused.py", "c/__init__.py", "c/page.css"}
    expected = {
        f"workflow/scripts/{name}" for name in files if name[len("singlearm/") :] not in unused
    }
    assert set(library_of(scripts / "step.py")) == expected


def test_a_constant_of_a_script_is_read_without_running_it(tmp_path):
    script = tmp_path / "step.py"
    script.write_text('import nowhere\n\nNAMES = (\n    "a",\n    "b",\n)\n', encoding="utf-8")
    assert constant_of(script, "NAMES") == ("a", "b")
    with pytest.raises(LookupError, match="has no constant OTHER"):
        constant_of(script, "OTHER")


def test_words_of_a_language_belong_to_what_is_written_in_it(repository):
    script = repository / "workflow/scripts/write_report.py"
    words = "workflow/scripts/singlearm/catalogue/languages/de.json"
    assert words not in library_of(script)
    assert words not in library_of(script, "en")
    assert set(library_of(script, "de-AT")) - set(library_of(script)) == {words}
