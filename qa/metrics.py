"""Measures of an evaluation: rankings through ir-measures, the others here, each with its intervals.

Every statistic takes columns of one value a question (nan where the question does not count) and
``weights`` (S, n): how often each of n questions was drawn in each of S resamples. It returns one value
a resample, shape (S,), nan where nothing was drawn that counts. One row of ones gives the plain value, so
that value, interval and paired difference come from one definition.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from index.errors import UsageError

Column = NDArray[np.float64]
Weights = NDArray[np.float64]
Statistic = Callable[[Mapping[str, Column], Weights], Column]

RESAMPLES = 1000
#: Cells of a block of resampled weights: 32 MB.
_BLOCK = 4_000_000


# -- rankings ----------------------------------------------------------------------------------------


def ranking_values(
    metrics: Mapping[str, str], relevant: Mapping[str, Mapping[str, int]], found: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, float]]:
    """Each metric's value for each question of ``relevant``: ``{metric: {question: value}}``.

    ``metrics`` maps our name to that of ir-measures (``"ndcg@10": "nDCG@10"``; trec_eval's definitions:
    linear gain, logarithmic discount); ``found`` holds ids, best first; a question missing there gets 0.
    Raises UsageError when ir-measures is not installed.
    """
    try:
        import ir_measures
    except ImportError as error:
        raise UsageError("evaluation needs ir-measures; install it with: pip install ir-measures") from error
    measures = {ours: ir_measures.parse_measure(theirs) for ours, theirs in metrics.items()}
    qrels = {question: dict(grades) for question, grades in relevant.items()}
    # Scores fall with the rank, for trec_eval sorts by score and breaks ties its own way.
    run = {
        question: {name: float(len(ids) - rank) for rank, name in enumerate(ids)}
        for question, ids in found.items()
        if question in qrels
    }
    values: dict[str, dict[str, float]] = {name: {} for name in metrics}
    if qrels:
        for one in ir_measures.iter_calc(list(dict.fromkeys(measures.values())), qrels, run):
            for name, measure in measures.items():
                if measure == one.measure:
                    values[name][one.query_id] = float(one.value)
    return values


# -- single answers ----------------------------------------------------------------------------------


def overlaps(start: int, end: int, other_start: int, other_end: int) -> bool:
    """Whether two ranges share at least half of the shorter."""
    shared = min(end, other_end) - max(start, other_start)
    return shared > 0 and 2 * shared >= min(end - start, other_end - other_start)


def touches(start: int, end: int, other_start: int, other_end: int) -> bool:
    """Whether two ranges share a character."""
    return start < other_end and other_start < end


def normalised(text: str) -> str:
    """``text`` as SQuAD compares it (Rajpurkar et al. 2016): no case, ASCII punctuation, articles."""
    bare = "".join(character for character in text.lower() if character not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def span_em(found: str, gold: Sequence[str]) -> float:
    """1 where ``found`` equals one of ``gold`` once normalised, else 0."""
    return float(any(normalised(found) == normalised(answer) for answer in gold))


def span_f1(found: str, gold: Sequence[str]) -> float:
    """Harmonic mean of precision and recall of words, normalised, against the nearest of ``gold``."""
    return max((_word_f1(normalised(found).split(), normalised(one).split()) for one in gold), default=0.0)


def _word_f1(found: list[str], gold: list[str]) -> float:
    if not found or not gold:
        return float(found == gold)
    return 2 * sum((Counter(found) & Counter(gold)).values()) / (len(found) + len(gold))


# -- statistics over questions -----------------------------------------------------------------------


def once(count: int) -> Weights:
    """Every question drawn once: the weights (1, count) that give the plain value."""
    return np.ones((1, count))


def mean(values: Column, weights: Weights) -> Column:
    """The mean of what counts."""
    counts = ~np.isnan(values)
    return _ratio(weights[:, counts] @ values[counts], weights[:, counts].sum(axis=1))


def quantile(values: Column, weights: Weights, q: float) -> Column:
    """The least value that at least the share ``q`` of the values does not exceed."""
    counts = np.flatnonzero(~np.isnan(values))
    if not len(counts):
        return np.full(len(weights), np.nan)
    order = counts[np.argsort(values[counts], kind="stable")]
    upto = np.cumsum(weights[:, order], axis=1)
    found: Column = values[order][(upto >= q * upto[:, -1:]).argmax(axis=1)]
    return np.where(upto[:, -1] > 0, found, np.nan)


def auroc(scores: Column, positive: Column, weights: Weights) -> Column:
    """The chance that a positive (1) scores above a negative (0), ties half (Hanley and McNeil 1982)."""
    order, firsts = _groups(scores, positive)
    if not len(order):
        return np.full(len(weights), np.nan)
    drawn = weights[:, order]
    ups = np.add.reduceat(drawn * positive[order], firsts, axis=1)
    downs = np.add.reduceat(drawn * (1 - positive[order]), firsts, axis=1)
    below = np.cumsum(downs, axis=1) - downs
    return _ratio((ups * (below + downs / 2)).sum(axis=1), ups.sum(axis=1) * downs.sum(axis=1))


def coverage_at_precision(
    scores: Column, right: Column, answerable: Column, weights: Weights, *, precision: float = 0.9
) -> Column:
    """The largest share of the answerable questions that one bar on the score lets through so that

    ``precision`` of all answers given, those to unanswerable questions counted as wrong, are right
    (selective answering, Kamath et al. 2020, arXiv:2006.09462). 0 where no bar does.
    """
    order, firsts = _groups(-scores, right, answerable)
    if not len(order):
        return np.full(len(weights), np.nan)
    drawn = weights[:, order]
    given, good, asked = (
        np.cumsum(np.add.reduceat(part, firsts, axis=1), axis=1)
        for part in (drawn, drawn * right[order], drawn * answerable[order])
    )
    allowed = (good >= precision * given - 1e-9) & (given > 0)
    return _ratio(np.where(allowed, asked, 0.0).max(axis=1), asked[:, -1])


def calibration_error(p: Column, right: Column, weights: Weights, *, bins: int = 10) -> Column:
    """Expected calibration error (Guo et al. 2017, arXiv:1706.04599) over equally filled bins."""
    counts = np.flatnonzero(~(np.isnan(p) | np.isnan(right)))
    order = counts[np.argsort(p[counts], kind="stable")]
    drawn = weights[:, order]
    total = drawn.sum(axis=1)
    before = np.cumsum(drawn, axis=1) - drawn
    place = np.minimum(before * bins // np.maximum(total, 1)[:, None], bins - 1).astype(np.int64)
    place += bins * np.arange(len(drawn))[:, None]
    gaps = (drawn * (p - right)[order]).ravel()
    sums = np.bincount(place.ravel(), weights=gaps, minlength=bins * len(drawn)).reshape(len(drawn), bins)
    return _ratio(np.abs(sums).sum(axis=1), total)


def _groups(scores: Column, *others: Column) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The questions that count by rising score, and where each group of equal scores begins."""
    counts = np.flatnonzero(~np.isnan(np.stack([scores, *others])).any(axis=0))
    order = counts[np.argsort(scores[counts], kind="stable")]
    ranked = scores[order]
    return order, np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]][: len(order)])


def _ratio(above: Column, below: Column) -> Column:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(below > 0, above / below, np.nan), dtype=np.float64)


# -- intervals ---------------------------------------------------------------------------------------


def resamples(count: int, *, seed: int = 0, samples: int = RESAMPLES) -> Iterator[Weights]:
    """Weights of ``samples`` draws with replacement from ``count`` questions, in blocks (s, count).

    The same seed draws the same questions: two systems are compared on equal terms.
    """
    random = np.random.default_rng(seed)
    step = max(1, _BLOCK // max(count, 1))
    for first in range(0, samples, step):
        rows = min(step, samples - first)
        drawn = random.integers(0, count, (rows, count)) + count * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count).astype(np.float64)


def interval(
    statistic: Statistic, columns: Mapping[str, Column], *, seed: int = 0
) -> tuple[float, float, float] | None:
    """The value and its 95 % bootstrap interval (percentile method, Efron 1979); None where it is nan."""
    return _interval(lambda weights: statistic(columns, weights), _length(columns), seed)


def difference(
    statistic: Statistic, new: Mapping[str, Column], old: Mapping[str, Column], *, seed: int = 0
) -> tuple[float, float, float] | None:
    """New minus old with its 95 % interval by a paired bootstrap; row i of both is the same question."""
    if _length(new) != _length(old):
        raise ValueError(f"{_length(new)} questions cannot be paired with {_length(old)}")
    return _interval(lambda weights: statistic(new, weights) - statistic(old, weights), _length(new), seed)


def _length(columns: Mapping[str, Column]) -> int:
    return len(next(iter(columns.values())))


def _interval(
    value_of: Callable[[Weights], Column], count: int, seed: int
) -> tuple[float, float, float] | None:
    if not count or np.isnan(value := float(value_of(once(count))[0])):
        return None
    drawn = np.concatenate([value_of(weights) for weights in resamples(count, seed=seed)])
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return value, float(low), float(high)
