"""Pool the median times of each outcome: weighted median, and inverse variance on two scales."""

from dataclasses import replace

from singlearm import step
from singlearm.catalogue.tables import read_table, row_of, write_table
from singlearm.synthesis import pool_median_times, weighted_median_time


def run(inputs, outputs, params):
    durations = read_table(inputs.durations, "durations")
    rows = []
    for outcome in params.outcomes:
        medians = [row for row in durations if row["outcome"] == outcome]
        rows += [row_of(pooled, "times", outcome=outcome) for pooled in pool_medians(medians)]
    write_table(outputs.times, "times", rows)


def pool_medians(medians):
    """The methods side by side. A median without a number of patients has no weight."""
    weighed = [row for row in medians if row["n"]]
    median = weighted_median_time(column(weighed, "value_months"), column(weighed, "n"))
    without = len(medians) - len(weighed)
    note = "; ".join(filter(None, [median.note, f"no_weight={without}" if without else ""]))
    yield replace(median, note=note)
    months, low, high, n = (
        column(medians, name) for name in ("value_months", "ci_low", "ci_high", "n")
    )
    for scale in ("natural", "log"):
        yield pool_median_times(months, low, high, n, scale=scale)


def column(rows, name):
    return [row[name] for row in rows]


if __name__ == "__main__":
    step.main(snakemake, run)
