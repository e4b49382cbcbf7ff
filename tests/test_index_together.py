"""Calls of several threads that are computed together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from index.openvino_model import TOKEN_BUDGET, Graph, _fits, _Rows
from index.together import Together

PATIENCE = 30.0


class Doubling:
    """Doubles numbers, notes what it was given together, and waits at its first call until let go."""

    def __init__(self) -> None:
        self.given: list[list[int]] = []
        self.inside, self.most_inside = 0, 0
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.given.append(list(numbers))
        self.begun.set()
        assert self.go.wait(PATIENCE)
        self.inside -= 1
        if any(number < 0 for number in numbers):
            raise ValueError(f"{min(numbers)} is negative")
        return [2 * number for number in numbers]


def fits(chosen: Sequence[int], more: int) -> bool:
    return len(chosen) < 3


def held_up(together: Together[Any, Any], work: Doubling, numbers: Sequence[int]) -> list[Any]:
    """What becomes of ``numbers`` asked by a thread each, in order, while the first is being computed."""

    def ask(number: int) -> Any:
        try:
            return together(number)
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(len(numbers)) as pool:
        asked = []
        for place, number in enumerate(numbers):
            asked.append(pool.submit(ask, number))
            if not place:
                assert work.begun.wait(PATIENCE)
            until(lambda place=place: len(together._waiting) == place + 1)
        work.go.set()
        return [one.result(PATIENCE) for one in asked]


def until(true: Callable[[], bool]) -> None:
    ticks = threading.Event()
    for _ in range(int(PATIENCE / 0.001)):
        if true():
            return
        ticks.wait(0.001)
    raise AssertionError("it does not come true")


def test_a_lone_call_goes_through_at_once() -> None:
    work = Doubling()
    work.go.set()
    together = Together(work, fits)
    assert [together(3), together(4)] == [6, 8]
    assert work.given == [[3], [4]]


def test_those_who_come_meanwhile_are_computed_together_in_the_order_they_came() -> None:
    work = Doubling()
    together = Together(work, fits)
    assert held_up(together, work, [1, 2, 3, 4, 5, 6]) == [2, 4, 6, 8, 10, 12]
    assert work.given == [[1], [2, 3, 4], [5, 6]]
    assert work.most_inside == 1
    assert together(7) == 14, "it is free again"


def test_an_error_reaches_whom_it_belongs_to_and_nobody_else() -> None:
    work = Doubling()
    together = Together(work, fits)
    assert held_up(together, work, [1, 2, -3, 4]) == [2, 4, "-3 is negative", 8]
    assert work.given == [[1], [2, -3, 4], [2], [-3], [4]]


def test_whoever_is_interrupted_does_not_keep_the_others_waiting() -> None:
    class Interrupting(Doubling):
        def __call__(self, numbers: Sequence[int]) -> list[int]:
            found = super().__call__(numbers)
            if 1 in numbers:
                raise KeyboardInterrupt
            return found

    work = Interrupting()
    together = Together(work, fits)
    found: list[object] = []

    def interrupted() -> None:
        try:
            together(1)
        except KeyboardInterrupt:
            found.append("interrupted")

    leader = threading.Thread(target=interrupted)
    leader.start()
    assert work.begun.wait(PATIENCE)
    follower = threading.Thread(target=lambda: found.append(together(2)))
    follower.start()
    until(lambda: len(together._waiting) == 2)
    work.go.set()
    for thread in (leader, follower):
        thread.join(PATIENCE)
    assert sorted(map(str, found)) == ["4", "interrupted"]
    assert together(5) == 10


def test_every_call_of_many_threads_gets_its_own() -> None:
    work = Doubling()
    work.go.set()
    together = Together(work, fits)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(together, range(500))) == [2 * number for number in range(500)]
    assert sorted(number for some in work.given for number in some) == list(range(500))
    assert work.most_inside == 1 and max(map(len, work.given)) <= 3


def rows(count: int, width: int) -> _Rows:
    return _Rows([[1] * width] * count, 0)


@pytest.mark.parametrize(
    ("chosen", "more", "expected"),
    [
        ([rows(1, 12)], rows(1, 20), True),
        ([rows(1, 12)] * 7, rows(1, 20), True),
        ([rows(1, 12)], rows(12, 200), False),  # 188 tokens of padding for one short row
        ([rows(TOKEN_BUDGET // 64, 64)], rows(1, 64), False),
        ([rows(TOKEN_BUDGET // 64 - 1, 64)], rows(1, 64), True),
        ([_Rows([[1]], 0)], _Rows([[1]], 5), False),
    ],
    ids=["questions", "eight questions", "much padding", "over the budget", "just fits", "other padding"],
)
def test_what_is_put_together(chosen: list[_Rows], more: _Rows, expected: bool) -> None:
    assert _fits(chosen, more) is expected


class Counting:
    """Stands for a compiled model: a row's output is the sum of its tokens that count, and its length."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self.begun, self.go = threading.Event(), threading.Event()

    def infer(self, given: dict[str, Any]) -> dict[int, Any]:
        self.shapes.append(given["input_ids"].shape)
        self.begun.set()
        assert self.go.wait(PATIENCE)
        mask = given["attention_mask"]
        kinds = given["token_type_ids"]
        return {0: np.stack([(given["input_ids"] * mask).sum(1), mask.sum(1), kinds.sum(1)], 1)}


def test_questions_of_many_threads_become_one_batch_and_each_gets_its_row() -> None:
    graph, model = object.__new__(Graph), Counting()
    graph._inputs, graph._outputs = ["input_ids", "attention_mask", "token_type_ids"], 1
    graph._request, graph._together = model, Together(graph._computed, _fits)
    lengths = [5, 9, 7, 6, 8, 12, 10, 11]
    asked = [[number + 1] * length for number, length in enumerate(lengths)]
    types = [[1] * length if number % 2 else None for number, length in enumerate(lengths)]
    with ThreadPoolExecutor(len(asked)) as pool:
        futures = []
        for place, (one, kind) in enumerate(zip(asked, types, strict=True)):
            futures.append(pool.submit(graph.infer, [one], 99, None if kind is None else [kind]))
            if not place:
                assert model.begun.wait(PATIENCE)
            until(lambda place=place: len(graph._together._waiting) == place + 1)
        model.go.set()
        found = [future.result(PATIENCE)[0] for future in futures]
    for number, (length, row) in enumerate(zip(lengths, found, strict=True)):
        expected = [(number + 1) * length, length, length if number % 2 else 0]
        assert row.tolist() == [expected]
    assert model.shapes == [(1, 5), (7, 12)], "the first went alone, all others together"


def test_a_question_asked_beside_others_has_the_vector_it_has_alone() -> None:
    from index import model_files
    from index.encoders import SentenceTransformerEncoder
    from index.errors import EncoderError

    try:
        model_files.find_model(None)
    except EncoderError:
        pytest.skip("the bundled model is not here")
    encoder = SentenceTransformerEncoder(backend="openvino")
    questions = [
        f"Does {drug} help {who}?" for drug in ("aspirin", "statins", "IVIG") for who in ("us", "mice")
    ]
    alone = [encoder.encode_question(question) for question in questions]
    with ThreadPoolExecutor(len(questions)) as pool:
        for _ in range(5):
            together = list(pool.map(encoder.encode_question, questions))
            assert np.abs(np.stack(together) - np.stack(alone)).max() < 1e-3
            assert np.einsum("ij,ij->i", together, alone).min() > 0.9999
