"""FAISS over the stored vectors, and an exact NumPy search beside it as its oracle.

Vectors are unit rows, so the inner product is the cosine. ``vectors.npy`` is the truth; the FAISS
index finds candidates fast. Up to :data:`FLAT_LIMIT` vectors it compares all; above, an inverted file
with 8-bit scalar quantisation (Johnson, Douze, Jégou 2017, arXiv:1702.08734), whose candidates are
scored again from the stored vectors.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import LibraryDamaged

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]

#: Up to this many vectors all are compared (1M x 384 flat: 48 ms a question) ...
FLAT_LIMIT = 100_000
#: ... from this many on in 16 bits, which is four times as fast; the best are scored again in 32.
HALF_FROM = 10_000
#: Up to this many selected rows a filtered search of an inverted file scores each exactly, from the
#: stored vectors; above, it searches the lists, widened. (A flat index is exact whatever is selected.)
EXACT_ROWS = 50_000
_PROBES = 32
_TRAINING_VECTORS = 200_000
_BLOCK = 8192
#: The head of ``vectors.npy`` as :class:`index.segments.SegmentWriter` writes it. Read here since numpy reads
#: it with Python's parser, which fails now and then when two threads are in it (CPython issue 106905).
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\), \} *\n",
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


def kind_for(count: int, *, flat_limit: int = FLAT_LIMIT) -> str:
    """The FAISS factory string for ``count`` vectors."""
    if count <= flat_limit:
        return "Flat" if count <= HALF_FROM else "SQfp16"
    lists = 2 ** round(np.log2(4 * np.sqrt(count)))
    return f"IVF{min(lists, max(1, count // 40))},SQ8"


def build(vectors: Vectors, path: Path, *, flat_limit: int = FLAT_LIMIT) -> str:
    """Index ``vectors`` (n, d) into ``path``; returns the factory string chosen."""
    import faiss

    count, dimension = vectors.shape
    kind = kind_for(count, flat_limit=flat_limit)
    index = faiss.index_factory(dimension, kind, faiss.METRIC_INNER_PRODUCT)
    if not index.is_trained:
        step = max(1, count // _TRAINING_VECTORS)
        index.train(np.ascontiguousarray(vectors[::step], dtype=np.float32))
    for start in range(0, count, 65536):
        index.add(np.ascontiguousarray(vectors[start : start + 65536], dtype=np.float32))
    faiss.write_index(index, str(path))
    return kind


def load_vectors(folder: Path) -> Vectors:
    """The stored vectors of a segment, memory-mapped. Raises OSError or ValueError for a damaged file."""
    path = folder / "vectors.npy"
    with path.open("rb") as stream:
        start = stream.read(_HEADER_LENGTH)
    if (header := _HEADER.match(start)) is None:
        return np.load(path)  # type: ignore[no-any-return]
    shape = int(header[1]), int(header[2])
    if not shape[0]:  # nothing cannot be mapped
        return np.empty(shape, np.float32)
    return np.memmap(path, "<f4", "r", header.end(), shape)


class DenseIndex:
    """A published index: ``vectors`` memory-mapped, FAISS opened at the first search."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "dense.faiss"
        self.vectors = load_vectors(folder)
        self._index: Any = None

    def __len__(self) -> int:
        return int(self.vectors.shape[0])

    def open(self) -> None:
        """Open the FAISS index. Raises LibraryDamaged."""
        self._faiss()

    def _faiss(self) -> Any:
        if self._index is None:
            import faiss

            # Memory-mapped, so that opening a large library reads only what a question touches.
            try:
                self._index = faiss.read_index(str(self._path), faiss.IO_FLAG_MMAP_IFC)
            except RuntimeError as error:
                raise LibraryDamaged(
                    f"{self._path} is missing or cannot be read; find what is wrong with: litquote verify; "
                    "publish an earlier generation with: litquote rollback"
                ) from error
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
        """The best ``k`` rows for ``query`` (d,), best first; only among ``rows`` when given.

        Always ``min(k, rows)`` of them, with exact cosines. Up to EXACT_ROWS selected rows are each scored,
        so that the order is exact, too; among more, an inverted file is searched behind a selector, probing
        more lists the smaller their share is.
        """
        count = len(self)
        if count == 0 or k <= 0 or (rows is not None and len(rows) == 0):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if rows is not None and len(rows) <= min(EXACT_ROWS, max(count // 8, 2000)):
            return exact(self.vectors, query, k, np.sort(rows))
        import faiss as untyped_faiss

        faiss: Any = untyped_faiss  # its stubs know the C++ signatures, not the Python ones
        index = self._faiss()
        inverted = hasattr(index, "nprobe") or isinstance(faiss.downcast_index(index), faiss.IndexIVF)
        if rows is not None and inverted and len(rows) <= EXACT_ROWS:
            return exact(self.vectors, query, k, np.sort(rows))
        selector = None
        if rows is not None:
            chosen = np.zeros(count, dtype=bool)
            chosen[rows] = True
            selector = faiss.IDSelectorBitmap(np.packbits(chosen, bitorder="little"))
        if not inverted:
            parameters = faiss.SearchParameters(sel=selector) if selector is not None else None
            half = isinstance(faiss.downcast_index(index), faiss.IndexScalarQuantizer)
            scores, found = index.search(query[None, :], min(2 * k if half else k, count), params=parameters)
            keep = found[0] >= 0
            if half:
                return exact(self.vectors, query, k, np.sort(found[0][keep].astype(np.int64)))
            return found[0][keep].astype(np.int64), scores[0][keep]
        share = 1.0 if rows is None else len(rows) / count
        probes = min(int(index.nlist), round(_PROBES / share))
        parameters = faiss.SearchParametersIVF(
            nprobe=probes, **({"sel": selector} if selector is not None else {})
        )
        _, found = index.search(query[None, :], min(4 * k, count), params=parameters)
        candidates = np.sort(found[0][found[0] >= 0].astype(np.int64))
        if len(candidates) < min(k, count if rows is None else len(rows)):
            # The lists probed hold too few: a deep list is rare, and must not be a short one.
            return exact(self.vectors, query, k, None if rows is None else np.sort(rows))
        return exact(self.vectors, query, k, candidates)
