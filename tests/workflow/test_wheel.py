"""The statistics as others install them: a wheel, beside numpy and scipy alone."""

import os
import shutil
import site
import subprocess
import sys
from pathlib import Path

import pytest

#: The build fetches its setuptools from the package index.
pytestmark = pytest.mark.long

#: What the package depends on, with the libraries that their wheels bring along.
NEEDED = ("numpy", "numpy.libs", "scipy", "scipy.libs")


def run(*command, cwd):
    """What a command printed; it must succeed, and may not find the repository's package."""
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(repository, tmp_path_factory):
    """The interpreter of an environment with the wheel, numpy and scipy, and nothing else."""
    root = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(repository / name, root)
    library = "workflow/scripts/singlearm"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(repository / library, root / library, ignore=ignored)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")
    run(*pip, "wheel", "--no-deps", "--wheel-dir", "dist", ".", cwd=root)
    run(sys.executable, "-m", "venv", "--without-pip", "environment", cwd=root)
    python = root / "environment/bin/python"
    (wheel,) = (root / "dist").glob("singlearm-*.whl")
    run(*pip, "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=root)
    told = run(python, "-I", "-c", "import site; print(site.getsitepackages()[0])", cwd=root)
    for name in NEEDED:
        (there,) = [p for place in site.getsitepackages() if (p := Path(place) / name).exists()]
        (Path(told.strip()) / name).symlink_to(there)
    return python


def test_the_package_is_that_of_the_wheel(installed, tmp_path):
    """Not the repository's, and without pandas."""
    told = run(
        installed, "-I", "-c",
        "import importlib.util, singlearm; "
        "print(singlearm.__file__, importlib.util.find_spec('pandas'))",
        cwd=tmp_path,
    )  # fmt: skip
    file, pandas = told.split()
    assert Path(file).is_relative_to(installed.parents[1])
    assert Path(file).with_name("py.typed").exists()
    assert pandas == "None"


def test_the_page_for_notebooks_runs(installed, repository, tmp_path):
    run(installed, "-I", "-m", "doctest", repository / "docs/notebook.md", cwd=tmp_path)
