"""One search over the segments of a generation: each is asked, and what they found is merged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.dense import asked_for, worst_of
from index.lexical import key_of
from index.parallel import side_by_side
from index.segments import Segment

#: The passage rows that pass, in order, of each segment; None: all that count.
Rows = Mapping[int, NDArray[np.int64] | None]

#: Up to this many documents a filtered lexical search is told which; it costs 2 ms for 1,000.
LISTED = 1000
#: From so many passages on a search is done by several threads.
SIDE_BY_SIDE = 50_000

Found = TypeVar("Found")


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
    costs little more than one. A segment is asked for its share of them, and once more if it gave
    nothing but what is among the best.
    """
    chosen = {n: one.live_rows if rows[n] is None else rows[n] for n, one in segments.items()}
    sizes = {n: len(segments[n].dense) if held is None else len(held) for n, held in chosen.items()}
    whole = max(1, sum(sizes.values()))

    def ask(number: int, share: float) -> Callable[[], tuple[NDArray[np.int64], NDArray[np.float32], bool]]:
        index = segments[number].dense
        return partial(index.candidates, query, k, chosen[number], share=share)

    shares = {number: size / whole for number, size in sizes.items()}
    parts = _each(segments, [ask(number, share) for number, share in shares.items()])
    found: list[tuple[int, float]] = []
    near = {}
    for number, (held, scores, exactly) in zip(segments, parts, strict=True):
        if exactly:
            found += segments[number].keyed(held, scores)
        else:
            near[number] = held, scores
    worst = worst_of([scores for _, scores in near.values()], k)
    short = [
        number
        for number, (_, scores) in near.items()
        if len(scores) == asked_for(k, shares[number]) < asked_for(k) and scores.min() >= worst
    ]
    if short:
        more = _each(segments, [ask(number, 1.0) for number in short])
        near.update((number, (held, scores)) for number, (held, scores, _) in zip(short, more, strict=True))
        worst = worst_of([scores for _, scores in near.values()], k)
    for number, (held, scores) in near.items():
        found += segments[number].keyed(
            *segments[number].dense.best(query, k, np.sort(held[scores >= worst]))
        )
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


def both(
    segments: Mapping[int, Segment],
    one: Callable[[], list[tuple[int, float]]],
    other: Callable[[], list[tuple[int, float]]],
) -> list[list[tuple[int, float]]]:
    """Two searches, side by side where that gains."""
    return _each(segments, (one, other))


def _each(segments: Mapping[int, Segment], parts: Sequence[Callable[[], Found]]) -> list[Found]:
    """What each part returns; in a small library a change of threads takes longer than a search."""
    if sum(len(segment.dense) for segment in segments.values()) < SIDE_BY_SIDE:
        return [part() for part in parts]
    return side_by_side(parts)


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
