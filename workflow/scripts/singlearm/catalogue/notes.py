"""What the notes of the result tables mean: the one list of their codes, with their words.

A cell `note` holds codes joined by `; `, some with a value: `two_studies; left_out=3`. Steps write
codes, people read words, and the words are here only: report, figures, workbook, Word and LaTeX
tables and the list in `docs/statistics.md` take them from `NOTES`.

>>> short("two_studies; left_out=3")
'two studies: no prediction interval; 3 studies without a value left out'
>>> sentence("left_out=1")
'1 study without a value was left out.'
>>> short("lrt=14.9556; smallest_p=0.0005")
'likelihood ratio χ² 14.96; smallest possible p 0.0005'
"""

import re

from .language import current, say
from .note_words import OF_POOLING, Words
from .note_words_of_kinds import OF_KINDS


class _Value(str):
    """The value of a note; formatted with `one|many` it is followed by the word that fits."""

    __slots__ = ()

    def __format__(self, words: str) -> str:
        printed = str(self)
        if _NUMBER.fullmatch(self):  # four digits: a table has more for programs
            printed = f"{float(self):.4g}".replace(".", current().decimal)
        if not words:
            return printed
        one, many = words.split("|")
        return f"{printed} {one if self == '1' else many}"


_NUMBER = re.compile(r"[0-9]+\.[0-9]+(e-[0-9]+)?")
#: Every code that a step may write.
NOTES: dict[str, Words] = OF_POOLING | OF_KINDS


def codes(text: str | None) -> list[str]:
    """The codes in a cell `note`, without their values."""
    return [code for code, _ in _parts(text)]


def short(text: str | None) -> str:
    """A cell `note` in a few words, for tables and figures; what is no code stays as it is."""
    return "; ".join(
        say(NOTES[code].short).format(_Value(value)) if code in NOTES else _as_is(code, value)
        for code, value in _parts(text)
    )


def sentence(text: str | None) -> str:
    """A cell `note` in sentences, for text; what is no code stays as it is."""
    said = []
    for code, value in _parts(text):
        if code in NOTES:
            said.append(say(NOTES[code].sentence).format(_Value(value)))
        else:
            plain = _as_is(code, value)
            said.append(f"{plain[:1].upper()}{plain[1:].rstrip('.')}.")
    return " ".join(said)


def as_markdown() -> str:
    """The list as a table for the docs."""
    lines = ["| note | in a table | in a sentence |", "| --- | --- | --- |"]
    for code, words in NOTES.items():
        name = f"{code}=…" if "{" in words.short + words.sentence else code
        texts = (text.format(_Value("…")) for text in words)
        lines.append(f"| {' | '.join((name, *texts))} |")
    return "\n".join(lines) + "\n"


def _parts(text: str | None) -> list[tuple[str, str]]:
    """(code, value) of each note in a cell; the value is empty where a code has none."""
    parts = [part.strip() for part in (text or "").split(";")]
    return [(code, value) for code, _, value in (part.partition("=") for part in parts if part)]


def _as_is(code: str, value: str) -> str:
    return f"{code.replace('_', ' ')} {value}".strip()
