"""Any forest plot as data: rows of texts and intervals, headings, diamonds, footer lines.

The same record serves the forest of one outcome and its relatives (cumulative, leave-one-out, many
outcomes): each is a list of rows beside text columns, over one axis.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from singlearm.catalogue.language import mark, say, within
from singlearm.figures.marks.axis import Axis, percent_axis
from singlearm.figures.marks.base import Marks
from singlearm.figures.marks.inputs import Data
from singlearm.figures.marks.risk import Judged
from singlearm.figures.marks.words import AXIS_TITLE

#: How a forest is told, by the good side of its axis.
TOLD = {
    "high": mark("Forest plot: {title}, {axis}, higher is better."),
    "low": mark("Forest plot: {title}, {axis}, lower is better."),
    None: mark("Forest plot: {title}, {axis}."),
}


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One line of a forest.

    Parameters
    ----------
    kind : str
        heading, study, subtotal, total, prediction, summary (a pooled estimate among others, drawn
        as a disc with its interval), remark (small print over the whole width) or gap.
    left, right : tuple of str
        Texts of the columns on either side of the plot; a heading or remark has one text.
    estimate, low, high : float, optional
        In data units, None where there is nothing to draw.
    size : float, optional
        The study's weight over the largest one (None: not known).
    key : str
        The study_id, where the row is a study.
    outer_low, outer_high : float, optional
        A second, wider interval of a summary.
    signs : tuple of Judged
        What stands for a study's risk of bias, one for each of the marks' `sign_heads`.
    shrunken : float, optional
        The study's value as the model sees it, drawn towards the pooled one.
    """

    kind: str
    left: tuple[str, ...]
    right: tuple[str, ...] = ()
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    size: float | None = None
    key: str = ""
    outer_low: float | None = None
    outer_high: float | None = None
    signs: tuple[Judged, ...] = ()
    shrunken: float | None = None


@dataclass(frozen=True, slots=True)
class ForestMarks(Marks):
    """A forest to draw.

    Parameters
    ----------
    details : int
        How many columns after the first hold study details, in smaller print.
    reference : float, optional
        Where a vertical line stands.
    better : {"high", "low"}, optional
        Which side of the axis is the good one.
    layout : str
        Whose colours it has, a key of `layouts.LAYOUTS`.
    """

    left_heads: tuple[str, ...]
    right_heads: tuple[str, ...]
    rows: tuple[ForestRow, ...]
    axis: Axis
    reference: float | None = None
    better: str | None = None
    details: int = 0
    sign_heads: tuple[str, ...] = ()
    layout: str = "standard"

    @property
    def description(self) -> str:
        """The figure in words, for readers who cannot see it."""
        if self.empty:
            return self.empty
        kinds = ("subtotal", "total", "prediction", "summary")
        texts = [
            f"{row.left[0]}: {' '.join((row.right or row.left[1:])[:2]).strip()}."
            for row in self.rows
            if row.kind in kinds
        ]
        told = say(TOLD[self.better or None], title=self.title, axis=within(self.axis.title))
        return " ".join([told, *texts, *self.footer[:2]])


#: Below a forest in which one does.
OFF_AXIS = mark("An interval that leaves the axis ends in an arrow.")


def off_axis(rows: Iterable[ForestRow], axis: Axis) -> tuple[str, ...]:
    """The line of the footer about arrows, where a row has one.

    A study without an estimate, whose median was not reached, is an arrow for another reason.
    """
    drawn = [row for row in rows if row.estimate is not None or row.kind == "prediction"]
    ends = [end for row in drawn for end in (row.low, row.high) if end is not None]
    return (say(OFF_AXIS),) if any(end < axis.low or end > axis.high for end in ends) else ()


def notice_marks(title: str, text: str, data: Data) -> ForestMarks:
    """A figure that has nothing to show and says why."""
    axis = percent_axis((), title=say(AXIS_TITLE))
    return ForestMarks((), (), (), axis, title=title, footer=(str(data),), empty=text)


def prediction_row(low: float | None, high: float | None, interval: str) -> ForestRow:
    """Where a further study is expected, its interval as printed in the second column."""
    label = (say("95% prediction interval"),)
    return ForestRow("prediction", label, ("", interval), low=low, high=high)
