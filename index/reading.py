"""Reading a library while others read, and while somebody writes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Never

from index.encoders import Encoder
from index.errors import UsageError
from index.library import Library


@contextmanager
def reading(library: Library, *, refresh: bool = True) -> Iterator[Library]:
    """The newest generation of ``library`` as it is now: nothing published meanwhile changes it.

    Its files stay open till the end, and no other thread is kept waiting. ``refresh`` false: the generation
    that ``library`` has open. What is being read already is given as it is. Raises as
    :meth:`Library.refresh`.
    """
    if isinstance(library, _Held):
        yield library
        return
    with ExitStack() as kept:
        with library.lock:
            if refresh:
                library.refresh(searching=True)
            held = _Held(library)
            kept.enter_context(library._opened.kept())
        yield held


class _Held(Library):
    """A library as it was when reading began; it shares the open files, which are not its own to close."""

    def __init__(self, library: Library) -> None:
        self.__dict__.update(library.__dict__)
        self.lock = type(library.lock)()
        self._library = library

    def refresh(self, *, searching: bool = False) -> bool:
        """Stay where it is."""
        return False

    def close(self) -> None:
        """Leave the files to :func:`reading`."""

    def _write(self, **options: object) -> Never:
        raise UsageError("a library cannot be changed through what reads it; use the library itself")

    @property
    def encoder(self) -> Encoder:
        """As the library's, which loads it once for all who read."""
        if self._encoder is None and self._library.manifest.encoder == self.manifest.encoder:
            self._encoder = self._library.encoder
        return super().encoder
