"""A published SQLite file that several threads read through one connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from index.files import file_uri


class Rows(list[Any]):
    """The rows of a statement, all read."""

    def fetchone(self) -> Any:
        """The first row, or None."""
        return self[0] if self else None

    def fetchall(self) -> list[Any]:
        """All rows."""
        return self


class SharedFile:
    """Runs statements one at a time and reads their rows to the end.

    sqlite3 keeps prepared statements by their words: two threads in one connection that ask the same of
    different values may be given each other's rows, and a half-read statement is nobody's for sure.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._lock = Lock()

    @classmethod
    def published(cls, path: Path) -> SharedFile:
        """A file that nobody writes any more. Raises sqlite3.Error."""
        uri = f"{file_uri(path.absolute())}?mode=ro&immutable=1"
        return cls(sqlite3.connect(uri, uri=True, check_same_thread=False))

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> Rows:
        """The rows of a statement. Raises sqlite3.Error."""
        with self._lock:
            return Rows(self._db.execute(sql, values))

    def executemany(self, sql: str, rows: Any, /) -> None:
        """Run a statement for each of ``rows``. Raises sqlite3.Error."""
        with self._lock:
            self._db.executemany(sql, rows)

    def close(self) -> None:
        """Let go of the file, once no statement runs."""
        with self._lock:
            self._db.close()
