"""Hold every published claim against our results."""

from extraction.groups import group_levels

from pipeline import step
from pipeline.tables import read_table, write_table
from publication.claims import Evidence, audit


def run(inputs, outputs, params):
    protocol = params.protocol
    studies = read_table(inputs.studies, "studies")
    evidence = Evidence(
        studies=studies,
        groups={by: group_levels(studies, group) for by, group in protocol["subgroups"].items()},
        pooled=read_table(inputs.pooled, "pooled"),
        subgroups=read_table(inputs.subgroups, "subgroups"),
        tests=read_table(inputs.tests, "subgroup_tests"),
        times=read_table(inputs.times, "times"),
        outcomes=protocol["outcomes"],
        models=protocol["models"],
        paper_model=protocol["paper_model"],
        primary=protocol["primary"],
        paper_times=protocol["paper_times"],
    )
    claims = read_table(inputs.claims, "published_claims") if inputs.get("claims") else []
    write_table(outputs.claims, "claims", audit(claims, evidence))


if __name__ == "__main__":
    step.main(snakemake, run)
