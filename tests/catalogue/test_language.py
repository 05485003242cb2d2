"""A second language: one file with every text, and the numbers in its signs."""

import json
import re
import string
from collections import defaultdict

import pytest

from singlearm.catalogue import collect, language, numbers
from singlearm.kinds import KINDS

OTHERS = [code for code in language.codes() if code != "en"]
TAG = re.compile(r"<[^>]+>")


@pytest.fixture(autouse=True)
def english_afterwards():
    yield
    language.use("en")


def fields(text):
    """The placeholders of a text; of a note's value the two words are the language's own."""
    return sorted(name for _, name, *_ in string.Formatter().parse(text) if name is not None)


@pytest.fixture(scope="module")
def said():
    return collect.texts()


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_has_every_text_and_no_other(code, said):
    texts = language.read(code).texts
    assert [text for text in said if not texts.get(text)] == []
    assert sorted(set(texts) - set(said)) == []


@pytest.mark.parametrize("code", OTHERS)
def test_placeholders_markup_and_citations_are_those_of_the_english_text(code):
    for text, other in language.read(code).texts.items():
        assert fields(other) == fields(text), text
        assert sorted(TAG.findall(other)) == sorted(TAG.findall(text)), text
        assert sorted(re.findall(r"\[@\w+\]", other)) == sorted(re.findall(r"\[@\w+\]", text))
        assert text.startswith((" ", ",")) == other.startswith((" ", ",")), text
        assert text.endswith(" ") == other.endswith(" "), text


def test_a_text_without_words_stays_english_and_says_so():
    language.use(language.Language("xx", texts={"a study": "une étude"}))
    assert language.say("a study") == "une étude"
    with pytest.warns(UserWarning, match="no words for '{n} studies' in language xx"):
        assert language.say("{n} studies", n=3) == "3 studies"


def test_a_tag_with_a_region_speaks_its_language_and_an_unknown_one_english():
    assert language.read("de-AT").code == "de"
    assert language.read("zh-Hans") == language.ENGLISH


def test_numbers_have_the_signs_of_the_language():
    language.use("de")
    assert numbers.percent_ci(0.7712, 0.6541, 0.8583) == "77,1 [65,4; 85,8]"
    assert numbers.count(12345) == "12.345"
    assert numbers.p_value(0.0312) == "p = 0,031"
    assert numbers.p_value(0.00001) == "p < 0,001"
    assert numbers.tau2(0.001) == "<0,01"
    assert numbers.percent(0.0001, 1) == "<0,1"
    language.use("en")
    assert numbers.percent_ci(0.7712, 0.6541, 0.8583) == "77.1 [65.4, 85.8]"


def test_labels_keep_their_capital_where_nouns_have_one():
    assert language.within("Overall response") == "overall response"
    assert language.within("MRD-negative") == "MRD-negative"
    language.use("de")
    assert language.within("Gesamtansprechen") == "Gesamtansprechen"


def test_codes_of_the_program_are_said_and_words_of_the_review_are_not():
    language.use("de")
    assert numbers.PRINT["word"]("restricted_mean") == language.say("restricted mean")
    for prints in ("text", "plain", "long", "code"):
        assert numbers.PRINT[prints]("trial") == "trial"
    assert language.known("Year") == language.say("Year")
    assert language.known("a label {of} the review") == "a label {of} the review"


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if not kind.derived])
def test_logs_call_a_value_the_same_in_every_language(kind):
    row = defaultdict(lambda: None, outcome="pfs", months=7.5, comparison="a v b")
    for cut in (None, 30.9):
        row["followup_months"] = cut
        label = kind.sheet.label(row)
        language.use("de")
        assert kind.sheet.label(row) == label
        language.use("en")


def test_texts_are_found_wherever_they_are_said(tmp_path):
    module = tmp_path / "m.py"
    module.write_text(
        'say("one" if a else "other", n=1)\nLABELS = {"x": mark("marked")}\n'
        'words.plural(n, "arm")\nColumn("name", "string", "Heading", "text", "Cell")\n'
        'Words("short", sentence="long")\nsay(LABELS[x])\n'
    )
    page = tmp_path / "p.j2"
    page.write_text('{{ _("in a <b>template</b>", n=2) }}{{ plural(n, "foot", "feet") }}')
    assert sorted(collect._of_module(module)) == sorted(
        ["one", "other", "marked", "{n} arm", "{n} arms", "Heading", "Cell", "short", "long"]
    )
    assert list(collect._of_template(page)) == [
        "in a <b>template</b>", "{n} foot", "{n} feet",
    ]  # fmt: skip


def test_a_text_that_is_put_together_cannot_be_said(tmp_path):
    module = tmp_path / "m.py"
    module.write_text('say(f"{n} studies")\n')
    with pytest.raises(ValueError, match=r"m\.py:1: `say` takes no f-string"):
        list(collect._of_module(module))


def test_a_file_is_brought_up_to_date(tmp_path, monkeypatch):
    monkeypatch.setattr(language, "HERE", tmp_path)
    monkeypatch.setattr(collect, "texts", lambda: ["kept", "new"])
    path = tmp_path / "xx.json"
    path.write_text(json.dumps({"signs": {}, "texts": {"kept": "gardé", "gone": "parti"}}))
    assert collect.complete("xx") == (["new"], ["gone"])
    assert json.loads(path.read_text("utf-8"))["texts"] == {"kept": "gardé", "new": ""}
