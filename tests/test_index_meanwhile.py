"""What another writer does between two looks of a reader, at exactly the worst moment."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import index.library
import index.manifest
import index.verify
from index.encoders import HashingEncoder
from index.erasing import erase
from index.errors import NoLibrary
from index.library import Library
from qa.assistant import Assistant
from qa.retrieve import Retriever


def written(folder: Path, *numbers: int) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for number in numbers:
        text = f"On axolotl {number}\n\nAxolotl {number} lives in lake {number * 7}.\n"
        (folder / f"{number}.txt").write_text(text, "utf-8")
    return [folder / f"{number}.txt" for number in numbers]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A library of two generations with papers, so that there is one to go back to."""
    with Library.create(tmp_path / "library", encoder=HashingEncoder(64), reader="none") as library:
        library.add(written(tmp_path / "files", 1, 2))
        library.add(written(tmp_path / "files", 3))
    return tmp_path / "library"


@pytest.fixture
def sweep(root: Path, tmp_path: Path) -> Callable[[], None]:
    """Another process: goes back and writes on, so that the newest generation's files go; then as often again
    as generations are kept.
    """
    numbers = iter(range(10, 99))

    def write() -> None:
        with Library.open(root, encoder=HashingEncoder(64)) as other:
            other.rollback()
            for _ in range(5):
                other.add(written(tmp_path / "files", next(numbers)))

    return write


class Interrupted(HashingEncoder):
    """An encoder during whose first work on a question something else happens."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__(64)
        self._happens = [happens]

    def encode_question(self, question: str) -> NDArray[np.float32]:
        while self._happens:
            self._happens.pop()()
        return super().encode_question(question)


def once(then: Callable[[], None], function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``, after whose first call ``then`` happens."""
    waiting = [then]

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        found = function(*args, **kwargs)
        while waiting:
            waiting.pop()()
        return found

    return wrapped


ASKING: Sequence[Callable[[Library], list[str]]] = (
    lambda library: [quote.text for quote in Assistant(library).ask("Where does axolotl 1 live?").quotes],
    lambda library: [hit.text for hit in Retriever(library).search("Where does axolotl 1 live?")],
)


@pytest.mark.parametrize("ask", ASKING, ids=["ask", "search"])
def test_a_question_is_answered_from_the_generation_it_began_with(
    root: Path, sweep: Callable[[], None], ask: Callable[[Library], list[str]]
) -> None:
    """Even when all of its files go while the encoder is at work, before any was searched."""
    with Library.open(root, encoder=Interrupted(sweep)) as library:
        generation = library.manifest.generation
        assert "Axolotl 1 lives in lake 7." in ask(library)
        assert library.manifest.generation == generation
        ask(library)
        assert library.manifest.generation == generation + 5


def test_a_question_under_way_is_answered_though_its_library_is_erased(root: Path) -> None:
    if os.name == "nt":
        pytest.skip("what is open stays there until it is closed")
    with Library.open(root, encoder=Interrupted(lambda: erase(root))) as library:
        assert "Axolotl 1 lives in lake 7." in ASKING[0](library)
        assert not root.exists()
        with pytest.raises(NoLibrary):
            ASKING[0](library)


def test_a_reader_that_looks_again_while_files_go_finds_the_newest_generation(
    root: Path, sweep: Callable[[], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library.open(root, encoder=HashingEncoder(64)) as library:
        with Library.open(root, encoder=HashingEncoder(64)) as other:
            other.add(written(tmp_path / "files", 5))
        load = once(sweep, index.manifest.load_current)
        monkeypatch.setattr(index.manifest, "load_current", load)
        assert library.refresh()
        assert ASKING[0](library)
        assert library.manifest == index.manifest.load_current(root)


def test_a_manifest_that_goes_while_it_is_looked_for_is_not_damage(
    root: Path, sweep: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index.manifest, "current_line", once(sweep, index.manifest.current_line))
    assert index.manifest.load_current(root).generation == 8


def test_verifying_while_files_go_finds_nothing_wrong(
    root: Path, sweep: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index.verify, "load_current", once(sweep, index.verify.load_current))
    assert index.verify.verify(root) == []


def test_compacting_keeps_the_originals_of_what_is_added_meanwhile(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add() -> None:
        with Library.open(root, encoder=HashingEncoder(64)) as other:
            other.add(written(tmp_path / "files", 4))

    with Library.open(root, encoder=HashingEncoder(64)) as library:
        write = library._write

        def then_added(**options: Any) -> Any:
            return _Then(write(**options), add)

        monkeypatch.setattr(library, "_write", then_added)
        library.compact()
        assert library.verify() == []


class _Then:
    """A context after whose end something happens."""

    def __init__(self, context: Any, then: Callable[[], None]) -> None:
        self._context, self._then = context, then

    def __enter__(self) -> Any:
        return self._context.__enter__()

    def __exit__(self, *error: Any) -> Any:
        found = self._context.__exit__(*error)
        self._then()
        return found


def test_a_library_erased_and_made_again_is_the_new_one_to_who_had_it_open(
    root: Path, tmp_path: Path
) -> None:
    """Its generations have the numbers of those erased."""
    with Library.open(root, encoder=HashingEncoder(64)) as reader:
        assert ASKING[0](reader)
        number = reader.manifest.generation
        erase(root)
        with pytest.raises(NoLibrary):
            reader.refresh()
        assert next(d.title for d in reader.documents()) == "On axolotl 1", "what is open stays readable"
        with Library.create(root, encoder=HashingEncoder(64), reader="none") as again:
            again.add(written(tmp_path / "files", 7))
            again.add(written(tmp_path / "files", 8))
            assert again.manifest.generation == number
        assert reader.refresh()
        assert [d.title for d in reader.documents()] == ["On axolotl 7", "On axolotl 8"]
