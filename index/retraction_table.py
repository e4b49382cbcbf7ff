"""SQLite: the imported rows of Retraction Watch, written once and then only looked up.

One file beside the segments, named by the manifest: an import, and forgetting it, never touches a segment.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from index.errors import LibraryDamaged, LibraryError
from index.retraction_watch import Event
from index.sqlite_file import SharedFile

__all__ = ["RetractionTable", "write_table"]

_SCHEMA = """
CREATE TABLE reasons(row INTEGER PRIMARY KEY, words TEXT NOT NULL);
CREATE TABLE events(row INTEGER PRIMARY KEY, kind TEXT NOT NULL, date TEXT NOT NULL, doi TEXT, pmid INTEGER,
    notice_doi TEXT, notice_pmid INTEGER, reasons TEXT NOT NULL);
"""
#: Written after the rows, in one go.
_INDEXES = """
CREATE INDEX events_doi ON events(doi) WHERE doi IS NOT NULL;
CREATE INDEX events_pmid ON events(pmid) WHERE pmid IS NOT NULL;
"""
_LETTERS = {"retracted": "r", "concern": "e", "correction": "c", "reinstated": "i"}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}
_FIELDS = "kind, date, doi, pmid, notice_doi, notice_pmid, reasons"
_AT_ONCE = 400


def write_table(path: Path, events: Iterable[Event]) -> int:
    """Write ``events`` as they come to a new file at ``path``; returns their number.

    Raises LibraryError when the disk is full or may not be written to.
    """
    path.unlink(missing_ok=True)  # of an import that died
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;")
        db.executescript(_SCHEMA)
        db.execute("BEGIN")
        reasons: dict[str, int] = {}
        db.executemany(
            f"INSERT INTO events({_FIELDS}) VALUES(?,?,?,?,?,?,?)", (_packed(one, reasons) for one in events)
        )
        db.executemany("INSERT INTO reasons VALUES(?,?)", [(row, words) for words, row in reasons.items()])
        for statement in _INDEXES.strip().split("\n"):
            db.execute(statement)
        count = int(db.execute("SELECT count(*) FROM events").fetchone()[0])
        db.execute("COMMIT")
        return count
    except sqlite3.Error as error:
        raise LibraryError(f"{path} cannot be written ({error}); free some space and import again") from error
    finally:
        db.close()


def _packed(event: Event, reasons: dict[str, int]) -> tuple[object, ...]:
    numbers = ",".join(str(reasons.setdefault(one, len(reasons))) for one in event.reasons)
    return (
        _LETTERS[event.kind],
        event.date,
        event.doi or None,
        int(event.pmid) if event.pmid else None,
        event.notice_doi or None,
        int(event.notice_pmid) if event.notice_pmid else None,
        numbers,
    )


class RetractionTable:
    """The table of one generation, safe for use from several threads."""

    def __init__(self, path: Path) -> None:
        try:
            self._db = SharedFile.published(path)
            self._reasons = dict(self._db.execute("SELECT row, words FROM reasons"))
        except sqlite3.Error as error:
            if hasattr(self, "_db"):
                self._db.close()
            raise LibraryDamaged(
                f"{path} cannot be read ({error}); publish an earlier generation with: litquote rollback"
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def count(self) -> int:
        """How many rows there are."""
        return int(self._db.execute("SELECT count(*) FROM events").fetchone()[0])

    def of(self, dois: Sequence[str], pmids: Sequence[str]) -> list[Event]:
        """The rows about a paper with one of these DOIs (small letters) or PMIDs."""
        found: dict[int, Event] = {}
        for column, values in (("doi", dois), ("pmid", [int(pmid) for pmid in pmids if pmid.isdecimal()])):
            if values:
                marks = ",".join("?" * len(values))
                rows = self._db.execute(
                    f"SELECT row, {_FIELDS} FROM events WHERE {column} IN ({marks})", tuple(values)
                )
                found |= {row: self._unpacked(packed) for row, *packed in rows}
        return [found[row] for row in sorted(found)]

    def names(self) -> Iterator[str]:
        """Every name of a paper in the table, as aliases are: ``"doi:…"``, ``"pmid:…"``."""
        for (doi,) in self._db.execute("SELECT DISTINCT doi FROM events WHERE doi IS NOT NULL"):
            yield f"doi:{doi}"
        for (pmid,) in self._db.execute("SELECT DISTINCT pmid FROM events WHERE pmid IS NOT NULL"):
            yield f"pmid:{pmid}"

    def among(self, names: Sequence[str]) -> set[str]:
        """Those of ``names`` (aliases) that the table has."""
        found: set[str] = set()
        dois = [name[4:] for name in names if name.startswith("doi:")]
        pmids = [int(name[5:]) for name in names if name.startswith("pmid:") and name[5:].isdecimal()]
        for column, values in (("doi", dois), ("pmid", pmids)):
            for start in range(0, len(values), _AT_ONCE):
                some = tuple(values[start : start + _AT_ONCE])
                marks = ",".join("?" * len(some))
                rows = self._db.execute(f"SELECT {column} FROM events WHERE {column} IN ({marks})", some)
                found |= {f"{column}:{value}" for (value,) in rows}
        return found

    def _unpacked(self, packed: Sequence[object]) -> Event:
        kind, day, doi, pmid, notice_doi, notice_pmid, reasons = packed
        words = tuple(self._reasons[int(number)] for number in str(reasons).split(",") if number)
        return Event(
            _KINDS[str(kind)],
            str(day),
            str(doi or ""),
            str(pmid or ""),
            str(notice_doi or ""),
            str(notice_pmid or ""),
            words,
        )
