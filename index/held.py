"""What is known of a library without opening it: counts, size and state, from its manifest and folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from index.errors import LibraryError, NoLibrary
from index.locking import is_ours
from index.manifest import Manifest, load_current, segment_folder
from index.paths import CLUTTER
from index.store import Records

Kind = Literal["default", "own", "demo", "attached"]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes on disk: extracted texts with their records; vectors, terms and manifests; files as they came."""

    texts: int = 0
    index: int = 0
    originals: int = 0
    other: int = 0

    @property
    def all(self) -> int:
        """Every file beneath the folder, hidden ones too; one that has two names counts once."""
        return self.texts + self.index + self.originals + self.other

    def to_dict(self) -> dict[str, int]:
        """As JSON."""
        return {
            "all": self.all,
            "texts": self.texts,
            "index": self.index,
            "originals": self.originals,
            "other": self.other,
        }


@dataclass(frozen=True, slots=True)
class Held:
    """A library on the user's shelf; ``name`` is short and does not change with the ``title``.

    ``kind``: the ``default`` of commands and page; one of the user's ``own`` in litquote's data folder; the
    ``demo``; one that lies elsewhere and was ``attached``. ``generation`` is 0 until something was added.
    ``changed`` is when it was last published (ISO, UTC), ``sizes`` None where they were not asked for,
    ``problem`` a sentence why it cannot be opened.
    """

    name: str
    title: str
    path: Path
    kind: Kind
    documents: int = 0
    passages: int = 0
    generation: int = 0
    changed: str = ""
    sizes: Sizes | None = None
    problem: str = ""

    @property
    def bytes(self) -> int:
        """Bytes on disk; 0 where they were not asked for."""
        return 0 if self.sizes is None else self.sizes.all

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "path": str(self.path),
            "kind": self.kind,
            "documents": self.documents,
            "passages": self.passages,
            "generation": self.generation,
            "changed": self.changed or None,
            "bytes": None if self.sizes is None else self.sizes.to_dict(),
            "problem": self.problem or None,
        }


def look(name: str, title: str, path: Path, kind: Kind, *, sizes: bool) -> Held:
    """What can be said of the library at ``path``; whatever is wrong with it becomes its ``problem``."""
    found: dict[str, Any] = {}
    try:
        manifest = load_current(path)
        found["generation"] = manifest.generation
        found["documents"] = sum(entry.documents - len(entry.deleted) for entry in manifest.segments)
        changed = datetime.fromtimestamp((path / "CURRENT").stat().st_mtime, UTC)
        found["changed"] = changed.isoformat(timespec="seconds")
        _must_be_whole(path, manifest)
        found["passages"] = _passages(path, manifest)
    except NoLibrary:
        if kind == "attached":
            found["problem"] = (
                f"there is no library at {path} any more; connect the disk it lies on, or forget it: "
                f"litquote libraries detach {name}"
            )
        elif others := foreign(path):
            found["problem"] = f"{path} holds other files ({others[0]}, …) and no library; move them away"
    except LibraryError as error:
        found["problem"] = str(error)
    except OSError as error:
        found["problem"] = f"the library at {path} cannot be read ({error.strerror}); check its permissions"
    except Exception as error:  # a damaged file may raise anything, and the other libraries are to be listed
        found["problem"] = (
            f"the library at {path} is damaged ({error}); find what is wrong with: "
            f"litquote verify --library {path}"
        )
    return Held(name, title, path, kind, **found, sizes=measure(path) if sizes else None)


def foreign(path: Path) -> list[str]:
    """What lies in a library's folder and would keep a library from being made there."""
    try:
        names = sorted(one.name for one in path.iterdir())
        return [name for name in names if not is_ours(name) and name.casefold() not in CLUTTER]
    except OSError:
        return []


def _must_be_whole(path: Path, manifest: Manifest) -> None:
    """Raises LibraryError for a file that the manifest names and that is not there."""
    wanted = [
        segment_folder(path, entry.number) / name for entry in manifest.segments for name in entry.files
    ]
    if manifest.lexical is not None:
        wanted.append(path / "lexical" / manifest.lexical.folder)
    for place in wanted:
        if not place.exists():
            raise LibraryError(
                f"{place.relative_to(path).as_posix()} of the library at {path} is missing; publish "
                f"an earlier generation with: litquote rollback --library {path}"
            )


def _passages(path: Path, manifest: Manifest) -> int:
    """How many passages count: the manifest has all of a segment, those removed are looked up."""
    count = 0
    for entry in manifest.segments:
        count += entry.passages
        if entry.deleted:
            records = Records(segment_folder(path, entry.number) / "records.sqlite")
            count -= records.passages_among(entry.deleted)
            records.close()
    return count


def measure(path: Path) -> Sizes:
    """How much lies beneath a library's folder; links are not followed, what is unreadable counts nothing."""
    found = dict.fromkeys(("texts", "index", "originals", "other"), 0)
    seen: set[tuple[int, int]] = set()
    for part, file in _files(path):
        try:
            told = file.lstat()
        except OSError:  # removed meanwhile
            continue
        if told.st_nlink > 1:  # generations share their lexical files
            if (told.st_dev, told.st_ino) in seen:
                continue
            seen.add((told.st_dev, told.st_ino))
        if not stat.S_ISDIR(told.st_mode):
            found[part] += told.st_size
    return Sizes(**found)


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    """Each file beneath ``root`` with the part it belongs to."""
    tops = {"segments": "index", "lexical": "index", "manifests": "index", "inbox": "originals"}
    for folder, _, names in os.walk(root):
        place = Path(folder)
        inside = place.relative_to(root).parts
        part = tops.get(inside[0], "other") if inside else "other"
        for name in names:
            texts = part == "index" and name.startswith("records.sqlite")
            yield ("texts" if texts else part), place / name
