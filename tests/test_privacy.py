"""Nothing leaves the machine: add, ask and serve, with every process they start, reach loopback only."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from index.encoders import HashingEncoder, load_encoder
from index.library import Library
from index.model_files import cache_folder
from index.privacy import ENVIRONMENT

ROOT = Path(__file__).resolve().parents[1]
LOOPBACK = re.compile(r'AF_UNIX|AF_NETLINK|inet_addr\("127\.|"::1"|"::ffff:127\.|AF_UNSPEC')

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed (Linux only)")


def environment(home: Path) -> dict[str, str]:
    """A newcomer's: no CI, a fresh home, no switch set."""
    load_encoder(backend="openvino")  # the conversion itself is traced in test_index_privacy
    kept = {name: value for name, value in os.environ.items() if name not in {"CI", *ENVIRONMENT}}
    return kept | {
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "PYTHONPATH": str(ROOT),
        "LITQUOTE_CACHE": str(cache_folder()),
        "LITQUOTE_LIBRARY": str(home / "library"),
    }


def traced(trace: Path, *arguments: str) -> list[str]:
    command = [sys.executable, "-m", "qa.cli", *arguments]
    return ["strace", "-f", "-s", "200", "-e", "trace=network", "-o", str(trace), *command]


def reached_outside(trace: Path) -> list[str]:
    """Every call that names an address which is not this machine's own."""
    calls = trace.read_text(errors="replace").splitlines()
    assert calls
    addressed = [
        call for call in calls if re.search(r"\b(connect|sendto|sendmsg|sendmmsg|bind)\(.*sa_family", call)
    ]
    return [call for call in addressed if not LOOPBACK.search(call)]


def test_add_and_ask_reach_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for number, arguments in enumerate(
        (["add", str(ROOT / "seeds")], ["ask", "Is there a cure for multiple sclerosis?"])
    ):
        trace = tmp_path / f"trace{number}"
        done = subprocess.run(
            traced(trace, *arguments),
            cwd=ROOT,
            env=environment(home),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        assert reached_outside(trace) == []
    assert "a cure remains elusive" in done.stdout
    assert sorted(path.name for path in home.iterdir()) == ["library"]


def test_doctor_and_the_mcp_server_reach_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with Library.create(home / "library", encoder=HashingEncoder(64), reader="none") as library:
        library.add([ROOT / "seeds"])
    asked = [
        {"id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"},
        }},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "ask", "arguments": {"question": "A cure?"}}},
    ]  # fmt: skip
    sent = "".join(json.dumps({"jsonrpc": "2.0", **one}) + "\n" for one in asked)
    for command, said in (("doctor", "No problems."), ("mcp", "a cure remains elusive")):
        if command == "mcp" and importlib.util.find_spec("mcp") is None:
            continue
        trace = tmp_path / command
        with subprocess.Popen(
            traced(trace, command), cwd=ROOT, env=environment(home), text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(sent if command == "mcp" else "")
            process.stdin.flush()
            assert any(said in line for line in process.stdout)
            process.stdin.close()
            assert process.wait(timeout=60) == 0
        assert reached_outside(trace) == []


def test_serve_listens_on_loopback_and_reaches_nothing(tmp_path: Path) -> None:
    home, trace = tmp_path / "home", tmp_path / "trace"
    home.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = environment(home)
    command = traced(trace, "demo", "--no-browser", "--port", str(port))
    log = (tmp_path / "log").open("w")
    server = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=log, stderr=log, start_new_session=True)
    try:
        page = ""
        deadline = time.monotonic() + 120
        while not page and time.monotonic() < deadline:
            assert server.poll() is None, (tmp_path / "log").read_text()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
                    page = answer.read().decode()
            except OSError:
                time.sleep(0.3)
        assert "litquote" in page
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)
        log.close()
    assert reached_outside(trace) == []
    bound = [call for call in trace.read_text(errors="replace").splitlines() if f"htons({port})" in call]
    assert any("bind(" in call for call in bound)
