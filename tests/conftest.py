"""What all tests share: where the repository is, and how hard hypothesis looks."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parents[1]

settings.register_profile("default", max_examples=50, deadline=None, derandomize=True)
settings.register_profile(
    "long", max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def browser():
    """The running Chromium, one for all rooms: a second in one process is refused."""
    from chromium import CHROMIUM, SWITCHES
    from playwright.sync_api import sync_playwright

    assert CHROMIUM, "REQUIRE_BROWSER is set, but Chromium is not installed"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield running
        running.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs first, and what takes minutes in the long profile only.

    Begun last, a whole run would keep the other processes waiting.
    """
    items.sort(key=lambda item: "tests/workflow/" not in item.nodeid)
    if os.environ.get("HYPOTHESIS_PROFILE") != "long":
        left_out = pytest.mark.skip(reason="a long suite: make test-long")
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(left_out)
