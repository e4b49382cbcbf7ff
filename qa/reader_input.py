"""What a reader's network sees of a question and a passage, and where each token stands in the passage.

A passage that is longer than the window is read in several rows that overlap by a sentence. Each of its
tokens has one row that speaks for it, the first that holds it, where it has its left context.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.tokens import tokenizer_of
from qa.readpack import QUESTION_TOKENS, TITLE_TOKENS, WINDOW

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage to read: its paper's title, its text, and the sentences as positions in that text."""

    title: str
    text: str
    sentences: Sequence[Span]


@dataclass(frozen=True, slots=True)
class Row:
    """Token numbers and types of one pass; tokens ``first`` and on are the passage's.

    ``spans`` (k, 2) are their positions in the passage, ``sentence`` (k,) the sentence each belongs to;
    of those, tokens ``own`` and on are spoken for by this row.
    """

    passage: int
    ids: list[int]
    types: list[int]
    first: int = 0
    spans: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), np.int64))
    sentence: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    own: int = 0


class PairTokens:
    """A model's tokenizer for question and passage together; ``definition`` is a ``tokenizer.json``."""

    def __init__(self, definition: str, *, window: int = WINDOW) -> None:
        self._tokenizer = tokenizer_of(definition)
        self.window = window
        self.special = self._tokenizer.num_special_tokens_to_add(True)
        self._cls, self._sep = (self._tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]"))
        self._colon = self._plain([":"])[0].ids

    def own_rows(self, question: str, excerpts: Sequence[Excerpt]) -> list[Row]:
        """Rows as the reader is trained on them: [CLS] question [SEP] title ``:`` passage [SEP]."""
        asked, *titles = self._plain([question, *(one.title for one in excerpts)])
        texts = self._plain([one.text for one in excerpts])
        head = [self._cls, *asked.ids[:QUESTION_TOKENS], self._sep]
        rows = []
        for number, (excerpt, title, text) in enumerate(zip(excerpts, titles, texts, strict=True)):
            before = [*title.ids[:TITLE_TOKENS], *self._colon] if title.ids else []
            first = len(head) + len(before)
            spans, sentence = _placed(text.offsets, excerpt.sentences)
            for start, end, own in windows(sentence, self.window - first - 1):
                ids = [*head, *before, *text.ids[start:end], self._sep]
                types = [0] * len(head) + [1] * (len(ids) - len(head))
                rows.append(
                    Row(number, ids, types, first, spans[start:end], sentence[start:end], own - start)
                )
        return rows

    def rows(self, question: str, excerpts: Sequence[Excerpt]) -> list[Row]:
        """Rows as the tokenizer's own template joins question and passage, without the title."""
        question, size = self._cut(question, QUESTION_TOKENS)
        room = max(8, self.window - self.special - size - 2)
        rows = []
        for number, (excerpt, text) in enumerate(
            zip(excerpts, self._plain([one.text for one in excerpts]), strict=True)
        ):
            spans, sentence = _placed(text.offsets, excerpt.sentences)
            for start, end, own in windows(sentence, room):
                low, high = (int(spans[start, 0]), int(spans[end - 1, 1])) if end > start else (0, 0)
                rows.append(
                    self._row(number, question, excerpt, (low, high), int(spans[own, 0]) if end > own else 0)
                )
        return rows

    def pair_rows(self, question: str, excerpts: Sequence[Excerpt]) -> list[Row]:
        """A row for each sentence of each passage, in order; cut at the window."""
        question, size = self._cut(question, QUESTION_TOKENS)
        rows = []
        for number, excerpt in enumerate(excerpts):
            for start, end in excerpt.sentences:
                sentence, _ = self._cut(excerpt.text[start:end], self.window - self.special - size)
                joined = self._tokenizer.encode(question, sentence)
                rows.append(Row(number, joined.ids[: self.window], joined.type_ids[: self.window]))
        return rows

    def _row(self, number: int, question: str, excerpt: Excerpt, place: Span, own: int) -> Row:
        low, high = place
        joined = self._tokenizer.encode(question, _whole(excerpt.text)[low:high])
        of = joined.sequence_ids
        mine = [place for place, sequence in enumerate(of) if sequence == 1]
        first, after = (mine[0], min(mine[-1] + 1, self.window - 1)) if mine else (len(of), len(of))
        ids, types = joined.ids, joined.type_ids
        if len(ids) > self.window:  # half a word took more tokens than it did in the whole text
            ids = [*ids[:after], *ids[mine[-1] + 1 :]][: self.window]
            types = [*types[:after], *types[mine[-1] + 1 :]][: self.window]
        offsets = [(low + a, low + b) for a, b in joined.offsets[first:after]]
        spans, sentence = _placed(offsets, excerpt.sentences)
        return Row(number, ids, types, first, spans, sentence, int(np.searchsorted(spans[:, 0], own)))

    def _cut(self, text: str, most: int) -> tuple[str, int]:
        """``text`` up to its token number ``most``, and how many tokens that is."""
        offsets = self._plain([text])[0].offsets
        kept = offsets[: max(0, most)]
        return (text if len(kept) == len(offsets) else text[: kept[-1][1]] if kept else ""), len(kept)

    def _plain(self, texts: Sequence[str]) -> list[Any]:
        found: list[Any] = self._tokenizer.encode_batch(
            [_whole(text) for text in texts], add_special_tokens=False
        )
        return found


def _whole(text: str) -> str:
    # A question may hold half a character (bytes that are no UTF-8 on the command line): it is read as "?".
    return text.encode("utf-8", "replace").decode()


def _placed(
    offsets: Sequence[Span], sentences: Sequence[Span]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions (k, 2) of tokens, and the sentence (k,) of each: the last that does not start behind it."""
    spans = np.asarray(offsets, np.int64).reshape(-1, 2)
    starts = np.asarray([start for start, _ in sentences], np.int64)
    if not len(starts):
        return spans, np.full(len(spans), -1)
    return spans, np.maximum(np.searchsorted(starts, spans[:, 0], side="right") - 1, 0)


def windows(sentence: NDArray[np.int64], room: int) -> list[tuple[int, int, int]]:
    """Start, end, and first own token of each window over tokens of the given sentences.

    A window holds at most ``room`` tokens and ends with a sentence where one ends in it; the next begins
    with the last sentence of the one before (its last quarter where that sentence is long). The ranges
    from own to end hold each token once, in order.
    """
    count = len(sentence)
    if count <= room:
        return [(0, count, 0)]
    starts = np.flatnonzero(np.diff(sentence, prepend=-2))
    found, start, own = [], 0, 0
    while own < count:
        end = min(count, start + room)
        if end < count:
            borders = starts[(starts > own) & (starts <= end)]
            end = int(borders[-1]) if len(borders) else end
        found.append((start, end, own))
        own = end
        last = int(starts[starts < end][-1])
        # context for what follows: a whole sentence if that leaves half the room, else a quarter of it
        start = last if end - last <= room // 2 else end - room // 4
    return found
