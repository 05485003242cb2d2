"""From randomised comparisons to the rows of `ratios.csv`: trials, pooled rows, which leads."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from singlearm.catalogue import TABLES, Row
from singlearm.synthesis.notes import Note, Notes, join, notes_of, without
from singlearm.synthesis.ratio_choice import peto_doubts, poisson_doubts, rare_events, reading_order
from singlearm.synthesis.ratio_common import mantel_haenszel, peto
from singlearm.synthesis.ratio_counts import TwoByTwo, contrasts
from singlearm.synthesis.ratio_glmm import RATIO_GLMMS, fit_ratio_glmm
from singlearm.synthesis.ratio_pooling import (
    PooledRatio,
    from_common_effect,
    from_glmm,
    pool_ratios,
    pool_ratios_bayes,
)
from singlearm.synthesis.ratio_tau import profile_ratio_tau
from singlearm.synthesis.ratios import RATIO_MEASURES, Ratio

from .base import Effects
from .ratio_trials import Contrast, Entry, Trial, entry_of, trials_of

GLMMS = {f"glmm_{model.lower().replace('.', '_')}": model for model in RATIO_GLMMS}
#: The random-effects model by inverse variance, unless the protocol says otherwise.
RANDOM = {"tau2": "REML", "ci": "hk_adhoc", "prediction": "integrated"}
#: Notes about rows beside the one that was used: no trial is missing.
NOT_MISSING = ("earlier_cuts_left_out", "repeated_left_out")
#: Without `measure` in the protocol: what trials print most, else from counts; the first of equals.
#: Risk ratios are read more rightly than odds ratios (Cochrane Handbook, section 10.4.3), but rare
#: events have their exact model for odds ratios only, and there the two agree.
DEFAULT_MEASURES = ("HR", "RR", "OR", "RD")
RARE_MEASURES = ("HR", "OR", "RR", "RD")


def ratio_rows(
    comparative: Iterable[Row],
    outcomes: Mapping[str, Mapping[str, Any]],
    trial_ids: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
) -> list[Row]:
    """All rows of `ratios.csv`.

    Parameters
    ----------
    comparative : iterable of Row
        The rows of `clean/comparative.csv`.
    outcomes : mapping
        The protocol's outcomes by name, with `kind` and perhaps `measure`.
    trial_ids : mapping, optional
        study_id to trial, where several reports are of one trial.
    settings : mapping, optional
        The protocol's `ratios`: `tau2` (REML, PM, DL), `ci` (hk_adhoc, wald, hk) and
        `prediction` (integrated, t).
    """
    rows, how = list(comparative), RANDOM | dict(settings or {})
    found: list[Row] = []
    for outcome, entry in outcomes.items():
        trials = trials_of((r for r in rows if r["outcome"] == outcome), trial_ids or {})
        if trials:
            found += outcome_rows(outcome, trials, entry.get("measure"), how)
        elif entry["kind"] == "ratio":
            found.append(_row(outcome, row="pooled", k=0, note="no_data"))
    return found


def outcome_rows(
    outcome: str, trials: Sequence[Trial], measure: str | None, settings: Mapping[str, str]
) -> list[Row]:
    """The trials of one outcome, and what was pooled from them in the order of reading."""
    lead = measure or default_measure(trials)
    offered = _offered(trials)
    measures = [measure] if measure else [m for m in RATIO_MEASURES if m in offered and m != "RD"]
    if lead not in measures:
        measures.append(lead)
    pools = {m: [(t, entry_of(t, m)) for t in trials] for m in measures}
    pooled = {m: pooled_rows(outcome, m, pools[m], settings) for m in measures}
    in_order = pooled[lead] + [row for m in measures if m != lead for row in pooled[m]]
    for rank, row in enumerate(in_order, start=1):
        row |= {"rank": rank, "lead": rank == 1 and bool(pooled[lead])}
    used = {
        (id(row), m, source): entry
        for m, entries in pools.items()
        for _, entry in entries
        if entry
        for row, source in entry.used
    }
    shown = [
        row
        for t in trials
        for c in t.contrasts
        for row in _trial_rows(outcome, t, c, used, lead if not pooled[lead] else None)
    ]
    if not pooled[lead] and not any(row["lead"] for row in shown):
        shown.append(_row(outcome, effect_measure=lead, row="pooled", k=0, note="no_data"))
    return shown + in_order


def trial_effects(
    rows: Sequence[Row], measure: str | None, trial_ids: Mapping[str, str]
) -> Effects:
    """The trials' effects by the measure that leads, each named by the first study that reports."""
    trials = trials_of(rows, trial_ids)
    lead = measure or default_measure(trials)
    entries = [entry for trial in trials if (entry := entry_of(trial, lead)) is not None]
    yi, vi = ([getattr(e.ratio, name) for e in entries] for name in ("yi", "vi"))
    studies = [e.trial.contrasts[0].row["study_id"] for e in entries]
    return Effects(studies, np.array(yi, float).tolist(), np.array(vi, float).tolist())


def default_measure(trials: Sequence[Trial]) -> str:
    """The measure that most trials can give; of equals HR, then by `DEFAULT_MEASURES`.

    Trials without an event in either group do not count: that they have a difference of 0 shall not
    make the difference lead.
    """
    cuts = [c for trial in trials for c in trial.contrasts]
    tables = TwoByTwo.stacked([t for c in cuts if (t := c.table) is not None])
    order: tuple[str, ...] = RARE_MEASURES if rare_events(tables) else DEFAULT_MEASURES
    printed = Counter(c.row["effect_measure"] for c in cuts if c.printed is not None)
    telling = [
        [c for c in t.contrasts if c.table is None or not c.table.double_zero.all()] for t in trials
    ]
    has = Counter(name for cut in telling for name in set().union(*(c.measures for c in cut)))
    if not has:
        # no trial has an effect: a measure that some trial would have, the ratios first
        offered = _offered(trials)
        order = tuple(name for name in order if name in offered) or order
    return max(order, key=lambda name: (has[name], printed[name], -order.index(name)))


def pooled_rows(
    outcome: str,
    measure: str,
    pool: Sequence[tuple[Trial, Entry | None]],
    settings: Mapping[str, str],
) -> list[Row]:
    """Every method for one measure in the order of reading; none for one trial as it stands."""
    entries = [entry for _, entry in pool if entry is not None]
    usable = [entry for entry in entries if entry.ratio.vi is not None]
    told = _notes(measure, pool, entries)
    if len(usable) < 2:
        # one trial stands for itself, unless its arms were taken together or others are missing
        special = without(told, *NOT_MISSING)
        single = pool_ratios(
            [e.ratio.yi for e in usable], [e.ratio.vi for e in usable], measure=measure, tau2=None
        )
        return [_pooled_row(outcome, measure, single, usable, told, False)] if special else []
    counted = [entry for entry in entries if entry.table is not None]
    tables = TwoByTwo.stacked([e.table for e in counted if e.table is not None])
    random = f"{settings['tau2'].lower()}_{settings['ci']}"
    rows = []
    for method in reading_order(measure, len(usable), tables, random):
        by_counts = method in GLMMS or method in ("mh", "peto")
        result = _pool(method, measure, entries, tables, settings)
        lacking = sum(e.table is None for e in usable) if by_counts else 0
        said = (*told, *notes_of(lacking > 0 and Note("trials_without_counts", count=lacking)))
        behind = counted if by_counts else usable
        rows.append(_pooled_row(outcome, measure, result, behind, said, by_counts))
    return sorted(rows, key=lambda row: row["estimate"] is None)  # a method without a number last


def _pool(
    method: str,
    measure: str,
    entries: Sequence[Entry],
    tables: TwoByTwo,
    settings: Mapping[str, str],
) -> PooledRatio:
    if method in GLMMS:
        doubts = poisson_doubts(tables) if GLMMS[method] == "CM.AL" else ()
        if doubts:
            k = int((~tables.double_zero).sum())
            return PooledRatio(method, "random", k, notes=tuple(map(Note, doubts)))
        fit = fit_ratio_glmm(tables, GLMMS[method])
        own = contrasts(measure, tables)
        return from_glmm(fit, measure, profile_ratio_tau(tables, fit), own)
    if method == "mh":
        return from_common_effect(mantel_haenszel(measure, tables), "mh", measure)
    if method == "peto":
        if doubts := peto_doubts(tables):
            return PooledRatio(
                "peto", "common", len(tables.n_treat), notes=tuple(map(Note, doubts))
            )
        return from_common_effect(peto(tables), "peto", "OR")
    effects = [entry.ratio for entry in entries if entry.ratio.vi is not None]
    yi, vi = [ratio.yi for ratio in effects], [ratio.vi for ratio in effects]
    if method == "bayes":
        return pool_ratios_bayes(yi, vi, measure=measure)
    tau2 = None if method == "common" else settings["tau2"]
    return pool_ratios(
        yi, vi, measure=measure, tau2=tau2, ci=settings["ci"], prediction=settings["prediction"]
    )


def _notes(
    measure: str, pool: Sequence[tuple[Trial, Entry | None]], entries: Sequence[Entry]
) -> Notes:
    """What happened to trials before pooling: each that is missing is counted with its reason."""
    missing = [t for t, entry in pool if entry is None]
    faulty = sum(all(c.notes for c in t.contrasts) for t in missing)
    double_zero = sum(_double_zero(e) for e in entries)
    arms = Counter(note.code for entry in entries for note in entry.notes)
    lost = [n.values["count"] for e in entries for n in e.notes if n.code == "arms_left_out"]
    counts = {
        "arms_combined": arms["arms_combined"],
        "arms_correlated": arms["arms_correlated"],
        "arms_left_out": sum(map(int, lost)),
        "earlier_cuts_left_out": sum(t.earlier for t, _ in pool),
        "repeated_left_out": sum(t.repeated + (e.repeated if e else 0) for t, e in pool),
        "double_zero_kept" if measure == "RD" else "double_zero_left_out": double_zero,
        "trials_without_interval": sum(e.ratio.vi is None and not _double_zero(e) for e in entries),
        "trials_of_other_measure": len(missing) - faulty,
        "trials_with_fault": faulty,
    }
    return tuple(Note(code, count=count) for code, count in counts.items() if count)


def _double_zero(entry: Entry) -> bool:
    return entry.table is not None and bool(entry.table.double_zero.all())


def _pooled_row(
    outcome: str,
    measure: str,
    result: PooledRatio,
    behind: Sequence[Entry],
    told: Notes,
    by_counts: bool,
) -> Row:
    sources = ["counts" if by_counts else e.ratio.source for e in behind]
    patients = [e.trial.patients for e in behind]
    known = [p for p in patients if p is not None]
    names = {f.name for f in fields(result)} & set(TABLES["ratios"].names)
    return _row(outcome) | {name: getattr(result, name) for name in names} | {
        "effect_measure": measure,
        "row": "pooled",
        "source": "_and_".join(s for s in ("printed", "counts") if s in sources),
        "n": sum(known) if known and len(known) == len(patients) else None,
        "k_printed": sources.count("printed"),
        "k_counts": sources.count("counts"),
        "k_double_zero": sum(_double_zero(e) for e in behind),
        "note": join(*result.notes, *told),
    }  # fmt: skip


def _trial_rows(
    outcome: str,
    trial: Trial,
    contrast: Contrast,
    used: Mapping[tuple[int, str, str], Entry],
    lead: str | None,
) -> Iterator[Row]:
    """What one extracted row prints, and what its counts give."""
    row = contrast.row
    values: list[tuple[str, Ratio]] = []
    if contrast.printed is not None:
        values.append((row["effect_measure"], contrast.printed))
    for measure, ratio in contrast.counts.items():
        if measure != "RD" or (id(row), measure, "counts") in used:
            values.append((measure, ratio))
    if contrast.notes:
        empty = Ratio(None, None, None, None, None, "printed", notes=contrast.notes)
        values.append((row["effect_measure"], empty))
    reports = len(next(found for found in trial.arms if contrast in found))
    for measure, ratio in values:
        entry = used.get((id(row), measure, ratio.source))
        arms = entry.notes if entry else ()
        repeated = entry is not None and entry.repeated > 0 and reports > 1
        told = notes_of(repeated and Note("kept_of_reports", count=reports))
        yield _row(
            outcome,
            effect_measure=measure,
            row="trial",
            study_id=row["study_id"],
            k=1,
            estimate=ratio.estimate,
            ci_low=ratio.ci_low,
            ci_high=ratio.ci_high,
            source=ratio.source,
            note=join(*ratio.notes, *arms, *told),
            n=trial.patients if len(trial.contrasts) == 1 else None,
            used=entry is not None,
            lead=measure == lead and entry is not None and not arms,
            comparison=row["comparison"],
            followup_months=row["followup_months"],
        )


def _offered(trials: Sequence[Trial]) -> set[str]:
    """Measures of any row: what it prints, and what its counts give."""
    contrasts = [c for trial in trials for c in trial.contrasts]
    printed = {c.row["effect_measure"] for c in contrasts if c.printed is not None}
    return printed.union(*(c.counts for c in contrasts))


def _row(outcome: str, **known: Any) -> Row:
    """A row with these values, empty otherwise."""
    return dict.fromkeys(TABLES["ratios"].names) | {"outcome": outcome} | known
