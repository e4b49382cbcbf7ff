"""A generation: which immutable files together are the library, each with its SHA-256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from index.encoders import Encoder
from index.errors import LibraryDamaged, LibraryMismatch, NoLibrary
from index.files import write_atomically

FORMAT = 2
#: How the vectors of a segment may be indexed; ``auto`` goes by their number (:mod:`index.dense`).
INDEX_KINDS = ("auto", "exact", "ivf-sq8", "ivf-pq")
#: How often a reader whose files are swept from under it looks for newer ones.
_LOOKS = 5
Found = TypeVar("Found")


def litquote_version() -> str:
    """The installed version, or ``"source"`` where litquote was not installed."""
    try:
        return version("litquote")
    except PackageNotFoundError:
        return "source"


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """Which encoder made the vectors; ``name`` is what loads it again."""

    name: str
    fingerprint: str
    precision: str
    dimension: int
    window: int

    @classmethod
    def of(cls, encoder: Encoder) -> EncoderInfo:
        """What identifies ``encoder``."""
        return cls(encoder.name, encoder.fingerprint, encoder.precision, encoder.dimension, encoder.window)


@dataclass(frozen=True, slots=True)
class Settings:
    """How passages are cut, encoded and indexed: a change of one of these asks for a rebuild.

    ``titled``: a passage is encoded behind the title of its paper, as far as the window has room.
    ``index``: how the vectors of a segment are indexed, one of :data:`INDEX_KINDS`.
    """

    max_tokens: int = 160
    titled: bool = True
    index: str = field(default="auto", repr=False)  # the repr names what vectors are, not how they are found


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """One immutable segment; ``deleted`` are the document rows that no longer count."""

    number: int
    documents: int
    passages: int
    dense: str
    precision: str
    files: dict[str, str]
    deleted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LexicalEntry:
    """The lexical folder; ``deletions`` counts its passages deleted since it was written whole."""

    folder: str
    files: dict[str, str]
    deletions: int = 0


@dataclass(frozen=True, slots=True)
class RetractionsEntry:
    """The table of an imported Retraction Watch CSV.

    ``newest`` is the latest date of a row that is not after the import, ``imported`` the day of it (both
    ISO); ``source`` the SHA-256 of the CSV. ``rows`` are all its rows, ``usable`` those that name a paper.
    """

    file: str
    sha256: str
    source: str
    reader: str
    rows: int
    usable: int
    newest: str
    imported: str

    @property
    def origin(self) -> str:
        """``"Retraction Watch, rows to 2026-10-30, imported 2026-11-23"``."""
        return f"Retraction Watch, rows to {self.newest or 'no date'}, imported {self.imported}"


@dataclass(frozen=True, slots=True)
class Removal:
    """A document the user removed: a rebuild, or a folder added again, does not bring it back."""

    id: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything needed to open one generation; ``reader`` is what reads its passages
    (a name for :func:`qa.reader.load_reader`).
    """

    generation: int
    parent: int | None
    created: str
    litquote: str
    encoder: EncoderInfo
    settings: Settings
    segments: tuple[SegmentEntry, ...] = ()
    lexical: LexicalEntry | None = None
    removed: tuple[Removal, ...] = ()
    sequence: int = 0
    reader: str = "default"
    retractions: RetractionsEntry | None = None
    format: int = FORMAT


def successor(base: Manifest, generation: int, **changes: Any) -> Manifest:
    """The manifest of a generation written now after ``base``: as that one but for ``changes``."""
    return replace(
        base,
        generation=generation,
        parent=base.generation or None,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        litquote=litquote_version(),
        **changes,
    )


def manifest_path(root: Path, generation: int) -> Path:
    """Where a generation's manifest lies."""
    return root / "manifests" / f"{generation:06d}.json"


def segment_folder(root: Path, number: int) -> Path:
    """Where a segment lies."""
    return root / "segments" / f"{number:06d}"


def publish(root: Path, manifest: Manifest) -> None:
    """Write ``manifest`` and make it the current one in one step."""
    data = json.dumps(msgspec.to_builtins(manifest), indent=1, ensure_ascii=False).encode()
    path = manifest_path(root, manifest.generation)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, data)
    point_to(root, manifest.generation)


def point_to(root: Path, generation: int) -> None:
    """Make an existing manifest the current one."""
    digest = hashlib.sha256(manifest_path(root, generation).read_bytes()).hexdigest()
    write_atomically(root / "CURRENT", f"{generation:06d}.json {digest}\n".encode())


def current_line(root: Path) -> str:
    """The line that names the published manifest. Raises NoLibrary."""
    try:
        return (root / "CURRENT").read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise NoLibrary(f"there is no library at {root} yet; make one with: litquote add PATH") from None
    except UnicodeDecodeError:
        raise LibraryDamaged(
            f"{root / 'CURRENT'} is damaged; publish an earlier generation with: litquote rollback"
        ) from None


def steadily(root: Path, look: Callable[[], Found]) -> Found:
    """What ``look`` finds; it looks again when it finds damage and a writer has published since it began.

    Such a writer may have swept what was looked for. Raises what ``look`` raises.
    """
    for _ in range(_LOOKS):
        line = current_line(root)
        try:
            return look()
        except (LibraryDamaged, OSError, ValueError, EOFError):
            if current_line(root) == line:
                raise
    return look()


@contextmanager
def damage_named(root: Path) -> Iterator[None]:
    """Raise LibraryDamaged for whatever a missing or unreadable file raises."""
    try:
        yield
    except (OSError, ValueError, EOFError) as error:
        raise LibraryDamaged(
            f"a file of the library at {root} is missing or unreadable ({error}); "
            "find it with: litquote verify; publish an earlier generation with: litquote rollback"
        ) from error


def load_current(root: Path) -> Manifest:
    """The published manifest. Raises NoLibrary, LibraryDamaged or LibraryMismatch."""
    return steadily(root, lambda: _load_current(root))


def _load_current(root: Path) -> Manifest:
    line = current_line(root)
    name = line.strip().partition(" ")[0]
    path = root / "manifests" / name
    remedy = "publish an earlier generation with: litquote rollback"
    if not name or "/" in name or "\\" in name or not path.is_file():
        raise LibraryDamaged(f"{root / 'CURRENT'} names no manifest that exists; {remedy}")
    data = path.read_bytes()
    if line != f"{name} {hashlib.sha256(data).hexdigest()}\n":
        raise LibraryDamaged(f"{path} is not as it was published; {remedy}")
    return parse(data, path)


def parse(data: bytes, path: Path) -> Manifest:
    """Decode a manifest. Raises LibraryDamaged or LibraryMismatch."""
    try:
        raw = json.loads(data)
        if int(raw["format"]) > FORMAT:
            raise LibraryMismatch(
                f"{path} was written by a newer litquote; upgrade with: pip install -U litquote"
            )
        if int(raw["format"]) < FORMAT:
            root = path.parent.parent
            raise LibraryMismatch(
                f"{path} was written by an older litquote; make a new library from its stored sources: "
                f"litquote add {root / 'inbox'} --library NEW_FOLDER"
            )
        return msgspec.convert(raw, Manifest)
    except (ValueError, KeyError, TypeError, msgspec.ValidationError) as error:
        raise LibraryDamaged(
            f"{path} cannot be read as a manifest ({error}); use: litquote rollback"
        ) from error


def generations(root: Path) -> list[int]:
    """The generations whose manifests are still there, oldest first."""
    names = (path.stem for path in (root / "manifests").glob("[0-9]*.json"))
    return sorted(int(name) for name in names if name.isdecimal())
