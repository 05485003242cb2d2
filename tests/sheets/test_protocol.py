"""The protocol: slips that YAML hides, faults in plain words, defaults and where they come from."""

from pathlib import Path

import pytest
import yaml
from review import CODEBOOK, PROTOCOL
from review_cases import CASES, TESTS, case

from singlearm.sheets.codebook import core_codebook, read_codebook
from singlearm.sheets.plan import Plan, plan_of
from singlearm.sheets.protocol import MODELS, complete, described, study_words
from singlearm.sheets.protocol_file import (
    as_texts,
    file_faults,
    reference_faults,
    schema_faults,
)

SCHEMA = TESTS.parent / "workflow/schemas/config.schema.json"
MINIMAL = {"review": {"name": "hip", "title": "Hips"}, "outcomes": {"infection": {}}}


def faults(path: Path) -> list[str]:
    """Every fault of a protocol's file, as the workflow tells them."""
    found = file_faults(path)
    if found:
        return found
    given = as_texts(yaml.safe_load(path.read_text(encoding="utf-8")))
    return schema_faults(given, SCHEMA) or reference_faults(complete(given))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("colon-in-title", ["line 4", "put the text in quotes"]),
        ("duplicate-model", ["models: the key glmm stands twice (lines 25 and 26)"]),
        ("unquoted-build", ["build: put the version in quotes", '"1"']),
        ("unquoted-version", ["versions: put the version in quotes", '"1.1"']),
        ("version-newline", ["versions", "has a line break"]),
    ],
)
def test_protocol_yaml(name, parts):
    path = CASES / "protocol-yaml" / name / "overlay/config/config.yaml"
    (told,) = faults(path)
    for part in parts:
        assert part in told


def test_protocol_yaml_unquoted_date(tmp_path):
    """A date without quotes is the date that it is."""
    review = case("protocol-yaml/unquoted-date", tmp_path)
    assert faults(review.root / "config/config.yaml") == []
    assert review.protocol["versions"]["1"]["released"] == "2022-02-02"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"outcomes": {"Infection": {}}}, "is not a name of small letters, digits and _"),
        ({"review": {"name": "hip"}}, "review: the key title is missing"),
        ({"gosh": True}, "gosh"),
        ({"leave_two_out": {}}, "leave_two_out"),
        ({"headline": "mean"}, "'mean' is none of: average, typical."),
        ({"outcomes": {"a": 3}}, "outcomes > a: 3 is not keys with values or nothing"),
        ({"permutation": "glmm"}, "permutation: 'glmm' is not a list, as [a, b]"),
        (
            {"outcomes": {"a": {"kind": "landmark"}}},
            "outcomes > a: the keys of, months are missing",
        ),
        ({"outcome": {}}, "did you mean 'outcomes' for 'outcome'?"),
    ],
)
def test_faults_in_plain_words(change, told):
    found = schema_faults(MINIMAL | change, SCHEMA)
    assert any(told in fault for fault in found), found
    assert not any(sign in fault for fault in found for sign in ("^[", "(?!", "\\s"))


def test_an_outcome_may_say_nothing_but_its_name(tmp_path):
    (tmp_path / "first").mkdir()
    given = MINIMAL | {"outcomes": {"deep_infection": None}}
    assert schema_faults(given, SCHEMA) == []
    protocol = complete(given, tmp_path)
    assert protocol["outcomes"]["deep_infection"]["label"] == "Deep infection"
    assert yaml.safe_load(described(protocol, given)) == protocol


def test_an_unknown_kind_of_outcome_is_told_with_the_known_ones():
    protocol = complete(MINIMAL | {"outcomes": {"infection": {"kind": "landmarks"}}})
    (fault,) = reference_faults(protocol)
    assert fault.startswith("outcomes > infection > kind: 'landmarks' is none of: proportion, ")
    assert fault.endswith("Did you mean 'landmark'?")


COMMON = {"likelihood": "normal", "measure": "PLO", "ci": "wald"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, None),
        (
            {"models": {"one": {**COMMON, "tau2": "EE"}}},
            "figures > forest > shrunken: the primary model one takes the studies as one (tau2: "
            "EE), so it has no value for each; take the key out, or name another primary",
        ),
        (
            {"outcomes": {"clots": {"kind": "rate"}}},
            "figures > forest > shrunken: only the forests of proportions can show these values, "
            "and no outcome is of kind proportion; take the key out",
        ),
    ],
)
def test_values_of_studies_are_refused_where_no_forest_can_show_them(
    change, told, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("raw/first").mkdir(parents=True)
    asked = {"figures": {"forest": {"shrunken": True}}}
    assert schema_faults(MINIMAL | asked | change, SCHEMA) == []
    protocol = complete(MINIMAL | asked | change, Path("raw"))
    assert reference_faults(protocol) == ([told] if told else [])
    assert reference_faults(complete(MINIMAL | change, Path("raw"))) == []


@pytest.mark.parametrize(
    ("layer", "claims", "odd"),
    [
        ("data/raw/2021", "data/raw/2021/claims.csv", None),
        ("..2021/a", "claims..csv", None),
        ("../shared/2021", "claims.csv", "layers: '../shared/2021'"),
        ("data/../../2021", "claims.csv", "layers: 'data/../../2021'"),
        ("/shared/2021", "claims.csv", "layers: '/shared/2021'"),
        ("data/raw/2021", "/shared/claims.csv", "claims: '/shared/claims.csv'"),
        ("data/raw/2021", "../claims.csv", "claims: '../claims.csv'"),
    ],
)
def test_sheets_outside_the_review_are_refused(layer, claims, odd):
    """Verifying wrote such sheets outside its folder; no archive with them could be verified."""
    versions = {"1": {"layers": [layer], "claims": claims}}
    faults = reference_faults(complete(MINIMAL | {"versions": versions}))
    if odd is None:
        assert faults == []
        return
    (fault,) = faults
    assert fault.startswith(f"versions > 1 > {odd} does not lie in the review's folder; copy it")


def test_a_minimal_protocol_has_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("2020", "2024"):
        Path("raw", name).mkdir(parents=True)
    assert schema_faults(MINIMAL, SCHEMA) == []
    protocol = complete(MINIMAL, Path("raw"))
    assert protocol["build"] == ["1"]
    assert protocol["versions"]["1"]["layers"] == ["raw/2020", "raw/2024"]
    assert protocol["outcomes"]["infection"] == {"label": "Infection", "kind": "proportion"}
    assert protocol["models"] == MODELS
    assert protocol["headline"] == "average"
    assert reference_faults(protocol) == []
    assert schema_faults(protocol, SCHEMA) == [], "the defaults fit the schema"
    assert Plan(**plan_of(protocol, "1")).superseded == "drop"


def test_no_layer_is_a_fault(tmp_path):
    with pytest.raises(ValueError, match="there are no sheets"):
        complete(MINIMAL, tmp_path)


def test_a_single_version_needs_no_more_than_its_date(tmp_path):
    (tmp_path / "first").mkdir()
    given = MINIMAL | {"versions": {"1": {"released": "2026-11-01"}}}
    assert schema_faults(given, SCHEMA) == []
    (version,) = complete(given, tmp_path)["versions"].values()
    title, layers = MINIMAL["review"]["title"], [(tmp_path / "first").as_posix()]
    assert version == {"title": title, "layers": layers, "released": "2026-11-01"}


def test_of_several_versions_each_names_its_layers(tmp_path):
    (tmp_path / "first").mkdir()
    versions = {"1": {"layers": ["data/raw/1"]}, "2": {"title": "Second"}}
    with pytest.raises(ValueError, match="versions > 2: the key layers is missing"):
        complete(MINIMAL | {"versions": versions}, tmp_path)


def test_what_the_file_says_goes_before(tmp_path):
    (tmp_path / "first").mkdir()
    given = MINIMAL | {
        "gosh": False,
        "leave_two_out": False,
        "calibration": {"datasets": 50},
        "models": {"mine": {"likelihood": "bayes"}},
    }
    protocol = complete(given, tmp_path)
    assert protocol["gosh"] is protocol["leave_two_out"] is False
    assert complete(MINIMAL, tmp_path)["leave_two_out"] is True
    assert protocol["calibration"] == {"datasets": 50, "seed": 20210101}
    assert protocol["models"]["primary"] == "mine"


def test_the_protocol_in_force_reads_back_and_says_where_from(tmp_path):
    (tmp_path / "first").mkdir()
    protocol = complete(MINIMAL | {"lang": "de"}, tmp_path)
    text = described(protocol, MINIMAL | {"lang": "fr"})
    assert yaml.safe_load(text) == protocol
    assert "title: Hips  # config.yaml" in text.replace('"', "")
    assert "lang: de  # command line" in text
    assert "headline: average  # default" in text


def test_described_reads_back_for_the_real_protocol():
    assert yaml.safe_load(described(PROTOCOL, {})) == PROTOCOL


def test_study_words_of_the_real_protocol():
    words = study_words(PROTOCOL, read_codebook(CODEBOOK))
    assert words["size"] == "n_infused"
    assert words["size_label"] == "patients infused"
    assert words["group"] == "target_antigens"
    assert words["labels"]["n_infused"] == "Infused"
    assert words["types"]["n_infused"] == "integer"
    assert words["separators"]["target_antigens"] == "+"
    assert set(words["table"]) <= set(words["labels"])


def test_study_words_without_words():
    """Nothing is said about what the protocol does not name."""
    words = study_words(MINIMAL, core_codebook())
    assert not {"size", "size_label", "group"} & set(words)
    assert words["table"] == ["design", "country", "median_followup_months", "publication_type"]


def test_columns_that_the_protocol_names_are_columns(tmp_path):
    review = case("study-labels/slash", tmp_path)
    path = review.root / "config/config.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("sort: year", "sort: year, columns: [prodct, phase]").replace(
            "size: n_infused", "size: country"
        ),
        encoding="utf-8",
    )
    found = {(p.rule, p.value): p.hint for p in review.read().errors}
    assert found["unknown_column", "prodct"] == "did you mean 'product'?"
    assert ("column_kind", "country") in found
