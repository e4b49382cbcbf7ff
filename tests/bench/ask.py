"""From question to answer at 100,000 passages of real text, reader included: p50 and p95 by stage.

Run from the repository's root; needs the evaluation sets::

    python tests/bench/ask.py [--passages 100000] [--questions 60]

The baseline in the same run reads all passages looked through in one batch, unsorted, and remembers nothing.
"Again" is the same question once more, whose pairs are remembered.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from typing import Any

import asking
import numpy as np

from index.library import Library
from index.records import Hit
from qa.assistant import Assistant
from qa.calibration import LOOKED_THROUGH
from qa.readings import ReadPairs
from qa.stages import Clock

STAGES = ("question", "retrieve", "read", "extract")


def quantiles(values: Sequence[float]) -> dict[str, float]:
    """p50 and p95."""
    p50, p95 = np.quantile(values, (0.5, 0.95))
    return {"p50": float(p50), "p95": float(p95)}


class _All(Assistant):
    """The baseline: reads everything that was looked through, whatever it scores without the reader."""

    def passages(self, question: str, vector: Any, filters: Any = None) -> list[Hit]:
        """All LOOKED_THROUGH of them."""
        return self.retriever.search(question, LOOKED_THROUGH, filters, answers_only=True, vector=vector)


def _in_one_batch(assistant: Assistant) -> None:
    """Have the reader compute rows as they come, in one batch."""
    reader: Any = assistant.reader

    def outputs(rows: Sequence[Any]) -> list[Any]:
        ids, types = [row.ids for row in rows], [row.types for row in rows]
        computed = reader._network.infer(ids, reader._pad_id, types)
        return [
            [one[n, : len(row.ids)] if one.ndim > 1 else one[n] for one in computed]
            for n, row in enumerate(rows)
        ]

    reader._outputs = outputs


def _asked(assistant: Assistant, question: str) -> dict[str, float]:
    """Milliseconds by stage and in all."""
    clock, began = Clock(), time.perf_counter()
    answer = assistant.ask(question)
    clock.laps = dict(answer.trace["milliseconds"])
    return clock.laps | {"all": 1000 * (time.perf_counter() - began)}


def measure(library: Library | None = None, *, passages: int = 100_000, count: int = 60) -> dict[str, Any]:
    """``rows``: by what was asked, p50 and p95 of each stage in milliseconds."""
    if library is None:
        with asking.large_library(passages) as made:
            return measure(made, count=count)
    plain, ours = _All(library), Assistant(library)
    _in_one_batch(plain)
    questions = asking.questions(count + 3)
    for question in questions[count:]:
        for assistant in (plain, ours):
            assistant.ask(question)
    taken: dict[str, list[dict[str, float]]] = {"litquote": [], "again": [], "baseline": []}
    for question in questions[:count]:  # in turn, so that another load touches all of them
        taken["litquote"].append(_asked(ours, question))
        taken["again"].append(_asked(ours, question))
        plain._kept.pairs = ReadPairs(0)
        taken["baseline"].append(_asked(plain, question))
    rows = {
        name: {stage: quantiles([one[stage] for one in some]) for stage in (*STAGES, "all")}
        for name, some in taken.items()
    }
    return {
        "passages": library.passage_count,
        "questions": count,
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else [],
        "rows": rows,
        "ratio": rows["baseline"]["all"]["p50"] / rows["litquote"]["all"]["p50"],
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=60)
    chosen = parser.parse_args()
    found = measure(passages=chosen.passages, count=chosen.questions)
    load = ", ".join(f"{one:.1f}" for one in found["load"])
    print(f"{found['passages']:,} passages, {found['questions']} questions, load {load}; p50 / p95 in ms\n")
    print(f"{'':12}" + "".join(f"{stage:>18}" for stage in (*STAGES, "all")))
    for name, row in found["rows"].items():
        print(f"{name:12}" + "".join(f"{one['p50']:10.1f} /{one['p95']:6.1f}" for one in row.values()))
    print(f"\nbaseline over litquote, p50: {found['ratio']:.2f}")


if __name__ == "__main__":
    main()
