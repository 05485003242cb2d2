"""How journals lay a forest out: which columns, in which order, under which heads.

`jama` and `revman` have all text left of the plot, as the forests of JAMA and of Review Manager 5;
`lancet` counts events over patients and writes decimals with a raised point.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from singlearm.catalogue.language import current, mark, say


@dataclass(frozen=True, slots=True)
class ForestLayout:
    """Columns by name (`study`, `details` and those of `HEADS`) on both sides of the plot.

    Parameters
    ----------
    heads : Mapping[str, str]
        Heads other than those of `HEADS`.
    subtotal, total : str
        Labels of the pooled rows; `{level}` takes the level.
    decimal_point : str
        The sign between whole numbers and decimals, in languages that have a point there.
    brackets : str
        The two signs around an interval.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]
    heads: Mapping[str, str]
    subtotal: str = mark("Subgroup: {level}")
    total: str = mark("All studies")
    decimal_point: str = "."
    brackets: str = "[]"

    def with_second(self) -> "ForestLayout":
        """The layout with a column for the estimate that does not lead, behind that which does."""
        sides = []
        for names in (self.left, self.right):
            leads = [place for place, name in enumerate(names) if name in ("interval", "effect")]
            behind = leads[-1] + 1 if leads else len(names)
            sides.append((*names[:behind], *(["second"] if leads else []), *names[behind:]))
        return replace(self, left=sides[0], right=sides[1])


HEADS = {
    "study": mark("Study"),
    "fraction": mark("n/N"),
    "events": mark("Events"),
    "patients": mark("Total"),
    "percent": mark("%"),
    "interval": mark("95% CI"),
    "effect": mark("% [95% CI]"),
    "second": mark("Median study"),
    "weight": mark("Weight, %"),
}
LAYOUTS = {
    "standard": ForestLayout(
        ("study", "details", "fraction"), ("percent", "interval", "weight"), {}
    ),
    "jama": ForestLayout(
        ("study", "details", "events", "patients", "effect"),
        (),
        {"study": mark("Source"), "effect": mark("% (95% CI)")},
        subtotal=mark("Subtotal"),
        total=mark("Total"),
        brackets="()",
    ),
    "lancet": ForestLayout(
        ("study", "details", "fraction"),
        ("effect", "weight"),
        {
            "fraction": mark("Events/patients"),
            "effect": mark("% (95% CI)"),
            "weight": mark("Weight (%)"),
        },
        subtotal=mark("Subtotal"),
        total=mark("Overall"),
        decimal_point="·",
        brackets="()",
    ),
    "revman": ForestLayout(
        ("study", "details", "events", "patients", "weight", "effect"),
        (),
        {"study": mark("Study or subgroup")},
        subtotal=mark("Subtotal (95% CI)"),
        total=mark("Total (95% CI)"),
    ),
}
#: A point between digits.
_POINT = re.compile(r"(?<=\d)\.(?=\d)")


def arranged(
    layout: ForestLayout, texts: Mapping[str, str], details: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Texts by column name as the columns left and right of the plot."""
    sides = []
    for names in (layout.left, layout.right):
        side: list[str] = []
        for name in names:
            text = texts.get(name, "")
            cell = text if name == "study" else with_signs(layout, text)
            side += details if name == "details" else [cell]
        sides.append(tuple(side))
    return sides[0], sides[1]


def head_texts(layout: ForestLayout) -> dict[str, str]:
    """The head of each column."""
    return {name: say(text) for name, text in (HEADS | dict(layout.heads)).items()}


def with_signs(layout: ForestLayout, text: str) -> str:
    """Numbers and intervals of a text with the layout's decimal point and brackets."""
    in_brackets = text.translate(str.maketrans("[]", layout.brackets))
    if current().decimal != ".":
        return in_brackets  # a point there groups thousands
    return _POINT.sub(layout.decimal_point, in_brackets)
