"""The libraries that the page can show; each has a desk, opened when first asked for."""

from __future__ import annotations

import threading
from pathlib import Path

from index.errors import UsageError
from index.library import Library
from qa import libraries
from qa.assistant import Assistant
from qa.libraries import Held
from qa.policy import Policy
from web.desk import Desk


class Rooms:
    """Desks by key; the key "" is the library that the page was opened on, others' are their folders.

    With ``own_library`` the first is a demo: papers added there go to a library at that place instead.
    Where ``policy`` lets others in than the owner, there is no library but the first.
    """

    def __init__(
        self, assistant: Assistant, *, own_library: Path | None = None, policy: Policy | None = None
    ) -> None:
        self.own_library = own_library
        self.policy = policy or Policy()
        self._lock = threading.Lock()
        title = libraries.held(assistant.library.path).title
        self._desks = {"": Desk(assistant, title=title, demo=own_library is not None)}

    def desk(self, key: str) -> Desk:
        """The desk of the library with this key; the first one's for a key that nothing has.

        Raises LitquoteError when the library cannot be opened.
        """
        with self._lock:
            if key in self._desks:
                return self._desks[key]
            held = next((one for one in self.listed() if str(one.path) == key), None)
            if held is None or held.path == self._desks[""].library.path:
                return self._desks[""]
            desk = Desk(Assistant(Library.open(held.path)), key=key, title=held.title)
            self._desks[key] = desk
            return desk

    def listed(self) -> list[Held]:
        """The user's libraries, and the first one where it lies elsewhere."""
        if self.served:
            return [libraries.held(self._desks[""].library.path)]
        found = libraries.libraries()
        first = self._desks[""].library.path
        if all(one.path != first for one in found):
            found.insert(0, libraries.held(first))
        return found

    @property
    def served(self) -> bool:
        """Whether others than the owner of the libraries may use the page."""
        return self.policy.read_only or self.policy.accounts is not None

    def _for_owner(self) -> None:
        if self.served:
            raise UsageError("only the owner of the libraries can do that, on a page of their own")

    def own(self) -> Desk:
        """The desk of the user's own library beside a demo. Raises LitquoteError when it cannot be opened."""
        key = str(self.own_library)
        with self._lock:
            if key not in self._desks and self.own_library is not None:
                title = libraries.held(self.own_library).title
                self._desks[key] = Desk(Assistant(Library.open(self.own_library)), key=key, title=title)
            return self._desks[key]

    def create(self, title: str) -> Desk:
        """Make an empty library. Raises UsageError for a title that is taken or none."""
        self._for_owner()
        return self.desk(str(libraries.create(title)))

    def rename(self, key: str, title: str) -> None:
        """Give the library at the folder ``key`` another title. Raises UsageError."""
        self._for_owner()
        found = libraries.rename(self._path(key), title)
        with self._lock:
            for desk in self._desks.values():
                if desk.library.path == found.path:
                    desk.title = found.title

    def erase(self, key: str) -> list[Path]:
        """Delete the library at the folder ``key`` for good; the files in it that are not litquote's stay.

        Raises UsageError for the one that the page was opened on, LibraryError when it cannot be erased.
        """
        self._for_owner()
        path = self._path(key)
        if Path(path) == self._desks[""].library.path:
            raise UsageError("the page was opened on this library; open it on another one to erase this")
        with self._lock:
            desk = self._desks.pop(path, None)
        if desk is not None:
            with desk.library.lock:
                desk.library.close()
        return libraries.erase(path)

    def _path(self, key: str) -> str:
        """A folder among those listed: a click may name no other."""
        if all(str(one.path) != key for one in self.listed()):
            raise UsageError("this library is not there any more")
        return key
