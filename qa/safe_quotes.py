"""How far a quote must reach to be safe to read alone, and how far the span marked in it.

A quote is whole sentences. It begins a sentence earlier when its first leans on that or turns it round, and
ends a sentence later when the next turns it round. What is marked inside it never loses the negation that
governs it: cues after NegEx (Chapman et al. 2001, doi:10.1006/jbin.2001.1029).
"""

from __future__ import annotations

import re

from index.chunks import sentences
from index.records import Section

Span = tuple[int, int]

#: Characters looked through on either side for the neighbouring sentence.
_REACH = 2000


def _any(phrases: str) -> str:
    """A pattern for any of ``phrases``, which commas separate."""
    return "|".join(" ".join(phrase.split()) for phrase in phrases.split(","))


_LEANERS = _any("This, These, Those, It, Its, They, Their, Such, He, She, The latter, The former")
_PATIENTS = _any("case, cases, patients, studies, trials, models, animals, subjects, individuals")
#: A sentence that opens like this leans on the one before.
_LEANS = re.compile(rf"(?:{_LEANERS}|In (?:this|these|such) (?:{_PATIENTS}))\b")

_TURNERS = _any(
    """However, But, Nevertheless, Nonetheless, Yet, Conversely, Even so, That said, In contrast, By contrast,
    On the other hand, On the contrary, Contrary to this, Despite this, Despite these, Despite that,
    Unfortunately, Notwithstanding"""
)
#: A sentence that opens like this turns the one before round.
_TURNS = re.compile(rf"(?:{_TURNERS})\b|(?:Still|Instead),")

_AUXILIARY = _any(
    "is, are, was, were, do, does, did, has, have, had, can, could, would, should, may, might, will"
)
_DENIERS = _any(
    """no evidence of, no evidence for, no evidence that, fail to, fails to, failed to, failure to, failing
    to, lack of, lacks, lacked, lacking, absence of, unlikely to, unable to, rather than, instead
    of, cannot, not, no longer, no, nor, never, neither, without, hardly, rarely, rule out, rules
    out, ruled out, exclude, excludes, excluded, excluding, deny, denies, denied, free of, negative
    for"""
)
#: What denies what follows it.
_BEFORE = re.compile(rf"\b(?:(?:{_AUXILIARY}) not|[a-z]+n['’]t|{_DENIERS})\b", re.IGNORECASE)
#: What denies what stands before it.
_AFTER = re.compile(
    rf"\b(?:(?:{_AUXILIARY}) (?:\w+ly )?(?:not|never|no)|cannot|[a-z]+n['’]t|fails? to|failed to"
    r"|(?:is|are|was|were) (?:absent|lacking|unlikely|ruled out|excluded))\b",
    re.IGNORECASE,
)
#: A cue governs nothing beyond one of these.
_BORDER = re.compile(
    r"[;:.()]|,\s|\b(?:but|however|although|though|whereas|while|because|since|which|who|and therefore)\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(r",\s(?:however|therefore|indeed|in fact|though|thus|hence),", re.IGNORECASE)
#: Words that a cue reaches forward, and that may stand between a subject and its predicate.
_FORWARD, _BACKWARD = 8, 4


def safe_start(content: str, section: Section, start: int) -> int:
    """Where a quote of the sentence at ``start`` begins: one earlier if it leans on that, or turns it."""
    if not (_LEANS.match(content, start) or _TURNS.match(content, start)):
        return start
    before = max(section.start, start - _REACH)
    spans = sentences(content, before, start)
    if before > section.start and len(spans) < 2:
        return start  # the cut itself may have made this sentence
    return spans[-1][0] if spans else start


def safe_end(content: str, section: Section, end: int) -> int:
    """Where a quote that ends at ``end`` should end: a sentence later if that turns it round."""
    after = min(section.end, end + _REACH)
    spans = sentences(content, end, after)
    if not spans or not _TURNS.match(content, spans[0][0]):
        return end
    if after < section.end and len(spans) < 2:
        return end  # the cut itself may have made this sentence
    return spans[0][1]


def safe_focus(content: str, sentence: Span, focus: Span) -> Span:
    """``focus`` widened inside ``sentence`` so that no negation that governs it is left out."""
    (first, last), (low, high) = sentence, focus
    for cue in _BEFORE.finditer(content, first, high):
        if cue.start() < low and _reaches(content[cue.end() : low], _FORWARD):
            low = cue.start()
            break
    for cue in _AFTER.finditer(content, low, last):
        if cue.end() > high and _reaches(content[high : cue.start()], _BACKWARD):
            border = _BORDER.search(content, cue.end(), last)
            high = max(high, border.start() if border else last)
            while high > cue.end() and (content[high - 1].isspace() or content[high - 1] in ".?!"):
                high -= 1
            break
    return low, high


def _reaches(between: str, words: int) -> bool:
    between = _ASIDE.sub("", between)
    return not _BORDER.search(between) and len(between.split()) <= words
