"""Figures inside the page: SVG files made inert, with ids that are unique on the page."""

import re
from pathlib import Path
from xml.etree import ElementTree

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_DROPPED = {"script", "foreignObject", "metadata", "iframe", "animate", "set", "handler"}
_REFERENCE = re.compile(r"url\(\s*['\"]?#([^)'\"\s]+)['\"]?\s*\)")
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
#: A forest row's element is named so by the figures, followed by the study's id.
ROW_PREFIX = "row:"

ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", _XLINK)


class Figures:
    """Inlines figures one after the other; `fonts` collects each embedded font once."""

    def __init__(self):
        self.fonts: list[str] = []
        self._count = 0

    def inline(self, path: Path, alt: str) -> str:
        """The figure as SVG markup: no scripts, no outside references, labelled with `alt`."""
        self._count += 1
        prefix = f"f{self._count}-"
        root = ElementTree.parse(path).getroot()
        _disarm(root)
        self._lift_styles(root)
        _rename(root, prefix)
        width, height = _size(root)
        for name in ("width", "height", "version"):
            root.attrib.pop(name, None)
        root.attrib.setdefault("viewBox", f"0 0 {width:g} {height:g}")
        root.set("class", "plot")
        root.set("role", "group" if root.find(".//*[@data-study]") is not None else "img")
        root.set("aria-label", alt)
        root.set("style", f"--natural-width: {width:g}pt")
        return ElementTree.tostring(root, encoding="unicode")

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
                if value.startswith(ROW_PREFIX):
                    element.set("data-study", value.removeprefix(ROW_PREFIX))
                    del element.attrib["id"]
                else:
                    element.set(name, prefix + value)
            elif _local(name) == "href" and value.startswith("#"):
                element.set(name, f"#{prefix}{value[1:]}")
            elif "url(" in value:
                element.set(name, _REFERENCE.sub(rf"url(#{prefix}\1)", value))


def _size(root: ElementTree.Element) -> tuple[float, float]:
    """Width and height in points."""
    box = root.get("viewBox")
    if box:
        return tuple(float(part) for part in box.replace(",", " ").split()[2:4])
    return tuple(float(root.get(side, "0").rstrip("ptx")) for side in ("width", "height"))


def _local(name: str) -> str:
    return name.rsplit("}", 1)[-1]
