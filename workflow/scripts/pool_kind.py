"""Pool one table of a version: of every kind of outcome but proportions, each by its own module."""

from singlearm import step
from singlearm.catalogue.tables import read_table, write_table
from singlearm.kinds import POOLINGS, Evidence
from singlearm.sheets.groups import cluster_labels, group_levels, level_order, moderator_values


def run(inputs, outputs, params):
    pooling = POOLINGS[params.table]
    sheets = {name: read_table(inputs[name], name) for name in pooling.tables if inputs.get(name)}
    studies = sheets.get("studies", [])
    groups = {
        by: levels(studies, settings, params.separators)
        for by, settings in params.subgroups.items()
    }
    ids = [study["study_id"] for study in studies]
    moderators = {
        name: dict(zip(ids, moderator_values(studies, settings, params.separators), strict=True))
        for name, settings in params.moderators.items()
    }
    evidence = Evidence(
        sheets,
        params.outcomes,
        params.settings,
        studies,
        same_trial(studies, params.separators),
        groups,
        moderators,
        params.moderators,
        params.regressions,
    )
    write_table(outputs.table, params.table, pooling.call(evidence))


def levels(studies, subgroup, separators):
    """study_id to its level of a subgroup, the levels in the protocol's order."""
    labels = group_levels(studies, subgroup, separators)
    order = [*level_order(labels, subgroup), None]
    pairs = zip((study["study_id"] for study in studies), labels, strict=True)
    return dict(sorted(pairs, key=lambda pair: order.index(pair[1])))


def same_trial(studies, separators):
    """study_id to trial: reports that share a registration are of one trial."""
    if not studies or "registration" not in studies[0]:
        return {}
    labels = cluster_labels(studies, "registration", separators)
    return {study["study_id"]: label for study, label in zip(studies, labels, strict=True)}


if __name__ == "__main__":
    step.main(snakemake, run)
