"""What the package loads: no drawing library for marks, never the one that keeps global state."""

import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"


def loaded_after(folder):
    """Names of all modules in a fresh process that imports every module of a folder."""
    names = [
        ".".join(path.relative_to(SCRIPTS).with_suffix("").parts)
        for path in sorted((SCRIPTS / folder).rglob("*.py"))
        if path.name != "__init__.py"
    ]
    assert names
    code = f"import sys, {', '.join(names)}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPTS, check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_marks_load_no_drawing_library():
    assert not loaded_after("singlearm/figures/marks") & {"matplotlib", "scipy"}


def test_drawing_never_loads_pyplot():
    loaded = loaded_after("singlearm/figures")
    assert "matplotlib.figure" in loaded
    assert not loaded & {"matplotlib.pyplot", "scipy"}
