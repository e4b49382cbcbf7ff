"""FAISS over the stored vectors, and an exact NumPy search beside it as its oracle.

Vectors are unit rows, so the inner product is the cosine. ``vectors.npy`` is the truth; the FAISS
index finds candidates fast, which are scored again from it. Few vectors are all compared; more are
scanned by codes of 4 bits for every two numbers, which stay in registers (product quantisation: Jégou,
Douze, Schmid 2011; in blocks: André, Kermarrec, Le Scouarnec 2015), in inverted lists (Johnson, Douze, Jégou
2017, arXiv:1702.08734) once a scan of all would take milliseconds. ``docs/retrieval.md`` has the figures
behind every number here.
"""

from __future__ import annotations

import os
import re
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from index.errors import LibraryDamaged

#: Unit rows; as stored also in 16 bits, which products promote to 32.
Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]

#: ``auto``: up to this many vectors all are compared; an inverted file is never made of fewer.
FLAT_LIMIT = 10_000
#: Where ``exact`` is asked for: from this many on in 16 bits, twice as fast; the best are scored again.
HALF_FROM = 10_000
#: Up to this many vectors codes of 4 bits are one list, scanned whole (about 7 ms a million).
ONE_LIST = 300_000
#: Up to this many selected rows a filtered search of an inverted file scores each exactly, from the
#: stored vectors; above, it searches the lists, widened. (A flat index is exact whatever is selected.)
EXACT_ROWS = 2_000
#: Lists searched: this times the square root of their number, since a question's best passages lie in many.
_PROBES = 8
#: So many candidates are scored again at least; more of them where a longer list is asked for.
_CANDIDATES = 100
#: Vectors to train on for each list; and for the codes, of 16 centroids each.
_PER_LIST, _FOR_CODES, _ROUNDS = 64, 8192, 10
_BLOCK = 8192
#: Up to so many rows are read one by one.
_READ = 2_048
#: The head of ``vectors.npy`` as :class:`index.segments.SegmentWriter` writes it. Read here since numpy reads
#: it with Python's parser, which fails now and then when two threads are in it (CPython issue 106905).
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '(<f[24])', 'fortran_order': False, 'shape': \((\d+), (\d+)\), \} *\n",
    re.DOTALL,
)
_HEADER_LENGTH = 4096


def exact(vectors: Vectors, query: Vectors, k: int, rows: Rows | None = None) -> tuple[Rows, Vectors]:
    """The ``k`` best rows of ``vectors`` (n, d) for ``query`` (d,), best first, ties by row."""
    if rows is None:
        rows = np.arange(len(vectors), dtype=np.int64)
    scores = np.empty(len(rows), dtype=np.float32)
    for start in range(0, len(rows), _BLOCK):  # in blocks: never a copy of all the vectors at once
        scores[start : start + _BLOCK] = vectors[rows[start : start + _BLOCK]] @ query
    best = np.lexsort((rows, -scores))[:k]
    return rows[best], scores[best]


def kind_for(count: int, choice: str = "auto", *, dimension: int = 384) -> str:
    """The FAISS factory string for ``count`` vectors.

    ``choice`` is one of :data:`index.manifest.INDEX_KINDS`.
    """
    if choice == "exact" or count <= FLAT_LIMIT:
        return "Flat" if count <= HALF_FROM else "SQfp16"
    lists = 2 ** round(np.log2(np.sqrt(count)))
    if choice == "ivf-sq8":
        return f"IVF{min(lists, max(1, count // 40))},SQ8"
    codes = dimension // 2 if dimension % 2 == 0 else dimension
    return f"IVF{lists if count > ONE_LIST else 1},PQ{codes}x4fs"


def in_16_bits(kind: str) -> bool:
    """Whether the vectors under an index of this kind are stored in 16 bits.

    Half the disk and half the pages that scoring again touches, for a cosine to the 32-bit vector of at least
    0.9999997; an exact index keeps what the encoder gave.
    """
    return kind.startswith("IVF")


def build(vectors: Vectors, path: Path, choice: str = "auto") -> str:
    """Index ``vectors`` (n, d) into ``path``; returns the factory string chosen."""
    import faiss as untyped_faiss

    faiss: Any = untyped_faiss
    count, dimension = vectors.shape
    kind = kind_for(count, choice, dimension=dimension)
    index = faiss.index_factory(dimension, kind, faiss.METRIC_INNER_PRODUCT)
    if not index.is_trained:
        _train(faiss, index, vectors)
    for start in range(0, count, 65536):
        index.add(np.ascontiguousarray(vectors[start : start + 65536], dtype=np.float32))
    faiss.write_index(index, str(path))
    return kind


def _train(faiss: Any, index: Any, vectors: Vectors) -> None:
    """Learn lists and codes from a sample spread over the whole: neighbours are often of one paper."""
    index.cp.niter, index.cp.max_points_per_centroid = _ROUNDS, _PER_LIST
    if hasattr(index, "pq"):
        index.pq.cp.niter = _ROUNDS
    size = min(len(vectors), max(_FOR_CODES, _PER_LIST * index.nlist))
    sample = np.linspace(0, len(vectors) - 1, size, dtype=np.int64)
    threads = faiss.omp_get_max_threads()
    # Codes are many small problems, which several threads only get in each other's way at: 0.5 s or 9 s.
    faiss.omp_set_num_threads(1 if index.nlist == 1 else threads)
    try:
        index.train(np.ascontiguousarray(vectors[sample], dtype=np.float32))
    finally:
        faiss.omp_set_num_threads(threads)


def halve(path: Path) -> None:
    """Write the vectors at ``path`` in 16 bits in place of 32, in one step."""
    vectors = load_vectors(path.parent)
    partial = path.with_name(path.name + ".tmp")
    with partial.open("wb") as stream:
        write_header(stream, "<f2", vectors.shape)
        for start in range(0, len(vectors), _BLOCK):
            stream.write(vectors[start : start + _BLOCK].astype("<f2").tobytes())
    del vectors  # a file that is mapped cannot be replaced on Windows
    partial.replace(path)


def write_header(stream: BinaryIO, numbers: str, shape: tuple[int, ...]) -> None:
    """Write the head of a ``.npy`` file; numpy pads it so that the count can grow in place."""
    np.lib.format.write_array_header_1_0(
        stream, {"descr": numbers, "fortran_order": False, "shape": tuple(shape)}
    )


def load_vectors(folder: Path) -> Vectors:
    """The stored vectors of a segment, memory-mapped. Raises OSError or ValueError for a damaged file."""
    path = folder / "vectors.npy"
    with path.open("rb") as stream:
        start = stream.read(_HEADER_LENGTH)
    if (header := _HEADER.match(start)) is None:
        return np.load(path)  # type: ignore[no-any-return]
    numbers, shape = header[1].decode(), (int(header[2]), int(header[3]))
    if not shape[0]:  # nothing cannot be mapped
        return np.empty(shape, np.float32)
    return np.memmap(path, numbers, "r", header.end(), shape)


class DenseIndex:
    """A published index: ``vectors`` memory-mapped, FAISS opened at the first search."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "dense.faiss"
        mapped = load_vectors(folder)
        self.vectors: Vectors = np.asarray(mapped)  # a view that costs less to index
        self._offset = int(getattr(mapped, "offset", 0))
        #: Where rows can be read one by one: the open file, let go with this object at the latest.
        self._number = -1
        if hasattr(os, "pread"):
            self._number = os.open(folder / "vectors.npy", os.O_RDONLY)
            self._closing = weakref.finalize(self, os.close, self._number)
        self._index: Any = None
        self._selected: tuple[Rows | None, Any] = (None, None)

    def __len__(self) -> int:
        return int(self.vectors.shape[0])

    def close(self) -> None:
        """Let go of the file. Calling it again changes nothing."""
        if self._number >= 0:
            self._number = -1  # another file may get it
            self._closing()

    def scores(self, query: Vectors, rows: Rows) -> Vectors:
        """The exact cosine of each of ``rows`` with ``query`` (d,).

        A few scattered rows are read rather than looked at in the mapped file, where each would keep its
        neighbourhood in memory, too: after some hundred questions all there is.
        """
        if len(rows) > _READ or self._number < 0:
            return np.asarray(self.vectors[rows] @ query, dtype=np.float32)
        width = self.vectors.strides[0]
        read = b"".join([os.pread(self._number, width, self._offset + row * width) for row in rows.tolist()])
        found = np.frombuffer(read, self.vectors.dtype).reshape(len(rows), self.vectors.shape[1])
        return np.asarray(found @ query, dtype=np.float32)

    def best(self, query: Vectors, k: int, rows: Rows | None) -> tuple[Rows, Vectors]:
        """As :func:`exact`, over the stored vectors; the same order, whichever way rows are read."""
        if rows is None or len(rows) > _READ:
            return exact(self.vectors, query, k, rows)
        scores = self.scores(query, rows)
        order = np.lexsort((rows, -scores))[:k]
        return rows[order], scores[order]

    def open(self) -> None:
        """Open the FAISS index. Raises LibraryDamaged."""
        self._faiss()

    def _faiss(self) -> Any:
        if self._index is None:
            self._index = _opened(self._path)
        return self._index

    def indexed(self) -> int:
        """How many vectors the FAISS index holds."""
        return int(self._faiss().ntotal)

    def count_above(self, query: Vectors, score: float, rows: Rows | None = None) -> int:
        """How many of ``rows`` (None: all) have a larger cosine with ``query`` than ``score``, exactly."""
        if rows is None:
            rows = np.arange(len(self), dtype=np.int64)
        # Two ways to add up the same products may differ in the last bit.
        limit = score + 1e-6
        blocks = (rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK))
        return sum(int((self.vectors[block] @ query > limit).sum()) for block in blocks)

    def search(self, query: Vectors, k: int, rows: Rows | None = None) -> tuple[Rows, Vectors]:
        """The best ``k`` rows for ``query`` (d,), best first; only among ``rows`` (in order) when given.

        Always ``min(k, rows)`` of them, with exact cosines.
        """
        found, scores, exactly = self.candidates(query, k, rows)
        return (found, scores) if exactly else self.best(query, k, np.sort(found))

    def candidates(
        self, query: Vectors, k: int, rows: Rows | None = None, *, share: float = 1.0
    ) -> tuple[Rows, Vectors, bool]:
        """Rows that hold the best ``k``, their scores, and whether these are exact and the rows just those.

        Up to EXACT_ROWS selected rows are each scored; among more, an inverted file is searched behind a
        selector, probing more lists the smaller their share is. Scores that are not exact are near the
        cosine, and compare with those of other indexes of the kind; of an index that holds but a ``share`` of
        all that is searched there are as many as :func:`asked_for` says.
        """
        count = len(self)
        wanted = min(k, count if rows is None else len(rows))
        if wanted <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32), True
        if rows is not None and len(rows) <= min(EXACT_ROWS, max(count // 8, 2000)):
            return *self.best(query, k, rows), True
        index = self._faiss()
        inverted = hasattr(index, "nlist")
        deep = asked_for(k)
        if inverted and (2 * deep > count or (rows is not None and len(rows) <= max(EXACT_ROWS, deep))):
            return *self.best(query, k, rows), True
        import faiss as untyped_faiss

        faiss: Any = untyped_faiss  # its stubs know the C++ signatures, not the Python ones
        options = {} if rows is None else {"sel": self._selector(faiss, rows)}
        if not inverted:
            parameters = faiss.SearchParameters(**options) if options else None
            half = type(index).__name__ == "IndexScalarQuantizer"
            scores, found = index.search(query[None, :], min(2 * k if half else k, count), params=parameters)
            keep = found[0] >= 0
            if half:
                return *self.best(query, k, np.sort(found[0][keep].astype(np.int64))), True
            return found[0][keep].astype(np.int64), scores[0][keep], True
        selected = 1.0 if rows is None else len(rows) / count
        lists = int(index.nlist)
        probes = min(lists, round(_PROBES * lists**0.5 / selected))
        parameters = faiss.SearchParametersIVF(nprobe=probes, **options)
        deep = asked_for(k, share)
        scores, found = index.search(query[None, :], deep, params=parameters)
        keep = found[0] >= 0
        if int(keep.sum()) < min(wanted, deep):
            # The lists probed hold too few: a deep list is rare, and must not be a short one.
            return *self.best(query, k, rows), True
        return found[0][keep].astype(np.int64), scores[0][keep], False

    def _selector(self, faiss: Any, rows: Rows) -> Any:
        """What lets only ``rows`` pass; kept, since the rows of a filter are asked for again and again."""
        held, selector = self._selected
        if held is not rows:
            chosen = np.zeros(len(self), dtype=bool)
            chosen[rows] = True
            selector = faiss.IDSelectorBitmap(np.packbits(chosen, bitorder="little"))
            self._selected = rows, selector
        return selector


def asked_for(k: int, share: float = 1.0) -> int:
    """How many candidates for the best ``k`` an index is asked for that holds a ``share`` of all vectors.

    Half as many again as it would have by chance, for a long list takes as long as a third of the scan.
    """
    deep = max(6 * k, _CANDIDATES)
    return min(deep, int(1.5 * share * deep) + 50)


def worst_of(scores: Sequence[Vectors], k: int) -> float:
    """The least score of the candidates of several indexes that are scored again for the best ``k``.

    So many are as if they came from one index.
    """
    every, deep = np.concatenate([*scores, np.empty(0, np.float32)]), asked_for(k)
    return float(np.partition(every, -deep)[-deep]) if len(every) > deep else -np.inf


def _opened(path: Path) -> Any:
    """The FAISS index at ``path``, memory-mapped where its kind and the platform can. Raises LibraryDamaged.

    Mapped, opening a large library reads only what a question touches.
    """
    import faiss as untyped_faiss

    faiss: Any = untyped_faiss
    for flags in (faiss.IO_FLAG_MMAP_IFC, 0):
        try:
            return faiss.read_index(str(path), flags)
        except RuntimeError as error:
            reason = error
    raise LibraryDamaged(
        f"{path} is missing or cannot be read; find what is wrong with: litquote verify; "
        "publish an earlier generation with: litquote rollback"
    ) from reason
