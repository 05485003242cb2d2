"""Judgements on bias that are points or stars: how many a domain can have."""

import re

#: The tool whose stars are counted, as people name it.
STARS = re.compile(r"newcastle|\bnos\b")
#: The most that a domain can have, written behind its name: "Selection (of 5)", "(max 2 stars)".
WRITTEN = re.compile(r"\((?:of|max\.?) (\d+)\b[^()]*\)$")
#: Newcastle-Ottawa Scale for cohorts and for cases and controls: its groups of items, its items.
GROUPS = {"selection": 4, "outcome": 3, "outcomes": 3, "exposure": 3, "comparability": 2}
COMPARABILITY = "comparability of "
ITEM = re.compile(
    r"represent|selection of|ascertain|demonstration|not present|assessment of|follow|definition"
    r"|same method|non-?response"
)


def is_points(judgement: str | None) -> bool:
    """Whether a judgement is a number.

    >>> is_points("3"), is_points("low"), is_points(None)
    (True, False, False)
    """
    return re.fullmatch("[0-9]+", (judgement or "").strip()) is not None


def written_most(domain: str) -> int | None:
    """The most points that a domain can have by its own name.

    >>> written_most("Selection (of 5)"), written_most("Outcome (max 3 stars)")
    (5, 3)
    >>> written_most("Domain (2)") is None
    True
    """
    found = WRITTEN.search(domain.strip().casefold())
    return int(found[1]) if found else None


def counts_points(tool: str, domain: str) -> bool:
    """Whether numbers are to be shown: of the Newcastle-Ottawa Scale, or where the most is written.

    >>> counts_points("NOS (cohorts)", "Selection"), counts_points("MINORS", "Clear aim")
    (True, False)
    """
    return STARS.search(tool.casefold()) is not None or written_most(domain) is not None


def most_points(tool: str, domain: str) -> int | None:
    """The most points that a domain can have; None where it is not known.

    >>> most_points("Newcastle-Ottawa Scale", "Comparability of cohorts")
    2
    >>> most_points("NOS", "Ascertainment of exposure"), most_points("NOS", "Selection")
    (1, 4)
    >>> most_points("NOS", "Total") is None
    True
    """
    name = domain.strip().casefold()
    if (written := written_most(domain)) is not None or not counts_points(tool, domain):
        return written
    if name in GROUPS or name.startswith(COMPARABILITY):
        return GROUPS.get(name, GROUPS["comparability"])
    return 1 if ITEM.search(name) else None
