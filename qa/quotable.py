"""What is no answer although it stands in the text: headings, entries of reference lists, addresses.

Each rule wants plain signs and leaves the rest alone: a sentence refused in error is an answer lost.
"""

from __future__ import annotations

import re

#: "Figure 2.", "Table 1": a label, and nothing said.
_LABEL = re.compile(
    r"\W*(?:(?:supplementary|additional|online)\s+)?(?:figures?|figs?|tables?|boxe?s?|schemes?|appendix|file|"
    r"equations?|eq|panel|part|section|chapter|step)\.?\s*(?:S?\d+|[A-Z]|[IVX]+)?\W*",
    re.IGNORECASE,
)
#: "2010;12(3):123-8", "Lancet 2010; 375: 123".
_VOLUME_AND_PAGES = re.compile(
    r"\b(?:19|20)\d\d(?:\s\w{3,9}(?:\s\d{1,2})?)?\s?;\s?\d+\s?(?:\(\s?[\w\s-]+\))?\s?[:,]\s?[eES]?\d+"
    r"|\b\d+\s?(?:\(\d+\))?\s?:\s?[eE]?\d+\s?[-–]\s?\d+[.,]?\s\(?(?:19|20)\d\d"
)
#: "Smith AB, Jones C" and "Smith, A. B., & Jones, C."
_NAMES = re.compile(
    r"[A-Z][\w'’-]+,?\s(?:[A-Z]{1,3}\b|(?:[A-Z]\.[\s-]?){1,3})(?:,|;|\.|\sand\b|\s&|\set\sal)"
)
_DOI = re.compile(r"\b(?:doi:?\s?|doi\.org/)10\.\d{4,9}/\S+", re.IGNORECASE)

_ADDRESS = re.compile(
    r"\W*(?:\d+\s*|[a-z]\s)?(?:the\s)?(?:departments?|divisions?|institut(?:e|es|o)|schools?|facult(?:y|ies)|"
    r"laborator(?:y|ies)|centers?|centres?|college|hospital|university|universit\w+|clinic|unit|section)\s"
    r"(?:of|for|de|and|[A-Z])",
    re.IGNORECASE,
)
_MAIL = re.compile(r"\S+@\S+\.\w{2,}")
_CORRESPONDENCE = re.compile(
    r"\W*(?:\*\s*)?(?:correspondence|corresponding author|author for correspondence|reprint(?:s| requests)|"
    r"e-?mail|address(?:es)? correspondence)\b\s*(?:to|:|should|and)",
    re.IGNORECASE,
)
_RIGHTS = re.compile(
    r"[^\w©]*(?:©|(?:copyright\s)?\(c\)\s?(?:19|20)\d\d|copyright\s©|"
    r"(?:all rights reserved|copyright\s(?:(?:19|20)\d\d|holder|of the author)|"
    r"(?:this|the) (?:is an open[\s-]access article|work is licen[cs]ed|article is published under)|"
    r"(?:published|licen[cs]ed) (?:by|under) (?:\w+ ){0,5}(?:ltd|licen[cs]e|inc|elsevier|wiley|springer))\b)",
    re.IGNORECASE,
)
_KEYWORDS = re.compile(r"\W*(?:key\s?-?words?|mesh terms|index terms|abbreviations)\s*[:—–-]", re.IGNORECASE)
#: With one of these something is said.
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|being|has|have|had|do|does|did|can|could|may|might|must|shall|should|will|"
    r"would|cannot|\w+(?:n['’]t)|(?!(?:based|related|induced|associated|mediated|controlled|randomi[sz]ed|"
    r"derived|advanced|limited|red|need|seed|bed|weed|breed|speed|blood)\b)\w{2,}ed|include|includes|suggests?|"
    r"shows?|reduces?|increases?|causes?|leads?|improves?|occurs?|remains?|depends?|requires?|plays?|affects?|"
    r"becomes?|found|led|rose|fell|grew|made|began|became|took|gave|seen|known|shown)\b",
    re.IGNORECASE,
)
#: Words of a heading that nothing else gives away.
_SHORT = 6
_STOP = re.compile(r"[.?!…。！？][\"'”’»)\]\s\d,–-]*$")


def is_quotable(text: str, *, alone: bool = False) -> bool:
    """Whether a sentence may be quoted as an answer.

    ``alone``: it fills its line, as headings and titles do; only then can it be taken for one.
    """
    if not any(character.isalpha() for character in text):
        return False
    if _LABEL.fullmatch(text) or _CORRESPONDENCE.match(text) or _KEYWORDS.match(text):
        return False
    verb = _VERB.search(text) is not None
    if _RIGHTS.match(text) or (_MAIL.search(text) and not verb):
        return False
    if _is_entry(text):
        return False
    if _ADDRESS.match(text) and text.count(",") >= 2 and not verb:
        return False
    return not (alone and not verb and not _STOP.search(text) and _is_heading(text))


def _is_heading(text: str) -> bool:
    """Whether words without verb and stop look like a heading: short, ended by a colon, or in title case."""
    words = re.findall(r"[^\W\d_][\w'’-]*", text)
    if not words or any(character.isdigit() for character in text):
        return False
    if len(words) <= _SHORT or (text.endswith(":") and len(words) <= 2 * _SHORT):
        return bool(words[0][0].isupper())
    long = [word for word in words if len(word) > 3]
    return bool(long) and sum(word[0].isupper() for word in long) >= 0.7 * len(long)


def _is_entry(text: str) -> bool:
    """Whether it is an entry of a reference list: authors with initials, then volume and pages, or a DOI."""
    placed = _VOLUME_AND_PAGES.search(text)
    names = _NAMES.match(text.lstrip("[]()0123456789. \t"))
    return bool((placed and (names or len(_NAMES.findall(text)) > 1)) or (names and _DOI.search(text)))


def stands_alone(content: str, start: int, end: int) -> bool:
    """Whether the range fills its lines in ``content``."""
    near = max(0, start - 80)
    before, after = content[near:start].rstrip(" \t"), content[end : end + 80].lstrip(" \t")
    opens = before[-1] == "\n" if before else start == near or near == 0
    return opens and (not after or after[0] in "\r\n")
