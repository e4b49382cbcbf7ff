"""Work in a thread of its own that tells how far it is, for generators that a page draws from."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

__all__ = ["Done", "watched"]

Told = TypeVar("Told")
Result = TypeVar("Result")


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
