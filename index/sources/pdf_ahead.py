"""Read the next PDFs while the last is stored: as many at once as the machine has cores.

Each is read in a child process of its own, so threads are enough here. Results wait under the hash of
the file's bytes: whoever asks for that content gets it. Files are asked for in the order they were
announced, so what was announced before the one asked for is not wanted any more and is dropped.
"""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from index.records import Document

__all__ = ["Ahead", "digest"]

_Read = Callable[[Path, str, str], Document]


class Ahead:
    """Readings that were started before they were asked for, at most ``depth`` for each worker."""

    def __init__(self, read: _Read, *, workers: int | None = None, depth: int = 2) -> None:
        self._read = read
        self._workers = workers or os.cpu_count() or 1
        self._depth = depth * self._workers
        self._lock = Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: deque[tuple[Path, str]] = deque()
        self._started: OrderedDict[str, Future[Document]] = OrderedDict()

    @contextmanager
    def reading(self, files: Iterable[tuple[Path, str]]) -> Iterator[None]:
        """Start reading ``files`` (path, name), in order; on leaving, what was not asked for is dropped."""
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="pdf")
        with self._lock:
            first = self._pool is None
            if first:
                self._pool = pool
                self._waiting.extend(files)
                self._fill()
        try:
            yield
        finally:
            if first:
                with self._lock:
                    self._pool = None
                    self._waiting.clear()
                    self._started.clear()
            pool.shutdown(wait=True, cancel_futures=True)

    def take(self, source: str) -> Future[Document] | None:
        """The reading of the content with this hash, if it was started; it is handed out once."""
        with self._lock:
            if source not in self._started:
                return None
            while True:
                key, future = self._started.popitem(last=False)
                if key == source:
                    break
                future.cancel()
            self._fill()
            return future

    def _fill(self) -> None:
        """Start what there is room for."""
        while self._pool is not None and self._waiting and len(self._started) < self._depth:
            path, name = self._waiting.popleft()
            try:
                source = digest(path)
            except OSError:
                continue  # whoever reads it next says why
            if source not in self._started:
                self._started[source] = self._pool.submit(self._read, path, source, name)


def digest(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
