"""Who may call the page and its endpoints, from where, how often, and how much they may send."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from index.locking import READ_ONLY
from qa.policy import Limiter, Policy, Rate

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Where the endpoints lie (:mod:`web.api`).
API = "/api"
#: Bytes of a request that brings no files.
MOST_BYTES = 1_000_000
#: People mistype a password a few times; programs that guess try thousands.
LOGINS = Rate(20, 60.0)
#: A page asks for several small things when it is opened, for each question that it asks; and looks every
#: few seconds whether something has changed.
PAGE_CALLS = 10
#: Bytes of a refused request that are still taken, and thrown away.
_DRAINED = 20_000_000
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: Reading about the endpoints costs nothing.
_DOCUMENTATION = frozenset({API, f"{API}/", f"{API}/openapi.json"})
_CALLS = ("/gradio_api/call/", "/gradio_api/run/", "/gradio_api/api/")
_JOIN = "/gradio_api/queue/join"
_UPLOADS = ("/gradio_api/upload", f"{API}/add")
_COSTLY = (*_CALLS, *_UPLOADS)


class Refused(Exception):
    """A request that is not passed on: its status, one sentence, and headers of the answer."""

    def __init__(self, status: int, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Guard:
    """ASGI middleware around the whole app; what it refuses gets a status and ``{"error": sentence}``.

    With ``hosts`` it answers under these names only, as where the page listens on loopback: another name in
    ``Host`` is that of a web page that has pointed its own name here (DNS rebinding). ``small`` are the
    numbers of the page's calls that cost little: they have a wider limit.
    """

    def __init__(
        self, app: App, *, policy: Policy, hosts: Collection[str] | None, small: Collection[int] = ()
    ) -> None:
        self._app, self._policy, self._small = app, policy, frozenset(small)
        self._hosts = None if hosts is None else {*hosts, *policy.hosts}
        self._logins, self._asks, self._pages = Limiter(LOGINS), None, None
        if policy.rate is not None:
            self._asks = Limiter(policy.rate)
            calls = PAGE_CALLS * policy.rate.number + math.ceil(policy.rate.seconds)
            self._pages = Limiter(Rate(calls, policy.rate.seconds))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with the reason why not."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        counted = _Counted(receive, send, self._most(scope["path"]))
        try:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            self._check_place(scope, headers)
            await self._check_name(scope, headers)
            if declared := headers.get("content-length", ""):
                counted.declared(declared)
            await self._check_rate(scope, counted)
            await self._app(scope, counted.receive, counted.send)
        except Refused as refused:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            elif not counted.started:
                await counted.drain()
                await _answer(send, refused)

    def _check_place(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """By which name, from which site, and whether it would change what may only be read."""
        host, origin = headers.get("host", ""), headers.get("origin", "")
        if self._hosts is not None and _hostname(f"//{host}") not in self._hosts:
            raise Refused(421, "litquote is not served under this name; allow it with --allow-host NAME")
        if scope.get("method", "GET") in _SAFE:
            return
        foreign = urlsplit(origin).netloc != host and _hostname(origin) not in self._policy.hosts
        if (origin and foreign) or headers.get("sec-fetch-site", "") == "cross-site":
            raise Refused(403, "a page of another site may not send anything here")
        if self._policy.read_only and scope["path"].startswith(_UPLOADS):
            raise Refused(403, READ_ONLY)

    async def _check_name(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """Who calls the endpoints: by name and password, or logged in. Gradio guards its own paths."""
        accounts = self._policy.accounts
        if accounts is None or not _ours(scope["path"]) or _logged_in(scope, headers):
            return
        name, password = _credentials(headers.get("authorization", ""))
        if name:
            self._count(self._logins if not accounts.remembers(name, password) else None, scope)
            if await accounts.check(name, password):
                return
        challenge = 'Basic realm="litquote", charset="UTF-8"'
        raise Refused(401, "give a name and a password, as for the page", www_authenticate=challenge)

    async def _check_rate(self, scope: Scope, counted: _Counted) -> None:
        path, method = scope["path"], scope.get("method", "GET")
        if path.rstrip("/") == "/login" and method == "POST":
            self._count(self._logins, scope)
        elif self._asks is None:
            return
        elif path.rstrip("/") == _JOIN and method == "POST":
            call = await counted.json()
            number = call.get("fn_index") if isinstance(call, dict) else None
            small = isinstance(number, int) and number in self._small
            self._count(self._pages if small else self._asks, scope)
        elif (_ours(path) and path not in _DOCUMENTATION) or (method == "POST" and path.startswith(_COSTLY)):
            self._count(self._asks, scope)

    def _count(self, limiter: Limiter | None, scope: Scope) -> None:
        if limiter is None:
            return
        wait = math.ceil(limiter.wait((scope.get("client") or ("",))[0]))
        if wait:
            said = f"too many requests: {limiter.rate} are answered; try again in {wait} s"
            raise Refused(429, said, retry_after=str(wait))

    def _most(self, path: str) -> int | None:
        """How many bytes a request may bring; Gradio counts its own uploads."""
        joins = self._asks is not None and path.rstrip("/") == _JOIN
        if path.rstrip("/") == f"{API}/add":
            return self._policy.max_upload
        return MOST_BYTES if joins or _ours(path) else None


class _Counted:
    """The body of a request: refused when it is too long, and read ahead where its content decides."""

    def __init__(self, receive: Receive, send: Send, most: int | None) -> None:
        self._receive, self._send, self._most = receive, send, most
        self._bytes = 0
        self._ahead: list[Message] = []
        self._over = self._ended = False
        self.started = False

    def declared(self, length: str) -> None:
        """Raises Refused for a ``Content-Length`` over the limit."""
        if self._most is not None and length.isdigit() and int(length[:19]) > self._most:
            raise self._too_long()

    def _too_long(self) -> Refused:
        return Refused(413, f"the request is too long; at most {(self._most or 0) / 1e6:g} MB are read")

    async def _next(self) -> Message:
        message = await self._receive()
        self._ended = not message.get("more_body")
        self._bytes += len(message.get("body", b""))
        if self._most is not None and self._bytes > self._most:
            self._over = True
            raise self._too_long()
        return message

    async def receive(self) -> Message:
        """The next message; Refused when it is too much."""
        return self._ahead.pop(0) if self._ahead else await self._next()

    async def send(self, message: Message) -> None:
        """Pass an answer on; where the body was too long, not the framework's own words about that."""
        if self._over:
            raise self._too_long()
        self.started = True
        await self._send(message)

    async def drain(self) -> None:
        """Take what is still being sent, up to a limit: most clients listen only when they have sent all."""
        while not self._ended and self._bytes < _DRAINED:
            with suppress(Refused):
                await self._next()

    async def json(self) -> Any:
        """The whole body as JSON, or None; it can still be received."""
        while not self._ahead or self._ahead[-1].get("more_body"):
            self._ahead.append(await self._next())
        try:
            return json.loads(b"".join(message.get("body", b"") for message in self._ahead))
        except ValueError:
            return None


def _ours(path: str) -> bool:
    return path == API or path.startswith(f"{API}/")


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _credentials(header: str) -> tuple[str, str]:
    """Name and password of HTTP's basic authorization; empty where there are none."""
    kind, _, value = header.partition(" ")
    if kind.casefold() != "basic":
        return "", ""
    try:
        name, colon, password = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
    except ValueError:
        return "", ""
    return (name, password) if colon else ("", "")


def _logged_in(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Whether the request has the cookie that Gradio's login page gave."""
    app = scope.get("app")
    tokens, number = getattr(app, "tokens", {}), getattr(app, "cookie_id", None)
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return False
    names = (f"access-token-{number}", f"access-token-unsecure-{number}")
    return any(name in cookies and cookies[name].value in tokens for name in names)


async def _answer(send: Send, refused: Refused) -> None:
    body = json.dumps({"error": str(refused)}).encode()
    headers = {"content-type": "application/json", "content-length": str(len(body)), **refused.headers}
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": refused.status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
