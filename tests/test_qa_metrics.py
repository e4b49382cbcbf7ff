"""Each measure against values worked out by hand, and the promises of the resampling."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import metrics
from qa.evalrows import DOCUMENT_METRICS, PASSAGE_METRICS

NAN = math.nan
scores = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=12)


def column(*values: float) -> metrics.Column:
    return np.asarray(values, dtype=np.float64)


def plain(values: metrics.Column) -> float:
    (value,) = values
    return float(value)


# -- rankings ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ranked() -> dict[str, dict[str, float]]:
    """Relevant a (grade 2), b, c; found x, a, y, b; and z, of which nothing is found in the first ten."""
    pytest.importorskip("ir_measures", reason="ir-measures (the extra 'eval') is not installed")
    found = {"q": ["x", "a", "y", "b"], "late": [f"n{rank}" for rank in range(10)] + ["z"], "other": ["a"]}
    relevant = {"q": {"a": 2, "b": 1, "c": 1, "x": 0}, "late": {"z": 1}, "none": {"w": 1}}
    return metrics.ranking_values(DOCUMENT_METRICS | PASSAGE_METRICS, relevant, found)


def test_ndcg_has_a_linear_gain_and_a_logarithmic_discount(ranked: dict[str, dict[str, float]]) -> None:
    ideal = 2 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert ranked["ndcg@10"]["q"] == pytest.approx((2 / math.log2(3) + 1 / math.log2(5)) / ideal)
    assert ranked["passage_ndcg@10"]["q"] == ranked["ndcg@10"]["q"]
    assert ranked["ndcg@10"]["late"] == 0


def test_recall_is_the_share_of_relevant_documents_found_that_early(
    ranked: dict[str, dict[str, float]],
) -> None:
    assert ranked["passage_recall@1"]["q"] == 0
    assert ranked["recall@5"]["q"] == pytest.approx(2 / 3)
    assert (ranked["recall@5"]["late"], ranked["recall@20"]["late"], ranked["recall@100"]["late"]) == (
        0,
        1,
        1,
    )
    assert ranked["passage_recall@20"]["late"] == 1


def test_mrr_is_the_inverse_rank_of_the_first_relevant_one_among_ten(
    ranked: dict[str, dict[str, float]],
) -> None:
    assert ranked["mrr@10"] == {"q": 0.5, "late": 0, "none": 0}


def test_a_question_missing_from_the_run_counts_as_nothing_found(ranked: dict[str, dict[str, float]]) -> None:
    assert {name: values["none"] for name, values in ranked.items()} == dict.fromkeys(ranked, 0)
    assert all("other" not in values for values in ranked.values())


# -- single answers ----------------------------------------------------------------------------------


def test_two_ranges_overlap_when_they_share_half_of_the_shorter() -> None:
    assert metrics.overlaps(0, 10, 5, 100)
    assert not metrics.overlaps(0, 10, 6, 100)
    assert metrics.overlaps(0, 100, 50, 54)
    assert not metrics.overlaps(0, 10, 10, 20)


def test_two_ranges_touch_when_they_share_one_character() -> None:
    assert metrics.touches(0, 10, 9, 20)
    assert not metrics.touches(0, 10, 10, 20)


def test_answers_are_compared_without_case_punctuation_and_articles() -> None:
    assert metrics.normalised("The  MSC's, an (adult) cell.") == "mscs adult cell"
    assert metrics.span_em("The PD-L1 status.", ["pd-l1 Status", "other"]) == 1
    assert metrics.span_em("PD-L1", ["PD-L1 status"]) == 0


def test_span_f1_counts_shared_words_and_takes_the_nearest_answer() -> None:
    # "stem cells heal": two of three words found, two of four of the answer: 2 * 2 / (3 + 4).
    assert metrics.span_f1("stem cells heal", ["nothing", "adult stem cells divide"]) == pytest.approx(4 / 7)
    assert metrics.span_f1("cell cell", ["cell"]) == pytest.approx(2 / 3)
    assert metrics.span_f1("", ["cell"]) == 0
    assert metrics.span_f1("the", ["a"]) == 1
    assert metrics.span_f1("cell", []) == 0


# -- statistics --------------------------------------------------------------------------------------


def test_a_mean_leaves_out_what_does_not_count_and_weighs_what_was_drawn() -> None:
    values = column(1, NAN, 0, 1)
    assert plain(metrics.mean(values, metrics.once(4))) == pytest.approx(2 / 3)
    assert plain(metrics.mean(values, np.array([[2.0, 5, 2, 0]]))) == 0.5
    assert np.isnan(plain(metrics.mean(values, np.array([[0.0, 4, 0, 0]]))))


def test_a_quantile_is_a_value_that_was_measured() -> None:
    values = column(40, 10, NAN, 30, 20)
    assert plain(metrics.quantile(values, metrics.once(5), 0.5)) == 20
    assert plain(metrics.quantile(values, metrics.once(5), 0.95)) == 40
    assert plain(metrics.quantile(values, np.array([[3.0, 1, 9, 0, 1]]), 0.5)) == 40


def test_auroc_is_the_share_of_pairs_in_order_ties_half() -> None:
    # Positives .9 .5, negatives .5 .1: in order 3 of 4 pairs, one tie: 3.5 / 4.
    score, positive = column(0.9, 0.5, 0.5, 0.1, 0.7), column(1, 1, 0, 0, NAN)
    assert plain(metrics.auroc(score, positive, metrics.once(5))) == pytest.approx(3.5 / 4)
    # Twice the tied negative: pairs (.9 > .5, .5 = .5) twice and both over .1: (2 + 1 + 2) / 6.
    assert plain(metrics.auroc(score, positive, np.array([[1.0, 1, 2, 1, 7]]))) == pytest.approx(5 / 6)
    assert np.isnan(plain(metrics.auroc(score, column(1, 1, 1, 1, 1), metrics.once(5))))


def test_coverage_is_what_the_lowest_bar_of_that_precision_lets_through() -> None:
    # By falling score: right, right, wrong, right, unanswerable, right. At the precision 0.75 the bar may
    # stand below the fourth (3 of 4): 4 of the 5 answerable questions are answered, 3 of them rightly.
    score, right = column(0.9, 0.8, 0.7, 0.6, 0.5, 0.4), column(1, 1, 0, 1, 0, 1)
    answerable = column(1, 1, 1, 1, 0, 1)

    def coverage(precision: float) -> float:
        return plain(
            metrics.coverage_at_precision(score, right, answerable, metrics.once(6), precision=precision)
        )

    assert coverage(0.75) == pytest.approx(4 / 5)
    assert coverage(0.9) == pytest.approx(2 / 5)
    assert coverage(0.5) == 1
    worse = metrics.coverage_at_precision(score, column(0, 1, 1, 1, 0, 1), answerable, metrics.once(6))
    assert plain(worse) == 0


def test_equal_scores_are_let_through_together() -> None:
    one = metrics.coverage_at_precision(column(0.5, 0.5), column(1, 0), column(1, 1), metrics.once(2))
    assert plain(one) == 0


def test_calibration_error_is_the_mean_gap_between_said_and_true() -> None:
    # Two bins of two: said .1 and .3, true 0: gap .2; said .8 and 1, true .5: gap .4.
    said, true = column(0.1, 1.0, 0.3, 0.8, NAN), column(0, 1, 0, 0, 1)
    assert plain(metrics.calibration_error(said, true, metrics.once(5), bins=2)) == pytest.approx(0.3)
    assert np.isnan(plain(metrics.calibration_error(column(NAN), column(1), metrics.once(1))))


@given(scores, st.data())
def test_a_weight_of_two_is_the_same_as_the_question_twice(values: list[float], data: st.DataObject) -> None:
    """Drawing a question twice must mean just that, in every statistic."""
    count = len(values)
    flags = st.lists(st.sampled_from([0.0, 1.0]), min_size=count, max_size=count)
    right, answerable = (column(*data.draw(flags)) for _ in range(2))
    times = data.draw(st.lists(st.integers(0, 3), min_size=count, max_size=count).filter(any))
    score = column(*values)
    for statistic in (
        lambda s, r, a, w: metrics.mean(s, w),
        lambda s, r, a, w: metrics.quantile(s, w, 0.5),
        lambda s, r, a, w: metrics.auroc(s, a, w),
        lambda s, r, a, w: metrics.coverage_at_precision(s, r, a, w),
    ):
        drawn = statistic(score, right, answerable, column(*times)[None, :])
        repeated = (np.repeat(one, times) for one in (score, right, answerable))
        assert plain(drawn) == pytest.approx(
            plain(statistic(*repeated, metrics.once(sum(times)))), nan_ok=True
        )


@given(scores, st.data())
def test_auroc_is_that_of_all_pairs_compared_one_by_one(values: list[float], data: st.DataObject) -> None:
    flags = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    ups = [value for value, up in zip(values, flags, strict=True) if up]
    downs = [value for value, up in zip(values, flags, strict=True) if not up]
    pairs = [(up > down) + (up == down) / 2 for up in ups for down in downs]
    expected = sum(pairs) / len(pairs) if pairs else NAN
    found = metrics.auroc(column(*values), column(*map(float, flags)), metrics.once(len(values)))
    assert plain(found) == pytest.approx(expected, nan_ok=True)


# -- intervals ---------------------------------------------------------------------------------------


def mean_of(columns: dict[str, metrics.Column], weights: metrics.Weights) -> metrics.Column:
    return metrics.mean(columns["value"], weights)


def test_every_resample_draws_as_many_questions_as_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_BLOCK", 70)  # several blocks
    blocks = list(metrics.resamples(10, seed=3))
    assert [len(block) for block in blocks] == [7] * 142 + [6]
    assert all((block.sum(axis=1) == 10).all() for block in blocks)


def test_an_interval_of_a_share_is_as_wide_as_the_binomial_one() -> None:
    value, low, high = metrics.interval(mean_of, {"value": column(*[1, 0] * 50)}) or (0, 0, 0)
    assert value == 0.5
    assert (low, high) == (pytest.approx(0.402, abs=0.02), pytest.approx(0.598, abs=0.02))
    assert metrics.interval(mean_of, {"value": column(*[1, 0] * 50)}) == (value, low, high)


def test_nothing_to_measure_has_no_interval() -> None:
    assert metrics.interval(mean_of, {"value": column()}) is None
    assert metrics.interval(mean_of, {"value": column(NAN)}) is None


def test_pairing_sees_a_small_steady_gain_that_two_intervals_would_hide() -> None:
    """Each question gains 0.1: the difference is certain although each mean is not."""
    old = column(*np.linspace(0, 0.9, 30))
    found = metrics.difference(mean_of, {"value": old + 0.1}, {"value": old})
    assert found == pytest.approx((0.1, 0.1, 0.1))


def test_different_questions_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="2 questions cannot be paired with 1"):
        metrics.difference(mean_of, {"value": column(1, 2)}, {"value": column(1)})
