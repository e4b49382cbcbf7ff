"""A baseline that reads nothing: what the length of documents alone gives away about distractors.

When a set's documents are shorter or longer than the distractors mixed in, any search that prefers such
lengths looks better than it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from index.library import Library
from qa import evalsets, metrics
from qa.evalrows import DEPTH, DOCUMENT_METRICS
from qa.evalsets import Question


def length_baseline(
    library: Library, questions: Sequence[Question], *, distractors: Sequence[str], seed: int = 0
) -> tuple[dict[str, dict[str, float]], str]:
    """The metrics of the best ranking by length, and its name: shortest, longest, or nearest the mean.

    ``length_auroc`` is the chance that a document of the set ranks above a distractor: 0.5 when lengths
    give nothing away. The other metrics rank all documents so for every question alike.
    """
    prefixes = tuple(f"{name}/" for name in distractors)
    ids, lengths = [], []
    for document in library.documents():
        ids.append(document.id)
        lengths.append(max((section.end for section in document.sections), default=0))
    length = np.asarray(lengths, dtype=np.float64)
    own = np.asarray([not name.startswith(prefixes) for name in ids], dtype=np.float64)
    scores = {
        "shortest first": -length,
        "longest first": length,
        "nearest the mean of the set": -np.abs(length - length[own > 0].mean()),
    }
    everything = metrics.once(len(ids))
    rule = max(scores, key=lambda name: float(metrics.auroc(scores[name], own, everything)[0]))
    score = scores[rule]
    ranking = [ids[n] for n in np.lexsort((ids, -score))[:DEPTH]]
    counted = [question for question in questions if question.answerable and question.relevant]
    relevant = {question.id: evalsets.grades(library, question) for question in counted}
    values = metrics.ranking_values(DOCUMENT_METRICS, relevant, {name: ranking for name in relevant})
    found: dict[str, dict[str, float]] = {}
    columns: dict[str, tuple[Any, Any]] = {
        "length_auroc": (
            lambda c, weights: metrics.auroc(c["score"], c["own"], weights),
            {"score": score, "own": own},
        )
    }
    for name, of_question in values.items():
        column = np.asarray(list(of_question.values()), dtype=np.float64)
        columns[name] = (lambda c, weights: metrics.mean(c["value"], weights), {"value": column})
    for name, (statistic, table) in columns.items():
        bounds = metrics.interval(statistic, table, seed=seed)
        if bounds is not None:
            found[name] = dict(zip(("value", "low", "high"), (round(x, 4) for x in bounds), strict=True))
    return found, rule
