"""From a question to passages: dense and lexical search, fused.

The fused score is a convex sum of the cosine and of the share of the greatest BM25 score that the
question's words allow, so that it compares across questions; Bruch, Gai and Ingber (2023,
arXiv:2210.11934) show why scores should be summed rather than ranks, and that a theoretical bound may take
the place of the least and greatest score found. A passage whose paper's title is what the question asks
about gains a little. Words that occur nowhere in the library don't count towards the bound.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from index.errors import UsageError
from index.fanout import Rows, both
from index.lexical import segment_and_row
from index.library import Library
from index.manifest import Manifest
from index.reading import reading
from index.records import NOT_ANSWERS, Filters, Hit
from index.selection import Selection
from index.words import K1, idf, search_terms, terms
from qa.expand import Expansion
from qa.expand import expand as _expand

#: Share of the cosine in the fused score; the rest is lexical. Chosen over seven evaluation settings;
#: leaving one out gives the same or a neighbouring value.
DENSE_WEIGHT = 0.6
#: What is added at most: where the question says every word of a paper's title.
TITLE_WEIGHT = 0.09
#: How deep each list is read before fusion.
DEPTH = 100
#: Of a document's MeSH headings and keywords.
KEYWORDS_BOOST = 0.0
#: What the other form of an abbreviation counts in BM25, where the question's own counts 1.
EXPANSION_WEIGHT = 0.8


@dataclass(frozen=True, slots=True)
class Lists:
    """What a search read: score by key, best first; ``fused`` holds both (without titles, if asked).

    ``cosines`` are those of every passage in either list.
    """

    dense: Mapping[int, float]
    lexical: Mapping[int, float]
    cosines: Mapping[int, float]
    fused: Sequence[tuple[int, float]]
    depth: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Rank (from 1) and score of a passage in a list; None where it does not belong to it at all.

    ``listed`` says whether the list, as deep as it was read, held it.
    """

    rank: int | None = None
    score: float | None = None
    listed: bool = False


class Retriever:
    """Finds passages in one library."""

    def __init__(self, library: Library, *, dense_weight: float = DENSE_WEIGHT, depth: int = DEPTH) -> None:
        self.library = library
        self.dense_weight = dense_weight
        self.depth = depth
        # One question is expanded for search, reading and trace.
        self._expanded: tuple[Manifest | None, Expansion] = (None, Expansion(""))

    @classmethod
    def open(cls, path: str | os.PathLike[str] | None = None) -> Retriever:
        """Open the library at ``path`` (default: the user's). Raises NoLibrary and other LibraryErrors."""
        return cls(Library.open(path))

    @contextmanager
    def reading(self, *, refresh: bool = True) -> Iterator[Retriever]:
        """The same on what the library holds now, whatever is published meanwhile (:mod:`index.reading`)."""
        with reading(self.library, refresh=refresh) as library:
            yield self.on(library)

    def on(self, library: Library) -> Retriever:
        """The same for another library."""
        if library is self.library:
            return self
        other = copy(self)
        other.library = library
        return other

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
        then the one it was encoded for. Scores are at most 1 + TITLE_WEIGHT, below 0 where nothing is alike,
        and compare across questions; ``parts`` hold the cosine (``"dense"``) and, where the lexical list had
        the passage, its BM25 score (``"lexical"``). ``expand`` also searches for the other forms of
        abbreviations, see :meth:`expansion`. Raises UsageError for an empty question, ``k`` below 1, or a
        filter that names a document or a design there is not.
        """
        if not question.strip():
            raise UsageError("the question is empty; write what you want to know")
        if k < 1:
            raise UsageError(f"k is {k}; ask for at least one passage")
        with self.reading(refresh=vector is None) as mine:
            lists = mine.lists(question, k, filters, answers_only=answers_only, expand=expand, vector=vector)
            return mine._hits(lists.fused, k, lists.cosines, lists.lexical)

    def by_paper(
        self,
        question: str,
        per_paper: int,
        most: int,
        filters: Filters | None = None,
        *,
        vector: NDArray[np.float32],
    ) -> list[Hit]:
        """The best ``per_paper`` passages of every paper, for answers, best first.

        No paper is left out: of more than ``most`` such passages each paper keeps its best one, and the best
        of the others fill up. Scores are those of :meth:`search`. Call it inside :meth:`reading`.
        """
        library = self.library
        lists = self.lists(question, library.passage_count, filters, answers_only=True, vector=vector)
        taken: dict[tuple[int, int], int] = {}
        first: list[tuple[int, float]] = []
        others: list[tuple[int, float]] = []
        for key, score in lists.fused:
            number, row = segment_and_row(key)
            starts = library.segments[number].filing.first
            paper = number, int(np.searchsorted(starts, row, side="right")) - 1
            taken[paper] = taken.get(paper, 0) + 1
            if taken[paper] <= per_paper:
                (others if taken[paper] > 1 else first).append((key, score))
        chosen = sorted(first + others[: max(0, most - len(first))], key=lambda one: -one[1])
        return self._hits(chosen, len(chosen), lists.cosines, lists.lexical) if chosen else []

    def weight_of(self, term: str) -> float:
        """The IDF of an index term; 1 in an empty library."""
        lexical = self.library.lexical
        return 1.0 if lexical is None else idf(lexical.document_frequency(term), len(lexical))

    def expansion(self, question: str) -> Expansion:
        """The other forms of the abbreviations in ``question`` that are searched for, too."""
        with self.library.lock:
            manifest, (of, held) = self.library.manifest, self._expanded
            if of is not manifest or held.question != question:
                held = _expand(question, self.library)
                self._expanded = manifest, held
            return held

    def lists(
        self,
        question: str,
        k: int,
        filters: Filters | None = None,
        *,
        answers_only: bool = False,
        expand: bool = True,
        vector: NDArray[np.float32] | None = None,
    ) -> Lists:
        """The lists that a search for ``k`` passages makes, as deep as it reads them.

        Call it, and what is done with the keys, inside :meth:`reading`.
        """
        library = self.library
        if vector is None:
            vector = library.encoder.encode_question(question)
        rows = library.rows(filters)
        k = min(k, max(1, library.passage_count))
        depth = max(self.depth, k)
        while True:
            lexical, dense = map(
                dict,
                both(
                    library.segments,
                    self._asks_lexical(question, depth, rows, expand=expand),
                    partial(library.search_dense, vector, depth, rows),
                ),
            )
            exhausted = len(dense) < depth and len(lexical) < depth
            cosines = dense | library.cosines(vector, [key for key in lexical if key not in dense])
            # In a list cut short the BM25 of the others is not known: between 0 and the least one listed.
            unlisted = min(lexical.values()) / 2 if len(lexical) == depth else 0.0
            fused = self._fuse(search_terms(question), cosines, lexical, unlisted)
            if answers_only:
                left_out = library.in_sections([key for key, _ in fused], NOT_ANSWERS)
                fused = [hit for hit in fused if hit[0] not in left_out]
            if len(fused) >= k or exhausted:
                return Lists(dense, lexical, cosines, fused, depth)
            depth *= 4

    def _lexical(self, question: str, depth: int, rows: Rows) -> list[tuple[int, float]]:
        return self._asks_lexical(question, depth, rows)()

    def _asks_lexical(
        self, question: str, depth: int, rows: Rows, *, expand: bool = True
    ) -> Callable[[], list[tuple[int, float]]]:
        """The lexical search, for any thread: the lock, which the caller may hold, is taken here."""
        return partial(
            self.library.search_lexical,
            search_terms(question),
            depth,
            rows,
            keywords_boost=KEYWORDS_BOOST,
            synonyms=self.expansion(question).synonyms(EXPANSION_WEIGHT) if expand else (),
        )

    def standing(
        self, question: str, key: int, lists: Lists, filters: Filters | None, vector: NDArray[np.float32]
    ) -> dict[str, Standing]:
        """Where one passage that passes ``filters`` stands in each of the ``lists``, also beyond their ends.

        Dense and lexical ranks are exact, however deep; there is no fused rank beyond ``lists.fused``.
        """
        library = self.library
        rows = library.rows(filters)
        rank, cosine = library.rank_dense(vector, key, rows)
        found = {"dense": Standing(rank, cosine, key in lists.dense), "lexical": Standing()}
        number, row = segment_and_row(key)
        only = dict.fromkeys(rows, np.empty(0, np.int64)) | {number: np.array([row], np.int64)}
        if self._lexical(question, 1, only):
            depth = lists.depth
            while key not in (scores := dict(self._lexical(question, depth, rows))):
                depth *= 8
            found["lexical"] = Standing([*scores].index(key) + 1, scores[key], key in lists.lexical)
        fused = dict(lists.fused)
        found["fused"] = Standing()
        if key in fused:
            above = [one for one, score in lists.fused if score > fused[key]]
            tied = [one for one, score in lists.fused if score == fused[key]]
            found["fused"] = Standing(len(above) + self._by_place(tied).index(key) + 1, fused[key], True)
        return found

    def _by_place(self, keys: Sequence[int]) -> list[int]:
        passages = {key: self.library.passage(key)[0] for key in keys}
        return sorted(keys, key=lambda key: (passages[key].document_id, passages[key].start))

    def counts(self, filters: Filters) -> Selection:
        """What ``filters`` leave of the library, and how many passages and papers each leaves out.

        Raises UsageError as :meth:`search`.
        """
        with self.library.lock:
            self.library.refresh()
            return self.library.select(filters)

    def _fuse(
        self,
        words: Sequence[str],
        cosines: Mapping[int, float],
        lexical: Mapping[int, float],
        unlisted: float,
    ) -> list[tuple[int, float]]:
        """Every key of ``cosines`` with its fused score, best first; ``unlisted``: the BM25 of the others."""
        index = self.library.lexical
        weights = {} if index is None else {word: index.weight(word) for word in words}
        most = (K1 + 1) * sum(weights.values()) or 1.0
        share = self.dense_weight
        titles = self.library.titles(list(cosines))
        matches = {title: self._title_match(title, weights) for title in set(titles.values())}
        # Rounded, because a cosine's last bits depend on how many were computed together: ties stay ties.
        scores = {
            key: round(
                share * cosine
                + (1 - share) * lexical.get(key, unlisted) / most
                + TITLE_WEIGHT * matches[titles[key]] ** 2,
                6,
            )
            for key, cosine in cosines.items()
        }
        return sorted(scores.items(), key=lambda hit: -hit[1])

    def _title_match(self, title: str, asked: Mapping[str, float]) -> float:
        """The IDF-weighted share (0 to 1) of a title's words that the question says."""
        index = self.library.lexical
        said = _title_terms(title)
        if index is None or said.isdisjoint(asked):
            return 0.0
        total = sum(index.weight(word) for word in said)
        return sum(asked[word] for word in said if word in asked) / total if total else 0.0

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
            passage, text = self.library.words(key)
            lists = {"dense": dense, "lexical": lexical}
            parts = {name: scores[key] for name, scores in lists.items() if key in scores}
            hits.append(Hit(passage, text, score, parts))
        # Ties by place, so that a rebuilt library answers in the same order.
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage.document_id, hit.passage.start))[:k]


@lru_cache(maxsize=1 << 15)
def _title_terms(title: str) -> frozenset[str]:
    return frozenset(terms(title))
