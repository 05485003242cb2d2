"""Every model that the protocol can ask for runs through the pipeline: the numbers of a call."""

import itertools

import pytest
from houses import rows_of, write_rows

from singlearm.catalogue.notes import codes
from singlearm.catalogue.tables import columns, read_table
from singlearm.synthesis import (
    Model,
    compare_clustered,
    compare_subgroups,
    group_differences,
    meta_regression,
    pool,
    pool_arms,
    study_values,
)
from singlearm.synthesis.estimators import TAU2_METHODS
from singlearm.synthesis.words import CI_METHODS, MEASURES

#: Every measure with every estimator, and each of both with every interval.
TWO_STEP = [
    {
        "likelihood": "normal",
        "measure": measure,
        "tau2": tau2,
        "ci": CI_METHODS["normal"][(i + j) % 4],
    }
    for (i, measure), (j, tau2) in itertools.product(enumerate(MEASURES), enumerate(TAU2_METHODS))
]
EXACT = [
    {"likelihood": likelihood, "ci": ci}
    for likelihood in ("binomial_normal", "beta_binomial", "bayes")
    for ci in CI_METHODS[likelihood]
]
BARE = [{"likelihood": name} for name in ("binomial_normal", "beta_binomial", "bayes")]
CLUSTERED = [
    {"likelihood": "binomial_normal", "ci": "t", "cluster": "registration"},
    {"likelihood": "normal", "measure": "PLO", "tau2": "REML", "ci": "t", "cluster": "cohort"},
]
ALL = [*TWO_STEP, *EXACT, *BARE, {"likelihood": "bayes", "tau_scale": 0.5}, *CLUSTERED]
MODELS = {f"m{i}": settings for i, settings in enumerate(ALL)}
NAMES = ("pooled", "subgroups", "subgroup_tests", "subgroup_differences", "regression")
YEAR = {"from": "year", "kind": "continuous", "studies_per_coefficient": 5}
TARGET = {"from": "target_class", "kind": "categorical", "studies_per_coefficient": 5}
BOTH = {"moderators": ["year", "target"], "studies_per_coefficient": 2}


@pytest.fixture(scope="module")
def tables(empty_house, tmp_path_factory):
    """The cells and the tables of a run with every model, by outcome."""
    house = empty_house.copy_to(tmp_path_factory.mktemp("models") / "review")
    with house.protocol() as protocol:
        protocol["models"] |= MODELS
        protocol["moderators"] = {"year": YEAR, "target": TARGET}
        protocol["regressions"] = {"both": BOTH}
        protocol["figures"]["forest"]["shrunken"] = True
    register(house.root / "data/raw/first/studies.csv")
    house.build(*(f"results/1/{name}.csv" for name in NAMES))
    found = {name: read_table(house.root / f"results/1/{name}.csv", name) for name in NAMES}
    for outcome in ("orr", "crs_any"):
        path = house.root / f"results/1/pool/{outcome}/effects.csv"
        found[f"effects of {outcome}"] = read_table(path, "effects")
    cells = {
        outcome: read_table(house.root / f"results/1/clean/by_outcome/{outcome}.csv", "cells")
        for outcome in ("orr", "crs_any")
    }
    return cells, found


def model_of(settings):
    return Model(**{key: value for key, value in settings.items() if key != "cluster"})


def counts(cells):
    return [cell["events"] for cell in cells], [cell["total"] for cell in cells]


def agrees(row, record, kind, aside):
    """Every column of a row is the record's field (sums over clusters may differ by rounding)."""
    for name in columns(kind):
        if name not in aside:
            value = getattr(record, name)
            expected = pytest.approx(value, rel=1e-11) if isinstance(value, float) else value
            assert row[name] == (expected if value != "" else None), (row, name)


def register(path):
    """Three studies get trial ids; two of them, by way of the third, are arms of one trial."""
    studies = rows_of(path)
    ids = {"Alpha2019": "NCT1", "Beta2020": "NCT2;NCT1", "Delta2021": "NCT2"}
    for study in studies:
        study["registration"] = ids.get(study["study_id"], "")
    write_rows(path, studies)


def trials(cells, column):
    """The trial of each study; cohorts have one study each."""
    together = {"Alpha2019", "Beta2020", "Delta2021"} if column == "registration" else set()
    return ["one" if cell["study_id"] in together else cell["study_id"] for cell in cells]


def test_every_model_has_its_row_for_every_outcome(tables):
    cells, found = tables
    rows = {(row["outcome"], row["model"]): row for row in found["pooled"]}
    assert set(rows) == {(o, m) for o in cells for m in [*MODELS, "glmm", "logit_dl"]}
    for (outcome, name), row in rows.items():
        if name not in MODELS:
            continue
        settings, data = MODELS[name], counts(cells[outcome])
        threshold = {"orr": 0.5, "crs_any": 0.8}[outcome]
        fit = pool(*data, model_of(settings), threshold=threshold)
        if "cluster" in settings:
            labels = trials(cells[outcome], settings["cluster"])
            fit = pool_arms(*data, labels, model_of(settings), threshold=threshold)
            alone = len(set(labels)) == len(labels)
            assert ("one_study_per_cluster" in row["note"]) == alone
            assert alone == (settings["cluster"] == "cohort")
            assert ("few_trials_of_arms=1" in row["note"]) == (not alone)
            assert row["clusters"] == len(set(labels))
        agrees(row, fit, "pooled", ("outcome", "model"))
        assert row["estimate"] is not None, row
        # CR2 has no interval below four degrees of freedom, and says so
        few = "few_degrees_of_freedom" in codes(row["note"])
        assert (row["ci_low"] is None) == few, row
        assert "cluster" in settings or not few, row


def test_every_model_but_the_common_effect_ones_has_its_value_of_each_study(tables):
    cells, found = tables
    for outcome, name in itertools.product(cells, MODELS):
        model, rows = model_of(MODELS[name]), found[f"effects of {outcome}"]
        columns_of = [f"{end}shrunken_{name}" for end in ("", "low_", "high_")]
        assert all((column in rows[0]) == (model.tau2 != "EE") for column in columns_of)
        if model.tau2 == "EE":
            continue
        expected = study_values(pool(*counts(cells[outcome]), model))
        told = [[row[column] for row in rows] for column in columns_of]
        assert [float(value) for value in told[0]] == pytest.approx(expected.estimate, rel=1e-11)
        for column, values in zip(told[1:], (expected.ci_low, expected.ci_high), strict=True):
            limits = [None if value is None else float(value) for value in column]
            assert limits == (
                [None] * len(rows) if "cluster" in MODELS[name] else pytest.approx(values)
            )


def test_every_model_is_compared_or_says_why_not(tables):
    cells, found = tables
    levels = {}
    for row in found["subgroups"]:
        levels.setdefault((row["outcome"], row["model"], row["tau2_mode"]), []).append(row)
    tests = {}
    for row in found["subgroup_tests"]:
        tests.setdefault((row["outcome"], row["model"], row["tau2_mode"]), []).append(row)
    assert set(levels) == set(tests)
    assert {model for _, model, _ in levels} >= set(MODELS)
    for (outcome, name, mode), rows in levels.items():
        if name not in MODELS:
            continue
        settings = MODELS[name]
        labels = [cell["target_class"] for cell in cells[outcome]]
        how = {"tau2_mode": mode, "levels": ["single", "dual"]}
        given = (*counts(cells[outcome]), labels)
        model = model_of(settings)
        if "cluster" in settings:
            clusters = trials(cells[outcome], settings["cluster"])
            direct = compare_clustered(*given, clusters, model, **how)
        else:
            direct = compare_subgroups(*given, model, permutations=0, **how)
        by_level = {level.level: level for level in direct.levels}
        keys = ("outcome", "by", "model", "tau2_mode")
        for row in rows:
            agrees(row, by_level[row["level"]], "subgroups", keys)
        by_test = {test.test: test for test in direct.tests}
        for row in tests[outcome, name, mode]:
            agrees(row, by_test[row["test"]], "subgroup_tests", (*keys, "p_adjusted"))
            if "cluster" in settings:
                assert row["note"].startswith("no_test_with_clusters")
            elif settings["likelihood"] in ("beta_binomial", "bayes"):
                assert row["note"].startswith(f"no_test_for_{settings['likelihood']}")
            elif mode == "separate":  # neither group has the five studies that its own tau2 takes
                assert row["p_value"] is None, row
                assert "fewer_than_five_per_group" in codes(row["note"]), row
            else:
                assert row["p_value"] is not None, row


def test_groups_are_held_against_the_first_under_the_primary_model(tables):
    cells, found = tables
    for outcome, of_outcome in cells.items():
        labels = [cell["target_class"] for cell in of_outcome]
        direct = group_differences(*counts(of_outcome), labels, levels=["single", "dual"])
        rows = [row for row in found["subgroup_differences"] if row["outcome"] == outcome]
        assert {(row["model"], row["level"], row["reference"]) for row in rows} == {
            ("glmm", "dual", "single")
        }
        for row, difference in zip(rows, direct, strict=True):
            agrees(row, difference, "subgroup_differences", ("outcome", "by", "model"))


def test_every_model_is_regressed_or_says_why_not(tables):
    cells, found = tables
    rows = {}
    for row in found["regression"]:
        rows.setdefault((row["outcome"], row["moderator"], row["model"]), {})[row["term"]] = row
    plain = {name for name, settings in MODELS.items() if "cluster" not in settings}
    assert {model for _, _, model in rows} == {*plain, "glmm", "logit_dl"}
    for (outcome, moderator, name), terms in rows.items():
        if name not in MODELS:
            continue
        columns = {"year": "year", "target": "target_class"}
        values = {key: [cell[c] for cell in cells[outcome]] for key, c in columns.items()}
        direct = meta_regression(
            *counts(cells[outcome]),
            values.get(moderator, values),
            model_of(MODELS[name]),
            name=moderator,
            per_coefficient=2 if moderator == "both" else 5,
        )
        assert set(terms) == {row.term for row in direct.rows()}
        for term in direct.rows():
            agrees(terms[term.term], term, "regression", ("outcome", "moderator", "model"))
        fitted = MODELS[name]["likelihood"] in ("normal", "binomial_normal")
        if outcome == "crs_any":  # four studies
            assert terms["intercept"]["note"].startswith("studies_needed=5")
        elif fitted:
            assert terms["omnibus"]["p_value"] is not None
        else:
            assert terms["intercept"]["note"] == f"no_regression_for_{MODELS[name]['likelihood']}"


WRONG = [
    ({"likelihood": "binomial_normal", "ci": "equal_tailed"}, "equal_tailed"),
    ({"likelihood": "beta_binomial", "ci": "hk"}, "hk"),
    ({"likelihood": "bayes", "measure": "PLO"}, "measure"),
    ({"likelihood": "binomial_normal", "tau_scale": 1.0}, "tau_scale"),
    ({"likelihood": "normal", "measure": "PLO", "tau2": "REML"}, "the key ci is missing"),
    ({"likelihood": "binomial_normal", "ci": "profile", "cluster": "cohort"}, "'t' was expected"),
    ({"likelihood": "bayes", "cluster": "cohort"}, "cluster"),
    ({"likelihood": "binomial_normal", "prediction": "t"}, "prediction"),
    (
        {"likelihood": "normal", "measure": "PLO", "tau2": "EE", "ci": "t", "prediction": "t"},
        "prediction",
    ),
    (
        {"likelihood": "normal", "measure": "PLO", "tau2": "DL", "ci": "t", "prediction": "k"},
        "prediction",
    ),
]


def test_a_key_that_the_likelihood_does_not_know_stops_the_run(new_house):
    """All at once, so one start of the workflow tells them."""
    with new_house.protocol() as protocol:
        protocol["models"] |= {f"wrong{i}": settings for i, (settings, _) in enumerate(WRONG)}
    done = new_house.snakemake("-n")
    assert done.returncode != 0
    lines = done.stdout.splitlines()
    for i, (_, word) in enumerate(WRONG):
        told = [line for line in lines if f"models > wrong{i}" in line]
        assert told and any(word in line for line in told), (i, told)


def test_permutations_and_regressions_take_studies_as_independent(new_house):
    with new_house.protocol() as protocol:
        protocol["models"] |= {"trials": CLUSTERED[0], "primary": "trials"}
        protocol["moderators"] = {"year": YEAR | {"models": ["trials"]}}
        protocol["permutation"] = ["trials"]
    done = new_house.snakemake("-n")
    assert done.returncode != 0
    assert "models > primary" not in done.stdout
    assert "permutation: 'trials' is none of: glmm, logit_dl" in done.stdout
    assert "moderators > year > models: 'trials' is none of: glmm, logit_dl" in done.stdout


@pytest.mark.parametrize("sign", ["/", ";"])
def test_a_list_is_parted_by_its_own_sign_from_check_to_audit(new_house, sign):
    """Pooling guessed ';' or '+', whatever the codebook said: studies stood in the wrong group."""
    root, by = new_house.root, ("A", f"A{sign}B+C", "B+A", "B", f"B{sign}A")
    studies = root / "data/raw/first/studies.csv"
    rows = rows_of(studies)
    write_rows(studies, [row | {"drugs": drugs} for row, drugs in zip(rows, by, strict=True)])
    with (root / "config/codebook.csv").open("a", encoding="utf-8") as file:
        file.write(f"studies,drugs,list,,,{sign},,,,,,,Drugs\n")
    claims = root / "data/raw/first/claims.csv"
    counted = dict.fromkeys(rows_of(claims)[0], "") | {
        "claim_id": "drugs", "statement": "Of four kinds.", "by": "drugs", "quantity": "count",
        "value": "4", "decimals": "0", "source": "Invented",
    }  # fmt: skip
    write_rows(claims, [*rows_of(claims), counted])
    with new_house.protocol() as protocol:
        protocol["subgroups"]["a"] = {
            "label": "A", "from": "drugs", "contains": "A", "levels": ["with", "without"],
        }  # fmt: skip
    new_house.build("results/1/subgroups.csv", "results/1/claims.csv")
    groups = read_table(root / "results/1/subgroups.csv", "subgroups")
    found = {
        (row["level"], row["k"])
        for row in groups
        if (row["by"], row["outcome"], row["model"]) == ("a", "orr", "glmm")
    }
    assert found == {("with", 3), ("without", 2)}
    (claim,) = (
        row
        for row in read_table(root / "results/1/claims.csv", "claims")
        if row["claim_id"] == "drugs"
    )
    assert claim["verdict"] == "reproduced", claim
