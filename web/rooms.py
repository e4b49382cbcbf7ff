"""The libraries that the page can show; each has a desk, opened when first asked for."""

from __future__ import annotations

import threading
from pathlib import Path

from index.erasing import Erased
from index.errors import LitquoteError, NoLibrary, UsageError
from index.held import Held, look
from index.library import Library
from index.shelf import Shelf
from qa.assistant import Assistant
from qa.policy import Policy
from web.desk import Desk


class Rooms:
    """Desks by key; the key "" is the library that the page was opened on, others' are their folders.

    With ``own_library`` the first is a demo: papers added there go to a library at that place instead.
    Where ``policy`` lets others in than the owner, there is no library but the first.
    """

    def __init__(
        self,
        assistant: Assistant,
        *,
        own_library: Path | None = None,
        policy: Policy | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        self.own_library = own_library
        self.policy = policy or Policy()
        self.shelf = shelf or Shelf()
        self._lock = threading.Lock()
        self._desks = {"": Desk(assistant, demo=own_library is not None)}
        self._desks[""].title = self._title(assistant.library.path)

    def desk(self, key: str) -> Desk:
        """The desk of the library with this key; the first one's for a key that nothing has.

        Raises LitquoteError when the library cannot be opened.
        """
        with self._lock:
            if key in self._desks:
                return self._desks[key]
            held = next((one for one in self._listed() if str(one.path) == key), None)
            if held is None or held.path == self._first:
                return self._desks[""]
            return self._opened(held.path, held.title)

    def listed(self, *, sizes: bool = True) -> list[Held]:
        """The user's libraries, and the first one where it lies elsewhere."""
        with self._lock:
            return self._listed(sizes=sizes)

    def _listed(self, *, sizes: bool = False) -> list[Held]:
        if self.served:
            return []
        found = self.shelf.list(sizes=sizes)
        if all(one.path != self._first for one in found):
            first = self._first
            found.insert(0, look(first.name, first.name, first, "attached", sizes=sizes))
        return [one for one in found if one.generation or one.kind == "own"]

    @property
    def _first(self) -> Path:
        return self._desks[""].library.path

    @property
    def served(self) -> bool:
        """Whether others than the owner of the libraries may use the page."""
        return self.policy.read_only or self.policy.accounts is not None

    def _for_owner(self) -> None:
        if self.served:
            raise UsageError("only the owner of the libraries can do that, on a page of their own")

    def _opened(self, path: Path, title: str) -> Desk:
        # A new one is made when it is first entered: until then it is a title.
        library = Library.open(path) if (path / "CURRENT").exists() else Library.create(path)
        desk = Desk(Assistant(library), key=str(path), title=title)
        self._desks[desk.key] = desk
        return desk

    def _title(self, path: Path) -> str:
        try:
            return self.shelf.find(path).title
        except LitquoteError:  # it lies elsewhere
            return path.name

    def own(self) -> Desk:
        """The desk of the user's own library beside a demo. Raises LitquoteError when it cannot be opened."""
        if self.own_library is None:
            raise NoLibrary("there is no library beside this one")
        with self._lock:
            key = str(self.own_library)
            return self._desks.get(key) or self._opened(self.own_library, self._title(self.own_library))

    def create(self, title: str) -> Desk:
        """Make an empty library. Raises UsageError for a title that is taken or none."""
        self._for_owner()
        return self.desk(str(self.shelf.create(title).path))

    def rename(self, key: str, title: str) -> None:
        """Give the library at the folder ``key`` another title. Raises UsageError."""
        self._for_owner()
        held = self.shelf.rename(self._path(key), title)
        with self._lock:
            for desk in self._desks.values():
                if desk.library.path == held.path:
                    desk.title = held.title

    def erase(self, key: str) -> Erased:
        """Delete the library at the folder ``key`` for good; what is not litquote's stays.

        Raises UsageError for the one that the page was opened on, LitquoteError when it cannot be erased.
        """
        self._for_owner()
        path = self._path(key)
        if path == self._first:
            raise UsageError("the page was opened on this library; open it on another one to erase this")
        held = self.shelf.find(path)
        with self._lock:
            self._desks.pop(key, None)
        return self.shelf.erase(path, confirm=held.title)

    def _path(self, key: str) -> Path:
        """A folder among those listed: a click may name no other."""
        found = [one.path for one in self.listed(sizes=False) if str(one.path) == key]
        if not found:
            raise UsageError("this library is not there any more")
        return found[0]
