"""Another release of Python on this machine, with the packages of the lock."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = sys.version_info[:3]
OLDEST = (3, 11)
#: Where interpreters lie beside ours when each release has a folder of its own.
BESIDE = ("*/bin/python3", "*/*/bin/python3")


def others() -> dict[Path, tuple[int, ...]]:
    """The interpreters of other releases that the workflow runs on, with their releases.

    Those of our minor release come first: they can borrow our packages.
    """
    names = ["python3", *(f"python3.{minor}" for minor in range(OLDEST[1], 20))]
    folders = [*os.environ.get("PATH", "").split(os.pathsep), "/usr/local/bin", "/usr/bin"]
    places = [Path(folder, name) for folder in folders for name in names]
    above = Path(sys.base_prefix).parents
    for folder, pattern in zip(above, BESIDE, strict=False):
        places += sorted(folder.glob(pattern))
    found = {}
    for place in dict.fromkeys(path.resolve() for path in places if path.is_file()):
        release = release_of(place)
        if release and release[:2] >= OLDEST and release != HERE:
            found.setdefault(release, place)
    order = sorted(found, key=lambda release: (release[:2] != HERE[:2], release))
    return {found[release]: release for release in order}


def release_of(python: Path) -> tuple[int, ...] | None:
    """The release of an interpreter; None if it does not run."""
    done = _run(python, "-c", "import sys; print(*sys.version_info[:3])")
    parts = done.stdout.split() if done and done.returncode == 0 else []
    return tuple(map(int, parts)) if len(parts) == 3 else None


def with_packages(python: Path, release: tuple[int, ...], folder: Path, lock: Path) -> Path | None:
    """An environment of an interpreter with the lock's packages; None if it cannot be made.

    One of our minor release reads ours, at no cost; for another they are installed, which takes
    half a minute of processor time and the package index.
    """
    if not _done(_run(python, "-m", "venv", "--without-pip", folder)):
        return None
    made = folder / "bin/python"
    if release[:2] == HERE[:2]:
        (site,) = folder.glob("lib/python*/site-packages")
        ours = [path for path in sys.path if path.endswith("site-packages")]
        (site / "ours.pth").write_text("\n".join(ours), encoding="utf-8")
    else:
        pip = ("-m", "pip", "--python", made, "install", "--quiet", "--no-compile")
        if not _done(_run(sys.executable, *pip, "--require-hashes", "-r", lock)):
            shutil.rmtree(folder)
            return None
    return made if _done(_run(made, "-c", "import numpy, scipy, pandas, snakemake")) else None


def _run(*command: object) -> subprocess.CompletedProcess[str] | None:
    """A finished command; None if it could not be started."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    try:
        return subprocess.run(
            list(map(str, command)), capture_output=True, text=True, check=False, env=environment
        )
    except OSError:
        return None


def _done(finished: subprocess.CompletedProcess[str] | None) -> bool:
    return finished is not None and finished.returncode == 0
