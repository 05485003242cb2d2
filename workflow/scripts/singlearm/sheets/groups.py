"""Levels of the protocol's subgroups, study by study."""

import unicodedata
from collections.abc import Mapping, Sequence

#: Signs that part the members of a column that the codebook does not call a list.
USUAL_SEPARATORS = (";", "+")


#: Letters of other alphabets that look like Latin ones.
LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһкмтвнАЕОРСУХІЈЅКМТВНαοενικτυχρΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijsdhkmtbhaeopcyxijskmtbhaoeviktuxpabezhikmnoptyx",
)


def folded(text: str) -> str:
    """A name without case, accents, signs and lookalike letters.

    >>> folded("Müller-Smith 2019a") == folded("muller smith  2019A")
    True
    """
    plain = unicodedata.normalize("NFKD", text.translate(LOOKALIKES))
    return "".join(c for c in plain.casefold() if c.isalnum())


def group_levels(
    rows: Sequence[Mapping[str, object]], subgroup: Mapping, separators: Mapping[str, str]
) -> list[str | None]:
    """Level of each study in a subgroup of the protocol, `None` for a study that has none.

    Args:
        rows: Studies (or cells with their study's columns); the columns `from` and `where` name.
        subgroup: `from` (a column); with `contains` a value of a list column, and `levels` its two
            names (has it, has it not); `where` (column: value) limits it to some studies. Without
            `contains` the column's own value is the level.
        separators: The sign of each list column, by the codebook.

    >>> group_levels([{"a": "X+Y"}, {"a": "Z"}, {"a": None}],
    ...              {"from": "a", "contains": "X", "levels": ["has", "has not"]}, {"a": "+"})
    ['has', 'has not', None]
    """
    column, where = subgroup["from"], subgroup.get("where") or {}
    values = [
        _text(row[column]) if all(_text(row[n]) == _text(v) for n, v in where.items()) else None
        for row in rows
    ]
    if "contains" not in subgroup:
        return values
    has, has_not = map(str, subgroup["levels"])
    wanted, separator = str(subgroup["contains"]), separators.get(column)
    return [
        None if value is None else has if wanted in members_of(value, separator) else has_not
        for value in values
    ]


def members_of(value: str, separator: str | None) -> set[str]:
    """The members of a cell of a list; of a column that is none, the cell and its usual parts.

    >>> sorted(members_of("X+Y;Z", ";")), sorted(members_of("X+Y", None))
    (['X+Y', 'Z'], ['X', 'X+Y', 'Y'])
    """
    signs = USUAL_SEPARATORS if separator is None else (separator,)
    parts = {part.strip() for sign in signs for part in value.split(sign)}
    return parts | {value} if separator is None else parts


def levels_of(
    studies: Sequence[Mapping[str, object]], subgroup: Mapping, separators: Mapping[str, str]
) -> dict[str, str | None]:
    """The level of each study by its id."""
    names = (str(study["study_id"]) for study in studies)
    return dict(zip(names, group_levels(studies, subgroup, separators), strict=True))


def clusters_of(
    rows: Sequence[Mapping[str, object]],
    models: Mapping[str, Mapping],
    separators: Mapping[str, str],
) -> dict[str, list[str]]:
    """The cluster of each study for every model of the protocol that names a column of clusters."""
    return {
        name: cluster_labels(rows, settings["cluster"], separators)
        for name, settings in models.items()
        if "cluster" in settings
    }


def cluster_labels(
    rows: Sequence[Mapping[str, object]], column: str, separators: Mapping[str, str]
) -> list[str]:
    """A label for each study, the same for those that share a value of a column.

    The column may be a list: sharing one member is enough, also by way of a third study. Case,
    blanks and signs do not count. A study without a value stands alone.

    >>> cluster_labels([{"trial": "1;2"}, {"trial": None}, {"trial": "2"}], "trial", {"trial": ";"})
    ['0', '1', '0']
    """
    home = list(range(len(rows)))
    first: dict[str, int] = {}
    for i, row in enumerate(rows):
        members = (_text(row[column]) or "").split(separators.get(column, USUAL_SEPARATORS[0]))
        for member in filter(None, map(folded, members)):
            old, new = home[i], home[first.setdefault(member, i)]
            home = [new if label == old else label for label in home]
    return [str(label) for label in home]


def level_order(levels: Sequence[str | None], subgroup: Mapping) -> list[str]:
    """The levels that occur, in the protocol's order where it gives one, otherwise by name."""
    there = {level for level in levels if level is not None}
    given = [str(level) for level in subgroup.get("levels", ())]
    return [level for level in given if level in there] + sorted(there - set(given))


def moderator_values(
    rows: Sequence[Mapping[str, object]], moderator: Mapping, separators: Mapping[str, str]
) -> list[str | None] | list[float | None]:
    """A moderator of the protocol, study by study: numbers, or labels if it is categorical.

    `None` for a study that has no value.
    """
    labels = group_levels(rows, moderator, separators)
    if moderator["kind"] == "categorical":
        return labels
    return [None if label is None else float(label) for label in labels]


def _text(value: object) -> str | None:
    """A value as the protocol writes it: 2018, not 2018.0."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)
