"""The order of names as people count: `Author 2` before `Author 10`."""

import re

#: A name in parts, text and number in turn, so that two of them can always be compared.
Place = tuple[str | int, ...]
_DIGITS = re.compile(r"(\d+)")


def natural(name: str) -> Place:
    """Where a name stands among others, whatever its capitals.

    >>> sorted(["Author 10", "author 2", "Author 1"], key=natural)
    ['Author 1', 'author 2', 'Author 10']
    """
    parts = _DIGITS.split(name)
    return tuple(int(part) if i % 2 else part.casefold() for i, part in enumerate(parts))
