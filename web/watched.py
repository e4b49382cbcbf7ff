"""Work in a thread of its own that tells how far it is, for generators that a page draws from."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from index.errors import LitquoteError

__all__ = ["Done", "told", "watched"]

Told = TypeVar("Told")
Result = TypeVar("Result")
Drawn = TypeVar("Drawn")


@dataclass(frozen=True, slots=True)
class Done(Generic[Result]):
    """The end of some work: its ``result``, or the ``error`` that ended it."""

    result: Result
    error: BaseException | None = None


def watched(work: Callable[[Callable[[Told], None]], Result]) -> Iterator[Told | Done[Result]]:
    """What ``work`` tells, the newest only where it tells more than is drawn, and at last its :class:`Done`.

    ``work`` goes on to its end, whether or not anybody draws.
    """
    steps: queue.SimpleQueue[Told | Done[Result]] = queue.SimpleQueue()

    def run() -> None:
        try:
            steps.put(Done(work(steps.put)))
        except BaseException as error:
            steps.put(Done(cast("Result", None), error))

    threading.Thread(target=run, name="litquote-work", daemon=True).start()
    while True:
        step = steps.get()
        with suppress(queue.Empty):
            while not isinstance(step, Done):  # a page cannot draw a thousand steps a second
                step = steps.get_nowait()
        yield step
        if isinstance(step, Done):
            return


def told(
    work: Callable[[Callable[[Told], None]], Result],
    running: Callable[[Told], Drawn],
    said: Callable[[Result], Drawn],
    failed: Callable[[LitquoteError], Drawn],
) -> Iterator[Drawn]:
    """``work`` as it is drawn: each step by ``running``, its result by ``said``, why it ``failed``.

    An error that is not litquote's own is raised.
    """
    for step in watched(work):
        if not isinstance(step, Done):
            yield running(step)
        elif step.error is None:
            yield said(step.result)
        elif isinstance(step.error, LitquoteError):
            yield failed(step.error)
        else:
            raise step.error
