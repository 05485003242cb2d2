"""Every case under tests/cases, which showed a fault, has a test that names it."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
CASES = sorted(
    (kind.name, case.name)
    for kind in (TESTS / "cases").iterdir()
    if kind.is_dir()
    for case in kind.iterdir()
    if case.is_dir()
)
SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for path in sorted(TESTS.rglob("test_*.py"))
    if path != Path(__file__)
)


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_case(kind, case):
    """By its path, whole or in parts, or by the name of the test."""
    in_parts = f'"{kind}"' in SOURCES and f'"{case}"' in SOURCES
    by_parameter = f"{kind}/{{" in SOURCES and f'"{case}"' in SOURCES
    by_name = f"_{case.replace('-', '_')}(" in SOURCES
    assert f"{kind}/{case}" in SOURCES or in_parts or by_parameter or by_name
