"""Whether comparisons of groups were named before the data were seen, where that is recorded."""

from collections.abc import Iterable
from typing import Any

from singlearm.catalogue.language import mark, say
from singlearm.report.review import Review
from singlearm.report.words import listing

_TEXTS = {
    True: mark("Named before the data were seen: {names}."),
    False: mark("Chosen when the data were known: {names}."),
    None: mark("Chosen at a time that is not recorded: {names}."),
}


def subgroups(review: Review, names: Iterable[str]) -> str:
    """Which subgroupings were named beforehand, in sentences."""
    defined = review.protocol["subgroups"]
    return _told({review.subgroup_label(name): defined.get(name, {}) for name in names})


def caution(review: Review, by: str) -> str:
    """What a subgrouping that was chosen when the data were known can bear; empty for others."""
    if review.protocol["subgroups"][by].get("prespecified") is not False:
        return ""
    return say("Chosen when the data were known: a difference is a question for other data.")


def regressions(review: Review, names: Iterable[str]) -> str:
    """Which meta-regressions, on one moderator or on several, were named beforehand."""
    defined = review.protocol.get("moderators", {}) | review.protocol.get("regressions", {})
    return _told({review.moderator_label(name): defined.get(name, {}) for name in names})


def _told(comparisons: dict[str, dict[str, Any]]) -> str:
    """`comparisons`: definitions of the protocol by label."""
    of: dict[bool | None, list[str]] = {when: [] for when in _TEXTS}
    for label, comparison in comparisons.items():
        of[comparison.get("prespecified")].append(label)
    if not of[True] and not of[False]:
        return say(
            "No record says that any of these comparisons was named before the data were seen."
        )
    told = [say(text, names=listing(of[when])) for when, text in _TEXTS.items() if of[when]]
    return " ".join(told)
