"""What a Word document's styles and numbering say of a paragraph: heading, title, list, its number."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from index.sources.xml_stream import Element

__all__ = ["Kind", "Numbering", "Styles"]

_HEADING = re.compile(
    r"(?:heading|überschrift|titre|título|titolo|kop|rubrik|otsikko|nagłówek|nadpis|заголовок|标题"
    r"|見出し)\s*([1-9])",
    re.IGNORECASE,
)
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


@dataclass(frozen=True, slots=True)
class Kind:
    """``level`` of a heading or 0; ``name`` of the style in small letters; its list, if any."""

    level: int = 0
    name: str = ""
    number: str = ""
    depth: int = 0


@dataclass(slots=True)
class Styles:
    """Paragraph styles by id, those they are based on taken in."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    default: str = ""

    @classmethod
    def of(cls, root: Element | None) -> Styles:
        """The styles of ``word/styles.xml``."""
        raw: dict[str, Element] = {}
        made = cls()
        for style in root.findall("style") if root is not None else ():
            if style.get("type", "paragraph") == "paragraph":
                raw[style.get("styleId", "")] = style
                if style.get("default") in {"1", "true"}:
                    made.default = style.get("styleId", "")
        for name in raw:
            made.kinds[name] = _kind(name, raw)
        return made

    def of_paragraph(self, properties: Element | None) -> Kind:
        """The kind of a paragraph with these ``pPr``; what it says itself goes before its style."""
        named = _value(properties, "pStyle") or self.default
        kind = self.kinds.get(named, Kind(name=named.lower()))
        found = _HEADING.match(named) if named not in self.kinds else None
        level = int(found[1]) if found else kind.level
        if (own := _value(properties, "outlineLvl")).isdigit():
            level = int(own) + 1 if int(own) < 9 else 0
        number, depth = _list_of(properties)
        return Kind(level, kind.name, number or kind.number, depth if number else kind.depth)


def _kind(name: str, raw: dict[str, Element]) -> Kind:
    level, number, depth, printed = 0, "", 0, ""
    seen: set[str] = set()
    while name in raw and name not in seen:
        seen.add(name)
        style = raw[name]
        own = (_value(style, "name") or name).lower()
        printed = printed or own
        outline = _value(style.find("pPr"), "outlineLvl")
        if not level:
            found = _HEADING.match(own)
            level = (
                int(found[1]) if found else int(outline) + 1 if outline.isdigit() and int(outline) < 9 else 0
            )
        if not number:
            number, depth = _list_of(style.find("pPr"))
        name = _value(style, "basedOn")
    return Kind(level, printed, number, depth)


def _list_of(properties: Element | None) -> tuple[str, int]:
    holder = properties.find("numPr") if properties is not None else None
    depth = _value(holder, "ilvl")
    return _value(holder, "numId"), int(depth) if depth.isdigit() and len(depth) < 3 else 0


def _value(holder: Element | None, name: str) -> str:
    found = holder.find(name) if holder is not None else None
    return "" if found is None else found.get("val", "")


class Numbering:
    """Counts list items and numbered headings as Word prints them."""

    def __init__(self, root: Element | None) -> None:
        self._lists: dict[str, str] = {}
        self._levels: dict[str, dict[int, tuple[str, str, int]]] = {}
        self._counts: dict[str, list[int]] = {}
        if root is None:
            return
        for one in root.findall("abstractNum"):
            levels = {}
            for level in one.findall("lvl"):
                depth, start = level.get("ilvl", ""), _value(level, "start")
                if depth.isdigit():
                    told = _value(level, "numFmt") or "decimal", _value(level, "lvlText")
                    levels[int(depth)] = (*told, int(start) if start.isdigit() and len(start) < 6 else 1)
            self._levels[one.get("abstractNumId", "")] = levels
        self._lists = {one.get("numId", ""): _value(one, "abstractNumId") for one in root.findall("num")}

    def mark(self, kind: Kind) -> str:
        """What is printed before the next item of this list: ``"2."``, ``"b)"``, ``"•"``; ``""`` for none."""
        if kind.number in {"", "0"}:
            return ""
        held = self._lists.get(kind.number, "")
        levels = self._levels.get(held, {})
        form, text, _ = levels.get(kind.depth, ("bullet", "", 1))
        if form == "none":
            return ""
        if form == "bullet":
            return "•"
        counts = self._counts.setdefault(held, [])
        while len(counts) <= kind.depth:
            counts.append(levels.get(len(counts), ("", "", 1))[2] - 1)
        counts[kind.depth] += 1
        del counts[kind.depth + 1 :]

        def told(match: re.Match[str]) -> str:
            place = int(match[1]) - 1
            if not 0 <= place < len(counts):
                return ""
            return _figure(
                max(counts[place], levels.get(place, ("", "", 1))[2]),
                levels.get(place, ("decimal", "", 1))[0],
            )

        return re.sub(r"%([1-9])", told, text).strip()


def _figure(number: int, form: str) -> str:
    if form in {"lowerLetter", "upperLetter"} and 0 < number <= 26:
        letter = chr(96 + number)
        return letter if form == "lowerLetter" else letter.upper()
    if form in {"lowerRoman", "upperRoman"} and 0 < number < 40:
        found = ""
        for value, sign in _ROMAN:
            while number >= value:
                found, number = found + sign, number - value
        return found if form == "lowerRoman" else found.upper()
    return str(number)
