"""Which files of the library a script uses: found by following its import statements.

The workflow manager does not follow imports, so each rule carries these files with their checksums
among its params: an edited module re-runs exactly the steps that import it.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from .provenance import sha256

PACKAGE = "singlearm"
#: The folder with a file of words for each language.
LANGUAGES = "languages"
#: An import statement, also one within a function or in brackets over several lines. (Parsing all
#: files would cost every start of the workflow 0.4 s.)
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<module>[.\w]+)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n#]*)"
    r"|import[ \t]+(?P<modules>[^\n#]*))",
    re.MULTILINE,
)
#: What only type checkers import. In a package it says where the names live that are imported when
#: they are first used.
_FOR_TYPES = re.compile(r"^if TYPE_CHECKING:\n((?:[ \t]+[^\n]*\n|\n)+)", re.MULTILINE)


def library_of(script: str | Path, tag: str = "") -> dict[str, str]:
    """Each file of the library that a script imports, by its path, with its SHA-256.

    Parameters
    ----------
    script
        A script beside the package `singlearm`.
    tag
        The language that it writes in, whose words belong to it; empty: nothing for people.

    Returns
    -------
    dict
        Path as seen from the folder above `workflow/`, to the hash of the content.
    """
    scripts = Path(script).parent
    found: set[Path] = set()
    waiting = [Path(script)]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += imported_by(file, scripts)
    folders = {file.parent for file in found if file.parent != scripts}
    found |= {data for folder in folders for data in data_files(folder)}
    words = f"{LANGUAGES}/{tag.split('-')[0].lower()}.json"
    found |= {folder / words for folder in folders if (folder / words).is_file()}
    house = scripts.parents[1]
    return {
        file.relative_to(house).as_posix(): sha256_of(file)
        for file in sorted(found - {Path(script)})
    }


def constant_of(script: str | Path, name: str) -> Any:
    """The value of a constant that a script writes as a literal, without importing the script.

    Raises
    ------
    LookupError
        The script has no constant of this name.
    """
    tree = ast.parse(Path(script).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and [ast.unparse(one) for one in node.targets] == [name]:
            return ast.literal_eval(node.value)
    raise LookupError(f"{script} has no constant {name}")


@cache
def modules(scripts: Path) -> dict[str, Path]:
    """Every module of the package by its dotted name; a package by its `__init__.py`."""
    files = sorted((scripts / PACKAGE).rglob("*.py"))
    parts = {file: file.relative_to(scripts).with_suffix("").parts for file in files}
    return {".".join(p[:-1] if p[-1] == "__init__" else p): file for file, p in parts.items()}


@cache
def imported_by(file: Path, scripts: Path) -> set[Path]:
    """The files of the package that run when the import statements of a file do."""
    known, found = modules(scripts), set[Path]()
    here = file.relative_to(scripts).parts[:-1]
    for name in imported_names(file.read_text(encoding="utf-8"), here, scripts):
        parts = name.split(".")
        if parts[0] == PACKAGE:
            wholes = (".".join(parts[:depth]) for depth in range(1, len(parts) + 1))
            found |= {known[whole] for whole in wholes if whole in known}
    return found


def imported_names(text: str, here: tuple[str, ...], scripts: Path) -> Iterator[str]:
    """Dotted names that a module imports; relative ones as seen from its folder `here`."""
    for statement in _IMPORT.finditer(_FOR_TYPES.sub("", text)):
        if statement["modules"]:
            yield from _names(statement["modules"])
            continue
        module = statement["module"].lstrip(".")
        dots = len(statement["module"]) - len(module)
        base = here[: len(here) - dots + 1] if dots else ()
        package = ".".join([*base, *filter(None, [module])])
        yield package
        for name in _names(statement["names"]):
            yield f"{package}.{lazy_names(package, scripts).get(name, name)}"


@cache
def lazy_names(package: str, scripts: Path) -> dict[str, str]:
    """Name to where it lives, of a package that imports its names when they are first used."""
    init = modules(scripts).get(package)
    if init is None or init.name != "__init__.py":
        return {}
    found = _FOR_TYPES.search(init.read_text(encoding="utf-8"))
    return {
        name: f"{statement['module'].lstrip('.')}.{name}"
        for statement in _IMPORT.finditer(found[1] if found else "")
        if statement["module"]
        for name in _names(statement["names"])
    }


@cache
def data_files(folder: Path) -> set[Path]:
    """Templates, lists and the like in a package and in its folders that are no packages.

    Its modules may read them, so they belong to each of them.
    """
    within = [
        f
        for f in folder.iterdir()
        if f.is_dir()
        and f.name not in ("__pycache__", LANGUAGES)
        and not (f / "__init__.py").exists()
    ]
    here = {file for file in folder.iterdir() if file.is_file() and file.suffix != ".py"}
    return here.union(*map(data_files, within))


#: One file belongs to many scripts.
sha256_of = cache(sha256)


def _names(text: str) -> list[str]:
    """Names of an import statement without brackets, comments and `as`."""
    text = re.sub(r"#[^\n]*", "", text).strip(" \t\n()")
    return [part.split()[0] for part in text.split(",") if part.strip()]
