"""Long form / short form pairs that a text defines: "mesenchymal stem cells (MSCs)".

The method is that of Schwartz and Hearst, A simple algorithm for identifying abbreviation definitions
in biomedical text (Pacific Symposium on Biocomputing 2003, 451-462): the letters of a short form in
brackets are sought from right to left in the words before it. Words whose initials spell the short
form are tried first, which saves "colorectal cancer (CC)" from being read as "cancer (CC)".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from index.records import Document
from index.words import STOPWORDS, greek, terms

#: Sections whose words are not the paper's own.
_NOT_READ = frozenset({"references", "affiliations", "keywords"})
_LONGEST_SHORT = 10
#: Characters before a bracket in which a long form may begin; the longest allowed has 15 words.
_REACH = 240

_BRACKET = re.compile(r"[()\[\]]")
_OPEN = re.compile(r"(?<=\s)[(\[]")
_SHORT = re.compile(r"[^\W_](?:[^\W_]|[-–‐‑/.+'’&])*(?: [^\W_](?:[^\W_]|[-–‐‑/.+'’&])*)?")
_CUT = re.compile(r"[:=<>≤≥±%]|, | [([]")
_CITATION = re.compile(r"\bet al\b|\b(?:19|20)\d\d[a-z]?\s*$")
_BREAK = re.compile(r"\n\s*\n|[;!?]\s|[^\W_]{2}[.:]\s+(?=[^\W\d_])")
_TOKEN = re.compile(r"(?<!\S)[^\s()\[\]]+$")
_OPENING = re.compile(
    r"(?:the|an?|or|i\.e\.,?|also|hereafter,?|called|termed|known as|abbreviated(?: as| to)?)\s+", re.I
)
_WORD = re.compile(r"[^\W_]+")
_QUOTES = "\"'“”‘’„«»*_ \t\n"
_NUMERAL = re.compile(r"(?:I{2,3}|VI{0,3}|IX|XI{0,3})")
_CAPITALISED_WORD = re.compile(r"[^\W\d_][a-zß-ÿ]{4,}")
_NO_SHORT_FORM = frozenset(
    """
    fig figs figure table tables tab ref refs eq eqs supp suppl appendix box chap vol no ed eds
    """.split()  # noqa: SIM905  read as prose
)
_NO_BEGINNING = frozenset(
    """
    a an and are as but by for from had has have is of on or than that the these this those to was were
    which with
    """.split()  # noqa: SIM905
)
_GREEK = {ord(letter): greek(letter) for letter in "αβγδεζηθικλμνξπρστυφχψωςµ"}
_LISTED = re.compile(r"\s*([^\s:=,–—]{2,10})\s*(?:[:=,]|\s[-–—]\s|\t)\s*(\S[^;\n]*?)\s*[.,]?\s*(?:;|\n|$)")


@dataclass(frozen=True, slots=True)
class Pair:
    """A short form and what it stands for, as the text spells them (white space as single blanks)."""

    short: str
    long: str


def pairs(text: str) -> Iterator[Pair]:
    """The pairs that ``text`` defines as "long form (SF)" or "SF (long form)", in order, repeats too.

    Square brackets count as round ones. A short form has 2 to 10 characters, at most two words, and
    a capital or a Greek letter: lower-case units are none. Linear in the text's length.
    """
    for match in _OPEN.finditer(text):
        inner = text[match.end() : _end(text, match.end())]
        part = inner.partition(";")[0]
        if _CITATION.search(part):
            continue
        if opened := _OPENING.match(part):
            part = part[opened.end() :]
        cut = _CUT.split(part, maxsplit=1)[0].strip(_QUOTES)
        if not cut:
            continue
        if _is_short(cut):
            short, long = cut, _long_form(cut, _before(text, match.start()))
        else:
            short = _token_before(text, match.start())
            long = _whole(short, cut) if short else ""
        if long:
            yield Pair(" ".join(short.split()), " ".join(long.split()))


def listed(text: str) -> Iterator[Pair]:
    """The pairs of a section "Abbreviations": ``SF: long form; SF: long form`` or one on a line."""
    for match in _LISTED.finditer(text):
        short, long = match.group(1).strip(_QUOTES), match.group(2)
        if _is_short(short) and len(long) <= _REACH and (whole := _whole(short, long)):
            yield Pair(short, " ".join(whole.split()))


def of_document(document: Document) -> dict[tuple[str, str], Pair]:
    """What a document defines, by :func:`short_key` and :func:`long_key`, each once, first spelling first."""
    found: dict[tuple[str, str], Pair] = {}
    content = document.text.content
    for section in document.sections:
        if section.label in _NOT_READ:
            continue
        text = content[section.start : section.end]
        if section.label == "abbreviations":
            _collect(found, listed(text))
        _collect(found, pairs(text))
    return found


def _collect(found: dict[tuple[str, str], Pair], some: Iterator[Pair]) -> None:
    for pair in some:
        key = short_key(pair.short), long_key(pair.long)
        if all(key):
            found.setdefault(key, pair)


def short_key(short: str) -> str:
    """What all spellings of a short form share: no case, hyphens or plural ("MSCs", "TNF-α", "TNFalpha")."""
    plain = "".join(_WORD.findall(short))
    if len(plain) > 2 and plain[-1] == "s" and (plain[-2].isupper() or plain[-2].isdigit()):
        plain = plain[:-1]
    return spelled(plain)


def long_key(long: str) -> str:
    """What all spellings of a long form share: its index terms, Greek letters by name."""
    return " ".join(terms(spelled(long)))


def spelled(text: str) -> str:
    """``text`` in lower case with Greek letters by name."""
    return text.casefold().translate(_GREEK)


def _is_short(text: str) -> bool:
    """Whether ``text`` looks like a short form."""
    if not 2 <= len(text) <= _LONGEST_SHORT or not _SHORT.fullmatch(text):
        return False
    words = text.split()
    if not all(any(c.isupper() or c.isdigit() or _greek(c) for c in word) for word in words):
        return False
    if not any(c.isupper() or _greek(c) for c in text) or text.endswith("."):
        return False
    if sum(c.isalpha() for c in text) + any(c.isdigit() for c in text) < 2:
        return False
    if _NUMERAL.fullmatch(text) or _CAPITALISED_WORD.fullmatch(text):
        return False
    return words[0].casefold().strip(".") not in _NO_SHORT_FORM


def _greek(character: str) -> bool:
    return "Ͱ" <= character <= "Ͽ"


def _end(text: str, start: int) -> int:
    """Where the bracket opened before ``start`` closes; ``start`` itself when it does so nowhere near."""
    depth = 1
    for bracket in _BRACKET.finditer(text, start, start + _REACH):
        depth += 1 if bracket.group() in "([" else -1
        if not depth:
            return bracket.start()
    return start


def _token_before(text: str, place: int) -> str:
    """The word before ``place`` if it looks much like a short form, else ``""``: it stands for a bracket."""
    found = _TOKEN.search(text[max(0, place - _LONGEST_SHORT - 3) : place].rstrip())
    short = found.group().strip(_QUOTES) if found else ""
    return short if sum(c.isupper() or c.isdigit() for c in short) > 1 and _is_short(short) else ""


def _before(text: str, place: int) -> str:
    """The words before ``place`` that a long form may be made of: of one sentence."""
    low = max(0, place - _REACH)
    window = text[low:place]
    breaks = [found.end() for found in _BREAK.finditer(window)]
    if breaks:
        window = window[breaks[-1] :]
    elif low and not text[low - 1].isspace():
        window = window.partition(" ")[2]
    return window.rstrip()


def _long_form(short: str, before: str) -> str:
    """The end of ``before`` that ``short`` stands for, or ``""``."""
    for form in dict.fromkeys((short, _singular(short))):
        letters = _letters(form)
        start = _initials(letters, before)
        if start < 0:
            start = _scattered(letters, before)
        if start >= 0 and _plausible(short, before[start:]):
            return before[start:]
    return ""


def _whole(short: str, long: str) -> str:
    """``long`` when ``short`` stands for the whole of it, or ``""``."""
    found = _long_form(short, long)
    if not found or found != long:
        return ""
    last_word = _WORD.findall(long)[-1]
    return long if _fold(_letters(_singular(short))[-1]) in _fold(last_word) else ""


def _singular(short: str) -> str:
    return short[:-1] if len(short) > 2 and short[-1] == "s" and not short[-2].islower() else short


def _letters(short: str) -> str:
    return _fold("".join(_WORD.findall(short)))


def _fold(text: str) -> str:
    """``text``, as long as it was, without case and accents, Greek letters by the first of their name."""
    return text.lower() if text.isascii() else "".join(map(_folded, text))


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character).casefold()[:1] or character
    return _GREEK.get(ord(plain), plain)[0]


def _initials(letters: str, before: str) -> int:
    """Where the last words of ``before`` begin whose initials are ``letters``, or -1.

    Function words may stand between them without a letter of their own; behind three or more of them
    one more word may stand, as in "severe acute respiratory syndrome coronavirus (SARS)".
    """
    words = list(_WORD.finditer(before))
    for spare in (0, 1) if len(letters) > 2 else (0,):
        left = len(letters)
        for word in reversed(words[: len(words) - spare]):
            if _fold(before[word.start()]) == letters[left - 1]:
                left -= 1
                if not left:
                    return word.start()
            elif left == len(letters) or word.group().casefold() not in STOPWORDS:
                break
    return -1


def _scattered(letters: str, before: str) -> int:
    """Where ``letters`` begin in ``before``, sought from the right, the first at a word's start; or -1."""
    folded = _fold(before)
    place = len(folded)
    for letter in reversed(letters[1:]):
        place = folded.rfind(letter, 0, place)
        if place < 0:
            return -1
    while (place := folded.rfind(letters[0], 0, place)) >= 0:
        if place == 0 or not folded[place - 1].isalnum():
            return place
    return -1


def _plausible(short: str, long: str) -> bool:
    """Whether ``long`` is long enough, not too long, and more than a frame around ``short``."""
    words = long.split()
    if len(long) <= len(short) + 1 or len(words) > min(len(short) + 5, 2 * len(short)):
        return False
    if words[0].casefold() in _NO_BEGINNING or long.endswith((",", "-", "–")):
        return False
    if long.count("(") != long.count(")") or long.count("[") != long.count("]"):
        return False
    return short_key(short) not in {short_key(word) for word in words}
