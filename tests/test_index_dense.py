"""Dense search: each FAISS path against exact search in plain NumPy."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import dense
from index.dense import DenseIndex, Rows, Vectors
from index.segments import SegmentWriter


def units(count: int, dimension: int, *, clusters: int = 0, seed: int = 0) -> Vectors:
    """Random unit rows; texts lie in clusters, which is what an inverted file lives on."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(count, dimension))
    if clusters:
        rows = random.normal(size=(clusters, dimension))[random.integers(clusters, size=count)] + 0.5 * rows
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def near(vectors: Vectors, count: int, *, seed: int = 1) -> Vectors:
    """Questions near some of the vectors."""
    random = np.random.default_rng(seed)
    rows = vectors[random.integers(len(vectors), size=count)]
    rows = rows + 0.1 * random.normal(size=rows.shape).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def oracle(vectors: Vectors, query: Vectors, k: int, rows: Rows | None = None) -> list[tuple[float, int]]:
    """Every score, one at a time, sorted."""
    chosen = range(len(vectors)) if rows is None else rows.tolist()
    return sorted((-float(np.dot(vectors[row], query)), row) for row in chosen)[:k]


Make = Callable[..., DenseIndex]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def build(vectors: Vectors, **options: int) -> DenseIndex:
        np.save(tmp_path / "vectors.npy", vectors)
        dense.build(vectors, tmp_path / "dense.faiss", **options)
        return DenseIndex(tmp_path)

    return build


@pytest.fixture
def inverted(make: Make) -> DenseIndex:
    made = make(units(6000, 32, clusters=150), flat_limit=100)
    assert type(made._faiss()).__name__ == "IndexIVFScalarQuantizer"
    return made


def test_the_exact_index_gives_the_order_and_scores_of_plain_search(make: Make) -> None:
    vectors = units(500, 24)
    made = make(vectors)
    assert len(made) == made.indexed() == 500
    for query in near(vectors, 20):
        expected = oracle(vectors, query, 10)
        for rows, scores in (made.search(query, 10), dense.exact(vectors, query, 10)):
            assert rows.tolist() == [row for _, row in expected]
            assert scores == pytest.approx([-score for score, _ in expected], abs=1e-5)


def test_more_than_there_are_gives_all_of_them(make: Make) -> None:
    vectors = units(7, 8)
    rows, _ = make(vectors).search(vectors[3], 50)
    assert rows[0] == 3
    assert sorted(rows.tolist()) == list(range(7))


def test_equal_scores_come_in_the_order_of_rows() -> None:
    vectors = np.tile(np.eye(1, 4, dtype=np.float32), (5, 1))
    assert dense.exact(vectors, vectors[0], 3)[0].tolist() == [0, 1, 2]
    assert dense.exact(vectors, vectors[0], 2, np.array([4, 1, 3]))[0].tolist() == [1, 3]


@pytest.mark.parametrize(
    ("count", "kind"),
    [
        (0, "Flat"),
        (10_000, "Flat"),
        (10_001, "SQfp16"),
        (100_000, "SQfp16"),
        (100_001, "IVF1024,SQ8"),
        (1_000_000, "IVF4096,SQ8"),
    ],
)
def test_the_kind_of_index_follows_the_number_of_vectors(count: int, kind: str) -> None:
    assert dense.kind_for(count) == kind
    assert dense.kind_for(1000, flat_limit=999) == "IVF25,SQ8"


def test_the_inverted_index_finds_nearly_all_and_its_scores_are_exact(inverted: DenseIndex) -> None:
    vectors = np.asarray(inverted.vectors)
    hits = 0
    for query in near(vectors, 40):
        rows, scores = inverted.search(query, 10)
        hits += len({row for _, row in oracle(vectors, query, 10)} & set(rows.tolist()))
        assert scores == pytest.approx((vectors[rows] @ query).tolist(), abs=1e-6)
        assert scores.tolist() == sorted(scores.tolist(), reverse=True)
    assert hits / 400 >= 0.95


def test_the_inverted_index_never_gives_fewer_than_there_are(inverted: DenseIndex) -> None:
    """A deep list must not end where the probed lists do."""
    query = near(np.asarray(inverted.vectors), 1)[0]
    assert sorted(inverted.search(query, 6000)[0].tolist()) == list(range(6000))
    assert len(inverted.search(query, 5000)[0]) == 5000


@pytest.mark.parametrize("flat_limit", [100, 100_000])
@pytest.mark.parametrize("exact_rows", [10, 100_000])
def test_a_filtered_search_returns_the_best_of_the_selected_rows(
    make: Make, monkeypatch: pytest.MonkeyPatch, flat_limit: int, exact_rows: int
) -> None:
    """Few rows are scored one by one, many are searched behind a selector; both find the same."""
    monkeypatch.setattr(dense, "EXACT_ROWS", exact_rows)
    vectors = units(4000, 24, clusters=100)
    made = make(vectors, flat_limit=flat_limit)
    random = np.random.default_rng(5)
    hits = 0
    for share, query in zip((0.02, 0.1, 0.3, 0.6, 0.9), near(vectors, 5), strict=True):
        rows = random.permutation(4000)[: int(4000 * share)].astype(np.int64)
        expected = [row for _, row in oracle(vectors, query, 10, rows)]
        found, scores = made.search(query, 10, rows)
        assert set(found.tolist()) <= set(rows.tolist())
        assert len(found) == 10
        assert scores == pytest.approx((vectors[found] @ query).tolist(), abs=1e-5)
        hits += len(set(expected) & set(found.tolist()))
        if exact_rows == 100_000 or flat_limit == 100_000:
            assert found.tolist() == expected
        deep, _ = made.search(query, 4000, rows)
        assert sorted(deep.tolist()) == sorted(rows.tolist())
    assert hits >= 48


def test_an_empty_index_and_an_empty_selection_find_nothing(make: Make) -> None:
    empty = make(np.empty((0, 8), dtype=np.float32))
    assert len(empty) == empty.indexed() == 0
    query = np.eye(1, 8, dtype=np.float32)[0]
    assert empty.search(query, 5)[0].tolist() == []
    one = make(units(3, 8))
    assert one.search(query, 5, np.empty(0, np.int64))[0].tolist() == []
    assert one.search(query, 0)[0].tolist() == []


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30), st.integers(1, 40))
def test_exact_search_equals_sorting_for_any_scores(values: list[int], k: int) -> None:
    vectors = np.array([[value] for value in values], dtype=np.float32)
    rows, scores = dense.exact(vectors, np.ones(1, np.float32), k)
    assert [(-score, row) for score, row in zip(scores.tolist(), rows.tolist(), strict=True)] == sorted(
        (-float(value), row) for row, value in enumerate(values)
    )[:k]


def test_half_precision_finds_what_exact_search_finds(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are compared in 16 bits, the best again in 32: the same rows and scores, filtered or not."""
    monkeypatch.setattr(dense, "HALF_FROM", 100)
    vectors = units(3000, 32, clusters=40)
    made = make(vectors)
    rows = np.arange(0, 3000, 2, dtype=np.int64)
    monkeypatch.setattr(dense, "EXACT_ROWS", 10)
    for query in units(25, 32):
        for chosen in (None, rows):
            found, scores = made.search(query, 20, chosen)
            best, values = dense.exact(vectors, query, 20, chosen)
            assert found.tolist() == best.tolist()
            assert scores == pytest.approx(values, abs=1e-6)


@pytest.mark.parametrize("count", [0, 1, 3, 12_345])
def test_stored_vectors_are_read_as_numpy_reads_them_without_python_s_parser(
    tmp_path: Path, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In CPython 3.11 two threads in the parser at once may end in a SystemError."""
    writer = SegmentWriter(tmp_path / "segment", 1, dimension=16)
    vectors = units(count, 16)
    for first in range(0, count, 5000):
        writer.add_vectors(vectors[first : first + 5000])
    writer._header()
    writer._vectors.close()
    writer.records.close()
    expected = np.load(tmp_path / "segment" / "vectors.npy")
    monkeypatch.setattr(ast, "parse", None)
    found = dense.load_vectors(tmp_path / "segment")
    assert found.dtype == expected.dtype and found.shape == expected.shape == (count, 16)
    assert np.array_equal(found, vectors)
    assert isinstance(found, np.memmap) or not count


@pytest.mark.parametrize("cut", [0, 5, 60, 127, 128, 150])
def test_vectors_that_are_cut_short_are_damage(tmp_path: Path, cut: int) -> None:
    np.save(tmp_path / "vectors.npy", units(2, 16))
    data = (tmp_path / "vectors.npy").read_bytes()
    (tmp_path / "vectors.npy").write_bytes(data[:cut])
    with pytest.raises((ValueError, EOFError, OSError)):
        dense.load_vectors(tmp_path)
