"""The tables of results by the protocol's subgroupings and moderators."""

from .declare import Column, Table, integers, numbers, strings
from .language import mark
from .results import MODEL, NOTE, STUDIES, TAU2_MODE

PART = Column("part", "string", "Part", "word", shown="workbook")
#: The columns of a term of a regression.
TERMS = (
    STUDIES,
    Column("term", "string", "Term", "term"),
    Column("estimate", "number", "Coefficient", "coefficient", "Coefficient [95% CI]"),
    Column("se", "number", "Standard error", "coefficient", shown="workbook"),
    Column("ci_low", "number", "95% CI low", "coefficient", "Coefficient [95% CI]"),
    Column("ci_high", "number", "95% CI high", "coefficient", "Coefficient [95% CI]"),
    Column("p_value", "number", "p", "p"),
    Column("tau2", "number", "Residual tau²", "tau2"),
    Column("r2", "number", "R²", "i2"),
    NOTE,
    Column("statistic", "number", "Statistic of the test", "number", shown="workbook"),
    Column("df", "integer", "df", "count", shown="workbook"),
    Column("df2", "number", "df2", "number", shown="workbook"),
    *integers("left_out"),
    *strings("variable"),
    Column("p_bootstrap", "number", "p, bootstrap", "p"),
    *numbers("p_bootstrap_se"),
    Column("draws", "integer", "Datasets drawn", "count", shown="workbook"),
)

ODDS = mark("Odds ratio [95% CI]")
POINTS = mark("Difference of median studies, points [95% CI]")
AVERAGES = mark("Difference of averages, points [95% CI]")

TABLES = (
    Table(
        "subgroup_differences",
        ("outcome", "by", "model", "level"),
        (
            Column("outcome", "string", "Outcome", "outcome"),
            Column("by", "string", "Subgrouping", "subgroup"),
            MODEL,
            TAU2_MODE,
            Column("level", "string", "Group", "plain"),
            Column("reference", "string", "Against", "plain"),
            STUDIES,
            Column("k_reference", "integer", "Studies, against", "count"),
            *Column("odds_ratio", "number", "Odds ratio", "ratio", ODDS).limited(),
            *Column(
                "difference", "number", "Difference, median studies", "points", POINTS
            ).limited(),
            *Column("marginal", "number", "Difference, averages", "points", AVERAGES).limited(),
            Column("p_above", "number", "P(above 0), median studies", "p"),
            Column("marginal_p_above", "number", "P(above 0), averages", "p"),
            NOTE,
        ),
    ),
    Table(
        "group_results",
        ("part", "outcome", "by", "level"),
        (
            PART,
            Column("outcome", "string", "Outcome", "outcome"),
            Column("by", "string", "Subgrouping", "subgroup"),
            Column("level", "string", "Group", "plain"),
            STUDIES,
            Column("n", "integer", "Patients", "count"),
            Column("result", "string", "Result [95% CI]", "plain"),
            Column("method", "string", "Method", "method"),
            *numbers("estimate ci_low ci_high"),
            NOTE,
            *numbers("bound_low bound_high"),
            *strings("effect_measure interval estimand"),
        ),
    ),
    Table(
        "group_tests",
        ("part", "outcome", "by"),
        (
            PART,
            Column("outcome", "string", "Outcome", "outcome"),
            Column("by", "string", "Subgrouping", "subgroup"),
            Column("test", "string", "Test", "test"),
            Column("statistic", "number", "Statistic", "number"),
            Column("df", "integer", "df", "count"),
            Column("df2", "number", "df2", "number"),
            Column("p_value", "number", "p", "p"),
            Column("p_permutation", "number", "p, permutation", "p"),
            NOTE,
            *integers("permutations"),
            *numbers("p_permutation_se"),
            *integers("left_out"),
        ),
    ),
    Table(
        "regression",
        ("outcome", "moderator", "model", "term"),
        (
            Column("outcome", "string", "Outcome", "outcome"),
            Column("moderator", "string", "Moderator", "moderator"),
            MODEL,
            *TERMS,
        ),
    ),
    Table(
        "other_regression",
        ("part", "outcome", "moderator", "term"),
        (
            PART,
            Column("outcome", "string", "Outcome", "outcome"),
            Column("moderator", "string", "Moderator", "moderator"),
            *TERMS,
        ),
    ),
)
