"""What services answered, on disk, so that a run that was broken off asks for nothing again."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

from index.files import write_atomically
from index.model_files import cache_folder
from index.remote.services import Services

__all__ = ["ABSENT", "Cache"]

#: A service said that it does not have the record.
ABSENT = b""
_DAY = 86400.0
KEPT_DAYS, ABSENT_DAYS = 30.0, 7.0


class Cache:
    """Answers by service and key; ``refresh`` forgets what was there before this run.

    ``services`` that are not the usual ones have a cache of their own.
    Lies in the folder of :func:`index.model_files.cache_folder` unless ``root`` is given.
    """

    def __init__(
        self, root: Path | None = None, *, services: Services | None = None, refresh: bool = False
    ) -> None:
        told = [services.ncbi, services.europepmc, services.crossref] if services is not None else []
        plain = Services()
        # What a mirror (or a test) says is never taken for what the services say.
        other = told and told != [plain.ncbi, plain.europepmc, plain.crossref]
        name = "fetched-" + hashlib.sha256(" ".join(told).encode()).hexdigest()[:8] if other else "fetched"
        self.root = (root if root is not None else cache_folder()) / name
        self._since = time.time() if refresh else 0.0

    def _path(self, service: str, key: str) -> Path:
        name = hashlib.sha256(f"{service} {key}".encode()).hexdigest()[:40]
        return self.root / name[:2] / name

    def get(self, service: str, key: str) -> bytes | None:
        """What was answered: ABSENT where the service has no such record; None where it was not asked."""
        path = self._path(service, key)
        try:
            content, written = path.read_bytes(), path.stat().st_mtime
        except OSError:
            return None
        kept = KEPT_DAYS if content else ABSENT_DAYS
        return content if max(self._since, time.time() - kept * _DAY) <= written else None

    def kept(self, service: str, key: str, ask: Callable[[], bytes | None]) -> bytes:
        """What was answered, now or earlier; ABSENT where ``ask`` gives nothing."""
        known = self.get(service, key)
        if known is None:
            known = ask() or ABSENT
            self.put(service, key, known)
        return known

    def put(self, service: str, key: str, content: bytes) -> None:
        """Keep an answer; one that cannot be written is only asked for again."""
        path = self._path(service, key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content)
        except OSError:
            return
