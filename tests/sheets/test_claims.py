"""The published claims: read as every sheet is, and their names held against protocol and data."""

import pytest
from small import small, tables, told

HEADER = "claim_id,statement,outcome,by,level,quantity,value,low,high,decimals,source\n"
STUDIES = "study_id,target\nA,one\nB,two\n"
CODEBOOK = "sheet,column,type\nstudies,target,category\n"
SUBGROUPS = {"target": {"from": "target"}}
RIGHT = "c2,Two studies,orr,,,k,2,,,0,Ek 2020\nc1,Targets,,target,,count,2,,,0,Ek 2020\n"


def read(folder, text, name="1/claims.csv", encoding="utf-8"):
    """The reading of a review with this sheet of claims."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding=encoding, newline="")
    more = {"codebook": CODEBOOK, "subgroups": SUBGROUPS, "claims": str(path)}
    return small(folder, STUDIES, **more)


@pytest.mark.parametrize("name", ["1/claims.csv", "published/of_2020.csv", "published/Claims.CSV"])
@pytest.mark.parametrize(
    "text, encoding",
    [
        (HEADER + RIGHT, "utf-8-sig"),
        ((HEADER + RIGHT).replace(",", ";"), "utf-8"),
        (HEADER + RIGHT + ",,,,,,,,,,\n", "utf-8"),
        (HEADER + RIGHT.replace(",k,", ",K,").replace(",count,", ",Count,"), "utf-8"),
    ],
    ids=["bom", "semicolons", "blank row", "capitals"],
)
def test_claims_are_read_as_every_sheet(tmp_path, name, text, encoding):
    reading = read(tmp_path, text, name, encoding)
    assert not reading.errors
    found = tables(reading, tmp_path)["published_claims"]
    assert [(row["claim_id"], row["quantity"], row["value"]) for row in found] == [
        ("c2", "k", 2.0),
        ("c1", "count", 2.0),
    ]


@pytest.mark.parametrize(
    "row, column, hint",
    [
        ("c,x,,targt,,count,2,,,0,s", "by", "did you mean 'target'?"),
        ("c,x,,,,count,2,,,0,s", "by", "write the column's name"),
        ("c,x,orr,antigen,one,k,2,,,0,s", "by", "there is: target"),
        ("c,x,orr,target,,estimate_percent,2,,,0,s", "level", "there is: one, two"),
        ("c,x,orr,,one,k,2,,,0,s", "level", "name the subgroup of the protocol in by"),
        ("c,x,,,,estimate_percent,2,,,0,s", "outcome", "name the outcome"),
        ("c,x,orr,target,one,median_months,2,,,0,s", "by", "leave by and level empty"),
    ],
)
def test_claims_that_name_nothing_are_told_in_the_check(tmp_path, row, column, hint):
    for name in ("1/claims.csv", "published/of_2020.csv"):
        (problem,) = read(tmp_path / name, HEADER + row + "\n", name).errors
        assert (problem.rule, problem.sheet, problem.row) == (f"claim_{column}", "claims", 2)
        assert hint in problem.hint
    assert problem.layer.endswith("of_2020.csv")


def test_a_test_or_estimate_of_a_dropped_subgroup_cannot_be_tested(tmp_path):
    for quantity in ("p_below", "estimate_percent"):
        reading = read(tmp_path, HEADER + f"c,x,orr,antigen,,{quantity},2,,,0,s\n")
        assert told(reading, "claim_by") == [("warning", "claims", 2, "by", "antigen")]


def test_a_level_that_no_study_has_is_a_warning(tmp_path):
    reading = read(tmp_path, HEADER + "c,x,orr,target,On,k,2,,,0,s\n")
    assert told(reading, "claim_level") == [("warning", "claims", 2, "level", "On")]


def test_faults_of_cells_outside_a_layer_are_told_with_their_file(tmp_path):
    reading = read(tmp_path, HEADER + "c,x,orr,,,pooled,2,,,0,s\n", "published/of_2020.csv")
    (problem,) = reading.errors
    assert (problem.rule, problem.row, problem.column) == ("not_allowed", 2, "quantity")
    assert problem.layer.endswith("published/of_2020.csv")


def test_a_file_that_is_no_sheet_of_claims(tmp_path):
    (problem,) = read(tmp_path, HEADER + RIGHT, "published/claims.txt").errors
    assert problem.rule == "unreadable" and "save it as 'CSV UTF-8'" in problem.hint
