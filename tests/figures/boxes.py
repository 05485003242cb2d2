"""The renderer's own boxes of a page: does text overlap or leave the paper?"""

import warnings
from itertools import combinations

from matplotlib.backends.backend_agg import FigureCanvasAgg

from singlearm.figures import style
from singlearm.figures.save import texts_of

#: Points that two boxes may share: a box has the full line height, the ink has less.
TOUCH = 1.2


def text_boxes(figure):
    """Each text of a page with its box (left, low, right, high) in points."""
    figure.set_dpi(72)
    texts = texts_of(figure)
    with style.settings(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        renderer = FigureCanvasAgg(figure).get_renderer()
        return [(text.get_text(), text.get_window_extent(renderer).extents) for text in texts]


def outside(figure):
    """Texts that reach beyond the page."""
    width, height = (72 * side for side in figure.get_size_inches())
    return [
        text
        for text, (left, low, right, high) in text_boxes(figure)
        if left < 0 or low < 0 or right > width or high > height
    ]


def overlapping(figure):
    """Pairs of texts whose boxes share more than a touch."""
    boxes = sorted(text_boxes(figure), key=lambda item: item[1][1])
    found = []
    for (text, box), (other, second) in combinations(boxes, 2):
        across = min(box[2], second[2]) - max(box[0], second[0])
        along = min(box[3], second[3]) - max(box[1], second[1])
        if across > TOUCH and along > TOUCH:
            found.append(tuple(sorted((text, other))))
    return found
