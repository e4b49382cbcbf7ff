"""Fit what scores mean: the logistic curve, the bar, and how true the curve is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from index.errors import UsageError

Column = NDArray[np.float64]


def fit_logistic(
    features: NDArray[np.float64], right: Column, weights: Column | None = None, *, ridge: float = 1e-4
) -> tuple[Column, float]:
    """Coefficients (d,) and intercept of ``P(right) = 1 / (1 + exp(-(x @ coefficients + intercept)))``.

    ``features`` (n, d), ``right`` (n,) 0 or 1, ``weights`` (n,) how much each row counts. The greatest
    likelihood, with ``ridge`` times the squared coefficients (of standardised features) taken off, by
    Newton's method with halved steps. Raises UsageError where all rows are right, or none.
    """
    counts = np.ones(len(right)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not len(right) or right.min() == right.max():
        raise UsageError(
            "a curve needs answers that are right and answers that are wrong; label some of both"
        )
    counts = counts / counts.sum()
    centre = counts @ features
    spread = np.sqrt(counts @ (features - centre) ** 2)
    spread = np.where(spread > 0, spread, 1.0)
    design = np.column_stack([(features - centre) / spread, np.ones(len(right))])
    penalty = ridge * np.append(np.ones(features.shape[1]), 0.0)

    def loss(beta: Column) -> float:
        odds = design @ beta
        return float(counts @ (np.logaddexp(0.0, odds) - right * odds) + penalty @ beta**2)

    beta = np.zeros(design.shape[1])
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(design @ beta, -500, 500)))
        slope = design.T @ (counts * (p - right)) + 2 * penalty * beta
        curvature = design.T @ (design * (counts * p * (1 - p))[:, None]) + np.diag(2 * penalty + 1e-12)
        step = np.linalg.solve(curvature, slope)
        size, before = 1.0, loss(beta)
        while size > 1e-8 and loss(beta - size * step) > before:
            size /= 2
        beta = beta - size * step
        if np.abs(size * step).max() < 1e-10:
            break
    coefficients = beta[:-1] / spread
    return coefficients, float(beta[-1] - coefficients @ centre)


def choose_bar(scores: Column, answerable: Column, weights: Column | None = None) -> float:
    """The bar on the best score that tells answerable questions from the others best.

    Best is the greatest share of the answerable at or above it minus the share of the others (Youden's J,
    1950): "not found" says that the library has no answer, so both kinds of mistake count alike, however
    many there are of each. Of all bars within one standard error of the best the lowest is taken (the rule of
    Breiman et al. 1984): a quote too many shows its low confidence, an answer withheld shows nothing. A bar
    lies half-way between two scores. Raises UsageError unless there are questions of both kinds.
    """
    counts = np.ones(len(scores)) if weights is None else np.asarray(weights, dtype=np.float64)
    inside, outside = counts * (answerable > 0), counts * (answerable <= 0)
    if not inside.sum() or not outside.sum():
        raise UsageError(
            "a bar needs questions with and without an answer in the library; label some of both"
        )
    order = np.argsort(scores, kind="stable")
    ranked = scores[order]
    below_in = np.concatenate([[0.0], np.cumsum(inside[order])]) / inside.sum()
    below_out = np.concatenate([[0.0], np.cumsum(outside[order])]) / outside.sum()
    cuts = np.flatnonzero(np.concatenate([[True], np.diff(ranked) > 0, [True]]))
    gain = (below_out - below_in)[cuts]
    highest = int(np.argmax(gain))
    least = gain[highest] - _standard_error(
        below_in[cuts[highest]], below_out[cuts[highest]], inside, outside
    )
    best = int(cuts[np.flatnonzero(gain >= least - 1e-12)[0]])
    if best == 0:
        return float(ranked[0])
    return float((ranked[best - 1] + ranked[min(best, len(ranked) - 1)]) / 2)


def _standard_error(below_in: float, below_out: float, inside: Column, outside: Column) -> float:
    """Of the difference of two shares, with as many questions as the weights are worth (Kish 1965)."""
    return float(
        np.sqrt(
            sum(
                max(share * (1 - share), 0.0) * (counts**2).sum() / counts.sum() ** 2
                for share, counts in ((below_in, inside), (below_out, outside))
            )
        )
    )


def reliability(
    said: Column, right: Column, weights: Column | None = None, *, bins: int = 10
) -> tuple[tuple[float, float, int], ...]:
    """Rows of (mean confidence said, share right, number of answers), over bins of equal weight."""
    counts = np.ones(len(said)) if weights is None else np.asarray(weights, dtype=np.float64)
    order = np.argsort(said, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    place = np.minimum((before * bins / counts.sum()).astype(int), bins - 1)
    rows = []
    for number in range(bins):
        mine = order[place == number]
        if len(mine):
            share = counts[mine] / counts[mine].sum()
            rows.append(
                (round(float(share @ said[mine]), 4), round(float(share @ right[mine]), 4), len(mine))
            )
    return tuple(rows)


def fit_ranking(
    questions: list[tuple[NDArray[np.float64], NDArray[np.bool_]]],
    weights: Column | None = None,
    *,
    ridge: float = 1e-3,
) -> Column:
    """Weights (d,) of the parts of a score that put right sentences first.

    Each question is its sentences' parts (n, d) and which are right (n,); ``weights`` how much a question
    counts. The greatest likelihood of drawing a right sentence from the softmax of the scores (listwise,
    Cao et al. 2007), by Newton's method with steps halved; the curvature of the right ones is left out.
    Raises UsageError where no question has right and wrong sentences.
    """
    counts = np.ones(len(questions)) if weights is None else np.asarray(weights, dtype=np.float64)
    lists = [
        (parts, right, count)
        for (parts, right), count in zip(questions, counts, strict=True)
        if right.any() and not right.all()
    ]
    if not lists:
        raise UsageError("weights need questions with right and wrong sentences; label where answers stand")
    spread = np.concatenate([parts for parts, _, _ in lists]).std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    total = sum(count for _, _, count in lists)
    scaled = [(parts / spread, right, count / total) for parts, right, count in lists]

    def loss(beta: Column) -> float:
        found = ridge * float(beta @ beta)
        for parts, right, count in scaled:
            scores = parts @ beta
            found += count * float(np.logaddexp.reduce(scores) - np.logaddexp.reduce(scores[right]))
        return found

    beta = np.zeros(len(spread))
    for _ in range(100):
        slope, curvature = 2 * ridge * beta, (2 * ridge + 1e-9) * np.eye(len(beta))
        for parts, right, count in scaled:
            scores = parts @ beta
            drawn = np.exp(scores - np.logaddexp.reduce(scores))
            good = np.where(right, np.exp(np.minimum(scores - np.logaddexp.reduce(scores[right]), 0.0)), 0.0)
            mean = drawn @ parts
            slope = slope + count * (mean - good @ parts)
            curvature = curvature + count * ((parts.T * drawn) @ parts - np.outer(mean, mean))
        step = np.linalg.solve(curvature, slope)
        size, before = 1.0, loss(beta)
        while size > 1e-8 and loss(beta - size * step) > before:
            size /= 2
        beta = beta - size * step
        if np.abs(size * step).max() < 1e-8:
            break
    found: Column = beta / spread
    return found
