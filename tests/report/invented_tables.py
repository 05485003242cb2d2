"""An invented review of six studies, as the artifact tables that tables and report are made from.

No study, number or claim in here is real; the results are plain values to print, not a model's.
"""

import base64
from xml.sax.saxutils import escape, quoteattr

from singlearm.catalogue import TABLES
from singlearm.catalogue.tables import columns
from singlearm.figures.save import font_face
from singlearm.figures.style import FONT_STACK

PROTOCOL = {
    "review": {
        "name": "invented",
        "title": "Blue light therapy in invented winter gloom",
        "question": "How often does blue light lift invented winter gloom?",
        "authors": ["A. Author", "B. Author"],
        "limits": ["Every number of this review is invented.", "Nobody was treated."],
    },
    "version": {
        "title": "Second layer", "layers": ["data/raw/1", "data/raw/2"], "compare_with": "1",
    },
    "outcomes": {
        "lifted": {
            "label": "Gloom lifted", "kind": "proportion", "favours": "high", "threshold": 0.5,
        },
        "headache": {"label": "Headache", "kind": "proportion", "favours": "low", "threshold": 0.1},
        "burns": {"label": "Burns", "kind": "proportion", "favours": "low"},
        "relapse": {"label": "Relapse", "kind": "proportion", "favours": "low"},
        "median_gloom": {"label": "Median gloom-free time", "kind": "time", "favours": "high"},
        "gloom": {"label": "Gloom or darkness", "kind": "ratio", "favours": "low"},
    },
    "subgroups": {
        "lamp": {"label": "Lamp", "from": "product", "levels": ["desk", "ceiling"]},
        "country": {"from": "country"},
    },
    "moderators": {"year": {"label": "Year of the lamp", "from": "year", "kind": "continuous"}},
    "models": {
        "glmm": {
            "label": "Random-intercept logistic", "likelihood": "binomial_normal", "ci": "profile",
        },
        "logit_dl": {
            "label": "Logit, DerSimonian-Laird", "likelihood": "normal", "measure": "PLO",
            "tau2": "DL", "ci": "wald",
        },
        "logit_reml_hk": {
            "label": "Logit, REML, Hartung-Knapp", "likelihood": "normal", "measure": "PLO",
            "tau2": "REML", "ci": "hk",
        },
    },
    "primary": "glmm",
    "paper_model": "logit_dl",
    "paper_times": "weighted_median",
    "studies": {
        "size": "n_infused",
        "size_label": "patients lit",
        "group": "target_antigens",
        "separators": {"target_antigens": "+"},
        "table": ["target_antigens", "product", "design", "country", "n_infused"],
        "labels": {"target_antigens": "Colours", "product": "Lamp", "n_infused": "Lit"},
    },
}  # fmt: skip

STUDIES = [
    # id, author, year, product, country, infused, registration, doi, pmid, follow-up
    ("Aalto2018", "Aalto A", 2018, "desk", "Finland", 20, "NCT00000001", "10.1000/a1", "111", 6.0),
    ("Berg2019", "Berg B", 2019, "desk", "Norway", 34, "NCT00000002; ChiCTR-X1", "10.1000/b2",
     None, 9.5),
    ("Coast2020", "Coast C", 2020, "ceiling", "Norway", 12, None, None, "33333333", None),
    ("Dahl2021", "Dahl D", 2021, "ceiling", "Finland", 57, "NCT00000004", None, None, 12.0),
    ("Ek2022", "Ek E", 2022, "desk", None, 41, "local 7", "not a doi", "x", 3.25),
    ("Frost2023", "Frost F", 2023, "desk", "Finland", None, None, None, None, None),
]  # fmt: skip
COUNTS = {
    "lifted": {
        "Aalto2018": (14, 20), "Berg2019": (28, 34), "Coast2020": (5, 12), "Dahl2021": (50, 57),
        "Ek2022": (30, 40), "Frost2023": (9, 10),
    },
    "headache": {"Aalto2018": (2, 20), "Berg2019": (3, 34), "Dahl2021": (1, 57)},
    "burns": {"Aalto2018": (0, 20), "Coast2020": (0, 12)},
    "relapse": {},
}  # fmt: skip
#: outcome: estimate, CI, prediction interval, population average with CI, tau2 with CI, I2, p above
POOLED = {
    "lifted": (0.7623, 0.6411, 0.8614, 0.3912, 0.9427, 0.7437, 0.6309, 0.8399, 0.5127,
               0.0413, 2.0519, 0.6171, 0.8834),
    "headache": (0.0467, 0.0158, 0.1123, 0.0021, 0.5318, 0.0529, 0.0172, 0.1234, 0.2236,
                 0.0, 3.7172, 0.1529, 0.2049),
    "burns": (0.0, 0.0, 0.1089, None, None, None, None, None, None, None, None, None, None),
}  # fmt: skip


#: A PNG of one pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
REASON = "The sources disagree."
#: The pooled ratio that leads.


def row(kind: str, /, **values) -> dict:
    """A row of an artifact kind, missing where nothing is said."""
    unknown = set(values) - set(columns(kind))
    assert TABLES[kind].open or not unknown, unknown
    return dict.fromkeys(columns(kind)) | values


def studies() -> list[dict]:
    return [
        row(
            "studies", study_id=study, first_author=author, year=year, title=f"Light by {author}",
            source="J Invent 1:2", doi=doi, pmid=pmid, registration=registration, country=country,
            phase="1/2", design="single_arm", target_antigens="blue" if infused else "blue+green",
            target_class="single" if infused else "dual", product=product, n_infused=infused,
            median_age=61.0, median_prior_lines=4.0, median_followup_months=follow_up,
            publication_type="full_text" if doi else "abstract", include="yes", notes=None,
            layer="1" if year < 2022 else "2", sheet="studies", row=number, agreement="single",
        )
        for number, (study, author, year, product, country, infused, registration, doi, pmid,
                     follow_up) in enumerate(STUDIES, start=2)
    ]  # fmt: skip


def outcomes() -> list[dict]:
    return [
        row(
            "outcomes", study_id=study, outcome=outcome, events=events, total=total,
            derived="from_percent" if study == "Ek2022" else "no",
            source_url=f"https://example.org/{study}?table=1", source_locator="Table 1",
            source_type="primary_table", confidence="high", notes="Counted twice.", layer="1",
            sheet="outcomes_1", row=2, agreement="agreed",
        )
        for outcome, cells in COUNTS.items()
        for study, (events, total) in cells.items()
    ]  # fmt: skip


def pooled() -> list[dict]:
    rows = []
    for number, model in enumerate(PROTOCOL["models"]):
        for outcome, cells in COUNTS.items():
            counts = {
                "k": len(cells),
                "events": sum(events for events, _ in cells.values()),
                "total": sum(total for _, total in cells.values()),
            }
            result = row("pooled", outcome=outcome, model=model, **counts)
            if outcome in POOLED:
                names = (
                    "estimate", "ci_low", "ci_high", "pi_low", "pi_high", "marginal",
                    "marginal_low", "marginal_high", "tau2", "tau2_low", "tau2_high", "i2",
                    "p_above",
                )  # fmt: skip
                values = [
                    value if value is None else value + 0.0111 * number * (value > 0)
                    for value in POOLED[outcome]
                ]
                result |= dict(zip(names, values, strict=True))
                result |= {"q": 13.0574, "q_df": len(cells) - 1, "q_p": 0.02279, "p_value": 0.00031}
                result |= {"converged": True}
            result["note"] = {"relapse": "no_data", "burns": "homogeneous_exact"}.get(outcome)
            rows.append(result)
    return rows


def subgroups() -> tuple[list[dict], list[dict]]:
    groups = {
        "lamp": {"desk": (4, 81, 104, 0.7912), "ceiling": (2, 55, 69, 0.6871)},
        "country": {"Finland": (3, 73, 87, 0.8345), "Norway": (2, 33, 46, 0.6542)},
    }
    rows, tests = [], []
    for by, levels in groups.items():
        for model in PROTOCOL["models"]:
            for mode in ("common", "separate"):
                shift = 0.0123 * (mode == "separate")
                for level, (k, events, total, estimate) in levels.items():
                    rows.append(
                        row(
                            "subgroups", outcome="lifted", by=by, model=model, tau2_mode=mode,
                            level=level, k=k, events=events, total=total, estimate=estimate + shift,
                            ci_low=estimate - 0.2, ci_high=estimate + 0.1, tau2=0.4567,
                            pi_low=estimate - 0.4, pi_high=estimate + 0.13, converged=True,
                            marginal=estimate + shift - 0.0234, marginal_low=estimate - 0.17,
                            marginal_high=estimate + 0.07,
                            note="two_studies" if k == 2 else None,
                        )
                    )  # fmt: skip
                tests.append(
                    row(
                        "subgroup_tests", outcome="lifted", by=by, model=model, tau2_mode=mode,
                        test="lrt" if model == "glmm" else "q_between", statistic=1.2345, df=1,
                        p_value=0.2665 + shift, p_permutation=0.3119, p_adjusted=0.533,
                    )
                )  # fmt: skip
    return rows, tests


def others() -> dict[str, list[dict]]:
    return {
        "times": [
            row(
                "times", outcome="median_gloom", method="weighted_median", k=4, k_without_ci=1,
                k_not_reached=2, n=120, estimate_months=8.75, ci_low=5.25, ci_high=11.84,
            )
        ],
        "ratios": [
            row(
                "ratios", outcome="gloom", effect_measure="HR", row="trial", study_id="Dahl2021",
                method="printed", k=1, estimate=0.4934, ci_low=0.3781, ci_high=0.6512,
                source="printed",
            ),
            row(
                "ratios", outcome="gloom", effect_measure="HR", row="pooled", method="common", k=1,
                estimate=0.4934, ci_low=0.3781, ci_high=0.6512, note="single_study", lead=True,
            ),
        ],
        "claims": [
            row(
                "claims", claim_id=verdict, statement=f"Gloom lifts in {value}%.",
                published=float(value),
                ours_paper_model=None if verdict == "not_testable" else 77.3412,
                ours_primary=None if verdict == "not_testable" else 76.23, verdict=verdict,
                reason=f"The verdict is {verdict}.",
            )
            for verdict, value in
            (("reproduced", 77), ("consistent", 70), ("not_reproduced", 20), ("not_testable", 5))
        ],
        "published_claims": [
            row(
                "published_claims", claim_id=verdict, quantity=quantity, value=value, decimals=0,
            )
            for verdict, quantity, value in (
                ("reproduced", "estimate_percent", 77.0), ("consistent", "median_months", 70.0),
                ("not_reproduced", "k", 20.0), ("not_testable", "p_below", 5.0),
            )
        ],
        "certainty": [row("certainty", outcome="lifted", judgement="low", reason="Few studies.")],
        "availability": [
            row(
                "availability", study_id=study, outcome=outcome,
                status="available" if study in COUNTS[outcome]
                else "held out" if (study, outcome) == ("Ek2022", "headache") else "absent",
                reason=REASON if (study, outcome) == ("Ek2022", "headache") else None,
            )
            for study, *_ in STUDIES for outcome in COUNTS
        ],
        "reconciliation": [
            row(
                "reconciliation", layer="1", sheet_kind="outcomes", study_id="Ek2022",
                outcome="headache", field="events", value_1="3", value_2="4", status="held out",
                reason=REASON,
            ),
            row(
                "reconciliation", layer="1", sheet_kind="outcomes", study_id="Berg2019",
                outcome="lifted", field="events", value_1="28", value_2="28", decision="28",
                status="agreed",
            ),
        ],
        "agreement": [
            row(
                "agreement", layer="1", sheet_kind="outcomes", outcome=outcome, field=field,
                both=5, equal=4, share=0.8, ci_low=0.3755, ci_high=0.9638, only_1=1, only_2=0,
            )
            for outcome in ("all", "lifted") for field in ("all", "events", "total")
        ],
        "change_log": [
            row(
                "change_log", act="superseded", layer="2", sheet="studies", row=3,
                study_id="Old2015", reason="Frost2023 reports the same patients.",
            )
        ],
        "problems": [
            row(
                "problems", layer="1", sheet="studies", row=7, column="doi", rule="doi",
                severity="warning", value="not a doi", message="This does not look like a DOI.",
                hint="A DOI starts with 10.",
            )
        ],
        "changes": [
            row(
                "changes", kind="study", item="Frost2023", act="added",
                after="Frost F 2023", changed=True, reason="layer 2",
            ),
            row(
                "changes", kind="cell", item="Frost2023/lifted", act="added", after="9/10",
                changed=True, reason="layer 2",
            ),
            row(
                "changes", kind="estimate", item="lifted/glmm", act="moved",
                before="71.2%", after="76.2%", changed=True, reason="+5.0 percentage points",
            ),
            row(
                "changes", kind="conclusion", item="lifted/glmm", act="kept", outcome="lifted",
                before="above 50%", after="above 50%", changed=False,
                result_before="71.2% (95% CI 60.1 to 80.3); 5 studies",
                result_after="76.2% (95% CI 64.1 to 86.1); 6 studies",
                k_before=5, value_before=0.7123, low_before=0.6012, high_before=0.8034,
                k_after=6, value_after=0.7623, low_after=0.6411, high_after=0.8614,
            ),
            row(
                "changes", kind="conclusion", item="lifted/lamp/glmm", act="changed",
                before="p = 0.040", after="p = 0.27", changed=True,
                reason="p = 0.040 before, p = 0.27 now, on the other side of 0.05",
            ),
        ],
        "regression": [
            row(
                "regression", outcome="lifted", moderator="year", model=model, k=6, term=term,
                estimate=None if term == "omnibus" else 0.1234 + shift, se=0.05,
                ci_low=0.0254, ci_high=0.2214, p_value=0.0136, tau2=0.3321, r2=0.3522,
                note="lrt=6.1; df=1; left_out=2" if term == "omnibus" else None,
            )
            for model, shift in (("glmm", 0.0), ("logit_dl", 0.0456))
            for term in ("intercept", "year", "omnibus")
        ],
    }  # fmt: skip


def effects() -> dict[str, list[dict]]:
    return {
        outcome: [
            row(
                "effects", study_id=study, label=f"{study[:-4]} {study[-4:]}", year=int(study[-4:]),
                events=events, total=total, proportion=events / total,
                ci_low=max(0.0, events / total - 0.1), ci_high=min(1.0, events / total + 0.1),
            )
            for study, (events, total) in cells.items()
        ]
        for outcome, cells in COUNTS.items()
    }  # fmt: skip


def forest_svg(outcome: str, rows: list[dict]) -> str:
    """A stand-in for a forest plot, shaped as the figures write theirs, with their font."""
    drawn = "".join(
        f'<g id={quoteattr("row:" + r["study_id"])}><rect y="{12 * i}" width="520" height="12" '
        f'style="fill: #ffffff"/><use xlink:href="#mark" x="200" y="{12 * i}"/></g>'
        f'<text x="2" y="{12 * i + 9}" class="label">{escape(r["label"])}</text>'
        for i, r in enumerate(rows)
    ).replace('class="label"', f"style=\"font: 8px '{FONT_STACK[0]}'\"")
    face = font_face("".join(r["label"] for r in rows))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 520 {12 * len(rows)}" role="img"><title>{outcome}</title>'
        f'<style class="fonts">{face}</style>'
        '<defs><style type="text/css">*{stroke-linejoin: round}</style>'
        '<clipPath id="clip"><rect width="520" height="9999"/></clipPath>'
        '<path id="mark" d="M0 0h5"/>'
        f'</defs><g clip-path="url(#clip)">{drawn}</g></svg>\n'
    )
