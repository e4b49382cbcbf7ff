"""The child process that reads a file: what it prints, how it ends, where the system sets no limit."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from index.errors import SourceError
from index.records import Document
from index.sources import child
from index.sources.child import Limits, read_in_child

HELPER = """
import os, sys, time

def killed():
    os.kill(os.getpid(), 9)

def left_early():
    os._exit(3)

def chatty():
    print("a library says hello")
    os.write(1, b"\\xff garbage" * 100_000)
    from index.errors import SourceError
    raise SourceError("the real reason")

def without_resource():
    sys.modules["resource"] = None
    from index.sources import child
    child._limit_memory(1)
    from index.errors import SourceError
    raise SourceError("still here")
"""


def ask(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch, limits: Limits) -> Document:
    (folder / "helper_of_child.py").write_text(HELPER, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return read_in_child(f"helper_of_child:{name}", {}, limits=limits, kind="the PDF")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("left_early", "the PDF is damaged and breaks its reader"),
        ("chatty", "^the real reason$"),
        ("without_resource", "^still here$"),
    ],
)
def test_a_child_that_misbehaves_gives_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, sentence: str
) -> None:
    """However a child ends or whatever it prints, the parent goes on with a reason."""
    started = time.monotonic()
    with pytest.raises(SourceError, match=sentence):
        ask(tmp_path, name, monkeypatch, Limits(20, 500))
    assert time.monotonic() - started < 19


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_child_that_is_killed_gives_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that the system kills leaves a reason, not a parent that waits."""
    assert signal.SIGKILL == 9
    with pytest.raises(SourceError, match="the PDF is damaged and breaks its reader"):
        ask(tmp_path, "killed", monkeypatch, Limits(20, 500))


def test_the_watch_alone_ends_a_child_that_takes_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system refuses nothing (Windows), the watching thread ends the process."""
    ended: list[int] = []

    def end(status: int) -> None:
        ended.append(status)
        raise SystemExit

    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    held = iter([10, 99, 101])
    monkeypatch.setattr(child, "_resident", lambda: next(held))
    with pytest.raises(SystemExit):
        child._watch(100)
    assert ended == [77]
