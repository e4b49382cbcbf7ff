"""What lies in a library's folder, and who may write to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import LibraryBusy, LibraryError

#: How long a writer waits for another one before it gives up, in seconds.
LOCK_SECONDS = 10.0

#: The names of a library's own files and folders.
OURS = frozenset(
    {
        "CURRENT",
        "CURRENT.tmp",
        "TITLE",
        "TITLE.tmp",
        "calibration.json",
        "inbox",
        "lexical",
        "lock",
        "manifests",
        "retractions",
        "segments",
    }
)
#: The user's own file (:mod:`qa.user_store`); what lies beside it begins with its name.
USERS = "user.sqlite"


def is_ours(name: str) -> bool:
    """Whether a file or folder of this name in a library's folder belongs to it."""
    return name in OURS or name.startswith(USERS)


@contextmanager
def write_lock(root: Path) -> Iterator[None]:
    """One writer at a time; the lock of a dead process is free. Raises LibraryBusy, LibraryError."""
    from filelock import FileLock, Timeout

    lock = FileLock(root / "lock", timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout as error:
        raise LibraryBusy(
            f"another process is writing to the library at {root}; try again when it has finished"
        ) from error
    except OSError as error:
        raise LibraryError(
            f"the library at {root} cannot be written to ({error.strerror}); check its permissions"
        ) from error
    try:
        yield
    finally:
        lock.release()
