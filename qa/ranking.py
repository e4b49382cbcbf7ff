"""The searches an evaluation compares: the parts of the hybrid, their plain fusion, and litquote's own.

Each is a function of a library: (question, depth) -> the places of passages, best first. A new system is
a function and a line in SYSTEMS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from index.library import Library
from index.records import Passage
from index.words import search_terms
from qa.retrieve import Retriever

#: The constant of reciprocal rank fusion, as its paper has it.
RRF_K = 60

Search = Callable[[str, int], list[Passage]]


def _lexical(library: Library, question: str, depth: int) -> list[int]:
    return [key for key, _ in library.search_lexical(search_terms(question), depth, library.rows(None))]


def _dense(library: Library, question: str, depth: int) -> list[int]:
    vector = library.encoder.encode_question(question)
    return [key for key, _ in library.search_dense(vector, depth, library.rows(None))]


def fuse(rankings: Iterable[Sequence[int]], *, k: int = RRF_K) -> list[int]:
    """Reciprocal rank fusion (Cormack, Clarke, Büttcher 2009): the sum of ``1 / (k + rank)``, rank from 1.

    Ties go to the smaller key.
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, key in enumerate(ranking, 1):
            scores[key] = scores.get(key, 0.0) + 1 / (k + rank)
    return sorted(scores, key=lambda key: (-scores[key], key))


def _bm25(library: Library) -> Search:
    """Words only."""
    return lambda question, depth: _passages(library, _lexical(library, question, depth))


def _vectors(library: Library) -> Search:
    """Vectors only."""
    return lambda question, depth: _passages(library, _dense(library, question, depth))


def _rrf(library: Library) -> Search:
    """Plain reciprocal rank fusion of both, each ``depth`` deep."""

    def search(question: str, depth: int) -> list[Passage]:
        keys = fuse((_lexical(library, question, depth), _dense(library, question, depth)))
        return _passages(library, keys[:depth])

    return search


def _litquote(library: Library) -> Search:
    """What users get."""
    retriever = Retriever(library)
    return lambda question, depth: [hit.passage for hit in retriever.search(question, depth)]


def _passages(library: Library, keys: Iterable[int]) -> list[Passage]:
    return [library.passage(key)[0] for key in keys]


SYSTEMS: Mapping[str, Callable[[Library], Search]] = {
    "bm25": _bm25,
    "dense": _vectors,
    "rrf": _rrf,
    "litquote": _litquote,
}
