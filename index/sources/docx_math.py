"""Word's formulas (OMML, ISO/IEC 29500-1, 22.1) as MathML, which is then written as text."""

from __future__ import annotations

from collections.abc import Sequence

from index.sources.article_entries import element
from index.sources.xml_stream import Element, all_text

__all__ = ["formula"]

_PARTED = {
    "sSup": ("msup", ("e", "sup")),
    "sSub": ("msub", ("e", "sub")),
    "sSubSup": ("msubsup", ("e", "sub", "sup")),
    "f": ("mfrac", ("num", "den")),
    "limLow": ("munder", ("e", "lim")),
    "limUpp": ("mover", ("e", "lim")),
}


def formula(omath: Element) -> Element:
    """``m:oMath`` as an ``inline-formula`` with MathML."""
    made = element("inline-formula")
    math = element("math")
    made.append(math)
    _into(math, omath)
    return made


def _into(row: Element, holder: Element | None) -> None:
    for one in holder if holder is not None else ():
        name = one.tag
        if name == "r":
            text = "".join(all_text(part) for part in one.findall("t"))
            if text:
                row.append(element("mn" if text.strip().isdigit() else "mi", text))
        elif name in _PARTED:
            tag, parts = _PARTED[name]
            row.append(_with(element(tag), one, parts))
        elif name == "rad":
            degree = one.find("deg")
            rooted = degree is not None and all_text(degree).strip()
            row.append(
                _with(element("mroot" if rooted else "msqrt"), one, ("e", "deg") if rooted else ("e",))
            )
        elif name == "d":
            _fenced(row, one)
        elif name == "nary":
            made = element("msubsup")
            made.append(element("mo", _sign(one, "chr", "∫")))
            row.append(_with(made, one, ("sub", "sup")))
            _into(row, one.find("e"))
        elif not name.endswith("Pr"):
            _into(row, one)


def _with(made: Element, one: Element, parts: Sequence[str]) -> Element:
    """``made`` with a row for each of the parts."""
    for part in parts:
        inner = element("mrow")
        made.append(inner)
        _into(inner, one.find(part))
    return made


def _fenced(row: Element, one: Element) -> None:
    row.append(element("mo", _sign(one, "begChr", "(")))
    for place, part in enumerate(one.findall("e")):
        if place:
            row.append(element("mo", _sign(one, "sepChr", "|")))
        _into(row, part)
    row.append(element("mo", _sign(one, "endChr", ")")))


def _sign(one: Element, name: str, default: str) -> str:
    found = one.find(f".//{name}")
    return default if found is None else found.get("val", default)
