"""The forest plot as data: rows of texts and intervals, headings, diamonds, footer lines.

The same record serves the forest of one outcome and its relatives (cumulative, leave-one-out, many
outcomes): each is a list of rows beside text columns, over one axis.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from singlearm.catalogue import Row, numbers
from singlearm.figures.marks.axis import Axis, percent_axis
from singlearm.figures.marks.risk import SIGNS, study_signs
from singlearm.figures.marks.words import (
    choose_test,
    column_head,
    data_words,
    heterogeneity_line,
    note_words,
    test_words,
)

#: How studies can be sorted: key of a row (missing values last).
SORTS = ("year", "effect", "weight", "name")
NO_LEVEL = "not reported"
AXIS_TITLE = "% of patients"
KEY = (
    "n/N: patients with the event among patients assessed. Squares: studies, area by weight, with "
    "exact 95% intervals. Diamonds: pooled, with 95% intervals. Dashed line: all studies."
)


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One line of a forest.

    kind: heading, study, subtotal, total, prediction, summary (a pooled estimate among others,
    drawn as a disc with its interval) or gap. left, right: texts of the columns on either side of
    the plot; a heading has one text and runs over all columns. estimate, low, high:
    data units, None where there is nothing to draw. outer_low, outer_high: a second, wider interval
    of a summary. size: the study's weight over the largest one
    (None: not known). key: the study_id, where the row is a study. signs: its
    classes of risk of bias, one for each of the marks' `sign_heads`.
    """

    kind: str
    left: tuple[str, ...]
    right: tuple[str, ...] = ()
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    size: float | None = None
    key: str = ""
    outer_low: float | None = None
    outer_high: float | None = None
    signs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ForestMarks:
    """A forest to draw.

    details: how many columns after the first hold study details, in smaller print. reference: where
    a vertical line stands. better: high, low or None. empty: a sentence that replaces all rows.
    """

    name: str
    title: str
    subtitle: str
    left_heads: tuple[str, ...]
    right_heads: tuple[str, ...]
    rows: tuple[ForestRow, ...]
    axis: Axis
    reference: float | None = None
    better: str | None = None
    footer: tuple[str, ...] = ()
    empty: str = ""
    details: int = 0
    sign_heads: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        """The figure in words, for readers who cannot see it."""
        if self.empty:
            return self.empty
        kinds = ("subtotal", "total", "prediction", "summary")
        better = {"high": ", higher is better", "low": ", lower is better"}.get(self.better, "")
        told = [
            f"{row.left[0]}: {' '.join(row.right[:2]).strip()}."
            for row in self.rows
            if row.kind in kinds
        ]
        return " ".join(
            [f"Forest plot: {self.title}, {self.axis.title}{better}.", *told, *self.footer[:2]]
        )


def forest_marks(
    effects: Sequence[Row],
    pooled: Row,
    *,
    outcome: str,
    settings: Mapping,
    model_label: str,
    version: str,
    studies: Sequence[Row] = (),
    subgroups: Sequence[Row] = (),
    tests: Sequence[Row] = (),
    by: str | None = None,
    by_label: str = "",
    levels: Sequence[str] = (),
    tau2_mode: str = "common",
    columns: Sequence[str] = (),
    risk_of_bias: Sequence[Row] = (),
    sort: str = "year",
    data_hash: str = "",
) -> ForestMarks:
    """Rows of the forest plot of one outcome under one model.

    effects: one row a study (kind effects). pooled: the model's row (kind pooled). studies: rows of
    the analysis set, for the optional `columns`. subgroups, tests: rows of this outcome, model and
    `by`; `tau2_mode` says which of them to show. settings: label, favours and threshold of the
    outcome. risk_of_bias: rows of that sheet; its first tool becomes signs beside the studies.
    data_hash: of the sheets, printed last.
    """
    if sort not in SORTS:
        raise ValueError(f"forest: sort '{sort}' is not one of {', '.join(SORTS)}")
    data_line = data_words(version, data_hash)
    if not effects:
        text = f"No study of data version {version} reports this outcome."
        return notice_marks(outcome, settings["label"], text, version=version, data_hash=data_hash)
    weights = {row["study_id"]: _number(row.get(f"weight_{pooled['model']}")) for row in effects}
    ordered = sorted(effects, key=lambda row: _sort_key(row, sort, weights))
    domains, signs = study_signs(risk_of_bias)
    lines = _study_lines(effects, weights, studies, columns, signs, len(domains))
    shown = [row for row in subgroups if row["tau2_mode"] == tau2_mode]
    pad = ("",) * len(columns)
    rows = [lines[row["study_id"]] for row in ordered]
    if by and shown:
        blocks = _blocks(ordered, by, shown, levels)
        rows = [row for block in blocks for row in _block(*block, by_label or by, lines, pad)]
    rows += _total_rows(pooled, pad)
    drawn = [row.estimate for row in rows] + [pooled["pi_low"], pooled["pi_high"]]
    bounds = [end for row in lines.values() for end in (row.low, row.high)]
    return ForestMarks(
        name=outcome,
        title=settings["label"],
        subtitle=model_label,
        left_heads=("Study", *(column_head(name) for name in columns), "n/N"),
        right_heads=("%", "95% CI", "Weight"),
        details=len(columns),
        sign_heads=tuple(map(str, range(1, len(domains) + 1))),
        rows=tuple(rows),
        axis=percent_axis(drawn, bounds, AXIS_TITLE),
        reference=pooled["estimate"] if len(effects) > 1 else None,
        better=settings.get("favours"),
        footer=_footer(pooled, tests, tau2_mode, settings, [*_domain_key(domains), data_line]),
    )


def notice_marks(
    name: str, title: str, text: str, *, version: str, data_hash: str = ""
) -> ForestMarks:
    """A figure that has nothing to show and says why."""
    return ForestMarks(
        name=name,
        title=title,
        subtitle="",
        left_heads=(),
        right_heads=(),
        rows=(),
        axis=percent_axis((), title=AXIS_TITLE),
        footer=(data_words(version, data_hash),),
        empty=text,
    )


def _study_lines(effects, weights, studies, columns, signs, domains) -> dict[str, ForestRow]:
    """The row of each study by study_id."""
    largest = max((weight for weight in weights.values() if weight is not None), default=None)
    details = {row["study_id"]: row for row in studies}
    lines = {}
    for row in effects:
        key, weight = row["study_id"], weights[row["study_id"]]
        extra = [_cell(details.get(key, {}).get(name)) for name in columns]
        lines[key] = ForestRow(
            "study",
            (row["label"], *extra, numbers.events_total(row["events"], row["total"])),
            (*_percent(row["proportion"], row["ci_low"], row["ci_high"]), numbers.weight(weight)),
            row["proportion"],
            row["ci_low"],
            row["ci_high"],
            None if weight is None or not largest else weight / largest,
            key,
            signs=signs.get(key, ("unknown",) * domains),
        )
    return lines


def _blocks(ordered, by, shown, levels):
    """Level, its studies and its pooled row, in the protocol's order; those without level last."""
    rows = {row["level"]: row for row in shown}
    names = [*levels, *(name for name in sorted(rows) if name not in levels)]
    members = {name: [] for name in [*names, None]}
    for row in ordered:
        level = row.get(f"group_{by}") or None
        members[level if level in members else None].append(row)
    return [(name, members[name], rows.get(name)) for name in members if members[name]]


def _block(level, members, level_row, by_label, lines, pad):
    """Heading, studies and, if more than one study was pooled, the subgroup's diamond."""
    count = "1 study" if len(members) == 1 else f"{len(members)} studies"
    aside = ""
    if level is None:
        aside = ", in the overall estimate only"
    elif len(members) == 1:
        aside = ", not pooled"
    yield ForestRow("heading", (f"{by_label}: {level or NO_LEVEL} ({count}{aside})",))
    for row in members:
        yield lines[row["study_id"]]
    if level_row and len(members) > 1:
        why = f" ({note_words(level_row['note'])})" if level_row["estimate"] is None else ""
        yield _pooled_row("subtotal", f"Subgroup: {level}{why}", level_row, pad, "")
    yield ForestRow("gap", ())


def _total_rows(pooled, pad):
    """The overall diamond and the prediction interval, or why there is none."""
    rows = []
    if pooled["k"] > 1:
        label = "All studies"
        if _is_special(pooled):
            label = f"All studies ({note_words(pooled['note'])})"
        rows.append(_pooled_row("total", label, pooled, pad, numbers.weight(100.0)))
    if pooled["pi_low"] is not None:
        rows.append(
            ForestRow(
                "prediction",
                ("95% prediction interval", *pad, ""),
                ("", numbers.percent_interval(pooled["pi_low"], pooled["pi_high"]), ""),
                None,
                pooled["pi_low"],
                pooled["pi_high"],
            )
        )
    return rows


def _is_special(pooled) -> bool:
    """Whether the overall row has no estimate, or one of another kind: then its label says why."""
    return pooled["k"] > 1 and (
        pooled["estimate"] is None or "homogeneous_exact" in (pooled["note"] or "")
    )


def _pooled_row(kind, label, row, pad, weight):
    return ForestRow(
        kind,
        (label, *pad, numbers.events_total(row["events"], row["total"])),
        (*_percent(row["estimate"], row["ci_low"], row["ci_high"]), weight),
        row["estimate"],
        row["ci_low"],
        row["ci_high"],
    )


def _domain_key(domains):
    """What the numbers over the signs stand for, and the signs."""
    if not domains:
        return []
    names = "; ".join(f"{number}: {name}" for number, name in enumerate(domains, 1))
    signs = "; ".join(f"{sign} {meaning}" for sign, meaning in SIGNS.values())
    return [f"Risk of bias. {names}. {signs}."]


def _footer(pooled, tests, tau2_mode, settings, last):
    """Heterogeneity, test between subgroups, chance to pass the threshold, notes, data."""
    lines = [heterogeneity_line(pooled)]
    test = choose_test(list(tests), tau2_mode)
    if test:
        mode = "one common τ²" if tau2_mode == "common" else "separate τ²"
        lines.append(f"Difference between subgroups ({mode}): {test_words(test)}")
    if pooled["p_above"] is not None and settings.get("threshold") is not None:
        bar = f"{100 * settings['threshold']:g}%"
        chance = numbers.percent(pooled["p_above"], 0)
        lines.append(f"A new study's true percentage lies above {bar} with probability {chance}%")
    note = "" if _is_special(pooled) else note_words(pooled["note"])
    if note:
        lines.append(f"Note: {note}")
    return tuple(line for line in [*lines, KEY, *last] if line)


def _sort_key(row, sort, weights):
    """Missing last; ties by label, then by study_id, so that the order is one."""
    value = {
        "year": row["year"],
        "effect": row["proportion"],
        "weight": None if weights[row["study_id"]] is None else -weights[row["study_id"]],
        "name": row["label"].casefold(),
    }[sort]
    missing = value is None
    return (missing, 0 if missing else value, row["label"].casefold(), row["study_id"])


def _percent(estimate, low, high) -> tuple[str, str]:
    return numbers.percent(estimate), numbers.percent_interval(low, high)


def _cell(value) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)


def _number(value) -> float | None:
    """A number of an open table's further column, which is read as text."""
    return None if value in (None, "") else float(value)
