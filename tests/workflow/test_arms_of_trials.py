"""A small review whose studies are arms of trials, under a primary model that knows the trials."""

import pytest
from houses import rows_of, write_rows

from singlearm.catalogue.tables import read_table
from singlearm.synthesis import Model, compare_clustered, pool, pool_arms

#: Trial, responders, patients, patients with the other event (of as many), group.
ARMS = [
    ("T1", 8, 10, None, "single"), ("T1", 9, 20, None, "dual"),
    ("T2", 12, 20, None, "single"), ("T2", 15, 18, None, "single"),
    ("T3", 5, 15, None, "dual"), ("T3", 3, 14, None, "dual"), ("T3", 4, 20, None, "single"),
    ("T4", 20, 25, None, "dual"), ("T4", 11, 12, None, "single"),
    ("T5", 9, 22, 3, "single"), ("T5", 14, 25, 6, "dual"),
    ("", 6, 9, 1, "single"), ("", 2, 13, 2, "dual"), ("", 7, 16, 7, "dual"),
]  # fmt: skip
MODEL = Model("binomial_normal", ci="t")
PRIMARY = {"likelihood": "binomial_normal", "ci": "t", "cluster": "registration"}
TWO_STEP = {"likelihood": "normal", "measure": "PLO", "tau2": "REML", "ci": "t"}


@pytest.fixture(scope="module")
def built(empty_house, tmp_path_factory):
    """A whole run of the review of arms."""
    house = empty_house.copy_to(tmp_path_factory.mktemp("arms") / "review")
    folder = house.root / "data/raw/first"
    write_rows(folder / "studies.csv", studies(folder / "studies.csv"))
    write_rows(folder / "outcomes_1.csv", outcomes(folder / "outcomes_1.csv"))
    for name in ("outcomes_2", "adjudication", "durations_1", "claims"):
        (folder / f"{name}.csv").unlink()
    with house.protocol() as protocol:
        protocol["models"] = {
            "primary": "trials",
            "trials": PRIMARY,
            "two_step": TWO_STEP | {"cluster": "registration"},
            "arms": {"likelihood": "binomial_normal", "ci": "t"},
        }
        protocol["paper_model"] = "arms"
        del protocol["versions"]["1"]["claims"], protocol["outcomes"]["median_pfs"]
    house.build()
    return house


def studies(path):
    """A row of the sheet for each arm."""
    first = rows_of(path)[0]
    return [
        first
        | {"study_id": f"Arm{i:02}", "registration": trial, "target_class": group}
        | {"cohort": f"Arm{i:02}", "title": f"Arm {i}", "n_enrolled": n, "n_infused": n}
        | {"year": str(2010 + i)}
        for i, (trial, _, n, _, group) in enumerate(ARMS)
    ]


def outcomes(path):
    """The counts of each arm."""
    first = rows_of(path)[0]
    counted = [
        (f"Arm{i:02}", name, events, n)
        for i, (_, x, n, other, _) in enumerate(ARMS)
        for name, events in (("orr", x), ("crs_any", other))
        if events is not None
    ]
    keys = ("study_id", "outcome", "events", "total")
    return [first | dict(zip(keys, row, strict=True)) for row in counted]


def table(house, name, outcome=None):
    where = f"sensitivity/{outcome}/" if outcome else ""
    return read_table(house.root / f"results/1/{where}{name}.csv", name)


def data(outcome="orr"):
    """Counts, trials and groups of the arms of an outcome."""
    kept = [(i, arm) for i, arm in enumerate(ARMS) if outcome == "orr" or arm[3] is not None]
    counts = [arm[1] if outcome == "orr" else arm[3] for _, arm in kept], [a[2] for _, a in kept]
    trials = [arm[0] or f"alone {i}" for i, arm in kept]
    return *counts, trials, [arm[4] for _, arm in kept]


def test_the_leading_number_is_that_of_arms_within_trials(built):
    rows = {(row["outcome"], row["model"]): row for row in table(built, "pooled")}
    x, n, trials, _ = data()
    for name, model in (("trials", MODEL), ("two_step", Model(**TWO_STEP))):
        fit, row = pool_arms(x, n, trials, model, threshold=0.5), rows["orr", name]
        for column in (
            "estimate",
            "ci_low",
            "marginal_high",
            "pi_low",
            "tau2_arms_high",
            "p_above",
        ):
            assert row[column] == pytest.approx(getattr(fit, column), rel=1e-9), column
        assert "arms_within_trials" in row["note"] and row["clusters"] == 8
    few = rows["crs_any", "trials"]
    assert "few_trials_of_arms=1" in few["note"] and few["tau2_arms"] is None
    page = (built.root / "results/1/report.html").read_text(encoding="utf-8")
    lead = rows["orr", "trials"]
    assert f"{100 * lead['marginal']:.1f}%" in page
    assert "random effect of the trial and one of the arm" in page
    assert "pooled as if they were independent" not in page


def test_groups_are_pooled_by_the_same_rule_and_not_tested(built):
    x, n, trials, groups = data()
    found = compare_clustered(x, n, groups, trials, MODEL, levels=["single", "dual"])
    levels = {
        row["level"]: row
        for row in table(built, "subgroups")
        if (row["outcome"], row["model"], row["tau2_mode"]) == ("orr", "trials", "separate")
    }
    for level in found.levels:
        assert levels[level.level]["marginal"] == pytest.approx(level.marginal, rel=1e-9)
    tests = [row for row in table(built, "subgroup_tests") if row["model"] == "trials"]
    assert tests and all(row["p_value"] is None for row in tests)
    assert all("no_test_with_clusters" in row["note"] for row in tests if row["outcome"] == "orr")
    # an arm of the trial may lie in each group, so a difference has no limits either
    assert table(built, "subgroup_differences") == []


def test_trials_are_left_out_whole(built):
    x, n, trials, _ = data()
    rows = table(built, "leave_one_trial_out", "orr")
    assert {(row["model"], row["trials"]) for row in rows} == {
        (model, "registration") for model in ("trials", "two_step", "arms")
    }
    of = {(row["model"], row["left_out"]): row for row in rows}
    assert len(of) == 3 * 8
    third = of["trials", "Arm04;Arm05;Arm06"]
    kept = [i for i, trial in enumerate(trials) if trial != "T3"]
    rest = ([values[i] for i in kept] for values in (x, n, trials))
    fit = pool_arms(*rest, MODEL)
    assert third["studies"] == 3
    assert third["ci_high"] == pytest.approx(fit.ci_high, rel=1e-9)
    plain = pool([x[i] for i in kept], [n[i] for i in kept], MODEL)
    assert of["arms", "Arm04;Arm05;Arm06"]["ci_low"] == pytest.approx(plain.ci_low, rel=1e-9)
    assert of["trials", "Arm11"]["studies"] == 1
    assert len(table(built, "leave_one_trial_out", "crs_any")) == 3 * 4
    page = (built.root / "results/1/report.html").read_text(encoding="utf-8")
    assert "Without one trial at a time, all its arms together" in page


def test_single_studies_are_left_out_with_the_clusters_kept(built):
    x, n, trials, _ = data()
    one = {(row["model"], row["left_out"]): row for row in table(built, "leave_one_out", "orr")}
    fit = pool_arms(x[1:], n[1:], trials[1:], MODEL)
    assert one["trials", "Arm00"]["estimate"] == pytest.approx(fit.estimate, rel=1e-9)
    grown = [row for row in table(built, "cumulative", "orr") if row["model"] == "trials"]
    assert [row["step"] for row in grown] == list(range(1, 15))
    whole = pool_arms(x, n, trials, MODEL)
    assert grown[-1]["ci_low"] == pytest.approx(whole.ci_low, rel=1e-9)
    for name in ("leave_two_out", "influence"):
        assert {row["model"] for row in table(built, name, "orr")} == {"arms"}
    assert {row["model"] for row in table(built, "calibration", "orr")} == {"arms"}
    page = (built.root / "results/1/report.html").read_text(encoding="utf-8")
    assert "take studies as independent" in page
    assert "simulated from the fitted primary model" not in page


def test_a_review_whose_only_model_knows_trials(new_house):
    """No trial has two arms: the plain numbers, no trial to leave out, nothing to simulate from."""
    with new_house.protocol() as protocol:
        protocol["models"] = {"trials": PRIMARY}
        del protocol["paper_model"]
    new_house.build("results/1/sensitivity/orr/calibration.csv", "results/1/pool/orr/pooled.csv")
    for name in ("calibration", "leave_one_trial_out", "influence"):
        assert table(new_house, name, "orr") == []
    assert {row["model"] for row in table(new_house, "leave_one_out", "orr")} == {"trials"}
    (row,) = read_table(new_house.root / "results/1/pool/orr/pooled.csv", "pooled")
    assert "one_study_per_cluster" in row["note"] and row["pi_low"] is not None
