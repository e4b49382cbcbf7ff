"""Follow-up questions: is the answer among the first three quotes, with completion, without, by hand?

    python tests/bench/followups.py [--half a|b|both] [--show]
    python tests/bench/followups.py --pollution      # questions that stand alone, after a random other one

``tests/data/followups.jsonl`` holds the pairs: questions of our own, answers by document and position. The
halves are drawn by the hash of the document that answers first, so that no document is in both. The rules
were made looking at what becomes of half a only; how phrases are cut was tried on the questions of both.
After a random question some count as changed by mistake that do lean on another ("What are the conclusions
of this study?"): most of covidqa-dev's. A hit is a quote among the first three that shares half of the
shorter with a gold sentence.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import sets

from index.library import Library
from qa import metrics
from qa.assistant import Assistant
from qa.records import Answer

PAIRS = Path(__file__).resolve().parents[1] / "data" / "followups.jsonl"
SEED = 6
#: Sets whose questions name their own topic.
ALONE = ("bioasq-7-9", "bioasq-yesno-train", "covidqa-dev", "deepreview", "evidenceinference-train",
         "healthver", "medquad", "pubmedqa-dev", "scifact-train", "squad2-train-part")  # fmt: skip
PER_SET = 1000


def pairs(half: str = "both") -> list[dict[str, Any]]:
    """The pairs of a half: ``"a"``, ``"b"`` or ``"both"``."""
    rows = [json.loads(line) for line in PAIRS.read_text("utf-8").splitlines()]
    return [row for row in rows if half in {"both", half_of(row)}]


def half_of(row: dict[str, Any]) -> str:
    """``"a"`` (looked at) or ``"b"`` (kept for the end)."""
    key = f"{SEED}:{row['set']}:{row['gold'][0][0]}"
    return "ab"[hashlib.sha256(key.encode()).digest()[0] % 2]


def check(library: Library, row: dict[str, Any]) -> None:
    """That the gold positions hold the text they were taken from."""
    for name, start, end, digest in row["gold"]:
        content = library.document(name).text.content[start:end]
        assert hashlib.sha256(content.encode()).hexdigest()[:16] == digest, (row["id"], name, start)


def hit(
    assistant: Assistant, row: dict[str, Any], question: str, history: list[Answer]
) -> tuple[bool, Answer]:
    """Whether one of the first three quotes (or nearest sentences) is right, and the answer."""
    answer = assistant.ask(question, history=history)
    right = any(
        quote.document_id == name and metrics.overlaps(*quote.focus, start, end)
        for quote in (answer.quotes or answer.nearest)[:3]
        for name, start, end, _ in row["gold"]
    )
    return right, answer


def conversation(assistant: Assistant, row: dict[str, Any]) -> list[Answer]:
    """The answers to the turns before."""
    history: list[Answer] = []
    for question in row["before"]:
        history.append(assistant.ask(question, history=history))
    return history


def interval(values: list[float]) -> str:
    """Mean with its 95 % bootstrap interval."""
    found = metrics.interval(
        lambda c, w: metrics.mean(c["x"], w), {"x": np.asarray(values, dtype=np.float64)}
    )
    assert found is not None
    return f"{found[0]:.2f} [{found[1]:.2f}, {found[2]:.2f}]"


def measure(half: str, *, show: bool) -> None:
    """Print hit@3 by rule and in all."""
    rows = pairs(half)
    got: list[tuple[dict[str, Any], bool, bool, bool]] = []
    with ExitStack() as stack:
        for name in dict.fromkeys(row["set"] for row in rows):
            assistant = Assistant(stack.enter_context(sets.library_of(name)))
            for row in (row for row in rows if row["set"] == name):
                check(assistant.library, row)
                history = conversation(assistant, row)
                done, answer = hit(assistant, row, row["question"], history)
                without, _ = hit(assistant, row, row["question"], [])
                by_hand, _ = hit(assistant, row, row["completed"], [])
                got.append((row, done, without, by_hand))
                if show:
                    marks = "".join(".+"[one] for one in (done, without, by_hand))
                    print(f"{row['id']} {marks} {row['before'][-1]} | {row['question']}")
                    print(f"        {answer.completed_question}")
    follow = [one for one in got if one[0]["rule"] != "new topic"]
    traps = [one for one in got if one[0]["rule"] == "new topic"]
    for name, part in (("follow-ups", follow), ("new topics", traps)):
        if part:
            columns = [interval([float(one[n]) for one in part]) for n in (1, 2, 3)]
            print(f"half {half}, {len(part)} {name}: hit@3 with {columns[0]}, without {columns[1]}, "
                  f"by hand {columns[2]}")  # fmt: skip
    for rule in sorted({one[0]["rule"] for one in follow}):
        part = [one for one in follow if one[0]["rule"] == rule]
        sums = [sum(one[n] for one in part) for n in (1, 2, 3)]
        print(f"  {rule:14} {len(part):3}  with {sums[0]:2}  without {sums[1]:2}  by hand {sums[2]:2}")


def alone(name: str) -> Iterator[tuple[str, str]]:
    """Questions of a set that stand alone, each with a random other question as the turn before."""
    draw = random.Random(SEED)
    texts = list(dict.fromkeys(question.text for question in sets.questions(name)))
    draw.shuffle(texts)
    others = texts[1:] + texts[:1]
    yield from list(zip(texts, others, strict=True))[:PER_SET]


def pollution(*, show: bool) -> None:
    """Print how often a question that stands alone is completed all the same."""
    from qa.followups import complete

    total, wrong = 0, 0
    for name in ALONE:
        rules: Counter[str] = Counter()
        count = 0
        for question, before in alone(name):
            count += 1
            found = complete(question, [Answer(before, before, "not_found")])
            if found.rule:
                rules[found.rule] += 1
                if show:
                    print(f"  {found.rule}: {question}\n      after: {before}\n      {found.question}")
        total, wrong = total + count, wrong + sum(rules.values())
        bad = sum(rules.values())
        print(f"{name:26} {bad:4} of {count:5} = {bad / count:.2%}  {dict(rules)}")
    print(f"{'all':26} {wrong:4} of {total:5} = {wrong / total:.2%}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--half", choices=("a", "b", "both"), default="both")
    parser.add_argument("--show", action="store_true", help="print every question")
    parser.add_argument("--pollution", action="store_true")
    arguments = parser.parse_args()
    if arguments.pollution:
        pollution(show=arguments.show)
        return
    for half in ("a", "b", "both") if arguments.half == "both" else (arguments.half,):
        measure(half, show=arguments.show and half != "both")


if __name__ == "__main__":
    sys.exit(main())
