"""Notes on results: snake_case words joined by `; `."""

import numpy as np


def join(*words: str) -> str:
    """The words that are not empty, joined."""
    return "; ".join(w for w in words if w)


class Notes:
    """Words collected for B datasets, in the order added."""

    def __init__(self, count: int):
        self._words: list[tuple[np.ndarray, str]] = []
        self._count = count

    def add(self, where, word: str) -> None:
        """Add `word` to the datasets selected by the boolean array `where`."""
        where = np.broadcast_to(where, (self._count,))
        if where.any():
            self._words.append((where.copy(), word))

    def text(self) -> np.ndarray:
        """One string per dataset (B,), dtype object."""
        out = np.full(self._count, "", object)
        for where, word in self._words:
            out[where] = [join(old, word) for old in out[where]]
        return out
