"""Formulas as a line of text: ``x̄ = (a + b)/2``.

MathML (W3C, "Mathematical Markup Language 3.0") is written out; TeX stays as its author wrote it,
without what only a typesetter needs.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from lxml import etree

from index.sources.xml_stream import Element

__all__ = ["lowered", "mathml", "raised", "tex"]

_RAISED = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
_LOWERED = str.maketrans("0123456789+-−–", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋")
_NUMBER = re.compile(r"[-−–+]?\d+")

#: Operators that stand between blanks when something is before them.
_SPACED = frozenset("=≠<>≤≥≪≫≈≃≅∼~≡∝+-−±∓×÷⋅·∗→←↔⇒⇔∈∉⊂⊆∪∩|∧∨:≔")
_COMMA = frozenset(",;")
_CLOSING = frozenset(")]}|!")
_INVISIBLE = str.maketrans("", "", "\u2061\u2062\u2063\u2064\u200b\ufeff")

#: Accents over a letter and the combining characters that print them.
_ACCENTS = {
    "¯": "\u0304", "‾": "\u0304", "_": "\u0304", "ˉ": "\u0304", "\u0304": "\u0304", "\u0305": "\u0304",
    "^": "\u0302", "ˆ": "\u0302", "\u0302": "\u0302", "~": "\u0303", "˜": "\u0303", "∼": "\u0303",
    "→": "\u20d7", "⃗": "\u20d7", "˙": "\u0307", ".": "\u0307", "¨": "\u0308", "ˇ": "\u030c",
}  # fmt: skip


def raised(text: str) -> str:
    """A whole number in superscript characters (``-5`` -> ``⁻⁵``), or ``""`` for anything else."""
    return text.translate(_RAISED) if _NUMBER.fullmatch(text) else ""


def lowered(text: str) -> str:
    """A whole number in subscript characters, or ``""`` for anything else."""
    return text.translate(_LOWERED) if _NUMBER.fullmatch(text) else ""


def tex(source: str) -> str:
    """A TeX formula without its preamble and the signs that begin and end it."""
    body = re.search(r"\\begin\{document\}(.*?)(?:\\end\{document\}|$)", source, re.DOTALL)
    text = " ".join((body[1] if body else source).split())
    text = re.sub(r"^(?:\$\$?|\\\[|\\\()\s*|\s*(?:\$\$?|\\\]|\\\))$", "", text)
    return re.sub(r"\\(?:displaystyle|textstyle|limits|nolimits)\b\s*", "", text).strip()


def mathml(element: Element) -> str:
    """A ``math`` element (or one inside it) as a line of text; ``""`` where it prints nothing."""
    return " ".join(_told(element).translate(_INVISIBLE).split())


def _told(element: Element) -> str:
    name = _name(element)
    if name in {
        "annotation",
        "annotation-xml",
        "mphantom",
        "maligngroup",
        "malignmark",
        "none",
        "mprescripts",
    }:
        return ""
    if name == "semantics":
        return next((_told(child) for child in _children(element)), "")
    if name in _FORMS:
        return _FORMS[name](element, [_told(child) for child in _children(element)])
    if name in {"mi", "mn", "mtext", "ms", "mo", "mspace"}:
        return _token(element, name)
    return _row(element)


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _children(element: Element) -> list[Element]:
    return [child for child in element if isinstance(child.tag, str)]


def _own(element: Element) -> str:
    """The characters directly in a token element, entities resolved."""
    parts = [element.text or ""]
    for child in element:
        parts.append(html.unescape(child.text or "") if isinstance(child, etree._Entity) else _told(child))
        parts.append(child.tail or "")
    return " ".join("".join(parts).split())


def _token(element: Element, name: str) -> str:
    if name == "mspace":
        return " "
    text = _own(element)
    before = element.getprevious()
    if name == "mtext" and text:
        return f" {text} " if len(text) > 1 else text
    if name == "mo" and before is not None and (_name(before) != "mo" or (before.text or "") in _CLOSING):
        if text in _SPACED:
            return f" {text} "
        if text in _COMMA:
            return f"{text} "
    return text


def _row(element: Element) -> str:
    told = ["" if element.text is None else element.text.strip()]
    named = False
    for child in element:
        if isinstance(child, etree._Entity):
            told.append(html.unescape(child.text or ""))
        elif isinstance(child.tag, str):
            one = _told(child)
            # "F sin x" and "max n" are several words
            word = _name(child) == "mi" and len(one) > 1
            if (named or (word and told[-1][-1:].isalnum())) and re.match(r"\w", one):
                told.append(" ")
            named = word
            told.append(one)
        if tail := (child.tail or "").strip():
            told.append(tail)
    return "".join(told)


def _group(text: str) -> str:
    """``text`` in parentheses, unless it is a single word or number."""
    text = text.strip()
    return text if re.fullmatch(r"[\w.\u0300-\u036f\u20d7]*|\([^()]*\)", text) else f"({text})"


def _up(base: str, exponent: str) -> str:
    exponent = exponent.strip()
    if not exponent or exponent in {"′", "″", "'", "*", "∗", "†"}:
        return base + exponent
    return base + (raised(exponent) or f"^{_group(exponent)}")


def _down(base: str, index: str) -> str:
    index = index.strip()
    return f"{base}_{_group(index)}" if index else base


def _at(parts: list[str], place: int) -> str:
    return parts[place] if place < len(parts) else ""


def _base(parts: list[str]) -> str:
    base = _at(parts, 0).strip()
    return base if len(base) < 2 or re.fullmatch(r"[\w.]+|[(\[{|].*[)\]}|]|\W", base) else f"({base})"


def _over(_: Element, parts: list[str]) -> str:
    accent = _at(parts, 1).strip()
    base = _at(parts, 0).strip()
    if accent in _ACCENTS and base:
        return base[0] + _ACCENTS[accent] if len(base) == 1 else f"{_group(base)}{_ACCENTS[accent]}"
    return _up(base, accent)


def _fenced(element: Element, parts: list[str]) -> str:
    separators = element.get("separators", ",").strip() or " "
    inside = parts[0] if parts else ""
    for place, part in enumerate(parts[1:]):
        inside += f"{separators[min(place, len(separators) - 1)]} {part}"
    return f"{element.get('open', '(')}{inside}{element.get('close', ')')}"


def _table(element: Element, parts: list[str]) -> str:
    return "; ".join(part.strip() for part in parts if part.strip())


def _scripts(element: Element, parts: list[str]) -> str:
    """``mmultiscripts``: a base, pairs of indices, and after ``mprescripts`` those before the base."""
    before, after, into = "", "", False
    rest = _children(element)[1:]
    names = [_name(child) for child in rest]
    cut = names.index("mprescripts") if "mprescripts" in names else len(names)
    for place, told in enumerate(parts[1:]):
        if place == cut:
            into = True
            continue
        lower = (place - (cut + 1 if into else 0)) % 2 == 0
        script = _down("", told) if lower else _up("", told)
        before, after = (before + script, after) if into else (before, after + script)
    return before + _at(parts, 0).strip() + after


_FORMS: dict[str, Callable[[Element, list[str]], str]] = {
    "mfrac": lambda _, p: f"{_group(_at(p, 0))}/{_group(_at(p, 1))}",
    "msup": lambda _, p: _up(_base(p), _at(p, 1)),
    "msub": lambda _, p: _down(_base(p), _at(p, 1)),
    "msubsup": lambda _, p: _up(_down(_base(p), _at(p, 1)), _at(p, 2)),
    "munder": lambda _, p: _down(_at(p, 0).strip(), _at(p, 1)),
    "mover": _over,
    "munderover": lambda _, p: _up(_down(_at(p, 0).strip(), _at(p, 1)), _at(p, 2)) + " ",
    "msqrt": lambda _, p: f"√{_group(''.join(p))}",
    "mroot": lambda _, p: f"{_up('', _at(p, 1))}√{_group(_at(p, 0))}",
    "mfenced": _fenced,
    "mtable": _table,
    "mtr": lambda _, p: " ".join(part.strip() for part in p),
    "mlabeledtr": lambda _, p: " ".join(part.strip() for part in p[1:]),
    "mmultiscripts": _scripts,
}
