"""Which rows of tokens are computed together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

#: Tokens in one batch, padding included. Twice as many are no faster, and others would wait longer.
TOKEN_BUDGET = 4096
#: Texts that are tokenized and sorted by length at once; bounds the memory of a long list.
SORTED_TEXTS = 4096
#: What a batch costs however small it is, in tokens: the weights are read once for each.
BATCH_TOKENS = 64


def batches(lengths: Sequence[int], *, budget: int = TOKEN_BUDGET) -> list[list[int]]:
    """Every index of ``lengths`` once, longest first, in batches of at most ``budget`` padded tokens.

    A batch of n rows costs n times its longest and BATCH_TOKENS; lengths are put together so that the sum is
    least, where the budget does not part them. A text longer than the budget is a batch of its own.
    """
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    found = []
    for start, end in _runs([max(1, lengths[index]) for index in order]):
        rows = max(1, budget // max(1, lengths[order[start]]))
        parts = -(-(end - start) // rows)
        borders = [start + (end - start) * part // parts for part in range(parts + 1)]
        found += [order[low:high] for low, high in pairwise(borders)]
    return found


def _runs(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Start and end of the runs of falling ``lengths`` that cost least together."""
    if not lengths:
        return []
    values = np.asarray(lengths, np.int64)
    starts = np.flatnonzero(np.diff(values, prepend=-1))  # of each length, where its rows begin
    ends = np.append(starts[1:], len(values))
    longest = values[starts]
    least = np.zeros(len(starts) + 1, np.int64)  # the cost of the rows of the first k lengths
    chosen = np.zeros(len(starts), np.int64)
    for last in range(len(starts)):
        costs = least[: last + 1] + (ends[last] - starts[: last + 1]) * longest[: last + 1]
        chosen[last] = int(np.argmin(costs))
        least[last + 1] = costs[chosen[last]] + BATCH_TOKENS
    runs, last = [], len(starts) - 1
    while last >= 0:
        first = int(chosen[last])
        runs.append((int(starts[first]), int(ends[last])))
        last = first - 1
    return runs[::-1]


def padded(
    ids: Sequence[Sequence[int]], pad_id: int, types: Sequence[Sequence[int]] | None = None
) -> dict[str, NDArray[np.int64]]:
    """Rows of token numbers as the arrays (rows, longest) that a BERT takes, by name."""
    width = max(1, *map(len, ids))
    numbers = np.full((len(ids), width), pad_id, np.int64)
    mask, kinds = np.zeros_like(numbers), np.zeros_like(numbers)
    for row, one in enumerate(ids):
        numbers[row, : len(one)] = one
        mask[row, : len(one)] = 1
        if types is not None:
            kinds[row, : len(types[row])] = types[row]
    return {"input_ids": numbers, "attention_mask": mask, "token_type_ids": kinds}
