"""One search over the segments of a generation: each is asked, and what they found is merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.dense import merged
from index.lexical import key_of
from index.segments import Segment

#: The passage rows that pass, in order, of each segment; None: all that count.
Rows = Mapping[int, NDArray[np.int64] | None]

#: Up to this many documents a filtered lexical search is told which; it costs 2 ms for 1,000.
LISTED = 1000


class Ask(Protocol):
    """A lexical search for given words: see :meth:`index.lexical.LexicalIndex.search`."""

    def __call__(
        self, k: int, *, skip: int = 0, within: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """The best ``k`` (key, BM25) after ``skip``."""


def dense(
    segments: Mapping[int, Segment], query: NDArray[np.float32], k: int, rows: Rows
) -> list[tuple[int, float]]:
    """The best ``k`` (key, cosine) for a unit vector (d,), best first.

    Where segments give candidates only, as many are scored again as one segment would: a library of several
    costs little more than one.
    """
    found: list[tuple[int, float]] = []
    near = []
    for number, segment in segments.items():
        chosen = segment.live_rows if rows[number] is None else rows[number]
        held, scores, exactly = segment.dense.candidates(query, k, chosen)
        if exactly:
            found += segment.keyed(held, scores)
        else:
            near.append((segment, held, scores))
    best = merged([(segment.dense, held, scores) for segment, held, scores in near], query, k)
    for (segment, _, _), (held, scores) in zip(near, best, strict=True):
        found += segment.keyed(held, scores)
    return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:k]


def lexical(ask: Ask, segments: Mapping[int, Segment], k: int, rows: Rows) -> list[tuple[int, float]]:
    """The best ``k`` (key, BM25), best first; asks on until ``k`` pass the filter.

    Of few documents only their own passages are looked at, so that a narrow filter costs little. Else as many
    more are asked for as the filter will leave out, so that asking once mostly suffices.
    """
    within = _documents(segments, k, rows)
    whole = sum(len(segment.dense) for segment in segments.values())
    left = sum(len(segments[number].dense) if one is None else len(one) for number, one in rows.items())
    step = (
        k if within is not None or left == whole else min(int(1.2 * k * whole / max(1, left)) + 20, whole + 1)
    )
    skip = 0
    found: list[tuple[int, float]] = []
    while True:
        hits = ask(step, skip=skip, within=within)
        found += [
            hit for hit, passes in zip(hits, among(rows, [key for key, _ in hits]), strict=True) if passes
        ]
        if len(found) >= k or len(hits) < step:
            return found[:k]
        skip, step = skip + step, 4 * step


def _documents(segments: Mapping[int, Segment], k: int, rows: Rows) -> list[int] | None:
    """The keys of the documents of ``rows``, or None where they are too many to be listed.

    Listing costs by their number; asking until ``k`` pass costs by the share of the library that they are.
    """
    documents = sum(
        len(segment.filing.years) for number, segment in segments.items() if rows[number] is not None
    )
    most = max(LISTED, int((k * documents) ** 0.5))
    found: list[int] = []
    for number, chosen in rows.items():
        if chosen is None:
            return None
        held = segments[number].filing.documents_of(chosen)
        if len(found) + len(held) > most:
            return None
        first = key_of(number, 0)
        found += [first + row for row in held.tolist()]
    return found


def among(rows: Rows, keys: Sequence[int]) -> list[bool]:
    """For each passage key whether it is one of ``rows``."""
    passing = dict.fromkeys(keys, True)
    for number, held in by_segment(keys).items():
        chosen = rows[number]
        if chosen is not None:
            places = np.searchsorted(chosen, held)
            inside = np.append(chosen, -1)[places] == held
            passing.update(zip((held + key_of(number, 0)).tolist(), inside.tolist(), strict=True))
    return [passing[key] for key in keys]


def by_segment(keys: Sequence[int]) -> dict[int, NDArray[np.int64]]:
    """The rows that ``keys`` name in each segment, each once and in order, as a mapped file likes it."""
    ordered = np.unique(np.fromiter(keys, dtype=np.int64, count=len(keys)))
    numbers, rows = ordered >> 32, ordered & 0xFFFFFFFF  # as lexical.segment_and_row
    return {int(number): rows[numbers == number] for number in np.unique(numbers)}
