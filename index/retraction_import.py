"""Import of a Retraction Watch CSV: a new table, and a generation that differs in nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from index.errors import UsageError
from index.files import sha256_of, sync
from index.manifest import Manifest, RetractionsEntry, generations, publish, successor
from index.publishing import sweep_unused
from index.retraction_table import write_table
from index.retraction_watch import Event, Reading, read

__all__ = ["READER", "ImportReport", "import_table", "publish_entry"]

#: Raised whenever the same file gives another table: it is then read again.
READER = "retraction-watch/1"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did; ``imported`` is the table now in use, ``before`` the one it took the place of.

    ``kinds`` counts the rows by what they say; ``nameless`` rows have neither DOI nor PMID; ``bad`` rows
    could not be read, or not whole, and ``problems`` names the first of them. ``unchanged``: the same file
    was imported before.
    """

    imported: RetractionsEntry
    before: RetractionsEntry | None
    kinds: dict[str, int]
    nameless: int
    bad: int
    problems: tuple[str, ...]
    unchanged: bool
    seconds: float


def import_table(root: Path, base: Manifest, path: Path) -> tuple[ImportReport, Manifest]:
    """Read the CSV at ``path`` and publish its table. The library's lock must be held.

    A process that dies before the end leaves a file that no manifest names; the next write sweeps it.
    Raises UsageError when the file is no Retraction Watch CSV or holds no row that names a paper.
    """
    started, before = time.perf_counter(), base.retractions
    source = _hash(path)
    if before is not None and (before.source, before.reader) == (source, READER):
        return ImportReport(before, before, {}, 0, 0, (), True, time.perf_counter() - started), base
    folder = root / "retractions"
    folder.mkdir(exist_ok=True)
    table = next(folder / f"{n:06d}.sqlite" for n in count(_number(before)) if _free(folder, n))
    today, reading = datetime.now().astimezone().date().isoformat(), Reading()
    newest = ""

    def events() -> Iterator[Event]:
        nonlocal newest
        for event in read(path, reading):
            if newest < event.date <= today:
                newest = event.date
            yield event

    try:
        usable = write_table(table, events())
        if not usable:
            raise UsageError(f"{path} holds no row that names a paper by DOI or PMID; download it again")
    except BaseException:
        table.unlink(missing_ok=True)
        raise
    sync(table)
    sync(folder)
    entry = RetractionsEntry(
        table.name,
        sha256_of(table),
        source,
        READER,
        reading.rows,
        usable,
        newest,
        today,
    )
    manifest = publish_entry(root, base, entry)
    report = ImportReport(
        entry,
        before,
        dict(reading.kinds),
        reading.nameless,
        reading.bad,
        tuple(reading.problems),
        False,
        time.perf_counter() - started,
    )
    return report, manifest


def _number(before: RetractionsEntry | None) -> int:
    name = "" if before is None else before.file.partition(".")[0]
    return int(name) + 1 if name.isdecimal() else 1


def _free(folder: Path, number: int) -> bool:
    """Whether no table has this number; one that an earlier generation names is never written over."""
    return not (folder / f"{number:06d}.sqlite").exists()


def _hash(path: Path) -> str:
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name the Retraction Watch CSV itself")
    try:
        return sha256_of(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); check the path") from error


def publish_entry(root: Path, base: Manifest, entry: RetractionsEntry | None) -> Manifest:
    """Publish a generation that has ``entry`` as its table, and all else as ``base`` has it."""
    manifest = successor(base, max(generations(root), default=0) + 1, retractions=entry)
    publish(root, manifest)
    sweep_unused(root, manifest)
    return manifest
