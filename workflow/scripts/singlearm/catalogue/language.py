"""The language of all that people read: report, site, figures, documents.

The code is written in English, and an English text is its own key: `say` looks it up in
`languages/<code>.json`. Constants hold English, marked with `mark`; they are said where they are
printed. So a second language is one file, and `python -m singlearm.catalogue` says what it lacks.

>>> say("{n} studies", n=3)
'3 studies'
"""

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent / "languages"


@dataclass(frozen=True, slots=True)
class Language:
    """How a language says the texts and prints numbers.

    Parameters
    ----------
    code, tag : str
        The name of its file, and what `lang` in HTML says (BCP 47).
    texts : mapping
        English to this language; placeholders `{name}` stay. English has none.
    decimal, thousands, between : str
        The decimal mark, the sign between groups of thousands, what parts two limits.
    capital_nouns : bool
        Whether nouns keep their capital within a sentence.
    """

    code: str = "en"
    tag: str = "en-GB"
    texts: Mapping[str, str] = field(default_factory=dict)
    decimal: str = "."
    thousands: str = ","
    between: str = ", "
    capital_nouns: bool = False


ENGLISH = Language()
_used = ENGLISH


def current() -> Language:
    """The language of this process."""
    return _used


def use(language: str | Language) -> None:
    """Speak a language from now on: that of a review (`de-AT`), English where it has no file."""
    global _used  # noqa: PLW0603 (one process speaks one language)
    _used = read(language) if isinstance(language, str) else language


def codes() -> list[str]:
    """The languages that there are: English and those with a file."""
    return [ENGLISH.code, *sorted(path.stem for path in HERE.glob("*.json"))]


def read(tag: str) -> Language:
    """The language of a tag from its file; English without one."""
    code = tag.split("-")[0].lower()
    if not (HERE / f"{code}.json").is_file():
        return ENGLISH
    content = json.loads((HERE / f"{code}.json").read_text(encoding="utf-8"))
    return Language(code, texts=content["texts"], **content["signs"])


def say(text: str, /, **values: object) -> str:
    """A text in the language in use, with the values in its placeholders.

    A text that the language lacks stays English, with a warning.
    """
    told = text
    if _used.code != ENGLISH.code and text:
        told = _used.texts.get(text, "")
        if not told:
            warnings.warn(f"no words for {text!r} in language {_used.code}", stacklevel=2)
            told = text
    return told.format(**values) if values else told


def mark(text: str) -> str:
    """The text as it is: `say` will be given it where it is printed."""
    return text


def within(text: str) -> str:
    """A text for the middle of a sentence: `Overall response` lowered, `MRD-negative` kept."""
    if _used.capital_nouns:
        return text
    return text[:1].lower() + text[1:] if text[1:2].islower() or len(text) == 1 else text
