"""Which files the user means: files, folders and globs, each file once."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

from index.erasing import is_erased
from index.errors import SourceError
from index.records import Failure

#: Clutter that operating systems and editors leave in folders.
CLUTTER = frozenset({".ds_store", "thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class Held:
    """A copy of a file, taken where the file lies: ``size``, ``mtime`` (ns) and ``sha256`` are the file's.

    ``failure`` is why none could be taken, or ``""``.
    """

    copy: Path
    sha256: str
    size: int
    mtime: int
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to add; ``named`` tells that the user named it rather than its folder.

    Where it is ``held``, the copy is read in its place.
    """

    path: Path
    named: bool
    held: Held | None = None


def find(paths: Iterable[str | os.PathLike[str]]) -> tuple[list[Found], list[Failure]]:
    """The files that ``paths`` (files, folders, globs) mean, each once, in order; and what means none.

    Hidden files, the clutter of operating systems and libraries are left out of folders and globs.
    A folder's own ``SOURCES.md`` says where its files come from and is no source.
    """
    found: dict[str, Found] = {}
    failures: list[Failure] = []
    for given in paths:
        try:
            path = Path(given).expanduser()
            matches = [path] if path.exists() else _glob(path)
            files = [(file, file == match == path) for match in matches for file in _files(match, failures)]
            places = [str(file.resolve()) for file, _ in files]
        except (OSError, RuntimeError, ValueError) as error:  # a name too long, no such user, a loop of links
            failures.append(Failure(_shown(str(given)), f"the path cannot be followed ({error}); check it"))
            continue
        for (file, named), place in zip(files, places, strict=True):
            uri = uri_of(file)
            if _shown(uri) != uri:
                failures.append(Failure(_shown(uri), "the file's name cannot be read as text; rename it"))
            elif place not in found or named:
                found[place] = Found(file, named)
        if not matches:
            failures.append(Failure(str(given), "no such file or folder; check the path"))
        elif not files:
            failures.append(Failure(str(given), "the folder holds no files"))
    return list(found.values()), failures


def _shown(name: str) -> str:
    """A file's name as text: on Linux it may be any bytes, which are then shown as escapes."""
    return name.encode("utf-8", "backslashreplace").decode()


def _glob(path: Path) -> list[Path]:
    # The module, since Path.glob refuses absolute patterns.
    found = [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207
    return [match for match in found if match.is_dir() or not is_clutter(match.name)]


def is_clutter(name: str) -> bool:
    """Whether a file of this name in a folder or archive is none that the user means."""
    return name.startswith(".") or name.casefold() in CLUTTER or name == "SOURCES.md"


def _files(path: Path, failures: list[Failure]) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return

    def unreadable(error: OSError) -> None:
        reason = f"the folder cannot be read ({error.strerror}); check its permissions"
        failures.append(Failure(_shown(str(error.filename)), reason))

    for folder, folders, names in os.walk(path, onerror=unreadable):
        if ("CURRENT" in names and {"manifests", "segments"} <= set(folders)) or is_erased(Path(folder)):
            folders.clear()  # a library, or what is left of one: its copies are no sources
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not is_clutter(name):
                yield Path(folder, name)


def uri_of(path: Path) -> str:
    """How a file is remembered: its absolute path, under the name it was given (links are not followed)."""
    return str(Path(os.path.abspath(path)))  # noqa: PTH100  Path.absolute keeps ".."


def measured(path: Path) -> tuple[int, int]:
    """The size and the time of change (ns) of an ordinary file. Raises SourceError where it is none."""
    try:
        stat = path.stat()
    except OSError as error:
        raise SourceError(f"the file cannot be opened ({error.strerror}); check its permissions") from error
    if not S_ISREG(stat.st_mode):
        raise SourceError("this is no ordinary file; name files and folders")
    return stat.st_size, stat.st_mtime_ns


def unreadable(error: OSError) -> str:
    """Why the bytes of a file could not be read."""
    return f"the file cannot be read ({error.strerror}); check its permissions"
