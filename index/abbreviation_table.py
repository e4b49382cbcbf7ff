"""The abbreviations of one segment, in its ``records.sqlite``: how many documents define which pair.

``abbreviations`` has a row for each spelling of a pair with the number of documents that define it;
``definitions`` says which documents, so that one removed can be left out without counting anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from index.abbreviations import Pair

SCHEMA = """
CREATE TABLE abbreviations(pair INTEGER PRIMARY KEY, short_key TEXT NOT NULL, long_key TEXT NOT NULL,
    short TEXT NOT NULL, long TEXT NOT NULL, documents INTEGER NOT NULL);
CREATE TABLE definitions(document INTEGER NOT NULL, pair INTEGER NOT NULL);
CREATE INDEX abbreviations_short ON abbreviations(short_key);
CREATE INDEX abbreviations_long ON abbreviations(long_key);
CREATE INDEX definitions_document ON definitions(document);
"""


#: Keys looked up in one statement; SQLite may take no more than 999.
_AT_ONCE = 500


class Connection(Protocol):
    """What is needed of an open file; SQLite itself is :mod:`index.store`'s."""

    def execute(self, sql: str, values: Sequence[Any] = ..., /) -> Any:
        """Run a statement; gives its rows."""

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> Any:
        """Run a statement for each of ``rows``."""


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A short form, one of its long forms, and how many documents define it so.

    The keys are those of :mod:`index.abbreviations`; ``short`` and ``long`` the spelling most use.
    """

    short_key: str
    long_key: str
    short: str
    long: str
    documents: int


class AbbreviationsWriter:
    """Collects what the documents of a segment define."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._numbers: dict[tuple[str, str, str, str], int] = {}
        self._counts: Counter[int] = Counter()

    def add(self, row: int, found: dict[tuple[str, str], Pair]) -> None:
        """Write what the document ``row`` defines (see :func:`index.abbreviations.of_document`)."""
        numbers = [
            self._numbers.setdefault((*keys, pair.short, pair.long), len(self._numbers))
            for keys, pair in found.items()
        ]
        self._counts.update(numbers)
        self._db.executemany("INSERT INTO definitions VALUES(?,?)", [(row, number) for number in numbers])

    def finish(self) -> None:
        """Write the counts."""
        self._db.executemany(
            "INSERT INTO abbreviations VALUES(?,?,?,?,?,?)",
            [(number, *names, self._counts[number]) for names, number in self._numbers.items()],
        )


class AbbreviationTable:
    """The abbreviations of a published segment, those of ``deleted`` document rows left out."""

    def __init__(self, connection: Connection, deleted: Collection[int] = ()) -> None:
        self._db = connection
        self._deleted = deleted

    @cached_property
    def _gone(self) -> Counter[int]:
        """How many deleted documents define a pair."""
        gone: Counter[int] = Counter()
        for row in self._deleted:
            found = self._db.execute("SELECT pair FROM definitions WHERE document = ?", (row,))
            gone.update(pair for (pair,) in found)
        return gone

    def of_short(self, keys: Sequence[str]) -> list[Abbreviation]:
        """The rows whose short form has one of ``keys``, each given once."""
        return self._rows("short_key", keys)

    def of_long(self, keys: Sequence[str]) -> list[Abbreviation]:
        """The rows whose long form has one of ``keys``, each given once."""
        return self._rows("long_key", keys)

    def _rows(self, column: str, keys: Sequence[str]) -> list[Abbreviation]:
        if not keys:
            return []
        found: list[Abbreviation] = []
        for start in range(0, len(keys), _AT_ONCE):
            some = tuple(keys[start : start + _AT_ONCE])
            rows = self._db.execute(
                "SELECT pair, documents, short_key, long_key, short, long FROM abbreviations"
                f" WHERE {column} IN ({','.join('?' * len(some))})",
                some,
            )
            found += [
                Abbreviation(short_key, long_key, short, long, left)
                for pair, count, short_key, long_key, short, long in rows
                if (left := count - self._gone[pair]) > 0
            ]
        return found

    def miscounted(self) -> int:
        """How many pairs are not defined by as many documents as they say: 0 in a sound segment."""
        said = dict(self._db.execute("SELECT pair, documents FROM abbreviations"))
        counted = dict(
            self._db.execute(
                "SELECT pair, count(DISTINCT document) FROM definitions"
                " WHERE document IN (SELECT row FROM documents) GROUP BY pair"
            )
        )
        return len(said.items() ^ counted.items())


def united(rows: Iterable[Abbreviation]) -> list[Abbreviation]:
    """One row for each pair of keys, counted over all segments and spellings; most documents first."""
    spellings: dict[tuple[str, str], Counter[tuple[str, str]]] = {}
    for row in rows:
        counted = spellings.setdefault((row.short_key, row.long_key), Counter())
        counted[row.short, row.long] += row.documents
    found = []
    for keys, counted in spellings.items():
        # Among equals rather "multiple sclerosis" than "Multiple sclerosis".
        spelling = min(counted, key=lambda names: (-counted[names], names[1][0].isupper(), names))
        found.append(Abbreviation(*keys, *spelling, counted.total()))
    return sorted(found, key=lambda row: (-row.documents, row.short_key, row.long_key))
