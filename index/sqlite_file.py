"""A published SQLite file that several threads read through one connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from threading import Lock
from typing import Any


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
