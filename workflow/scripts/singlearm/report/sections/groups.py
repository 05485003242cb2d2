"""Subgroups and meta-regression of one outcome."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from singlearm.catalogue import Row, notes, numbers
from singlearm.catalogue.language import mark, say, within
from singlearm.catalogue.words import TAU2_MODES, TESTS
from singlearm.kinds.model_words import model_of, scale
from singlearm.report import planned, regression_rows, tables, words
from singlearm.report.changed_results import error_of
from singlearm.report.estimand_columns import called
from singlearm.report.review import Review, distinct, place
from singlearm.report.subgroup_rows import FEW, TAU2_MODE, displayed, p_of, said_of
from singlearm.report.table import Table

#: p values below this are called a difference.
SIGNIFICANT = 0.05
GROUPS_OF_STUDIES = mark(
    "Groups of studies, not patients within a study: an observed difference can come from anything "
    "else in which the studies differ. p values are also given adjusted (Holm) for the number of "
    "subgroupings tested."
)


def contexts(review: Review, outcome: str) -> tuple[list[dict[str, Any]], str]:
    """The subgroupings of an outcome in the protocol's order, and those with one group only."""
    filled: dict[str, set[str]] = {}
    for row in review.rows("subgroups", outcome=outcome):
        filled.setdefault(row["by"], set()).update([row["level"]] if row["k"] else [])
    order = [by for by in review.protocol["subgroups"] if by in filled]
    alone = [review.subgroup_label(by) for by in order if len(filled[by]) < 2]
    compared = [_context(review, outcome, by) for by in order if len(filled[by]) > 1]
    if not alone:
        return compared, ""
    return compared, say("Only one group has data: {groups}.", groups="; ".join(alone))


def _context(review: Review, outcome: str, by: str) -> dict[str, Any]:
    title = f"{review.outcome_label(outcome)}: {review.subgroup_label(by)}"
    levels = [row for row in displayed(review, outcome, by) if row["k"]]
    tests = review.rows("subgroup_tests", outcome=outcome, by=by)
    primary = review.protocol["primary"]
    leading = [test for test in tests if test.get("lead")]
    of_primary = leading or [test for test in tests if test["model"] == primary] or tests
    without = ("outcome", "by", "model", "tau2_mode")
    return {
        "by": by,
        "label": review.subgroup_label(by),
        "estimates": [(numbers.plain(row["level"]), _estimate(row)) for row in levels],
        "levels": called(
            tables.table(review, "subgroups", title, levels, key="level", without=without), review
        ),
        "tests": tables.table(
            review,
            "subgroup_tests",
            say("Tests, {title}", title=title),
            tests,
            without=("outcome", "by"),
        ),
        "differences": tables.differences(review, outcome, by),
        "verdict": _verdict(of_primary, tests),
        "caution": f"{_caution(levels)} {planned.caution(review, by)}".strip(),
        "of": said_of(levels),
        "mode": words.coded(TAU2_MODES, TAU2_MODE),
    }


def _estimate(row: Row) -> str:
    said = numbers.percent_ci(row["value"], row["low"], row["high"])
    return say("{estimate} (one study)", estimate=said) if row["k"] == 1 else said


def _verdict(tests: list[Row], of_contrast: list[Row]) -> str:
    """The leading test, or else the one that belongs to the rows shown, in a sentence; and how many
    of all tests `of_contrast` say otherwise.
    """
    leading = [test for test in tests if test["lead"]]
    chosen = leading or [test for test in tests if test["tau2_mode"] == TAU2_MODE] or tests
    if not chosen or chosen[0]["p_value"] is None:
        reason = notes.sentence(chosen[0]["note"]) if chosen else ""
        return f"{say('The groups were not tested against each other.')} {reason}".strip()
    test = chosen[0]
    p, near = p_of(test), _near(test)
    if near:
        text = mark("Whether the groups differ more than chance alone would suggest is not clear")
    elif p >= SIGNIFICANT:
        text = mark(
            "No difference between the groups was shown, which does not prove that there is none"
        )
    else:
        text = mark("The groups differ more than chance alone would suggest")
    told = f"{say(text)} ({'; '.join(_p_values(test))})."
    others, adjusted = _other_p(test, of_contrast)
    against = sorted(other for other in others if (other < SIGNIFICANT) != (p < SIGNIFICANT))
    if near:
        against = sorted(other for other in others if other < SIGNIFICANT)
    if not against:
        return told
    if near:
        text = mark("Of {all} other tests {n} would show a difference ({p}).")
    elif p >= SIGNIFICANT:
        text = mark("{n} of {all} other tests would show one ({p}).")
    elif len(against) == 1:
        text = mark("{n} of {all} other tests does not show it ({p}).")
    else:
        text = mark("{n} of {all} other tests do not show it ({p}).")
    counts = {"n": numbers.count(len(against)), "all": numbers.count(len(others))}
    return f"{told} {say(text, **counts, p=_range(against, adjusted))}"


def _other_p(test: Row, of_contrast: list[Row]) -> tuple[list[float], bool]:
    """p of the other tests of a contrast, and whether they are adjusted for the number of
    subgroupings: if any is, those alone, as p of permutations never are and would look stronger.
    Models that come to the same count once.
    """
    rows = [row for row in of_contrast if row is not test and row["p_value"] is not None]
    adjusted = any(row["p_adjusted"] is not None for row in rows)
    found: dict[tuple[Any, ...], float] = {}
    for row in rows:
        for column in ("p_adjusted",) if adjusted else ("p_value", "p_permutation"):
            if (p := row[column]) is not None:
                test_of = "permutation" if column == "p_permutation" else row["test"]
                found.setdefault((test_of, row["tau2_mode"], round(p, 9)), p)
    return list(found.values()), adjusted


def _range(values: list[float], adjusted: bool) -> str:
    """`adjusted p = 0.31`, `p from 0.25 to 0.31`; the values in order."""
    least, most = numbers.p_number(values[0]), numbers.p_number(values[-1])
    if least == most:
        p = numbers.p_value(values[0])
        return say("adjusted {p}", p=p) if adjusted else p
    return say(
        "adjusted p from {low} to {high}" if adjusted else "p from {low} to {high}",
        low=least,
        high=most,
    )


def _p_values(test: Row) -> Iterator[str]:
    """The p values of a test, each with what it is; where another run of the bootstrap may lie on
    the other side of the limit, how far runs differ.
    """
    named = words.coded(TESTS, test["test"])
    yield say("{test} test {p}", test=named, p=numbers.p_value(test["p_value"]))
    if test["p_permutation"] is not None:
        yield say("permutation {p}", p=numbers.p_value(test["p_permutation"]))
    if test["p_adjusted"] is not None:
        adjusted = numbers.p_value(test["p_adjusted"])
        yield say("adjusted for the number of subgroupings {p}", p=adjusted)
    if _near(test):
        yield say(
            "its simulation error is {error}, so that another run may come to the other side of "
            "{limit}",
            error=numbers.p_number(error_of(test)),
            limit=numbers.shortest(SIGNIFICANT),
        )


def _near(test: Row) -> bool:
    """Whether another run of the bootstrap may lie on the other side of the limit."""
    error = error_of(test)
    return bool(error) and abs(p_of(test) - SIGNIFICANT) <= 2 * error


def _caution(levels: list[Row]) -> str:
    small = [row for row in levels if row["k"] < FEW]
    if len(levels) < 2 or not small:
        return ""
    named = [
        say(
            "“{group}” has {studies}",
            group=numbers.plain(row["level"]),
            studies=words.studies(row["k"]),
        )
        for row in small
    ]
    return say("Read with care: {groups}.", groups=words.listing(named))


def regressions(review: Review, outcome: str) -> Table:
    """The slopes (or contrasts) of the outcome's meta-regressions, the primary model first."""
    rows = _in_order(review, review.rows("regression", outcome=outcome))
    title = say("Meta-regression of {outcome}", outcome=review.outcome_label(outcome))
    kept = regression_rows.displayed(
        rows,
        ("moderator", "model"),
        lambda row: model_of(review.protocol, row["model"]).likelihood != "normal",
    )
    found = tables.table(review, "regression", title, kept, without=("outcome",))
    return replace(
        found, columns=tuple(_on_scale(review, column, kept) for column in found.columns)
    )


def _in_order(review: Review, rows: list[Row]) -> list[Row]:
    """The protocol's order of regressions, the primary model first, tests behind coefficients."""
    order = [*review.protocol.get("moderators", {}), *review.protocol.get("regressions", {})]

    def key(row: Row) -> tuple[object, ...]:
        secondary = row["model"] != review.protocol["primary"]
        known = place(row["moderator"], order)
        return known, row["moderator"], secondary, row["model"], row["term"].startswith("omnibus")

    return sorted(rows, key=key)


def _on_scale(review: Review, column: Any, rows: list[Row]) -> Any:
    """The coefficient's column, its heading with the scale of the models if they share one."""
    scales = distinct(scale(model_of(review.protocol, row["model"])) for row in rows)
    if not column.cell or len(scales) != 1:
        return column
    return replace(column, cell=say("Change in {scale} [95% CI]", scale=scales[0]))


def slopes(review: Review, outcome: str) -> str:
    """Each regression with its p value under the primary model, in one line.

    The bootstrap's p where there is one, as the p of a chi-square needs many studies.
    """
    primary = review.protocol["primary"]
    rows = review.rows("regression", outcome=outcome, model=primary, term="omnibus")
    said = []
    for row in _in_order(review, rows):
        p = row["p_value"] if row["p_bootstrap"] is None else row["p_bootstrap"]
        if p is not None:
            label = within(review.moderator_label(row["moderator"]))
            said.append(f"{label} {numbers.p_value(p)}")
    if len(said) > 1:
        said.append(say("not adjusted for their number"))
    return "; ".join(said)
