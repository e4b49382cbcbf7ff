"""Calls of several threads, computed together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Generic, TypeVar

Given = TypeVar("Given")
Found = TypeVar("Found")


class _Call(Generic[Given, Found]):
    """One thread's call: waiting, chosen to compute, or done."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.found: list[Found] = []
        self.error: Exception | None = None
        self.done = False
        self.woken = Event()


class Together(Generic[Given, Found]):
    """Gives ``compute`` what several threads ask for at once; a lone call goes through at once.

    Whoever comes first computes; those who come meanwhile wait, and the first of them then computes for as
    many behind it as ``fits`` allows (called with what is chosen already and the next one). So no timer keeps
    anybody waiting, the order is that of coming, and no two computations run at a time. Where what was put
    together fails, each is computed alone, so that an error reaches whom it belongs to.
    """

    def __init__(
        self,
        compute: Callable[[Sequence[Given]], Sequence[Found]],
        fits: Callable[[Sequence[Given], Given], bool],
    ) -> None:
        self._compute, self._fits = compute, fits
        self._lock = Lock()
        self._waiting: deque[_Call[Given, Found]] = deque()
        self._busy = False

    def __call__(self, given: Given) -> Found:
        """What ``compute`` makes of ``given``; raises what it raises."""
        mine: _Call[Given, Found] = _Call(given)
        with self._lock:
            first, self._busy = not self._busy, True
            self._waiting.append(mine)
        try:
            if not first:
                mine.woken.wait()
            if not mine.done:
                self._lead()
        except BaseException:  # an interrupt: others must not wait for this thread
            self._leave(mine, first)
            raise
        if mine.error is not None:
            raise mine.error
        return mine.found[0]

    def _lead(self) -> None:
        """Compute for the first that waits, which is this thread's own, and for those that fit with it."""
        with self._lock:
            chosen = [self._waiting[0]]
            for call in list(self._waiting)[1:]:
                if not self._fits([one.given for one in chosen], call.given):
                    break
                chosen.append(call)
        self._finish(chosen)
        with self._lock:
            try:
                for call in reversed(chosen):  # this thread's own last: interrupted, it still leads
                    self._waiting.remove(call)
                    call.done = True
                    call.woken.set()
            finally:
                self._hand_on()

    def _finish(self, chosen: Sequence[_Call[Given, Found]]) -> None:
        try:
            for call, found in zip(chosen, self._compute([one.given for one in chosen]), strict=True):
                call.found = [found]
        except Exception as error:
            if len(chosen) == 1:
                chosen[0].error = error
                return
            for call in chosen:
                self._finish([call])

    def _leave(self, mine: _Call[Given, Found], first: bool) -> None:
        with self._lock:
            if mine in self._waiting:
                leads = first or mine.woken.is_set()
                self._waiting.remove(mine)
                if leads:
                    self._hand_on()

    def _hand_on(self) -> None:
        """Have the next one compute; holds the lock."""
        self._busy = bool(self._waiting)
        if self._waiting:
            self._waiting[0].woken.set()
