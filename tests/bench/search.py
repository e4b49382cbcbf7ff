"""How long a search takes at 100,000 passages of real text, beside its bare parts in the same run.

Run from the repository's root; needs the evaluation sets. The vectors are random unit vectors of the bundled
model's dimension, which cost a search the same as real ones and spare an hour of encoding; questions are real
and are encoded by the bundled model, whose time is given apart.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from tempfile import TemporaryDirectory

import numpy as np
import sets
from numpy.typing import NDArray

from index.encoders import HashingEncoder, load_encoder
from index.library import Library
from index.records import Filters
from index.words import search_terms
from qa import evalsets
from qa.retrieve import DEPTH, Retriever

PASSAGES = 100_000
QUESTIONS = 300


class RandomEncoder(HashingEncoder):
    """Unit vectors that depend on nothing but the order of calls."""

    def __init__(self) -> None:
        super().__init__(384)
        self.name = "random-384"
        self._chance = np.random.default_rng(0)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Random unit rows (n, 384)."""
        rows = self._chance.standard_normal((len(texts), 384), dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def fill(library: Library) -> None:
    """Write real papers until there are enough passages."""
    with library._write() as session:
        for name in ("abstracts-scale", "fulltext-scale"):
            for document in evalsets.documents(sets.SETS / name, prefix=f"{name}/"):
                session.write([document], document.id)
                if session.passages >= PASSAGES:
                    return


def timed(label: str, calls: Sequence[Callable[[], object]]) -> float:
    """Print the median and the 95th percentile of the calls, in milliseconds; returns the median."""
    for call in calls[:20]:
        call()
    times = []
    for call in calls:
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    p50, p95 = np.quantile(times, (0.5, 0.95))
    print(f"{label:44s} p50 {p50:6.2f} ms   p95 {p95:6.2f} ms")
    return float(p50)


def main() -> None:
    """Build, search, print."""
    asked = [q.text for q in evalsets.questions(sets.SETS / "bioasq-7-9")][:QUESTIONS]
    encoder = load_encoder()
    vectors = [encoder.encode_question(text) for text in asked]
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        library = Library.create(folder + "/library", encoder=RandomEncoder())
        start = time.perf_counter()
        fill(library)
        spent = time.perf_counter() - start
        print(f"{len(library):,} papers, {library.passage_count:,} passages, {spent:.0f} s")
        retriever, rows = Retriever(library), library.rows(None)
        pairs = list(zip(asked, vectors, strict=True))
        dense = timed("dense list alone", [lambda v=v: library.search_dense(v, DEPTH, rows) for v in vectors])
        words = [search_terms(text) for text in asked]
        lexical = timed(
            "BM25 list alone", [lambda w=w: library.search_lexical(w, DEPTH, rows) for w in words]
        )
        whole = timed(
            "Retriever.search, vector given",
            [lambda q=q, v=v: retriever.search(q, 10, vector=v) for q, v in pairs],
        )
        timed("encoding the question", [lambda q=q: encoder.encode_question(q) for q in asked])
        only = Filters(documents=tuple(d.id for _, d in zip(range(500), library.documents(), strict=False)))
        timed(
            "Retriever.search among 500 papers",
            [lambda q=q, v=v: retriever.search(q, 10, only, vector=v) for q, v in pairs],
        )
        print(f"search over its two lists: {whole / (dense + lexical):.2f}")
        library.close()


if __name__ == "__main__":
    sys.exit(main())
