"""Run by test_index_library_kill: adds to a library in children that are killed, and checks what is left.

Prints one JSON line: how many children were killed, at which events, and every broken promise.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from index.encoders import HashingEncoder
from index.library import Library
from index.sources import READERS

EVENTS = {"open", "os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "sqlite3.connect"}


def paper(number: int) -> str:
    return f"On subject {number}\n\nThe code is word{number}x. It was found in {2000 + number}.\n"


def add(root: Path, files: Path) -> None:
    with Library.open(root, encoder=HashingEncoder(64)) as library:
        library.add([files])


def check(root: Path, files: Path) -> list[str]:
    """What is broken after a kill: the old or the new generation must answer, and the next add succeed."""
    broken = []
    with Library.open(root, encoder=HashingEncoder(64)) as library:
        if library.verify():
            broken.append(f"verify before: {library.verify()}")
        if len(library) not in (1, 4):
            broken.append(f"half a generation: {len(library)} documents")
        library.add([files])
        if len(library) != 4 or library.verify():
            broken.append(f"next add: {len(library)} documents, {library.verify()}")
    return broken


def child(root: Path, files: Path, *, event: int | None, delay: float | None) -> int:
    """Add in a child that dies at its ``event``-th disk event or after ``delay`` seconds; its exit status."""
    pid = os.fork()
    if pid == 0:
        seen = 0

        def hook(name: str, _: object) -> None:
            nonlocal seen
            if name in EVENTS:
                seen += 1
                if seen == event:
                    os.kill(os.getpid(), signal.SIGKILL)

        if event is not None:
            sys.addaudithook(hook)
        add(root, files)
        os._exit(0)
    if delay is not None:
        time.sleep(delay)
        os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def main(folder: Path) -> None:
    first, files, base = folder / "first", folder / "files", folder / "base"
    assert all(READERS.values())  # imported once: children count the files of the library, not ours
    first.mkdir()
    files.mkdir()
    (first / "0.txt").write_text(paper(0))
    for number in range(1, 4):
        (files / f"{number}.txt").write_text(paper(number))
    # In a child too: the parent must not hold a thread of tantivy's when it forks.
    if (pid := os.fork()) == 0:
        Library.create(base, encoder=HashingEncoder(64)).add([first])
        os._exit(0)
    os.waitpid(pid, 0)
    points: list[tuple[int | None, float | None]] = [
        (event, None) for event in (*range(1, 40, 4), *range(40, 400, 15))
    ]
    points += [(None, 0.02 * step) for step in range(1, 13, 2)]
    killed, finished, broken = 0, 0, []
    for number, (event, delay) in enumerate(points):
        if event is not None and finished:
            continue  # the add has fewer disk events than this
        root = folder / f"library{number}"
        shutil.copytree(base, root)
        status = child(root, files, event=event, delay=delay)
        if os.WIFSIGNALED(status):
            killed += 1
        else:
            finished += 1
        if (pid := os.fork()) == 0:
            found = check(root, files)
            (folder / "found.json").write_text(json.dumps(found))
            os._exit(0)
        if os.waitpid(pid, 0)[1]:
            broken.append(f"event {event}, delay {delay}: the check itself failed")
        else:
            broken += [
                f"event {event}, delay {delay}: {what}"
                for what in json.loads((folder / "found.json").read_text())
            ]
        shutil.rmtree(root)
    sys.stdout.write(json.dumps({"killed": killed, "finished": finished, "broken": broken}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
