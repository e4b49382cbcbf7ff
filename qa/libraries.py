"""The libraries of a user: the first one, others made beside it, and the demo.

Each is a folder. Its title is kept in it (``TITLE``), so that renaming moves no file that is being read.
"""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.errors import LibraryError, LitquoteError, UsageError
from index.library import Library, default_path
from index.locking import is_ours, write_lock
from index.manifest import load_current
from qa.demo import demo_path

__all__ = ["Held", "create", "erase", "find", "held", "libraries", "rename"]

_LONGEST = 120
#: Names that Windows keeps for devices ("Naming Files, Paths, and Namespaces", Microsoft Learn).
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_ERASED = ".erased-"


@dataclass(frozen=True, slots=True)
class Held:
    """A library of the user: its title, its folder, and its size.

    ``kind`` is ``"first"``, ``"demo"`` or ``"other"``; ``bytes`` counts all files beneath the folder.
    ``problem`` says why it cannot be opened, "" where it can.
    """

    title: str
    path: Path
    kind: str
    documents: int
    bytes: int
    generation: int
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {
            "title": self.title, "path": str(self.path), "kind": self.kind, "documents": self.documents,
            "bytes": self.bytes, "generation": self.generation,
            "problem": self.problem or None,
        }  # fmt: skip


def folder() -> Path:
    """Where further libraries lie: beside the demo, in the platform's data folder."""
    return demo_path().with_name("libraries")


def libraries() -> list[Held]:
    """The first library, the others by title, the demo last; only those that have been made.

    Manifests are read, no model is loaded. What an erasing left behind is cleared away.
    """
    _sweep()
    others = [held(path) for path in _folders()]
    others.sort(key=lambda one: one.title.casefold())
    first, demo = default_path(), demo_path()
    ends = [[held(path)] if (path / "CURRENT").exists() else [] for path in (first, demo)]
    return [*ends[0], *others, *(one for one in ends[1] if one.path != first)]


def held(path: Path) -> Held:
    """The library in the folder ``path``."""
    kind = "demo" if path == demo_path() else "first" if path == default_path() else "other"
    plain = {"demo": "Demo", "first": "My library"}.get(kind, path.name)
    documents = generation = 0
    problem = ""
    try:
        manifest = load_current(path)
        generation = manifest.generation
        documents = sum(entry.documents - len(entry.deleted) for entry in manifest.segments)
    except LitquoteError as error:
        problem = str(error)
    return Held(_title(path) or plain, path, kind, documents, _size(path), generation, problem)


def find(name: str) -> Path:
    """The folder of the library with this title (case does not count) or path. Raises UsageError."""
    fits = [one for one in libraries() if one.title.casefold() == name.strip().casefold()]
    if len(fits) == 1:
        return fits[0].path
    if len(fits) > 1:
        paths = ", ".join(str(one.path) for one in fits)
        raise UsageError(f"several libraries are called {name!r}; name one by its path: {paths}")
    path = Path(name).expanduser()
    if (path / "CURRENT").exists():
        return path
    known = ", ".join(one.title for one in libraries()) or "none yet"
    raise UsageError(f"there is no library {name!r}; there are: {known}")


def create(title: str) -> Path:
    """Make an empty library called ``title``; its folder. Raises UsageError for a title that is taken."""
    plain = _checked(title)
    home = folder()
    home.mkdir(parents=True, exist_ok=True)
    name = folder_name(plain)
    for number in range(1, 1000):
        path = home / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"the folder {path} cannot be made ({error.strerror})") from error
        _write_title(path, plain)
        Library.create(path).close()
        return path
    raise UsageError(f"too many libraries are called {plain!r}; choose another title")


def rename(name: str, title: str) -> Held:
    """Give the library called ``name`` another title; its folder stays. Raises UsageError."""
    path, plain = find(name), _checked(title, but=name)
    with write_lock(path):
        _write_title(path, plain)
    return held(path)


def erase(name: str) -> list[Path]:
    """Delete the library called ``name``, for good; what of its folder litquote did not write stays.

    Gives the files that stay. Raises UsageError when there is none, LibraryBusy while something writes to
    it, LibraryError where the system keeps its files.
    """
    path = find(name)
    with write_lock(path):
        foreign = [one for one in path.iterdir() if not is_ours(one.name)]
        # Without CURRENT it is no library any more, whatever happens next.
        aside = path.with_name(f"{_ERASED}{uuid.uuid4().hex}")
        try:
            (path / "CURRENT").unlink()
        except OSError as error:
            raise LibraryError(
                f"the library at {path} cannot be erased ({error.strerror}); close what reads it"
            ) from error
    if foreign:
        for one in [one for one in path.iterdir() if is_ours(one.name)]:
            _delete(one)
        return foreign
    try:
        path.rename(aside)
    except OSError:  # Windows does not move a folder with open files: they go when it is next looked at
        _write_title(path, "")
        (path / _ERASED).touch()
        aside = path
    _delete(aside)
    return []


def folder_name(title: str) -> str:
    """A folder's name for a title, good on every system: ``"Ärzte: 2020?"`` -> ``"Arzte-2020"``."""
    plain = unicodedata.normalize("NFKD", title)
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:60].strip("-")
    return (f"library-{plain}" if not plain or _DEVICES.match(plain) else plain).lower()


def _checked(title: str, but: str = "") -> str:
    plain = " ".join(title.split())
    if not plain or len(plain) > _LONGEST or not plain.isprintable():
        raise UsageError(f"a library's title is a line of 1 to {_LONGEST} characters")
    taken = {one.title.casefold() for one in libraries()} - {but.strip().casefold()}
    if plain.casefold() in taken:
        raise UsageError(f"there is a library called {plain!r} already; choose another title")
    return plain


def _folders() -> Iterator[Path]:
    home = folder()
    if home.is_dir():
        yield from (path for path in home.iterdir() if (path / "CURRENT").exists())


def _title(path: Path) -> str:
    try:
        return " ".join((path / "TITLE").read_text("utf-8").split())[:_LONGEST]
    except (OSError, ValueError):
        return ""


def _write_title(path: Path, title: str) -> None:
    draft = path / "TITLE.tmp"
    draft.write_text(f"{title}\n", "utf-8")
    draft.replace(path / "TITLE")


def _size(path: Path) -> int:
    total = 0
    for root, _, names in os.walk(path):
        for name in names:
            with suppress(OSError):  # gone meanwhile
                total += Path(root, name).lstat().st_size
    return total


def _sweep() -> None:
    homes = [home for home in {folder(), default_path().parent} if home.is_dir()]
    for path in [path for home in homes for path in home.iterdir()]:
        if path.name.startswith(_ERASED) or (path / _ERASED).exists():
            _delete(path)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
