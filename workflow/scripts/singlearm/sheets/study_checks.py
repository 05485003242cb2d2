"""What must hold between rows and layers: known studies, superseding, one report per patient."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from .cells import BAD
from .core import EXTRACTED
from .layers import Layer
from .problems import Faults, at, near
from .reconcile import Cell
from .stack import Stack, Study, reports_above, split
from .studies import references, same_name, same_report, trial_ids

#: Two reports on one product in one country may share patients if at most this many years apart.
YEARS_APART = 2
#: Near names are looked up for this many unknown studies of a layer; the search is slow.
HINTED = 200
#: What a note says about two cohorts that were checked.
DISTINCT = ("distinct patients", "different patients", "separate patients", "no overlap")
#: Signs that people write between trial ids in place of a semicolon.
COMMAS = ",，、；"

#: Sheets that name studies.
NAMING = [f"{kind}_{n}" for kind in EXTRACTED for n in (1, 2)]
NAMING += [*EXTRACTED.values(), "risk_of_bias"]
#: What is said of a name that no row of studies has.
UNKNOWN = "is not a study of this or a lower layer"


def check_names(layer: Layer, lower: set[str], faults: Faults) -> None:
    """Every study that a sheet names is in `studies` of this or a lower layer (`lower`)."""
    own = {row["study_id"] for row in layer.rows("studies")} - {BAD, None}
    known, hinted = own | lower, 0
    for sheet in NAMING:
        for row in layer.rows(sheet):
            name = row["study_id"]
            if name is not BAD and name is not None and name not in known:
                hinted += 1
                hint = (near(name, known) if hinted <= HINTED else "") or "add it to studies"
                faults.error(sheet, "unknown_study", UNKNOWN, hint, **at(row, "study_id"))
    for row in layer.rows("studies"):
        ids = row["registration"]
        if isinstance(ids, str) and any(sign in ids for sign in COMMAS):
            told = "has a comma between trial ids; they are joined by ';'"
            hint = f"write {'; '.join(trial_ids(ids).values()).replace(' ', '')}"
            faults.error("studies", "list_form", told, hint, **at(row, "registration"))
        for name in split(row["supersedes"]) if row["supersedes"] is not BAD else []:
            where = at(row, "supersedes", name)
            if name == row["study_id"]:
                told, hint = "supersedes itself", "name the older report"
                faults.error("studies", "supersedes", told, hint, **where)
            elif name not in known:
                faults.error("studies", "supersedes", UNKNOWN, near(name, known), **where)


def check_circles(stack: Stack, faults_of: dict[str, Faults]) -> None:
    """No included study supersedes, over others, itself: both would be dropped."""
    olds = {
        study.study_id: split(study.values["supersedes"])
        for study in stack.studies.values()
        if study.included and study.values["supersedes"] is not BAD
    }
    for name in olds:
        if name in reports_above(name, olds) and name not in olds[name]:
            study = stack.studies[name]
            told = "supersedes itself over other studies"
            hint = "let the newest report supersede the others"
            where = at(study.values, "supersedes")
            faults_of[study.layer].error("studies", "supersedes", told, hint, **where)


def check_lost(stack: Stack, superseded: str, faults_of: dict[str, Faults]) -> None:
    """List the cells of superseded reports that the newer report does not have."""
    carried = stack.carried_cells() if superseded == "keep" else {}
    lost: dict[tuple[str, str, bool], list[Cell]] = defaultdict(list)
    for key, study in stack.lost_cells().items():
        lost[study.study_id, stack.cells[key].study_id, key in carried].append(stack.cells[key])
    for (new, old, goes_on), cells in lost.items():
        study = stack.studies[new]
        listed = ", ".join(dict.fromkeys(f"{cell.label} {cell.text}".strip() for cell in cells))
        hint = "make sure that it is meant"
        if goes_on:
            becomes = f"carried over under {new}"
        elif superseded == "keep":
            becomes = "left out of the analysis, as a later report's is carried over"
        else:
            becomes = "left out of the analysis"
            hint = "extract it for the newer report, or say `superseded: keep` under the version"
        told = f"{new} supersedes {old} and does not report {listed}; {becomes}"
        where = at(study.values, "supersedes", old)
        faults_of[study.layer].warn("studies", "superseded_cells", told, hint, **where)


def check_left(stack: Stack, filled: bool, faults_of: dict[str, Faults]) -> None:
    """Of sheets with values something is left; else every study is excluded or superseded."""
    if filled and not stack.cells:
        told = "no value is left to analyse: every one is excluded, superseded or not verified"
        hint = "look at the columns include and supersedes"
        last = list(faults_of.values())[-1]
        last.error("studies", "nothing_left", told, hint, column="include")


def check_cohorts(stack: Stack, alike: Sequence[str], faults_of: dict[str, Faults]) -> None:
    """No two analysed studies may count the same patients: one cohort, or signs of one.

    Parameters
    ----------
    alike : sequence of str
        Columns whose equal values, a few years apart, are a sign (the protocol's `studies: alike`).
    """
    for other, study in _pairs(stack.readable(), alike):
        _check_two(other, study, alike, faults_of[study.layer])


def _pairs(studies: list[Study], alike: Sequence[str]) -> Iterator[tuple[Study, Study]]:
    """The pairs that share a sign, each once, in the order of the sheets."""
    by_sign: dict[tuple, list[int]] = defaultdict(list)
    for place, study in enumerate(studies):
        for sign in _signs(study.values, alike):
            by_sign[sign].append(place)
    pairs = {
        (two, one)
        for places in by_sign.values()
        for n, two in enumerate(places)
        for one in places[:n]
    }
    for two, one in sorted(pairs):
        yield studies[one], studies[two]


def _signs(study: dict, alike: Sequence[str]) -> set[tuple]:
    """What a study shares with another report on the same patients."""
    signs: set[tuple] = set(references(study))
    signs |= {(name, same_name(study[name])) for name in ("study_id", "cohort") if study[name]}
    if alike and all(study[name] for name in alike):
        signs.add(("alike", *(study[name] for name in alike)))
    return {sign for sign in signs if sign[1]}


def _check_two(other: Study, study: Study, alike: Sequence[str], faults: Faults) -> None:
    one, two = other.values, study.values
    named = f"{other.study_id} ({other.layer}, row {other.row}) and {study.study_id}"
    if same_name(one["study_id"]) == same_name(two["study_id"]):
        told = f"{named} are one name but for case, blanks or signs"
        hint = "write it in one way, let the newer supersede the older, or name them apart"
        faults.error("studies", "study_twice", told, hint, **at(two, "study_id"))
    if one["cohort"] and two["cohort"] and same_name(one["cohort"]) == same_name(two["cohort"]):
        told = f"{named} are both included with this cohort"
        hint = "let the newer supersede the older, or set include to no"
        faults.error("studies", "cohort_twice", told, hint, **at(two, "cohort"))
        return
    if (one["cohort"] and two["cohort"]) or _told_distinct(one) or _told_distinct(two):
        return  # the sheet says that they are two groups of patients
    same = same_report(one, two)
    if same:
        column, why = same[0], f"the {same[0]} {same[1]}"
    elif alike and all(one[name] and one[name] == two[name] for name in alike):
        years = one["year"], two["year"]
        if None in years or abs(years[0] - years[1]) > YEARS_APART:
            return
        column, why = alike[0], f"{' and '.join(alike)} within {YEARS_APART} years"
    else:
        return
    hint = 'fill cohort for both, fill supersedes, or write "distinct patients" in notes'
    faults.warn("studies", "cohorts_alike", f"{named} share {why}", hint, **at(two, column))


def _told_distinct(study: dict) -> bool:
    """Whether the notes say so; that they name the other study says nothing about patients."""
    notes = (study["notes"] or "").casefold()
    return any(words in notes for words in DISTINCT)
