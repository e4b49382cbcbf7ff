"""The rows of a Retraction Watch CSV, as Crossref distributes it.

Columns and the four natures: "Retraction Watch Database User Guide"
(https://retractionwatch.com/retraction-watch-database-user-guide/); the file:
https://gitlab.com/crossref/retraction-watch-data. Dates are month/day/year.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from index.errors import SourceError, UsageError
from index.sources.decoding import STRAY, wide_encoding

__all__ = ["KINDS", "Event", "Reading", "iso_date", "read"]

#: ``RetractionNature`` and what it is called here.
KINDS: Mapping[str, str] = {
    "retraction": "retracted",
    "expression of concern": "concern",
    "correction": "correction",
    "reinstatement": "reinstated",
}

_NEEDED = ("RetractionNature", "RetractionDate", "OriginalPaperDOI", "OriginalPaperPubMedID")
_REMEDY = "download retraction_watch.csv from https://gitlab.com/crossref/retraction-watch-data"

#: Longer is no row: a quotation mark was left open.
_LONGEST_ROW = 1 << 17
_ROWS_AT_ONCE = 40
#: Rows that went wrong which are named one by one; all are counted.
_NAMED = 20

_DOI = re.compile(r"(?:https?://)?(?:dx\.)?(?:doi\.org/|doi:?\s*)?(10\.\d+(?:\.\d+)*/\S+)", re.IGNORECASE)
_PMID = re.compile(r"(?:PMID:?\s*)?0*(\d{1,9})(?:\.0)?", re.IGNORECASE)
_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")


@dataclass(frozen=True, slots=True)
class Event:
    """What one row says of a paper: ``kind`` is a value of :data:`KINDS`, ``date`` ISO or ``""``.

    ``doi`` (small letters) and ``pmid`` name the paper, ``notice_doi`` and ``notice_pmid`` the notice.
    """

    kind: str
    date: str = ""
    doi: str = ""
    pmid: str = ""
    notice_doi: str = ""
    notice_pmid: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(slots=True)
class Reading:
    """What a reading came across: complete when all events were taken.

    ``nameless`` rows have neither DOI nor PMID and can mark nothing; ``bad`` rows cannot be read, or not
    whole, the first of which ``problems`` name.
    """

    rows: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    nameless: int = 0
    bad: int = 0
    problems: list[str] = field(default_factory=list)
    newest: str = ""

    def complain(self, line: int, what: str) -> None:
        """Count a row that went wrong, and name it while they are few."""
        self.bad += 1
        if len(self.problems) < _NAMED:
            self.problems.append(f"line {line}: {what}")


def iso_date(printed: str) -> str:
    """``"1/2/2024 0:00"`` -> ``"2024-01-02"``; ``""`` for what is no day of 1700 to 2100."""
    printed = printed.strip()
    if american := _AMERICAN.match(printed):
        month, day, year = (int(part) for part in american.groups())
    elif iso := _ISO.match(printed):
        year, month, day = (int(part) for part in iso.groups())
    else:
        return ""
    try:
        return date(year, month, day).isoformat() if 1700 <= year <= 2100 else ""
    except ValueError:
        return ""


def read(path: Path, reading: Reading) -> Iterator[Event]:
    """The events of the file at ``path``, in order; counts, and what went wrong, go into ``reading``.

    Memory does not grow with the file. A row that cannot be read is counted and never stops the others.
    Raises UsageError when the file cannot be opened, or is not such a table.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name the Retraction Watch CSV itself")
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
        # A stray zero byte further on is dirt in one row.
        lines = _lines(path, wide_encoding(head)[0] if b"\0" in head[:4] else "")
        header, divider = _header(next(lines, ""), path)
        for number, values in _rows(lines, header, divider, reading):
            reading.rows += 1
            if (event := _event(dict(zip(header, values, strict=True)), number, reading)) is not None:
                reading.kinds[event.kind] += 1
                reading.newest = max(reading.newest, event.date)
                if event.doi or event.pmid:
                    yield event
                else:
                    reading.nameless += 1
    except SourceError as error:
        raise UsageError(f"{path} is not a Retraction Watch CSV (it holds no text); {_REMEDY}") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); check the path") from error


def _lines(path: Path, encoding: str) -> Iterator[str]:
    """Lines with their ends; a byte that is not UTF-8 is read as Windows-1252."""
    with path.open(
        encoding=encoding or "utf-8", errors=STRAY if not encoding else "replace", newline=""
    ) as stream:
        while line := stream.readline(_LONGEST_ROW):
            yield line


def _header(line: str, path: Path) -> tuple[list[str], str]:
    """The columns by their usual names, and what divides them. Raises UsageError for another table."""
    line = line.lstrip("\ufeff").strip()
    divider = max(",;\t", key=line.count)
    usual = {name.casefold(): name for name in _COLUMNS}
    names = [usual.get(name.strip().casefold(), name.strip()) for name in _values([line], divider)]
    if missing := [name for name in _NEEDED if name not in names]:
        raise UsageError(f"{path} is not a Retraction Watch CSV (no column {missing[0]}); {_REMEDY}")
    return names, divider


_COLUMNS = (
    "Record ID", "RetractionNature", "RetractionDate", "RetractionDOI", "RetractionPubMedID",
    "OriginalPaperDOI", "OriginalPaperPubMedID", "Reason",
)  # fmt: skip


def _rows(
    lines: Iterator[str], header: Sequence[str], divider: str, reading: Reading
) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of its first line.

    A row goes on over line ends inside quotation marks. Where one was left open, what it swallowed does not
    make a row: its first line alone is given up, and the lines behind it are read again.
    """
    waiting: deque[str] = deque()
    number, width, nature = 2, len(header), header.index("RetractionNature")
    while True:
        taken: list[str] = []
        quotes = length = 0
        values: list[str] = []
        while len(taken) < _ROWS_AT_ONCE and length < _LONGEST_ROW:
            line = waiting.popleft() if waiting else next(lines, "")
            if not line:
                break
            taken.append(line)
            length += len(line)
            quotes += line.count('"')
            if quotes % 2 == 0:
                values = _values(taken, divider)
                break
        if not taken:
            return
        if len(values) == width and (len(taken) == 1 or values[nature].strip().casefold() in KINDS):
            yield number, values
            number += len(taken)
            continue
        if "".join(taken).strip():
            found = (
                f"{len(values)} columns where the table has {width}" if values else "a quotation mark is open"
            )
            reading.rows += 1
            reading.complain(number, f"{found}; the row is left out")
        waiting.extendleft(reversed(taken[1:]))
        number += 1


def _values(lines: Sequence[str], divider: str) -> list[str]:
    try:
        return next(csv.reader(["".join(lines)], delimiter=divider), [])
    except csv.Error:
        return []


def _event(row: Mapping[str, str], line: int, reading: Reading) -> Event | None:
    """What a row says, or None when its nature is not one of the four."""
    said = row["RetractionNature"].strip()
    kind = KINDS.get(said.casefold())
    record = row.get("Record ID", "").strip()[:20]
    name = f"record {record}: " if record else ""
    if kind is None:
        reading.complain(line, f"{name}the nature {said[:40]!r} is none of the four; the row is left out")
        return None
    day = iso_date(row["RetractionDate"])
    if not day:
        printed = row["RetractionDate"].strip()[:40]
        reading.complain(line, f"{name}the date {printed!r} is no month/day/year; kept without a date")
    return Event(
        kind,
        day,
        _doi(row["OriginalPaperDOI"]),
        _pmid(row["OriginalPaperPubMedID"]),
        _doi(row.get("RetractionDOI", "")),
        _pmid(row.get("RetractionPubMedID", "")),
        tuple(
            dict.fromkeys(filter(None, (part.strip(" +\t\r\n") for part in row.get("Reason", "").split(";"))))
        ),
    )


def _doi(printed: str) -> str:
    found = _DOI.fullmatch(printed.strip())
    return found[1].rstrip(".").casefold() if found else ""


def _pmid(printed: str) -> str:
    found = _PMID.fullmatch(printed.strip())
    return found[1] if found and found[1] != "0" else ""
