"""Pool the median times of each outcome: weighted median, and inverse variance on two scales."""

from singlearm import step
from singlearm.catalogue.tables import read_table, write_table
from singlearm.kinds.time_pool import time_rows


def run(inputs, outputs, params):
    durations = read_table(inputs.durations, "durations")
    write_table(outputs.times, "times", time_rows(durations, params.outcomes))


if __name__ == "__main__":
    step.main(snakemake, run)
