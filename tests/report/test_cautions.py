"""What a reader must not miss: what is held out and why, who checked it, tests that disagree."""

import pytest

import assess_reporting_bias
from singlearm.catalogue import numbers
from singlearm.catalogue.tables import columns
from singlearm.kinds import KINDS
from singlearm.report import findings, prisma
from singlearm.report.manuscript import manuscript
from singlearm.report.review import Review, read_review
from singlearm.report.sections import glance, groups, others, outcome, summary, update

LANDMARKS = {
    "pfs": {"kind": "ratio", "label": "Progression or death"},
    "pfs_12mo": {"kind": "landmark", "of": "pfs", "months": 12, "label": "Free at 12 months"},
    "pfs_all": {"kind": "survival", "of": "pfs", "label": "All evidence"},
}


def row(table, /, **values):
    return dict.fromkeys(columns(table)) | values


def review_of(invented, folder) -> Review:
    inputs, _, params = invented.write(folder)
    return read_review(inputs, params)


def small(**tables) -> Review:
    protocol = {
        "outcomes": LANDMARKS, "subgroups": {}, "models": {}, "primary": "glmm", "review": {},
        "version": {},
    }  # fmt: skip
    return Review(protocol, "1", "", tables)


def test_survival_at_a_fixed_time_does_not_go_by_the_name_of_another_outcome():
    """`pfs` is a ratio here, and the end point of survival at fixed times."""
    names = ("Lee2020/pfs/12", "Lee2020/pfs/30.5", "Lee2020/pfs/A vs B/12")
    rows = [row("changes", kind="cell", item=name, act="added", after="77%") for name in names]
    told = [name for _, name, _ in update.context(small(changes=rows))["cells"]]
    assert told == [
        "Free at 12 months",
        "Survival at 30.5 months (all evidence)",
        "Progression or death, A vs B, 12",
    ]


def test_what_is_held_out_stands_with_its_value_and_the_reason():
    known = {"study_id": "Lee2020", "outcome": "pfs_12mo", "status": "held out"}
    review = small(availability=[row("availability", **known, value="77%", reason="A crude rate.")])
    said = outcome._held_out(review, "pfs_12mo")
    assert said == "Reported, but not in this result: Lee2020 (77%): A crude rate."
    review = small(availability=[row("availability", **known)])
    assert outcome._held_out(review, "pfs_12mo").endswith("Lee2020: no reason given.")
    assert outcome._held_out(review, "pfs") == ""


def test_values_of_one_extractor_are_counted_a_curve_once(invented, tmp_path):
    review = review_of(invented, tmp_path)
    assert review.two_extractors and review.single_values == 0
    readings = [
        row("curve_points", study_id="A", outcome="pfs", time_months=t, agreement="single")
        for t in (0.0, 3.0, 6.0)
    ]
    times = [
        row("durations", study_id=name, outcome="median_pfs", agreement=agreement)
        for name, agreement in (("A", "single"), ("B", "adjudicated"), ("C", "agreed"))
    ]
    both = row("reconciliation", value_1="1", value_2="1")
    known = row("availability", study_id="A", outcome="pfs", status="available")
    review = small(
        curve_points=readings, durations=times, reconciliation=[both], availability=[known]
    )
    assert review.single_values == 2
    said = "1 cell (study by outcome) in the analysis, from two extractors; 2 values from sheets "
    assert f"{said}that only one of them filled." in summary.sure(review)


def test_few_studies_are_counted_over_outcomes_of_every_kind(invented, tmp_path):
    review = review_of(invented, tmp_path)
    (told,) = [text for text in summary.sure(review) if "fewer than five" in text]
    few = [
        n for n in review.protocol["outcomes"] if review.has_data(n) and review.result(n)["k"] < 5
    ]
    kinds = {review.kind_of(name).name for name in few}
    assert len(kinds) > 1 and told.startswith(f"{len(few)} outcomes")


@pytest.mark.parametrize(
    ("others_p", "said"),
    [
        ((0.01, 0.02), ""),
        ((0.31, 0.02), "1 of 2 other tests does not show it (adjusted p = 0.31)."),
        ((0.25, 0.31), "2 of 2 other tests do not show it (adjusted p from 0.25 to 0.31)."),
        (
            (0.31, 0.31),
            "1 of 1 other tests does not show it (adjusted p = 0.31).",
        ),  # a model under two names
    ],
)
def test_a_difference_is_not_said_without_the_tests_that_do_not_show_it(others_p, said):
    """Each by the p that the verdict goes by: adjusted."""
    known = {"tau2_mode": "common", "p_value": 0.01}
    test = row("subgroup_tests", **known, test="lrt", p_adjusted=0.04, p_permutation=0.2, lead=True)
    more = [row("subgroup_tests", **known, test="f", p_adjusted=p) for p in others_p]
    told = groups._verdict([test], [test, *more])
    assert told.startswith("The groups differ more than chance alone would suggest")
    assert told.endswith(said or ").")


def test_the_manuscript_keeps_the_cautions_of_the_report(invented, tmp_path):
    review = review_of(invented, tmp_path)
    text = " ".join(block for block in manuscript(review, {}) if isinstance(block, str))
    said = outcome.context(review, "lifted")
    assert any(group["caution"] for group in said["groups"])
    for part in (said["model_range"], *(group["caution"] for group in said["groups"])):
        assert part in text
    assert "Groups of studies, not patients within a study" in text
    assert outcome.context(review, "headache")["few"] in text


def test_results_of_other_methods_keep_their_section_where_the_first_has_none():
    """Medians without numbers of patients have no weighted median."""
    medians = [
        row("times", outcome="median_pfs", method="weighted_median", k=0),
        row("times", outcome="median_pfs", method="inverse_variance", k=3, estimate_months=7.7),
    ]
    review = small(times=medians)
    review.protocol["outcomes"] = {"median_pfs": {"kind": "time", "label": "Median"}}
    (section,) = others.sections(review)
    assert (section["id"], section["sentences"]) == ("times", [])


def test_a_fixed_time_stands_beside_the_curve_and_a_heavy_study_is_named():
    of_curve = {"outcome": "pfs_all", "model": "cloglog", "k": 3, "loglik": 1.0}
    limits = {"estimate": 0.61, "ci_low": 0.53, "ci_high": 0.69}
    points = [
        row("survival_model", **of_curve, quantity="point", study_id=study, weight=weight)
        for study, weight in (("A", 40.0), ("B", 30.0), ("C", 20.0))
    ]
    model = [
        row("survival_model", **of_curve, quantity="median", estimate=14.0, n=90, points=3),
        row("survival_model", **of_curve, quantity="survival", time_months=12.0, **limits),
        *points,
    ]
    landmark = row(
        "landmarks", outcome="pfs_12mo", model="cloglog_reml_hk", k=6, estimate=0.74, ci_low=0.66,
        ci_high=0.8, from_n=0,
    )  # fmt: skip
    review = small(survival_model=model, landmarks=[landmark])
    said = {each["id"]: each["sentences"][0] for each in others.sections(review)}
    there = "The curve from all evidence (3 studies) has 61.0% (95% CI 53.0 to 69.0) there."
    assert said["landmarks"].endswith(
        f"{there} What the studies print, pooled, lies above its interval."
    )
    for estimate, end in ((0.5, "pooled, lies below its interval."), (0.6, there)):
        review = small(survival_model=model, landmarks=[landmark | {"estimate": estimate}])
        assert others.beside(review, "pfs_12mo")[0].endswith(end)
    review = small(survival_model=model, landmarks=[landmark | {"k": 1}])
    assert others.beside(review, "pfs_12mo")[0].endswith(
        "What the study prints lies above its interval."
    )
    assert said["survival_model"].endswith("A alone has 44% of the weight.")
    written = " ".join(map(str, manuscript(review, {})))
    for name in ("pfs_12mo", "pfs_all"):
        (told,) = others.beside(review, name)
        assert told in written


def test_patients_beyond_a_studys_size_are_told_and_no_value_is_counted_as_a_country():
    """1617 infused beside 1737 in an outcome was unexplained, "International" was a country."""
    sizes = {"A": 225, "B": 40, "C": 30}
    studies = [
        row("studies", study_id=name, year=2020, country=country) | {"n_infused": size}
        for (name, size), country in zip(
            sizes.items(), ("International", "China", "China"), strict=True
        )
    ]
    outcomes = [
        row("outcomes", study_id=name, outcome="x", events=1, total=n)
        for name, n in (("A", 254), ("B", 40))
    ]
    review = small(studies=studies, outcomes=outcomes)
    review.protocol["studies"] = {"size": "n_infused", "size_label": "patients infused"}
    facts = {name: (number, remark) for name, number, remark in glance.facts(review)}
    assert facts["Patients infused"] == (
        "295",
        "all studies give a number; in 1 study an outcome counts more patients than these",
    )
    assert facts["Countries"] == ("China 2", "International 1")
    same = small(studies=[study | {"country": "China"} for study in studies])
    assert ("Countries", "China 3", "all studies") in glance.facts(same)


def test_certainty_of_outcomes_is_reported_where_somebody_judged_it():
    """A threshold alone is how it would be judged, which is the item before."""
    review = small()
    review.protocol["outcomes"] = {"a": {"kind": "ratio", "decision_threshold": 0.5}}
    assert prisma.reported(review, "certainty") and not prisma.reported(review, "judged")
    judged = small(certainty=[row("certainty", outcome="a", judgement="low")])
    assert prisma.reported(judged, "judged")


def test_an_outcome_without_studies_has_no_section():
    none = row("landmarks", outcome="pfs_12mo", model="cloglog_reml_hk", k=0)
    assert others.sections(small(landmarks=[none])) == []


def test_studies_that_give_no_value_are_counted():
    rows = [
        row("availability", study_id="A", outcome="pfs", status="available"),
        row("availability", study_id="B", outcome="pfs", status="held out"),
    ]
    studies = [row("studies", study_id=name, year=2020) for name in "AB"]
    (first, *_) = glance.facts(small(availability=rows, studies=studies))
    assert first == ("Studies", "2", "2020; 1 without a value in the analysis")


@pytest.mark.parametrize(
    ("proportion", "said"),
    [(6e-11, "<0.0001"), (2.22e-4, "0.0222"), (0.0, "0.0"), (4e-7, "<0.0001"), (0.5, "50.0")],
)
def test_a_tiny_percentage_has_no_row_of_zeros(proportion, said):
    assert numbers.percent(proportion) == said


def test_trim_and_fill_stands_beside_the_same_pooling_without_it():
    events, total = (
        (3, 8, 11, 20, 5, 9, 14, 25, 30, 2, 7),
        (10, 20, 25, 40, 15, 18, 30, 60, 70, 9, 16),
    )
    studies = [{"events": x, "total": n} for x, n in zip(events, total, strict=True)]
    found = assess_reporting_bias.assessed("it", studies)
    assert found["estimate_unfilled"] is not None
    if not found["k_filled"]:
        assert found["estimate_filled"] == pytest.approx(found["estimate_unfilled"], rel=1e-12)
    else:
        assert found["estimate_filled"] != found["estimate_unfilled"]


def test_a_combined_median_says_its_bounds():
    known = {"value": None, "low": 15.9, "high": None, "bound_low": 38.1, "bound_high": 55.8}
    said = "between 38.1 and 55.8 months (95% CI from 15.9, no upper limit)"
    assert KINDS["time"].printed(known) == said
    known |= {"bound_low": 0.0, "low": 0.0}
    assert KINDS["time"].printed(known) == "not reached"


CONTROL = "that in the control group"
NEITHER = ", so it may also be the same or the other way about"


@pytest.mark.parametrize(
    ("measure", "values", "said"),
    [
        (
            "HR",
            (0.38, 0.18, 0.81),
            "the hazard is about 62% lower than in the control group "
            "(95% CI 82% lower to 19% lower)",
        ),
        (
            "OR",
            (3.4, 1.1, 9.9),
            f"the odds are about 3.40 times {CONTROL} (95% CI 1.10 to 9.90)",
        ),
        (
            "RR",
            (0.9, 0.7, 1.0),
            "the risk is about 10% lower than in the control group "
            f"(95% CI 30% lower to no difference){NEITHER}",
        ),
        ("RD", (-0.18, -0.4, 0.1), f"risk difference −0.18 (95% CI −0.40 to 0.10){NEITHER}"),
        ("HR", (0.5, None, None), "the hazard is about 50% lower than in the control group"),
    ],
)
def test_a_ratio_in_words_has_its_interval_on_the_same_scale(measure, values, said):
    value, low, high = values
    known = {"effect_measure": measure, "value": value, "low": low, "high": high, "method": "x"}
    known |= {"estimate": value, "ci_low": low, "ci_high": high}
    assert findings._compared(known) == said


def test_a_difference_that_rounds_to_nothing_has_no_sign():
    measure = KINDS["proportion"].measure
    told = [measure.difference(value) for value in (0.0001, -0.0001, 0.004, -0.004)]
    assert [text.split()[0] for text in told] == ["0.0", "0.0", "+0.4", "−0.4"]


def lead_row(**values):
    known = {"model": "glmm", "estimate": 0.4, "ci_low": 0.1, "ci_high": 0.8, "of": "typical"}
    return row("pooled", value=0.4, low=0.1, high=0.8, headline="typical") | known | values


def test_one_study_is_not_pooled_and_its_number_is_printed_once():
    """It was called "Pooled, one proportion for all studies", and ran from 54.3% to 54.3%."""
    assert outcome._pooled_rows(lead_row(k=1)) == []
    assert len(outcome._pooled_rows(lead_row(k=2))) == 1
    protocol = {
        "models": {name: {"likelihood": "binomial_normal"} for name in "ab"},
        "primary": "a",
    }
    review = Review(protocol, "1", "", {})
    fits = [row("pooled", model=name, estimate=0.4, k=1) for name in "ab"]
    assert outcome._model_range(review, fits) == ""
    fits = [fit | {"k": 2} for fit in fits]
    told = outcome._model_range(review, fits)
    assert told == "Under each of 2 models the pooled value (median study) is 40.0%."
    told = outcome._model_range(review, [fits[0], fits[1] | {"estimate": 0.41}])
    assert told == "Over 2 models the pooled value (median study) runs from 40.0% to 41.0%."


def test_that_two_studies_have_no_prediction_is_said_once():
    review = Review({"outcomes": {"orr": {}}}, "1", "", {})
    told = outcome._sentences(review, "orr", lead_row(k=2, note="two_studies"))
    assert told == "Two studies are too few for a prediction interval."
    told = outcome._sentences(review, "orr", lead_row(k=2, note=None))
    assert told == "There is no prediction interval: two studies are too few."


def test_a_cell_of_one_extractor_is_not_called_single():
    cell = {"agreement": "single", "derived": "no"}
    assert outcome._remark(cell, alone=False) == "One extractor."
    assert outcome._remark(cell, alone=True) == ""  # Data quality says so of all
    assert outcome._remark({"agreement": "agreed", "derived": None}, alone=True) == "Agreed."


def test_where_every_outcome_has_few_studies_they_are_not_listed(invented, tmp_path):
    review = review_of(invented, tmp_path)
    rows = {name: {"k": 4} for name in list(review.protocol["outcomes"])[:3]}
    assert summary._thin(review, rows).startswith("All 3 outcomes with data rest on fewer than")
    one = dict(list(rows.items())[:1])
    assert summary._thin(review, one).startswith("1 outcome rests on fewer")


def test_an_interval_over_nearly_all_does_not_say_where_the_median_study_lies():
    """It was "99.8% (0.5 to 100.0): half of all similar studies would lie above it"."""
    fit = lead_row(k=5, of="average", value=0.94, low=0.31, high=0.998, tau2=12.5)
    fit |= {"marginal": 0.94, "marginal_low": 0.31, "marginal_high": 0.998}
    median = {"estimate": 0.998, "ci_low": 0.005, "ci_high": 1.0}
    told = outcome._other_number(fit | median)
    assert told.startswith("Where the median study lies these data do not tell: 99.8%")
    assert outcome._other_number(fit | median | {"ci_low": 0.2}).startswith("In the median study")


def test_cells_carried_over_are_told_apart_from_new_evidence():
    def changed(cells, outcome="x"):
        known = {"kind": "conclusion", "item": outcome, "act": "changed", "outcome": outcome}
        verdict = row("changes", **known, changed=True, reason="moved")
        review = small(changes=[*cells, verdict])
        review.protocol["outcomes"] = LANDMARKS | {"x": {"kind": "proportion", "label": "X"}}
        return update.context(review)

    def cell(item, act, outcome):
        return row("changes", kind="cell", item=item, act=act, outcome=outcome, changed=True)

    added, carried = cell("A/x", "added", "x"), cell("B/x", "carried over", "x")
    told = changed([added, carried])
    assert told["counts"] == "1 cell added and 1 cell carried over"
    assert told["verdict"].startswith("Cells carried over are no new evidence")
    assert told["conclusions"][0][1] == "moved (1 cell carried over)"
    told = changed([added])
    assert "carried" not in told["verdict"] + told["conclusions"][0][1]
    # a cell of an end point may be of several outcomes, and `pfs` is a ratio here
    fixed = cell("B/pfs/12", "carried over", "pfs")
    for name in ("pfs", "pfs_12mo", "pfs_all"):
        assert changed([fixed], name)["conclusions"][0][1] == "moved"


def test_rates_that_spread_widely_say_so_and_so_does_what_was_not_examined():
    assert summary._spread_of_rates([{"pi_low": 0.1, "pi_high": 0.9}]) == ""
    told = summary._spread_of_rates([{"pi_low": 0.1, "pi_high": 6.7}, {"pi_low": None}])
    assert told.endswith(
        "for 1 of 1 rate with a prediction interval its upper end is more than 10 "
        "times its lower end."
    )
    lacking = summary._not_assessed(small())
    assert lacking.endswith("reporting bias and how far single studies move the results.")
