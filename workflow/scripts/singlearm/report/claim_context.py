"""What stands beside the verdict on a published claim: the valid test, and the other evidence.

Neither changes the verdict, which keeps the published analysis's own estimand and model.
"""

from collections.abc import Mapping, Sequence

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import say
from singlearm.catalogue.words import TESTS
from singlearm.kinds import KINDS, Settings

#: Claims on what survival says.
OF_SURVIVAL = ("median_months", "estimate_percent")
Tables = Mapping[str, Sequence[Row]]


def valid_test(claim: Row, tests: Sequence[Row], pooled: Sequence[Row], protocol: Settings) -> str:
    """What the test that leads says of a claimed p value; empty for other claims.

    Between groups that is the bootstrap of the primary model, of a pooled value its own test.

    Examples
    --------
    >>> claim = {"quantity": "p_below", "outcome": "orr", "by": "drug"}
    >>> test = {"outcome": "orr", "by": "drug", "model": "glmm", "test": "lrt_bootstrap"}
    >>> valid_test(claim, [test | {"lead": True, "p_value": 0.47}], [], {"primary": "glmm"})
    'The test that leads (likelihood ratio, bootstrap): p = 0.47.'
    """
    if claim["quantity"] not in ("p_below", "p_at_least"):
        return ""
    known = {"outcome": claim["outcome"], "model": protocol["primary"]}
    if not claim["by"]:
        return _against_null(
            next((r for r in pooled if known.items() <= r.items()), None), protocol
        )
    row = leading_test(claim, tests, protocol)
    if row is None:
        return ""
    p = row["p_value"]
    said = say("no test is possible") if p is None else numbers.p_value(p)
    test = say(TESTS[row["test"]])
    return say("The test that leads ({test}): {result}.", test=test, result=said)


def leading_test(claim: Row, tests: Sequence[Row], protocol: Settings) -> Row | None:
    """The test between groups that leads, of a claimed contrast."""
    known = {"outcome": claim["outcome"], "model": protocol["primary"], "by": claim["by"]}
    if not claim["by"]:
        return None
    return next(
        (test for test in tests if test.get("lead") and known.items() <= test.items()), None
    )


def _against_null(row: Row | None, protocol: Settings) -> str:
    null = protocol["outcomes"].get(row["outcome"], {}).get("null_value") if row else None
    if row is None or null is None or row["p_value"] is None:
        return ""
    return say(
        "The test that leads (primary model, against {null}%): {p}.",
        null=numbers.percent(null),
        p=numbers.p_value(row["p_value"]),
    )


def other_routes(claim: Row, tables: Tables, protocol: Settings) -> str:
    """What every kind of evidence on a claim's end point gives, and what each rests on.

    Where the claim's outcome has `months`, survival at a fixed time counts at that time only.

    Parameters
    ----------
    claim : dict
        A published claim.
    tables : mapping
        The table of each kind of outcome, by the table's name.
    protocol : mapping
        The protocol; outcomes with the same `of` are of one end point.
    """
    outcomes = protocol["outcomes"]
    own = outcomes.get(claim["outcome"] or "", {})
    if claim["quantity"] not in OF_SURVIVAL or "of" not in own or claim["by"]:
        return ""
    told, silent = [], []
    for name, outcome in outcomes.items():
        if outcome.get("of") != own["of"] or outcome["kind"] == "proportion":
            continue
        if "months" in own and outcome.get("months", own["months"]) != own["months"]:
            continue
        kind = KINDS[outcome["kind"]]
        rows = [row for row in tables.get(kind.table, ()) if row["outcome"] == name]
        row = kind.lead(rows, protocol)
        if row is None or not row["k"] or kind.sentence is None:
            silent.append(outcome["label"])
        else:
            told.append(kind.sentence(row, outcome["label"]))
    if silent:
        told.append(say("Without data in this version: {outcomes}.", outcomes="; ".join(silent)))
    return " ".join(filter(None, told))
