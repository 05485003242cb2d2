"""Subgroups and meta-regression of one outcome."""

from collections import Counter

from singlearm.catalogue import Row, notes, numbers
from singlearm.report import words
from singlearm.report.report_data import ReportData
from singlearm.report.review import select
from singlearm.report.shown import FEW, ordered, shown_mode


def contexts(data: ReportData, outcome: str) -> tuple[list[dict], str]:
    """The subgroupings of an outcome in the protocol's order, and those with one group only."""
    filled: dict[str, set] = {}
    for row in select(data.review.subgroups, outcome=outcome):
        filled.setdefault(row["by"], set()).update([row["level"]] if row["k"] else [])
    order = [by for by in data.review.protocol["subgroups"] if by in filled]
    alone = [data.review.subgroup_label(by) for by in order if len(filled[by]) < 2]
    compared = [_context(data, outcome, by) for by in order if len(filled[by]) > 1]
    not_compared = f"Only one group has data: {'; '.join(alone)}." if alone else ""
    return compared, not_compared


def _context(data: ReportData, outcome: str, by: str) -> dict:
    review = data.review
    primary = review.protocol["primary"]
    rows = list(select(review.subgroups, outcome=outcome, by=by, model=primary))
    tests = list(select(review.tests, outcome=outcome, by=by))
    mode = shown_mode(rows)
    levels = ordered(review, by, [row for row in rows if row["tau2_mode"] == mode])
    known = [row for row in levels if row["k"]]
    shown_tests = [test for test in tests if test["model"] == primary] or tests
    return {
        "by": by,
        "label": review.subgroup_label(by),
        "mode": words.TAU2_MODES.get(mode, words.plain(mode)),
        "levels": [_level(row) for row in known],
        "verdict": _verdict(shown_tests, mode),
        "caution": _caution(known),
        "tests": [_test(test) for test in tests],
    }


def _level(row: Row) -> dict:
    return {
        "level": words.plain(row["level"]),
        "code": row["level"],
        "k": numbers.count(row["k"]),
        "counts": numbers.events_total(row["events"], row["total"]),
        "estimate": numbers.percent_ci(row["estimate"], row["ci_low"], row["ci_high"]),
        "prediction": numbers.percent_interval(row["pi_low"], row["pi_high"]),
        "tau2": numbers.tau2(row["tau2"]),
        "note": notes.short(row["note"]),
    }


def _verdict(tests: list[Row], mode: str | None) -> str:
    """The test that belongs to the rows shown, in a sentence."""
    chosen = [test for test in tests if test["tau2_mode"] == mode] or tests
    if not chosen or numbers.is_missing(chosen[0]["p_value"]):
        reason = notes.sentence(chosen[0]["note"]) if chosen else ""
        return f"The groups were not tested against each other. {reason}".strip()
    test = chosen[0]
    p = test["p_value"] if numbers.is_missing(test["p_adjusted"]) else test["p_adjusted"]
    told = (
        "No difference between the groups was shown, which does not prove that there is none"
        if p >= 0.05
        else "The groups differ more than chance alone would suggest"
    )
    details = [
        f"{words.TESTS.get(test['test'], test['test'])} test {numbers.p_value(test['p_value'])}"
    ]
    if not numbers.is_missing(test["p_permutation"]):
        details.append(f"permutation {numbers.p_value(test['p_permutation'])}")
    if not numbers.is_missing(test["p_adjusted"]):
        details.append(
            f"adjusted for the number of subgroupings {numbers.p_value(test['p_adjusted'])}"
        )
    return f"{told} ({'; '.join(details)})."


def _caution(levels: list[Row]) -> str:
    small = [row for row in levels if row["k"] < FEW]
    if len(levels) < 2 or not small:
        return ""
    told = words.listing(
        [f"“{words.plain(row['level'])}” has {words.studies(row['k'])}" for row in small]
    )
    return f"Read with care: {told}."


def _test(test: Row) -> dict:
    return {
        "model": test["model"],
        "mode": test["tau2_mode"],
        "test": words.TESTS.get(test["test"], words.plain(test["test"])),
        "statistic": numbers.number(test["statistic"]),
        "df": numbers.count(test["df"]),
        "p": numbers.p_number(test["p_value"]),
        "p_permutation": numbers.p_number(test["p_permutation"]),
        "p_adjusted": numbers.p_number(test["p_adjusted"]),
        "note": notes.short(test["note"]),
    }


def regressions(data: ReportData, outcome: str) -> list[dict]:
    """The slopes (or contrasts) of the outcome's meta-regressions, the primary model first.

    Intercepts stay in regression.csv; the test of all terms together is shown where there are
    several.
    """
    primary = data.review.protocol["primary"]
    rows = list(select(data.review.regression, outcome=outcome))
    terms = Counter((row["moderator"], row["model"]) for row in rows)
    shown = [
        row
        for row in sorted(rows, key=lambda row: (row["moderator"], row["model"] != primary))
        if row["term"] != "intercept"
        and (row["term"] != "omnibus" or terms[row["moderator"], row["model"]] != 3)
    ]
    return [_regression(data, row) for row in shown]


def slopes(data: ReportData, outcome: str) -> str:
    """Each moderator with its p value under the primary model, in one line."""
    primary = data.review.protocol["primary"]
    rows = select(data.review.regression, outcome=outcome, model=primary, term="omnibus")
    told = [
        f"{words.lowered(_moderator(data, row))} {numbers.p_value(row['p_value'])}"
        for row in rows
        if not numbers.is_missing(row["p_value"])
    ]
    return "; ".join(told)


def _moderator(data: ReportData, row: Row) -> str:
    described = data.review.protocol.get("moderators", {}).get(row["moderator"], {})
    return described.get("label", words.plain(row["moderator"]))


def _regression(data: ReportData, row: Row) -> dict:
    return {
        "moderator": _moderator(data, row),
        "code": row["moderator"],
        "model": row["model"],
        "k": numbers.count(row["k"]),
        "term": "all terms" if row["term"] == "omnibus" else words.plain(row["term"]),
        "estimate": _slope(row),
        "p": numbers.p_number(row["p_value"]),
        "tau2": numbers.tau2(row["tau2"]),
        "r2": numbers.i2(row["r2"]),
        "note": notes.short(row["note"]),
    }


def _slope(row: Row) -> str:
    if numbers.is_missing(row["estimate"]):
        return numbers.MISSING
    limits = numbers.interval(row["ci_low"], row["ci_high"], 3)
    return f"{numbers.number(row['estimate'], 3)} {limits}"
