"""Parts of one search side by side: the thread that asks does them, and idle threads take some off it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from typing import TypeVar

Found = TypeVar("Found")


def allowed_cores() -> int:
    """Logical processors that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _helpers() -> ThreadPoolExecutor | None:
    """A thread for every core but the caller's, or None where there is one core."""
    cores = allowed_cores()
    return ThreadPoolExecutor(cores - 1, "litquote-search") if cores > 1 else None


def side_by_side(parts: Sequence[Callable[[], Found]]) -> list[Found]:
    """What each of ``parts`` returns, in their order; raises what the first that failed raised.

    Idle threads take parts from the front, the caller from the back, so that it never waits while there is
    something left to do: where all threads are busy it does everything itself. A part may have parts.
    """
    pool = _helpers() if len(parts) > 1 else None
    if pool is None:
        return [part() for part in parts]
    futures = [pool.submit(part) for part in parts]
    try:
        for number in reversed(range(len(parts))):
            if futures[number].cancel():
                futures[number] = _done(parts[number])
        return [future.result() for future in futures]
    finally:  # nothing goes on reading what the caller may close
        for future in futures:
            future.cancel()
        wait(futures)


def _done(part: Callable[[], Found]) -> Future[Found]:
    future: Future[Found] = Future()
    try:
        future.set_result(part())
    except Exception as error:
        future.set_exception(error)
    return future
