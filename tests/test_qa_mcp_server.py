"""The MCP server, called by a real client: over standard input and output, and over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from index.encoders import HashingEncoder
from index.library import Library
from qa import cli
from qa.assistant import Assistant
from qa.service import Service
from tests.singers import QUESTION, make_library

mcp = pytest.importorskip("mcp", reason="the package mcp is not installed (litquote[mcp])")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of a review and the paper that it cites."""
    return make_library(tmp_path_factory.mktemp("mcp"))


@pytest.fixture(scope="module")
def service(place: Path) -> Iterator[Service]:
    with Library.open(place, encoder=HashingEncoder(64)) as library:
        yield Service(Assistant(library))


@pytest.fixture(scope="module")
def address(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "qa.cli", "mcp", "--library", str(place), "--http", str(port)]
    log = tmp_path_factory.mktemp("log") / "log"
    with log.open("w", encoding="utf-8") as stream:
        server = subprocess.Popen(command, cwd=ROOT, stdout=stream, stderr=stream)
        try:
            deadline = time.monotonic() + 60
            while "speaks MCP" not in log.read_text("utf-8") and time.monotonic() < deadline:
                assert server.poll() is None, log.read_text("utf-8")
                time.sleep(0.1)
            assert f"litquote speaks MCP at http://127.0.0.1:{port}/mcp (stop" in log.read_text("utf-8")
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            server.terminate()
            server.wait(timeout=30)


@asynccontextmanager
async def at_stdio(place: Path, errors: Path) -> AsyncIterator[Any]:
    from mcp.client.stdio import StdioServerParameters, stdio_client

    command = ["-m", "qa.cli", "mcp", "--library", str(place)]
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = StdioServerParameters(command=sys.executable, args=command, env=settings, cwd=ROOT)
    with errors.open("w", encoding="utf-8") as stream:
        async with mcp.Client(stdio_client(server, errlog=stream)) as client:
            yield client


def without_csl(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_csl(one) for name, one in value.items() if name != "csl"}
    return [without_csl(one) for one in value] if isinstance(value, list) else value


HOSTILE: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("ask", {}, "Field required"),
    ("ask", {"question": ""}, "the question is empty"),
    ("ask", {"question": 7}, "valid string"),
    ("ask", {"question": ["x"]}, "valid string"),
    ("ask", {"question": "x" * 100_000}, "at most 2,000"),
    ("ask", {"question": "x", "filter": "y"}, "Extra inputs"),
    ("ask", {"question": "x", "years": "never"}, "no range"),
    ("ask", {"question": "x", "document": ["../../etc/passwd"]}, "no document"),
    ("ask", {"question": "x", "retracted": "maybe"}, "'only' or 'no'"),
    ("search", {"question": "x", "k": 10**9}, "from 1 to 100"),
    ("search", {"question": "x", "k": "many"}, "valid integer"),
    ("show", {"id": "/etc/passwd"}, "no document"),
    ("show", {"id": "pmid:71", "start": -5}, "start is"),
    ("show", {"id": "pmid:71", "text_sha256": "x"}, "no text 'x'"),
    ("check", {"id": "pmid:71"}, "does not tell where its text cites"),
    ("add", {"paths": ["/etc"]}, "Unknown tool"),
)


async def converse(client: Any, service: Service) -> None:
    """Everything that a client does, whatever carries it."""
    listed = await client.list_tools()
    assert [tool.name for tool in listed.tools] == ["ask", "search", "show", "check"]
    for tool in listed.tools:
        assert tool.annotations.read_only_hint and "verbatim" in tool.description
        assert tool.input_schema["additionalProperties"] is False
    assert "not_found" in listed.tools[0].description and "not_found" in client.instructions

    async def call(name: str, **arguments: Any) -> Any:
        result = await client.call_tool(name, arguments)
        assert not result.is_error, result.content
        assert json.loads(result.content[0].text) == result.structured_content
        return result.structured_content

    def same(found: Any, own: Any) -> bool:
        return bool(found == without_csl(json.loads(json.dumps(own))))

    answer = await call("ask", question=QUESTION)
    assert same(answer, service.ask(QUESTION)) and answer["status"] == "answered"
    assert same(
        await call("ask", question=QUESTION, document=["pmid:71"]),
        service.ask(QUESTION, {"document": "pmid:71"}),
    )
    for quote in answer["quotes"]:
        around = await call(
            "show", id=quote["document_id"], text_sha256=quote["text_sha256"], start=quote["start"]
        )
        assert around["text"].startswith(quote["text"])
    assert same(await call("search", question="geese", k=2), service.search("geese", 2))
    assert same(await call("check", id="10.1000/r"), service.check("10.1000/r"))
    resource = await client.read_resource("litquote://sources")
    papers = json.loads(resource.contents[0].text)
    assert {one["document_id"] for one in papers["documents"]} == {"pmid:71", "doi:10.1000/r"}
    assert "library" not in papers, "a model learns nothing of the disk"
    for name, arguments, said in HOSTILE:
        result = await client.call_tool(name, arguments)
        assert result.is_error and said in result.content[0].text, (name, arguments, result.content)
    assert same(await call("search", question="geese", k=1), service.search("geese", 1)), "and goes on"


def test_over_standard_input_and_output(place: Path, service: Service, tmp_path: Path) -> None:
    async def run() -> None:
        async with at_stdio(place, tmp_path / "errors") as client:
            await converse(client, service)

    asyncio.run(asyncio.wait_for(run(), 60))
    assert (tmp_path / "errors").read_text("utf-8") == "", "and nothing is complained of"


def test_over_http(address: str, service: Service) -> None:
    async def run() -> None:
        async with mcp.Client(address) as client:
            await converse(client, service)

    asyncio.run(asyncio.wait_for(run(), 60))


def test_only_the_protocol_is_written_to_standard_output(place: Path) -> None:
    """Also between garbage, and what libraries print by themselves."""
    lines = [
        b"not JSON\n", b"\xff\xfe\n", b"[]\n", b'{"jsonrpc": "2.0"}\n', b"{" * 10_000 + b"\n",
        json.dumps({
            "jsonrpc": "2.0", "id": 1, "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "t", "version": "1"},
            },
        }).encode() + b"\n",
        b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n',
        json.dumps({
            "jsonrpc": "2.0", "id": 2, "method": "tools/call",
            "params": {"name": "ask", "arguments": {"question": QUESTION}},
        }).encode() + b"\n",
    ]  # fmt: skip
    command = [sys.executable, "-m", "qa.cli", "mcp", "--library", str(place)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as server:
        assert server.stdin is not None and server.stdout is not None
        server.stdin.write(b"".join(lines))
        server.stdin.flush()
        found = {}
        while 2 not in found:
            said = json.loads(server.stdout.readline())
            assert said["jsonrpc"] == "2.0"
            found[said.get("id")] = said
        server.stdin.close()
        assert server.stdout.read() == b""
        assert server.wait(timeout=30) == 0
    assert found[1]["result"]["serverInfo"]["name"] == "litquote"
    assert QUESTION in found[2]["result"]["content"][0]["text"]


def status(address: str, **headers: str) -> int:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    named = {"content-type": "application/json", "accept": "application/json, text/event-stream", **headers}
    request = urllib.request.Request(address, json.dumps(asked).encode(), named)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_pages_of_the_web_do_not_reach_it(address: str) -> None:
    """A name that was pointed here (DNS rebinding), and scripts of other sites."""
    assert status(address, host="evil.org") == status(address, host="127.0.0.1.evil.org:80") == 421
    assert status(address, origin="https://evil.org") == status(address, origin="null") == 403
    refused = {421, 403}
    assert status(address) not in refused
    assert status(address, origin="http://localhost:3000") not in refused, "a local client in a browser"


def test_an_address_that_cannot_be_used_is_one_sentence(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for http, said in (
            (str(port), f"port {port} of 127.0.0.1 cannot be used"),
            (
                "0.0.0.0:8000",
                "0.0.0.0 is open to others; say under which name it is asked: --allow-host NAME",
            ),
            ("x", "--http 'x' is no address"),
            ("127.0.0.1:0", "is no address"),
            ("::1:8000", "is no address"),
        ):
            assert cli.main(["mcp", "--library", str(place), "--http", http]) == 2
            error = capsys.readouterr().err
            assert said in error and error.count("\n") == 1


def test_without_the_package_its_installation_is_named(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert cli.main(["mcp", "--library", str(place)]) == 2
    assert "pip install 'litquote[mcp]'" in capsys.readouterr().err
