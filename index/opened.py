"""The open files of one generation, kept until nobody reads them any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, RLock

from index.lexical import LexicalIndex
from index.manifest import Manifest, segment_folder
from index.marks import Marks
from index.segments import Segment


class Opened:
    """The segments, marks and lexical index that ``manifest`` names, for any number of threads.

    Raises FileNotFoundError and whatever else opening a file raises; then nothing stays open.
    """

    def __init__(self, root: Path, manifest: Manifest) -> None:
        self._lexical: LexicalIndex | None = None
        self._folder: Path | None = None
        if manifest.lexical is not None:
            self._folder = root / "lexical" / manifest.lexical.folder
            if not self._folder.is_dir():
                raise FileNotFoundError(f"lexical/{manifest.lexical.folder}")
        self._opening = RLock()
        self._counting = Lock()
        self._readers = 0
        self._retired = False
        self.segments: dict[int, Segment] = {}
        try:
            for entry in manifest.segments:
                folder = segment_folder(root, entry.number)
                self.segments[entry.number] = Segment(folder, entry.number, entry.deleted)
            self.marks = Marks(root, manifest.retractions, self.segments)
        except BaseException:
            for segment in self.segments.values():
                segment.close()
            raise

    @property
    def lexical(self) -> LexicalIndex | None:
        """The lexical index, opened when first needed, or None in an empty library."""
        with self._opening:
            if self._lexical is None and self._folder is not None:
                self._lexical = LexicalIndex(self._folder)
            return self._lexical

    def open_all(self) -> None:
        """Open what a search reads, and is else opened when first needed."""
        with self._opening:
            _ = self.lexical
            for segment in self.segments.values():
                segment.dense.open()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the files open; the last reader of a retired generation closes them."""
        with self._counting:
            self._readers += 1
        try:
            yield
        finally:
            with self._counting:
                self._readers -= 1
                last = self._retired and not self._readers
            if last:
                self._close()

    def retire(self) -> None:
        """Close the files as soon as nobody reads them. Calling it again changes nothing."""
        with self._counting:
            last = not self._retired and not self._readers
            self._retired = True
        if last:
            self._close()

    def _close(self) -> None:
        for segment in self.segments.values():
            segment.close()
        self.marks.close()
        if self._lexical is not None:
            self._lexical.close()
