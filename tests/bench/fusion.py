"""How dense and lexical scores are best put together, chosen on all sets but one and reported on that one.

Run from the repository's root; needs the evaluation sets (half an hour the first time: their libraries are
built into the cache folder). Prints nDCG@10 / recall@20 by document for each way of fusing and each
ingredient left out, and then, set by set, the settings that the other sets choose.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sets

from index.encoders import load_encoder
from index.library import Library
from index.words import K1, search_terms
from qa import evalsets, metrics, retrieve
from qa.ranking import fuse as reciprocal
from qa.retrieve import Retriever

#: Set, distractors, kinds left out, number of questions drawn.
SETTINGS: Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...], int | None]] = {
    "bioasq-7-9": ("bioasq-7-9", (), (), None),
    "bioasq-7-9 + abstracts": ("bioasq-7-9", ("abstracts-scale",), (), None),
    "covidqa-dev": ("covidqa-dev", (), (), None),
    "scifact-train + abstracts": ("scifact-train", ("abstracts-scale",), (), None),
    "deepreview": ("deepreview", (), ("review paragraph",), None),
    "healthver": ("healthver", (), (), None),
    "medquad": ("medquad", (), (), 1000),
}
SHARES = (0.4, 0.5, 0.55, 0.6, 0.65, 0.7)
TITLES = (0.0, 0.05, 0.09, 0.14)

Scores = dict[int, float]


@dataclass(frozen=True, slots=True)
class Found:
    """What both lists have for a question: ``bound`` is the greatest BM25, ``titles`` the title matches."""

    relevant: Mapping[str, int]
    documents: Mapping[int, str]
    cosines: Scores
    dense: Scores
    lexical: Scores
    unexpanded: Scores
    bound: float
    titles: Scores


def found(library: Library, question: evalsets.Question) -> Found:
    """Both lists, 100 deep, with all that a way of fusing may use."""
    retriever = Retriever(library)
    lists = retriever.lists(question.text, retrieve.DEPTH)
    plain = dict(retriever._lexical(question.text, retrieve.DEPTH, library.rows(None), expand=False))
    index = library.lexical
    assert index is not None
    weights = {word: index.weight(word) for word in search_terms(question.text)}
    titles = library.titles(list(lists.cosines))
    return Found(
        evalsets.grades(library, question),
        {key: library.passage(key)[0].document_id for key in {*lists.cosines, *plain}},
        dict(lists.cosines),
        dict(lists.dense),
        dict(lists.lexical),
        plain,
        (K1 + 1) * sum(weights.values()) or 1.0,
        {key: retriever._title_match(title, weights) for key, title in titles.items()},
    )


def absolute(one: Found, share: float, title: float, *, expand: bool = True) -> Scores:
    """What litquote does: cosine and share of the greatest BM25, plus the title's match."""
    lexical = one.lexical if expand else one.unexpanded
    unlisted = min(lexical.values()) / 2 if len(lexical) == retrieve.DEPTH else 0.0
    return {
        key: share * cosine
        + (1 - share) * lexical.get(key, unlisted) / one.bound
        + title * one.titles.get(key, 0.0) ** 2
        for key, cosine in one.cosines.items()
    }


def convex(one: Found, share: float) -> Scores:
    """The convex sum of min-max normalised lists."""
    dense, lexical = _spread(one.dense), _spread(one.lexical)
    return {key: share * dense.get(key, 0.0) + (1 - share) * lexical.get(key, 0.0) for key in one.cosines}


def _spread(scores: Scores) -> Scores:
    low, high = min(scores.values(), default=0.0), max(scores.values(), default=1.0)
    return {key: (score - low) / (high - low) if high > low else 1.0 for key, score in scores.items()}


def ranks(one: Found, share: float) -> Scores:
    """Weighted reciprocal rank fusion, k = 60."""
    scores: Scores = {}
    for weight, ranked in ((share, one.dense), (1 - share, one.lexical)):
        for rank, key in enumerate(sorted(ranked, key=lambda k: (-ranked[k], k)), 1):
            scores[key] = scores.get(key, 0.0) + weight / (60 + rank)
    return scores


def measured(ones: Sequence[Found], way: Callable[[Found], Scores | Sequence[int]]) -> tuple[float, float]:
    """Mean nDCG@10 and recall@20 of the documents in the order of their best passages."""
    relevant, ranked = {}, {}
    for number, one in enumerate(ones):
        scores = way(one)
        order = scores if not isinstance(scores, dict) else sorted(scores, key=lambda k: (-scores[k], k))
        relevant[str(number)] = one.relevant
        ranked[str(number)] = list(dict.fromkeys(one.documents[key] for key in order))
    values = metrics.ranking_values({"ndcg@10": "nDCG@10", "recall@20": "R@20"}, relevant, ranked)
    ndcg, recall = (float(np.mean(list(found.values()))) for found in values.values())
    return ndcg, recall


def main() -> None:
    """Print the tables."""
    encoder, table = load_encoder(), dict[str, list[Found]]()
    for name, (folder, distractors, left_out, count) in SETTINGS.items():
        questions = evalsets.questions(sets.SETS / folder)
        if count:
            chosen = sorted(random.Random(0).sample(range(len(questions)), count))
            questions = [questions[n] for n in chosen]
        others: list[Path] = [sets.SETS / other for other in distractors]
        with evalsets.set_library(
            sets.SETS / folder, encoder, distractors=others, exclude_kinds=left_out
        ) as library:
            asked = [q for q in questions if q.answerable and any(q.relevant.values())]
            table[name] = [found(library, question) for question in asked]

    def row(label: str, way: Callable[[Found], Scores | Sequence[int]]) -> list[float]:
        values = [measured(ones, way) for ones in table.values()]
        mean = np.mean(values, axis=0)
        print(f"{label:34s}", *(f"{a:.3f}/{b:.3f}" for a, b in values), f"| {mean[0]:.4f}/{mean[1]:.4f}")
        return [float(a) for a, _ in values]

    print(f"{'':34s}", *table, "| mean")
    row("dense", lambda one: one.dense)
    row("bm25", lambda one: one.unexpanded)
    row("plain rrf", lambda one: reciprocal((list(one.unexpanded), list(one.dense))))
    for share in SHARES:
        row(f"weighted rrf {share}", lambda one, share=share: ranks(one, share))
        row(f"min-max convex {share}", lambda one, share=share: convex(one, share))
    grid = {
        (share, title): row(f"absolute {share}, title {title}", lambda x, s=share, t=title: absolute(x, s, t))
        for share in SHARES
        for title in TITLES
    }
    now = (retrieve.DENSE_WEIGHT, retrieve.TITLE_WEIGHT)
    row("as shipped, without abbreviations", lambda one: absolute(one, *now, expand=False))
    print("\nsettings chosen by the other sets, and what they give on this one:")
    names = list(table)
    chosen_values = []
    for place, name in enumerate(names):
        rest = [n for n, other in enumerate(names) if SETTINGS[other][0] != SETTINGS[name][0]]
        best = max(grid, key=lambda setting: np.mean([grid[setting][n] for n in rest]))
        chosen_values.append(grid[best][place])
        print(f"{name:34s} share {best[0]}, title {best[1]}: nDCG@10 {grid[best][place]:.4f}")
    print(f"{'mean':34s} {np.mean(chosen_values):.4f}")


if __name__ == "__main__":
    main()
