"""A layer and a version more: what changed is told, and only the new version runs."""

import re

import pytest
from houses import rows_of, write_rows

from singlearm.catalogue.tables import read_json, read_table
from singlearm.kinds import KINDS

#: Two new studies, of which one replaces an old one, and a correction of one cell.
STUDIES = [("Zeta2023", "Zeta Z", ""), ("Eta2023", "Eta H", "Alpha2019")]
CELLS = [
    ("Zeta2023", "orr", 9, 12),
    ("Zeta2023", "crs_any", 10, 12),
    ("Eta2023", "orr", 15, 18),
    ("Delta2021", "orr", 21, 25),
]
VERSION = {
    "title": "Second cut",
    "layers": ["data/raw/first", "data/raw/second"],
    "compare_with": "1",
}
#: A median of the first layer that goes with its study.
MEDIAN = {"value_months": 6.0, "ci_low": 4.0, "ci_high": 9.0, "n": 10, "not_reached": "no"}
RULE = {"threshold": True, "significance": 0.05, "proportion": 0.1, "months": 3, "rate": 2}


def add_layer(house):
    """Put the second layer and its version into the review."""
    first, second = house.root / "data/raw/first", house.root / "data/raw/second"
    second.mkdir()
    pattern, *_ = rows_of(first / "studies.csv")
    pattern |= {"year": "2023", "n_infused": "18", "n_enrolled": "", "n_evaluable": ""}
    studies = [
        pattern | {"study_id": study, "first_author": author, "cohort": study, "supersedes": old}
        for study, author, old in STUDIES
    ]
    write_rows(second / "studies.csv", studies)
    header = (first / "outcomes_1.csv").read_text(encoding="utf-8").split("\n", 1)[0]
    rows = [f"{','.join(map(str, cell))},no,,,not_documented,high," for cell in CELLS]
    (second / "outcomes_1.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    with house.protocol() as protocol:
        protocol["versions"]["2"] = VERSION
        protocol |= {"build": ["1", "2"], "changes": RULE}


@pytest.fixture(scope="module")
def updated(run_house, tmp_path_factory):
    """The small review after its update, and what the run printed."""
    house = run_house.copy_to(tmp_path_factory.mktemp("updated") / "review")
    add_layer(house)
    return house, house.build()


def changes_of(house, kind):
    rows = read_table(house.root / "results/2/changes.csv", "changes")
    return {row["item"]: row for row in rows if row["kind"] == kind}


def told(rows):
    return {item: (row["act"], row["before"], row["after"]) for item, row in rows.items()}


def test_only_the_new_version_ran(updated):
    _, printed = updated
    started = re.findall(r"^Job \d+: (\S+): ", printed, flags=re.MULTILINE)
    assert set(started) == {"2"}


def test_studies_in_and_out(updated):
    house, _ = updated
    studies = changes_of(house, "study")
    assert told(studies) == {
        "Alpha2019": ("superseded", "Alpha A 2019, 10 patients infused", None),
        "Eta2023": ("added", None, "Eta H 2023, 18 patients infused"),
        "Zeta2023": ("added", None, "Zeta Z 2023, 18 patients infused"),
    }
    assert studies["Alpha2019"]["reason"] == "superseded by Eta2023"


def test_cells_in_out_and_changed(updated):
    house, _ = updated
    cells = changes_of(house, "cell")
    assert told(cells) == {
        "Alpha2019/crs_any": ("superseded", "7/10", None),
        "Alpha2019/median_pfs": (
            "superseded",
            KINDS["time"].sheet.text(MEDIAN),
            None,
        ),
        "Alpha2019/orr": ("superseded", "8/10", None),
        "Delta2021/orr": ("replaced", "20/25", "21/25"),
        "Eta2023/orr": ("added", None, "15/18"),
        "Zeta2023/crs_any": ("added", None, "10/12"),
        "Zeta2023/orr": ("added", None, "9/12"),
    }
    assert cells["Delta2021/orr"]["reason"] == "replaces first outcomes_1 row 5"


def test_estimates_before_and_after_are_those_of_the_two_versions(updated):
    house, _ = updated
    counts = {"orr": ("51 of 76 patients in 5 studies", "68 of 96 patients in 6 studies")}
    counts["crs_any"] = ("52 of 61 patients in 4 studies", "55 of 63 patients in 4 studies")
    estimates = changes_of(house, "estimate")
    for side, version in (("before", "1"), ("after", "2")):
        for row in read_table(house.root / f"results/{version}/pooled.csv", "pooled"):
            found = estimates[f"{row['outcome']}/{row['model']}"]
            assert found[side].endswith(counts[row["outcome"]][version == "2"])
            # the average over studies leads, where a model has one
            names = {"k": "k", "value": "estimate", "low": "ci_low", "high": "ci_high"}
            if row["marginal"] is not None:
                names |= {"value": "marginal", "low": "marginal_low", "high": "marginal_high"}
            for name, column in names.items():
                assert found[f"{name}_{side}"] == row[column]
    # Of 45 patients 25 are in the study whose median is not reached, so neither is the pooled one.
    assert estimates["median_pfs/weighted_median_endless"]["act"] == "lost"
    groups = changes_of(house, "subgroup")
    assert groups["orr/target_class/dual/glmm"]["after"].endswith("27 of 31 patients in 2 studies")
    assert groups["crs_any/target_class/dual/glmm"]["act"] == "unchanged"
    assert groups["crs_any/target_class/dual/glmm"]["changed"] is False


def side(row, threshold):
    """Where an interval lies, in the words of the table."""
    percent = f"{100 * threshold:g}%"
    if row["marginal_low"] > threshold:
        return f"above {percent}"
    return f"below {percent}" if row["marginal_high"] < threshold else f"on both sides of {percent}"


def test_conclusions_follow_the_rule_of_the_protocol(updated):
    house, _ = updated
    found = changes_of(house, "conclusion")
    fits, tests = (
        [
            {
                row["outcome"]: row
                for row in read_table(house.root / f"results/{version}/{kind}.csv", kind)
                if row["model"] == "glmm" and row.get("lead", True)
            }
            for version in ("1", "2")
        ]
        for kind in ("pooled", "subgroup_tests")
    )
    for outcome, threshold in (("orr", 0.5), ("crs_any", 0.8)):
        old, new = (version[outcome] for version in fits)
        row = found[f"{outcome}/glmm"]
        assert (row["before"], row["after"]) == (side(old, threshold), side(new, threshold))
        moved = abs(new["marginal"] - old["marginal"]) > RULE["proportion"]
        assert row["changed"] is (moved or row["before"] != row["after"])
        p_values = [version[outcome]["p_value"] for version in tests]
        flipped = (p_values[0] < 0.05) != (p_values[1] < 0.05)
        assert found[f"{outcome}/target_class/glmm"]["changed"] is flipped
    # 51 of 76 responded before, 68 of 96 now: the interval comes off 50%.
    assert found["orr/glmm"]["before"] == "on both sides of 50%"
    assert found["median_pfs/weighted_median"]["act"] == "none"  # a bound before and after


def test_report_and_record_tell_the_update(updated):
    house, _ = updated
    page = (house.root / "results/2/report.html").read_text(encoding="utf-8")
    assert "Against version 1" in page
    assert "Eta2023" in page
    record = read_json(house.root / "results/2/provenance.json")
    assert "results/2/figures/changes.svg" in record["artifacts"]
    inputs = record["artifacts"]["results/2/changes.csv"]["inputs"]
    assert {"results/1/pooled.csv", "results/2/pooled.csv"} <= set(inputs)


def test_a_version_without_a_predecessor_has_the_header_only(updated):
    house, _ = updated
    assert read_table(house.root / "results/1/changes.csv", "changes") == []


def test_a_comparison_without_a_rule_has_the_default_one(house):
    add_layer(house)
    with house.protocol() as protocol:
        del protocol["changes"]
    assert "changes:" in house.build("protocol")


def test_a_frozen_version_refuses_changed_sheets(house):
    printed = house.build("freeze")
    (line,) = re.findall(r"^      (data/raw/first: [0-9a-f]{64})$", printed, re.MULTILINE)
    layers = "    layers: [data/raw/first]\n"
    house.edit(
        "config/config.yaml", layers, f"{layers}    frozen: true\n    sha256:\n      {line}\n"
    )
    target = "results/1/pooled.csv"
    house.build(target)
    before = (house.root / target).read_bytes()
    house.edit("data/raw/first/outcomes_1.csv", "Delta2021,orr,20,25", "Delta2021,orr,21,25")
    refused = house.snakemake(target)
    assert refused.returncode != 0
    assert "the version is frozen and the sheets of this layer have changed" in refused.stdout
    assert "add a layer" in refused.stdout
    assert (house.root / target).read_bytes() == before
