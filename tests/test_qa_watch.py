"""Following folders: when they are read, and that what comes in is added and told once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.encoders import HashingEncoder
from index.errors import LibraryBusy, UsageError
from index.library import Library
from index.reports import Report
from qa.watch import LOOK_AGAIN, PATIENCE, Due, folders, watch

WHALES = "Whales\n\nWhales sing long songs in winter, and they are heard far away.\n"
GEESE = "Geese\n\nGeese fly south in autumn, and they come back when the ice has gone.\n"


@given(st.lists(st.tuples(st.booleans(), st.floats(0.01, 60)), max_size=40))
def test_every_change_is_read_soon_and_never_before_a_quiet_moment_without_need(
    ticks: list[tuple[bool, float]],
) -> None:
    due, now, changed_at, looked_at = Due(), 0.0, None, 0.0
    waiting = True
    for changed, passed in ticks:
        now += passed
        if changed:
            waiting = True
            changed_at = now if changed_at is None else changed_at
        read = due(changed, now)
        quiet = waiting and not changed
        late = changed_at is not None and now - changed_at > PATIENCE
        assert read == (quiet or late or now - looked_at > LOOK_AGAIN)
        if read:
            waiting, changed_at, looked_at = False, None, now


def test_what_could_not_be_read_is_read_at_the_next_quiet_moment() -> None:
    due = Due()
    assert due(False, 0.0)
    assert not due(False, 1.0)
    due.again()
    assert not due(True, 2.0)
    assert due(False, 3.0)


def test_only_folders_are_followed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    assert folders([str(tmp_path)]) == [tmp_path]
    with pytest.raises(UsageError, match="is no folder"):
        folders([str(tmp_path / "a.txt")])
    with pytest.raises(UsageError, match="name the folder"):
        folders([])


class Following:
    """A watch in a thread, and the news that it told."""

    def __init__(self, library: Library, folder: Path) -> None:
        self.news: list[Report] = []
        self.busy = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(
            target=watch,
            args=(library, [folder], self.news.append),
            kwargs={"stop": self.stop, "on_busy": self.was_busy},
        )

    def was_busy(self, error: LibraryBusy) -> None:
        self.busy += 1

    def wait(self, told: Callable[[], bool], seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while not told():
            assert self.thread.is_alive()
            assert time.monotonic() < end, f"not told in {seconds} s: {self.news}"
            time.sleep(0.05)

    def __enter__(self) -> Following:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(20)
        assert not self.thread.is_alive()


def test_a_folder_is_followed(tmp_path: Path, encoder: HashingEncoder) -> None:
    folder = tmp_path / "papers"
    (folder / "later").mkdir(parents=True)
    (folder / "whales.txt").write_text(WHALES)
    # The library lies in the folder that is followed: what is written to it must not set off the next look.
    with Library.create(folder / "library", encoder=encoder, reader="none") as library:
        with Following(library, folder) as following:
            following.wait(lambda: len(following.news) == 1)
            (folder / "later" / "geese.txt").write_text(GEESE)
            (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing more")
            following.wait(lambda: sum(len(news.added) for news in following.news) == 2)
            following.wait(lambda: any(news.failed for news in following.news))
            (folder / "broken.pdf").unlink()
            (folder / "whales.txt").write_text(WHALES + "They dive deep.\n")
            following.wait(lambda: any(news.replaced for news in following.news))
        assert [item.title for item in following.news[0].added] == ["Whales"]
        failed = [failure for news in following.news for failure in news.failed]
        assert [Path(failure.uri).name for failure in failed] == ["broken.pdf"]  # told once
        assert not any(news.unchanged for news in following.news)
        assert following.busy == 0
        assert sorted(document.title for document in library.documents()) == ["Geese", "Whales"]
        assert library.failures() == []


def test_a_busy_library_is_tried_again(
    tmp_path: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "whales.txt").write_text(WHALES)
    tries = iter([LibraryBusy("another process is writing")])
    add = Library.add

    def busy_once(self: Library, *args: object, **options: object) -> Report:
        for error in tries:
            raise error
        return add(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Library, "add", busy_once)
    with Library.create(tmp_path / "library", encoder=encoder, reader="none") as library:
        with Following(library, folder) as following:
            following.wait(lambda: len(following.news) == 1)
        assert following.busy == 1
        assert len(library) == 1
