"""``user.sqlite`` beside a library: conversations, search log, feedback, saved questions, marks.

It is the user's own and part of no generation. Every call opens the file, does its work and closes it, so
that any number of threads and processes may share it and nothing is held open (WAL, one writer at a time).
A damaged file is set aside and said, never fatal; what is deleted is overwritten, not only forgotten.

With ``LITQUOTE_HISTORY=off`` nothing is ever written. :meth:`UserStore.switch` is the stored switch: off, it
stops what is noted by itself (conversations and the search log), for one user.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TypeVar

from index.errors import LibraryBusy, LibraryDamaged, LibraryError, LibraryMismatch, UsageError
from index.library import Library
from qa import user_schema
from qa.user_schema import APPLICATION_ID, EXPIRED

__all__ = ["Connection", "UserStore", "now", "text"]

Connection = sqlite3.Connection
Result = TypeVar("Result")

NAME = "user.sqlite"
SWITCH = "LITQUOTE_HISTORY"
#: Seconds a call waits for another's write.
PATIENCE = 10.0
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def now() -> str:
    """The time in UTC, to the second: ``"2026-11-23T08:30:00+00:00"``; such strings sort by time."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def text(value: str) -> str:
    """``value`` as SQLite takes it: half a character (bytes on the command line) becomes ``?``."""
    return value.encode("utf-8", "replace").decode()


class _Damaged(Exception):
    """The file is no database of ours, or its pages are torn."""


class UserStore:
    """The file at ``path``; nothing is made until something is written."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._said: list[str] = []
        self._started = False

    @classmethod
    def of(cls, library: Library | str | os.PathLike[str]) -> UserStore:
        """The store that lies beside a library, given open or by its folder."""
        return cls((library.path if isinstance(library, Library) else Path(library)) / NAME)

    # -- what the user decides ----------------------------------------------------------------------

    @staticmethod
    def forbidden() -> bool:
        """Whether ``LITQUOTE_HISTORY`` says that nothing may be written."""
        return os.environ.get(SWITCH, "").strip().casefold() in {"off", "0", "no", "false"}

    def is_on(self, user: str = "") -> bool:
        """Whether conversations and searches of ``user`` are noted; not where the switch cannot be read."""
        if self.forbidden():
            return False
        try:
            return self._setting("history", user) != "off"
        except LibraryError as error:
            self.say(f"{error}; questions are not noted ({SWITCH}=off ends this notice)")
            return False

    def switch(self, on: bool, user: str = "") -> None:
        """Note conversations and searches of ``user`` from now on, or no more; what is held stays."""
        self.set("history", "on" if on else "off", user)

    def retention(self, user: str = "") -> int | None:
        """After how many days conversations and searches of ``user`` are deleted; None: never."""
        found = self.setting("retention", user)
        return int(found) if found.isdecimal() else None

    def retain(self, days: int | None, user: str = "") -> None:
        """Delete conversations and searches of ``user`` after ``days``, now and at each start. UsageError."""
        if days is not None and not 1 <= days <= 36500:
            raise UsageError(f"{days} days cannot be meant; give 1 to 36500, or none to keep everything")
        self.set("retention", "" if days is None else str(days), user)
        self.write(self._expire, erase=True)

    def setting(self, name: str, user: str = "") -> str:
        """A stored setting, "" where it was never set or cannot be read."""
        try:
            return self._setting(name, user)
        except LibraryError:
            return ""

    def _setting(self, name: str, user: str) -> str:
        query = "SELECT value FROM settings WHERE user = ? AND name = ?"
        rows = self.rows(query, text(user), name)
        return str(rows[0][0]) if rows else ""

    def set(self, name: str, value: str, user: str = "") -> None:
        """Store a setting."""
        row = (text(user), name, value)
        self.write(lambda db: db.execute("INSERT OR REPLACE INTO settings VALUES(?,?,?)", row))

    # -- notices ------------------------------------------------------------------------------------

    def say(self, what: str) -> None:
        """Keep a sentence for the user, once."""
        with self._lock:
            if what not in self._said:
                self._said.append(what)

    def notices(self) -> list[str]:
        """What the user should be told since this was last asked: a file set aside, a note not written."""
        with self._lock:
            said, self._said = self._said, []
        return said

    # -- reading and writing ------------------------------------------------------------------------

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """The rows of a query; none where there is no file yet. Raises LibraryError."""
        return self.read(lambda db: list(db.execute(query, values)), [])

    def read(self, work: Callable[[Connection], Result], otherwise: Result) -> Result:
        """What ``work`` finds; ``otherwise`` where there is no file yet. Raises LibraryError."""
        return self._run(work, write=False) if self.path.exists() else otherwise

    def write(self, work: Callable[[Connection], Result], *, erase: bool = False) -> Result:
        """Do ``work`` in one transaction; with ``erase`` what it deleted leaves the disk as well.

        Raises UsageError where nothing may be written, LibraryError where it cannot be.
        """
        if self.forbidden():
            raise UsageError(f"{SWITCH}=off: nothing is written; unset it to keep anything")
        return self._run(work, write=True, erase=erase)

    def note(self, work: Callable[[Connection], Result], user: str = "") -> Result | None:
        """As :meth:`write`, for what is noted by itself: None where it is off; trouble is a notice."""
        if not self.is_on(user):
            return None
        try:
            return self.write(work)
        except LibraryError as error:
            self.say(f"{error}; this was not noted")
            return None

    def _run(self, work: Callable[[Connection], Result], *, write: bool, erase: bool = False) -> Result:
        for attempt in (1, 2):
            file = self._file()
            try:
                with self._opened() as db:
                    if not self._started:
                        self._started = True
                        self._start(db)
                    if not write:
                        return work(db)
                    db.execute("BEGIN IMMEDIATE")
                    done = work(db)
                    db.execute("COMMIT")
                    if erase:
                        _erase(db)
                    return done
            except (_Damaged, sqlite3.Error) as error:
                if not isinstance(error, _Damaged) and _code(error) not in _DAMAGED:
                    raise self._explained(error) from error
                if attempt == 2:
                    raise LibraryDamaged(f"{self.path} cannot be read ({error}); move it away") from error
                self._set_aside(file, error)
        raise AssertionError("unreachable")

    def _explained(self, error: sqlite3.Error) -> LibraryError:
        if _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return LibraryBusy(f"another litquote is writing to {self.path}; try again in a moment")
        return LibraryError(f"{self.path} cannot be used ({error}); check the disk and its permissions")

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Connection]:
        db = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA secure_delete=ON")
            db.execute("PRAGMA foreign_keys=ON")
            db.execute("PRAGMA synchronous=NORMAL")
            if self._version(db) != len(user_schema.MIGRATIONS):
                self._migrate(db)
            yield db
        finally:
            db.close()

    def _version(self, db: Connection) -> int:
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        if version > len(user_schema.MIGRATIONS):
            raise LibraryMismatch(f"{self.path} was written by a newer litquote; update this one")
        if int(db.execute("PRAGMA application_id").fetchone()[0]) == APPLICATION_ID:
            return version
        if version or db.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise _Damaged("it is another program's database")
        return 0

    def _migrate(self, db: Connection) -> None:
        with self._alone():
            db.execute("PRAGMA auto_vacuum=INCREMENTAL")
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("BEGIN IMMEDIATE")
            for step in user_schema.MIGRATIONS[self._version(db) :]:
                step(db)
            db.execute(f"PRAGMA application_id={APPLICATION_ID}")
            db.execute(f"PRAGMA user_version={len(user_schema.MIGRATIONS)}")
            db.execute("COMMIT")

    def _start(self, db: Connection) -> None:
        if db.execute("SELECT 1 FROM settings WHERE name = 'retention' AND value <> ''").fetchone():
            db.execute("BEGIN IMMEDIATE")
            self._expire(db)
            db.execute("COMMIT")
            _erase(db)

    def _expire(self, db: Connection) -> None:
        kept = db.execute("SELECT user, value FROM settings WHERE name = 'retention' AND value <> ''")
        for user, days in kept.fetchall():
            limit = (datetime.now(UTC) - timedelta(days=int(days))).isoformat(timespec="seconds")
            for statement in EXPIRED:
                db.execute(statement, (user, limit))

    # -- damage -------------------------------------------------------------------------------------

    def _file(self) -> int | None:
        try:
            return self.path.stat().st_ino
        except OSError:
            return None

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        try:
            with FileLock(f"{self.path}.lock", timeout=PATIENCE):
                yield
        except Timeout as error:
            raise LibraryBusy(f"another litquote is making {self.path}; try again in a moment") from error
        except OSError as error:
            raise LibraryError(f"{self.path.parent} cannot be written to ({error.strerror})") from error

    def _set_aside(self, file: int | None, error: Exception) -> None:
        """Rename the damaged file, with its journal, unless another process did so meanwhile."""
        with self._alone():
            if self._file() != file:
                return
            day = datetime.now(UTC).strftime("%Y%m%d")
            names = (self.path.with_name(f"{NAME}.damaged-{day}-{number}") for number in count(1))
            aside = next(name for name in names if not name.exists())
            for tail in ("-wal", "-shm", ""):
                if (part := Path(f"{self.path}{tail}")).exists():
                    part.replace(f"{aside}{tail}")
        self.say(f"{self.path} was damaged ({error}); it is kept as {aside.name}, and a new one begun")


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", None) or 0) & 0xFF  # the module's own errors have none


def _erase(db: Connection) -> None:
    """Overwrite what was deleted wherever a copy may lie: the word index, free pages, the journal."""
    if "fts5" in str(db.execute("SELECT sql FROM sqlite_master WHERE name = 'turn_words'").fetchone()):
        db.execute("INSERT INTO turn_words(turn_words) VALUES('optimize')")
    db.execute("PRAGMA incremental_vacuum").fetchall()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
