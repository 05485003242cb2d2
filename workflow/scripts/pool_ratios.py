"""List each randomised trial's ratio, printed and from its counts, and pool them."""

from singlearm import step
from singlearm.catalogue.tables import read_table, write_table
from singlearm.kinds.ratio_pool import ratio_rows
from singlearm.sheets.groups import cluster_labels


def run(inputs, outputs, params):
    rows = read_table(inputs.comparative, "comparative")
    trials = same_trial(read_table(inputs.studies, "studies"))
    write_table(outputs.ratios, "ratios", ratio_rows(rows, params.outcomes, trials, params.pooling))


def same_trial(studies):
    """study_id to trial: reports that share a registration are of one trial."""
    if not studies or "registration" not in studies[0]:
        return {}
    labels = cluster_labels(studies, "registration")
    return {study["study_id"]: label for study, label in zip(studies, labels, strict=True)}


if __name__ == "__main__":
    step.main(snakemake, run)
