"""The trials of one outcome: one cut each, and of each cut one effect for a measure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from singlearm.catalogue import Row
from singlearm.synthesis.notes import Note, notes_of
from singlearm.synthesis.ratio_arms import EQUAL_ARMS, combine_arms, pool_correlated
from singlearm.synthesis.ratio_counts import TwoByTwo, two_by_two
from singlearm.synthesis.ratios import (
    FROM_COUNTS,
    Ratio,
    ratio_from_counts,
    ratio_from_printed,
    ratio_of,
)
from singlearm.synthesis.records import Noted
from singlearm.synthesis.words import SynthesisError

from .ratio_check import COUNTS, row_faults

#: Words between the two sides of a comparison, all of which mean the same.
AGAINST = frozenset({"v", "vs", "versus", "against"})


@dataclass(frozen=True, slots=True)
class Contrast(Noted):
    """One extracted row: what it prints, and what its counts give for each measure.

    `printed` is None without an estimate, `counts` empty without all four counts; both are empty
    where the row has faults, which the notes say.
    """

    row: Row
    printed: Ratio | None
    counts: Mapping[str, Ratio]

    @property
    def measures(self) -> set[str]:
        """The measures for which the row has an effect with a variance."""
        known = {name for name, ratio in self.counts.items() if ratio.vi is not None}
        printed = self.printed is not None and self.printed.vi is not None
        return known | ({self.row["effect_measure"]} if printed else set())

    def best(self, measure: str) -> Ratio | None:
        """The effect to pool: the printed one where its measure fits, else that of the counts."""
        printed = self.printed if self.row["effect_measure"] == measure else None
        if printed is not None and printed.vi is not None:
            return printed
        return self.counts.get(measure, printed)

    @property
    def table(self) -> TwoByTwo | None:
        """The counts as a two-by-two table, None without them."""
        return two_by_two(*(self.row[name] for name in COUNTS)) if self.counts else None


@dataclass(frozen=True, slots=True)
class Trial:
    """The contrasts of a trial's latest cut.

    `earlier` rows are of earlier cuts, `repeated` ones have the numbers of another one. Contrasts
    of the same comparison are reports of one another (`arms`): one of them enters.
    """

    name: str
    contrasts: tuple[Contrast, ...]
    earlier: int = 0
    repeated: int = 0

    @property
    def patients(self) -> int | None:
        """Patients of all arms, a shared control counted once; None where an arm is not given."""
        rows = [max((c.row for c in reports), key=_size) for reports in self.arms]
        if any(row["n_treat"] is None or row["n_ctrl"] is None for row in rows):
            return None
        controls = {(row["events_ctrl"], row["n_ctrl"]) for row in rows}
        return int(sum(row["n_treat"] for row in rows) + sum(n for _, n in controls))

    @property
    def arms(self) -> tuple[tuple[Contrast, ...], ...]:
        """The contrasts by what they compare, in the order of their first row."""
        found: dict[tuple[str, ...], list[Contrast]] = {}
        for contrast in self.contrasts:
            found.setdefault(_compared(contrast.row), []).append(contrast)
        return tuple(map(tuple, found.values()))


@dataclass(frozen=True, slots=True)
class Entry(Noted):
    """What a trial puts into the pool for one measure.

    `table` are its counts, None without them; `used` the extracted rows behind the effect, each
    with its source; a note says what was done with several arms; `repeated` further reports of the
    same comparisons have a value that does not enter.
    """

    trial: Trial
    ratio: Ratio
    table: TwoByTwo | None
    used: tuple[tuple[Row, str], ...]
    repeated: int = 0


def trials_of(rows: Iterable[Row], trial_ids: Mapping[str, str]) -> list[Trial]:
    """The trials of one outcome in the order of their first row, each with its latest cut only.

    Parameters
    ----------
    rows : iterable of Row
        Of `clean/comparative.csv`, all of one outcome.
    trial_ids : mapping
        study_id to the trial it reports on; a study that is not named is a trial of its own.

    Notes
    -----
    A cut is a follow-up, however `comparison` is worded; rows without one are the earliest. Rows of
    the same cut that compare the same are reports of one contrast, others are its arms.
    """
    by_trial: dict[str, list[Row]] = {}
    for row in rows:
        by_trial.setdefault(trial_ids.get(row["study_id"], row["study_id"]), []).append(row)
    trials = []
    for name, all_rows in by_trial.items():
        last = max(_months(row) for row in all_rows)
        kept = [row for row in all_rows if _months(row) == last]
        distinct = _distinct(kept)
        cut = tuple(_contrast(row) for row in distinct)
        trials.append(Trial(name, cut, len(all_rows) - len(kept), len(kept) - len(distinct)))
    return trials


def entry_of(trial: Trial, measure: str) -> Entry | None:
    """What the trial puts into the pool for a measure; None if it has nothing for it.

    Several arms against one control are taken together where all report counts, before any ratio is
    taken: an arm without events has none of its own. Else they are pooled with the correlation that
    a shared control gives.
    """
    choices = [[c for c in reports if c.best(measure) is not None] for reports in trial.arms]
    choices = [reports for reports in choices if reports]
    there = [max(reports, key=lambda c: _tells(c, measure)) for reports in choices]
    if not there:
        return None
    repeated = sum(len(reports) - 1 for reports in choices)
    effects = [(c, r) for c in there if (r := c.best(measure)) is not None]
    known = [(c, r) for c, r in effects if r.vi is not None]
    table = _combined(there)
    printed = any(ratio.source == "printed" for _, ratio in known)
    together = len(there) > 1 and table is not None and measure in FROM_COUNTS
    if together and table is not None and (not printed or len(known) < len(there)):
        ratio = ratio_from_counts(measure, *(float(getattr(table, name)[0]) for name in COUNTS))
        used = tuple((c.row, "counts") for c in there if ratio.vi is not None)
        note = Note("arms_combined", count=len(there))
        return Entry(trial, ratio, table, used, repeated, notes=(note,))
    lost = len(there) - len(known)
    left_out = notes_of(len(there) > 1 and lost > 0 and Note("arms_left_out", count=lost))
    if len(known) < 2:
        contrast, ratio = (known or effects)[0]
        used = ((contrast.row, ratio.source),) if ratio.vi is not None else ()
        notes = left_out if known else ()
        return Entry(trial, ratio, contrast.table, used, repeated, notes=notes)
    used = tuple((c.row, ratio.source) for c, ratio in known)
    covariance = _covariance([c.row for c, _ in known], [ratio.vi or 0.0 for _, ratio in known])
    estimate, se = pool_correlated([ratio.yi or 0.0 for _, ratio in known], covariance)
    ratio = ratio_of(measure, estimate, se**2, used[0][1])
    notes = (Note("arms_correlated", count=len(known)), *left_out)
    return Entry(trial, ratio, table, used, repeated, notes=notes)


def _tells(contrast: Contrast, measure: str) -> tuple[bool, bool, int]:
    """Of reports of one comparison the one to enter: with an interval, printed, of most patients.

    Among equals the first; nothing depends on what the effect is.
    """
    ratio = contrast.best(measure)
    known = ratio is not None and ratio.vi is not None
    printed = ratio is not None and known and ratio.source == "printed"
    return known, printed, _size(contrast.row)


def _size(row: Row) -> int:
    """Patients of both arms, 0 where one is not given."""
    return 0 if None in (row["n_treat"], row["n_ctrl"]) else int(row["n_treat"] + row["n_ctrl"])


def _contrast(row: Row) -> Contrast:
    faults = [fault.rule for fault in row_faults(row) if fault.severity == "error"]
    if faults:
        return Contrast(row, None, {}, notes=tuple(map(Note, faults)))
    printed = None
    try:
        if row["estimate"] is not None:
            limits = (row["estimate"], row["ci_low"], row["ci_high"])
            printed = ratio_from_printed(*limits, measure=row["effect_measure"])
        numbers = [row[name] for name in COUNTS]
        complete = None not in numbers
        counts = {m: ratio_from_counts(m, *numbers) for m in FROM_COUNTS if complete}
    except SynthesisError:
        return Contrast(row, None, {}, notes=(Note("unusable_values"),))
    return Contrast(row, printed, counts)


def _distinct(rows: Sequence[Row]) -> list[Row]:
    """The rows without those that repeat the numbers of another one.

    Within a report another comparison is another arm, whatever its numbers; between reports the
    same numbers are the same contrast in other words.
    """
    names = ("effect_measure", "estimate", "ci_low", "ci_high", *COUNTS)
    kept: list[Row] = []
    for row in rows:
        alike = [k for k in kept if all(k[name] == row[name] for name in names)]
        if not any(
            k["study_id"] != row["study_id"] or _compared(k) == _compared(row) for k in alike
        ):
            kept.append(row)
    return kept


def _compared(row: Row) -> tuple[str, ...]:
    """What a row compares, without regard to case, signs and the word between the two sides."""
    words = re.findall(r"\w+", (row["comparison"] or "").casefold())
    return tuple(word for word in words if word not in AGAINST)


def _combined(contrasts: Sequence[Contrast]) -> TwoByTwo | None:
    """The arms taken together, if all have counts and one control."""
    tables = [c.table for c in contrasts]
    known = [t for t in tables if t is not None]
    if len(known) < len(tables):
        return None
    stacked = TwoByTwo.stacked(known)
    one_control = len(set(zip(stacked.events_ctrl, stacked.n_ctrl, strict=True))) == 1
    return combine_arms(stacked) if one_control else None


def _covariance(rows: Sequence[Row], variances: Sequence[float]) -> np.ndarray:
    """Covariance of contrasts with one control, by the sizes of the arms where they are given.

    Of a contrast's variance the control's share is about n_treat / (n_treat + n_ctrl); one half if
    arms are of equal size or not given.
    """
    shares = [
        row["n_treat"] / (row["n_treat"] + row["n_ctrl"])
        if row["n_treat"] and row["n_ctrl"]
        else EQUAL_ARMS
        for row in rows
    ]
    scale = np.sqrt(np.array(shares) * np.array(variances))
    covariance = np.outer(scale, scale)
    np.fill_diagonal(covariance, variances)
    return covariance


def _months(row: Row) -> float:
    return -1.0 if row["followup_months"] is None else float(row["followup_months"])
