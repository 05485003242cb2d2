"""How far one outcome moves, and what each interval holds if the primary model is true."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from singlearm.catalogue import Column, Row, notes, numbers
from singlearm.catalogue.language import mark, say
from singlearm.kinds.model_words import ESTIMANDS, estimand, model_of
from singlearm.kinds.proportion import headlined, is_one_number
from singlearm.report import tables, words
from singlearm.report.review import Review
from singlearm.report.table import Table

#: Of fewer subsets than this the middle 95% would lie between single ones.
FEW_SUBSETS = 40
#: A 95% interval that covers the truth this often keeps its promise; one below the other does not.
KEPT, BROKEN = 0.93, 0.90
_KEPT = mark(
    "The 95% interval ({of}) held the true value in {kept}% or more of the simulated reviews "
    "under: {models}."
)
_BETWEEN = mark(
    "The 95% interval ({of}) held the true value in {broken}% to {kept}% of the simulated reviews "
    "under: {models}."
)
_BROKEN = mark(
    "The 95% interval ({of}) held the true value in fewer than {broken}% of the simulated reviews "
    "under: {models}."
)
Found = Mapping[str, Sequence[Row]]
CHOICES = {
    "likelihood": mark("the likelihood"),
    "measure": mark("the scale of the effect sizes"),
    "tau2_estimator": mark("whether studies may differ (tau²), and how tau² is estimated"),
    "zeros": mark("the handling of studies with no or all events"),
    "inclusion": mark("the choice of studies"),
    "data_cut": mark("earlier or latest reports"),
    "denominators": mark("the denominators"),
}


def context(review: Review, name: str) -> dict[str, Any]:
    """Sentences, and a row for each model of the simulation; empty where nothing was varied."""
    found = review.sensitivity.get(name, {})
    lines = [
        _left_out(review, found, name),
        _trials_left_out(review, found, name),
        _subsets(review, found, name),
        _choices(review, found),
        _not_of_trials(review, found),
    ]
    rows = _calibrated(review, found)
    return {
        "lines": [line for line in lines if line],
        "calibration": _calibration(review, name, rows),
        "trust": _trust(review, rows, review.lead(name)),
        "datasets": max((row["datasets"] for row in rows), default=0),
    }


def _primary(review: Review, rows: Sequence[Row], led: Row | None) -> list[Row]:
    """The primary model's refits with their headline (`value`), which is that of all studies."""
    model = review.protocol["primary"]
    ours = [row for row in rows if row["model"] == model and row["estimate"] is not None]
    if led is None or led["of"] != "average":
        return [row | {"value": row["estimate"]} for row in ours]
    every = [headlined(row, review.protocol) for row in ours]
    return [row for row in every if row["of"] in ("average", "common") and row["value"] is not None]


def _of(row: Row) -> str:
    """What the headline of a row is of, which its refits share."""
    return say(ESTIMANDS[row["of"]])


def _ends(rows: Sequence[Row], column: str = "value") -> dict[str, str]:
    """Lowest and highest number of some refits, as they print."""
    values = [row[column] for row in rows]
    return {"low": numbers.percent(min(values)), "high": numbers.percent(max(values))}


def _left_out(review: Review, found: Found, name: str) -> str:
    row = review.lead(name)
    one = _primary(review, found.get("leave_one_out", ()), row)
    if len(one) < 2 or row is None or row["estimate"] is None or row["k"] < 3:
        return ""  # without one of two studies the other is left, which is no pooled value
    low, high = (pick(one, key=lambda r: r["value"]) for pick in (min, max))
    which = say("one study at a time")
    if len(one) < (row["k"] or 0):
        n = numbers.count(len(one))
        which = say("one at a time of the {n} studies that move it most", n=n)
    text = say(
        "Without {which} the pooled value ({of}) runs from {low}% (without {lowest}) to {high}% "
        "(without {highest})",
        which=which,
        of=_of(row),
        lowest=review.study_label(low["left_out"]),
        highest=review.study_label(high["left_out"]),
        **_ends(one),
    )
    pairs = _primary(review, found.get("leave_two_out", ()), row) if row["k"] > 3 else []
    if pairs:
        among = {study for pair in pairs for study in pair["left_out"].split(";")}
        which = say("any two studies")
        if len(among) < (row["k"] or 0):
            which = say("two of the {n} that move it most", n=numbers.count(len(among)))
        text += say("; without {which} from {low}% to {high}%", which=which, **_ends(pairs))
    return f"{text}. {_of_the_median(row, one, pairs)}".strip()


def _of_the_median(row: Row, one: Sequence[Row], pairs: Sequence[Row]) -> str:
    """The same refits in the median study, which subsets and simulation are about."""
    if row["of"] != "average" or row["marginal"] is None or is_one_number(row):
        return ""
    without_two = (
        say("; without two from {low}% to {high}%", **_ends(pairs, "estimate")) if pairs else ""
    )
    return say(
        "In the median study ({estimate}% with all studies) it runs from {low}% to {high}%{pairs}.",
        estimate=numbers.percent(row["estimate"]),
        pairs=without_two,
        **_ends(one, "estimate"),
    )


def _trials_left_out(review: Review, found: Found, name: str) -> str:
    """How far the value moves without whole trials; nothing where no trial has two arms."""
    row = review.lead(name)
    rows = _primary(review, found.get("leave_one_trial_out", ()), row)
    known = [model.get("cluster") for model in review.protocol["models"].values()]
    column = next((c for c in known if c and any(row["trials"] == c for row in rows)), None)
    rows = [row for row in rows if row["trials"] == column]
    if row is None or len(rows) < 2:
        return ""
    low, high = (pick(rows, key=lambda r: r["value"]) for pick in (min, max))
    alone = {each["left_out"] for each in _primary(review, found.get("leave_one_out", ()), row)}
    if {low["left_out"], high["left_out"]} <= alone:
        return ""  # trials of one arm: said of studies already
    return say(
        "Without one trial at a time, all its arms together, the pooled value ({of}) runs from "
        "{low}% (without {lowest}) to {high}% (without {highest}).",
        of=_of(row),
        lowest=_studies(review, low["left_out"]),
        highest=_studies(review, high["left_out"]),
        **_ends(rows),
    )


def _studies(review: Review, left_out: str) -> str:
    return words.listing([review.study_label(study) for study in left_out.split(";")])


def _not_of_trials(review: Review, found: Found) -> str:
    """What a primary model of arms within trials leaves to the others."""
    model = review.protocol["models"][review.protocol["primary"]]
    if not model.get("cluster") or not found.get("leave_one_out"):
        return ""
    return say(
        "Subsets and combinations of choices take studies as independent and know no trials; pairs "
        "of studies, diagnostics of influence and the simulation, which do so too, are not "
        "computed under the primary model."
    )


def _subsets(review: Review, found: Found, name: str) -> str:
    rows = [r for r in found.get("gosh_summary", ()) if r["quantity"] == "estimate"]
    row = next((r for r in rows if r["model"] == "DL"), None)
    studies = [r for r in found.get("gosh_studies", ()) if r["mean_without"] is not None]
    if row is None or not studies:
        return ""
    split = max(studies, key=lambda r: abs(r["mean_with"] - r["mean_without"]))
    n = numbers.count(row["subsets"])
    sampled = "sampled" in notes.codes(row["note"])
    few = row["subsets"] < FEW_SUBSETS
    low, high = (row[end] for end in (("minimum", "maximum") if few else ("q025", "q975")))
    told = say(
        "Over {subsets} (two-step, DerSimonian-Laird{of}) the estimates lie between {low}% and "
        "{high}%{whole}; {study} splits them most (mean {mean_with}% with it, {mean_without}% "
        "without it)."
        if few
        else "Over {subsets} (two-step, DerSimonian-Laird{of}) the middle 95% of the estimates lie "
        "between {low}% and {high}%{whole}; {study} splits them most (mean {mean_with}% with it, "
        "{mean_without}% without it).",
        subsets=say("a sample of {n} subsets of two studies or more", n=n)
        if sampled
        else say("all {n} subsets of two studies or more", n=n),
        of=f"; {say(ESTIMANDS[row['estimand']])}" if row["estimand"] else "",
        low=numbers.percent(low),
        high=numbers.percent(high),
        whole=""
        if row["all_studies"] is None
        else say(", of all studies together it is {all}%", all=numbers.percent(row["all_studies"])),
        study=review.study_label(split["study_id"]),
        mean_with=numbers.percent(split["mean_with"]),
        mean_without=numbers.percent(split["mean_without"]),
    )
    ours = (review.lead(name) or {}).get("estimate")
    ends = [numbers.percent(end) for end in (low, high)]
    if ours is None or low <= ours <= high or numbers.percent(ours) in ends:
        return told
    return f"{told} {_outside(review, ours, above=ours > high)}"


def _outside(review: Review, ours: float, *, above: bool) -> str:
    """That the primary model's own estimate is beyond those of the subsets."""
    return say(
        "The primary model's {estimate}% ({of}) lies above that."
        if above
        else "The primary model's {estimate}% ({of}) lies below that.",
        estimate=numbers.percent(ours),
        of=_of_primary(review),
    )


def _of_primary(review: Review) -> str:
    """What the primary model's own estimate is of."""
    return say(ESTIMANDS[estimand(model_of(review.protocol, review.protocol["primary"]))])


def _choices(review: Review, found: Found) -> str:
    rows = found.get("multiverse_summary", ())
    whole = next((row for row in rows if row["choice"] == "all"), None)
    if whole is None:
        return ""
    text = say(
        "{combinations} combinations of analytic choices give {n} different estimates{of} from "
        "{low}% to {high}%, their median {median}%",
        combinations=numbers.count(whole["specifications"]),
        n=numbers.count(whole["distinct"]),
        of=f" ({say(ESTIMANDS[whole['estimand']])})" if whole["estimand"] else "",
        low=numbers.percent(whole["minimum"]),
        high=numbers.percent(whole["maximum"]),
        median=numbers.percent(whole["median_distinct"]),
    )
    text += _place_of_primary(review, whole) + _with_tau2(rows)
    moving = [row for row in rows if row["choice"] in CHOICES and row["moves_mean"] is not None]
    if moving:
        most = max(moving, key=lambda row: (row["moves_mean"], row["choice"]))
        text += say(
            "; what moves the estimate most is {choice} ({points} points on average, all else "
            "equal)",
            choice=say(CHOICES[most["choice"]]),
            points=numbers.percent(most["moves_mean"]),
        )
    return f"{text}. {notes.sentence(whole['note'])}".strip()


def _place_of_primary(review: Review, whole: Row) -> str:
    """Where the primary model's own estimate lies among those of all combinations."""
    below, above = whole["share_below_primary"], whole["share_above_primary"]
    if below is None or below == above == 0:
        return ""  # not known; all the same
    known = {"estimate": numbers.percent(whole["primary"]), "of": _of_primary(review)}
    if above == 0 and below == 1:
        return say("; the primary model's {estimate}% ({of}) lies above all of them", **known)
    if below == 0 and above == 1:
        return say("; the primary model's {estimate}% ({of}) lies below all of them", **known)
    if above == 0:
        return say("; the primary model's {estimate}% ({of}) is the highest of them", **known)
    if below == 0:
        return say("; the primary model's {estimate}% ({of}) is the lowest of them", **known)
    share = numbers.probability(below)
    return say(
        "; the primary model's {estimate}% ({of}) lies above {share} of them", share=share, **known
    )


def _with_tau2(rows: Sequence[Row]) -> str:
    """The range of the estimates without the combinations that let studies not differ."""
    levels = {(row["choice"], row["level"]): row for row in rows}
    if ("tau2_estimator", "EE") not in levels:
        return ""
    left = [
        row
        for (choice, level), row in levels.items()
        if (choice == "tau2_estimator" and level != "EE")
        or (choice == "likelihood" and level != "normal")
    ]
    if not left:
        return ""
    return say(
        "; without those of equal effects, which let no studies differ, from {low}% to {high}%",
        low=numbers.percent(min(row["minimum"] for row in left)),
        high=numbers.percent(max(row["maximum"] for row in left)),
    )


def _calibrated(review: Review, found: Found) -> list[Row]:
    """The rows of each model's interval under the primary model's truth, in the protocol's order,
    with the coverage of its prediction interval beside.
    """
    truth = review.protocol["primary"]
    rows = [row for row in found.get("calibration", ()) if row["simulated_from"] == truth]
    by = {(row["model"], row["interval"]): row for row in rows}
    return [
        row | {"prediction": by.get((model, "prediction"), {}).get("coverage")}
        for model in review.protocol["models"]
        if (row := by.get((model, "confidence"))) and row["coverage"] is not None
    ]


def _calibration(review: Review, name: str, rows: list[Row]) -> Table:
    title = say("Calibration: {outcome}", outcome=review.outcome_label(name))
    made = tables.table(review, "calibration", title, rows, key="model")
    heading = mark("Coverage of the prediction interval, %")
    return replace(
        made, columns=(*made.columns, Column("prediction", "number", heading, "percent"))
    )


def _trust(review: Review, rows: Sequence[Row], led: Row | None) -> str:
    """Which intervals keep what they promise for studies of these numbers and sizes."""
    kinds = _kinds(review, rows)
    of = say(ESTIMANDS[kinds.pop()] if len(kinds) == 1 else "the model's own estimate")
    as_printed = [(row, round(100 * row["coverage"], 1) / 100) for row in rows]
    told = []
    for sentence, held in (
        (_KEPT, [row for row, share in as_printed if share >= KEPT]),
        (_BETWEEN, [row for row, share in as_printed if BROKEN <= share < KEPT]),
        (_BROKEN, [row for row, share in as_printed if share < BROKEN]),
    ):
        models = _held(review, held, "coverage")
        if models:
            kept, broken = numbers.percent(KEPT, 0), numbers.percent(BROKEN, 0)
            told.append(say(sentence, of=of, kept=kept, broken=broken, models=models))
    if told and led and led["of"] == "average" and "typical" in _kinds(review, rows):
        told.append(say("The interval of the average over studies, which leads, is not simulated."))
    return " ".join([*told, *_new_study(review, rows)])


def _kinds(review: Review, rows: Sequence[Row]) -> set[str]:
    return {estimand(model_of(review.protocol, row["model"])) for row in rows}


def _held(review: Review, rows: Sequence[Row], column: str) -> str:
    """Models with what their intervals held."""
    return "; ".join(
        f"{review.model_label(row['model'])} ({numbers.percent(row[column])}%)" for row in rows
    )


def _new_study(review: Review, rows: Sequence[Row]) -> list[str]:
    """What the prediction intervals held: the primary model's, and those that break the promise."""
    known = [row for row in rows if row["prediction"] is not None]
    ours = [row for row in known if row["model"] == review.protocol["primary"]]
    broken = [row for row in known if round(100 * row["prediction"], 1) / 100 < BROKEN]
    told = [
        say(
            "The 95% prediction interval of the primary model held the true proportion of a new "
            "study in {percent}%.",
            percent=numbers.percent(row["prediction"]),
        )
        for row in ours
    ]
    if broken:
        told.append(
            say(
                "Prediction intervals that held it in fewer than {broken}%, so that new studies "
                "differ more than they say: {models}.",
                broken=numbers.percent(BROKEN, 0),
                models=_held(review, broken, "prediction"),
            )
        )
    return told
