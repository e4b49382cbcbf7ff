"""The user's libraries: list, find, create, rename, erase them, and remember those that lie elsewhere.

The first library lies where it always did (:func:`index.places.default_path`), further ones side by side in
``libraries`` of the data folder; ``libraries.json`` there lists those attached. Nothing here opens a library
or loads an encoder: a list of twenty costs some milliseconds.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from index.erasing import Erased, erase, finish, is_erased
from index.errors import LibraryError, NoLibrary, UsageError
from index.files import write_atomically
from index.held import Held, Kind, look
from index.locking import locked
from index.manifest import current_line
from index.places import DEMO, FIRST, FURTHER, data_folder, expanded, is_path
from index.titles import TITLE_FILE, folder_name, plain_title, read_title, title_key, write_title

__all__ = ["Erased", "Held", "Shelf"]

_REGISTRY = "libraries.json"
_TITLES = {FIRST: "My library", DEMO: "Demo"}
#: Titles named to somebody who wrote one that is not there.
_NEAREST = 3


#: What :meth:`Shelf.list` gives; in its class ``list`` is that method.
Helds = list[Held]
_Paths = list[Path]


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    title: str
    path: Path
    kind: Kind


class Shelf:
    """The libraries of one user; ``folder`` is litquote's data folder.

    Safe to use from several threads and processes.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder if folder is not None else data_folder()
        #: What was wrong with the list of attached libraries when it was last read, a sentence; else "".
        self.problem = ""

    # -- reading -------------------------------------------------------------------------------

    def list(self, *, sizes: bool = True) -> Helds:
        """Every library: the default first (made or not), then by title, the demo last.

        Without ``sizes`` no folder is walked through, so that the list costs the same whatever they hold.
        """
        return [self._look(place, sizes=sizes) for place in self._places()]

    def find(self, name: str | os.PathLike[str], *, sizes: bool = False) -> Held:
        """The library called ``name``: a title (in any case, where one alone is meant), a name or a path.

        Raises UsageError, naming the nearest titles, when there is none or more than one.
        """
        return self._look(self._place(name), sizes=sizes)

    def place(self, name: str) -> Path:
        """Where the library called ``name`` lies, as :meth:`find`, without a look into it."""
        return self._place(name).path

    def _look(self, place: _Place, *, sizes: bool) -> Held:
        return look(place.name, place.title, place.path, place.kind, sizes=sizes)

    def _place(self, name: str | os.PathLike[str]) -> _Place:
        places, word = self._places(), os.fspath(name)
        key = title_key(word)
        for matches in (
            [place for place in places if place.title == word],
            [place for place in places if place.name == word and place.kind != "attached"],
            [place for place in places if title_key(place.title) == key or place.name == word],
            [place for place in places if is_path(word) and _key(place.path) == _key(expanded(word))],
        ):
            if len(matches) == 1:
                return matches[0]
            if matches:
                told = ", ".join(str(place.path) for place in matches)
                raise UsageError(f"{word!r} may be any of {told}; name the one you mean by its path")
        raise UsageError(_unknown(word, places))

    def _places(self) -> Sequence[_Place]:
        found: dict[object, _Place] = {}
        for path, kind in self._candidates(self._default()):
            if _key(path) not in found and not (is_erased(path) and kind in ("own", "attached")):
                title = read_title(path) or self._titles(path) or path.name
                found[_key(path)] = _Place(path.name, title, path, kind)
        rank = {"default": 0, "own": 1, "attached": 1, "demo": 2}
        return sorted(
            found.values(), key=lambda place: (rank[place.kind], title_key(place.title), str(place.path))
        )

    def _titles(self, path: Path) -> str:
        """The title of a library of the data folder that was never given one."""
        return _TITLES.get(path.name, "") if path.parent == self.folder else ""

    def _candidates(self, default: Path) -> Iterator[tuple[Path, Kind]]:
        yield default, "default"
        yield self.folder / DEMO, "demo"
        if self._is_made(self.folder / FIRST):  # where LITQUOTE_LIBRARY names another
            yield self.folder / FIRST, "own"
        for path in self._own():
            yield path, "own"
        for path in self._attached():
            yield path, "attached"

    def _own(self) -> _Paths:
        try:
            return sorted(path for path in (self.folder / FURTHER).iterdir() if self._is_made(path))
        except OSError:  # there are none yet
            return []

    @staticmethod
    def _is_made(path: Path) -> bool:
        try:
            return not path.is_symlink() and any((path / name).exists() for name in ("CURRENT", TITLE_FILE))
        except OSError:  # not to be looked into
            return False

    def _default(self) -> Path:
        """As :func:`index.places.default_path`; where that names a title that is not there, the first one."""
        named = os.environ.get("LITQUOTE_LIBRARY", "")
        if named and is_path(named):
            return expanded(named)
        for path in (*self._own(), *self._attached()) if named else ():
            if title_key(named) in (title_key(read_title(path)), title_key(path.name)):
                return path
        return self.folder / FIRST

    # -- writing -------------------------------------------------------------------------------

    def create(self, title: str) -> Held:
        """Make a place for a library of that title; the first ``add`` to its path makes the library there.

        So an encoder can still be chosen, and none is loaded. Raises UsageError for a title that cannot be,
        or that a library on the shelf has already.
        """
        title = plain_title(title)
        with self._lock():
            self._must_be_free(title)
            folder = self._free_folder(title)
            write_title(folder, title)
        return look(folder.name, title, folder, "own", sizes=True)

    def rename(self, name: str | os.PathLike[str], title: str) -> Held:
        """Give a library another title; its folder stays where it is. Raises UsageError, LibraryError."""
        title = plain_title(title)
        with self._lock():
            place = self._place(name)
            if place.kind == "demo":
                raise UsageError("the demo library keeps its title; make one of your own with create")
            self._must_be_free(title, but=place)
            try:
                if place.kind == "default":
                    place.path.mkdir(parents=True, exist_ok=True)
                write_title(place.path, title)
            except OSError as error:
                raise LibraryError(
                    f"the title cannot be written to {place.path} ({error.strerror}); check its permissions"
                ) from error
        return self.find(place.path)

    def erase(self, name: str | os.PathLike[str], *, confirm: str) -> Erased:
        """Erase a library with all it holds; ``confirm`` is its title, to show that this one is meant.

        Raises UsageError for another title, for what is not on the shelf and for what is no library (see
        :func:`index.erasing.refuse`); LibraryBusy while somebody writes to it; NoLibrary when it was never
        made. Readers finish the question they are at.
        """
        place = self._place(name)
        if confirm != place.title:
            raise UsageError(f"nothing was erased: to erase it, confirm with its title, “{place.title}”")
        try:
            done = erase(place.path)
        except NoLibrary as error:
            if place.kind != "attached":
                raise
            raise NoLibrary(f"{error}; forget it with: litquote libraries detach {place.name}") from error
        if place.kind == "attached" and not done.pending:
            self._forget(place.path)
        return done

    def finish_erasing(self) -> Sequence[Erased]:
        """Go on with what :meth:`erase` could not remove because it was open; what became of each."""
        found = [self.folder / FIRST, self.folder / DEMO, self._default()]
        with suppress(OSError):  # there are none yet
            found += (self.folder / FURTHER).iterdir()
        done = [one for path in dict.fromkeys(found) if (one := finish(path)) is not None]
        for path in self._attached():
            if (one := finish(path)) is not None:
                done.append(one)
                if not one.pending:
                    self._forget(path)
        return done

    def attach(self, path: str | os.PathLike[str]) -> Held:
        """Remember a library that lies elsewhere. Raises NoLibrary when there is none at ``path``."""
        place = expanded(path).absolute()
        current_line(place)
        with self._lock():
            if all(_key(known.path) != _key(place) for known in self._places()):
                self._write_registry([*self._attached(), place])
        return self.find(place)

    def detach(self, name: str | os.PathLike[str]) -> Path:
        """Forget an attached library, which stays where it is; returns its path. Raises UsageError."""
        place = self._place(name)
        if place.kind != "attached":
            raise UsageError(
                f"“{place.title}” lies in litquote's own folder and is not attached; to be rid of it: "
                "litquote libraries erase"
            )
        self._forget(place.path)
        return place.path

    def _forget(self, path: Path) -> None:
        with self._lock():
            self._write_registry([one for one in self._attached() if _key(one) != _key(path)])

    def _must_be_free(self, title: str, but: _Place | None = None) -> None:
        for place in self._places():
            names = {place.title, *([place.name] if place.kind in ("default", "demo") else ())}
            if place != but and title_key(title) in map(title_key, names):
                raise UsageError(f"there is a library called “{place.title}” already, at {place.path}")

    def _free_folder(self, title: str) -> Path:
        parent, name = self.folder / FURTHER, folder_name(title)
        taken = {FIRST, DEMO}
        for number in count(1):
            one = name if number == 1 else f"{name}-{number}"
            if one in taken:
                continue
            try:
                parent.mkdir(parents=True, exist_ok=True)
                (parent / one).mkdir()
            except FileExistsError:
                continue
            except OSError as error:
                raise LibraryError(f"no folder can be made in {parent} ({error.strerror})") from error
            return parent / one
        raise AssertionError("unreachable")

    def _lock(self) -> AbstractContextManager[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(f"the folder {self.folder} cannot be made ({error.strerror})") from error
        return locked(self.folder / "libraries.lock", f"the list of libraries in {self.folder}")

    # -- the list of attached libraries ----------------------------------------------------------

    def _attached(self) -> _Paths:
        """The places remembered; what is damaged is said in :attr:`problem`, and stops nothing."""
        path = self.folder / _REGISTRY
        self.problem = ""
        try:
            told = json.loads(path.read_text("utf-8"))["attached"]
            if not isinstance(told, list):
                raise TypeError
            return [Path(place) for place in told if isinstance(place, str) and _can_be_place(place)]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            self.problem = (
                f"{path} cannot be read: libraries that lie elsewhere are not listed; attach them again "
                "with: litquote libraries attach PATH"
            )
            return []

    def _write_registry(self, places: _Paths) -> None:
        path = self.folder / _REGISTRY
        if self.problem:  # kept for whoever wants to look what it held
            with suppress(OSError):
                path.replace(path.with_name(f"{_REGISTRY}.damaged"))
        told: dict[str, Any] = {"format": 1, "attached": [str(place) for place in places]}
        write_atomically(path, json.dumps(told, indent=1).encode("ascii"))


def _can_be_place(place: str) -> bool:
    with suppress(ValueError):  # half a character
        return b"\0" not in os.fsencode(place) and Path(place).is_absolute()
    return False


def _unknown(word: str, places: Sequence[_Place]) -> str:
    """That no library is called ``word``, with the nearest titles."""
    titles = {title_key(place.title): f"“{place.title}”" for place in places}
    near = difflib.get_close_matches(title_key(word), titles, _NEAREST, 0.5)
    nearest = f"the nearest: {', '.join(titles[key] for key in near)}; " if near else ""
    folder = "" if is_path(word) else f"; a folder of that name is .{os.sep}{word}"
    return (
        f"there is no library called {word!r}; {nearest}list them with: litquote libraries; "
        f"make one with: litquote libraries create TITLE{folder}"
    )


def _key(path: Path) -> object:
    """Equal for two paths of one place, whatever their spelling."""
    try:
        told = path.stat()
    except (OSError, ValueError):
        return os.path.normcase(path.absolute())
    return (told.st_dev, told.st_ino)
