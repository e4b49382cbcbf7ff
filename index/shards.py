"""A shard: some sources, already read and encoded, in one folder that is never changed once it is finished.

It holds no library. It is what the ordinary ingest would have to compute, kept under names that tell what
it was computed from: what readers gave, by the SHA-256 of the bytes and the file's name, and vectors, by
the name of the string that was encoded. So joining the records of one paper, choosing ids and cutting
passages happen once, when shards are published (:mod:`index.prepared`), as if all had been read there.

::

    shard.json        what it was made of and with, and the SHA-256 of the files beside it; written last
    documents.jsonl   what each source gave, in order: documents, failures, and how it ended
    names.npy         (3, n) unsigned integers: both halves of a string's name, sorted, and its vector's row
    vectors.f32       (n, dimension) little-endian floats
    originals/        the sources' bytes by SHA-256, where they are to be published elsewhere
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from index.encoders import Encoder, Vectors
from index.errors import ShardDamaged, SourceError
from index.files import sha256_of, sync, write_atomically
from index.manifest import EncoderInfo, Settings
from index.records import Document, Failure
from index.sources import READERS, extractor

FORMAT = 1
MANIFEST = "shard.json"
DOCUMENTS, NAMES, VECTORS = FILES = ("documents.jsonl", "names.npy", "vectors.f32")
ORIGINALS = "originals"

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what a source gives: shards of another recipe are of no use to a library.

    ``readers`` is :func:`readers_digest`; ``ocr`` the languages that scans are recognised in, or ``""``.
    """

    encoder: EncoderInfo
    settings: Settings
    readers: str
    ocr: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One source of a shard; ``place`` is its place in the whole list.

    ``offset`` is where its documents begin, -1 where it was not read; ``failure`` the reason why it could
    not be opened. ``size``, ``mtime`` (ns) and ``sha256`` are those of the file when it was read.
    """

    place: int
    uri: str
    name: str
    named: bool
    size: int = 0
    mtime: int = 0
    sha256: str = ""
    offset: int = -1
    failure: str = ""


@dataclass(frozen=True, slots=True)
class ShardManifest:
    """What stands in ``shard.json``: shard ``number`` (from 1) ``of`` so many, which share the ``plan``.

    ``failures`` are the paths of the whole list that named no file; ``failed`` counts the sources, and
    records in sources, that could not be read.
    """

    format: int
    number: int
    of: int
    plan: str
    recipe: Recipe
    entries: tuple[Entry, ...]
    failures: tuple[Failure, ...]
    files: dict[str, str]
    documents: int
    vectors: int
    failed: int
    originals: bool


class _Line(msgspec.Struct, omit_defaults=True):
    """One line of ``documents.jsonl``; ``end`` is why a source could be read no further, or ``""``."""

    document: Document | None = None
    failure: Failure | None = None
    end: str | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Line).decode


def readers_digest() -> str:
    """One name for the versions of all readers: an archive is read by several."""
    return hashlib.sha256(" ".join(map(extractor, READERS.values())).encode()).hexdigest()[:16]


def recipe_of(encoder: Encoder, settings: Settings, *, ocr: str = "") -> Recipe:
    """What sources are prepared with here and now. How vectors are indexed is none of it."""
    return Recipe(EncoderInfo.of(encoder), replace(settings, index="auto"), readers_digest(), ocr)


def item_line(item: Document | Failure) -> bytes:
    """What a reader gave as a line. Raises UnicodeEncodeError where it cannot be stored."""
    line = _Line(failure=item) if isinstance(item, Failure) else _Line(document=item)
    return _encode(line) + b"\n"


def end_line(reason: str) -> bytes:
    """The last line of a source: why it could be read no further, ``""`` where it was read whole."""
    return _encode(_Line(end=reason)) + b"\n"


def read_items(path: Path, offset: int = 0) -> Iterator[Document | Failure]:
    """What a source gave, from its lines; raises SourceError at their end where the reader did.

    Raises ShardDamaged where the lines break off.
    """
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            for written in stream:
                line = _decode(written)
                if line.end is not None:
                    if line.end:
                        raise SourceError(line.end)
                    return
                found = line.document if line.document is not None else line.failure
                if found is None:
                    break
                yield found
    except (OSError, msgspec.DecodeError) as error:
        raise ShardDamaged(f"{path} cannot be read ({error}); build its shard again") from error
    raise ShardDamaged(f"{path} breaks off; build its shard again")


class ShardWriter:
    """Fills a folder that nobody reads yet."""

    def __init__(self, folder: Path, dimension: int) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self._dimension = dimension
        self._documents = (folder / DOCUMENTS).open("wb")
        self._vectors = (folder / VECTORS).open("wb")
        self._names: dict[bytes, int] = {}
        self.documents = self.failed = 0

    def __contains__(self, name: bytes) -> bool:
        return name in self._names

    @property
    def offset(self) -> int:
        """Where the next source begins."""
        return self._documents.tell()

    def line(self, line: bytes) -> None:
        """Append a line of :func:`item_line` or :func:`end_line`."""
        self._documents.write(line)

    def add_vectors(self, names: Sequence[bytes], vectors: Vectors) -> None:
        """Append the vectors (n, dimension) of the strings with these names."""
        if vectors.shape != (len(names), self._dimension):
            raise ValueError(f"vectors of shape {vectors.shape} for {len(names)} strings")
        for name in names:
            self._names[name] = len(self._names)
        self._vectors.write(np.ascontiguousarray(vectors, dtype="<f4").tobytes())

    def finish(
        self,
        entries: Sequence[Entry],
        recipe: Recipe,
        *,
        number: int,
        of: int,
        plan: str,
        failures: Sequence[Failure],
        originals: bool,
    ) -> ShardManifest:
        """Write everything to the disk, the manifest last."""
        self.abandon()
        np.save(self.folder / NAMES, _sorted_names(list(self._names)))
        for name in FILES:
            sync(self.folder / name)
        manifest = ShardManifest(
            format=FORMAT,
            number=number,
            of=of,
            plan=plan,
            recipe=recipe,
            entries=tuple(entries),
            failures=tuple(failures),
            files={name: sha256_of(self.folder / name) for name in FILES},
            documents=self.documents,
            vectors=len(self._names),
            failed=self.failed + sum(1 for entry in entries if entry.failure),
            originals=originals,
        )
        body = json.loads(msgspec.json.encode(manifest))
        body["sha256"] = _digest(body)
        write_atomically(self.folder / MANIFEST, json.dumps(body).encode())
        return manifest

    def abandon(self) -> None:
        """Close the files."""
        self._documents.close()
        self._vectors.close()


def _sorted_names(names: Sequence[bytes]) -> NDArray[np.uint64]:
    halves = np.frombuffer(b"".join(names), dtype=">u8").reshape(-1, 2)
    order = np.lexsort((halves[:, 1], halves[:, 0]))
    # numbered as unsigned, too: joined with signed ones they would become floats
    return np.stack([halves[order, 0], halves[order, 1], order.astype(np.uint64)]).astype("<u8")


def _digest(body: dict[str, Any]) -> str:
    told = {name: value for name, value in body.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


class Shard:
    """A finished shard, opened. Raises ShardDamaged when it is not what its manifest says.

    ``check`` reads every file once and compares its hash.
    """

    def __init__(self, folder: Path, *, check: bool = True) -> None:
        self.folder = folder
        self.manifest = _manifest(folder)
        if check:
            self.check()
        dimension = self.manifest.recipe.encoder.dimension
        try:
            names = np.load(folder / NAMES)
            size = (folder / VECTORS).stat().st_size
        except (OSError, ValueError, EOFError) as error:
            raise ShardDamaged(_damaged(folder, f"{NAMES} or {VECTORS} cannot be read ({error})")) from error
        if size != self.manifest.vectors * dimension * 4 or names.shape != (3, self.manifest.vectors):
            raise ShardDamaged(_damaged(folder, f"{VECTORS} is cut short"))
        self._first, self._second, self._rows = names
        # read where it is asked, not mapped: a mapped file cannot be removed on Windows
        self._vectors = (folder / VECTORS).open("rb")
        self._dimension = dimension

    def check(self) -> None:
        """Compare every file with its hash. Raises ShardDamaged."""
        for name, expected in self.manifest.files.items():
            _check(self.folder, name, expected)
        if self.manifest.originals:
            for sha256 in {entry.sha256 for entry in self.manifest.entries} - {""}:
                _check(self.folder, f"{ORIGINALS}/{sha256}", sha256)

    def items(self, entry: Entry) -> Iterator[Document | Failure]:
        """What a source gave, as :func:`read_items`."""
        return read_items(self.folder / DOCUMENTS, entry.offset)

    def original(self, entry: Entry) -> Path:
        """The copy of a source's bytes."""
        return self.folder / ORIGINALS / entry.sha256

    def rows(self, halves: NDArray[np.uint64]) -> Rows:
        """The row of the vector of each string, given its name's halves (n, 2); -1 where it is not here."""
        if not len(self._first):
            return np.full(len(halves), -1, np.int64)
        at = np.minimum(np.searchsorted(self._first, halves[:, 0]), len(self._first) - 1)
        # two names that share their first half are told apart by the second; the later is encoded again
        hit = (self._first[at] == halves[:, 0]) & (self._second[at] == halves[:, 1])
        return np.where(hit, self._rows[at].astype(np.int64), -1)

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors (n, dimension) of these rows."""
        width = self._dimension * 4
        found = np.empty((len(rows), self._dimension), np.float32)
        for place, row in enumerate(rows.tolist()):
            self._vectors.seek(row * width)
            found[place] = np.frombuffer(self._vectors.read(width), dtype="<f4")
        return found

    def close(self) -> None:
        """Let go of the files."""
        self._vectors.close()


def _manifest(folder: Path) -> ShardManifest:
    try:
        body = json.loads((folder / MANIFEST).read_bytes())
        if body.get("format") != FORMAT:
            raise ShardDamaged(
                f"the shard {folder} is of format {body.get('format')}, not {FORMAT}; "
                "build it again with this litquote"
            )
        if body.pop("sha256", "") != _digest(body):
            raise ShardDamaged(_damaged(folder, f"{MANIFEST} has been altered"))
        return msgspec.convert(body, ShardManifest, strict=False)
    except (OSError, ValueError, AttributeError, msgspec.ValidationError) as error:
        raise ShardDamaged(_damaged(folder, f"{MANIFEST} cannot be read: {error}")) from error


def _check(folder: Path, name: str, expected: str) -> None:
    try:
        found = sha256_of(folder / name)
    except OSError as error:
        raise ShardDamaged(_damaged(folder, f"{name} cannot be read: {error.strerror}")) from error
    if found != expected:
        raise ShardDamaged(_damaged(folder, f"{name} has been altered"))


def _damaged(folder: Path, reason: str) -> str:
    return f"the shard {os.fspath(folder)} is damaged ({reason}); build it again with the same command"
