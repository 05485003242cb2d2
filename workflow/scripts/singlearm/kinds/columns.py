"""The columns of extraction sheets: what a cell may hold, for people and for the checks."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

Type = Literal["text", "category", "list", "integer", "number", "date"]
Required = Literal["filled", "present", "optional"]

#: Signs that a study's label may have beside letters and digits.
LABEL_SIGNS = " .,()&'+/_-"


@dataclass(frozen=True, eq=False)  # one object for each column, so its identity is its hash
class Column:
    """One column of a sheet.

    Parameters
    ----------
    sheet, name : str
        The kind of sheet (`studies`, `outcomes` ...) and the column's name there.
    type : str
        text, category, list, integer, number or date.
    unit : str
        Unit of a number, in words.
    allowed : tuple of str
        The values that a category or a list may have; empty: any.
    separator : str
        What joins the members of a list.
    minimum, maximum : float or None
        Bounds of a number, both included.
    pattern : str
        A regular expression that a text must match as a whole; `form` says it in words.
    required : str
        `filled` (there, and no empty cell), `present` (there) or `optional`.
    key : bool
        Whether the column is part of what names a row.
    recodes : tuple of pairs
        Spellings and the value that each stands for.
    description, label : str
        What it holds, and its heading in tables (its name where the codebook gives none).
    at_most : str
        A column of the same row that this number may exceed only with a note.
    own : bool
        Whether the review's codebook adds the column to those of the program.
    """

    sheet: str
    name: str
    type: Type = "text"
    unit: str = ""
    allowed: tuple[str, ...] = ()
    separator: str = ""
    minimum: float | None = None
    maximum: float | None = None
    pattern: str = ""
    required: Required = "optional"
    key: bool = False
    recodes: tuple[tuple[str, str], ...] = ()
    description: str = ""
    label: str = ""
    form: str = ""
    at_most: str = ""
    own: bool = False

    @cached_property
    def recoded(self) -> dict[str, str]:
        """Raw spelling to the value it stands for."""
        return dict(self.recodes)

    @cached_property
    def _by_letters(self) -> dict[str, str]:
        """Allowed words in small letters to themselves, where that is unambiguous."""
        words = [word.casefold() for word in self.allowed]
        return {
            small: word
            for small, word in zip(words, self.allowed, strict=False)
            if words.count(small) == 1
        }

    def meant(self, text: str) -> str:
        """The value that a spelling stands for: recoded, or an allowed word in other letters.

        Of a list each member.

        >>> category("judgement", ("low", "high"), "").meant("Low")
        'low'
        """
        if text in self.recoded:
            return self.recoded[text]
        if self.type == "list" and self.separator in text:
            return self.separator.join(map(self._member, text.split(self.separator)))
        return self._member(text)

    def _member(self, text: str) -> str:
        if text in self.allowed:
            return text
        return self.recoded.get(text) or self._by_letters.get(text.casefold(), text)

    @cached_property
    def matches(self) -> re.Pattern[str] | None:
        """Compiled pattern of a text, if there is one."""
        return re.compile(self.pattern) if self.pattern else None

    @property
    def heading(self) -> str:
        """What people read above the column."""
        return self.label or self.name.replace("_", " ").capitalize()

    def allows(self) -> str:
        """What may stand in the column, in words."""
        unit = f" ({self.unit})" if self.unit else ""
        if self.type == "category":
            return f"one of {', '.join(self.allowed)}" if self.allowed else "a word"
        if self.type == "list":
            of = f" from {', '.join(self.allowed)}" if self.allowed else ""
            return f"values{of} joined by '{self.separator}'"
        if self.type == "date":
            return "an ISO date, as 2020-12-31"
        if self.type == "text":
            return (self.form or self.description or "other text") if self.pattern else "any text"
        noun = "a whole number" if self.type == "integer" else "a number"
        if self.minimum is not None and self.maximum is not None:
            return f"{noun} from {self.minimum:g} to {self.maximum:g}{unit}"
        return f"{noun}{f', {self.minimum:g} or more' if self.minimum is not None else ''}{unit}"


#: A study's label: begins with a letter or digit, stays on one line.
LABEL = Column(
    "",
    "study_id",
    pattern=rf"\w[\w{re.escape(LABEL_SIGNS)}’–]*",
    form="a label that begins with a letter or digit and has no other signs than "
    + LABEL_SIGNS.strip(),
    required="filled",
    key=True,
    description="Study label, as in the sheet studies of this or a lower layer",
)  # fmt: skip
OUTCOME = Column(
    "",
    "outcome",
    type="category",
    required="filled",
    key=True,
    description="An outcome of the protocol",
)
YES_NO = ("yes", "no")


def text(name: str, description: str, **more: Any) -> Column:
    """A column of free text."""
    return Column("", name, type="text", description=description, **more)


def category(name: str, allowed: Iterable[str], description: str, **more: Any) -> Column:
    """A column of words from a list."""
    return Column(
        "", name, type="category", allowed=tuple(allowed), description=description, **more
    )


def count(name: str, description: str, minimum: float | None = 0, **more: Any) -> Column:
    """A column of whole numbers, patients if nothing else is said."""
    more = {"unit": "patients"} | more
    return Column("", name, type="integer", minimum=minimum, description=description, **more)


def number(
    name: str, unit: str, low: float | None, high: float | None, description: str, **more: Any
) -> Column:
    """A column of numbers between two bounds."""
    return Column(
        "", name, type="number", unit=unit, minimum=low, maximum=high, description=description,
        **more,
    )  # fmt: skip


#: What an extractor says about where a value comes from, and who checked it against the source.
SOURCE_URL = text("source_url", "Address of the source")
CONFIDENCE = category("confidence", ("high", "medium", "low"), "How sure the extractor is")
NOTES = text("notes", "Free")
SOURCE_LOCATOR = text("source_locator", "Place in the source, as Table 2")
SOURCE_TYPE = category("source_type", (), "Kind of source")
EVIDENCE = (SOURCE_URL, SOURCE_LOCATOR, CONFIDENCE, NOTES)
SOURCE = (SOURCE_URL, SOURCE_LOCATOR, SOURCE_TYPE, CONFIDENCE, NOTES)
VERIFIED = (
    text("verified_by", "Who compared the value with the source"),
    Column("", "verified_on", type="date", description="When, as 2020-12-31"),
    category(
        "verified_against", ("full_text", "abstract", "registry"), "What it was compared with"
    ),
)


def of_sheet(sheet: str, columns: Iterable[Column]) -> tuple[Column, ...]:
    """The columns as those of a kind of sheet."""
    return tuple(replace(column, sheet=sheet) for column in columns)


def adjudication(
    sheet: str, columns: Iterable[Column], fields: Iterable[str]
) -> tuple[Column, ...]:
    """Columns of the sheet with the decisions about a kind: the key, both extractors, the decision.

    Parameters
    ----------
    sheet : str
        The sheet of the decisions.
    columns : iterable of Column
        Columns of the extractors' sheet.
    fields : iterable of str
        Those that the extractors are compared on.
    """
    columns, fields = tuple(columns), tuple(fields)
    keys = [column for column in columns if column.key]
    compared = [column for column in columns if column.name in fields]
    copied = "As the extractor {} has it; empty if that extractor has no such row"

    def beside(prefix: str, required: Required, told: str) -> list[Column]:
        return [
            replace(c, name=f"{prefix}_{c.name}", required=required, description=told, label="")
            for c in compared
        ]

    decided = [c for n in (1, 2) for c in beside(f"e{n}", "optional", copied.format(n))]
    decided += beside("decision", "present", "The decision; all empty: held out")
    return of_sheet(sheet, [*keys, *decided, text("reason", "Why", required="filled")])
