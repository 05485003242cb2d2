"""The forest plot: its marks say what the tables say, its pages hold every text."""

import boxes
import invented
import pytest

import cases
from singlearm.catalogue.notes import short
from singlearm.catalogue.tables import frame
from singlearm.figures import style
from singlearm.figures.draw.forest import draw_forest
from singlearm.figures.draw.layout import PAGE_ROWS, paginate
from singlearm.figures.marks.choices import ForestChoices, ForestError
from singlearm.figures.marks.forest import ForestRow
from singlearm.figures.marks.inputs import Data, FigureModel, StudyWords
from singlearm.figures.marks.study_forest import forest_marks
from singlearm.figures.marks.words import heterogeneity_line
from singlearm.figures.save import texts_of

MISSING = "–"
marks_of = cases.bare_forest


def kinds(marks):
    return [row.kind for row in marks.rows]


def drawn_texts(marks):
    return [text.get_text() for page in draw_forest(marks) for text in texts_of(page)]


def test_a_study_row_prints_the_tables_numbers():
    rows = invented.effects(3)
    rows[0] |= {
        "events": 28, "total": 33, "proportion": 28 / 33, "ci_low": 0.68102, "ci_high": 0.94889,
        "weight_glmm": "5.0499", "year": 2001,
    }  # fmt: skip
    marks = marks_of(rows, grouped=False)
    assert marks.rows[0].left == (rows[0]["label"], "28/33")
    assert marks.rows[0].right == ("84.8", "[68.1, 94.9]", "5.0")
    assert (marks.rows[0].low, marks.rows[0].high) == (0.68102, 0.94889)
    assert marks.rows[0].key == "S001"


def test_totals_prediction_and_footer_come_from_the_pooled_row():
    rows = invented.effects(14)
    pooled = invented.pooled(rows) | {
        "estimate": 0.7984, "ci_low": 0.6996, "ci_high": 0.8897, "pi_low": 0.4025,
        "pi_high": 0.9588,
    }  # fmt: skip
    marks = marks_of(rows, pooled=pooled, data=Data("1", "abc123"))
    total, prediction = marks.rows[-2:]
    assert (total.kind, total.right) == ("total", ("79.8", "[70.0, 89.0]", "100.0"))
    assert (prediction.kind, prediction.right) == ("prediction", ("", "[40.2, 95.9]", ""))
    assert marks.reference == 0.7984
    assert marks.footer[0] == (
        "Heterogeneity: τ² = 0.36 [0.04, 2.05], I² = 57%, Q = 29.8 (df 13, p = 0.005)"
    )
    assert marks.footer[1] == (
        "Difference between subgroups (one τ² for all groups): likelihood ratio χ² = 2.31 (df 1), "
        "p = 0.13; permutation p = 0.15"
    )
    assert "above 50% with probability 93%" in marks.footer[3]
    assert marks.footer[-1] == "Data version 1, sha256 abc123"


def test_subgroups_stand_in_the_protocols_order_each_with_its_own_diamond():
    rows = invented.effects(12)
    marks = marks_of(rows)
    single = [row for row in rows if row["group_target_class"] == "single"]
    assert kinds(marks) == [
        "heading", *["study"] * len(single), "subtotal", "remark", "gap",
        "heading", *["study"] * (12 - len(single)), "subtotal", "remark", "gap",
        "total", "prediction",
    ]  # fmt: skip
    level = next(row for row in invented.subgroups(rows) if row["level"] == "single")
    subtotal = marks.rows[1 + len(single)]
    assert (subtotal.estimate, subtotal.low, subtotal.high) == (
        level["estimate"], level["ci_low"], level["ci_high"],
    )  # fmt: skip
    assert marks.rows[0].left == (f"Target: single ({len(single)} studies)",)


def test_only_diamonds_under_one_common_tau2_are_shown():
    rows = invented.effects(8)
    separate = invented.subgroups(rows, tau2_mode="separate")
    both = [row | {"estimate": 0.111} for row in separate] + invented.subgroups(rows)
    tests = invented.tests(tau2_mode="separate")
    marks = marks_of(rows, groups=cases.groups(rows, subgroups=both, tests=tests))
    drawn = {row.estimate for row in marks.rows if row.kind == "subtotal"}
    assert drawn == {row["estimate"] for row in invented.subgroups(rows) if row["k"] > 1}
    assert not any("Difference" in line for line in marks.footer), "no test under separate tau2"


def test_a_subgroup_of_one_study_has_no_diamond():
    rows = invented.effects(4)  # the fourth is the only dual one
    marks = marks_of(rows)
    assert kinds(marks).count("subtotal") == 1
    assert ("Target: dual (1 study, not pooled)",) in [row.left for row in marks.rows]


def test_studies_without_level_are_shown_and_counted_in_the_overall_estimate_only():
    rows = invented.effects(5)
    rows[2]["group_target_class"] = None
    marks = marks_of(rows)
    assert ("Target: not reported (1 study, in the overall estimate only)",) in [
        row.left for row in marks.rows
    ]
    assert kinds(marks).count("study") == 5


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("year", ["b", "c", "a"]),
        ("effect", ["c", "a", "b"]),
        ("weight", ["a", "b", "c"]),
        ("name", ["a", "b", "c"]),
    ],
)
def test_sort_orders_put_missing_values_last(sort, order):
    rows = invented.effects(3)
    changes = {"label": "abc", "year": (None, 2019, 2020), "proportion": (0.5, 0.9, 0.1)}
    for name, values in changes.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = value
    for row, weight in zip(rows, ("50", "30", None), strict=True):
        row["weight_glmm"] = weight
    marks = marks_of(rows, grouped=False, choices=ForestChoices(sort=sort))
    assert [row.left[0] for row in marks.rows if row.kind == "study"] == order


def test_an_unknown_sort_is_refused_with_the_known_ones():
    with pytest.raises(ForestError, match=r"'size'.*year, effect, weight, name"):
        ForestChoices(sort="size")
    with pytest.raises(ForestError, match=r"'bmj'.*standard, jama, lancet, revman"):
        ForestChoices(layout="bmj")


def test_duplicate_labels_stay_separate_rows():
    marks = marks_of(invented.effects(6, label="Same 2020"))
    assert [row.left[0] for row in marks.rows if row.kind == "study"] == ["Same 2020"] * 6
    assert drawn_texts(marks).count("Same 2020") == 6


def test_study_columns_are_added_by_study_id():
    rows = invented.effects(5)
    marks = marks_of(
        rows,
        studies=invented.studies(rows)[1:],
        choices=ForestChoices(columns=["phase", "median_followup_months"]),
        words=StudyWords(labels={"median_followup_months": "Follow-up, mo"}),
    )
    assert marks.left_heads == ("Study", "Phase", "Follow-up, mo", "n/N")
    by_key = {row.key: row.left for row in marks.rows if row.kind == "study"}
    assert by_key["S001"][1:3] == ("", "")
    assert by_key["S002"][2] == f"{rows[1]['total'] / 4:g}"


def test_no_study_gives_a_page_that_says_so():
    pooled = invented.pooled(invented.effects(2)) | {"k": 0, "note": "no_data"}
    marks = marks_of([], pooled=pooled, grouped=False, data=Data("2021.1"))
    assert "No study of data version 2021.1 reports this outcome." in drawn_texts(marks)
    assert marks.description == "No study of data version 2021.1 reports this outcome."


def test_one_study_is_shown_but_not_pooled():
    rows = invented.effects(1)
    marks = marks_of(rows, grouped=False, pooled=invented.pooled(rows, note="single_study"))
    assert kinds(marks) == ["study"]
    assert marks.reference is None
    assert f"Note: {short('single_study')}" in marks.footer
    assert not any("Diamonds" in line or "Dashed" in line for line in marks.footer)


def test_a_model_that_did_not_converge_prints_its_reason_instead_of_a_number():
    rows = invented.effects(6)
    nothing = dict.fromkeys(("estimate", "ci_low", "ci_high", "pi_low", "pi_high"))
    pooled = invented.pooled(rows, note="no_finite_maximum", converged=False, **nothing)
    total = marks_of(rows, pooled=pooled).rows[-1]
    assert total.left[0] == f"All studies ({short('no_finite_maximum')})"
    assert total.right[:2] == (MISSING, MISSING)
    assert not any(line.startswith("Note") for line in marks_of(rows, pooled=pooled).footer)
    assert draw_forest(marks_of(rows, pooled=pooled))


def test_missing_weights_print_as_a_dash_and_draw_equal_squares():
    rows = invented.effects(4, weight_glmm=None)
    marks = marks_of(rows)
    assert {(row.size, row.right[2]) for row in marks.rows if row.kind == "study"} == {
        (None, MISSING)
    }
    assert draw_forest(marks)


@pytest.mark.parametrize("events", [0, 1])
def test_all_zero_and_all_hundred_percent_stay_on_the_axis(events):
    rows = [
        row | {"events": events * row["total"]} for row in invented.effects(5, rate=float(events))
    ]
    marks = marks_of(rows)
    assert all(0 <= marks.axis.place(row.estimate) <= 1 for row in marks.rows if row.estimate)
    assert draw_forest(marks)


def test_rare_events_zoom_in_and_clip_the_longest_interval():
    rows = invented.effects(20, rate=0.03)
    rows[3] |= {"ci_high": 0.9}
    pooled = invented.pooled(rows) | {"pi_low": 0.0, "pi_high": 0.09}
    marks = marks_of(rows, grouped=False, pooled=pooled)
    assert marks.axis.high < 0.9
    assert marks.axis.place(0.9) > 1


def test_pages_break_above_sixty_studies_and_never_after_a_heading():
    marks = marks_of(invented.effects(200))
    pages = draw_forest(marks)
    assert len(pages) == 4
    later = [[text.get_text() for text in texts_of(page)] for page in pages[1:]]
    assert all(any(text.startswith("Target: ") for text in texts) for texts in later)
    rows = (ForestRow("heading", ("a",)), ForestRow("study", ("b",)), ForestRow("heading", ("c",)))
    rows += (ForestRow("study", ("d",)),)
    assert paginate(rows, [10.0] * 4, 30.0) == [(0, 2), (2, 4)]
    sixty = tuple(ForestRow("study", ("s",)) for _ in range(PAGE_ROWS + 1))
    assert paginate(sixty, [1.0] * len(sixty), 1e9) == [(0, PAGE_ROWS), (PAGE_ROWS, PAGE_ROWS + 1)]


def test_every_printed_number_of_the_tables_is_on_the_pages():
    rows = invented.effects(25)
    marks = cases.forest(rows)
    drawn = drawn_texts(marks)
    for row in marks.rows:
        for text in (*row.left[1:], *row.right):
            assert not text or text in drawn


@pytest.mark.parametrize("k", [1, 2, 5, 25])
def test_no_text_overlaps_or_leaves_the_page(k):
    rows = invented.effects(k)
    marks = cases.forest(rows)
    for page in draw_forest(marks):
        assert boxes.outside(page) == []
        assert boxes.overlapping(page) == []


def test_what_is_said_of_heterogeneity_fits_the_model():
    rows = invented.effects(5)
    arcsine = FigureModel.of("pas", {"likelihood": "normal", "measure": "PAS", "tau2": "DL"})
    equal = FigureModel.of("ee", {"likelihood": "normal", "measure": "PLO", "tau2": "EE"})
    beta = FigureModel.of("bb", {"likelihood": "beta_binomial"})
    pooled = invented.pooled(rows, tau2_low=None, tau2_high=None)
    assert "τ² = 0.36 (arcsine scale)" in heterogeneity_line(pooled, arcsine)
    assert "τ²" not in heterogeneity_line(pooled, equal)
    assert "ρ = 0.129" in heterogeneity_line(pooled | {"rho": 0.129}, beta)


def test_frames_and_rows_give_the_same_marks():
    rows = invented.effects(5)
    rest = (invented.pooled(rows), cases.ORR, cases.MODEL, cases.DATA)
    assert forest_marks(frame("effects", rows), *rest) == forest_marks(rows, *rest)


def test_five_hundred_studies_break_into_readable_pages():
    pages = draw_forest(cases.forest(invented.effects(500)))
    heights = [72 * page.get_size_inches()[1] for page in pages]
    assert 8 < len(pages) < 20
    assert max(heights) <= style.PAGE_HEIGHT
