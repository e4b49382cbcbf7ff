"""Eight people who ask at once: how long each waits, how fairly, and whether another thread still runs.

Run from the repository's root; needs the evaluation sets::

    python tests/bench/concurrency.py [--passages 20000] [--users 8] [--questions 6]

Each user asks questions nobody else asks, one after the other. The baseline is one user who asks the same
questions in the same run. A thread that only wants to wake every 10 ms stands for the chat's event loop.
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from typing import Any

import asking
import numpy as np

from index.library import Library
from qa.assistant import Assistant

BEAT = 0.01


class _Heart(threading.Thread):
    """Wakes every BEAT seconds and notes by how many milliseconds it was late."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.late: list[float] = []
        self._ended = threading.Event()

    def run(self) -> None:
        """Beat until stopped."""
        while not self._ended.is_set():
            due = time.perf_counter() + BEAT
            time.sleep(BEAT)
            self.late.append(1000 * (time.perf_counter() - due))

    def stop(self) -> dict[str, float]:
        """How late it was: p50, p99 and at most."""
        self._ended.set()
        self.join()
        p50, p99, most = np.quantile(self.late, (0.5, 0.99, 1.0))
        return {"p50": float(p50), "p99": float(p99), "most": float(most)}


def _run(assistant: Assistant, parts: list[list[str]]) -> dict[str, Any]:
    """Ask each part of the questions in a thread of its own, all at once."""
    taken: list[list[float]] = [[] for _ in parts]
    errors: list[str] = []
    start = threading.Barrier(len(parts) + 1)

    def user(number: int) -> None:
        start.wait()
        for question in parts[number]:
            began = time.perf_counter()
            try:
                assistant.ask(question)
            except Exception as error:
                errors.append(f"{type(error).__name__}: {error}")
            taken[number].append(1000 * (time.perf_counter() - began))

    threads = [threading.Thread(target=user, args=(number,)) for number in range(len(parts))]
    for thread in threads:
        thread.start()
    heart = _Heart()
    heart.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    means = [float(np.mean(one)) for one in taken]
    every = [one for some in taken for one in some]
    return {
        "users": len(parts),
        "p50": float(np.quantile(every, 0.5)),
        "p95": float(np.quantile(every, 0.95)),
        "slowest_over_fastest": max(means) / min(means),
        "questions_per_second": len(every) / seconds,
        "errors": errors,
        "heartbeat_late_ms": heart.stop(),
    }


def measure(
    library: Library | None = None, *, passages: int = 20_000, users: int = 8, each: int = 6
) -> dict[str, Any]:
    """``one`` user and ``many`` at once (see the module), and what they answer per second against one."""
    if library is None:
        with asking.large_library(passages) as made:
            return measure(made, users=users, each=each)
    questions = asking.questions(users * each + 1)
    parts = [questions[number * each : (number + 1) * each] for number in range(users)]
    Assistant(library).ask(questions[-1])
    one = _run(Assistant(library), [[question for part in parts for question in part]])
    many = _run(Assistant(library), parts)  # another one, which remembers nothing of the first
    return {
        "passages": library.passage_count,
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else [],
        "one": one,
        "many": many,
        "ratio": many["questions_per_second"] / one["questions_per_second"],
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--passages", type=int, default=20_000)
    parser.add_argument("--users", type=int, default=8)
    parser.add_argument("--questions", type=int, default=6, help="of each user")
    chosen = parser.parse_args()
    found = measure(passages=chosen.passages, users=chosen.users, each=chosen.questions)
    print(f"{found['passages']:,} passages, load {', '.join(f'{one:.1f}' for one in found['load'])}\n")
    for row in (found["one"], found["many"]):
        late = row["heartbeat_late_ms"]
        print(
            f"{row['users']} at once: p50 {row['p50']:.0f} ms, p95 {row['p95']:.0f} ms, slowest user over"
            f" fastest {row['slowest_over_fastest']:.2f}, {row['questions_per_second']:.1f} questions/s,"
            f" {len(row['errors'])} errors; heartbeat late p50 {late['p50']:.1f}, p99 {late['p99']:.1f},"
            f" at most {late['most']:.1f} ms"
        )
        for error in row["errors"][:3]:
            print(f"  {error}")
    print(f"throughput against one user: {found['ratio']:.2f}")


if __name__ == "__main__":
    main()
