"""Formulas and raised numbers in the marked-up titles and abstracts of Crossref and Europe PMC."""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml import etree

from index.sources.jats_math import mathml, raised, tex

__all__ = ["written_out"]

_BOTH = (
    re.compile(r"<jats:alternatives(?:\s[^<>]{0,300})?>"),
    re.compile(r"</jats:alternatives\s*>"),
)
_MATH = (re.compile(r"<(?:mml:)?math(?:\s[^<>]{0,1000})?>"), re.compile(r"</(?:mml:)?math\s*>"))
_TEX = (
    re.compile(r"<(?:jats:)?tex-math(?:\s[^<>]{0,300})?>"),
    re.compile(r"</(?:jats:)?tex-math\s*>"),
)
_PREFIX = re.compile(r"(</?)mml:")
_TAG = re.compile(r"<[^<>]{0,1000}>")

#: A number, or what begins with a sign, raised above a number: 10 to the 9th must not read 109.
_RAISED = re.compile(
    r"(?<=\d)\s?<(?:jats:)?sup>\s?(\d{1,3}|[-−–+][^<>]{1,20}?)\s?</(?:jats:)?sup>", re.IGNORECASE
)
#: Tags of JATS and MathML that :func:`index.sources.abstracts.plain_markup` does not know.
_OTHER = re.compile(
    r"</?(?:(?:jats|mml):(?!(?:p|title|sec|abstract|list|list-item|sub|sup)[\s/>])([a-z-]{1,40})|scp)"
    r"(?:\s[^<>]{0,1000})?/?>",
    re.IGNORECASE,
)
_PARTING = frozenset({"break", "disp-formula", "label", "caption", "td", "th", "tr"})


def written_out(text: str) -> str:
    """``text`` with its formulas as lines of text and raised numbers in superscript characters.

    Of a formula told twice, MathML is read before TeX. Other tags stay, but for the rarer ones of JATS.
    """
    if "<" not in text:
        return text
    for marks, told in ((_BOTH, _either), (_MATH, _mathml), (_TEX, _tex)):
        text = _replaced(text, *marks, told)
    text = _RAISED.sub(lambda found: raised(found[1]) or f"^{found[1]}", text)
    return _OTHER.sub(lambda found: " " if (found[1] or "").lower() in _PARTING else "", text)


def _replaced(
    text: str, opening: re.Pattern[str], closing: re.Pattern[str], told: Callable[[str], str]
) -> str:
    """Each stretch from ``opening`` to ``closing`` as ``told`` writes it; time grows with the text only."""
    parts, place = [], 0
    while (begin := opening.search(text, place)) and (end := closing.search(text, begin.end())):
        parts += [text[place : begin.start()], told(text[begin.start() : end.end()])]
        place = end.end()
    return "".join([*parts, text[place:]])


def _either(markup: str) -> str:
    for marks, told in ((_MATH, _mathml), (_TEX, _tex)):
        begin = marks[0].search(markup)
        end = marks[1].search(markup, begin.end()) if begin else None
        if begin and end and (found := told(markup[begin.start() : end.end()])):
            return found
    return markup


def _mathml(markup: str) -> str:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        element = etree.fromstring(_PREFIX.sub(r"\1", markup), parser)
    except (etree.XMLSyntaxError, ValueError):
        element = None
    told = mathml(element) if element is not None else " ".join(_TAG.sub(" ", markup).split())
    return _escaped(told)


def _tex(markup: str) -> str:
    """TeX as its author wrote it: its ``&lt;`` is left to who reads the text around it."""
    return tex(_TAG.sub("", markup))


def _escaped(text: str) -> str:
    """``text`` for a place in markup: a "<" told by a formula begins no tag there."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
