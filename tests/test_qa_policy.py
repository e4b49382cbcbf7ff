"""What others may do: rates, addresses, warnings."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.errors import ReadOnly, UsageError
from qa.accounts import Accounts
from qa.policy import Limiter, Policy, Rate, is_loopback, warning


@pytest.mark.parametrize(
    ("text", "rate"),
    [("20/minute", Rate(20, 60.0)), ("1/second", Rate(1, 1.0)), (" 5/hour ", Rate(5, 3600.0))],
)
def test_a_rate_is_a_number_and_a_unit(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate


@pytest.mark.parametrize(
    "text", ["", "20", "0/minute", "-1/minute", "20/day", "x/minute", "1e3/minute", "20/ minute"]
)
def test_a_rate_that_cannot_be_meant_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="20/minute"):
        Rate.parse(text)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 5))
@example(steps=[1.7153603045866044, 0.0], most=1)
def test_no_window_holds_more_than_the_rate_and_no_request_is_refused_without_need(
    steps: list[float], most: int
) -> None:
    """Beside the deque: all passed times are kept, and those of the last minute counted."""
    clock, passed = Clock(), []
    limiter = Limiter(Rate(most, 60.0), clock)
    for step in steps:
        clock.now += step
        recent = sum(clock.now - one < 60 for one in passed)
        wait = limiter.wait("192.0.2.1")
        assert (wait == 0.0) == (recent < most)
        if wait == 0.0:
            passed.append(clock.now)
        else:
            assert 0 < wait <= 60


def test_addresses_are_counted_apart_and_a_network_of_ipv6_as_one() -> None:
    limiter = Limiter(Rate(1, 60.0), Clock())
    assert limiter.wait("192.0.2.1") == 0
    assert limiter.wait("192.0.2.2") == 0
    assert limiter.wait("::ffff:192.0.2.1") > 0, "the same address, written as IPv6"
    assert limiter.wait("2001:db8::1") == 0
    assert limiter.wait("2001:db8::ffff:1") > 0
    assert limiter.wait("2001:db8:0:1::1") == 0
    assert limiter.wait("fe80::1%eth0") == 0
    assert limiter.wait("testclient") == 0


def test_a_flood_of_addresses_does_not_fill_the_memory() -> None:
    limiter = Limiter(Rate(1, 60.0), Clock())
    for number in range(10_500):
        limiter.wait(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(limiter._seen) == 10_000
    assert limiter.wait("10.0.41.3") > 0, "the newest are remembered"
    assert limiter.wait("10.0.0.0") == 0, "the oldest were forgotten"


def test_a_read_only_policy_allows_no_change() -> None:
    Policy().allow_change()
    with pytest.raises(ReadOnly, match="reading only"):
        Policy(read_only=True).allow_change()


def test_who_serves_to_everybody_is_warned_in_one_sentence() -> None:
    assert is_loopback("127.0.0.1") and is_loopback("localhost") and is_loopback("[::1]")
    assert not is_loopback("0.0.0.0") and not is_loopback("192.0.2.1") and not is_loopback("::")
    assert warning("127.0.0.1", Policy()) == ""
    assert warning("0.0.0.0", Policy(accounts=Accounts("x"))) == ""
    assert "--auth" in warning("0.0.0.0", Policy()) and "--read-only" in warning("0.0.0.0", Policy())
    assert "--read-only" not in warning("0.0.0.0", Policy(read_only=True))
