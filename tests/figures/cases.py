"""One builder for each figure kind: rows of a review in, pages out. The gallery runs them all."""

import random

import invented
import survival_cases
from bias_cases import judgements, stars

from singlearm.figures.draw.availability import draw_availability
from singlearm.figures.draw.bubbles import draw_regression
from singlearm.figures.draw.compare import draw_compare
from singlearm.figures.draw.drapery import draw_drapery
from singlearm.figures.draw.evidence import draw_evidence, draw_timeline
from singlearm.figures.draw.flow import draw_flow
from singlearm.figures.draw.forest import draw_forest
from singlearm.figures.draw.groups import draw_groups
from singlearm.figures.draw.influence import draw_influence
from singlearm.figures.draw.landscape import draw_calibration, draw_curve, draw_gosh
from singlearm.figures.draw.orchard import draw_orchard
from singlearm.figures.draw.risk import draw_risk_of_bias
from singlearm.figures.marks.availability import availability_marks
from singlearm.figures.marks.bubbles import regression_marks
from singlearm.figures.marks.choices import ForestChoices, Groups
from singlearm.figures.marks.compare import claims_marks, models_marks, versions_marks
from singlearm.figures.marks.drapery import drapery_marks
from singlearm.figures.marks.evidence import evidence_marks, timeline_marks
from singlearm.figures.marks.flow import flow_marks
from singlearm.figures.marks.groups import groups_marks
from singlearm.figures.marks.inputs import Data, FigureModel, Outcome, StudyWords
from singlearm.figures.marks.landscape import calibration_marks, curve_marks, gosh_marks
from singlearm.figures.marks.orchard import orchard_marks
from singlearm.figures.marks.other_forests import ratios_marks, times_marks
from singlearm.figures.marks.overview import overview_marks
from singlearm.figures.marks.risk import risk_of_bias_marks
from singlearm.figures.marks.sensitivity import (
    Analysis,
    cumulative_marks,
    influence_marks,
    leave_one_out_marks,
)
from singlearm.figures.marks.study_forest import forest_marks
from singlearm.figures.marks.words import CHOICES

MODELS = {"glmm": {"label": "Random-intercept logistic, profile likelihood"}, "logit_dl": {}}
MANY_MODELS = {f"model_{number}": {"label": "Any label " * 9} for number in range(7)} | MODELS
LONG = "Very good partial response or better among all patients who could be evaluated"
OUTCOMES = {
    "orr": {"label": "Overall response", "favours": "high"},
    "vgpr": {"label": LONG, "favours": "high"},
    "crs": {"label": "Cytokine release syndrome of grade 3 or higher", "favours": "low"},
}
DATA = Data("1")
MODEL = FigureModel("glmm", "Some model")
ORR = Outcome.of("orr", invented.SETTINGS)
ALL_OUTCOMES = [Outcome.of(*item) for item in OUTCOMES.items()]
WORDS = StudyWords(
    "n_infused", "patients infused", "target_antigens", {"target_antigens": "Target"}
)
TITLE = "Overall response"
GROUPS = {"target_class": {"label": "Single or dual target", "levels": ["single", "dual"]}}


def labels_of(rows):
    return {row["study_id"]: row["label"] for row in rows}


def without_each(rows):
    draw, pooled = random.Random(5), invented.pooled(rows)
    moved = [pooled["estimate"] + draw.gauss(0, 0.01) for _ in rows]
    return [
        {"left_out": row["study_id"], "study_id": row["study_id"], "step": i, "year": row["year"],
         "estimate": min(1.0, max(0.0, value)), "ci_low": pooled["ci_low"],
         "ci_high": pooled["ci_high"], "tau2": 0.3}
        for i, (row, value) in enumerate(zip(rows, moved, strict=True))
    ]  # fmt: skip


def influence_rows(rows):
    draw = random.Random(6)
    names = ("rstudent", "cook_d", "cov_ratio", "tau2_deleted", "q_deleted", "hat", "dfbetas")
    return [
        {"study_id": row["study_id"], **{name: abs(draw.gauss(0.5, 0.6)) for name in names}}
        for row in rows
    ]


def analysis(rows):
    return Analysis(invented.pooled(rows), labels_of(rows), MODEL, DATA)


def models(named=MODELS):
    return [FigureModel(name, settings.get("label", name)) for name, settings in named.items()]


def all_outcomes(rows):
    return [invented.pooled(rows, outcome=name) for name in OUTCOMES]


def groups(rows, **changes):
    shown = {"subgroups": invented.subgroups(rows), "tests": invented.tests()} | changes
    return Groups("target_class", "Target", ["single", "dual"], **shown)


def forest(rows, *, grouped=True, pooled=None, outcome=ORR, data=DATA, **options):
    """The forest of these studies with all that it can have."""
    options = {
        "groups": groups(rows) if grouped else None,
        "studies": invented.studies(rows),
        "choices": ForestChoices(columns=["product", "phase"]),
    } | options
    return forest_marks(rows, pooled or invented.pooled(rows), outcome, MODEL, data, **options)


def bare_forest(rows, **options):
    """The forest without columns of the studies."""
    return forest(rows, **{"choices": ForestChoices(), "studies": ()} | options)


STATUSES = ("available", "absent", "available", "held out", "absent")


def reported(rows, outcomes, statuses=STATUSES):
    return [
        {"study_id": row["study_id"], "outcome": name,
         "status": statuses[(i * i + j) % len(statuses)]}
        for i, row in enumerate(rows)
        for j, name in enumerate(outcomes)
    ]  # fmt: skip


def availability(count):
    """What the studies report of so many outcomes, the last of them a comparison."""

    def made(rows):
        named = [
            f"{settings['label']}, {i}" for i in range(count) for settings in OUTCOMES.values()
        ]
        kinds = ["proportion"] * (count - 1) + ["ratio"]
        outcomes = {
            f"outcome_{i}": {"label": label, "kind": kind}
            for i, (label, kind) in enumerate(zip(named, kinds, strict=False))
        }
        return availability_marks(reported(rows, outcomes), labels_of(rows), outcomes, DATA)

    return made


def evidence_rows(rows):
    targets = ("BCMA", "CD19", "BCMA+CD19", None)
    return [
        {"study_id": row["study_id"], "year": row["year"], "n_infused": row["total"],
         "target_antigens": targets[row["total"] % 4]}
        for row in rows
    ]  # fmt: skip


def claims(rows):
    base = {"quantity": "estimate_percent", "low": None, "high": None, "decimals": 0, "by": ""}
    return [
        base | {"claim_id": row["study_id"], "statement": f"{row['label']}: {LONG}.",
                "outcome": "orr", "value": 77.0}
        for row in rows[:8]
    ]  # fmt: skip


def flow_rows(rows):
    n = len(rows)
    boxes = {
        "previous_studies": 3, "database:PubMed": 10 * n, "register:ClinicalTrials.gov": n,
        "removed:duplicates": n, "screened": 10 * n, "excluded_by_screening": 8 * n,
        "sought": 2 * n, "not_retrieved": 0, "assessed": 2 * n,
        f"excluded:{rows[0]['label']}": n, "included_reports": n, "included_studies": n,
        "total_studies": n + 3, "synthesis": n,
    }  # fmt: skip
    return [{"box": box, "count": count} for box, count in boxes.items()]


def durations(rows):
    return [
        {"study_id": row["study_id"], "outcome": "median_pfs", "n": row["total"],
         "not_reached": "yes" if i % 3 == 0 else "no", "value_months": i % 3 * 9.1 or None,
         "ci_low": 3.0 if i % 2 else None, "ci_high": None}
        for i, row in enumerate(rows)
    ]  # fmt: skip


def pooled_times():
    row = {"outcome": "median_pfs", "n": 100, "k": 4, "ci_low": 5.9, "ci_high": 11.8}
    return [
        row | {"method": "inverse_variance", "estimate_months": None},
        row | {"method": "inverse_variance_log", "estimate_months": 9.0, "ci_high": 999.0},
        row | {"method": "weighted_median", "estimate_months": 8.0},
    ]


def ratios(rows):
    base = {
        "outcome": "pfs", "effect_measure": "HR", "source": "printed", "method": None, "k": 1,
        "note": None, "used": True, "lead": False, "rank": None,
    }  # fmt: skip
    trials = [
        base | {"row": "trial", "study_id": row["study_id"], "estimate": 0.5, "ci_low": 0.3,
                "ci_high": 0.8, "comparison": "this vs that", "followup_months": 30.9}
        for row in rows
    ]  # fmt: skip
    pooled = base | {"row": "pooled", "study_id": None, "k": len(rows), "estimate": 0.5}
    return [
        pooled | {"method": "reml_hk_adhoc", "ci_low": 0.001, "ci_high": 999.0, "rank": 2},
        pooled | {"method": "common", "ci_low": 0.4, "ci_high": 0.6, "rank": 1, "lead": True},
        *trials,
        *(trial | {"outcome": "orr", "effect_measure": "RR", "source": "counts", "estimate": 1.4,
                    "lead": number == 0}
          for number, trial in enumerate(trials[:2])),
        *(trial | {"outcome": "orr", "effect_measure": "OR", "source": "counts", "estimate": 3.0}
          for trial in trials[:2]),
    ]  # fmt: skip


RATIO_OUTCOMES = {
    "orr": {"label": "Overall response", "kind": "proportion", "favours": "high"},
    "pfs": {"label": "Progression or death", "kind": "ratio", "favours": "low"},
}


def specifications(rows):
    draw = random.Random(8)
    return [
        {**dict.fromkeys(CHOICES), "spec": i, "measure": draw.choice(["PLO", "PAS"]),
         "inclusion": draw.choice(["all", LONG[:20]]), "estimate": 0.7 + draw.gauss(0, 0.03),
         "ci_low": 0.5, "ci_high": 0.9}
        for i in range(10 * len(rows))
    ]  # fmt: skip


def gosh(rows):
    cells = [
        {"estimate_low": 0.5 + i / 50, "estimate_high": 0.52 + i / 50, "i2_low": j / 10,
         "i2_high": (j + 1) / 10, "subsets": (i * j) % 7 * 1000}
        for i in range(20) for j in range(10)
    ]  # fmt: skip
    studies = [
        {"study_id": row["study_id"], "mean_with": 0.7 + i / 1000, "mean_without": 0.7,
         "i2_with": 0.5, "i2_without": 0.4}
        for i, row in enumerate(rows)
    ]  # fmt: skip
    return gosh_marks(cells, studies, labels_of(rows), DATA, title="All subsets")


def calibration(_):
    row = {"datasets": 2000, "coverage": 0.93, "width": 0.2, "bias": -0.01, "coverage_se": 0.005}
    rows = [{"model": name, **row} for name in MODELS]
    return calibration_marks(rows, models(), DATA, title="Coverage")


MODERATORS = {
    "followup": {"label": "Follow-up", "from": "median_followup_months", "kind": "continuous"},
    "product": {"label": "Product", "from": "product", "kind": "categorical"},
    "year": {"from": "year", "kind": "continuous"},
}


def regression(rows, model=MODEL, p_bootstrap=None):
    terms = [
        {"term": "intercept", "estimate": 0.5},
        {"term": "followup", "estimate": 0.02, "ci_low": 0.0, "ci_high": 0.04, "p_value": 0.04},
        {"term": "omnibus", "p_value": 0.03, "p_bootstrap": p_bootstrap},
    ]  # fmt: skip
    base = {"moderator": "followup", "model": "glmm", "k": len(rows), "note": None}
    other = {"moderator": "year", "model": "glmm", "term": "year", "estimate": None}
    terms = [base | term for term in terms] + [other | {"note": "too_few_studies", "k": 1}]
    years = {row["study_id"]: row["year"] for row in rows}
    studies = [row | {"year": years[row["study_id"]]} for row in invented.studies(rows)]
    return regression_marks(rows, studies, terms, MODERATORS, model, DATA, title=LONG)


def in_layout(layout, both=False):
    """The forest in a journal's layout, with both estimates and shrunken values."""
    choices = ForestChoices(["product"], "weight", layout, True, both, "average")

    def made(rows):
        rows = [row | {"shrunken_glmm": f"{row['proportion'] * 0.5 + 0.35:.17g}"} for row in rows]
        pooled = invented.pooled(rows, marginal=0.61, marginal_low=0.5, marginal_high=0.72)
        return forest(rows, pooled=pooled, choices=choices)

    return made


def overview(rows, headline):
    both = {"marginal": 0.61, "marginal_low": 0.5, "marginal_high": 0.72}
    pooled = [row | both for row in all_outcomes(rows)]
    return overview_marks(pooled, ALL_OUTCOMES, MODEL, DATA, headline=headline)


def subgroup_panels(rows):
    subgroups = [s | {"outcome": name} for name in OUTCOMES for s in invented.subgroups(rows)]
    tests = [t | {"outcome": name} for name in OUTCOMES for t in invented.tests()]
    return groups_marks(subgroups, tests, ALL_OUTCOMES, GROUPS, MODEL, DATA)


def published(rows):
    return claims_marks(claims(rows), [], all_outcomes(rows), [], (MODEL, MODEL), DATA)


def updated(rows):
    pooled = all_outcomes(rows)
    return versions_marks(pooled, pooled, ALL_OUTCOMES, MODEL, "0", DATA)


def many_models(rows):
    pooled = [row | {"model": name} for row in all_outcomes(rows) for name in MANY_MODELS]
    return models_marks(pooled, ALL_OUTCOMES, models(MANY_MODELS), "glmm", DATA)


def curve(rows):
    return curve_marks(
        specifications(rows), DATA, title="Every analysis", primary=0.7, published=0.71
    )


TIME = Outcome("median_pfs", LONG)

#: Figure kind to (marks of a review, drawing).
FIGURES = {
    "forest": (forest, draw_forest),
    "forest_with_bias": (lambda r: forest(r, risk_of_bias=judgements(r)), draw_forest),
    "forest_with_stars": (lambda r: forest(r, risk_of_bias=stars(r)), draw_forest),
    "forest_jama": (in_layout("jama"), draw_forest),
    "forest_with_both": (in_layout("standard", both=True), draw_forest),
    "forest_jama_with_both": (in_layout("jama", both=True), draw_forest),
    "forest_lancet": (in_layout("lancet"), draw_forest),
    "forest_revman": (in_layout("revman"), draw_forest),
    "leave_one_out": (
        lambda r: leave_one_out_marks(without_each(r), analysis(r), TITLE), draw_forest,
    ),
    "cumulative": (lambda r: cumulative_marks(without_each(r), analysis(r), TITLE), draw_forest),
    "times": (
        lambda r: times_marks(durations(r), pooled_times(), labels_of(r), TIME, DATA),
        draw_forest,
    ),
    "ratios": (
        lambda r: ratios_marks(ratios(r), labels_of(r), RATIO_OUTCOMES, DATA), draw_forest,
    ),
    "overview": (lambda r: overview(r, "typical"), draw_forest),
    "overview_of_means": (lambda r: overview(r, "average"), draw_forest),
    "groups": (subgroup_panels, draw_groups),
    "influence": (
        lambda r: influence_marks(influence_rows(r), without_each(r), analysis(r), TITLE),
        draw_influence,
    ),
    "gosh": (gosh, draw_gosh),
    "curve": (curve, draw_curve),
    "calibration": (calibration, draw_calibration),
    "claims": (published, draw_compare),
    "versions": (updated, draw_compare),
    "models": (many_models, draw_compare),
    "evidence": (
        lambda r: evidence_marks(evidence_rows(r), labels_of(r), WORDS, DATA), draw_evidence,
    ),
    "availability": (availability(5), draw_availability),
    "availability_of_forty": (availability(40), draw_availability),
    "timeline": (lambda r: timeline_marks(evidence_rows(r), WORDS, DATA), draw_timeline),
    "timeline_without_sizes": (
        lambda r: timeline_marks(evidence_rows(r), StudyWords(), DATA), draw_timeline,
    ),
    "regression": (regression, draw_regression),
    "orchard": (
        lambda r: orchard_marks(r, invented.pooled(r), MODEL, DATA, title=LONG, groups=groups(r)),
        draw_orchard,
    ),
    "drapery": (
        lambda r: drapery_marks(r, invented.pooled(r), MODEL, DATA, title=LONG), draw_drapery,
    ),
    "flow": (lambda r: flow_marks(flow_rows(r), DATA), draw_flow),
    "risk_of_bias": (
        lambda r: risk_of_bias_marks(judgements(r), labels_of(r), DATA), draw_risk_of_bias,
    ),
    "risk_of_bias_stars": (
        lambda r: risk_of_bias_marks(stars(r), labels_of(r), DATA), draw_risk_of_bias,
    ),
} | survival_cases.FIGURES  # fmt: skip


def draw(kind, rows):
    """Marks and pages of one figure kind."""
    make, render = FIGURES[kind]
    marks = make(rows)
    pages = render(marks)
    return marks, pages if isinstance(pages, list) else [pages]
