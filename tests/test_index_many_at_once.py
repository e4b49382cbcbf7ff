"""One asks without a pause while others write: threads of one process, and a process beside it.

No error reaches who asks, and every quote is what stands at its place in a file that was added.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from index.encoders import HashingEncoder
from index.library import Library
from index.shelf import Shelf
from qa.assistant import Assistant

ROOT = Path(__file__).resolve().parents[1]
PAPERS = 6
STEPS = ("add", "remove", "rollback", "rebuild", "compact", "rollback", "remove", "add")
QUESTIONS = ("Where do axolotls live?", "How long is an axolotl?", "Which colour has axolotl number three?")


def content(number: int) -> str:
    return (
        f"On axolotl {number}\n\nAxolotl number {number} lives in lake {number * 7}. "
        f"The axolotl is {number + 10} centimetres long. Its colour is shade {number * 3}.\n"
    )


def ask_until(library: Library, stop: Callable[[], bool], known: list[str]) -> tuple[int, int, list[str]]:
    """Ask until told to stop: how many questions, how many quotes, and every promise broken."""
    assistant, asked, quoted, broken = Assistant(library), 0, 0, []
    while not stop():
        question = QUESTIONS[asked % len(QUESTIONS)]
        asked += 1
        try:
            answer = assistant.ask(question)
            for quote in (*answer.quotes, *answer.nearest):
                quoted += 1
                with library.lock:
                    at_its_place = library.text(quote.text_sha256).content[quote.start : quote.end]
                if quote.text != at_its_place or not any(quote.text in text for text in known):
                    broken.append(f"{quote.text!r} is not what stands there: {at_its_place!r}")
        except Exception as error:
            broken.append(f"{type(error).__name__}: {error}")
    return asked, quoted, broken


def beside(root: Path, stop: Path) -> None:
    """A process that asks (``python this_file.py ROOT STOP``) until the file ``STOP`` is there."""
    known = [content(number) for number in range(PAPERS)]
    with Library.open(root, encoder=HashingEncoder(64)) as library:
        print("ready", flush=True)  # noqa: T201
        print(json.dumps(ask_until(library, stop.exists, known)))  # noqa: T201


def write(library: Library, files: Path, steps: tuple[str, ...]) -> None:
    """Every way to write; something is left to be found."""
    for done, step in enumerate(steps):
        if step == "add":
            library.add([files / f"{number}.txt" for number in range(PAPERS)])
        elif step == "remove":
            library.remove([next(document.id for document in library.documents())])
        elif step == "rollback":
            library.rollback()
        elif step == "rebuild":
            library.rebuild(anew=True)
        elif step == "compact":
            library.compact()
        if done % 3 == 0:
            assert library.verify() == [], steps[: done + 1]


def test_asking_goes_on_whatever_is_written(tmp_path: Path) -> None:
    files, root, stop = tmp_path / "files", tmp_path / "library", tmp_path / "stop"
    files.mkdir()
    known = [content(number) for number in range(PAPERS)]
    for number, text in enumerate(known):
        (files / f"{number}.txt").write_text(text, "utf-8")
    with Library.create(root, encoder=HashingEncoder(64), reader="none") as library:
        library.add([files / "0.txt", files / "1.txt", files / "2.txt"])
    finished = threading.Event()
    found: dict[str, tuple[int, int, list[str]]] = {}

    def ask() -> None:
        with Library.open(root, encoder=HashingEncoder(64)) as mine:
            found["this process"] = ask_until(mine, finished.is_set, known)

    shelf, erased = Shelf(tmp_path / "data"), []

    def erase_others() -> None:
        for _ in range(3):
            other = shelf.create("another")
            with Library.create(other.path, encoder=HashingEncoder(64), reader="none") as library:
                library.add([files / "3.txt"])
            erased.append(shelf.erase("another", confirm="another"))

    command = [sys.executable, __file__, str(root), str(stop)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        threads = [threading.Thread(target=work) for work in (ask, erase_others)]
        for thread in threads:
            thread.start()
        try:
            with Library.open(root, encoder=HashingEncoder(64)) as writer:
                write(writer, files, STEPS)
        finally:
            finished.set()
            stop.touch()
            for thread in threads:
                thread.join()
        asked, quoted, broken = json.loads(process.stdout.read())
        found["another process"] = (asked, quoted, broken)
    assert process.returncode == 0
    for name, (asked, quoted, broken) in found.items():
        assert broken == [], name
        assert asked > 3 and quoted > 3, name
    assert len(erased) == 3 and all(one.left == one.pending == () for one in erased)
    assert [held.title for held in shelf.list()] == ["My library", "Demo"]


if __name__ == "__main__":
    beside(Path(sys.argv[1]), Path(sys.argv[2]))
