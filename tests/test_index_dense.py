"""Dense search: each FAISS path against exact search in plain NumPy."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import dense
from index.dense import DenseIndex, Rows, Vectors
from index.errors import LibraryDamaged
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
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Builds and opens an index of a kind, stored as a segment stores it."""
    opened: list[DenseIndex] = []

    def build(vectors: Vectors, kind: str = "auto", *, flat_limit: int = dense.FLAT_LIMIT) -> DenseIndex:
        monkeypatch.setattr(dense, "FLAT_LIMIT", flat_limit)
        np.save(tmp_path / "vectors.npy", vectors)
        if dense.in_16_bits(dense.build(vectors, tmp_path / "dense.faiss", kind)):
            dense.halve(tmp_path / "vectors.npy")
        opened.append(DenseIndex(tmp_path))
        return opened[-1]

    yield build
    for index in opened:
        index.close()


@pytest.fixture
def inverted(make: Make) -> DenseIndex:
    made = make(units(6000, 32, clusters=150), "ivf-sq8", flat_limit=100)
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
    ("count", "choice", "kind"),
    [
        (0, "auto", "Flat"),
        (10_000, "auto", "Flat"),
        (10_001, "auto", "IVF1,PQ192x4fs"),
        (300_000, "auto", "IVF1,PQ192x4fs"),
        (300_001, "auto", "IVF512,PQ192x4fs"),
        (1_000_000, "auto", "IVF1024,PQ192x4fs"),
        (10_000_000, "ivf-pq", "IVF4096,PQ192x4fs"),
        (10_000, "exact", "Flat"),
        (1_000_000, "exact", "SQfp16"),
        (10_000, "ivf-sq8", "Flat"),
        (1_000_000, "ivf-sq8", "IVF1024,SQ8"),
    ],
)
def test_the_kind_of_index_follows_the_number_of_vectors_and_what_is_asked_for(
    count: int, choice: str, kind: str
) -> None:
    assert dense.kind_for(count, choice) == kind
    assert dense.in_16_bits(kind) == kind.startswith("IVF")
    assert dense.kind_for(20_000, "ivf-pq", dimension=7) == "IVF1,PQ7x4fs"


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


KIND_TESTS = ["exact", "ivf-sq8", "ivf-pq", "ivf-pq in lists"]


@pytest.fixture
def made_as(make: Make, monkeypatch: pytest.MonkeyPatch) -> Make:
    """An index of each kind out of few vectors."""

    def build(vectors: Vectors, kind: str) -> DenseIndex:
        monkeypatch.setattr(dense, "HALF_FROM", 100)
        monkeypatch.setattr(dense, "ONE_LIST", 100 if "lists" in kind else 100_000)
        return make(vectors, kind.split()[0], flat_limit=100)

    return build


@pytest.mark.parametrize("kind", KIND_TESTS)
@pytest.mark.parametrize("exact_rows", [10, 100_000])
def test_a_search_of_every_kind_returns_the_best_of_the_selected_rows(
    made_as: Make, monkeypatch: pytest.MonkeyPatch, kind: str, exact_rows: int
) -> None:
    """Few rows are scored one by one, many searched behind a selector; both find what a plain loop does."""
    monkeypatch.setattr(dense, "EXACT_ROWS", exact_rows)
    vectors = units(4000, 24, clusters=100)
    made = made_as(vectors, kind)
    random = np.random.default_rng(5)
    hits = asked = 0
    for share, query in zip((0.02, 0.1, 0.3, 0.6, 0.9, 1.0) * 4, near(vectors, 24), strict=True):
        rows = np.sort(random.permutation(4000)[: int(4000 * share)]).astype(np.int64)
        chosen = rows if share < 1 else None
        expected = [row for _, row in oracle(vectors, query, 10, rows)]
        found, scores = made.search(query, 10, chosen)
        assert set(found.tolist()) <= set(rows.tolist())
        assert len(found) == len(set(found.tolist())) == 10
        # Stored in 16 bits, 24 numbers of a unit vector give a product to about 1e-4.
        assert scores == pytest.approx((vectors[found] @ query).tolist(), abs=3e-4)
        assert scores.tolist() == sorted(scores.tolist(), reverse=True)
        hits += len(set(expected) & set(found.tolist()))
        asked += 10
        if kind == "exact":
            assert found.tolist() == expected
        deep, _ = made.search(query, 4000, chosen)
        assert sorted(deep.tolist()) == rows.tolist()
    assert hits >= 0.97 * asked


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, DenseIndex]]:
    """1,500 vectors indexed in each of the ways."""
    found = {}
    vectors = units(1500, 24, clusters=30)
    for kind in KIND_TESTS:
        folder = tmp_path_factory.mktemp("small")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dense, "FLAT_LIMIT", 100)
            patch.setattr(dense, "HALF_FROM", 100)
            patch.setattr(dense, "ONE_LIST", 100 if "lists" in kind else 100_000)
            np.save(folder / "vectors.npy", vectors)
            if dense.in_16_bits(dense.build(vectors, folder / "dense.faiss", kind.split()[0])):
                dense.halve(folder / "vectors.npy")
        found[kind] = DenseIndex(folder)
    yield found
    for one in found.values():
        one.close()


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_whatever_is_selected_nothing_else_is_found_and_nothing_is_missing(
    small: dict[str, DenseIndex], data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(KIND_TESTS))
    made = small[kind]
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, 1499), max_size=1500))), dtype=np.int64)
    k = data.draw(st.integers(1, 1600))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense, "EXACT_ROWS", data.draw(st.sampled_from([0, 200])))
        found, scores = made.search(np.asarray(made.vectors[7], np.float32), k, rows)
    assert len(found) == min(k, len(rows)) and set(found.tolist()) <= set(rows.tolist())
    best = dense.exact(made.vectors, np.asarray(made.vectors[7], np.float32), k, rows)[1]
    assert len(best) == 0 or scores[0] == best[0]


@pytest.mark.parametrize("kind", KIND_TESTS)
def test_where_nothing_can_be_mapped_the_index_is_read_whole_and_finds_the_same(
    made_as: Make, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    vectors = units(2000, 24, clusters=50)
    mapped = made_as(vectors, kind)
    queries = near(vectors, 5)
    expected = [mapped.search(query, 10) for query in queries]
    read = faiss.read_index

    def unmapped(path: str, flags: int = 0) -> object:
        if flags:
            raise RuntimeError("mmap is not supported on this platform")
        return read(path)

    monkeypatch.setattr(faiss, "read_index", unmapped)
    whole = DenseIndex(mapped._path.parent)
    for query, (rows, scores) in zip(queries, expected, strict=True):
        found, again = whole.search(query, 10)
        assert found.tolist() == rows.tolist() and again.tolist() == scores.tolist()
    whole.close()


def test_an_index_that_cannot_be_read_in_any_way_is_damage(made_as: Make) -> None:
    made = made_as(units(2000, 24), "ivf-pq")
    made._path.write_bytes(made._path.read_bytes()[:500])
    with pytest.raises(LibraryDamaged, match="litquote verify"):
        made.open()


def test_vectors_in_16_bits_are_the_same_to_a_cosine_of_six_nines(tmp_path: Path) -> None:
    vectors = units(3000, 384)
    np.save(tmp_path / "vectors.npy", vectors)
    dense.halve(tmp_path / "vectors.npy")
    stored = dense.load_vectors(tmp_path)
    assert stored.dtype == np.float16 and stored.shape == vectors.shape
    assert np.array_equal(stored, np.load(tmp_path / "vectors.npy"))
    kept = stored.astype(np.float64)
    cosines = np.einsum("nd,nd->n", kept, vectors) / np.linalg.norm(kept, axis=1)
    assert cosines.min() > 0.9999997


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
    made = make(vectors, "exact")
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
