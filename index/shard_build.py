"""Build one shard: read and encode some sources into a folder that is complete or is not there.

A worker may die at any point. It writes into a folder of its own beside the shard's place
(``NAME.part-…``) and renames it at the end, so a half-written one is never taken for a shard. There it
also logs each source before it reads it: the last one of a dead worker is suspected, and read in a child
process by the next, so that a source that breaks its reader ends a child and becomes one failed source.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass, field, replace
from errno import EDQUOT, ENOSPC
from pathlib import Path

import numpy as np

from index.encoded import encoded_name, to_encode
from index.encoders import Encoder
from index.errors import ClusterError, ShardDamaged, SourceError
from index.files import sha256_of, store_by_hash
from index.identity import unite
from index.paths import Found, measured, unreadable, uri_of
from index.records import Document, Failure
from index.segments import known_segments
from index.shard_child import APART, LOG, read_apart, suspects
from index.shards import (
    MANIFEST,
    ORIGINALS,
    Entry,
    Recipe,
    Shard,
    ShardManifest,
    ShardWriter,
    end_line,
    item_line,
)
from index.sources import mistake, reader_for

__all__ = ["Built", "Job", "Work", "build", "finished", "plan_of", "slice_of"]

#: Strings encoded at once, as the ordinary ingest does.
_BATCH = 512


@dataclass(frozen=True, slots=True)
class Work:
    """One source: ``place`` in the whole list, and the file ``path`` that its bytes are read from.

    ``sha256``, where it is known, is what they must be; ``name`` is the file's own.
    """

    place: int
    uri: str
    path: str
    name: str
    named: bool
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """One shard to build, as it is sent to a worker.

    ``originals``: copy the sources' bytes, and keep what could not be opened as failures; without, such
    sources are left to whoever uses the shard. ``known``: a library whose vectors need not be computed.
    ``ahead``: read PDFs ahead, on all cores.
    """

    folder: str
    works: tuple[Work, ...]
    recipe: Recipe
    plan: str
    number: int = 1
    of: int = 1
    failures: tuple[Failure, ...] = ()
    originals: bool = True
    known: str = ""
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Built:
    """What building a shard did, or finding it finished ``again``.

    ``damaged`` is what was wrong with the one before it; ``unseen`` are paths that could not be opened
    where it ran.
    """

    folder: str
    node: str = ""
    sources: int = 0
    documents: int = 0
    vectors: int = 0
    failed: int = 0
    again: bool = False
    damaged: str = ""
    unseen: list[str] = field(default_factory=list)


def slice_of(files: Sequence[Found], number: int, of: int) -> tuple[Work, ...]:
    """Every ``of``-th file, beginning with the ``number``-th (from 1): neighbours differ in size least."""
    return tuple(
        Work(place, uri_of(file.path), os.fspath(file.path), file.path.name, file.named)
        for place, file in enumerate(files)
        if place % of == number - 1
    )


def plan_of(works: Sequence[Work], failures: Sequence[Failure], of: int) -> str:
    """A name for a whole list of sources in ``of`` parts: shards of two lists are not to be mixed."""
    told = [[work.uri, work.named, work.sha256] for work in works], [[f.uri, f.reason] for f in failures]
    whole = json.dumps([of, *told])
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def finished(job: Job) -> Shard | None:
    """The shard of this job if it is finished, whole, and nothing it was made of has changed.

    Raises ShardDamaged when it is there and not whole.
    """
    folder = Path(job.folder)
    if not (folder / MANIFEST).is_file():
        return None
    shard = Shard(folder)
    made = shard.manifest
    asked = (job.recipe, job.plan, job.number, job.of, job.originals, [work.place for work in job.works])
    found = (made.recipe, made.plan, made.number, made.of, made.originals, [e.place for e in made.entries])
    if asked == found and all(map(_same, job.works, made.entries)):
        return shard
    shard.close()
    return None


def _same(work: Work, entry: Entry) -> bool:
    """Whether a source is as it was when it was read; judged as the ordinary ingest does."""
    if (work.uri, work.name, work.named) != (entry.uri, entry.name, entry.named):
        return False
    if work.sha256:
        return work.sha256 == entry.sha256
    try:
        now = measured(Path(work.path))
    except SourceError:
        now = (0, 0)
    return now == (entry.size, entry.mtime)


def build(job: Job, encoder: Encoder, *, tell: Callable[[int, str], None] | None = None) -> Built:
    """Build a shard, unless it is finished; ``tell`` is told the number of sources read, and the last.

    Raises OSError and ClusterError where the folder cannot be written, and what the encoder raises.
    """
    folder, damaged = Path(job.folder), ""
    try:
        if (shard := finished(job)) is not None:
            shard.close()
            return _told(job, shard.manifest, again=True)
    except ShardDamaged as error:
        damaged = str(error)
    part = folder.with_name(f"{folder.name}.part-{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = _Building(job, encoder, part, suspects(folder))
    try:
        built = building.run(tell)
        _move_into_place(part, job)
    except BaseException:
        building.close()
        raise
    for other in folder.parent.glob(f"{folder.name}.part-*"):
        shutil.rmtree(other, ignore_errors=True)
    return replace(built, damaged=damaged)


def _move_into_place(part: Path, job: Job) -> None:
    folder = Path(job.folder)
    for _ in range(2):
        if folder.exists():
            with suppress(ShardDamaged):
                if (shard := finished(job)) is not None:  # by another worker meanwhile
                    shard.close()
                    return
            stale = folder.with_name(f"{folder.name}.part-old-{uuid.uuid4().hex[:8]}")
            with suppress(OSError):
                folder.rename(stale)
        with suppress(OSError):
            part.rename(folder)
            return
    raise ClusterError(f"the shard {folder} cannot be put in its place; check the folder's permissions")


class _Building:
    """A shard being written into ``part``."""

    def __init__(self, job: Job, encoder: Encoder, part: Path, suspected: set[str]) -> None:
        self._job, self._encoder, self._suspected = job, encoder, suspected
        self._part = part
        self._writer = ShardWriter(part, encoder.dimension)
        self._log = (part / LOG).open("w", encoding="utf-8")
        self._note({"suspects": sorted(suspected)})
        self._known = known_segments(Path(job.known), encoder) if job.known else []
        self._waiting: dict[bytes, str] = {}
        self._unseen: list[str] = []
        self._end: str | None = None

    def run(self, tell: Callable[[int, str], None] | None) -> Built:
        """Read and encode every source, and finish the folder."""
        import index.sources.pdf as pdf

        job, entries = self._job, []
        files = [(Path(w.path), w.name) for w in job.works if w.uri not in self._suspected]
        before = pdf.configure(ocr=bool(job.recipe.ocr), languages=job.recipe.ocr or "eng")
        try:
            with pdf.reading_ahead(files) if job.ahead else nullcontext():
                for count, work in enumerate(job.works, 1):
                    entries.append(self._source(work))
                    if tell is not None:
                        tell(count, work.uri)
        finally:
            pdf.configure(**asdict(before))
        self._encode()
        self.close()
        for name in (LOG, APART):
            (self._part / name).unlink(missing_ok=True)
        made = self._writer.finish(
            entries,
            job.recipe,
            number=job.number,
            of=job.of,
            plan=job.plan,
            failures=job.failures,
            originals=job.originals,
        )
        return replace(_told(job, made), unseen=self._unseen)

    def close(self) -> None:
        """Close the files."""
        self._writer.abandon()
        self._log.close()
        for segment in self._known:
            segment.close()

    def _note(self, told: dict[str, object]) -> None:
        self._log.write(json.dumps(told) + "\n")
        self._log.flush()

    def _source(self, work: Work) -> Entry:
        """Read one source, and line its passages up for encoding."""
        self._note({"uri": work.uri})
        size = mtime = 0
        sha256 = failure = ""
        path, offset = Path(work.path), -1
        try:
            size, mtime = measured(path)
            if self._job.originals:
                if work.uri not in self._suspected:
                    reader_for(path, work.name)  # what none takes is not copied
                sha256, size = store_by_hash(path, self._part / ORIGINALS)
                path = self._part / ORIGINALS / sha256
            else:
                sha256 = sha256_of(path)
        except SourceError as error:
            failure = str(error)
        except OSError as error:
            if error.errno in (ENOSPC, EDQUOT):
                raise
            failure = unreadable(error)
        if failure and not self._job.originals:
            self._unseen.append(work.path)
        elif not failure and work.sha256 in ("", sha256):
            offset = self._read(work, path, sha256)
            if not self._job.originals and not _still(path, size, mtime):
                offset = -1
        return Entry(work.place, work.uri, work.name, work.named, size, mtime, sha256, offset, failure)

    def _read(self, work: Work, path: Path, sha256: str) -> int:
        """Write what the reader gives; returns where it stands, or -1 where that cannot be stored.

        Then whoever uses the shard reads this source, and says what is wrong there.
        """
        offset = self._writer.offset
        self._end = None
        for item in self._items(work, path, sha256):
            try:
                self._writer.line(item_line(item))
            except UnicodeError:
                return -1
            if isinstance(item, Document):
                self._writer.documents += 1
                self._line_up(item)
            else:
                self._writer.failed += 1
        if self._end is None:
            return -1
        self._writer.line(end_line(self._end))
        self._writer.failed += bool(self._end)
        return offset

    def _items(self, work: Work, path: Path, sha256: str) -> Iterator[Document | Failure]:
        """What the reader gives; ``_end`` is then why it gave no more, None where the file broke off."""
        try:
            if work.uri in self._suspected:
                yield from read_apart(path, sha256, work.name, self._job.recipe.ocr, self._part)
            else:
                yield from reader_for(path, work.name).read(path, source=sha256, name=work.name)
            self._end = ""
        except SourceError as error:
            self._end = str(error)
        except OSError:
            return
        except Exception as error:
            self._end = mistake(error)

    def _line_up(self, document: Document) -> None:
        document = unite([document], document.id)
        for string in to_encode(document, self._encoder, self._job.recipe.settings)[1]:
            name = encoded_name(string)
            if name in self._writer or name in self._waiting:
                continue
            if any(segment.records.row_of_encoded(name) is not None for segment in self._known):
                continue
            self._waiting[name] = string
        if len(self._waiting) >= _BATCH:
            self._encode()

    def _encode(self) -> None:
        waiting, self._waiting = self._waiting, {}
        if waiting:
            vectors = np.asarray(self._encoder.encode(list(waiting.values())), np.float32)
            self._writer.add_vectors(list(waiting), vectors)
            os.utime(self._part / LOG)  # a sign of life


def _still(path: Path, size: int, mtime: int) -> bool:
    """Whether a file is as it was before it was read."""
    try:
        return measured(path) == (size, mtime)
    except SourceError:
        return False


def _told(job: Job, made: ShardManifest, *, again: bool = False) -> Built:
    counts = len(made.entries), made.documents, made.vectors, made.failed
    return Built(job.folder, socket.gethostname(), *counts, again)
