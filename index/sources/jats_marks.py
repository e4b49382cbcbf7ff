"""Signs that JATS leaves to the printer: superscripts that point somewhere, the marks of lists."""

from __future__ import annotations

import re

__all__ = ["bullet", "is_own_sign", "is_pointer", "runs_on"]

_SEVERAL = re.compile(r"\d{2,3}|\d{1,3}(?:\s?[,–-]\s?\d{1,3})+")
_LETTERS = re.compile(r"[a-z](?:\s?,\s?[a-z])*")

#: What no word runs on into: a species or a long name; a figure, a number, an address.
_NAME = re.compile(r"[A-Z][a-z]{4}")
_POINTER = re.compile(r"[A-Z]\w|\d+[A-Z]|[A-Z]$|\d+$|https?:|www\.")

_ROMAN = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


def is_pointer(text: str, before: str, *, cell: bool) -> bool:
    """Whether a plain superscript is the number of a reference or, in a table, the letter of a note."""
    if cell and _LETTERS.fullmatch(text):
        return before[-1:].isalnum() or before[-1:] in {")", "%"}
    after_words = re.search(r"[a-z]{4}$|[^\W\d_][.,;:]$", before)
    return _SEVERAL.fullmatch(text) is not None and after_words is not None


def is_own_sign(text: str, tail: str) -> bool:
    """Whether a superscript is the sign of the note that it begins, rather than the mass of an isotope."""
    if text.isdigit():
        return len(text) < 3 and re.match(r"[A-Za-z][a-z]", tail) is not None
    return re.fullmatch(r"[a-z]{1,2}|\W{1,3}", text) is not None and tail[:1].isalnum()


def runs_on(before: str, text: str, *, italic: bool) -> bool:
    """Whether a word and the name or pointer behind it were run together by the file's editor."""
    word = re.search(r"[^\W\d_]*$", before)
    if word is None or len(word[0]) < 2 or not before[-1:].islower():
        return False
    return (_NAME if italic else _POINTER).match(text) is not None


def bullet(kind: str, place: int) -> str:
    """What a list item without a label of its own is printed with; ``kind`` is its list's ``list-type``."""
    if kind in {"order", "ordered", "number", "arabic"}:
        return f"{place}."
    if kind in {"alpha-lower", "alpha-upper"} and place <= 26:
        return f"({chr((96 if kind == 'alpha-lower' else 64) + place)})"
    if kind in {"roman-lower", "roman-upper"}:
        number = _roman(place)
        return f"({number if kind == 'roman-lower' else number.upper()})"
    return "" if kind in {"simple", "none", "gloss"} else "•"


def _roman(number: int) -> str:
    found = ""
    for value, sign in _ROMAN:
        while number >= value:
            found, number = found + sign, number - value
    return found
