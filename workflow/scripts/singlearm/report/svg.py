"""Figures inside the page: SVG files made inert, with ids that are unique on the page."""

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from singlearm.catalogue.language import say

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_DROPPED = {
    "title", "desc", "script", "foreignObject", "metadata", "iframe", "animate", "set", "handler",
}  # fmt: skip
_REFERENCE = re.compile(r"url\(\s*['\"]?#([^)'\"\s]+)['\"]?\s*\)")
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
_BELOW = re.compile(r"translate\(0 ([0-9.]+)\)")
#: Names the text of a figure that has nothing to show.
NOTICE = "notice"
#: What belongs to a study is named so by the figures, followed by its id, and # with a number where
#: the study stands again.
ROW_ID = re.compile(r"row:([^#]*)(#\d+)?")

ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", _XLINK)


class Figures:
    """Inlines figures one after the other; `fonts` collects each embedded font once."""

    def __init__(self) -> None:
        self.fonts: list[str] = []
        self._count = 0

    def inline(self, path: Path, label: Callable[[str], str]) -> list[str]:
        """The figure's pages as SVG markup without scripts or outside references.

        `label` makes the text alternative from the figure's own description. A figure that only
        says that it has nothing to show gives no page.
        """
        self._count += 1
        prefix = f"f{self._count}-"
        root = ElementTree.parse(path).getroot()
        if root.find(f".//*[@id='{NOTICE}']") is not None:
            return []
        alt = label(root.findtext(f"{{{_SVG}}}desc") or "")
        _disarm(root)
        self._lift_styles(root)
        _rename(root, prefix)
        pages = _pages(root)
        for number, page in enumerate(pages, start=1):
            place = say("Page {number} of {pages}.", number=number, pages=len(pages))
            _label(page, f"{alt} {place}" if len(pages) > 1 else alt)
        return [ElementTree.tostring(page, encoding="unicode") for page in pages]

    def _lift_styles(self, root: ElementTree.Element) -> None:
        """Take embedded fonts out (once for the page) and keep other rules to the figure."""
        for style in root.iter(f"{{{_SVG}}}style"):
            text = style.text or ""
            for face in _FONT_FACE.findall(text):
                if face not in self.fonts and "</" not in face:
                    self.fonts.append(face)
            rest = _FONT_FACE.sub("", text).strip()
            style.text = rest.replace("*{", ".plot *{") if rest.startswith("*{") else ""


def _disarm(root: ElementTree.Element) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or _local(child.tag) in _DROPPED:
                parent.remove(child)
        for name, value in list(parent.attrib.items()):
            local = _local(name).lower()
            outside = local in {"href", "src"} and not value.startswith(("#", "data:image/png"))
            if local.startswith("on") or outside or "javascript:" in value.lower():
                del parent.attrib[name]


def _rename(root: ElementTree.Element, prefix: str) -> None:
    for element in root.iter():
        for name, value in list(element.attrib.items()):
            if name == "id":
                if row := ROW_ID.fullmatch(value):
                    element.set("data-study", row[1])
                    del element.attrib["id"]
                else:
                    element.set(name, prefix + value)
            elif _local(name) == "href" and value.startswith("#"):
                element.set(name, f"#{prefix}{value[1:]}")
            elif "url(" in value:
                element.set(name, _REFERENCE.sub(rf"url(#{prefix}\1)", value))


def _pages(root: ElementTree.Element) -> list[ElementTree.Element]:
    """The pages of a figure, each an SVG of its own so that paper can break between them.

    The figures put further pages below the first, each in a group moved down by its top edge.
    """
    _, _, width, height = (float(part) for part in root.get("viewBox", "").split())
    tops = [0.0]
    contents: list[list[ElementTree.Element]] = [[]]
    for child in root:
        moved = _BELOW.fullmatch(child.get("transform", ""))
        if moved:
            tops.append(float(moved.group(1)))
            contents.append([])
        contents[-1].append(child)
    pages = []
    for top, bottom, content in zip(tops, [*tops[1:], height], contents, strict=True):
        page = ElementTree.Element(f"{{{_SVG}}}svg")
        page.set("viewBox", f"0 {top:g} {width:g} {bottom - top:g}")
        page.set("style", f"--natural-width: {width:g}pt")
        page.extend(content)
        pages.append(page)
    return pages


def _label(page: ElementTree.Element, text: str) -> None:
    page.set("class", "plot")
    page.set("role", "group" if page.find(".//*[@data-study]") is not None else "img")
    page.set("aria-label", text)


def _local(name: str) -> str:
    return name.rsplit("}", 1)[-1]
