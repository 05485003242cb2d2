"""A smaller SVG of the same picture: what a drawing library writes, without what nobody reads.

Groups that only count artists go, coordinates keep two decimals (a 7,000th of an inch), and styles
become presentation attributes, with what all elements share said once. Only tags are touched: text
between them is data.
"""

import re

from singlearm.figures import style

#: What the whole drawing has in common; elements say what they have otherwise.
COMMON = {
    "font-family": ", ".join([*(f"'{name}'" for name in style.FONT_STACK), "sans-serif"]),
    "font-size": f"{style.TEXT:g}",
    "stroke-linejoin": "round",
    "stroke-linecap": "butt",
    "text-anchor": "start",
    "stroke-dashoffset": "0",
}
_TOKEN = re.compile(r"<!--.*?-->|<[^>]*>|[^<]+", re.DOTALL)
_COUNTED = re.compile(r'<g id="[A-Za-z]+[0-9]*[A-Za-z]*_[0-9]+">')
_STYLE = re.compile(r' style="([^"]*)"')
_PLACES = re.compile(r'( (?:d|x|y|points))="([^"]*)"')
_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]+(?:e-?[0-9]+)?")
_GAP = re.compile(r"\s*([A-Za-z])\s*")


def compact(body: str) -> str:
    """The content of an `svg` element, smaller; its universal style rule becomes a group's."""
    # a rule for all elements would win over attributes, and over other figures on the page
    body = re.sub(r"<defs>\s*<style[^>]*>\*\{[^}]*\}</style>\s*</defs>", "", body)
    kept, groups = [], []
    for token in _TOKEN.findall(body):
        if token.startswith("<!--"):
            continue
        if not token.startswith("<"):
            kept.append(token if token.strip() else "")
        elif token.startswith("<g") and not token.endswith("/>"):
            groups.append(_COUNTED.fullmatch(token) is None)
            kept.append(token if groups[-1] else "")
        elif token == "</g>":
            kept.append(token if groups.pop() else "")
        else:
            kept.append(_STYLE.sub(_attributes, _PLACES.sub(_rounded, token)))
    shared = "".join(f' {name}="{value}"' for name, value in COMMON.items())
    return f"<g{shared}>{''.join(kept)}</g>"


def _attributes(found: re.Match) -> str:
    pairs = (part.split(":", 1) for part in found[1].split(";") if part.strip())
    named = {name.strip(): value.strip() for name, value in pairs}
    if "font-size" in named:
        named["font-size"] = named["font-size"].removesuffix("px")
    return "".join(
        f' {name}="{value}"' for name, value in named.items() if COMMON.get(name) != value
    )


def _rounded(found: re.Match) -> str:
    text = _NUMBER.sub(lambda number: f"{round(float(number[0]), 2):g}", found[2])
    return f'{found[1]}="{_GAP.sub(lambda letter: letter[1], text).strip()}"'
