"""The evidence table over deepreview: seconds for ten questions, and what reading everything would add.

``--recall`` makes the table a second time with every passage read that an answer might, and tells which
of its cells and quotes the first has. ``--set`` takes another set with a corpus, ``--questions`` how many,
evenly from number ``--first`` on.
"""

from __future__ import annotations

import argparse
import os
import time

from sets import SETS, library_of, questions

from qa.assistant import Assistant
from qa.table import EvidenceTable, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", default="deepreview")
    parser.add_argument("--questions", type=int, default=10)
    parser.add_argument("--first", type=int, default=7)
    parser.add_argument("--recall", action="store_true")
    given = parser.parse_args()
    if not (SETS / given.set).is_dir():
        print(f"no {SETS / given.set}: nothing to measure")
        return
    with library_of(given.set) as library:
        assistant = Assistant(library)
        _ = assistant.reader
        known = questions(given.set)
        asked = [one.text for one in known[7 :: max(1, (len(known) - 7) // given.questions)]][
            : given.questions
        ]
        quick = timed("as shipped", assistant, asked)
        if given.recall:
            whole = timed("everything read", assistant, asked, exhaustive=True)
            for what, found in (("cells", cells), ("quotes", quotes)):
                both, every = found(quick) & found(whole), found(whole)
                print(f"{what}: {len(both)} of {len(every)}, {len(found(quick) - every)} others")


def timed(name: str, assistant: Assistant, asked: list[str], *, exhaustive: bool = False) -> EvidenceTable:
    started = time.perf_counter()
    made = table(assistant, asked, exhaustive=exhaustive)
    seconds = time.perf_counter() - started
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(
        f"{name}: {len(made.rows)} papers x {len(asked)} questions, {made.passages['looked_at']} passages "
        f"looked at, {made.passages['read']} read: {seconds:.1f} s{load}"
    )
    return made


def cells(made: EvidenceTable) -> set[object]:
    return {
        (row.document_id, n, cell.quotes[0].start, round(cell.quotes[0].confidence, 3))
        for row in made.rows
        for n, cell in enumerate(row.cells)
        if cell.quotes
    }


def quotes(made: EvidenceTable) -> set[object]:
    return {
        (row.document_id, n, quote.start, quote.end)
        for row in made.rows
        for n, cell in enumerate(row.cells)
        for quote in cell.quotes
    }


if __name__ == "__main__":
    main()
