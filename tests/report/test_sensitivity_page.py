"""The figures that docs/sensitivity.md quotes are those of the flagship's results."""

import os

import pytest

from singlearm.catalogue.tables import read_table

RESULTS = "results/2021.1"
#: The primary and the paper's model.
MODELS = ("glmm", "logit_dl")


@pytest.fixture
def version(repository):
    """The folder of the version that the page quotes; where CI runs, it is there."""
    folder = repository / RESULTS
    if not (folder / "pooled.csv").exists():
        if os.environ.get("REQUIRE_RESULTS"):
            pytest.fail("CI builds the results before it tests")
        pytest.skip("the flagship is not built here")
    return folder


@pytest.fixture
def quoted(repository):
    """Fails with the sentences that the page has not, whatever its line breaks."""
    page = " ".join((repository / "docs/sensitivity.md").read_text(encoding="utf-8").split())

    def check(*sentences):
        assert [sentence for sentence in sentences if sentence not in page] == []

    return check


def table(version, kind, outcome="orr"):
    return read_table(version / f"sensitivity/{outcome}/{kind}.csv", kind)


def percent(value, digits=1):
    return f"{100 * value:.{digits}f}"


def held(row):
    return percent(row["coverage"])


def span(rows, sign="", of="estimate"):
    """Lowest to highest estimate of some rows."""
    values = [row[of] for row in rows]
    return f"{percent(min(values))}{sign} to {percent(max(values))}{sign}"


def test_studies_left_out(version, quoted):
    rows = read_table(version / "pooled.csv", "pooled")
    (all_,) = (row for row in rows if (row["outcome"], row["model"]) == ("orr", "glmm"))
    one, two = (
        {model: [row for row in table(version, kind) if row["model"] == model] for model in MODELS}
        for kind in ("leave_one_out", "leave_two_out")
    )
    average = [percent(all_[name]) for name in ("marginal", "marginal_low", "marginal_high")]
    quoted(
        f"version `2021.1`, {all_['k']} studies",
        "of all studies {}%, 95% CI {} to {}): without".format(*average),
        f"without any one study {span(one['glmm'], '%', 'marginal')} under the primary model; "
        f"without any two {span(two['glmm'], '%', 'marginal')}.",
        f"(of all studies {percent(all_['estimate'])}%): without any one "
        f"{span(one['glmm'], '%')} ({span(one['logit_dl'], '%')} under the paper's model), "
        f"without any two {span(two['glmm'], '%')}.",
    )
    highest = sorted(one["glmm"], key=lambda row: -row["estimate"])[:3]
    named = {"Ramos2016", "Guo2016", "Baumeister2018"}
    assert {row["left_out"] for row in highest} == named


def test_all_subsets(version, quoted):
    (dl,) = (
        row
        for row in table(version, "gosh_summary")
        if (row["model"], row["quantity"]) == ("DL", "estimate")
    )
    hill = max(table(version, "gosh_clusters"), key=lambda row: row["share"])
    ends = {name: percent(dl[name]) for name in ("q025", "q250", "q750", "q975")}
    (ramos,) = (row for row in table(version, "gosh_studies") if row["study_id"] == "Ramos2016")
    toxic = table(version, "gosh_clusters", "crs_grade3plus")
    first, second = sorted(toxic, key=lambda row: -row["share"])[:2]
    quoted(
        f"{dl['subsets']:,} subsets, one hill ({percent(hill['share'], 0)}% of them)",
        f"between {ends['q250']}% and {ends['q750']}%, 95% between {ends['q025']}% and "
        f"{ends['q975']}%",
        f"Ramos 2016 average {percent(ramos['mean_with'])}%, those without "
        f"{percent(ramos['mean_without'])}%",
        f"two hills, {percent(first['share'], 0)}% of the subsets around "
        f"{percent(first['estimate'], 0)}% with I2 near {percent(first['i2'], 0)}% and "
        f"{percent(second['share'], 0)}% around {percent(second['estimate'], 0)}% without",
    )


def test_all_specifications(version, quoted):
    rows = table(version, "multiverse_summary")
    all_ = next(row for row in rows if row["choice"] == "all")
    moves = {row["choice"]: percent(row["moves_mean"], 0) for row in rows if row["level"]}
    assert moves["measure"] == moves["likelihood"]
    quoted(
        f"{all_['specifications']:,} specifications with {all_['distinct']} different estimates "
        f"from {percent(all_['minimum'])}% to {percent(all_['maximum'])}%, median "
        f"{percent(all_['median_distinct'])}%; the published {percent(all_['published'], 0)}% is "
        f"above {percent(all_['share_below_distinct'], 0)}% of them",
        f"by {moves['tau2_estimator']} percentage points on average, the set of studies by "
        f"{moves['inclusion']}, measure and likelihood by {moves['measure']} each, the "
        f"denominator by {moves['denominators']}, zero handling by {moves['zeros']}.",
    )
    claims = read_table(version / "claims.csv", "claims")
    (claim,) = (row for row in claims if row["claim_id"] == "neurotox3")
    quoted(f"neurotoxicity, {claim['published']:.0f}%*: {claim['settings_matching']}.")


def test_permutations(version, quoted):
    rows = read_table(version / "subgroup_tests.csv", "subgroup_tests")
    asked = ("orr", "bcma_single", "logit_dl", "common")
    (test,) = (
        row
        for row in rows
        if tuple(row[name] for name in ("outcome", "by", "model", "tau2_mode")) == asked
    )
    quoted(
        f"p = {test['p_value']:.4f} by Q under one tau2 and {test['p_permutation']:.4f} by "
        f"permutation of all {test['permutations']:,} arrangements"
    )


def test_calibration(version, quoted):
    rows = {
        (row["simulated_from"], row["model"], row["interval"]): row
        for row in table(version, "calibration")
    }
    ours, reml, paper = (
        rows["glmm", model, "confidence"] for model in ("glmm", "logit_reml_hk", "logit_dl")
    )
    own = {name: rows["logit_dl", "logit_dl", name] for name in ("confidence", "prediction")}
    new = [rows[source, "glmm", "prediction"] for source in MODELS]
    quoted(
        f"{ours['datasets']:,} in the flagship",
        f"{ours['datasets']:,} reviews: simulated from the primary model",
        f"holds the truth in {held(ours)}% of the reviews, that of `logit_reml_hk` in "
        f"{held(reml)}%, the paper's Wald interval in {held(paper)}%",
        f"by {percent(-reml['bias'])} and {percent(-paper['bias'])} percentage points",
        f"its interval holds the truth in {held(own['confidence'])}%, and its prediction "
        f"interval {held(own['prediction'])}% of new studies",
        f"prediction interval holds {held(new[0])}%, and {held(new[1])}% where",
    )
