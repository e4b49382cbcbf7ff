"""The kind of index as a setting of a library: kept, changed on a rebuild, and nothing encoded again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index import dense, generation
from index import manifest as manifests
from index.encoders import HashingEncoder
from index.errors import UsageError
from index.library import Library
from index.manifest import INDEX_KINDS, Settings, segment_folder
from index.segments import sealed
from index.store import RecordsReader

WORDS = "axolotl whale amber moon dust leg song tail fossil river stone glass wind salt".split()  # noqa: SIM905
NAMES = {"auto": "IVF1,PQ32x4fs", "exact": "SQfp16", "ivf-sq8": "IVF2,SQ8", "ivf-pq": "IVF1,PQ32x4fs"}


class Counting(HashingEncoder):
    """The toy encoder; ``encoded`` counts the passages it was given."""

    encoded = 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded += len(texts)
        return super().encode(texts)

    def encode_question(self, text: str) -> NDArray[np.float32]:
        return np.asarray(super().encode([text])[0])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty files of different words."""
    chance = np.random.default_rng(3)
    place = tmp_path / "papers"
    place.mkdir()
    for number in range(40):
        said = [" ".join(chance.choice(WORDS, 6)) + f" {number}." for _ in range(2)]
        (place / f"{number:02d}.txt").write_text(f"Paper {number}\n\n{' '.join(said)}\n", "utf-8")
    return place


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handful of passages is enough for any kind of index."""
    for name in ("FLAT_LIMIT", "HALF_FROM", "EXACT_ROWS"):
        monkeypatch.setattr(dense, name, 10)
    monkeypatch.setattr(dense, "_CANDIDATES", 20)


@pytest.fixture
def filled(tmp_path: Path, folder: Path, few: None) -> Iterator[Library]:
    with Library.create(tmp_path / "library", encoder=Counting(64), reader="none") as library:
        library.add([folder])
        yield library


def kinds(library: Library) -> list[str]:
    return [entry.dense for entry in library.manifest.segments if entry.passages]


def best(library: Library, question: str, k: int) -> list[tuple[float, str]]:
    """Every passage's cosine, one at a time, by what it says."""
    query = library.encoder.encode_question(question)
    found = []
    for document in library.documents():
        for key in library.keys(document.id):
            number, row = generation.segment_and_row(key)
            vector = np.asarray(library.segments[number].dense.vectors[row], np.float32)
            found.append((round(float(vector @ query), 3), library.words(key)[1]))
    return sorted(found, reverse=True)[:k]


def searched(library: Library, question: str, k: int) -> list[tuple[float, str]]:
    hits = library.search_dense(library.encoder.encode_question(question), k, library.rows(None))
    return sorted(((round(score, 3), library.words(key)[1]) for key, score in hits), reverse=True)


def test_a_rebuild_changes_the_kind_of_index_and_encodes_nothing(filled: Library) -> None:
    encoder = filled.encoder
    assert isinstance(encoder, Counting)
    count, vectors = encoder.encoded, None
    for kind in ("auto", "ivf-sq8", "exact", "ivf-pq", "ivf-sq8"):
        filled.rebuild(settings=replace(filled.manifest.settings, index=kind))
        assert encoder.encoded == count, "vectors are used again"
        assert filled.manifest.settings == Settings(index=kind)
        assert kinds(filled) == [NAMES[kind]]
        (entry,) = (entry for entry in filled.manifest.segments if entry.passages)
        seal = sealed(segment_folder(filled.path, entry.number))
        assert seal is not None and seal["dense"] == NAMES[kind]
        stored = filled.segments[entry.number].dense.vectors
        assert stored.dtype == (np.float32 if kind == "exact" else np.float16)
        if vectors is not None:
            np.testing.assert_allclose(stored.astype(np.float32), vectors, atol=3e-4)
        vectors = stored.astype(np.float32)
        for question in ("whale song", "moon dust", "axolotl leg tail"):
            assert searched(filled, question, 3) == best(filled, question, 3)
        assert filled.verify() == []


def test_what_is_added_later_is_indexed_as_the_library_says(filled: Library, tmp_path: Path) -> None:
    filled.rebuild(settings=Settings(index="ivf-sq8"))
    more = tmp_path / "more"
    more.mkdir()
    for number in range(20):
        text = f"Another {number}\n\nGlass {number} and wind {number} on stone.\n"
        (more / f"{number}.txt").write_text(text, "utf-8")
    filled.add([more])
    filled.rebuild()
    assert filled.manifest.settings.index == "ivf-sq8"
    assert all(kind.endswith("SQ8") for kind in kinds(filled))


def test_a_library_without_the_setting_opens_as_it_is(filled: Library) -> None:
    """One made before there was a choice, its inverted files over vectors of 32 bits among them."""
    entry = next(one for one in filled.manifest.segments if one.passages)
    place = segment_folder(filled.path, entry.number)
    path = manifests.manifest_path(filled.path, filled.manifest.generation)
    raw = json.loads(path.read_text("utf-8"))
    del raw["settings"]["index"]
    path.write_text(json.dumps(raw), "utf-8")
    manifests.point_to(filled.path, filled.manifest.generation)
    vectors = np.asarray(filled.segments[entry.number].dense.vectors, np.float32)
    filled.close()
    np.save(place / "vectors.npy", vectors)
    with Library.open(filled.path, encoder=filled.encoder) as old:
        assert old.manifest.settings == Settings()
        assert old.segments[entry.number].dense.vectors.dtype == np.float32
        assert searched(old, "whale song", 3) == best(old, "whale song", 3)


def test_an_unknown_kind_is_a_usage_error_and_changes_nothing(filled: Library) -> None:
    before = filled.manifest
    with pytest.raises(UsageError, match=", ".join(INDEX_KINDS)):
        filled.rebuild(settings=Settings(index="hnsw"))
    assert filled.manifest == before and filled.verify() == []


def test_rows_read_and_rows_mapped_have_the_same_scores(
    filled: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = searched(filled, "river stone", 20)
    monkeypatch.setattr(dense, "_READ", 0)
    assert searched(filled, "river stone", 20) == kept


def test_a_closed_index_reads_no_other_file(filled: Library) -> None:
    """The number of a closed file is given to the next one that is opened."""
    (index,) = (one.dense for one in filled.segments.values() if len(one.dense))
    rows, query = np.arange(5), np.eye(1, index.vectors.shape[1], dtype=np.float32)[0]
    before = index.scores(query, rows)
    index.close()
    with (filled.path / "CURRENT").open("rb"):
        assert index.scores(query, rows).tolist() == before.tolist()
    index.close()


def test_titles_are_the_same_without_their_own_index(
    filled: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Segments written earlier have none."""
    keys = [key for document in filled.documents() for key in filled.keys(document.id)]
    (segment,) = (one for one in filled.segments.values() if len(one.dense))
    assert segment.records._by_title
    titles = filled.titles(keys)
    assert titles == {key: filled.passage(key)[1].title for key in keys}
    monkeypatch.setattr(RecordsReader, "_by_title", "")
    assert filled.titles(keys) == titles


def test_sections_of_many_passages_are_those_of_each(filled: Library) -> None:
    keys = [key for document in filled.documents() for key in filled.keys(document.id)]
    labels = {filled.section_of(key) for key in keys}
    assert "title" in labels and len(labels) > 1
    for label in labels:
        assert filled.in_sections(keys, [label]) == {key for key in keys if filled.section_of(key) == label}
    assert filled.in_sections([], ["title"]) == filled.in_sections(keys, ["nowhere"]) == set()


@pytest.mark.parametrize("looked_for", [0, 8])
def test_the_sources_of_a_document_are_those_whose_newest_row_names_it(
    filled: Library, folder: Path, monkeypatch: pytest.MonkeyPatch, looked_for: int
) -> None:
    """Whether each source is looked at or only those that may name it."""
    monkeypatch.setattr(generation, "_LOOKED_FOR", looked_for)
    (folder / "copy.txt").write_bytes((folder / "07.txt").read_bytes())
    filled.add([folder])
    (folder / "08.txt").write_text("Paper 8\n\nQuite other words about cheese 8.\n", "utf-8")
    filled.add([folder])
    held = 0
    for document in list(filled.documents()):
        expected = [source for source in filled.sources() if document.id in source.documents]
        assert filled.sources([document.id]) == expected
        held += len(expected)
    assert held == 41
    assert filled.sources(["none"]) == []
    (seven,) = {s.documents[0] for s in filled.sources() if s.uri.endswith("copy.txt")}
    filled.remove([seven])
    assert filled.sources([seven]) == []
    assert sum(not source.documents for source in filled.sources()) == 2
