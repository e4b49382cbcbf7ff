"""One HTTP client for all services: slow on purpose, patient with errors, and nowhere but where announced."""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from index.errors import LitquoteError
from index.locking import allow_writes
from index.manifest import litquote_version
from index.remote.services import Services, host_of

if TYPE_CHECKING:
    import httpx

__all__ = ["Broken", "Offline", "Polite", "ServiceError"]

#: Seconds between two requests to one host: never more than three in any second; ten for NCBI with a key.
INTERVAL, INTERVAL_WITH_KEY = 0.34, 0.105
TRIES = 5
LONGEST_WAIT = 120.0
MOST_BYTES = 64 << 20
_REDIRECTS = 3
_TRY_AGAIN = frozenset({429, 500, 502, 503, 504})


class Offline(LitquoteError):
    """There is no connection to a service."""


class ServiceError(LitquoteError):
    """A service answered, but not with what was asked for."""


class Broken(Exception):
    """An answer came whole but cannot be right (XML that breaks off): it is asked for again."""


class _Unreached(Exception):
    """No answer came, or not whole."""


class Polite:
    """Requests one after the other, INTERVAL apart for each host, with retries.

    ``clock`` and ``sleep`` are for tests; ``transport`` is httpx's. Raises ReadOnly where this process may
    change nothing (:func:`index.locking.forbid_writes`).
    """

    def __init__(
        self,
        services: Services,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        import httpx

        allow_writes()  # who may change nothing need not ask, either
        contact = f" (mailto:{services.contact})" if services.contact else ""
        self._client = httpx.Client(
            headers={"User-Agent": f"litquote/{litquote_version()}{contact}"},
            timeout=httpx.Timeout(60.0, connect=10.0),
            follow_redirects=False,
            transport=transport,
        )
        self._clock, self._sleep = clock, sleep
        self._interval = {host_of(services.ncbi): INTERVAL_WITH_KEY} if services.api_key else {}
        self._free: dict[str, float] = {}
        self._reached: set[str] = set()

    def __enter__(self) -> Polite:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def ask(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        check: Callable[[bytes], Any] | None = None,
        absent: frozenset[int] = frozenset({404}),
    ) -> bytes | None:
        """The answer to a GET with ``params``, or to a POST of ``data``; None for a status in ``absent``.

        ``check`` raises Broken for an answer that must be asked for again. Raises Offline when the host
        cannot be reached, and ServiceError when it does not answer rightly in TRIES tries.
        """
        host, reason = host_of(url), ""
        for attempt in range(TRIES):
            wait = 0.0
            try:
                status, headers, content = self._once(url, params, data)
                if status == 200 and check is not None:
                    check(content)
                if status == 200 or status in absent:
                    return content if status == 200 else None
                reason = f"it answered {status}"
                wait = _retry_after(headers.get("retry-after", ""))
            except (Broken, _Unreached) as error:
                status, reason = 0, str(error)
            if status and status not in _TRY_AGAIN:
                raise ServiceError(f"{host} refused what was asked ({reason})")
            if attempt and host not in self._reached:
                break  # a host that never answered is not waited for as long
            if attempt + 1 < TRIES:
                self._sleep(max(wait, 2.0**attempt * random.uniform(1.0, 1.5)))
        if host not in self._reached:
            raise Offline(f"there is no connection to {host} ({reason})")
        raise ServiceError(f"{host} did not answer rightly in {TRIES} tries ({reason}); try again later")

    def _once(
        self, url: str, params: Mapping[str, str] | None, data: Mapping[str, str] | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request, and the redirects it leads to; status, headers, body. Raises _Unreached."""
        import httpx

        try:
            return self._followed(url, params, data)
        except httpx.TransportError as error:
            raise _Unreached(": ".join(filter(None, (type(error).__name__, str(error))))) from None

    def _followed(
        self, url: str, params: Mapping[str, str] | None, data: Mapping[str, str] | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        for _ in range(_REDIRECTS + 1):
            self._take_turn(host_of(url))
            method = "GET" if data is None else "POST"
            with self._client.stream(method, url, params=params, data=dict(data or {}) or None) as answer:
                self._reached.add(host_of(url))
                if not answer.is_redirect:
                    body = bytearray()
                    for block in answer.iter_bytes():
                        body += block
                        if len(body) > MOST_BYTES:
                            raise ServiceError(f"{host_of(url)} sent more than {MOST_BYTES >> 20} MB")
                    return answer.status_code, answer.headers, bytes(body)
                target = urljoin(str(answer.url), answer.headers["location"])
            safer = urlsplit(target).scheme == "https" or urlsplit(url).scheme == urlsplit(target).scheme
            if host_of(target) != host_of(url) or not safer:
                raise ServiceError(
                    f"{host_of(url)} sends on to {host_of(target)}, which was not announced; "
                    "nothing was sent there"
                )
            url, params = target, None
        raise ServiceError(f"{host_of(url)} sends on and on")

    def _take_turn(self, host: str) -> None:
        now = self._clock()
        free = self._free.get(host, now)
        if free > now:
            self._sleep(free - now)
        self._free[host] = max(now, free) + self._interval.get(host, INTERVAL)


def _retry_after(value: str) -> float:
    """Seconds to wait by a Retry-After header: a number, or a date (RFC 9110, 10.2.3)."""
    if value.strip().isdigit():
        return min(float(value), LONGEST_WAIT)
    try:
        when = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return 0.0
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(max((when - datetime.now(UTC)).total_seconds(), 0.0), LONGEST_WAIT)
