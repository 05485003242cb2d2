"""The invented review with one text wherever a protocol or a sheet may hold any text.

Where that is, is read from the protocol's schema (`free_texts`), the codebook and the catalogue.
Only names and codes, which lead from place to place, are listed: a new key or column is covered by
itself.
"""

import copy
from functools import cache

import invented_tables
import numpy as np
from free_texts import protocol_texts, put
from random_evidence import evidence

from singlearm.catalogue import TABLES
from singlearm.kinds import KINDS, POOLINGS
from singlearm.sheets.codebook import core_codebook

#: Columns of the program's own tables that hold names and codes; of what sheets hold the codebook
#: says it.
CODES = {
    "study_id", "outcome", "model", "by", "level", "reference", "note", "status", "verdict",
    "quantity", "method", "effect_measure", "effect", "row", "source", "claim_id", "agreement",
    "sheet_kind", "field", "act", "kind", "item", "severity", "rule", "tau2_mode", "test", "term",
    "moderator", "variable", "part", "unit", "scale", "se_source", "result", "measure", "side",
    "robustness", "valid_test", "other_evidence", "settings_matching", "value",
}  # fmt: skip
#: Columns of sheets without a list of words that name something all the same.
LINKS = {"study_id", "outcome", "by", "level", "claim_id"}
#: A clean table whose sheets have another name.
SHEETS = {kind.sheet.clean_table: kind.sheet.name for kind in KINDS.values()}
SHEETS |= {"published_claims": "claims"}
#: A small random review that has rows of every kind beside proportions.
SEED, LARGEST = 0, 5


def put_everywhere(protocol: dict, text: str) -> None:
    """Put the text into every key of a version's protocol that may hold any text."""
    for way in protocol_texts():
        of_version = way[:2] == ("versions", "*")
        here = ("version", *way[2:]) if of_version else way
        if here[0] in protocol:
            put(protocol, here, text)


def free_columns(table: str) -> set[str]:
    """The columns of a table that may hold any text of the sheets."""
    book = core_codebook()
    sheet = SHEETS.get(table, table)
    known = book.of(sheet) if sheet in TABLES_OF_SHEETS else {}
    free = set()
    for column in TABLES[table].columns:
        if column.type != "string":
            continue
        if column.name in known:
            is_free = not known[column.name].allowed and column.name not in LINKS
        else:
            is_free = column.name not in CODES
        if is_free:
            free.add(column.name)
    return free


TABLES_OF_SHEETS = {*SHEETS.values(), "studies", "claims", "search_flow", "risk_of_bias"}
TABLES_OF_SHEETS |= {"certainty"}


@cache
def other_kinds():
    """A review of medians, survival, curves, rates and comparisons, with its pooled tables."""
    whole = evidence(np.random.default_rng(SEED), LARGEST)
    return whole, {name: list(pooling.call(whole)) for name, pooling in POOLINGS.items()}


def with_other_kinds(invented) -> None:
    """Add sheets, outcomes and results of every kind to the invented review."""
    whole, pooled = other_kinds()
    outcomes = {n: {"label": n} | settings for n, settings in whole.outcomes.items()}
    invented.protocol["outcomes"] |= copy.deepcopy(outcomes)
    invented.protocol["subgroups"]["group"] = {"label": "Group", "from": "product"}
    for name, rows in {**whole.sheets, **pooled}.items():
        invented.tables.setdefault(name, []).extend(copy.deepcopy(rows))
    first = invented.tables["studies"][0]
    invented.tables["studies"] += [
        first | {"study_id": study["study_id"], "first_author": study["study_id"]}
        for study in whole.studies
    ]
    for name in ("search_flow", "risk_of_bias"):
        invented.tables[name] = [invented_tables.row(name)]


def hostile(invented, text: str) -> None:
    """Put the text into every place of the invented review that may hold any."""
    with_other_kinds(invented)
    invented.protocol["outcomes"]["headache"]["decision_threshold"] = 0.1
    put_everywhere(invented.protocol, text)
    first = invented.tables["studies"][0]["study_id"]
    tables = [*invented.tables.items(), *(("effects", rows) for rows in invented.effects.values())]
    for name, rows in tables:
        free = free_columns(name)
        for row in rows:
            own = {k for k, v in row.items() if isinstance(v, str) and k not in TABLES[name].names}
            row.update(dict.fromkeys(free | own, text))
            if row.get("study_id") == first:
                row["study_id"] = text
