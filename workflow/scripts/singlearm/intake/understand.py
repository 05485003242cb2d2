"""What the columns of a table hold, by their names: the content of `columns.yaml`."""

from collections.abc import Collection
from typing import Any

from singlearm.sheets.core import TAKEN_IN_STUDIES

from . import numbers
from .columns import ALSO, NEEDS, Columns, Outcome
from .groups import groups_of, last_word
from .labels import labelled, study_label
from .names import (
    AT_A_TIME,
    COMPUTED,
    DESCRIBED,
    KNOWN_STUDY_COLUMN,
    RANK,
    TIMES,
    TWO_GROUPS,
    plain,
    role_of,
)
from .numbers import Unreadable, count, fraction, percent_beside
from .study_cells import YES_NO
from .table import IntakeError, Table, some

#: Roles of a value that may have its limits in its own cell.
VALUES = ("median", "percent", "HR", "OR", "RR", "estimate")
#: A table with one of these, and what belongs to it, counts an outcome of its own.
COUNTED_BY = {"events", "fraction", "events_treat"}
#: Measures that a column may be called after.
PRINTED = ("HR", "OR", "RR")


def understand(table: Table, title: str) -> Columns:
    """What each column of the table holds.

    Raises
    ------
    IntakeError
        If no column names the studies. Outcomes may be none: then the user must say what they are.
    """
    groups = _with_limits(table, groups_of(table))
    own = groups.pop("", {})
    study, year = _study(table, own)
    kind, outcome_column = _kind(own), own.get("outcome")
    kept: dict[str, str] = {}  # percentages that are no outcomes, and how they become such
    if outcome_column and kind:
        outcomes = _long(table, outcome_column, own)
    else:
        outcome_column = None
        word = "" if kind == "proportion" else kind
        name = _identifier(title or word or "")
        first = {name: Outcome(title, kind, _values(kind, own))} if kind else {}
        counted = first if own.keys() & COUNTED_BY else {}
        outcomes, kept = _wide(groups, own, table, counted)
        if len(outcomes) > len(counted) and not _counts_its_own(own):
            outcomes, kept = _wide(groups, own, table, {})
        outcomes = outcomes or first
    table.remarks += kept.values()
    arm = own.get("arm")
    if arm and not _repeated(table, study, outcome_column, own):
        arm = None  # one row a study: what the column says is a property of the study
    used = {*study, outcome_column, arm, year}
    used |= {header for outcome in outcomes.values() for header in outcome.values.values()}
    _tell_ratios(table, own, used, outcomes)
    studies, left_out = _rest(table, used, kept)
    return Columns(study, outcomes, outcome_column, arm, year, studies, left_out)


def _repeated(table: Table, study: list[str], outcome: str | None, own: dict[str, str]) -> bool:
    """Whether a study has several rows (for one outcome)."""
    seen, author, year = set(), own.get("author"), own.get("year")
    for _, cells, _ in labelled(table, study, (outcome, own["arm"]), author, year):
        label = study_label(table, study, cells)
        key = (label, table.cell(cells, outcome))
        if label and key in seen:
            return True
        seen.add(key)
    return False


def _kind(group: dict[str, str]) -> str | None:
    """The kind of outcome that a group of columns holds before all others."""
    return next(iter(_kinds(group)), None)


def _kinds(group: dict[str, str]) -> list[str]:
    """The kinds of outcome that a group of columns can hold.

    OR may be an overall response and RR a response rate: a ratio has an interval, or both groups'
    counts. A printed one comes after the counts of one group.
    """
    ways = {kind: [way for way in ways if set(way) <= set(group)] for kind, ways in NEEDS.items()}
    if not _interval(group):
        ways["ratio"] = [way for way in ways["ratio"] if way[0] not in PRINTED]
    kinds = [kind for kind, found in ways.items() if found]
    printed = ways["ratio"] and not set(ways["ratio"][0]) <= TWO_GROUPS
    if printed and COUNTED_BY & set(group) and {"rate", "proportion"} & set(kinds):
        kinds = [*kinds[1:], "ratio"]
    return kinds


def _counts_its_own(own: dict[str, str]) -> bool:
    """Whether a table counts an outcome of its own; n alone is one only beside N."""
    events = own.get("events", "")
    if role_of(events)[1] == "n":
        return last_word(events) == "n" and last_word(own.get("total", "")) == "N"
    return bool(own.keys() & COUNTED_BY)


def _interval(group: dict[str, str]) -> bool:
    return "interval" in group or {"low", "high"} <= set(group)


def _tell_ratios(
    table: Table, own: dict[str, str], used: set[str | None], outcomes: dict[str, Outcome]
) -> None:
    """Columns called HR, OR or RR that are not read as ratios, and what makes them such."""
    for measure in PRINTED:
        header = own.get(measure)
        if header is None or header in used:
            continue
        roles = {role: own[role] for role in (measure, "low", "high", "interval") if role in own}
        if not _interval(own):
            why = "no interval stands beside it (low and high, or 95% CI)"
            roles["interval"] = "a column"
        else:
            why = "the table has other outcomes" if outcomes else "nothing else says that it is one"
        columns = ", ".join(f"{role}: {header!r}" for role, header in roles.items())
        table.remarks.append(
            f"'{header}' is not read as a ratio, for {why}; a ratio has a line like this below "
            f"outcomes in columns.yaml: {_identifier(header)}: {{kind: ratio, {columns}}}"
        )


def _values(kind: str, group: dict[str, str]) -> dict[str, str]:
    way = next(way for way in NEEDS[kind] if set(way) <= set(group))
    wanted = (*way, *ALSO[kind])
    if kind == "ratio" and not set(way) <= TWO_GROUPS:
        wanted += NEEDS["ratio"][0]
    return {role: group[role] for role in dict.fromkeys(wanted) if role in group}


def _study(table: Table, own: dict[str, str]) -> tuple[list[str], str | None]:
    """The columns that make a study's label, and the year's."""
    year = own.get("year")
    named = [header for header in table.headers if role_of(header) == ("", "study")]
    named.sort(key=lambda header: RANK[plain(header)])
    words = [header for header in named if not _all_numbers(table, header)]
    if words or (named and "author" not in own):
        label = (words or named)[0]
        if year and not any(char.isdigit() for text in table.texts(label) for char in text):
            return [label, year], year  # authors alone; the year makes them studies
        return [label], year
    if "author" in own:
        return [own["author"], *([year] if year else [])], year
    first = table.headers[0]
    roles = {role_of(text)[1] for text in (first, *table.texts(first))}
    if roles & {"events", "total", "percent", "n"} and not own.keys() & {"total", "outcome"}:
        raise IntakeError(
            "the studies seem to be the columns of this table; turn it, so that each has a row "
            "(in a spreadsheet: copy, then paste transposed)"
        )
    raise IntakeError(
        "no column names the studies: call it study, or author (with year); "
        f"the columns are: {some(table.headers)}"
    )


def _all_numbers(table: Table, header: str) -> bool:
    """Whether a column of studies only counts them."""
    texts = [text.strip() for text in table.texts(header) if text.strip()]
    return all(text.removesuffix(".0").isdecimal() for text in texts)


def _wide(
    groups: dict[str, dict[str, str]], own: dict[str, str], table: Table, first: dict[str, Outcome]
) -> tuple[dict[str, Outcome], dict[str, str]]:
    """Outcomes of a wide table: those whose columns suffice, with the table's total if need be.

    Where the table counts an outcome of its own, `first`, it leads, and percentages without counts,
    as Female (%), describe the studies: the second value, with what to tell of them. Where it
    counts others only, so do those whose names say it.
    """
    outcomes, kept = dict(first), dict[str, str]()
    any_counted = any({"events", "fraction"} & set(group) for group in groups.values())
    for stem, group in groups.items():
        shared = {role: own[role] for role in ("total", "n") if role in own and "n" not in group}
        shared = {"total": next(iter(shared.values()))} if shared else {}
        full = shared | group if {"events", "percent", "median"} & set(group) else group
        kind = _kind(full)
        if kind == "proportion" and not _counts(table, full):
            header = full.get("fraction") or full["events"]
            told = f"'{header}' would be an outcome, but most of its cells are no counts: not read"
            table.remarks += [told] if told not in table.remarks else []
            continue
        describes = first or (any_counted and DESCRIBED.fullmatch(stem))
        if kind == "proportion" and describes and not {"events", "fraction"} & set(group):
            kept[group["percent"]] = _how_to_count(stem, full)
        elif kind:
            label = _label(stem, group)
            outcomes[unlike(_identifier(stem), outcomes)] = Outcome(
                label, kind, _values(kind, full)
            )
    return outcomes, kept


def _how_to_count(stem: str, group: dict[str, str]) -> str:
    """How a column of percentages that describes the studies becomes an outcome."""
    columns = f"percent: {group['percent']!r}, total: {group['total']!r}"
    return (
        f"'{group['percent']}' has no counts and is a column of the studies; an outcome, it has "
        f"this line below outcomes in columns.yaml: {_identifier(stem)}: {{{columns}}}"
    )


def _with_limits(table: Table, groups: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """The groups; a column `HR (95% CI)` whose cells hold value and limits is the value's, and
    a ratio whose cells hold its limits has its interval there.
    """
    for stem in [stem for stem, group in groups.items() if "interval" in group]:
        header = groups[stem]["interval"]
        outcome, role = role_of(stem)
        if role in VALUES and _holds_limits(table, header):
            group = groups.setdefault(outcome, {})
            if role not in group:
                group[role] = groups[stem].pop("interval")
    for group in groups.values():
        for measure in PRINTED:
            if measure in group and not _interval(group) and _holds_limits(table, group[measure]):
                group["interval"] = group[measure]
    return groups


def _holds_limits(table: Table, header: str) -> bool:
    """Whether most cells of a column hold limits behind their value."""
    filled = table.filled(header)
    return 2 * sum(bool(numbers.with_limits(text)[1]) for text in filled) > len(filled)


def _counts(table: Table, group: dict[str, str]) -> bool:
    """Whether the cells of the events are counts as far as there are any."""
    header = group.get("fraction") or group.get("events")
    if header is None:
        return True
    read = fraction if "fraction" in group else count
    good = bad = 0
    for text in table.texts(header):
        if read is count and percent_beside(text):
            good += 1  # 35.5 (12) has a count as well as 12 (35.5): the rows' reader says which
            continue
        try:
            good += read(text, table.decimal) is not None
        except Unreadable:
            bad += 1
    return good > bad


def _label(stem: str, group: dict[str, str]) -> str:
    """The outcome's name as the header has it, without the word for its role."""
    header = group.get("events") or next(iter(group.values()))
    parts = set(stem.split("_"))
    kept = [w for w in header.split() if plain(w) and set(plain(w).split("_")) <= parts]
    text = " ".join(kept)
    return text if plain(text) == stem else _capital(stem.replace("_", " "))


def _capital(text: str) -> str:
    """Short words are abbreviations; others begin with a capital."""
    return text.upper() if len(text) <= 3 else text[:1].upper() + text[1:]


def _long(table: Table, column: str, own: dict[str, str]) -> dict[str, Outcome]:
    """The outcomes that a long table names, in its order, each of the kind that its rows fill."""
    rows: dict[str, list[list[str]]] = {}
    for text, (_, cells) in zip(table.texts(column), table.records, strict=True):
        rows.setdefault(" ".join(text.split()), []).append(cells)
    outcomes: dict[str, Outcome] = {}
    for word, of_word in rows.items():
        if not word:
            continue
        group = _filled(table, own, of_word)
        kinds = _kinds(group)
        if not kinds:  # nothing is reported: it has no values, and this is told
            group, kinds = own, _kinds(own) or ["proportion"]
        of_time = plain(word).removeprefix("median_") in TIMES and "time" in kinds
        kind = "time" if of_time else kinds[0]
        others = [k for k in kinds if k != kind and group is not own]
        if others:
            table.remarks.append(
                f"'{word}' is read as a {kind}; it has values of a {others[0]} too"
            )
        name = unlike(_identifier(word), outcomes)
        outcomes[name] = Outcome(word, kind, _values(kind, group), word)
    return outcomes


def _filled(table: Table, own: dict[str, str], rows: list[list[str]]) -> dict[str, str]:
    """The roles that rows of an outcome fill; a median that is not reached counts if need be."""
    texts = {role: [cells[table.column(header)] for cells in rows] for role, header in own.items()}
    filled = {role for role, cells in texts.items() if not all(map(numbers.is_missing, cells))}
    if "median" in own and _kind({role: own[role] for role in filled}) is None:
        unreached = any(map(numbers.is_not_reached, texts["median"])) or "not_reached" in filled
        filled |= {"median"} if unreached else set()
    return {role: header for role, header in own.items() if role in filled}


def _rest(
    table: Table, used: set[str | None], kept: dict[str, str]
) -> tuple[dict[str, str], list[str]]:
    """The other columns: for the sheet studies, as those of `kept`, or left out."""
    studies: dict[str, str] = {}
    left_out = []
    for header in table.headers:
        if header in used:
            continue
        word = plain(header)
        filled = any(text.strip() for text in table.texts(header))
        computed = word in COMPUTED or role_of(header)[1] in (
            "low", "high", "interval", "percent", "estimate", "total", "n",
        )  # fmt: skip
        computed = computed and header not in kept
        if not filled or computed or _row_numbers(table, header):
            left_out += [header] if filled else []
            continue
        name = KNOWN_STUDY_COLUMN.get(word)
        if name == "include" and not _yes_or_no(table, header):
            name = "included"  # a number of patients, or a criterion
        name = name or {"author": "first_author"}.get(role_of(header)[1])
        name = name or _identifier(header, TAKEN | TAKEN_IN_STUDIES)
        studies[header] = unlike(name, set(studies.values()))
    _tell_fixed_times(table, studies)
    return studies, left_out


def _tell_fixed_times(table: Table, studies: dict[str, str]) -> None:
    """Columns of survival at fixed times, which have a sheet of their own."""
    found = [header for header in studies if AT_A_TIME.fullmatch(plain(header))]
    if found:
        table.remarks.append(
            f"{some(found)} may be survival at fixed times, which is no count of patients: kept as "
            "columns of the studies; as outcomes of kind landmark they are rows of a sheet "
            "landmarks_1 (docs/extraction.md)"
        )


def _yes_or_no(table: Table, header: str) -> bool:
    """Whether a column says of each study that it is included or not."""
    return all(text.strip().casefold() in YES_NO for text in table.filled(header))


def _row_numbers(table: Table, header: str) -> bool:
    """Whether a first column without a name only counts the rows, as data frames do."""
    texts = [text.strip() for text in table.texts(header)]
    unnamed = header == table.headers[0] == "column A"
    return unnamed and texts == [str(number) for number in range(1, len(texts) + 1)]


#: Names that a study column or outcome may not have: the program uses them.
TAKEN = frozenset(
    {"study_id", "label", "year", "trial", "layer", "sheet", "row", "agreement", "outcome"}
)


def _identifier(text: str, taken: Collection[str] = TAKEN) -> str:
    """A name of small letters, digits and underscores that begins with a letter.

    >>> _identifier("CRS, grade ≥3"), _identifier("5-year OS"), _identifier("")
    ('crs_grade_3', 'x5_year_os', 'outcome_1')
    """
    word = "".join(char if char.isascii() else "_" for char in plain(text))
    word = "_".join(part for part in word.split("_") if part)[:60].strip("_") or "outcome_1"
    word = word if word[0].isalpha() else f"x{word}"
    return f"{word}_" if word in taken else word


def unlike(name: str, others: Any, sign: str = "_") -> str:
    """The name, with a number behind it if there is one such already."""
    number, found = 2, name
    while found in others:
        found, number = f"{name}{sign}{number}", number + 1
    return found
