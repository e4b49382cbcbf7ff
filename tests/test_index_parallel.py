"""Parts done side by side."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from index import parallel
from index.parallel import side_by_side


@pytest.fixture(params=[None, 1, 3], ids=["one core", "two cores", "four cores"])
def helpers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The threads beside the caller's own."""
    pool = None if request.param is None else ThreadPoolExecutor(request.param)
    monkeypatch.setattr(parallel, "_helpers", lambda: pool)
    yield request.param or 0
    if pool is not None:
        pool.shutdown()


@pytest.mark.usefixtures("helpers")
def test_everything_is_done_once_and_in_order() -> None:
    done: list[int] = []

    def part(number: int) -> int:
        done.append(number)
        return number * number

    assert side_by_side([lambda number=number: part(number) for number in range(50)]) == [
        number * number for number in range(50)
    ]
    assert sorted(done) == list(range(50))
    assert side_by_side([]) == []


@pytest.mark.usefixtures("helpers")
def test_parts_may_have_parts() -> None:
    def outer(number: int) -> list[int]:
        return side_by_side([lambda inner=inner: 10 * number + inner for inner in range(4)])

    found = side_by_side([lambda number=number: outer(number) for number in range(6)])
    assert found == [[10 * number + inner for inner in range(4)] for number in range(6)]


@pytest.mark.usefixtures("helpers")
def test_the_first_that_failed_is_told_and_nothing_runs_on() -> None:
    running = threading.Semaphore(0)
    ended: list[int] = []

    def part(number: int) -> None:
        running.release()
        if number in (2, 4):
            raise ValueError(f"part {number}")
        ended.append(number)

    with pytest.raises(ValueError, match="part 2"):
        side_by_side([lambda number=number: part(number) for number in range(6)])
    before = list(ended)
    assert side_by_side([lambda: 1, lambda: 2]) == [1, 2]
    assert ended == before


def test_the_caller_does_all_when_every_thread_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(parallel, "_helpers", lambda: pool)
        go = threading.Event()
        blocked = pool.submit(go.wait, 30)
        own = side_by_side([threading.get_ident for _ in range(4)])
        assert own == [threading.get_ident()] * 4
        go.set()
        assert blocked.result()


def test_parts_really_run_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(parallel, "_helpers", lambda: pool)
        both = threading.Barrier(2, timeout=30)
        assert sorted(side_by_side([both.wait, both.wait])) == [0, 1]
