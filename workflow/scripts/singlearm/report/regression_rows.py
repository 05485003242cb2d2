"""Which terms of meta-regressions a reader sees."""

from collections import Counter
from collections.abc import Callable, Sequence

from singlearm.catalogue import Row


def is_coefficient(row: Row) -> bool:
    """Whether a term is a slope or a contrast: neither the intercept nor a test of several."""
    return row["term"] != "intercept" and not row["term"].startswith("omnibus")


def displayed(
    rows: Sequence[Row], keys: Sequence[str], own_test: Callable[[Row], bool]
) -> list[Row]:
    """The coefficients of regressions, and the tests that say more than those of the coefficients.

    Intercepts stay in the tables of results. The test of all terms together is shown where there
    are several or it has a bootstrap p, and of several moderators the test of each one that is not
    that of its only coefficient.

    Parameters
    ----------
    rows : sequence of Row
        Terms of one regression or of several.
    keys : sequence of str
        The columns that tell one regression from another.
    own_test
        Whether a moderator's test differs from the one of its only coefficient, as a likelihood
        ratio differs from Wald's test.
    """

    def regression(row: Row) -> tuple[object, ...]:
        return tuple(row[key] for key in keys)

    coefficients = list(filter(is_coefficient, rows))
    several = Counter(map(regression, coefficients))
    terms = Counter((regression(row), row["variable"]) for row in coefficients)

    def shown(row: Row) -> bool:
        of = regression(row)
        if row["term"] == "omnibus":
            return several[of] != 1 or row["p_bootstrap"] is not None
        return is_coefficient(row) or (
            row["term"] != "intercept" and (own_test(row) or terms[of, row["variable"]] != 1)
        )

    return list(filter(shown, rows))
