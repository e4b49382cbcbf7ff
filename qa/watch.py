"""Follow folders: what is put into them is added to the library as soon as it is written whole."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from index.errors import LibraryBusy, UsageError
from index.library import Library
from index.records import Failure
from index.reports import OnProgress, Report

#: A folder is read when nothing has changed in it for this long, in seconds: a download may be under way,
QUIET = 1.0
#: but it is not waited for longer than this,
PATIENCE = 30.0
#: and after this long it is looked at anyway: network drives report no changes.
LOOK_AGAIN = 300.0


@dataclass(slots=True)
class Due:
    """Tells when to read the folders, asked again and again with the time in seconds.

    >>> due = Due()
    >>> [due(changed, now) for now, changed in enumerate((False, False, True, True, False, False))]
    [True, False, False, False, True, False]
    """

    _looked: float = field(default=0.0, init=False)
    _changed: float | None = field(default=None, init=False)  # the first change that waits
    _waiting: bool = field(default=True, init=False)  # for what came before the watch began

    def __call__(self, changed: bool, now: float) -> bool:
        """Whether they are to be read now; ``changed`` since the last time it was asked."""
        if changed:
            self._waiting = True
            self._changed = self._changed if self._changed is not None else now
        impatient = self._changed is not None and now - self._changed > PATIENCE
        if (self._waiting and not changed) or impatient or now - self._looked > LOOK_AGAIN:
            self._waiting, self._changed, self._looked = False, None, now
            return True
        return False

    def again(self) -> None:
        """The folders could not be read: read them at the next quiet moment."""
        self._waiting = True


def folders(paths: Sequence[str]) -> list[Path]:
    """The folders to follow. Raises UsageError for what is none."""
    found = [Path(path).expanduser() for path in paths]
    if not found:
        raise UsageError("name the folder to follow")
    for path in found:
        if not path.is_dir():
            raise UsageError(f"{path} is no folder; --watch follows folders")
    return found


def watch(
    library: Library,
    paths: Sequence[Path],
    tell: Callable[[Report], None],
    *,
    on_busy: Callable[[LibraryBusy], None],
    before: Report | None = None,
    on_progress: OnProgress | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Add what comes into the folders ``paths`` until ``stop`` is set (or KeyboardInterrupt is raised).

    ``tell`` is given the news of each addition: no unchanged documents, and of the failures only those that
    the run before (at first ``before``) did not have. While another process writes to the library
    (``on_busy``) the addition waits. What is deleted from a folder stays in the library.
    """
    import watchfiles

    ours = library.path.resolve()
    known = frozenset(before.failed) if before is not None else frozenset()
    due = Due()
    for changes in watchfiles.watch(
        *paths,
        watch_filter=lambda _, path: ours not in (Path(path), *Path(path).parents),
        debounce=int(QUIET * 1000),
        rust_timeout=int(QUIET * 1000),
        yield_on_timeout=True,
        stop_event=stop,
    ):
        if not due(bool(changes), time.monotonic()):
            continue
        try:
            report = library.add(paths, on_progress=on_progress)
        except LibraryBusy as error:
            on_busy(error)
            due.again()
            continue
        news = _news(report, known)
        known = frozenset(report.failed)
        if any((news.added, news.merged, news.replaced, news.failed)):
            tell(news)


def _news(report: Report, known: frozenset[Failure]) -> Report:
    return replace(
        report,
        unchanged=[],
        skipped=[],
        failed=[failure for failure in report.failed if failure not in known],
    )
