"""How many passages to read: sentence hit@1 and hit@3 against reading time, over the held-out questions.

Run from the repository's root; needs the evaluation sets::

    python tests/bench/reading.py [--reader NAME_OR_FILE] [--most N] [SET …]

Of the passages looked through, K are read, those whose best sentence scores highest without the reader,
as :mod:`qa.assistant` does. "Sum" is the score without a reader (cosine and IDF-weighted coverage) over the
first K passages of the search, "reader" its relevance alone, "litquote" the shipped weights.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import calibrate as fitting_bench
import numpy as np
import sets

from qa import calibrate, evalsets
from qa.assistant import Assistant
from qa.calibration import LOOKED_THROUGH, PARTS
from qa.extract import Candidate
from qa.readings import ReadPairs, readings

NUMBERS = (3, 5, 8, 10, 12, 15, 20)
TIMED = 20

Row = list[tuple[int, float, float, float, float, bool]]


def read(assistant: Assistant, question: evalsets.Question) -> Row | None:
    """Every sentence: its passage's rank, its scores (base, sum, reader, litquote), whether it is right."""
    places = fitting_bench._places(assistant.library, question)
    if not places:
        return None
    vector = assistant.library.encoder.encode_question(question.text)
    hits = assistant.retriever.search(question.text, LOOKED_THROUGH, answers_only=True, vector=vector)
    rank = {(hit.passage.document_id, hit.passage.start): n for n, hit in enumerate(hits)}
    weights = assistant.calibration.weights

    def scores(one: Candidate) -> tuple[float, float, float, float]:
        parts = one.parts
        base = sum(weights.get(name, 0.0) * parts[name] for name in ("coverage", "retrieval"))
        total = parts["cosine"] + parts["coverage"]
        shipped = sum(weight * parts.get(name, 0.0) for name, weight in weights.items() if name != "cosine")
        return base, total, parts["relevance"], shipped

    return [
        (
            rank[one.hit.passage.document_id, one.hit.passage.start],
            *scores(one),
            calibrate.right(one, places),
        )
        for one in assistant.read(question.text, vector, hits)
    ]


def first_right(row: Row, number: int, score: int, *, chosen: bool) -> tuple[bool, bool]:
    """Whether the best sentence, and one of the three best, of ``number`` passages is right."""
    best: dict[int, float] = {}
    for passage, base, *_ in row:
        best[passage] = max(best.get(passage, base), base)
    order = sorted(best, key=lambda passage: -best[passage] if chosen else passage)
    kept = set(order[:number])
    ranked = sorted((one for one in row if one[0] in kept), key=lambda one: -float(one[score]))
    right = [bool(one[-1]) for one in ranked[:3]]
    return any(right[:1]), any(right)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sets", nargs="*", default=[*fitting_bench.SETS], metavar="SET")
    parser.add_argument("--reader", default=None)
    parser.add_argument("--most", type=int, default=100, help="questions of each set")
    arguments = parser.parse_args()
    found: dict[str, list[Row]] = {}
    spent: dict[int, list[float]] = {number: [] for number in NUMBERS}
    for name in arguments.sets:
        with sets.library_of(name, distractors=fitting_bench.SETS.get(name, ())) as library:
            assistant = Assistant(library, reader=arguments.reader)
            base = assistant.calibration
            # every part is wanted; the cosine weighs next to nothing, so that it is computed
            weights = dict.fromkeys(PARTS, 0.0) | {"cosine": 1e-9} | dict(base.weights)
            every = Assistant(
                library, reader=arguments.reader, calibration=fitting_bench.replace(base, weights=weights)
            )
            questions = fitting_bench.held_out(name)[: arguments.most]
            found[name] = [row for one in questions if one.answerable and (row := read(every, one))]
            for question in questions[: TIMED // len(arguments.sets) + 1]:
                vector = library.encoder.encode_question(question.text)
                hits = assistant.retriever.search(
                    question.text, LOOKED_THROUGH, answers_only=True, vector=vector
                )
                for number in NUMBERS:
                    began = time.perf_counter()
                    reader = assistant.reader
                    if reader is not None:
                        readings(library, reader, question.text, hits[:number], ReadPairs())
                    spent[number].append(1000 * (time.perf_counter() - began))
    columns: tuple[tuple[str, int, bool], ...] = (
        ("sum", 2, False),
        ("reader", 3, True),
        ("litquote", 4, True),
    )
    for number in NUMBERS:
        median, most = np.quantile(spent[number], (0.5, 0.9))
        print(f"\n{number} passages: {median:.0f} ms (90 %: {most:.0f})")
        means: dict[str, list[Any]] = {}
        for name, rows in found.items():
            line = f"{name:26} n={len(rows):4}"
            for label, score, chosen in columns:
                first, third = np.mean(
                    [first_right(row, number, score, chosen=chosen) for row in rows], axis=0
                )
                means.setdefault(label, []).append(first)
                line += f"  {label} {first:.3f} {third:.3f}"
            print(line)
        print("mean hit@1 " + ", ".join(f"{label} {np.mean(values):.3f}" for label, values in means.items()))


if __name__ == "__main__":
    main()
