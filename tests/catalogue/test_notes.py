"""Every note that a step can write has words, once; the docs list them."""

import ast

import pytest

from singlearm.catalogue import notes
from singlearm.catalogue.__main__ import with_notes

LIBRARY = "workflow/scripts/singlearm"


def _texts(node):
    """The texts that an expression can be: constants, branches of `x if y else z`, f-strings."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        yield node.values[0].value


def _joins(function):
    """Whether this is the function that joins codes, not the method of a text."""
    return isinstance(function, ast.Name) and function.id == "join"


def _written(tree):
    """What a module writes into notes: `Note("x")`, `notes.add(where, "x")`, `note="x"`."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        owner = getattr(getattr(call.func, "value", None), "id", "")
        if name == "Note":
            yield from (text for arg in call.args[:1] for text in _texts(arg))
        elif _joins(call.func) or (name == "add" and "notes" in owner):
            yield from (text for arg in call.args for text in _texts(arg))
        for keyword in call.keywords:
            if keyword.arg == "note":
                yield from _texts(keyword.value)


def _codes(repository):
    files = [
        *(repository / LIBRARY / "synthesis").glob("*.py"),
        *(repository / LIBRARY / "kinds").glob("*.py"),
        *(repository / "workflow/scripts").glob("*.py"),
    ]
    for file in files:
        for text in _written(ast.parse(file.read_text("utf-8"))):
            for code in notes.codes(text):
                yield file.name, code


def _begins_one(start):
    """Whether a code goes on from here, with a word of the model: `no_test_for_`."""
    return any(code.startswith(start) for code in notes.NOTES)


def test_every_code_that_a_step_writes_has_words(repository):
    found = list(_codes(repository))
    assert len(found) > 30
    lacking = {
        pair
        for pair in found
        # a code that ends here goes on with a word of the model: all of those have words
        if not any(code == pair[1] or code.startswith(f"{pair[1]}") for code in notes.NOTES)
    }
    assert not lacking


def test_the_docs_list_the_notes(repository):
    page = (repository / "docs/statistics.md").read_text("utf-8")
    assert with_notes(page) == page, "write it again: make schemas"


@pytest.mark.parametrize("code", notes.NOTES)
def test_words_are_a_phrase_and_sentences(code):
    words = notes.NOTES[code]
    assert words.short and not words.short.endswith(".")
    assert words.sentence.endswith(".")
    assert "_" not in words.short + words.sentence


def test_a_number_takes_the_word_that_fits():
    assert notes.short("left_out=1") == "1 study without a value left out"
    assert notes.short("left_out=3") == "3 studies without a value left out"
    assert notes.sentence("clusters=1").startswith("The studies form 1 cluster of")


def test_what_is_no_code_stays_as_it_is():
    assert notes.short("two_studies; as the authors say") == (
        "two studies: no prediction interval; as the authors say"
    )
    assert notes.sentence("as the authors say.") == "As the authors say."
    assert notes.short(None) == notes.sentence("") == ""


def test_only_the_code_of_an_exact_interval_says_exact():
    exact = {code for code, words in notes.NOTES.items() if "exact binomial" in words.sentence}
    assert exact == {"homogeneous_exact", "exact_interval"}
