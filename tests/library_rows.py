"""Everything a library holds, as rows that two libraries can be compared by."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np

from index.library import Library

Rows = dict[str, list[tuple[Any, ...]]]


def rows(library: Library) -> Rows:
    """Every row of every table of every segment, in order, and what the manifest says of them."""
    found: Rows = {}
    for entry in library.manifest.segments:
        path = library.path / "segments" / f"{entry.number:06d}" / "records.sqlite"
        for table, values in _tables(path).items():
            found[f"{entry.number}/{table}"] = values
    found["manifest"] = [
        (entry.number, entry.documents, entry.passages, entry.dense, entry.deleted, entry.precision)
        for entry in library.manifest.segments
    ]
    found["removed"] = [(one.id, one.aliases) for one in library.manifest.removed]
    found["failures"] = [(one.uri, one.reason) for one in library.failures()]
    found["documents"] = [(one.id, one.title) for one in library.documents()]
    return found


def _tables(path: Path) -> Rows:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        names = [n for (n,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}
    finally:
        connection.close()


def vectors(library: Library) -> np.ndarray:
    """All vectors (passages, dimension), segment after segment."""
    return np.concatenate([segment.dense.vectors for segment in library.segments.values()])


def found(library: Library, questions: list[str]) -> list[list[tuple[str, float]]]:
    """The passages found for each question with their scores to three places, dense and lexical."""
    from qa.retrieve import Retriever

    retriever = Retriever(library)
    return [
        [(hit.passage.id, round(hit.score, 3)) for hit in retriever.search(question, 10)]
        for question in questions
    ]


def assert_same(one: Library, other: Library, questions: list[str]) -> None:
    """Both hold the same: records to the byte, vectors to 1e-3, and the same is found."""
    mine, theirs = rows(one), rows(other)
    assert mine.keys() == theirs.keys()
    for name in mine:
        assert mine[name] == theirs[name], name
    if mine["manifest"]:
        np.testing.assert_allclose(vectors(one), vectors(other), atol=1e-3)
    assert found(one, questions) == found(other, questions)
    assert one.verify() == other.verify() == []
