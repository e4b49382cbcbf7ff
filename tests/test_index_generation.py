"""One generation read: cosines and titles of passages by their keys, against plain loops."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.encoders import HashingEncoder
from index.generation import Generation
from index.lexical import key_of
from index.library import Library

ENCODER = HashingEncoder(64)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Nine papers in three segments, one of them replaced, so that its old row is still there."""
    folder = tmp_path_factory.mktemp("generation")
    with Library.create(folder / "library", encoder=ENCODER) as library:
        for first in (1, 4, 7):
            files = [folder / f"{n}.txt" for n in range(first, first + 3)]
            for n, file in enumerate(files, first):
                file.write_text(f"Paper number {n}\n\nWord{n}x grows on hill {n % 4}.\n", "utf-8")
            library.add(files)
        (folder / "1.txt").write_text("Paper made anew\n\nNothing grows there now.\n", "utf-8")
        library.add([folder / "1.txt"])
        assert len(library.segments) > 2
        yield library


def keys(generation: Generation) -> list[int]:
    """The key of every passage ever stored."""
    return [key_of(n, row) for n, segment in generation.segments.items() for row in range(len(segment.dense))]


@settings(deadline=None, max_examples=40)
@given(st.data(), st.sampled_from(["word3x on a hill", "nothing", "paper number 7"]))
def test_cosines_are_those_of_the_stored_vectors(shelf: Library, data: st.DataObject, question: str) -> None:
    """In any order, over several segments, named twice or not."""
    asked = data.draw(st.lists(st.sampled_from(keys(shelf)), max_size=30))
    vector = ENCODER.encode_question(question)
    found = shelf.cosines(vector, asked)
    expected = {}
    for number, segment in shelf.segments.items():
        stored = np.load(segment.folder / "vectors.npy")
        for row, known in enumerate(stored):
            if key_of(number, row) in asked:
                expected[key_of(number, row)] = sum(
                    float(a) * float(b) for a, b in zip(known, vector, strict=True)
                )
    assert found == pytest.approx(expected, abs=1e-6)


def test_cosines_are_those_of_the_search(shelf: Library) -> None:
    vector = ENCODER.encode_question("word3x on a hill")
    hits = dict(shelf.search_dense(vector, 99, shelf.rows(None)))
    assert len(hits) == shelf.passage_count == 18
    assert shelf.cosines(vector, list(hits)[::-1]) == pytest.approx(hits, abs=1e-6)
    assert shelf.cosines(vector, []) == {}


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_titles_are_those_of_the_passages_papers(shelf: Library, data: st.DataObject) -> None:
    asked = data.draw(st.lists(st.sampled_from(keys(shelf)), max_size=30))
    assert shelf.titles(asked) == {key: shelf.passage(key)[1].title for key in asked}


def test_titles_of_more_passages_than_a_statement_takes(shelf: Library) -> None:
    """SQLite takes 999 to 250,000 values in one statement, as it was built (sqlite.org/limits.html)."""
    asked = keys(shelf) * 200
    expected = {key: shelf.passage(key)[1].title for key in asked}
    databases = [segment.records._db._db for segment in shelf.segments.values()]
    before = [database.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999) for database in databases]
    try:
        assert shelf.titles(asked) == expected
    finally:
        for database, limit in zip(databases, before, strict=True):
            database.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, limit)
