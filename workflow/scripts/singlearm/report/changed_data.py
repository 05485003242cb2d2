"""Studies and cells that differ between two data versions, with the reason from the change log."""

from collections.abc import Iterator
from operator import itemgetter

from singlearm.catalogue import Row
from singlearm.catalogue.tables import format_cell

#: What a study's row says about where it was read, not about the study.
ORIGIN = ("layer", "sheet", "row", "agreement")
#: What stands for a study that came or went.
IDENTITY = ("first_author", "year", "n_infused")
#: By table: the columns that name a cell within its study, and those that hold its value.
CELLS = {
    "outcomes": (("outcome",), ("events", "total")),
    "durations": (("outcome",), ("value_months", "ci_low", "ci_high", "n", "not_reached")),
    "comparative": (
        ("outcome", "comparison", "followup_months"),
        (
            "effect_measure",
            "estimate",
            "ci_low",
            "ci_high",
            "events_treat",
            "n_treat",
            "events_ctrl",
            "n_ctrl",
        ),
    ),
}


def values_text(row: Row, names) -> str | None:
    """`name=value; name=value` of the columns that are filled; None if none is."""
    known = [f"{name}={format_cell(row[name])}" for name in names if row[name] is not None]
    return "; ".join(known) or None


def parse_values(text: str | None) -> dict[str, str]:
    """The values of a text written by `values_text`."""
    return dict(part.split("=", 1) for part in text.split("; ")) if text else {}


def change_row(kind, item, act, before, after, changed, reason) -> Row:
    """One row of `changes.csv`."""
    values = (kind, item, act, before, after, changed, reason or None)
    names = ("kind", "item", "act", "before", "after", "changed", "reason")
    return dict(zip(names, values, strict=True))


def study_changes(update) -> Iterator[Row]:
    """Studies that came in, went out, or whose row says something else now."""
    before, after = (_by_id(version.studies) for version in (update.before, update.after))
    for study_id in sorted(before.keys() | after.keys()):
        old, new = before.get(study_id), after.get(study_id)
        if old is None:
            text = values_text(new, IDENTITY)
            yield change_row("study", study_id, "added", None, text, True, f"layer {new['layer']}")
        elif new is None:
            act, reason = _why_gone(update, study_id)
            yield change_row("study", study_id, act, values_text(old, IDENTITY), None, True, reason)
        else:
            names = [name for name in {**old, **new} if name not in ORIGIN]
            differ = [name for name in names if old.get(name) != new.get(name)]
            if differ:
                texts = [values_text(dict.fromkeys(differ) | row, differ) for row in (old, new)]
                yield change_row(
                    "study", study_id, "replaced", *texts, True, f"layer {new['layer']}"
                )


def cell_changes(update) -> Iterator[Row]:
    """Cells (study and outcome) that are new, gone, or have another value."""
    gone = _by_id(update.before.studies).keys() - _by_id(update.after.studies).keys()
    for kind, (keys, names) in CELLS.items():
        before, after = (
            {(row["study_id"], *(row[key] for key in keys)): row for row in getattr(version, kind)}
            for version in (update.before, update.after)
        )
        for key in sorted(before.keys() | after.keys(), key=str):
            old, new = before.get(key), after.get(key)
            if old and new and all(old[name] == new[name] for name in names):
                continue
            study_id, label = key[0], _log_label(key)
            if new is None and study_id in gone:
                act, reason = _why_gone(update, study_id)
            elif new is None:
                act, reason = _logged(update, study_id, label) or ("withdrawn", None)
            else:
                act = "replaced" if old else "added"
                reason = (_logged(update, study_id, label) or (act, None))[1]
                reason = reason or f"layer {new['layer']}"
            item = "/".join(format_cell(part) for part in key)
            texts = [_cell_text(kind, row, names) for row in (old, new)]
            yield change_row("cell", item, act, *texts, True, reason)


def _by_id(studies: list[Row]) -> dict[str, Row]:
    return {row["study_id"]: row for row in studies}


def _cell_text(kind: str, row: Row | None, names) -> str | None:
    """`18/33` for counts, named values for the other kinds."""
    if row is None:
        return None
    if kind == "outcomes":
        return f"{row['events']}/{row['total']}"
    return values_text(row, names)


def _why_gone(update, study_id: str) -> tuple[str, str | None]:
    """Act and reason with which a study left: superseded, excluded, or not in the layers at all."""
    for row in update.after.change_log:
        of_study = row["study_id"] == study_id and row["outcome"] is None
        if of_study and row["act"] in ("superseded", "excluded"):
            return row["act"], row["reason"]
    return "removed", f"in no layer of version {update.after.version}"


def _log_label(key: tuple) -> str:
    """How the change log calls a cell: the outcome, with contrast and cut if it is comparative."""
    if len(key) == 2:
        return key[1]
    _, outcome, comparison, cut = key
    when = "no cut given" if cut is None else f"{cut:.10g} months"
    return f"{outcome}, {comparison}, {when}"


def _logged(update, study_id: str, label: str) -> tuple[str, str | None] | None:
    """Act and reason of the last row about a cell that only the log of the new version has."""
    place = itemgetter("layer", "sheet", "row", "study_id", "outcome")
    known = set(map(place, update.before.change_log))
    found = None
    for row in update.after.change_log:
        if (row["study_id"], row["outcome"]) == (study_id, label) and place(row) not in known:
            found = (row["act"], row["reason"])
    return found
