"""``user.sqlite``: shared by threads and processes, set aside when damaged, off when it is off."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from index.encoders import HashingEncoder
from index.errors import LibraryError, LibraryMismatch, UsageError
from index.library import Library
from qa import user_schema
from qa.user_store import NAME, Connection, UserStore

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LITQUOTE_HISTORY", raising=False)


@pytest.fixture
def store(tmp_path: Path) -> UserStore:
    return UserStore(tmp_path / NAME)


def test_nothing_is_made_until_something_is_written(store: UserStore) -> None:
    assert store.rows("SELECT * FROM settings") == []
    assert store.is_on() and store.retention() is None
    assert list(store.path.parent.iterdir()) == []
    store.set("a", "1")
    assert store.setting("a") == "1"
    assert store.setting("a", "ann") == ""


def test_a_library_keeps_it_as_its_own_and_may_be_made_beside_it(
    tmp_path: Path, encoder: HashingEncoder
) -> None:
    place = tmp_path / "library"
    place.mkdir()
    store = UserStore.of(place)
    store.set("a", "1")
    (place / f"{NAME}.damaged-20260101-1").write_text("x", "utf-8")
    with Library.create(place, encoder=encoder, reader="none") as library:
        assert UserStore.of(library).setting("a") == "1"
        assert library.verify() == []


def test_switched_off_by_the_environment_nothing_is_written_at_all(
    store: UserStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for word in ("off", "OFF", "0", "no", "false"):
        monkeypatch.setenv("LITQUOTE_HISTORY", word)
        assert not store.is_on()
        assert store.note(lambda db: db.execute("INSERT INTO settings VALUES('','a','1')")) is None
        with pytest.raises(UsageError, match="LITQUOTE_HISTORY"):
            store.set("a", "1")
    assert list(store.path.parent.iterdir()) == []
    monkeypatch.setenv("LITQUOTE_HISTORY", "on")
    assert store.is_on()


def test_the_stored_switch_is_each_user_s_own_and_leaves_what_is_asked_for(store: UserStore) -> None:
    store.switch(False, "ann")
    work = "INSERT OR REPLACE INTO settings VALUES('','noted','1')"
    assert store.note(lambda db: db.execute(work).rowcount, "ann") is None
    assert store.setting("noted") == ""
    assert store.note(lambda db: db.execute(work).rowcount, "bob") == 1
    store.set("asked", "1", "ann")
    assert store.setting("asked", "ann") == "1"
    store.switch(True, "ann")
    assert store.is_on("ann")


def test_a_damaged_file_is_set_aside_and_said(store: UserStore) -> None:
    store.set("a", "1")
    store.path.write_bytes(b"no database at all" * 100)
    store.set("b", "2")
    assert store.setting("a") == "" and store.setting("b") == "2"
    (notice,) = store.notices()
    assert "damaged" in notice and store.notices() == []
    (aside,) = store.path.parent.glob(f"{NAME}.damaged-*")
    assert aside.read_bytes().startswith(b"no database")
    assert aside.name in notice


def test_torn_pages_are_noticed_when_they_are_met(store: UserStore) -> None:
    store.set("a", "x" * 20_000)
    with store.path.open("r+b") as stream:  # everything behind the first page
        stream.seek(4096)
        stream.write(b"\xff" * (store.path.stat().st_size - 4096))
    store.set("b", "2")
    assert store.setting("b") == "2"
    assert "damaged" in store.notices()[0]


def test_another_program_s_database_is_left_whole(store: UserStore) -> None:
    with sqlite3.connect(store.path) as db:
        db.execute("CREATE TABLE theirs(a)")
    db.close()
    store.set("b", "2")
    (aside,) = store.path.parent.glob(f"{NAME}.damaged-*")
    db = sqlite3.connect(aside)
    assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    db.close()


def test_a_file_that_cannot_be_opened_is_a_notice_for_notes_and_an_error_for_wishes(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    store = UserStore(tmp_path / NAME)
    assert store.note(lambda db: 1) is None
    assert not store.is_on(), "a switch that cannot be read may be off"
    (notice,) = store.notices()
    assert "not noted" in notice
    with pytest.raises(LibraryError):
        store.set("a", "1")


def test_an_older_file_moves_on_and_keeps_what_it_holds(
    store: UserStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.set("a", "1")

    def second(db: Any) -> None:
        db.execute("CREATE TABLE later(a)")
        db.execute("INSERT INTO later SELECT value FROM settings")

    monkeypatch.setattr(user_schema, "MIGRATIONS", (*user_schema.MIGRATIONS, second))
    assert store.rows("SELECT a FROM later") == [("1",)]
    assert UserStore(store.path).rows("PRAGMA user_version") == [(2,)]
    monkeypatch.undo()
    with pytest.raises(LibraryMismatch, match="newer"):
        store.rows("SELECT 1")
    assert store.setting("a") == "" and store.path.exists()


def test_a_step_that_fails_changes_nothing(store: UserStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.set("a", "1")

    def broken(db: Any) -> None:
        db.execute("DROP TABLE settings")
        db.execute("INSERT INTO nowhere VALUES(1)")

    monkeypatch.setattr(user_schema, "MIGRATIONS", (*user_schema.MIGRATIONS, broken))
    with pytest.raises(LibraryError):
        store.rows("SELECT 1")
    monkeypatch.undo()
    assert store.setting("a") == "1"


def test_threads_and_processes_write_at_once_and_nothing_is_lost(store: UserStore) -> None:
    script = (
        "import sys; from qa.user_store import UserStore; store = UserStore(sys.argv[1])\n"
        "for n in range(15): store.set(f'{sys.argv[2]}-{n}', 'x')"
    )
    others = [
        subprocess.Popen([sys.executable, "-c", script, str(store.path), str(number)], cwd=ROOT)
        for number in range(2)
    ]

    def write(name: str) -> None:
        for n in range(15):
            store.set(f"{name}-{n}", "x")

    threads = [threading.Thread(target=write, args=(f"t{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.wait(timeout=60) for one in others] == [0, 0]
    names = {str(name) for (name,) in store.rows("SELECT name FROM settings")}
    assert names == {f"{who}-{n}" for who in ("0", "1", "t0", "t1", "t2") for n in range(15)}


def test_a_transaction_that_fails_is_taken_back(store: UserStore) -> None:
    def work(db: Connection) -> None:
        db.execute("INSERT INTO settings VALUES('','a','1')")
        raise ValueError

    with pytest.raises(ValueError):
        store.write(work)
    assert store.setting("a") == ""
