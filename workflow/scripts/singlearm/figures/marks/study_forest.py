"""The forest plot of one outcome: its studies, subgroups and pooled results."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.catalogue.natural import natural
from singlearm.catalogue.notes import short
from singlearm.catalogue.words import TAU2_MODES
from singlearm.figures.marks.axis import percent_axis
from singlearm.figures.marks.base import over_largest
from singlearm.figures.marks.choices import ForestChoices, ForestError, Groups
from singlearm.figures.marks.estimands import ESTIMANDS, Estimate, estimates_of, pooled_is
from singlearm.figures.marks.forest import ForestMarks, ForestRow, notice_marks, off_axis
from singlearm.figures.marks.forest_cells import cell, counts, effect
from singlearm.figures.marks.inputs import (
    Data,
    FigureModel,
    Outcome,
    Rows,
    StudyWords,
    credible,
    number_of,
    rows_of,
)
from singlearm.figures.marks.layouts import LAYOUTS, ForestLayout, arranged, head_texts, with_signs
from singlearm.figures.marks.risk import UNKNOWN, Judged, signs_key, study_signs
from singlearm.figures.marks.words import AXIS_TITLE, choose_test, heterogeneity_line, test_words

NO_LEVEL = mark("not reported")
KEY = mark(
    "n/N: patients with the event among patients assessed. Squares: studies, with exact 95% "
    "intervals; area by weight, a study's share of the information on the pooled value. Diamonds: "
    "pooled, with 95% intervals. Dashed line: {line}."
)
#: How inconsistency is computed; Q, which is another statistic, may imply another number.
I2_IS = mark(
    "I²: τ² over the sum of τ² and the typical variance within studies; (Q − df)/Q may differ."
)
KEY_OF_ONE = mark(
    "n/N: patients with the event among patients assessed. Square: the study, with its exact 95% "
    "interval."
)
SHRUNKEN_KEY = mark(
    "Rings: each study's value under the model of all studies, drawn towards the {}, the more, the "
    "fewer patients it has."
)
#: What the subgroups' diamonds are, by whether they stand at the means.
ABOUT_DIAMONDS = {
    False: mark(
        "Subgroups: diamonds under one common τ², heterogeneity of each subgroup by itself"
    ),
    True: mark(
        "Subgroups: diamonds at the mean over studies under one common τ², heterogeneity of each "
        "subgroup by itself"
    ),
}
ABOVE = mark("A new study's true percentage lies above {bar}% with probability {chance}")
NO_SHRUNKEN = mark("No rings: the model has no value for each study")


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What all rows of a forest share."""

    pooled: Row
    model: FigureModel
    layout: ForestLayout
    choices: ForestChoices
    weights: Mapping[str, float | None]
    sizes: Mapping[str, float | None]
    details: Mapping[str, Row]
    shrunken: Mapping[str, float | None]
    both: bool

    def row(
        self, kind: str, texts: Mapping[str, str], details: Sequence[str] = (), **place: Any
    ) -> ForestRow:
        """A row with its texts in the layout's order; without details their cells are empty."""
        details = details or ("",) * len(self.choices.columns)
        left, right = arranged(self.layout, texts, details)
        return ForestRow(kind, left, right, **place)


def forest_marks(
    effects: Rows,
    pooled: Row,
    outcome: Outcome,
    model: FigureModel,
    data: Data,
    *,
    groups: Groups | None = None,
    choices: ForestChoices | None = None,
    studies: Rows = (),
    risk_of_bias: Rows = (),
    words: StudyWords | None = None,
) -> ForestMarks:
    """Rows of the forest plot of one outcome under one model.

    Parameters
    ----------
    effects : Rows
        One row a study (kind effects).
    pooled : Row
        The model's row (kind pooled).
    studies : Rows
        The analysis set (kind cells), for the columns of `choices`.
    risk_of_bias : Rows
        Rows of that sheet; its first tool becomes signs beside the studies.

    Raises
    ------
    ForestError
        If a chosen column is none of `studies`, or shrunken values are asked for and not there.
    """
    effects, choices, words = rows_of(effects), choices or ForestChoices(), words or StudyWords()
    if not effects:
        return notice_marks(outcome.label, data.unreported, data)
    details = {row["study_id"]: row for row in rows_of(studies)}
    _check_columns(choices, details, effects, model)
    weights = {row["study_id"]: number_of(row.get(f"weight_{model.name}")) for row in effects}
    sizes = dict(zip(weights, over_largest(list(weights.values())), strict=True))
    rings: dict[str, float | None] = {}
    if choices.shrunken:
        rings = {row["study_id"]: number_of(row[f"shrunken_{model.name}"]) for row in effects}
    both = choices.both and len(estimates_of(pooled, model, choices.headline)) > 1
    layout = LAYOUTS[choices.layout].with_second() if both else LAYOUTS[choices.layout]
    drawing = _Drawing(pooled, model, layout, choices, weights, sizes, details, rings, both)
    domains, signs = study_signs(rows_of(risk_of_bias))
    ordered = sorted(effects, key=lambda row: _sort_key(row, choices.sort, weights))
    unknown = (UNKNOWN,) * len(domains)
    lines = {
        row["study_id"]: _study_row(drawing, row, signs.get(row["study_id"], unknown))
        for row in ordered
    }
    rows = list(_grouped(drawing, ordered, lines, groups)) if groups else list(lines.values())
    rows += _total_rows(drawing)
    drawn = [row.estimate for row in rows] + [pooled["pi_low"], pooled["pi_high"]]
    bounds = [end for line in lines.values() for end in (line.low, line.high)]
    axis = percent_axis(drawn, bounds, say(AXIS_TITLE))
    last = [*off_axis(rows, axis), *_domain_key(domains, lines.values()), str(data)]
    headings = head_texts(drawing.layout)
    heads = arranged(drawing.layout, headings, [words.heading(name) for name in choices.columns])
    return ForestMarks(
        title=outcome.label,
        subtitle=model.label,
        left_heads=heads[0],
        right_heads=heads[1],
        details=len(choices.columns),
        sign_heads=tuple(map(str, range(1, len(domains) + 1))),
        rows=tuple(rows),
        axis=axis,
        reference=_estimates(drawing, pooled)[0].value if len(effects) > 1 else None,
        better=outcome.favours,
        footer=_footer(drawing, groups, outcome, last),
        layout=choices.layout,
    )


def _check_columns(
    choices: ForestChoices, details: Mapping[str, Row], effects: Sequence[Row], model: FigureModel
) -> None:
    """Raise where a choice asks for what the tables do not have."""
    known = next(iter(details.values()), {})
    for name in choices.columns:
        if details and name not in known:
            there = ", ".join(sorted(known))
            raise ForestError(f"forest: columns: '{name}' is no column of studies: {there}")
    if choices.shrunken and f"shrunken_{model.name}" not in effects[0]:
        raise ForestError(f"forest: shrunken: the model {model.name} has no such values")


def _study_row(drawing: _Drawing, row: Row, signs: tuple[Judged, ...]) -> ForestRow:
    key = row["study_id"]
    study = drawing.details.get(key, {})
    return drawing.row(
        "study",
        {"study": row["label"], "weight": numbers.weight(drawing.weights[key])}
        | counts(row)
        | effect(row["proportion"], row["ci_low"], row["ci_high"]),
        [cell(study.get(name)) for name in drawing.choices.columns],
        estimate=row["proportion"],
        low=row["ci_low"],
        high=row["ci_high"],
        size=drawing.sizes[key],
        key=key,
        signs=signs,
        shrunken=drawing.shrunken.get(key),
    )


def _grouped(
    drawing: _Drawing, ordered: Sequence[Row], lines: Mapping[str, ForestRow], groups: Groups
) -> Iterator[ForestRow]:
    """The studies of each level in the protocol's order; those without a level last."""
    shown, alone = groups.pooled(), groups.pooled("separate")
    if not shown:
        yield from lines.values()
        return
    members: dict[str | None, list[str]] = {name: [] for name in [*groups.names(), None]}
    for row in ordered:
        level = row.get(f"group_{groups.by}") or None
        members[level if level in members else None].append(row["study_id"])
    for level, keys in members.items():
        if not keys:
            continue
        yield _heading(groups, level, len(keys))
        yield from (lines[key] for key in keys)
        fit = shown.get(level or "")
        if fit and len(keys) > 1:
            yield from _subtotal(drawing, fit, alone.get(fit["level"], fit))
        yield ForestRow("gap", ())


def _heading(groups: Groups, level: str | None, count: int) -> ForestRow:
    studies = numbers.plural(count, "study", "studies")
    if level is None:
        studies = say("{studies}, in the overall estimate only", studies=studies)
    elif count == 1:
        studies = say("{studies}, not pooled", studies=studies)
    return ForestRow("heading", (f"{groups.label}: {level or say(NO_LEVEL)} ({studies})",))


def _subtotal(drawing: _Drawing, row: Row, alone: Row) -> Iterator[ForestRow]:
    """A subgroup's diamond, and its heterogeneity by itself."""
    label = say(drawing.layout.subtotal, level=row["level"]) + _why(row)
    yield _pooled_row(drawing, "subtotal", label, row, _estimates(drawing, row)[0])
    line = heterogeneity_line(alone, drawing.model)
    if line:
        yield ForestRow("remark", (with_signs(drawing.layout, line),))


def _estimates(drawing: _Drawing, row: Row) -> list[Estimate]:
    """What the diamonds of a pooled row show, the headline first."""
    return estimates_of(row, drawing.model, drawing.choices.headline)


def _total_rows(drawing: _Drawing) -> Iterator[ForestRow]:
    """The overall diamonds and the prediction interval, or why there is none."""
    pooled = drawing.pooled
    estimates = _estimates(drawing, pooled) if pooled["k"] > 1 else []
    for number, estimate in enumerate(estimates[: 1 if drawing.both else 2]):
        label = say(drawing.layout.total)
        if len(estimates) > 1:
            label += f", {say(ESTIMANDS[estimate.of])}"
        label += _why(pooled)
        kind = "subtotal" if number else "total"
        weight = "" if number else numbers.weight(100.0)
        yield _pooled_row(drawing, kind, label, pooled, estimate, weight)
    if pooled["pi_low"] is not None:
        limits = (pooled["pi_low"], pooled["pi_high"])
        texts = {"study": say("95% prediction interval")} | effect(None, *limits)
        yield drawing.row("prediction", texts, low=limits[0], high=limits[1])


def _label_has_note(row: Row) -> bool:
    """Whether a pooled row has no estimate, or nothing to compare: its label says why."""
    return row["estimate"] is None or row["events"] in (0, row["total"])


def _why(row: Row) -> str:
    """The note of such a row, in brackets."""
    note = short(row["note"]) if _label_has_note(row) else ""
    return f" ({note})" if note else ""


def _pooled_row(
    drawing: _Drawing, kind: str, label: str, row: Row, estimate: Estimate, weight: str = ""
) -> ForestRow:
    _, value, low, high = estimate
    texts = {"study": label, "weight": weight} | counts(row) | effect(value, low, high)
    if value is None:
        texts |= {"percent": numbers.MISSING, "effect": numbers.MISSING}
    if len(estimates := _estimates(drawing, row)) > 1:
        texts["second"] = numbers.percent_ci(*estimates[1][1:])
    return drawing.row(kind, texts, estimate=value, low=low, high=high)


def _domain_key(domains: Sequence[str], lines: Iterable[ForestRow]) -> list[str]:
    """What the numbers over the signs stand for, and the signs."""
    if not domains:
        return []
    names = "; ".join(f"{number}: {name}" for number, name in enumerate(domains, 1))
    signs = "; ".join(signs_key(sign for line in lines for sign in line.signs))
    return [f"{say('Risk of bias')}. {names}. {signs}."]


def _footer(
    drawing: _Drawing, groups: Groups | None, outcome: Outcome, last: Sequence[str]
) -> tuple[str, ...]:
    """Heterogeneity, test between subgroups, chance to pass the threshold, notes, data."""
    pooled = drawing.pooled
    lines = [heterogeneity_line(pooled, drawing.model)]
    test = choose_test(rows_of(groups.tests)) if groups else None
    if groups and test:
        mode = say(TAU2_MODES["common"])
        lines.append(
            say("Difference between subgroups ({mode}): {test}", mode=mode, test=test_words(test))
        )
    lines += [_about_diamonds(drawing, groups)] if groups else []
    if pooled["p_above"] is not None and outcome.threshold is not None:
        bar = numbers.shortest(100 * outcome.threshold)
        lines.append(say(ABOVE, bar=bar, chance=numbers.probability(pooled["p_above"])))
    lines = [with_signs(drawing.layout, line) for line in lines]
    if short(pooled["note"]) and not (_label_has_note(pooled) and pooled["k"] > 1):
        lines.append(say("Note: {note}", note=short(pooled["note"])))
    if drawing.model.has_tau2 and None not in (pooled["i2"], pooled["q"]):
        lines.append(say(I2_IS))
    lines.append(_key(drawing))
    if pooled["k"] > 1:
        labelled = len(_estimates(drawing, pooled)) > 1 or _label_has_note(pooled)
        lines += (() if labelled else pooled_is([drawing.model])) + credible(drawing.model.bayesian)
    lines += [_about_rings(drawing)] if drawing.choices.shrunken else []
    return tuple(line for line in [*lines, *last] if line)


def _key(drawing: _Drawing) -> str:
    """What the signs are; of two diamonds the dashed line stands at the first."""
    if drawing.pooled["k"] < 2:
        return say(KEY_OF_ONE)
    line, estimates = say("all studies"), _estimates(drawing, drawing.pooled)
    if len(estimates) > 1:
        line = say("all studies, {of}", of=say(ESTIMANDS[estimates[0].of]))
    return say(KEY, line=line)


def _about_rings(drawing: _Drawing) -> str:
    """What the rings are, or why there are none."""
    if any(value is not None for value in drawing.shrunken.values()):
        return say(SHRUNKEN_KEY).format(say(ESTIMANDS[drawing.model.estimand]))
    why = short(drawing.pooled["note"])
    return f"{say(NO_SHRUNKEN)} ({why})." if why else f"{say(NO_SHRUNKEN)}."


def _about_diamonds(drawing: _Drawing, groups: Groups) -> str:
    """What the diamonds of the subgroups are; nothing where they are as those of all studies."""
    shown = groups.pooled().values()
    means = any(len(_estimates(drawing, row)) > 1 for row in shown)
    return say(ABOUT_DIAMONDS[means]) if shown else ""


def _sort_key(row: Row, sort: str, weights: Mapping[str, float | None]) -> tuple[Any, ...]:
    """Missing last; ties by label, then by study_id, so that the order is one."""
    weight = weights[row["study_id"]]
    value = {
        "year": row["year"],
        "effect": row["proportion"],
        "weight": None if weight is None else -weight,
        "name": natural(row["label"]),
    }[sort]
    missing = value is None
    return (missing, 0 if missing else value, natural(row["label"]), row["study_id"])
