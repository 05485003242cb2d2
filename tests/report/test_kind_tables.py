"""Tables of the kinds beside proportions: what each study gives to a result."""

from singlearm.catalogue import TABLES
from singlearm.report import kind_tables
from singlearm.report.review import Review

PROTOCOL = {
    "outcomes": {
        "pfs_12mo": {"kind": "landmark", "of": "pfs", "months": 12, "label": "PFS at 12 months"},
        "pfs_all": {"kind": "survival", "of": "pfs", "label": "PFS"},
    },
    "models": {}, "primary": "glmm", "subgroups": {},
}  # fmt: skip


def row_of(kind, **known):
    return dict.fromkeys(TABLES[kind].names) | known


def review(**tables):
    studies = [
        {
            "study_id": study,
            "first_author": author,
            "year": year,
            "label": None if author else "Beta 2020",
        }
        for study, author, year in (("A", "Alpha", 2019), ("B", None, 2020))
    ]
    return Review(
        protocol=PROTOCOL, version="1", data_hash="0", tables=tables | {"studies": studies},
        effects={}, sensitivity={}, figures={},
    )  # fmt: skip


def cells(table):
    return [[cell.text(row) for cell in table.cells] for row in table.rows]


def test_points_stand_beside_the_model_that_leads():
    def both(**known):
        return [
            row_of("survival_model", outcome="pfs_all", model=model, loglik=height, **known)
            for model, height in (("cloglog", -3.0), ("logit", -2.0))
        ]

    rows = both(quantity="median", k=2, points=3, estimate=10.0, ci_low=8.0, ci_high=13.0)
    rows += [
        row | {"estimate": value, "loglik": None}
        for row, value in zip(
            both(quantity="point", study_id="A", source="landmark_interval", time_months=12.0,
                 observed=0.7, weight=60.0),
            (0.65, 0.68), strict=True,
        )
    ]  # fmt: skip
    (table,) = kind_tables.of_studies(review(survival_model=rows), "survival")
    assert cells(table) == [
        ["PFS", "Alpha 2019", "fixed time, printed interval", "12.0", "70.0", "68.0", "60.0"]
    ]


def test_each_landmark_stands_beside_the_rest_without_it():
    row = row_of(
        "landmark_studies", outcome="pfs_12mo", study_id="B", months=12.0, survival=0.75,
        ci_low=0.6, ci_high=0.85, n=40, weight=55.5, without=0.71, without_low=0.5,
        without_high=0.84,
    )  # fmt: skip
    (table,) = kind_tables.of_studies(review(landmark_studies=[row]), "landmark")
    (found,) = cells(table)
    assert found[:2] == ["PFS at 12 months", "Beta 2020"]
    assert found[-1] == "71.0 [50.0, 84.0]"
    (note,) = table.notes
    assert note.startswith("Without it: by the model that leads") and "Weights: " in note


def test_tests_between_groups_say_who_enters_and_that_holm_does_not():
    """A group whose medians have no interval is in the table of groups and not in the test."""
    tables = {
        "group_results": [
            row_of("group_results", part=part, outcome="it", by="drug", level=level, k=2, n=40,
                   result="8.0 months", note="")
            for part in ("time", "landmark") for level in ("a", "b")
        ],
        "group_tests": [
            row_of("group_tests", part=part, outcome="it", by="drug", test="f", left_out=2,
                   note="one_group_with_errors; without_error_left_out=2")
            for part in ("time", "landmark")
        ],
    }  # fmt: skip
    for name in ("time", "landmark", ""):
        groups, tests = kind_tables.by_group(review(**tables), name)
        assert len(groups.notes) == 1
        said = tests.notes[0]
        assert said.startswith("Only studies with a standard error enter a test.")
        assert said.endswith("These p values are not adjusted for the number of subgroupings.")
        assert ("Of medians" in said) == (name != "landmark")
        assert cells(tests)[0][-1] == (
            "standard errors in one group only; 2 studies without a standard error left out"
        )


def test_kinds_without_such_tables_have_none():
    assert kind_tables.of_studies(review(rates=[]), "rate") == ()
