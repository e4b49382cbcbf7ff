"""What lies in a library's folder, and who may write to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import LibraryBusy, LibraryError, NoLibrary, ReadOnly
from index.titles import TITLE_FILE

#: Stands in the folder of a library that is being erased, in the place of CURRENT (:mod:`index.erasing`).
ERASED = "ERASED"
#: How long a writer waits for another one before it gives up, in seconds.
LOCK_SECONDS = 10.0

#: The names of a library's own files and folders.
OURS = frozenset(
    {
        "CURRENT",
        "CURRENT.tmp",
        ERASED,
        f"{ERASED}.tmp",
        TITLE_FILE,
        f"{TITLE_FILE}.tmp",
        "calibration.json",
        "inbox",
        "lexical",
        "lock",
        "manifests",
        "retractions",
        "segments",
        "shards",
    }
)
#: The user's own file (:mod:`qa.user_store`); what lies beside it begins with its name.
USERS = "user.sqlite"


def is_ours(name: str) -> bool:
    """Whether a file or folder of this name in a library's folder belongs to it."""
    return name in OURS or name.startswith(USERS)


#: What a process says that may change nothing.
READ_ONLY = "this library is open for reading only; nothing can be added, changed, removed or fetched here"
_closed = False


def forbid_writes(forbidden: bool = True) -> None:
    """From now on this process changes no library, and asks no network: :func:`allow_writes` raises ReadOnly.

    For a page that strangers open. All writes go through :func:`write_lock`, all requests through
    :class:`index.remote.polite.Polite`; both ask, so nothing can be forgotten.
    """
    global _closed
    _closed = forbidden


def allow_writes() -> None:
    """Raises ReadOnly where writing was forbidden."""
    if _closed:
        raise ReadOnly(READ_ONLY)


@contextmanager
def write_lock(root: Path, *, seconds: float | None = None) -> Iterator[None]:
    """One writer at a time; the lock of a dead process is free.

    ``seconds`` is how long to wait for another writer (default: :data:`LOCK_SECONDS`). Raises LibraryBusy,
    ReadOnly (:func:`forbid_writes`), NoLibrary for one erased meanwhile, and LibraryError.
    """
    allow_writes()
    try:
        with locked(root / "lock", f"the library at {root}", seconds=seconds):
            yield
    except LibraryError as error:
        if isinstance(error.__cause__, FileNotFoundError):  # erased while we waited
            raise NoLibrary(f"there is no library at {root} any more") from error
        raise


@contextmanager
def locked(file: Path, what: str, *, seconds: float | None = None) -> Iterator[None]:
    """Hold the lock ``file`` of ``what`` (for people). Raises LibraryBusy, LibraryError."""
    from filelock import FileLock, Timeout

    lock = FileLock(file, timeout=LOCK_SECONDS if seconds is None else seconds)
    try:
        lock.acquire()
    except Timeout as error:
        raise LibraryBusy(f"another process is writing to {what}; try again when it has finished") from error
    except OSError as error:
        raise LibraryError(
            f"{what} cannot be written to ({error.strerror}); check its permissions"
        ) from error
    try:
        yield
    finally:
        lock.release()
