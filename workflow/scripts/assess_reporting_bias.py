"""Small-study effects of each proportion outcome: a test of asymmetry, and trim and fill."""

from pathlib import Path

from singlearm import step
from singlearm.catalogue.tables import columns, read_table, write_table
from singlearm.synthesis.effects import back_transform, effect_sizes
from singlearm.synthesis.small_study import asymmetry_test, trim_and_fill
from singlearm.synthesis.twostep import pool_effects

#: The arcsine, whose variance depends on a study's size alone: an asymmetry on the log-odds scale
#: would come from the scale.
MEASURE = "PAS"


def run(inputs, outputs, _):
    """Write a row for each outcome with studies."""
    studies = {Path(path).parent.name: read_table(path, "effects") for path in inputs.effects}
    rows = [assessed(name, rows) for name, rows in studies.items() if rows]
    write_table(outputs.reporting_bias, "reporting_bias", rows)


def assessed(outcome, studies):
    """The row of an outcome; without numbers where studies are too few for the test."""
    events, total = ([row[name] for row in studies] for name in ("events", "total"))
    test = asymmetry_test(events, total, measure=MEASURE)
    names = ("test", "k", "statistic", "p_value", "slope", "slope_se", "note")
    row = dict.fromkeys(columns("reporting_bias")) | {"outcome": outcome, "measure": MEASURE}
    row |= {name: getattr(test, name) for name in names}
    return row if test.p_value is None else row | filled(events, total)


def filled(events, total):
    """The columns of trim and fill, with and without the studies filled in, as proportions."""
    effects = effect_sizes(events, total, MEASURE)
    found = trim_and_fill(effects.yi, effects.vi)
    without = pool_effects(effects.yi, effects.vi, tau2="REML", ci="wald")
    row = {"side": found.side, "k_filled": found.k0}
    for name, fit in (("filled", found.fit), ("unfilled", without)):
        ends = [float(end) for end in (fit.estimate, fit.ci_low, fit.ci_high)]
        names = (f"{end}_{name}" for end in ("estimate", "ci_low", "ci_high"))
        row |= dict(zip(names, back_transform(ends, MEASURE).tolist(), strict=True))
    return row


if __name__ == "__main__":
    step.main(snakemake, run)
