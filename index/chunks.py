"""Cut documents into passages: positions only, the text is never edited.

A passage is a run of whole sentences inside one section that fits the encoder's window, so that
nothing is ever cut off unseen when it is encoded. Sentences are found by :mod:`index.sentences`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Protocol

from index.errors import UsageError
from index.records import NOT_SEARCHED, Document, Passage, Section
from index.sentences import sentences

__all__ = ["passage_sentences", "passages", "sentences"]

Span = tuple[int, int]

#: Characters tokenised at once: bounds memory, and is large enough to cost nothing.
SLICE = 1 << 16


class TokenEncoder(Protocol):
    """What cutting needs of an encoder."""

    @property
    def window(self) -> int:
        """Content tokens that fit, special tokens not counted."""

    def token_spans(self, text: str) -> list[Span]:
        """The position of each content token of ``text``, in order."""


def passages(document: Document, *, encoder: TokenEncoder, max_tokens: int = 160) -> list[Passage]:
    """The passages of every section that is searched, in the order of the sections.

    Sentences are gathered until the next would pass ``max_tokens`` (never more than the encoder's
    window); a small rest at a section's end takes sentences from the passage before it. A sentence
    of more tokens is cut between tokens, at white space or punctuation where there is any. A
    section of references is one entry of the list and stays whole if it fits. Every word of the
    section is in exactly one passage. Linear in the text's length. Raises UsageError for a limit
    below 1.
    """
    limit = min(max_tokens, encoder.window)
    if limit < 1:
        raise UsageError(f"passages of {limit} tokens hold nothing; give max_tokens of at least 1")
    text = document.text.content
    found = []
    for section in document.sections:
        if section.label in NOT_SEARCHED:
            continue
        found += [
            Passage(document.id, document.text.sha256, start, end, section.label)
            for start, end in _cut(text, section, encoder, limit)
        ]
    return found


def passage_sentences(text: str, passage: Passage) -> list[Span]:
    """The sentences of ``passage`` as positions in ``text``, its document's whole text.

    They are those that the passage was cut from; a passage that is a part of one sentence is one.
    """
    return sentences(text, passage.start, passage.end)


def _cut(text: str, section: Section, encoder: TokenEncoder, limit: int) -> Iterator[Span]:
    """The passages of one section."""
    spans = sentences(text, section.start, section.end)
    tokens = _token_starts(text, spans, encoder)

    def count(start: int, end: int) -> int:
        return bisect_left(tokens, end) - bisect_left(tokens, start)

    if section.label == "references" and spans and count(spans[0][0], spans[-1][1]) <= limit:
        yield spans[0][0], spans[-1][1]
        return
    run: list[Span] = []
    sizes: list[int] = []
    for start, end in spans:
        size = count(start, end)
        if size <= limit:
            run.append((start, end))
            sizes.append(size)
            continue
        yield from _gather(run, sizes, limit)
        run, sizes = [], []
        yield from _split(text, (start, end), tokens, encoder, limit)
    yield from _gather(run, sizes, limit)


def _token_starts(text: str, spans: Sequence[Span], encoder: TokenEncoder) -> array[int]:
    """Where tokens start, for all of ``spans``: in order, found slice by slice."""
    starts = array("q")
    for low, high in _slices(text, spans):
        starts.extend(low + start for start, _ in encoder.token_spans(text[low:high]))
    return starts


def _slices(text: str, spans: Sequence[Span]) -> Iterator[Span]:
    """``spans`` joined to ranges of at most SLICE characters; a longer one is cut at white space."""
    if not spans:
        return
    low, high = spans[0]
    for start, end in spans:
        if end - low > SLICE and high > low and start > low:
            yield low, high
            low = start
        high = end
        while high - low > SLICE:
            blank = max(text.rfind(" ", low, low + SLICE), text.rfind("\n", low, low + SLICE))
            at = blank if blank > low else low + SLICE
            yield low, at
            low = at
    yield low, high


def _gather(run: Sequence[Span], sizes: Sequence[int], limit: int) -> Iterator[Span]:
    """Whole sentences joined to passages; no sentence has more than ``limit`` tokens."""
    if not run:
        return
    firsts, total = [0], 0
    for place, size in enumerate(sizes):
        if total and total + size > limit:
            firsts.append(place)
            total = 0
        total += size
    if len(firsts) > 1 and total * 2 < limit:
        firsts[-1] = _balanced(sizes, firsts[-2], firsts[-1], limit)
    for first, after in zip(firsts, [*firsts[1:], len(run)], strict=True):
        yield run[first][0], run[after - 1][1]


def _balanced(sizes: Sequence[int], low: int, last: int, limit: int) -> int:
    """The place up to ``last`` where sentences ``low`` and on part into two halves most alike."""
    right = sum(sizes[last:])
    left = sum(sizes[low:last])
    best, place = abs(left - right), last
    for candidate in range(last - 1, low, -1):
        left, right = left - sizes[candidate], right + sizes[candidate]
        if right > limit or abs(left - right) >= best:
            break
        best, place = abs(left - right), candidate
    return place


def _split(text: str, span: Span, tokens: array[int], encoder: TokenEncoder, limit: int) -> Iterator[Span]:
    """A sentence of too many tokens in pieces of about equal size, each within ``limit``."""
    start, end = span
    last = bisect_left(tokens, end)
    while start < end:
        first = bisect_left(tokens, start)
        cut = end
        if last - first > limit:
            pieces = -(-(last - first) // limit)
            cut = _cut_place(text, start, tokens, first, -(-(last - first) // pieces), limit) or end
        if _torn(text, start, span) or _torn(text, cut, span):
            cut = _refit(text, start, cut, encoder, limit)
        piece = text[start:cut]
        left = start + len(piece) - len(piece.lstrip())
        right = start + len(piece.rstrip())
        if left < right:
            yield left, right
        start = cut


def _torn(text: str, at: int, span: Span) -> bool:
    """Whether a cut at ``at`` parts what no white space parts."""
    return span[0] < at < span[1] and not text[at - 1].isspace()


def _cut_place(text: str, start: int, tokens: array[int], first: int, target: int, limit: int) -> int:
    """A token's start at most ``limit`` tokens after ``first``, at the most natural border near ``target``.

    0 where all tokens stand at one place, so that none parts them.
    """
    near = sorted(range(first + 1, first + limit + 1), key=lambda at: abs(at - first - target))
    near = [at for at in near if tokens[at] > max(tokens[at - 1], start)]
    for natural in (str.isspace, lambda before: not before.isalnum()):
        for at in near:
            if at - first > target // 2 and natural(text[tokens[at] - 1]):
                return tokens[at]
    return tokens[near[0]] if near else 0


def _refit(text: str, start: int, cut: int, encoder: TokenEncoder, limit: int) -> int:
    """``cut`` moved back until the piece before it fits: half a word may take more tokens than it did."""
    while cut - start > 1 and len(encoder.token_spans(text[start:cut])) > limit:
        cut = start + (cut - start) // 2
    return cut
