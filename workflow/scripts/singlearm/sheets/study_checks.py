"""What must hold between rows and layers: known studies, superseding, one report per patient."""

from .codebook import EXTRACTED
from .layers import BAD, Layer
from .problems import Faults, near
from .stack import Stack, Study, split

#: Two reports on one product in one country may share patients if at most this many years apart.
YEARS_APART = 2
#: Near names are looked up for this many unknown studies of a layer; the search is slow.
HINTED = 200
#: What a note says about two cohorts that were checked.
DISTINCT = ("distinct patients", "different patients", "no overlap")

#: Sheets that name studies.
NAMING = [f"{kind}_{n}" for kind in EXTRACTED for n in (1, 2)]
NAMING += [*EXTRACTED.values(), "risk_of_bias"]


def check_names(layer: Layer, lower: set[str], faults: Faults) -> None:
    """Every study that a sheet names is in `studies` of this or a lower layer (`lower`)."""
    own = {row["study_id"] for row in layer.rows("studies")} - {BAD, None}
    known, hinted = own | lower, 0
    for sheet in NAMING:
        for row in layer.rows(sheet):
            name = row["study_id"]
            if name is not BAD and name is not None and name not in known:
                hinted += 1
                hint = near(name, known) if hinted <= HINTED else ""
                faults.error(
                    sheet,
                    "unknown_study",
                    "is not a study of this or a lower layer",
                    hint or "add it to studies",
                    row=row["row"],
                    column="study_id",
                    value=name,
                )
    for row in layer.rows("studies"):
        for name in split(row["supersedes"]) if row["supersedes"] is not BAD else []:
            if name == row["study_id"]:
                faults.error(
                    "studies",
                    "supersedes",
                    "supersedes itself",
                    "name the older report",
                    row=row["row"],
                    column="supersedes",
                    value=name,
                )
            elif name not in known:
                faults.error(
                    "studies",
                    "supersedes",
                    "is not a study of this or a lower layer",
                    near(name, known),
                    row=row["row"],
                    column="supersedes",
                    value=name,
                )


def check_circles(stack: Stack, faults_of: dict[str, Faults]) -> None:
    """No included study supersedes, over others, itself: both would be dropped."""
    olds = {
        study.study_id: split(study.values["supersedes"])
        for study in stack.studies.values()
        if study.included and study.values["supersedes"] is not BAD
    }
    for name in olds:
        seen, todo = set(), list(olds[name])
        while todo:
            old = todo.pop()
            if old not in seen:
                seen.add(old)
                todo += olds.get(old, [])
        if name in seen and name not in olds[name]:
            study = stack.studies[name]
            faults_of[study.layer].error(
                "studies",
                "supersedes",
                "supersedes itself over other studies",
                "let the newest report supersede the others",
                row=study.row,
                column="supersedes",
                value=study.values["supersedes"],
            )


def check_cohorts(studies: list[Study], faults_of: dict[str, Faults]) -> None:
    """No two analysed studies may count the same patients: one cohort, or signs of one."""
    studies = [s for s in studies if BAD not in s.values.values()]
    for place, study in enumerate(studies):
        for other in studies[:place]:
            _check_two(other, study, faults_of[study.layer])


def _check_two(other: Study, study: Study, faults: Faults) -> None:
    one, two = other.values, study.values
    named = f"{other.study_id} ({other.layer}, row {other.row}) and {study.study_id}"
    if one["cohort"] and one["cohort"] == two["cohort"]:
        faults.error(
            "studies",
            "cohort_twice",
            f"{named} are both included with this cohort",
            "let the newer supersede the older, or set include to no",
            row=study.row,
            column="cohort",
            value=two["cohort"],
        )
        return
    if (one["cohort"] and two["cohort"]) or _told_distinct(one, two) or _told_distinct(two, one):
        return  # the sheet says that they are two groups of patients
    shared = set(split(one["registration"])) & set(split(two["registration"]))
    column, why = "registration", f"the registration {', '.join(sorted(shared))}"
    if not shared:
        column, why = "product", f"product and country within {YEARS_APART} years"
        same = all(one[name] and one[name] == two[name] for name in ("product", "country"))
        years = one["year"], two["year"]
        if not same or None in years or abs(years[0] - years[1]) > YEARS_APART:
            return
    faults.warn(
        "studies",
        "cohorts_alike",
        f"{named} share {why}",
        "fill cohort for both, fill supersedes, or note that they are distinct patients",
        row=study.row,
        column=column,
        value=two[column],
    )


def _told_distinct(one: dict, two: dict) -> bool:
    notes = (one["notes"] or "").casefold()
    return two["study_id"].casefold() in notes or any(words in notes for words in DISTINCT)
