"""What a reader makes of passages found: each pair of question and passage is read once and remembered."""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from threading import Lock

from index.chunks import passage_sentences
from index.library import Library
from index.records import Hit
from qa.calibration import READ_PASSAGES, Calibration
from qa.extract import Candidate
from qa.reader import Excerpt, Reader, Reading, SentenceReading

#: Pairs remembered: about 3 kB each, of some 340 questions.
REMEMBERED = 4096

#: A sentence: its document and its positions there.
Place = tuple[str, int, int]


class ReadPairs:
    """The last ``most`` pairs that were read, for any number of threads; the least lately used go first.

    A pair is known by the reader's fingerprint, the question and all that the reader sees of the passage.
    """

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._known: OrderedDict[bytes, Reading] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._known)

    def read(self, reader: Reader, question: str, excerpts: Sequence[Excerpt]) -> list[Reading]:
        """A reading of each excerpt, in their order; only what is not known is read."""
        keys = [_key(reader.fingerprint, question, excerpt) for excerpt in excerpts]
        found: dict[bytes, Reading] = {}
        with self._lock:
            for key in keys:
                if key in self._known:
                    self._known.move_to_end(key)
                    found[key] = self._known[key]
        new = {key: one for key, one in zip(keys, excerpts, strict=True) if key not in found}
        if new:
            made = dict(zip(new, reader.read(question, list(new.values())), strict=True))
            found |= made
            with self._lock:
                self._known |= made
                while len(self._known) > self._most:
                    self._known.popitem(last=False)
        return [found[key] for key in keys]


def _key(fingerprint: str, question: str, excerpt: Excerpt) -> bytes:
    seen = (fingerprint, question, excerpt.title, excerpt.text, tuple(excerpt.sentences))
    return hashlib.blake2b(repr(seen).encode("utf-8"), digest_size=16).digest()


def readings(
    library: Library, reader: Reader, question: str, hits: Sequence[Hit], pairs: ReadPairs
) -> dict[Place, tuple[SentenceReading, float]]:
    """What ``reader`` makes of each sentence of ``hits``, in the passage where it reads it best.

    With each its passage's own score. Positions are those in the text.
    """
    excerpts = []
    for hit in hits:
        passage = hit.passage
        content = library.text(passage.text_sha256).content
        spans = [(a - passage.start, b - passage.start) for a, b in passage_sentences(content, passage)]
        excerpts.append(Excerpt(library.summary(passage.document_id).title, hit.text, spans))
    found: dict[Place, tuple[SentenceReading, float]] = {}
    for hit, read in zip(hits, pairs.read(reader, question, excerpts), strict=True):
        for sentence in read.sentences:
            moved = sentence.moved(hit.passage.start)
            place = (hit.passage.document_id, moved.start, moved.end)
            if place not in found or found[place][0].relevance < moved.relevance:
                found[place] = (moved, read.passage)
    return found


def worth_reading(
    hits: Sequence[Hit], looked_at: Iterable[tuple[Candidate, dict[str, float]]], calibration: Calibration
) -> list[Hit]:
    """The READ_PASSAGES of ``hits`` whose best sentence scores highest before it is read, in their order."""
    best: dict[int, float] = {}
    for candidate, parts in looked_at:
        place = id(candidate.hit)
        best[place] = max(best.get(place, -math.inf), calibration.score(parts))
    kept = {id(hit) for hit in sorted(hits, key=lambda h: -best.get(id(h), -math.inf))[:READ_PASSAGES]}
    return [hit for hit in hits if id(hit) in kept]
