"""Studies and cells that differ between two data versions, with the reason from the change log."""

from collections.abc import Iterable, Iterator
from operator import itemgetter

from singlearm.catalogue import Row
from singlearm.catalogue.language import say
from singlearm.catalogue.tables import columns, format_cell
from singlearm.kinds import WITH_SHEETS, Kind, Settings
from singlearm.report.versions import Update

#: What a row says about where it was read, not about the study or its result.
ORIGIN = ("layer", "sheet", "row", "agreement")
#: Act of a cell whose value is an older report's that a newer one without it supersedes.
CARRIED = "carried over"
#: What a cell's row says about its source.
SOURCE = ("derived", "source_url", "source_locator", "source_type", "confidence", "notes", *ORIGIN)


def change_row(kind: str, item: str, act: str, **values: object) -> Row:
    """One row of `changes.csv`; what is not given is missing."""
    known = {"kind": kind, "item": item, "act": act} | values
    known["reason"] = known.get("reason") or None
    return dict.fromkeys(columns("changes")) | known


def values_text(row: Row, names: Iterable[str]) -> str | None:
    """`year 2020, phase 1/2`: the columns that are filled, for people; None if none is."""
    known = [
        f"{name.replace('_', ' ')} {_cell(row[name])}" for name in names if row[name] is not None
    ]
    return ", ".join(known) or None


def study_changes(update: Update) -> Iterator[Row]:
    """Studies that came in, went out, or whose row says something else now."""
    before, after = (_by_id(version.rows("studies")) for version in (update.before, update.after))
    settings = update.protocol.get("studies", {})
    for study_id in sorted(before.keys() | after.keys()):
        old, new = before.get(study_id), after.get(study_id)
        if old is None and new is not None:
            text, reason = _who(new, settings), _layer(new)
            yield change_row("study", study_id, "added", after=text, changed=True, reason=reason)
        elif old is not None and new is None:
            act, why = _why_gone(update, study_id)
            text = _who(old, settings)
            yield change_row("study", study_id, act, before=text, changed=True, reason=why)
        elif old is not None and new is not None:
            names = [name for name in {**old, **new} if name not in ORIGIN]
            differ = [name for name in names if old.get(name) != new.get(name)]
            if differ:
                texts = [values_text(dict.fromkeys(differ) | row, differ) for row in (old, new)]
                both = {"before": texts[0], "after": texts[1]}
                act, why = "replaced", _layer(new)
                yield change_row("study", study_id, act, **both, changed=True, reason=why)


def cell_changes(update: Update) -> Iterator[Row]:
    """Cells (study and outcome) that are new, gone, or have another value."""
    before, after = (_by_id(version.rows("studies")) for version in (update.before, update.after))
    gone = before.keys() - after.keys()
    for kind in WITH_SHEETS:
        yield from _cells_of(update, kind, gone)


def _cells_of(update: Update, kind: Kind, gone: set[str]) -> Iterator[Row]:
    further = [name for name in kind.sheet.key if name not in ("study_id", "outcome")]
    key_names = ("study_id", "outcome", *further)
    values = [name for name in columns(kind.sheet.clean_table) if name not in (*key_names, *SOURCE)]
    before, after = (
        {
            tuple(row[name] for name in key_names): row
            for row in version.rows(kind.sheet.clean_table)
        }
        for version in (update.before, update.after)
    )
    for key in sorted(before.keys() | after.keys(), key=str):
        old, new = before.get(key), after.get(key)
        if old and new and all(old[name] == new[name] for name in values):
            continue
        act, reason = _what_happened(update, kind, old, new, gone)
        yield change_row(
            "cell",
            "/".join(_cell(part) for part in key),
            act,
            before=_value_text(kind, old, values),
            after=_value_text(kind, new, values),
            changed=True,
            reason=reason,
            outcome=key[1],
        )


def _what_happened(
    update: Update, kind: Kind, old: Row | None, new: Row | None, gone: set[str]
) -> tuple[str, str | None]:
    """Act and reason of a cell that is new, gone, or another."""
    row = new or old or {}
    study_id = row["study_id"]
    if new is None and study_id in gone:
        return _why_gone(update, study_id)
    logged = _logged(update, study_id, kind.sheet.label(row))
    if new is None:
        return logged or ("withdrawn", None)
    reason = logged[1] if logged else None
    carried = new.get("carried_from")
    if carried and carried != (old or {}).get("carried_from"):
        return CARRIED, reason or _layer(new)
    return "replaced" if old else "added", reason or _layer(new)


def _layer(row: Row) -> str:
    """Which layer a new row is from."""
    return say("layer {layer}", layer=row["layer"])


def _value_text(kind: Kind, row: Row | None, values: list[str]) -> str | None:
    if row is None:
        return None
    return kind.sheet.text(row) or values_text(row, values)


def _cell(value: object) -> str:
    """A value for people: a number with the digits that it was given."""
    return repr(value).removesuffix(".0") if isinstance(value, float) else format_cell(value)


def _who(row: Row, settings: Settings) -> str | None:
    """Author, year and size of a study that came or went: `Lee A 2019, 38 patients`."""
    who = " ".join(_cell(row[name]) for name in ("first_author", "year") if row.get(name))
    size = row.get(settings.get("size", ""))
    many = "" if size is None else f"{_cell(size)} {settings['size_label']}"
    return ", ".join(part for part in (who, many) if part) or None


def _by_id(studies: list[Row]) -> dict[str, Row]:
    return {row["study_id"]: row for row in studies}


def _why_gone(update: Update, study_id: str) -> tuple[str, str | None]:
    """Act and reason with which a study left: superseded, excluded, or not in the layers at all."""
    for row in update.after.rows("change_log"):
        of_study = row["study_id"] == study_id and row["outcome"] is None
        if of_study and row["act"] in ("superseded", "excluded"):
            return row["act"], row["reason"]
    return "removed", say("in no layer of version {version}", version=update.after.version)


def _logged(update: Update, study_id: str, label: str) -> tuple[str, str | None] | None:
    """Act and reason of the last row about a cell that only the log of the new version has."""
    place = itemgetter("layer", "sheet", "row", "study_id", "outcome")
    known = set(map(place, update.before.rows("change_log")))
    found = None
    for row in update.after.rows("change_log"):
        if (row["study_id"], row["outcome"]) == (study_id, label) and place(row) not in known:
            found = (row["act"], row["reason"])
    return found
