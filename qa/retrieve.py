"""From a question to passages: dense and lexical search, fused.

Fusion is a convex combination of min-max normalised scores (Bruch, Gai, Ingber 2023,
arXiv:2210.11934), which keeps what reciprocal ranks throw away: how much better a hit is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from index.errors import UsageError
from index.lexical import content_terms
from index.library import Library
from index.records import NOT_ANSWERS, Filters, Hit
from qa.expand import Expansion
from qa.expand import expand as _expand

#: Share of the dense score in the fused one.
DENSE_WEIGHT = 0.4
#: How deep each list is read before fusion.
DEPTH = 100
TITLE_BOOST = 0.0
#: Of a document's MeSH headings and keywords.
KEYWORDS_BOOST = 0.0
#: What the other form of an abbreviation counts in BM25, where the question's own counts 1.
EXPANSION_WEIGHT = 0.8


class Retriever:
    """Finds passages in one library."""

    def __init__(self, library: Library, *, dense_weight: float = DENSE_WEIGHT, depth: int = DEPTH) -> None:
        self.library = library
        self.dense_weight = dense_weight
        self.depth = depth
        self._expanded = (-1, Expansion(""))  # one question is expanded for search, reading and trace

    @classmethod
    def open(cls, path: str | os.PathLike[str] | None = None) -> Retriever:
        """Open the library at ``path`` (default: the user's). Raises NoLibrary and other LibraryErrors."""
        return cls(Library.open(path))

    def search(
        self,
        question: str,
        k: int = 10,
        filters: Filters | None = None,
        *,
        answers_only: bool = False,
        vector: NDArray[np.float32] | None = None,
        expand: bool = True,
    ) -> list[Hit]:
        """The best ``k`` passages for ``question``, best first; fewer only when fewer pass ``filters``.

        The newest generation of the library is searched. ``answers_only`` leaves out titles and
        reference lists. ``vector`` is the encoded question where the caller has it; the generation is
        then the one it was encoded for. Scores lie between 0 and 1 and compare within one question only;
        ``parts`` hold the cosine (``"dense"``) and the BM25 score (``"lexical"``) where a list had the
        passage. ``expand`` also searches for the other forms of abbreviations, see :meth:`expansion`.
        Raises UsageError for an empty question or ``k`` below 1.
        """
        if not question.strip():
            raise UsageError("the question is empty; write what you want to know")
        if k < 1:
            raise UsageError(f"k is {k}; ask for at least one passage")
        with self.library.lock:
            if vector is None:
                self.library.refresh()
            expansion = self.expansion(question) if expand else Expansion(question)
            return self._search(expansion, k, filters, answers_only=answers_only, vector=vector)

    def expansion(self, question: str) -> Expansion:
        """The other forms of the abbreviations in ``question`` that are searched for, too."""
        with self.library.lock:
            generation = self.library.manifest.generation
            if (self._expanded[0], self._expanded[1].question) != (generation, question):
                self._expanded = generation, _expand(question, self.library)
            return self._expanded[1]

    def _search(
        self,
        expansion: Expansion,
        k: int,
        filters: Filters | None,
        *,
        answers_only: bool,
        vector: NDArray[np.float32] | None,
    ) -> list[Hit]:
        library = self.library
        if vector is None:
            vector = library.encoder.encode_question(expansion.question)
        rows = library.rows(filters)
        words, synonyms = content_terms(expansion.question), expansion.synonyms(EXPANSION_WEIGHT)
        k = min(k, max(1, library.passage_count))
        depth = max(self.depth, k)
        while True:
            dense = library.search_dense(vector, depth, rows)
            lexical = library.search_lexical(
                words, depth, rows, title_boost=TITLE_BOOST, keywords_boost=KEYWORDS_BOOST, synonyms=synonyms
            )
            fused = self._fuse(dict(dense), dict(lexical))
            if answers_only:
                fused = [hit for hit in fused if library.section_of(hit[0]) not in NOT_ANSWERS]
            exhausted = len(dense) < depth and len(lexical) < depth
            if len(fused) >= k or exhausted:
                return self._hits(fused, k, dict(dense), dict(lexical))
            depth *= 4

    def _fuse(self, dense: Mapping[int, float], lexical: Mapping[int, float]) -> list[tuple[int, float]]:
        dense_scores, lexical_scores = _normalised(dense), _normalised(lexical)
        share = self.dense_weight
        scores = {
            key: share * dense_scores.get(key, 0.0) + (1 - share) * lexical_scores.get(key, 0.0)
            for key in dict.fromkeys((*dense, *lexical))
        }
        return sorted(scores.items(), key=lambda hit: -hit[1])

    def _hits(
        self,
        fused: Sequence[tuple[int, float]],
        k: int,
        dense: Mapping[int, float],
        lexical: Mapping[int, float],
    ) -> list[Hit]:
        hits = []
        last = fused[min(k, len(fused)) - 1][1] if fused else 0.0
        for key, score in fused:
            if score < last:
                break
            passage, _ = self.library.passage(key)
            text = self.library.text(passage.text_sha256).content[passage.start : passage.end]
            lists = {"dense": dense, "lexical": lexical}
            parts = {name: scores[key] for name, scores in lists.items() if key in scores}
            hits.append(Hit(passage, text, score, parts))
        # Ties by place, so that a rebuilt library answers in the same order.
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage.document_id, hit.passage.start))[:k]


def _normalised(scores: Mapping[int, float]) -> dict[int, float]:
    """Scores moved to 0 … 1; where all are equal, all are 1."""
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high - low < 1e-9:
        return dict.fromkeys(scores, 1.0)
    return {key: (score - low) / (high - low) for key, score in scores.items()}
