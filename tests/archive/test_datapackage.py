"""The descriptor of the sheets: a licence of the data only where the review gives one."""

import pytest

from singlearm.archive.datapackage import data_package

REVIEW = {"name": "few", "title": "Few studies", "question": "How often?", "authors": ["A B"]}


@pytest.mark.parametrize("licensed", [True, False])
def test_a_licence_is_named_only_where_there_is_one(licensed):
    found = data_package(REVIEW, "1", "2022-02-02", [], licensed=licensed)
    assert ("licenses" in found) == licensed
