"""What others may do with a library that is served: read only or not, how much, how often."""

from __future__ import annotations

import ipaddress
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.errors import ReadOnly, UsageError
from index.locking import READ_ONLY

if TYPE_CHECKING:
    from qa.accounts import Accounts

MEGABYTE = 1_000_000
#: Names of this machine itself: those under which a page that listens on loopback is opened.
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_WINDOWS = {"second": 1.0, "minute": 60.0, "hour": 3600.0}
#: More addresses than this are not remembered at once; those that rested longest are forgotten.
_ADDRESSES = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``number`` requests in any ``seconds``."""

    number: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> Rate:
        """``"20/minute"``; also second and hour. Raises UsageError."""
        found = re.fullmatch(r"(\d{1,6})/(second|minute|hour)", text.strip())
        if found is None or not int(found[1]):
            raise UsageError(f"the rate {text!r} cannot be meant; write for example 20/minute")
        return cls(int(found[1]), _WINDOWS[found[2]])

    def __str__(self) -> str:
        unit = {seconds: name for name, seconds in _WINDOWS.items()}[self.seconds]
        return f"{self.number} a {unit}" if unit != "hour" else f"{self.number} an hour"


@dataclass(frozen=True, slots=True)
class Policy:
    """How a library is served; by default to its owner: everything allowed, nobody asked who they are.

    ``read_only``: nothing that changes the library or asks the network. ``max_upload`` is in bytes (of a
    file, or of a request that brings files), None for no limit; ``rate`` holds for each client address.
    ``accounts`` are who may come in, None for anyone. ``hosts`` are names beside this machine's own under
    which the page may be opened, such as that of a proxy before it.
    """

    read_only: bool = False
    max_upload: int | None = None
    rate: Rate | None = None
    accounts: Accounts | None = None
    hosts: tuple[str, ...] = ()

    def allow_change(self) -> None:
        """Raises ReadOnly where the library may only be read."""
        if self.read_only:
            raise ReadOnly(READ_ONLY)


@dataclass(slots=True)
class Limiter:
    """Counts requests by client; a sliding window, kept in memory."""

    rate: Rate
    clock: Callable[[], float] = time.monotonic
    _seen: dict[str, deque[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, address: str) -> float:
        """Counts a request of ``address``: 0 where it may pass, else the seconds until one may again.

        What is refused is not counted. IPv6 addresses of one /64 network are one client.
        """
        client, now = _network(address), self.clock()
        with self._lock:
            times = self._seen.pop(client, None) or deque()
            self._seen[client] = times  # last, for it is the freshest
            while times and now - times[0] >= self.rate.seconds:
                times.popleft()
            if len(times) >= self.rate.number:
                return self.rate.seconds - (now - times[0])  # above 0, as it is rounded in the check
            times.append(now)
            while len(self._seen) > _ADDRESSES:
                del self._seen[next(iter(self._seen))]
            return 0.0


def _network(address: str) -> str:
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, 64), strict=False))


def is_loopback(host: str) -> bool:
    """Whether a page that listens on ``host`` is open to this machine only."""
    return host.strip("[]") in LOOPBACK or host.startswith("127.")


def warning(host: str, policy: Policy) -> str:
    """One sentence on what a page that listens beyond this machine lets others do; "" where there is none."""
    if is_loopback(host) or policy.accounts:
        return ""
    what = "ask your papers" if policy.read_only else "ask, add and change your papers"
    return f"anyone who can reach {host} may {what}; name those who may with --auth FILE" + (
        "" if policy.read_only else ", or allow reading only with --read-only"
    )
