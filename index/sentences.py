"""Where sentences lie in a scientific text: positions only, the text is never edited.

sentencex (Wikimedia, MIT) proposes boundaries. It knows many scripts but not how papers are written,
so each place where a sentence could end is also judged by :mod:`index.sentence_rules`, which may
overrule it or leave it be. ``tests/bench/sentence_boundaries.py`` measures both on 760 hard places
labelled by hand; F1 on the half kept apart: a regex .63, sentencex alone .84, both together .95.

A boundary depends on its paragraph alone, whatever range is asked for, so that a passage read again
splits exactly as it did when its section was cut.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from sentencex import segment

from index.sentence_rules import CANDIDATE, cites, judge

__all__ = ["sentences"]

BLANK_LINE = re.compile(r"\n\s*\n")

#: A new item begins on this line: a bullet, or a number or letter as lists print them.
_ITEM = re.compile(r"\n[^\S\n]*(?=[-*•‣▪◦–—]\s|\(?\d{1,2}[.)]\s+[^\W\d_a-z]|\([a-zA-Z]\)\s)")

#: sentencex 1.0.32 panics on white space that is longer than a byte (thin and no-break blanks), and
#: lone surrogates cannot reach it: it is shown blanks there, one for one.
_UNSHOWABLE = re.compile(r"[^\S\t-\r ]|[\ud800-\udfff]")


#: What ends a sentence, in the scripts sentencex knows, and what may close behind it.
_STOPS = ".?!…‥․。！？｡．؟۔।॥։።፧။៕᙮"
_CLOSERS = "\"'”’»›」』）)]】 "


def _ends(paragraph: str, at: int) -> bool:
    """Whether what stands before ``at`` can end a sentence: a stop, or the end of a line.

    sentencex also proposes whatever follows looks like the number of an item: ``(Kahl et al., | 2009) ,``.
    """
    near = paragraph[max(0, at - 200) : at]
    before = near.rstrip()
    return "\n" in near[len(before) :] or before.rstrip(_CLOSERS)[-1:] in _STOPS


def _proposals(paragraph: str) -> list[str]:
    """sentencex's pieces of ``paragraph``; one piece where it breaks down."""
    try:
        pieces = segment("en", paragraph)
    except BaseException as error:  # a Rust panic is no Exception; one odd paragraph must not end a build
        if type(error).__name__ != "PanicException":
            raise
        return [paragraph]
    return pieces if sum(map(len, pieces)) == len(paragraph) else [paragraph]


@lru_cache(maxsize=16)
def _starts(paragraph: str) -> tuple[int, ...]:
    """Where sentences begin in ``paragraph``, which holds no blank line; 0 comes first."""
    starts = {0}
    at = 0
    for piece in _proposals(_UNSHOWABLE.sub(" ", paragraph)):
        start = at + len(piece) - len(piece.lstrip())
        if start and _ends(paragraph, start):
            starts.add(start)
        at += len(piece)
    for found in CANDIDATE.finditer(paragraph):
        verdict = judge(paragraph, found)
        if cites(found):
            # a citation belongs to the sentence before it
            starts.difference_update(range(found.start() + 1, found.end()))
        if verdict is True:
            starts.add(found.end())
        elif verdict is False:
            starts.discard(found.end())
    starts.update(found.end() for found in _ITEM.finditer(paragraph))
    return tuple(sorted(starts))


def _paragraph_start(text: str, at: int) -> int:
    """The first position of the paragraph that holds ``at``."""
    line = text.rfind("\n", 0, at)
    while line > 0:
        earlier = text.rfind("\n", 0, line)
        if earlier >= 0 and not text[earlier + 1 : line].strip():
            return line + 1
        line = earlier
    return 0


def sentences(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """The sentences of ``text[start:end]`` as positions (code points) in ``text``.

    In order, apart, without white space at their ends, and together holding every other character
    of the range. An empty line always ends a sentence; a single line break does only before a list
    item. A range that begins or ends inside a sentence gets that part of it.
    """
    end = len(text) if end is None else min(end, len(text))
    start = max(start, 0)
    if start >= end:
        return []
    spans = []
    paragraph = _paragraph_start(text, start)
    while paragraph < end:
        blank = BLANK_LINE.search(text, paragraph)
        after = blank.start() if blank else len(text)
        places = _starts(text[paragraph:after])
        for low, high in pairwise((*places, after - paragraph)):
            low, high = max(paragraph + low, start), min(paragraph + high, end)
            piece = text[low:high]
            left = low + len(piece) - len(piece.lstrip())
            right = low + len(piece.rstrip())
            if left < right:
                spans.append((left, right))
        paragraph = blank.end() if blank else end
    return spans
