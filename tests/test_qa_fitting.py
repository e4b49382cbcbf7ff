"""Fits against closed forms and slow oracles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import UsageError
from qa.fitting import choose_bar, fit_logistic, fit_ranking, reliability


def loss(beta: np.ndarray, design: np.ndarray, right: np.ndarray) -> float:
    odds = design @ beta
    return float(np.mean(np.logaddexp(0, odds) - right * odds))


def test_a_curve_through_two_groups_is_the_log_odds_of_each() -> None:
    """One feature of two values: the fit is exact, 1 of 4 right at 0 and 3 of 4 at 1."""
    x = np.array([0, 0, 0, 0, 1, 1, 1, 1.0])[:, None]
    right = np.array([1, 0, 0, 0, 1, 1, 1, 0.0])
    (slope,), intercept = fit_logistic(x, right, ridge=0.0)
    assert intercept == pytest.approx(np.log(1 / 3), abs=1e-6)
    assert slope == pytest.approx(2 * np.log(3), abs=1e-6)


def test_weights_count_rows_as_copies_do() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 2))
    right = (x[:, 0] + random.normal(size=60) > 0).astype(float)
    counts = random.integers(1, 4, 60)
    one = fit_logistic(x, right, counts.astype(float))
    other = fit_logistic(np.repeat(x, counts, axis=0), np.repeat(right, counts))
    assert one[0] == pytest.approx(other[0], abs=1e-6) and one[1] == pytest.approx(other[1], abs=1e-6)


def test_the_fit_is_where_slow_descent_ends() -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=(80, 2)) * [1, 30]
    right = (x @ [1.0, -0.05] + random.logistic(size=80) > 0.3).astype(float)
    coefficients, intercept = fit_logistic(x, right, ridge=0.0)
    found = np.append(coefficients, intercept)
    design = np.column_stack([x, np.ones(80)])
    best = loss(found, design, right)
    for _ in range(2000):
        assert loss(found + random.normal(size=3) * [0.05, 0.002, 0.05], design, right) >= best - 1e-12


def test_what_separates_perfectly_and_what_never_changes_stay_finite() -> None:
    x = np.column_stack([np.arange(10.0), np.full(10, 3.0)])
    coefficients, intercept = fit_logistic(x, (np.arange(10) > 4).astype(float))
    assert np.isfinite(coefficients).all() and np.isfinite(intercept)
    assert coefficients[0] > 0 and coefficients[1] == 0


@pytest.mark.parametrize("right", [[1.0, 1.0], [0.0, 0.0], []])
def test_one_kind_alone_makes_no_curve(right: list[float]) -> None:
    with pytest.raises(UsageError, match="right and answers that are wrong"):
        fit_logistic(np.zeros((len(right), 1)), np.asarray(right))


def gain_of(bar: float, scores: np.ndarray, inside: np.ndarray) -> tuple[float, float]:
    """Youden's J of a bar, and its standard error."""
    shares = [np.mean(scores[inside == kind] >= bar) for kind in (1, 0)]
    counts = [np.sum(inside == kind) for kind in (1, 0)]
    error = np.sqrt(sum(p * (1 - p) / n for p, n in zip(shares, counts, strict=True)))
    return float(shares[0] - shares[1]), float(error)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=30))
def test_the_bar_is_the_lowest_within_an_error_of_the_best(rows: list[tuple[int, bool]]) -> None:
    scores, inside = np.array([float(s) for s, _ in rows]), np.array([float(i) for _, i in rows])
    if inside.min() == inside.max():
        with pytest.raises(UsageError, match="with and without an answer"):
            choose_bar(scores, inside)
        return
    tried = [gain_of(bar, scores, inside) for bar in (*sorted(set(scores)), np.inf)]
    best = max(gain for gain, _ in tried)
    errors = [error for gain, error in tried if gain > best - 1e-9]
    bar = choose_bar(scores, inside)
    assert gain_of(bar, scores, inside)[0] >= best - max(errors) - 1e-9
    for lower in (score for score in set(scores) if score < bar):
        assert gain_of(lower, scores, inside)[0] < best - min(errors) + 1e-9


def test_a_clear_gap_has_its_bar_in_the_middle() -> None:
    scores, inside = np.array([0.0, 1.0, 4.0, 5.0]), np.array([0.0, 0.0, 1.0, 1.0])
    assert choose_bar(scores, inside) == 2.5


def test_among_bars_as_good_as_the_best_the_lowest_is_taken() -> None:
    """J is .5 for a bar of 2 (.5 - 0) and of 1 (.75 - .25): both within an error of each other."""
    scores = np.array([0.0, 0.0, 0.0, 1.5, 0.0, 1.5, 2.5, 2.5])
    inside = np.array([0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0])
    assert choose_bar(scores, inside) == 0.75


def test_reliability_by_hand() -> None:
    said, right = np.array([0.125, 0.25, 0.75, 1.0]), np.array([0.0, 1.0, 1.0, 1.0])
    assert reliability(said, right, bins=2) == ((0.1875, 0.5, 2), (0.875, 1.0, 2))
    weighed = reliability(said, right, np.array([1.0, 3.0, 2.0, 2.0]), bins=2)
    assert weighed == ((0.2188, 0.75, 2), (0.875, 1.0, 2))


def test_ranking_weights_find_the_part_that_tells() -> None:
    random = np.random.default_rng(2)
    questions = []
    for _ in range(60):
        parts = random.normal(size=(8, 3))
        right = np.zeros(8, bool)
        right[np.argmax(parts @ [2.0, 0.0, 1.0] + 0.1 * random.normal(size=8))] = True
        questions.append((parts, right))
    weights = fit_ranking(questions)
    assert weights[0] / weights[2] == pytest.approx(2.0, rel=0.15) and abs(weights[1]) < 0.2 * weights[2]

    def value(beta: np.ndarray) -> float:
        total = 0.0
        for parts, right in questions:
            drawn = np.exp(parts @ beta - (parts @ beta).max())
            total -= np.log(drawn[right].sum() / drawn.sum())
        spread = np.concatenate([parts for parts, _ in questions]).std(axis=0)
        return float(total / len(questions) + 1e-3 * ((beta * spread) ** 2).sum())

    best = value(weights)
    assert all(value(weights + random.normal(size=3) * 0.1) >= best - 1e-9 for _ in range(500))


def test_ranking_needs_right_and_wrong_sentences() -> None:
    with pytest.raises(UsageError, match="right and wrong sentences"):
        fit_ranking([(np.zeros((2, 1)), np.array([True, True]))])
