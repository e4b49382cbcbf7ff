"""Erasing a library: what litquote wrote goes, and nothing else.

The first step writes the file ``ERASED`` and takes ``CURRENT`` away: from then on nobody finds a library
there, and whatever stops the rest (a crash; on Windows, a file that another process has open), a later call
finishes it. On Linux and macOS a file that is open stays readable until its reader lets go.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from index.errors import LibraryBusy, LibraryError, NoLibrary, UsageError
from index.files import sync, write_atomically
from index.locking import ERASED, write_lock
from index.titles import TITLE_FILE, read_title

#: Every file that litquote writes into a library's folder but for the lock and the mark, by its path there.
_WRITTEN = re.compile(
    r"(CURRENT|calibration\.json|title\.json)(\.tmp)?|ERASED\.tmp"
    r"|user\.sqlite(\.damaged-[\w-]+)?(-wal|-shm|-journal)?"
    r"|manifests/\d{6,}\.json(\.tmp)?"
    r"|inbox/([0-9a-f]{64}|incoming\.tmp)"
    r"|retractions/\d{6,}\.sqlite(-journal)?(\.tmp)?"
    r"|segments/\d{6,}(\.old)*/(records\.sqlite(-journal)?|vectors\.npy|dense\.faiss|SEALED)"
    r"|shards/[0-9a-f]{16}(\.part-[^/]+)?/"
    r"(shard\.json(\.tmp)?|documents\.jsonl|vectors\.f32|names\.npy|reading\.jsonl|apart\.jsonl)"
    r"|lexical/\d{6,}(-\d+)?(\.old)*/"
    r"([0-9a-f]{32}\.[\w.]+|meta\.json|\.managed\.json|\.tantivy-(meta|writer)\.lock|\.tmp\w+)"
)
_FOLDERS = re.compile(
    r"manifests|inbox|retractions|segments|lexical|(segments|lexical)/\d{6,}(-\d+)?(\.old)*"
    r"|shards|shards/[0-9a-f]{16}(\.part-[^/]+)?"
)
_MARK = b"This library was erased; litquote removes what is left of it.\n"
#: How long to wait for a writer before the rest of an erased library is left for the next time, in seconds.
_PATIENCE = 0.2


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of an erased library.

    ``left`` are the paths (in its folder) of what litquote did not write, and left; ``pending`` of what
    another program has open: it goes when litquote next looks.
    """

    path: Path
    left: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()


def is_library(root: Path) -> bool:
    """Whether litquote made ``root``: it holds a manifest, or the title of a library not filled yet."""
    for path in sorted((root / "manifests").glob("[0-9]*.json"), reverse=True):
        with suppress(OSError, ValueError, RecursionError):
            told = json.loads(path.read_bytes())
            if isinstance(told, dict) and {"generation", "format", "encoder"} <= told.keys():
                return True
    return is_erased(root) or bool(read_title(root))


def is_erased(root: Path) -> bool:
    """Whether a library at ``root`` was erased, and not everything of it could go yet."""
    return _is_marked(root) and not (root / "CURRENT").exists()


def _is_marked(root: Path) -> bool:
    try:
        return (root / ERASED).read_bytes() == _MARK
    except OSError:
        return False


def refuse(root: Path) -> None:
    """Raise UsageError for a place that is never erased, NoLibrary where there is nothing of the kind."""
    if root.is_symlink() or (hasattr(root, "is_junction") and root.is_junction()):
        raise UsageError(f"{root} is a link; name the library's own folder, {root.resolve()}")
    if not root.is_dir():
        raise NoLibrary(f"there is no library at {root}; nothing was erased")
    real, home = root.resolve(), Path.home().resolve()
    if real in (home, *home.parents, Path(real.anchor)):
        raise UsageError(f"{root} is no folder of its own; nothing was erased")
    if not is_library(root):
        raise UsageError(f"{root} holds no library that litquote made; nothing was erased")


def erase(root: Path) -> Erased:
    """Erase the library at ``root``, when nobody writes to it.

    Only what litquote wrote goes; the folder too, if nothing is left in it. Raises UsageError, NoLibrary,
    LibraryBusy and LibraryError before anything has gone.
    """
    refuse(root)
    with write_lock(root):
        refuse(root)
        _mark(root)
        done = _clear(root)
    _drop_folder(root, done)
    return done


def finish(root: Path) -> Erased | None:
    """Go on erasing a library that :func:`erase` could not erase whole; None where there is none."""
    if root.is_symlink() or not _is_marked(root):
        return None
    try:
        with write_lock(root, seconds=_PATIENCE):
            if (root / "CURRENT").exists():  # stopped before it began, or made anew since
                (root / ERASED).unlink(missing_ok=True)
                return None
            done = _clear(root)
    except (LibraryError, OSError):  # somebody is at it, or it may not be written to
        return Erased(root, pending=(ERASED,))
    _drop_folder(root, done)
    return done


def clear_erased(root: Path) -> None:
    """Make room for a new library in the folder of an erased one; the caller holds the lock."""
    if is_erased(root):
        for path in (*(path for _, path in _ours(root)), root / ERASED):
            with suppress(OSError):
                path.unlink()


def _mark(root: Path) -> None:
    """Take ``CURRENT`` away; from here on the library is erased. Raises LibraryBusy."""
    mark, current = root / ERASED, root / "CURRENT"
    write_atomically(mark, _MARK)
    try:
        current.unlink(missing_ok=True)
    except PermissionError as error:
        mark.unlink()
        raise LibraryBusy(f"{current} is open elsewhere or protected; try again") from error
    sync(root)


def _clear(root: Path) -> Erased:
    """Remove what litquote wrote; the mark goes last, and stays while anything of it is left."""
    pending = []
    for name, path in _ours(root):
        try:
            path.unlink()
        except FileNotFoundError:
            continue
        except OSError:
            pending.append(name)
    for folder, _, _ in sorted(os.walk(root), reverse=True):
        place = Path(folder)
        if _FOLDERS.fullmatch(place.relative_to(root).as_posix()) and not place.is_symlink():
            with suppress(OSError):  # something else lies in it
                place.rmdir()
    if not pending:
        (root / ERASED).unlink(missing_ok=True)
        with suppress(OSError):  # on Windows we have it open, see _drop_folder
            (root / "lock").unlink()
    left = [name for name, _ in _inside(root) if name not in {*pending, ERASED, "lock"}]
    return Erased(root, tuple(left), tuple(pending))


def _drop_folder(root: Path, done: Erased) -> None:
    """Remove the emptied folder; another process may have made a library there already."""
    if done.pending or (root / "CURRENT").exists() or (root / TITLE_FILE).exists():
        return
    if os.name == "nt":
        with suppress(OSError):
            (root / "lock").unlink()
    with suppress(OSError):
        root.rmdir()


def _inside(root: Path) -> Iterator[tuple[str, Path]]:
    """Every file and link beneath ``root``, links not followed, by its path there."""
    for folder, folders, names in os.walk(root):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in sorted((*names, *links)):
            path = Path(folder, name)
            yield path.relative_to(root).as_posix(), path


def _ours(root: Path) -> list[tuple[str, Path]]:
    """The files that litquote wrote, but for the lock and the mark."""
    found = (one for one in _inside(root) if _WRITTEN.fullmatch(one[0]))
    return [(name, path) for name, path in found if path.is_file() and not path.is_symlink()]
