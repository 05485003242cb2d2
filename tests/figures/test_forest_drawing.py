"""What is drawn of a forest, mark by mark."""

import invented
import pytest

import cases
from singlearm.figures.draw.forest import draw_forest
from singlearm.figures.marks.axis import Axis
from singlearm.figures.marks.choices import ForestChoices
from singlearm.figures.marks.forest import ForestMarks, ForestRow
from singlearm.figures.page import Page


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_an_arrow_stands_clear_of_a_square_at_the_end_of_the_axis(monkeypatch, end):
    """3/10, [6.7, 65.2] on an axis that ended at 30: the square covered the arrow."""
    drawn = []
    for name in ("polygon", "square"):
        real = getattr(Page, name)

        def seen(page, *args, _name=name, _real=real, **look):
            drawn.append((_name, args))
            _real(page, *args, **look)

        monkeypatch.setattr(Page, name, seen)
    axis = Axis(0.2, 0.3, ((0.2, "20"), (0.3, "30")))
    at = axis.low if end == 0.0 else axis.high
    row = ForestRow("study", ("A",), ("x",), at, 0.1, 0.6, size=1.0)
    draw_forest(ForestMarks(("Study",), ("%",), (row,), axis, title="t"))
    ((x, _, side),) = [args for name, args in drawn if name == "square"]
    shapes = [[point[0] for point in args[0]] for name, args in drawn if name == "polygon"]
    arrows = [places for places in shapes if len(places) == 3]
    assert len(arrows) == 2
    for places in arrows:
        assert max(places) < x - side / 2 or min(places) > x + side / 2


@pytest.mark.parametrize(
    ("headline", "line"),
    [("average", "all studies, mean over studies"), ("typical", "all studies")],
)
def test_the_key_says_at_which_diamond_the_line_stands_and_what_weights_are(headline, line):
    rows = invented.effects(6)
    average = {"marginal": 0.6, "marginal_low": 0.5, "marginal_high": 0.7}
    pooled = invented.pooled(rows, **average)
    choices = ForestChoices(headline=headline)
    marks = cases.forest(rows, pooled=pooled, choices=choices, studies=(), grouped=False)
    assert marks.right_heads[-1] == "Weight, %"
    (key,) = [text for text in marks.footer if text.startswith("n/N:")]
    assert key.endswith(f"Dashed line: {line}.")
    assert "area by weight, a study's share of the information on the pooled value" in key
    assert any(text.startswith("I²: τ² over the sum of τ²") for text in marks.footer)
