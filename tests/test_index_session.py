"""What is encoded for a passage: its words behind its paper's title, as far as the window has room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index.encoders import HashingEncoder, load_encoder
from index.library import Library
from index.manifest import Settings

Paper = Callable[..., Path]
BODY = "Legs grow back. They do so within a year."


class Listening(HashingEncoder):
    """The toy encoder; ``heard`` is every text that it encoded for a library."""

    def __init__(self) -> None:
        super().__init__(64)
        self.heard: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.heard += texts
        return super().encode(texts)


def heard(folder: Path, file: Path, *, settings: Settings | None = None) -> list[str]:
    """What is encoded when ``file`` is added to a new library."""
    encoder = Listening()
    with Library.create(folder, encoder=encoder, settings=settings) as library:
        library.add([file])
    return encoder.heard


def stored(library: Library) -> NDArray[np.float32]:
    """The vectors of all live passages, by document and place."""
    rows = []
    for document in sorted(library.documents(), key=lambda d: d.id):
        segment, row = library._place(document.id) or pytest.fail("no such document")
        place = segment.records.document(row)
        rows += list(segment.dense.vectors[place.first_passage : place.first_passage + place.passages])
    return np.array(rows)


@pytest.mark.parametrize(
    ("title", "head"),
    [
        ("Axolotl legs", "Axolotl legs. "),
        ("Axolotl legs.", "Axolotl legs. "),
        ("Do axolotl legs grow?", "Do axolotl legs grow? "),
    ],
)
def test_a_passage_is_encoded_behind_its_papers_title(
    tmp_path: Path, paper: Paper, title: str, head: str
) -> None:
    file = paper("a.xml", pmid="1", title=title, abstract=BODY)
    said, body = heard(tmp_path / "l", file)
    assert said == title  # of the passage that is the title, once
    assert body == head + BODY


def test_the_stored_vectors_are_those_of_what_was_encoded(tmp_path: Path, paper: Paper) -> None:
    with Library.create(tmp_path / "l", encoder=HashingEncoder(64)) as library:
        library.add([paper("a.xml", pmid="1", title="Axolotl legs", abstract=BODY)])
        expected = HashingEncoder(64).encode(["Axolotl legs", f"Axolotl legs. {BODY}"])
        np.testing.assert_array_equal(stored(library), expected)
        assert [library.text(p.text_sha256).content[p.start : p.end] for p in library.passages("1")] == [
            "Axolotl legs",
            BODY,
        ]


@pytest.mark.parametrize(("limit", "room"), [(160, 95), (250, 5), (254, 1), (255, 0), (256, 0), (9999, 0)])
def test_a_long_title_is_cut_to_what_the_window_has_room_for(
    tmp_path: Path, paper: Paper, limit: int, room: int
) -> None:
    """Of the window's 256 tokens ``limit`` may be the passage's, and one is the full stop's."""
    words = [f"word{n}x" for n in range(120)]
    file = paper("a.xml", pmid="1", title=" ".join(words), abstract=BODY)
    _, body = heard(tmp_path / "l", file, settings=Settings(max_tokens=limit))
    assert body == (" ".join(words[:room]) + ". " if room else "") + BODY


def test_no_passage_of_the_real_model_is_cut_behind_a_long_title(tmp_path: Path, paper: Paper) -> None:
    """What is encoded fits the window, though a title is cut within a word and passages are full."""
    encoder = load_encoder()
    title = "Immunohistochemical electroencephalography of hyperphosphorylated microtubules " * 12
    body = " ".join(f"The {n}th cell divided again near the others." for n in range(200))
    with Library.create(tmp_path / "l", encoder=encoder) as library:
        library.add([paper("a.xml", pmid="1", title=title.strip(), abstract=body)])
        passages = [
            library.text(p.text_sha256).content[p.start : p.end]
            for p in library.passages("1")
            if p.section != "title"
        ]
        assert len(passages) > 10
        vectors = stored(library)[-len(passages) :]
    room = encoder.window - 160 - 1
    head = title[: encoder.token_spans(title)[room - 1][1]]
    longest = max(len(encoder.token_spans(f"{head}. {text}")) for text in passages)
    assert encoder.window - 20 < longest <= encoder.window
    expected = encoder.encode([f"{head}. {text}" for text in passages])
    assert np.einsum("nd,nd->n", vectors, expected).min() > 0.999


def test_without_titles_a_passage_is_encoded_alone(tmp_path: Path, paper: Paper) -> None:
    file = paper("a.xml", pmid="1", title="Axolotl legs", abstract=BODY)
    assert heard(tmp_path / "l", file, settings=Settings(titled=False)) == ["Axolotl legs", BODY]


def test_a_rebuild_changes_how_passages_are_encoded_and_later_additions_follow(
    tmp_path: Path, paper: Paper
) -> None:
    first = paper("a.xml", pmid="1", title="Axolotl legs", abstract=BODY)
    second = paper("b.xml", pmid="2", title="Moon dust", abstract="It is grey.")
    encoder = HashingEncoder(64)
    with Library.create(tmp_path / "l", encoder=encoder) as library:
        library.add([first])
        library.rebuild(settings=Settings(titled=False))
        library.add([second])
        bare = ["Axolotl legs", BODY, "Moon dust", "It is grey."]
        np.testing.assert_array_equal(stored(library), encoder.encode(bare))
        library.rebuild(anew=True)
        assert library.manifest.settings == Settings(titled=False)
        np.testing.assert_array_equal(stored(library), encoder.encode(bare))
        library.rebuild(settings=Settings())
        behind = ["Axolotl legs", f"Axolotl legs. {BODY}", "Moon dust", "Moon dust. It is grey."]
        np.testing.assert_array_equal(stored(library), encoder.encode(behind))
        assert library.verify() == []


def test_compacting_keeps_what_was_encoded(tmp_path: Path, paper: Paper) -> None:
    encoder = HashingEncoder(64)
    with Library.create(tmp_path / "l", encoder=encoder) as library:
        for n, title in enumerate(("Axolotl legs", "Moon dust", "Iron lungs"), 1):
            library.add([paper(f"{n}.xml", pmid=str(n), title=title, abstract=BODY)])
        before = stored(library)
        library.compact()
        assert len(library.segments) == 1
        np.testing.assert_array_equal(stored(library), before)
        found = library.search_lexical(["lung"], 9, library.rows(None))
        assert {library.passage(key)[0].document_id for key, _ in found} == {"pmid:3"}
        assert len(found) == 2  # the title, and the passage that is searched by it
