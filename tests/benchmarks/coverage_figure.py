"""Draw the coverage of the primary model and of the Bayesian one in every cell of the report.

    python tests/benchmarks/coverage_figure.py docs/coverage.svg

A point is a cell of `coverage_report.csv`: how often the intervals of its simulated reviews hold
the truth, over the events that are expected in a review, with its tau as colour and shape. Cells
of the core are filled. The same file gives the same bytes.
"""

import io
import math
import sys
from importlib.util import module_from_spec, spec_from_file_location
from itertools import product
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from singlearm.figures import style
from singlearm.figures.compact import compact

# by its path: a package that measures tests is called as the file is
SPEC = spec_from_file_location("coverage_study", Path(__file__).with_name("coverage.py"))
coverage = sys.modules[SPEC.name] = module_from_spec(SPEC)
SPEC.loader.exec_module(coverage)

REPORT = Path(__file__).with_name("coverage_report.csv")
MODELS = ("glmm, t", "bayes, half-normal(1)")
ESTIMANDS = {
    "average": "average over studies",
    "typical": "typical study",
    "predicted": "a new study",
}
#: Colour and shape of each tau; shapes say the same in grey.
MARKS = {
    0.0: (style.INK, "o"),
    0.3: (style.BLUE, "s"),
    0.6: (style.GREEN, "D"),
    1.0: (style.SKY, "^"),
    1.5: (style.ORANGE, "v"),
    2.0: (style.VERMILION, "P"),
}
LOWEST, HIGHEST = 70, 101
#: What was promised of the core: the mean, and the lowest of a cell less two Monte Carlo errors.
MEAN, CELL = (93.0, 97.0), 90.0
MOST = 1500
#: Below the lowest coverage that has a scale all that are lower stand in one row.
BOTTOM, FOOT = 65.5, 66.8


def main(path: Path) -> None:
    """Draw the report into an SVG."""
    with style.settings():
        figure = draw(coverage.read(REPORT))
        FigureCanvasAgg(figure)
        drawn = io.StringIO()
        with mpl.rc_context({"svg.fonttype": "path"}):  # docs have no font of ours
            figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    text = drawn.getvalue()
    head = text[text.index("<svg") : text.index(">", text.index("<svg")) + 1]
    body = text[text.index("<defs>") : text.rindex("</svg>")]
    path.write_text(f"{head}\n{compact(body)}</svg>\n", encoding="utf-8", newline="\n")


def draw(rows: list[dict[str, str]]) -> Figure:
    """A row of panels for each model, a column for each estimand."""
    figure = Figure(figsize=(style.DOUBLE_COLUMN / 72, 128 * style.MM / 72))
    panels = figure.subplots(len(MODELS), len(ESTIMANDS), sharex=True, sharey=True)
    for row, model in zip(panels, MODELS, strict=True):
        some = [found for found in rows if found["model"] == model]
        for panel, (column, name) in zip(row, ESTIMANDS.items(), strict=True):
            _panel(panel, some, column)
            if model == MODELS[0]:
                panel.set_title(name, fontsize=style.TEXT, pad=5)
        row[0].set_ylabel(f"{coverage.LABELS[model]}: coverage, %", fontsize=style.SMALL)
    panels[-1][1].set_xlabel(
        "expected events of a review (non-events where these are fewer)", fontsize=style.SMALL
    )
    figure.subplots_adjust(left=0.075, right=0.99, top=0.95, bottom=0.165, wspace=0.06, hspace=0.08)
    figure.legend(
        handles=_legend(), loc="lower center", ncols=8, fontsize=style.SMALL, frameon=False,
        handletextpad=0.3, columnspacing=1.4,
    )  # fmt: skip
    return figure


def lowest_promised(reviews: int) -> float:
    """The promised coverage of a cell less two Monte Carlo errors."""
    return CELL - 2 * math.sqrt(CELL * (100 - CELL) / reviews)


def _panel(panel: Axes, rows: list[dict[str, str]], column: str) -> None:
    panel.axhspan(*MEAN, color=style.BAND, linewidth=0, zorder=0)
    panel.axhline(95, color=style.RULE, linewidth=style.THIN, zorder=1)
    least, most = coverage.CORE_EVENTS, MOST
    low = lowest_promised(max(int(row["reviews"]) for row in rows))
    panel.plot((least, most), (low, low), color=style.MUTED, lw=style.THIN, ls="--", zorder=1)
    panel.axvline(least, color=style.MUTED, linewidth=style.THIN, zorder=1)
    for (tau, (colour, shape)), core in product(MARKS.items(), (False, True)):
        some = [row for row in rows if (float(row["tau"]), row["core"]) == (tau, str(core))]
        panel.plot(
            [coverage.cell_of(row).expected for row in some],
            [100 * v if 100 * v >= LOWEST else FOOT for v in (float(row[column]) for row in some)],
            marker=shape, markersize=3.4, linestyle="none", markeredgewidth=0.7,
            markeredgecolor=colour, markerfacecolor=colour if core else style.PAPER,
            zorder=4 if core else 3, clip_on=False,
        )  # fmt: skip
    below = sum(100 * float(row[column]) < LOWEST for row in rows)
    if below:
        lowest = min(100 * float(row[column]) for row in rows)
        panel.text(
            1300, 68.2, f"{below} below {LOWEST}%, least {lowest:.0f}%", fontsize=style.SMALL,
            color=style.MUTED, ha="right",
        )  # fmt: skip
    panel.set_xscale("log")
    panel.set_xlim(0.4, MOST)
    panel.set_ylim(BOTTOM, HIGHEST)
    panel.set_yticks(range(LOWEST, 101, 5))
    panel.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    panel.tick_params(labelsize=style.SMALL, width=style.HAIR, length=3, which="major")
    panel.tick_params(length=0, which="minor")
    panel.spines[["top", "right"]].set_visible(False)
    panel.spines[["left", "bottom"]].set_linewidth(style.HAIR)


def _legend() -> list[Line2D]:
    plain = {"linestyle": "none", "markersize": 4, "markeredgewidth": 0.7}
    marks = [
        Line2D([], [], marker=shape, color=colour, label=f"τ = {tau:g}", **plain)
        for tau, (colour, shape) in MARKS.items()
    ]
    of = {"marker": "o", "markeredgecolor": style.MUTED, **plain}
    return [
        *marks,
        Line2D([], [], markerfacecolor=style.MUTED, label="core", **of),
        Line2D([], [], markerfacecolor=style.PAPER, label="outside", **of),
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
