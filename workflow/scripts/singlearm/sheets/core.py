"""The columns that the program itself knows: of studies, claims and the optional sheets.

Those of an outcome's sheets belong to its kind (`singlearm.kinds`). A review's own codebook adds
columns to these, and may narrow them.
"""

from singlearm.catalogue.clean import GRADE_DOMAINS
from singlearm.catalogue.language import mark
from singlearm.kinds import KINDS
from singlearm.kinds.columns import (
    LABEL,
    OUTCOME,
    YES_NO,
    Column,
    category,
    count,
    number,
    of_sheet,
    text,
)

#: Kinds of sheets that two extractors fill, each with its adjudication sheet.
EXTRACTED = {kind.sheet.name: kind.sheet.adjudication for kind in KINDS.values()}
#: Every sheet name of a layer and its kind in the codebook.
SHEETS = {
    "studies": "studies",
    **{f"{kind}_{number}": kind for kind in EXTRACTED for number in (1, 2)},
    **{sheet: sheet for sheet in EXTRACTED.values()},
    **{name: name for name in ("claims", "search_flow", "risk_of_bias", "certainty")},
}
REQUIRED_SHEETS = ("studies",)

#: Columns of an outcome's cells whatever the protocol says.
CELL = ("study_id", "label", "events", "total", "year")
#: Columns of the extracted cell itself, by the name that inclusion sets and figures use.
OF_CELL = {
    **{f"cell_{name}": name for name in ("confidence", "notes", "agreement")},
    **{
        name: name
        for name in (
            "derived", "source_url", "source_locator", "source_type",
            "verified_by", "verified_on", "verified_against", "carried_from",
        )
    },
    "verified": "verified_against",
}  # fmt: skip
#: Columns that the cleaning adds to what the sheets have.
ORIGIN = ("layer", "sheet", "row", "agreement")
#: Names that a column of the review's own may not have in any sheet, and in that of the studies.
TAKEN = frozenset((*ORIGIN, "carried_from"))
TAKEN_IN_STUDIES = TAKEN | {*CELL, *OF_CELL}

_DOI = r"10\.[0-9]{4,9}/\S+"
_INCLUDE = [(word, "yes") for word in ("Y", "y", "TRUE", "true", "True", "1")]
_INCLUDE += [(word, "no") for word in ("N", "n", "FALSE", "false", "False", "0")]

STUDIES = (
    Column(
        "", "study_id", pattern=LABEL.pattern, form=LABEL.form, required="filled", key=True,
        description="Label of the study, unique; year and first author may differ from it",
    ),
    text("first_author", "Surname and initials, as Brudno JN", label=mark("First author")),
    Column(
        "", "year", "integer", "year", minimum=1800, maximum=2100,
        description="Year of the main report", label=mark("Year"),
    ),
    text("title", "Title or trial name"),
    text("source", "Journal, congress or other place of the report"),
    text(
        "doi", "DOI without prefix, as 10.1200/JCO.2018.77.8084", pattern=_DOI,
        form="a DOI without prefix, as 10.1200/JCO.2018.77.8084",
    ),
    text("pmid", "One PubMed number", pattern="[0-9]{1,9}", form="one PubMed number, digits only"),
    Column(
        "", "registration", "list", separator=";", description="Trial ids, separated by ;",
        label=mark("Registration"),
    ),
    category(
        "country", (), "Country of the patients; International for several", label=mark("Country")
    ),
    category("design", (), "How the patients were gathered", label=mark("Design")),
    number(
        "median_followup_months", "months", 0, 1200, "Median follow-up",
        label=mark("Median followup months"),
    ),
    Column("", "data_cutoff", "date", description="ISO date, as 2020-12-21"),
    category(
        "publication_type", (), "Kind of the main report", label=mark("Publication type")
    ),
    text("cohort", "Patient group; two included studies may not share one"),
    Column(
        "", "supersedes", "list", separator=";",
        description="study_ids of this or a lower layer that this report replaces, separated by ;",
    ),
    category(
        "include", YES_NO, "no keeps the study out of the analysis; empty or no such column: yes",
        recodes=tuple(_INCLUDE),
    ),
    text("exclude_reason", "Why, if include is no"),
    text("notes", "Free"),
    text("label", "Name of the study in figures and tables; empty: first author and year"),
)  # fmt: skip

QUANTITIES = ("k", "n", "count", "estimate_percent", "median_months", "p_below", "p_at_least")
CLAIMS = (
    text(
        "claim_id", "Label of the claim", pattern=r"\w[\w.-]*", required="filled", key=True,
        form="a label of letters, digits and . _ -",
    ),
    text("statement", "The published sentence", required="filled"),
    category("outcome", (), "Outcome it is about; empty for the review as a whole",
             required="present"),
    text("by", "A subgroup of the protocol; for count the column whose distinct values are counted",
         required="present"),
    text("level", "Level of the subgroup", required="present"),
    category("quantity", QUANTITIES, "What is claimed", required="filled"),
    number("value", "as quantity", None, None, "Published value", required="filled"),
    number("low", "as quantity", None, None, "Published lower limit", required="present"),
    number("high", "as quantity", None, None, "Published upper limit", required="present"),
    count("decimals", "Decimals as printed", unit="digits", maximum=10, required="present"),
    text("source", "Where it was published", required="present"),
)  # fmt: skip

FLOW = (
    text(
        "box", "Box of the PRISMA 2020 diagram, as docs/extraction.md lists them",
        pattern=r"\w[\w .,:()/-]*", required="filled", key=True,
        form="the name of a box of the PRISMA 2020 diagram, as docs/extraction.md lists them",
    ),
    count("count", "Number in the box", unit="records", required="filled"),
    text("note", "Free"),
)  # fmt: skip

JUDGEMENTS = (
    "low", "some concerns", "moderate", "high", "serious", "critical", "no information",
    "yes", "no", "unclear", "not applicable", *"2103456789",
)  # fmt: skip
BIAS = (
    LABEL,
    text("tool", "Name of the tool", required="filled", key=True),
    text("domain", "Domain of the tool", required="filled", key=True),
    category("judgement", JUDGEMENTS, "Judgement in the tool's words, or stars", required="filled"),
    text("reason", "Why"),
)

CERTAINTY = (
    OUTCOME,
    category("judgement", ("high", "moderate", "low", "very low"),
             "Certainty of the evidence (GRADE)", required="filled"),
    text("reason", "Why it is not higher", required="filled"),
    *(
        category(domain, ("not serious", "serious", "very serious"), f"{words} (GRADE)")
        for domain, words in GRADE_DOMAINS.items()
    ),
)  # fmt: skip

#: Columns of every kind of sheet, in the order of the template.
CORE: dict[str, tuple[Column, ...]] = {
    "studies": of_sheet("studies", STUDIES),
    **{kind.sheet.name: kind.sheet.columns for kind in KINDS.values()},
    **{kind.sheet.adjudication: kind.sheet.decisions for kind in KINDS.values()},
    "claims": of_sheet("claims", CLAIMS),
    "search_flow": of_sheet("search_flow", FLOW),
    "risk_of_bias": of_sheet("risk_of_bias", BIAS),
    "certainty": of_sheet("certainty", CERTAINTY),
}
