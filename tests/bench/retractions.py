"""Retraction Watch: what an import costs, a lookup, and a question with and without the table.

Run from the repository's root::

    python tests/bench/retractions.py [ROWS]

The table is invented: as many rows as Crossref's file has, of about its length.
"""

from __future__ import annotations

import random
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

from retraction_rows import row, table

from index.library import Library
from index.records import Filters, Reference
from qa import Assistant

SEED = Path(__file__).parents[2] / "seeds" / "wu-2024-stem-cell-therapies-multiple-sclerosis.pubmed.txt"
REASONS = [f"Concerns/Issues About Subject Number {n}" for n in range(110)]


def write(path: Path, rows: int) -> None:
    """An invented table, in the order of record numbers."""
    draw = random.Random(0)
    natures = ["Retraction"] * 85 + ["Expression of concern"] * 8 + ["Correction"] * 5 + ["Reinstatement"] * 2
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        stream.write(table())
        for n in range(rows):
            values = row(
                n,
                draw.choice(natures),
                f"{draw.randint(1, 12)}/{draw.randint(1, 28)}/{draw.randint(1990, 2025)} 0:00",
                doi=f"10.{draw.randint(1000, 9999)}/j.journal.{draw.randint(1990, 2025)}.{n:06d}",
                pmid=str(30_000_000 + n) if n % 2 else "0",
                RetractionDOI=f"10.{draw.randint(1000, 9999)}/notice.{n:06d}",
                RetractionPubMedID=str(35_000_000 + n) if n % 2 else "0",
                Reason="".join(f"+{one};" for one in draw.sample(REASONS, 3)),
                Institution="Department of Invented Medicine, University of Nowhere, Somewhere; " * 3,
                Author=";".join(f"Author {k} Number" for k in range(6)),
                Title="An invented title of a paper on cells, mice and many other things " * 2,
                URLS="https://example.org/a/long/address/of/a/post/about/the/paper;" * 2,
            )
            stream.write(table(values).split("\r\n", 1)[1])


def microseconds(work, times: int) -> float:
    """The median time of one call, over 20 runs of ``times`` calls."""
    laps = []
    for _ in range(20):
        start = time.perf_counter()
        for n in range(times):
            work(n)
        laps.append((time.perf_counter() - start) / times)
    return statistics.median(laps) * 1e6


def main(rows: int) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rw.csv"
        write(file, rows)
        plain = Library.create(Path(folder) / "plain")
        marked = Library.create(Path(folder) / "marked")
        for library in (plain, marked):
            library.add([SEED])
        asked = [(name, Assistant(library)) for name, library in (("without", plain), ("with", marked))]
        asked[0][1].ask("Is there a cure for multiple sclerosis?")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        start = time.perf_counter()
        entry = marked.import_retractions(file).imported
        seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        held = marked.path / "retractions" / entry.file
        print(f"import: {entry.rows:,} rows, {file.stat().st_size / 1e6:.0f} MB of CSV, {seconds:.1f} s")
        print(f"table: {held.stat().st_size / 1e6:.1f} MB; peak memory grew by {after - before:.0f} MB")

        (segment,) = marked.segments.values()
        marks, bare = marked.marks, segment.records.document(0).document
        print(f"status of a document, not kept: {microseconds(lambda _: marks._of(bare), 200):.0f} us")
        kept = microseconds(lambda _: marks.document(segment.number, 0), 200)
        print(f"status of a document, kept: {kept:.1f} us")
        references = [Reference(doi=f"10.1/{n}", pmid=str(30_000_000 + n)) for n in range(500)]
        print(f"status of a reference: {microseconds(lambda n: marks.reference(references[n]), 500):.0f} us")
        start = time.perf_counter()
        marked.select(Filters(retracted=False))
        print(f"first use of --retracted: {1000 * (time.perf_counter() - start):.1f} ms")

        questions = [
            "Is there a cure for multiple sclerosis?",
            "By which mechanisms could stem cells work in MS?",
            "Which stem cells are used?",
        ]
        laps: dict[str, list[float]] = {name: [] for name, _ in asked}
        for turn in range(40):
            for name, assistant in asked if turn % 2 else reversed(asked):
                for question in questions:
                    start = time.perf_counter()
                    assistant.ask(question)
                    laps[name].append(1000 * (time.perf_counter() - start))
        for name, times in laps.items():
            print(
                f"ask {name} the table: median {statistics.median(times):.2f} ms over {len(times)} questions"
            )
        for library in (plain, marked):
            library.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 70_000)
