"""The stages of a question, and how long each takes."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Called as each stage of a question ends: "question" (encoded), "retrieve", "read", "extract"; with how
#: many it gave (passages, sentences, quotes; 1 question) and how long it took (milliseconds). What it
#: raises ends the asking.
OnStage = Callable[[str, int, float], None]


class Clock:
    """Milliseconds by stage."""

    def __init__(self, on_stage: OnStage | None = None) -> None:
        self.laps: dict[str, float] = {}
        self._on_stage = on_stage
        self._last = time.perf_counter()

    def lap(self, stage: str, count: int) -> None:
        """Note the time since the last lap under ``stage``, which gave ``count``."""
        now = time.perf_counter()
        self.laps[stage] = round(1000 * (now - self._last), 2)
        if self._on_stage is not None:
            self._on_stage(stage, count, self.laps[stage])
        self._last = time.perf_counter()
