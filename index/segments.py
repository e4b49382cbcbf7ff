"""One immutable segment: write it, open it, search it.

A segment holds ``records.sqlite``, ``vectors.npy`` and ``dense.faiss``; the row of a passage is the
row of its vector. ``SEALED`` marks a finished folder whose vectors may be used again even when it
was never published (a broken build).
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import dense
from index.abbreviation_table import AbbreviationTable
from index.encoders import Encoder
from index.errors import LibraryError
from index.files import sha256_of, sync
from index.lexical import key_of
from index.manifest import SegmentEntry, load_current, segment_folder
from index.selection import Filing
from index.store import Records
from index.store_writer import RecordsWriter

FILES = ("records.sqlite", "vectors.npy", "dense.faiss")


class SegmentWriter:
    """Collects documents, through ``records``, and their vectors in a folder that nobody reads yet.

    The vectors of the passages added must follow in their order.
    """

    def __init__(self, folder: Path, number: int, *, dimension: int) -> None:
        folder.mkdir(parents=True)
        self.folder, self.number = folder, number
        self._dimension = dimension
        self.records = RecordsWriter(folder / "records.sqlite")
        self.deleted: set[int] = set()
        self._vectors = (folder / "vectors.npy").open("wb")
        self._count = 0
        self._header()

    def _header(self) -> None:
        self._vectors.seek(0)
        dense.write_header(self._vectors, "<f4", (self._count, self._dimension))

    def add_vectors(self, vectors: NDArray[np.float32]) -> None:
        """Append vectors (n, dimension) for the next ``n`` passages."""
        if vectors.shape[1:] != (self._dimension,):
            raise ValueError(
                f"vectors of shape {vectors.shape} do not fit a segment of {self._dimension} dimensions"
            )
        self._vectors.write(np.ascontiguousarray(vectors, dtype="<f4").tobytes())
        self._count += len(vectors)

    def finish(self, *, fingerprint: str, precision: str, index: str = "auto") -> SegmentEntry:
        """Write everything out, index the vectors and seal the folder.

        ``index`` is one of :data:`index.manifest.INDEX_KINDS`.
        """
        if self._count != self.records.passage_count:
            raise AssertionError(f"{self._count} vectors for {self.records.passage_count} passages")
        documents, passages = self.records.document_count, self.records.passage_count
        self.records.finish()
        self._header()
        self._vectors.flush()
        os.fsync(self._vectors.fileno())
        self._vectors.close()
        kind = dense.build(dense.load_vectors(self.folder), self.folder / "dense.faiss", index)
        if dense.in_16_bits(kind):
            dense.halve(self.folder / "vectors.npy")
        for name in FILES:
            sync(self.folder / name)
        seal = {"fingerprint": fingerprint, "precision": precision, "dense": kind}
        (self.folder / "SEALED").write_text(json.dumps(seal), "utf-8")
        sync(self.folder / "SEALED")
        sync(self.folder)
        files = {name: sha256_of(self.folder / name) for name in (*FILES, "SEALED")}
        return SegmentEntry(
            self.number, documents, passages, kind, precision, files, tuple(sorted(self.deleted))
        )

    def abandon(self) -> None:
        """Close the files; the folder is swept by the next write."""
        self._vectors.close()
        self.records.close()


class Segment:
    """A published segment, opened for reading; ``deleted`` document rows are invisible."""

    def __init__(self, folder: Path, number: int, deleted: Sequence[int] = ()) -> None:
        self.folder, self.number = folder, number
        self.deleted = set(deleted)
        self.records = Records(folder / "records.sqlite")
        self.dense = dense.DenseIndex(folder)

    def close(self) -> None:
        """Let go of the files."""
        self.records.close()
        self.dense.close()

    @cached_property
    def filing(self) -> Filing:
        """What its documents are filtered by."""
        return Filing(self.records, len(self.dense), self.deleted)

    @cached_property
    def live_rows(self) -> dense.Rows | None:
        """The passage rows of documents that count, or None when all do."""
        if not self.deleted:
            return None
        return np.flatnonzero(self.filing.passages_of(self.filing.live)).astype(np.int64)

    @cached_property
    def abbreviations(self) -> AbbreviationTable:
        """The short and long forms its documents define, those deleted left out."""
        return self.records.abbreviations(self.deleted)

    def keyed(self, rows: dense.Rows, scores: NDArray[np.float32]) -> list[tuple[int, float]]:
        """``rows`` as keys, each with its score."""
        first = key_of(self.number, 0)
        return [(first + row, score) for row, score in zip(rows.tolist(), scores.tolist(), strict=True)]

    def vector_of_encoded(self, encoded: bytes) -> NDArray[np.float32] | None:
        """The stored vector of an encoded string, by its name."""
        row = self.records.row_of_encoded(encoded)
        return None if row is None else np.array(self.dense.vectors[row], dtype=np.float32)


def sealed(folder: Path) -> dict[str, Any] | None:
    """The seal of a finished segment folder, or None."""
    try:
        seal: dict[str, Any] = json.loads((folder / "SEALED").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return seal


def made_by(folder: Path, encoder: Encoder) -> bool:
    """Whether the vectors of a finished segment folder are those that ``encoder`` makes."""
    seal = sealed(folder) or {}
    return (seal.get("fingerprint"), seal.get("precision")) == (encoder.fingerprint, encoder.precision)


def known_segments(library: Path, encoder: Encoder) -> list[Segment]:
    """The published segments of a library whose vectors ``encoder`` would make again; [] where it is none."""
    found = []
    with suppress(LibraryError, OSError):
        for entry in load_current(library).segments:
            folder = segment_folder(library, entry.number)
            if made_by(folder, encoder):
                found.append(Segment(folder, entry.number))
    return found
