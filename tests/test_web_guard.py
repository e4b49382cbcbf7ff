"""Requests that reach the page, and those that don't: hosts, sites, names, sizes, rates."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import qa.accounts as module
from qa.accounts import Accounts
from qa.policy import LOOPBACK, Policy, Rate
from web.guard import LOGINS, MOST_BYTES, PAGE_CALLS, Guard

OWN = {"host": "127.0.0.1:7860"}


class Inner:
    """An app that reads its whole body, as frameworks do, and answers 200; or 400 where that fails."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more, status = b"", True, 200
        try:
            while more:
                message = await receive()
                body, more = body + message.get("body", b""), message.get("more_body", False)
            self.bodies.append(body)
        except Exception:
            status = 400
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


def ask(
    guard: Guard,
    path: str = "/api/ask",
    method: str = "POST",
    pieces: Sequence[bytes] = (b"{}",),
    client: str = "192.0.2.1",
    app: Any = None,
    **headers: str,
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, JSON and headers of an answer."""
    sent: list[Any] = []
    waiting = [{"type": "http.request", "body": one, "more_body": True} for one in pieces]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})
    named = {**OWN, **{name.replace("_", "-"): value for name, value in headers.items()}}

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "path": path, "method": method, "client": (client, 5), "app": app,
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }  # fmt: skip
    asyncio.run(guard(scope, receive, send))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], json.loads(sent[1]["body"]), answered


def guarded(policy: Policy | None = None, small: Sequence[int] = ()) -> Guard:
    return Guard(Inner(), policy=policy or Policy(), hosts=LOOPBACK, small=small)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:7860", "localhost", "localhost:1", "[::1]:7860", "LOCALHOST:7860"]
)
def test_this_machine_s_own_names_are_answered(host: str) -> None:
    assert ask(guarded(), host=host)[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.org", "127.0.0.1.evil.org", "", "192.0.2.1:7860", "localhost@evil.org", "[::1"]
)
def test_another_name_is_one_that_points_here_and_is_refused(host: str) -> None:
    """DNS rebinding: a web page whose own name has come to mean 127.0.0.1."""
    for path in ("/api/ask", "/", "/gradio_api/queue/join"):
        status, told, _ = ask(guarded(), path, "GET", host=host)
        assert (status, "--allow-host" in told["error"]) == (421, True)


def test_a_name_that_is_allowed_is_answered_and_beyond_loopback_every_name() -> None:
    assert ask(guarded(Policy(hosts=("papers.example",))), host="papers.example")[0] == 200
    assert ask(Guard(Inner(), policy=Policy(), hosts=None), host="any.example")[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://127.0.0.1:7860"}, 200),
        ({"origin": "http://127.0.0.1:3000"}, 403),
        ({"origin": "https://evil.org"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://papers.example"}, 200),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-origin"}, 200),
    ],
)
def test_pages_of_other_sites_send_nothing(headers: dict[str, str], status: int) -> None:
    policy = Policy(hosts=("papers.example",))
    assert ask(guarded(policy), **headers)[0] == status
    assert ask(guarded(policy), method="GET", **headers)[0] == 200, "reading is the browser's to refuse"


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash takes 0.2 s, which is its purpose."""
    monkeypatch.setitem(module._COST, "n", 1024)


@pytest.mark.usefixtures("cheap")
def test_with_accounts_the_endpoints_and_their_description_ask_for_a_name(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path / "a.json")
    accounts.add("anna", "correct: horse")
    guard = guarded(Policy(accounts=accounts))
    for path in ("/api/ask", "/api", "/api/", "/api/openapi.json"):
        status, told, headers = ask(guard, path, "GET")
        assert (status, told["error"]) == (401, "give a name and a password, as for the page")
        assert headers["www-authenticate"].startswith("Basic ")
        assert ask(guard, path, "GET", authorization=basic("anna", "correct: horse"))[0] == 200
    for wrong in (basic("anna", "horse"), basic("", ""), "Basic ä", "Basic " + "A" * 9, "Bearer x", "Basic"):
        assert ask(guard, authorization=wrong)[0] == 401
    assert ask(guard, "/", "GET")[0] == 200, "Gradio shows its login there"
    page = SimpleNamespace(tokens={"token": "anna"}, cookie_id="7")
    assert ask(guard, app=page, cookie="x=y; access-token-7=token")[0] == 200
    assert ask(guard, app=page, cookie="access-token-7=guess")[0] == 401
    assert ask(guard, app=page, cookie="access-token-8=token")[0] == 401


@pytest.mark.usefixtures("cheap")
def test_passwords_are_not_guessed_by_the_thousand(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path / "a.json")
    accounts.add("anna", "correct horse")
    guard = guarded(Policy(accounts=accounts))
    assert ask(guard, authorization=basic("anna", "correct horse"))[0] == 200
    for number in range(LOGINS.number - 1):
        assert ask(guard, "/login", number=str(number))[0] == 200
    assert ask(guard, "/login")[0] == 429
    assert ask(guard, authorization=basic("anna", "guess"))[0] == 429
    assert ask(guard, authorization=basic("anna", "correct horse"))[0] == 200, (
        "known already, and not counted"
    )
    assert ask(guard, "/login", client="192.0.2.2")[0] == 200


def test_a_rate_holds_for_each_address_and_documentation_is_free() -> None:
    guard = guarded(Policy(rate=Rate(2, 60.0)))
    assert [ask(guard)[0] for _ in range(3)] == [200, 200, 429]
    status, told, headers = ask(guard, "/gradio_api/call/ask")
    assert (status, told["error"][:38]) == (429, "too many requests: 2 a minute are answ")
    assert 0 < int(headers["retry-after"]) <= 60
    assert ask(guard, client="192.0.2.2")[0] == 200
    for path in ("/api", "/api/openapi.json", "/", "/assets/x.js", "/gradio_api/call/ask/1"):
        assert ask(guard, path, "GET")[0] == 200


def test_opening_the_page_is_not_counted_as_asking() -> None:
    guard = guarded(Policy(rate=Rate(1, 60.0)), small=[3])
    join = "/gradio_api/queue/join"
    for _ in range(PAGE_CALLS + 60):
        assert ask(guard, join, pieces=[b'{"fn_', b'index": 3}'])[0] == 200
    assert ask(guard, join, pieces=[b'{"fn_index": 3}'])[0] == 429, "but has a limit, too"
    assert ask(guard, join, pieces=[b'{"fn_index": 4}'])[0] == 200
    for body in (b'{"fn_index": 4}', b"[]", b"{", b'{"fn_index": [3]}'):
        assert ask(guard, join, pieces=[body])[0] == 429


def test_what_is_read_ahead_reaches_the_app_unchanged() -> None:
    inner = Inner()
    guard = Guard(inner, policy=Policy(rate=Rate(9, 60.0)), hosts=LOOPBACK)
    ask(guard, "/gradio_api/queue/join", pieces=[b"{", b'"a": 1}', b" "])
    assert inner.bodies == [b'{"a": 1} ']


def test_a_long_body_is_refused_whether_its_length_is_told_or_not() -> None:
    piece = b"x" * 400_000
    long = [piece] * (MOST_BYTES // len(piece) + 1)
    for headers in (
        {},
        {"content_length": "1000001"},
        {"content_length": "9" * 4000},
        {"content_length": "nine"},
    ):
        status, told, _ = ask(guarded(), pieces=long, **headers)
        assert (status, told["error"]) == (413, "the request is too long; at most 1 MB are read")
    assert ask(guarded(), pieces=[b"x" * MOST_BYTES])[0] == 200
    assert ask(guarded(), "/api/add", pieces=long)[0] == 200
    assert ask(guarded(Policy(max_upload=500_000)), "/api/add", pieces=long)[0] == 413
    assert ask(guarded(Policy(max_upload=500_000)), "/gradio_api/upload", pieces=long)[0] == 200, (
        "Gradio counts"
    )


def test_nothing_is_uploaded_to_be_read_only() -> None:
    guard = guarded(Policy(read_only=True))
    for path in ("/api/add", "/gradio_api/upload"):
        assert ask(guard, path)[0] == 403
    assert ask(guard)[0] == 200
