"""What the tests of this folder share: a layer to damage, the cases."""

import pytest
import review_cases
from review import OLD, copy_layer


@pytest.fixture
def layer(tmp_path):
    """A copy of 2021.1 to damage."""
    return copy_layer(OLD, tmp_path / "2021.1")


@pytest.fixture
def case(tmp_path):
    """`case(kind, name)`: the review of a case."""
    return lambda kind, name: review_cases.case(f"{kind}/{name}", tmp_path)
