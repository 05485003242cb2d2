"""Every case under tests/cases, which showed a fault, has a test that names it.

In its code, not in a comment or a docstring: by its path, whole or in parts, in a text of the test,
of its parameters or of a constant of its module; or by the name of the test.
"""

import ast
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
#: Cases whose tests have names of their own.
OTHERWISE_NAMED = {
    "killed-check/sigkill-forest": (
        "workflow/test_faults.py::test_a_killed_check_is_made_again_and_nothing_is_pooled"
    ),
    "missing-metadata/tau2-changed": (
        "workflow/test_truth.py::test_missing_metadata_a_changed_protocol_is_computed"
    ),
    "missing-results/pooled-deleted": (
        "workflow/test_truth.py::test_missing_results_are_made_again_and_edited_ones_too"
    ),
    "module-use/plain": (
        "workflow/test_module.py::test_module_use_builds_the_review_of_the_folder"
    ),
    "other-primary-model/arcsine": (
        "report/test_model_words.py::test_an_arcsine_model_is_not_said_to_be_on_log_odds"
    ),
    "other-primary-model/equal-effects": (
        "report/test_model_words.py::test_equal_effects_are_not_called_random"
    ),
    "snakemake-report/locked-environment": (
        "workflow/test_snakemake_report.py::test_snakemake_report_in_the_locked_environment"
    ),
    "scale-k/five-hundred-sensitivity": (
        "workflow/test_sizes.py::test_five_hundred_studies_are_left_out_where_they_move_most"
    ),
    "stale-mtime/older-sheet-moved-in": (
        "workflow/test_truth.py::test_stale_mtime_an_older_sheet_moved_in_is_computed"
    ),
    "verify-elsewhere/other-python-patch": (
        "report/test_comparison.py::test_verify_elsewhere_versions_are_no_words_of_a_page"
    ),
    "zip-bomb/deflated-member": (
        "workflow/test_release_archive.py::test_zip_bomb_packed_members_are_refused_unread"
    ),
}


def texts_of(node, constants):
    """The texts in a piece of code, those of the module's constants that it uses among them."""
    docstring = None
    if isinstance(node, ast.FunctionDef) and isinstance(node.body[0], ast.Expr):
        docstring = node.body[0].value
    found = set()
    for part in ast.walk(node):
        if part is docstring:
            continue
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            found.add(part.value)
        elif isinstance(part, ast.Name):
            found |= constants.get(part.id, set())
    return found


def texts_by_test(path):
    """Each test function of a file by its name, with its texts."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    constants = {}
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            constants[node.targets[0].id] = texts_of(node.value, constants)
    return {
        node.name: texts_of(node, constants)
        for node in module.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


FOUND = {
    f"{path.relative_to(TESTS).as_posix()}::{name}": texts
    for path in sorted(TESTS.rglob("test_*.py"))
    if path != Path(__file__)
    for name, texts in texts_by_test(path).items()
}


def names(test, texts, kind, case):
    in_parts = case in texts and (kind in texts or f"{kind}/" in texts)
    by_name = f"{kind}/{case}".replace("-", "_").replace("/", "_") in test
    return any(f"{kind}/{case}" in text for text in texts) or in_parts or by_name


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_case(kind, case):
    test = OTHERWISE_NAMED.get(f"{kind}/{case}")
    assert test in FOUND if test else any(names(*each, kind, case) for each in FOUND.items())


def test_no_other_name_is_of_a_case_that_is_not_there():
    assert set(OTHERWISE_NAMED) <= {"/".join(case) for case in CASES}
