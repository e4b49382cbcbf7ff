"""A served page and a browser for the tests of journeys; screenshots of them where they are asked for."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-quic",
]  # fmt: skip
#: Where ``make screenshots`` wants them.
SCREENSHOTS = os.environ.get("LITQUOTE_SCREENSHOTS")


@contextmanager
def served(
    folder: Path,
    library: Path,
    *options: str,
    slow: float = 0.0,
    settings: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """The page over ``library``, served with ``options``: its address; reading takes ``slow`` seconds longer.

    ``folder`` takes its log and uploads.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tests.slow_page" if slow else "qa.cli", "serve"]
    command += ["--no-browser", "--port", str(port), "--library", str(library), *options]
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "GRADIO_TEMP_DIR": str(folder / "uploads"),
        "LITQUOTE_SLOW": str(slow), **(settings or {}),
    }  # fmt: skip
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 90
            while time.monotonic() < deadline:
                assert server.poll() is None, (folder / "log").read_text("utf-8")
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.2)
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()
            server.wait(timeout=30)
    written = (folder / "log").read_text("utf-8")
    assert "Traceback" not in written, written


@contextmanager
def browser() -> Iterator[Any]:
    """Headless Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@contextmanager
def tab(
    browser: Any, address: str, *, width: int = 1280, height: int = 900, errors: bool = False, **options: Any
) -> Iterator[Any]:
    """A page in a context of its own; at the end, that it asked loopback only and that nothing failed.

    What would leave the machine is blocked as well. With ``errors`` failures of the page are expected.
    """
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    asked: list[str] = []
    failed: list[str] = []

    def guard(route: Any) -> None:
        asked.append(route.request.url)
        route.continue_() if _local(route.request.url) else route.abort()

    context.route("**/*", guard)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("console", lambda message: failed.append(message.text) if message.type == "error" else None)
    page.goto(address)
    page.get_by_label("Your question").wait_for()
    yield page
    context.close()
    assert asked
    assert [url for url in asked if not _local(url)] == []
    assert errors or failed == []


def _local(url: str) -> bool:
    return url.startswith(("data:", "blob:")) or urlsplit(url).hostname in {"127.0.0.1", "localhost"}


def ask(page: Any, question: str) -> Any:
    """Ask, wait for the answer, give its turn."""
    turns = page.locator(".lq-turn").count()
    page.get_by_label("Your question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    return answered(page, turns)


def answered(page: Any, turns: int) -> Any:
    """The turn after ``turns`` others, once it is answered."""
    turn = page.locator(".lq-turn").nth(turns)
    turn.wait_for()
    turn.locator(".lq-count, .lq-missing, .lq-error").first.wait_for()
    return turn


def shot(page: Any, name: str, *, whole: bool = False) -> None:
    """A screenshot, where they are asked for."""
    if SCREENSHOTS:
        page.wait_for_timeout(400)  # what glides or loads
        Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=whole)


def violations(page: Any) -> list[tuple[str, str, list[str]]]:
    """What axe-core finds serious or critical: impact, rule, and the first elements."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        (one["impact"], one["id"], [node["html"][:120] for node in one["nodes"][:3]])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]
