"""The libraries that the page can show; each has a desk, opened when first asked for."""

from __future__ import annotations

import threading
from pathlib import Path

from index.library import Library
from qa.assistant import Assistant
from web.desk import Desk


class Rooms:
    """Desks by key; the key "" is the library that the page was opened on.

    With ``own_library`` that one is a demo: papers added there go to a library at that place instead.
    """

    def __init__(self, assistant: Assistant, *, own_library: Path | None = None) -> None:
        self.own_library = own_library
        self._lock = threading.Lock()
        self._desks = {"": Desk(assistant, demo=own_library is not None)}

    def desk(self, key: str) -> Desk:
        """The desk of the library with this key; the first one's for a key that nothing has."""
        with self._lock:
            return self._desks.get(key, self._desks[""])

    def own(self) -> Desk:
        """The desk of the user's own library beside a demo. Raises LitquoteError when it cannot be opened."""
        assert self.own_library is not None
        key = str(self.own_library)
        with self._lock:
            if key not in self._desks:
                self._desks[key] = Desk(Assistant(Library.open(self.own_library)), key=key)
            return self._desks[key]
