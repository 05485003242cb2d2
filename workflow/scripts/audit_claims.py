"""Hold every published claim against our results."""

from pathlib import Path

from singlearm import step
from singlearm.catalogue.tables import read_table, write_table
from singlearm.kinds import KINDS
from singlearm.report.claims import Evidence, audit
from singlearm.report.robustness import Variations
from singlearm.sheets.groups import group_levels


def run(inputs, outputs, params):
    protocol = params.protocol
    separators = protocol["studies"]["separators"]
    claims = read_table(inputs.published_claims, "published_claims")
    studies = read_table(inputs.studies, "studies")
    evidence = Evidence(
        studies=studies,
        groups={
            by: group_levels(studies, group, separators)
            for by, group in protocol["subgroups"].items()
        },
        pooled=read_table(inputs.pooled, "pooled"),
        subgroups=read_table(inputs.subgroups, "subgroups"),
        tests=read_table(inputs.subgroup_tests, "subgroup_tests"),
        times=read_table(inputs.times, "times"),
        protocol=protocol,
        variations=read_variations(inputs, {claim["outcome"] for claim in claims}),
        results={
            kind.table: read_table(inputs[kind.table], kind.table)
            for kind in KINDS.values()
            if inputs.get(kind.table)
        },
    )
    rows, settings = audit(claims, evidence)
    write_table(outputs.claims, "claims", rows)
    write_table(outputs.settings, "claims_settings", settings)


def read_variations(inputs, outcomes):
    """The sensitivity tables of the outcomes that claims name."""
    specifications, contrasts, left_out = {}, {}, {}
    for outcome in sorted(outcomes & set(map(outcome_of, inputs.get("multiverse", ())))):

        def table(kind, outcome=outcome):
            path = next(path for path in inputs[kind] if outcome_of(path) == outcome)
            return read_table(path, kind)

        left_out[outcome] = table("leave_one_out")
        specifications[outcome, None, None] = table("multiverse")
        for row in table("multiverse_groups"):
            key = (outcome, row["by"], row["level"])
            specifications.setdefault(key, []).append(row)
        for row in table("multiverse_tests"):
            contrasts.setdefault((outcome, row["by"]), []).append(row)
    return Variations(specifications, contrasts, left_out)


def outcome_of(path):
    """The outcome that a path below `sensitivity/` belongs to."""
    return Path(path).parent.name


if __name__ == "__main__":
    step.main(snakemake, run)
