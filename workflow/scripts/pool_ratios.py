"""List each randomised trial's ratio, printed and from its counts, and pool them."""

from singlearm import step
from singlearm.catalogue.tables import columns, read_table, row_of, write_table
from singlearm.sheets.groups import latest_cut
from singlearm.synthesis import pool_ratios, ratio_from_counts, ratio_from_printed

METHODS = ("common", "reml_hk")
COUNTS = ("events_treat", "n_treat", "events_ctrl", "n_ctrl")


def run(inputs, outputs, params):
    cuts = latest_cut(read_table(inputs.comparative, "comparative"))
    rows = []
    for outcome in params.outcomes:
        trials = [trial for cut in cuts if cut["outcome"] == outcome for trial in ratios_of(cut)]
        rows += [trial_row(outcome, *trial) for trial in trials]
        rows += list(pooled_rows(outcome, trials))
        if not trials and params.outcomes[outcome]["kind"] == "ratio":
            rows.append(blank(outcome, row="pooled", k=0, note="no_data"))
    write_table(outputs.ratios, "ratios", rows)


def ratios_of(cut):
    """(cut, measure, ratio) for what a trial prints and for what its counts give."""
    if cut["estimate"] is not None:
        printed = (cut[name] for name in ("estimate", "ci_low", "ci_high"))
        yield cut, cut["effect_measure"], ratio_from_printed(*printed)
    counts = [cut[name] for name in COUNTS]
    if None not in counts:
        for measure in ("OR", "RR"):
            yield cut, measure, ratio_from_counts(measure, *counts)


def trial_row(outcome, cut, measure, ratio):
    followup = cut["followup_months"]
    said = [cut["comparison"], f"{followup:g} months" if followup is not None else "", ratio.note]
    return blank(
        outcome,
        effect_measure=measure,
        row="trial",
        study_id=cut["study_id"],
        k=1,
        estimate=ratio.estimate,
        ci_low=ratio.ci_low,
        ci_high=ratio.ci_high,
        source=ratio.source,
        note="; ".join(filter(None, said)),
    )


def pooled_rows(outcome, trials):
    """Pooled over trials, for each measure and source that at least two trials have."""
    for measure, source in sorted({(measure, ratio.source) for _, measure, ratio in trials}):
        same = [r for _, m, r in trials if (m, r.source) == (measure, source)]
        if len(same) < 2:
            continue
        for method in METHODS:
            pooled = pool_ratios([r.yi for r in same], [r.vi for r in same], method)
            yield row_of(
                pooled,
                "ratios",
                outcome=outcome,
                effect_measure=measure,
                row="pooled",
                study_id=None,
                source=source,
            )


def blank(outcome, **known):
    """A row with these values, empty otherwise."""
    return dict.fromkeys(columns("ratios")) | {"outcome": outcome} | known


if __name__ == "__main__":
    step.main(snakemake, run)
