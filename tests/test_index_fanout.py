"""One search over several segments: as one index would find it, by one thread or several."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from index import dense, fanout, parallel
from index.dense import DenseIndex, Rows, Vectors
from index.segments import Segment


class Part:
    """As much of a segment as a dense search reads."""

    keyed = Segment.keyed

    def __init__(self, number: int, index: DenseIndex) -> None:
        self.number, self.dense, self.live_rows = number, index, None


def units(count: int, dimension: int, clusters: int) -> Vectors:
    chance = np.random.default_rng(0)
    centres = chance.normal(size=(clusters, dimension))
    rows = centres[np.sort(chance.integers(clusters, size=count))] + 0.5 * chance.normal(
        size=(count, dimension)
    )
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def asked(vectors: Vectors, count: int) -> Vectors:
    chance = np.random.default_rng(1)
    rows = vectors[chance.integers(len(vectors), size=count)] + 0.1 * chance.normal(
        size=(count, vectors.shape[1])
    )
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture
def cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., dict[int, Segment]]]:
    """Puts vectors into segments of codes, the first of them small and exact."""
    opened: list[DenseIndex] = []
    monkeypatch.setattr(dense, "FLAT_LIMIT", 300)
    monkeypatch.setattr(dense, "EXACT_ROWS", 100)

    def segments(vectors: Vectors, at: list[int]) -> dict[int, Segment]:
        found: dict[int, Any] = {}
        for number, part in enumerate(np.split(vectors, at), 1):
            folder = tmp_path / str(number)
            folder.mkdir()
            np.save(folder / "vectors.npy", part)
            if dense.in_16_bits(dense.build(part, folder / "dense.faiss")):
                dense.halve(folder / "vectors.npy")
            opened.append(DenseIndex(folder))
            found[number] = Part(number, opened[-1])
        return cast("dict[int, Segment]", found)

    yield segments
    for index in opened:
        index.close()


def test_several_segments_find_what_one_index_would(cut: Callable[..., dict[int, Segment]]) -> None:
    """Neighbours lie in one segment here, which is asked again when its share was too small."""
    vectors = units(6200, 32, clusters=150)
    segments = cut(vectors, [200, 2200, 4200])
    every: fanout.Rows = dict.fromkeys(segments)
    starts = {1: 0, 2: 200, 3: 2200, 4: 4200}
    hits = 0
    for query in asked(vectors, 40):
        found = fanout.dense(segments, query, 20, every)
        rows = [starts[key >> 32] + (key & 0xFFFFFFFF) for key, _ in found]
        assert len(rows) == len(set(rows)) == 20
        assert [score for _, score in found] == pytest.approx(
            [float(vectors[row] @ query) for row in rows], abs=3e-4
        )
        assert found == sorted(found, key=lambda hit: (-hit[1], hit[0]))
        hits += len(set(rows) & set(np.argsort(-(vectors @ query))[:20].tolist()))
    assert hits >= 0.98 * 800


def test_asking_each_for_its_share_changes_nothing(
    cut: Callable[..., dict[int, Segment]], monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = units(6200, 32, clusters=40)
    segments = cut(vectors, [200, 2200, 4200])
    chosen: dict[int, Rows | None] = {2: np.arange(0, 2000, 2), 3: None, 4: np.arange(500), 1: None}
    sizes = []
    bare = DenseIndex.candidates

    def counted(self: DenseIndex, *given: Any, share: float = 1.0) -> Any:
        sizes.append(share)
        return bare(self, *given, share=share)

    monkeypatch.setattr(DenseIndex, "candidates", counted)
    for query in asked(vectors, 30):
        for rows in (dict.fromkeys(segments), chosen):
            sizes.clear()
            found = fanout.dense(segments, query, 20, rows)
            assert sum(sizes[:4]) == pytest.approx(1.0) and set(sizes[4:]) <= {1.0}
            with monkeypatch.context() as whole:
                whole.setattr(fanout, "asked_for", lambda k, share=1.0: 120)
                whole.setattr(dense, "asked_for", lambda k, share=1.0: 120)
                assert fanout.dense(segments, query, 20, rows) == found


def test_several_threads_find_the_same(
    cut: Callable[..., dict[int, Segment]], monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = units(3000, 32, clusters=40)
    segments = cut(vectors, [200, 1600])
    every: fanout.Rows = dict.fromkeys(segments)
    queries = asked(vectors, 20)
    alone = [fanout.dense(segments, query, 20, every) for query in queries]
    calls = []
    monkeypatch.setattr(
        fanout, "side_by_side", lambda parts: calls.append(len(parts)) or parallel.side_by_side(parts)
    )
    monkeypatch.setattr(fanout, "SIDE_BY_SIDE", 0)
    assert [fanout.dense(segments, query, 20, every) for query in queries] == alone
    assert calls.count(3) == 20


def test_no_segments_find_nothing() -> None:
    assert fanout.dense({}, np.ones(4, np.float32), 20, {}) == []
