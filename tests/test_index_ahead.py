"""Encoding beside reading gives what encoding in line gives, in its order, errors included."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.ahead import Ahead, Vectors
from index.encoders import HashingEncoder
from index.errors import EncoderError

WORDS = ["cells", "mice", "rats", "moon", "myelin", "stem", "cure"]


@given(st.lists(st.lists(st.tuples(st.sampled_from(WORDS), st.booleans()), max_size=6), max_size=8))
def test_rows_come_back_in_order_and_known_ones_untouched(batches: list[list[tuple[str, bool]]]) -> None:
    encoder, found = HashingEncoder(8), []
    ahead = Ahead(encoder)
    for batch in batches:
        vectors = np.full((len(batch), 8), 7.0, np.float32)
        missing = [n for n, (_, known) in enumerate(batch) if not known]
        ahead.put(vectors, missing, [batch[n][0] for n in missing])
        found += ahead.take(every=False)
    found += ahead.take(every=True)
    ahead.close()
    assert len(found) == len(batches)
    for batch, vectors in zip(batches, found, strict=True):
        for (word, known), vector in zip(batch, vectors, strict=True):
            expected = np.full(8, 7.0, np.float32) if known else encoder.encode([word])[0]
            assert np.array_equal(vector, expected)


class Slow(HashingEncoder):
    """Computes when it may, and remembers in which threads and orders."""

    def __init__(self) -> None:
        super().__init__(8)
        self.may, self.threads, self.asked = threading.Event(), set[int](), list[str]()

    def encode(self, texts: Sequence[str]) -> Vectors:
        assert self.may.wait(30)
        self.threads.add(threading.get_ident())
        self.asked += texts
        return super().encode(texts)


def test_the_next_batch_is_read_while_one_is_encoded_but_not_without_end() -> None:
    encoder = Slow()
    ahead = Ahead(encoder)
    for word in WORDS[:2]:
        ahead.put(np.empty((1, 8), np.float32), [0], [word])
        assert ahead.take(every=False) == []  # and does not wait
    threading.Timer(0.05, encoder.may.set).start()
    ahead.put(np.empty((1, 8), np.float32), [0], [WORDS[2]])
    first = ahead.take(every=False)  # three are too many: waits for the first
    assert len(first) >= 1 and np.array_equal(first[0], HashingEncoder(8).encode([WORDS[0]]))
    assert len(first) + len(ahead.take(every=True)) == 3
    assert encoder.asked == WORDS[:3] and encoder.threads.isdisjoint({threading.get_ident()})
    ahead.close()


class Broken(HashingEncoder):
    """Fails at one word."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        if "moon" in texts:
            raise EncoderError("out of memory")
        return super().encode(texts)


def test_an_error_is_raised_where_the_vectors_are_taken_and_nothing_runs_on() -> None:
    ahead = Ahead(Broken(8))
    ahead.put(np.empty((1, 8), np.float32), [0], ["cells"])
    ahead.put(np.empty((1, 8), np.float32), [0], ["moon"])
    with pytest.raises(EncoderError, match="out of memory"):
        ahead.take(every=True)
    ahead.close()
    assert not [one for one in threading.enumerate() if one.name.startswith("litquote-encoding")]
