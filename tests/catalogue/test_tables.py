"""The artifact tables: what is written is read back, in the contract's form."""

import json
import math

import numpy as np
import pytest

from singlearm.catalogue.tables import (
    TableError,
    columns,
    read_json,
    read_table,
    row_of,
    write_json,
    write_table,
)


def change(**known):
    return dict.fromkeys(columns("changes")) | known


def test_floats_keep_every_bit(tmp_path):
    value = 0.1 + 0.2
    path = tmp_path / "changes.csv"
    write_table(path, "changes", [change(kind="estimate", before=value, after=math.pi)])
    text = path.read_text().splitlines()[1]
    assert "0.30000000000000004" in text
    assert float(text.split(",")[3]) == value


def test_missing_and_nan_are_empty_and_booleans_are_words(tmp_path):
    path = tmp_path / "claims_settings.csv"
    empty = dict.fromkeys(columns("claims_settings"))
    rows = [empty | {"claim_id": "b", "estimate": math.nan, "interval_too": np.bool_(True)}]
    rows.append(empty | {"claim_id": "a"})
    write_table(path, "claims_settings", rows)
    assert path.read_bytes() == (
        b"claim_id,spec,estimate,ci_low,ci_high,p_value,interval_too\na,,,,,,\nb,,,,,,true\n"
    )
    assert read_table(path, "claims_settings")[1]["interval_too"] is True


def test_rows_are_sorted_by_the_kind_whatever_their_order(tmp_path):
    rows = [change(kind=kind, item=item) for kind in "ba" for item in "yx"]
    write_table(tmp_path / "one.csv", "changes", rows)
    write_table(tmp_path / "two.csv", "changes", rows[::-1])
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_a_row_with_another_column_is_refused(tmp_path):
    with pytest.raises(TableError, match="differs in surprise"):
        write_table(tmp_path / "changes.csv", "changes", [change(surprise=1)])


def test_another_table_is_refused(tmp_path):
    write_table(tmp_path / "changes.csv", "changes", [])
    with pytest.raises(TableError, match="not a 'times' table, lacks method"):
        read_table(tmp_path / "changes.csv", "times")


def test_an_unknown_kind_names_the_known_ones():
    with pytest.raises(TableError, match="pooled"):
        columns("poled")


def test_row_of_takes_fields_by_column_name():
    class Record:
        study_id, outcome, status, value, reason = "s", "o", "held out", "1/2", "Not final."

    assert row_of(Record, "availability", outcome="known")["outcome"] == "known"
    values = ["s", "o", "held out", "1/2", "Not final."]
    assert list(row_of(Record, "availability").values()) == values


def test_json_is_sorted_and_refuses_nan(tmp_path):
    path = tmp_path / "one.json"
    write_json(path, {"b": 1, "a": {"d": None, "c": "é"}})
    assert json.loads(path.read_text(encoding="utf-8")) == read_json(path)
    assert path.read_text(encoding="utf-8").index('"a"') < path.read_text().index('"b"')
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, {"a": math.nan})
