"""Which rows are computed together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from index.batching import BATCH_TOKENS, batches


@given(st.lists(st.integers(0, 300), max_size=80), st.integers(1, 1000))
def test_batches_hold_each_text_once_within_the_budget(lengths: list[int], budget: int) -> None:
    found = batches(lengths, budget=budget)
    assert sorted(index for batch in found for index in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(lengths[index] for index in batch) <= max(
            budget, len(batch)
        )
    longest = [max(lengths[index] for index in batch) for batch in found]
    assert longest == sorted(longest, reverse=True)


def test_batches_worked_out_by_hand() -> None:
    """A row of 30 beside those of 100 pads 70 tokens, more than a batch costs; one of 40 pads 60."""
    assert batches([30, 100, 100, 100]) == [[1, 2, 3], [0]]
    assert batches([40, 100, 100, 100]) == [[1, 2, 3, 0]]
    assert batches([3, 10, 5, 4], budget=10) == [[1], [2], [3], [0]]
    assert batches([5] * 7, budget=15) == [[0, 1], [2, 3], [4, 5, 6]]


def cost(parts: Sequence[Sequence[int]]) -> int:
    return sum(len(part) * max(part) + BATCH_TOKENS for part in parts)


def partitions(lengths: Sequence[int]) -> Iterator[list[Sequence[int]]]:
    if not lengths:
        yield []
    for first in range(1, len(lengths) + 1):
        for rest in partitions(lengths[first:]):
            yield [lengths[:first], *rest]


@given(st.lists(st.integers(1, 300), min_size=1, max_size=9))
def test_no_other_way_to_part_the_lengths_costs_less(lengths: list[int]) -> None:
    found = [[lengths[index] for index in batch] for batch in batches(lengths)]
    assert cost(found) == min(map(cost, partitions(sorted(lengths, reverse=True))))
