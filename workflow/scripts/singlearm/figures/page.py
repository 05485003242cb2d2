"""A sheet of paper measured in points from its top left corner: the primitives all figures use."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from matplotlib.artist import Artist
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from singlearm.figures import style
from singlearm.figures.fonts import font_file, is_shaped, text_outline
from singlearm.figures.text import plain

#: Baseline below the middle of a line of text, as a multiple of its size (half a capital's height).
BASELINE = 0.36
#: How much of its width a text stands left of its anchor.
SHIFTS = {"left": 0.0, "center": 0.5, "right": 1.0}
#: How far a circle's control points stand from its corners, in radii: four curves, off by 0.03%.
BEND = 0.5523
#: "fi" stays two signs: text can be searched and edited, and a PDF embeds one font less.
NO_LIGATURES = ("-liga",)


#: x and y on the page.
Point = tuple[float, float]
_Mark = tuple[Callable[..., Artist], tuple[Any, ...], "Look", str | None, float]
#: Keywords of a mark: fill, edge, width ...
Look = dict[str, Any]


class Line(Text):
    """One line of text on its baseline, drawn without matplotlib's layout of paragraphs.

    That layout takes a quarter of the time of a forest and has nothing to do here: there is one
    line, its baseline is given, and its width is measured by `style.text_width`. The SVG renderer
    looks at the anchor and the alignment instead, and lets the browser align.
    """

    def draw(self, renderer: RendererBase) -> None:
        """Draw the line; in a picture as one shape, which is ten times as fast as by its signs."""
        x, y = self.get_transform().transform(self.get_unitless_position())
        text, font = self.get_text(), self.get_fontproperties()
        size, bold = font.get_size_in_points(), self.get_fontweight() == "bold"
        shift = SHIFTS[self.get_horizontalalignment()]
        width: Any = renderer.points_to_pixels(style.text_width(text, size, bold))
        angle = self.get_rotation()
        if angle:
            y -= shift * width
        else:
            x -= shift * width
        paint = renderer.new_gc()
        paint.set_foreground(self.get_color())
        if isinstance(renderer, RendererAgg) and not is_shaped(text):
            paint.set_linewidth(0)
            paint.set_snap(False)
            place = Affine2D().scale(renderer.points_to_pixels(size))
            place = place.rotate_deg(angle).translate(x, y)
            shape = Path(*text_outline(text, bold))
            renderer.draw_path(paint, shape, place, to_rgba(self.get_color()))
        else:
            if renderer.flipy():
                y = renderer.get_canvas_width_height()[1] - y
            renderer.open_group("text", self.get_gid())
            renderer.draw_text(paint, x, y, text, font, angle, mtext=self)
            renderer.close_group("text")
        paint.restore()


class Page:
    """A figure of `width` by `height` points; y grows downwards.

    `name`s become the ids of SVG elements, so that a report can find a row again.
    """

    def __init__(self, width: float, height: float):
        self.width, self.height = width, height
        self._marks: list[_Mark] = []

    @cached_property
    def figure(self) -> Figure:
        """The page as a figure; all its artists are made at once, under our settings alone."""
        signs = frozenset("".join(place[2] for make, place, *_ in self._marks if make is Line))
        with style.settings():
            figure = Figure(figsize=(self.width / 72, self.height / 72), dpi=72)
            to_inches = Affine2D().scale(1 / 72, -1 / 72).translate(0, self.height / 72)
            for make, place, look, name, zorder in self._marks:
                if make is Line:
                    look["fontproperties"] = _font(place[2], signs, *look.pop("font"))
                artist = make(*place, **look, zorder=zorder, gid=plain(name) if name else None)
                artist.set_transform(to_inches + figure.dpi_scale_trans)
                figure.add_artist(artist)
        return figure

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        align: str = "left",
        size: float = style.TEXT,
        bold: bool = False,
        color: str = style.INK,
        name: str | None = None,
        up: bool = False,
    ) -> None:
        """One line of text whose capitals are centred on `y`; `align` is left, center or right.

        With `up` it is read from below: the capitals are centred on `x`, and it starts (left),
        is centred or ends (right) at `y`.
        """
        text = plain(text)
        if not text:
            return
        look: Look = {
            "font": (size, bold),
            "color": color,
            "ha": align,
            "va": "baseline",
            "fontfeatures": NO_LIGATURES,
        }
        place = (x, y + BASELINE * size, text)
        if up:
            look |= {"rotation": 90.0, "rotation_mode": "anchor"}
            place = (x + BASELINE * size, y, text)
        self._marks.append((Line, place, look, name, 5))

    def lines(
        self, x: float, middle: float, lines: Sequence[str], step: float, **look: Any
    ) -> None:
        """Lines of text below each other, `step` apart, centred on `middle` as a whole."""
        for number, line in enumerate(lines):
            self.text(x, middle + (number - (len(lines) - 1) / 2) * step, line, **look)

    def line(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        *,
        width: float = style.THIN,
        color: str = style.INK,
        dash: tuple[float, ...] | None = None,
        zorder: float = 2,
        name: str | None = None,
    ) -> None:
        """A line through points; `dash` lists on and off lengths."""
        look: Look = {"linewidth": width, "color": color}
        if dash:
            look["linestyle"] = (0, dash)
        self._marks.append((Line2D, (xs, ys), look, name, zorder))

    def polygon(self, points: Sequence[Point], **look: Any) -> None:
        """A closed shape; `fill` or `edge` may be left out."""
        self._patch(Polygon, points, **look)

    def segments(
        self,
        segments: Iterable[tuple[Point, Point]],
        *,
        width: float = style.THIN,
        color: str = style.INK,
        **look: Any,
    ) -> None:
        """Many straight lines of one look, each as a pair of points, as one path."""
        look = {"fill": None, "edge": color, "stroke": width, "zorder": 2, **look}
        self._paths([Path(pair) for pair in segments], **look)

    def boxes(
        self, boxes: Sequence[tuple[float, float, float, float]], fills: Sequence[str], **look: Any
    ) -> None:
        """Many rectangles (x, y, width, height), each with its fill: one path for each fill."""
        for fill in dict.fromkeys(fills):
            corners = [_corners(*box) for box, own in zip(boxes, fills, strict=True) if own == fill]
            shapes = [Path([*ring, ring[0]], closed=True) for ring in corners]
            self._paths(shapes, fill=fill, **{"zorder": 1, **look})

    def dots(self, places: Sequence[Point], diameter: float, **look: Any) -> None:
        """Many discs of one look, as one path."""
        shapes = [_circle(x, y, diameter / 2) for x, y in places]
        self._paths(shapes, **{"fill": style.STUDY, **look})

    def box(self, x: float, y: float, width: float, height: float, **look: Any) -> None:
        """A rectangle by its top left corner."""
        self.polygon(_corners(x, y, width, height), **{"fill": style.BAND, "zorder": 1, **look})

    def square(self, x: float, y: float, side: float, **look: Any) -> None:
        """A square around its centre."""
        look = {"fill": style.STUDY, "zorder": 3, **look}
        self.box(x - side / 2, y - side / 2, side, side, **look)

    def dot(self, x: float, y: float, diameter: float, **look: Any) -> None:
        """A disc or, without `fill`, a ring."""
        self._patch(PathPatch, _circle(x, y, diameter / 2), **{"fill": style.STUDY, **look})

    def _paths(self, shapes: list[Path], **look: Any) -> None:
        if shapes:
            self._patch(PathPatch, Path.make_compound_path(*shapes), **look)

    def _patch(
        self,
        make: Callable[..., Artist],
        shape: Any,
        *,
        fill: str | None = style.INK,
        edge: str | None = None,
        stroke: float = style.THIN,
        zorder: float = 3,
        name: str | None = None,
        alpha: float | None = None,
    ) -> None:
        """A shape with the look that all shapes can have."""
        look = {
            "facecolor": fill or "none",
            "edgecolor": edge or "none",
            "linewidth": stroke if edge else 0,
            "alpha": alpha,
        }
        self._marks.append((make, (shape,), look, name, zorder))


def _corners(x: float, y: float, width: float, height: float) -> list[Point]:
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def _circle(x: float, y: float, radius: float) -> Path:
    """A disc of four curves."""
    r, b = radius, radius * BEND
    points = (
        (r, 0), (r, b), (b, r), (0, r), (-b, r), (-r, b), (-r, 0),
        (-r, -b), (-b, -r), (0, -r), (b, -r), (r, -b), (r, 0), (r, 0),
    )  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 12, Path.CLOSEPOLY]
    return Path([(x + dx, y + dy) for dx, dy in points], codes)


def _font(text: str, signs: frozenset[str], size: float, bold: bool) -> FontProperties:
    """The font of a line of text on a page whose texts hold `signs`."""
    return FontProperties(
        fname=str(font_file(text, signs, bold)),
        family=["sans-serif"],
        weight="bold" if bold else "normal",
        size=size,
    )
