"""The chat in a real browser: ask, read the quote, see it in the paper, add a file."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from index.library import Library

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"
)
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-quic",
]  # fmt: skip
STATEMENT = (
    "The authors declare that the research was conducted in the absence of any commercial or financial "
    "relationships that could be construed as a potential conflict of interest."
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, seed: Path) -> Iterator[str]:
    """A served library of the seed, and of a paper whose words would be markup."""
    folder = tmp_path_factory.mktemp("ui")
    tricky = folder / "tricky.txt"
    tricky.write_text(
        "On zebrafish <script>\n\nZebrafish 🐟 & <b>bold</b> fins regrow in {9} ${days} at P < .001. Yes.\n"
    )
    with Library.create(folder / "library") as library:
        library.add([seed, tricky])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "qa.cli", "serve", "--no-browser", "--port", str(port)]
    settings = os.environ | {"LITQUOTE_LIBRARY": str(folder / "library"), "PYTHONPATH": str(ROOT)}
    settings["GRADIO_TEMP_DIR"] = str(folder / "uploads")
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 90
            while time.monotonic() < deadline:
                assert server.poll() is None, (folder / "log").read_text()
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.2)
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()
            server.wait(timeout=20)


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: object, address: str) -> Iterator[object]:
    """A fresh page; at the end, that it asked loopback only and that nothing of ours failed."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    asked: list[str] = []
    failed: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("console", lambda message: failed.append(message.text) if message.type == "error" else None)
    page.goto(address)
    page.get_by_label("Your question").wait_for()
    yield page
    context.close()
    hosts = {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts <= {"127.0.0.1", "localhost"}
    assert failed == []


def ask(page: object, question: str) -> None:
    turns = page.locator(".lq-turn").count()
    page.get_by_label("Your question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.locator(".lq-turn").nth(turns).wait_for()
    page.locator(".lq-pending").wait_for(state="detached")


def test_a_question_is_answered_with_the_quote_and_its_place_in_the_paper(page: object) -> None:
    ask(page, "Did the authors declare a conflict of interest?")
    card = page.locator(".lq-card").first
    focus = card.locator("blockquote mark").inner_text()
    assert "in the absence of any commercial or financial relationships" in focus and focus in STATEMENT
    assert "Wu et al. 2024" in card.inner_text()
    assert "Conflict of interest statement" in card.locator(".lq-where").inner_text()
    assert "likely 0." in card.locator(".lq-confidence").inner_text()
    page.get_by_role("button", name="Show quote 1 in Wu et al. 2024").click()
    marked = page.locator(".lq-panel mark")
    marked.first.wait_for()
    assert "".join(marked.all_inner_texts()) in (focus, STATEMENT)
    panel, mark = page.locator(".lq-panel").bounding_box(), marked.first.bounding_box()
    assert panel["y"] <= mark["y"] < panel["y"] + panel["height"]


def test_a_follow_up_is_completed_and_can_be_asked_as_it_stands(page: object) -> None:
    ask(page, "Do zebrafish fins regrow?")
    ask(page, "And in winter?")
    shown = page.locator(".lq-turn").last
    assert shown.locator(".lq-completed").inner_text() == "Searched for: Do zebrafish fins regrow in winter?"
    page.get_by_label("Complete follow-up questions").uncheck()
    ask(page, "And in winter?")
    assert page.locator(".lq-turn").last.locator(".lq-completed").count() == 0


def test_what_is_not_there_is_not_found(page: object) -> None:
    ask(page, "Who won the 1998 World Cup?")
    assert page.locator(".lq-missing").inner_text() == "Not found in your library."
    assert page.locator(".lq-turn").last.locator("details .lq-card").count() == 3
    assert not page.locator(".lq-turn").last.locator("details").evaluate("node => node.open")


def test_words_that_look_like_markup_reach_the_reader_as_they_stand(page: object) -> None:
    ask(page, "Do zebrafish fins regrow?")
    quote = page.locator(".lq-card blockquote").first.inner_text()
    assert quote == "Zebrafish 🐟 & <b>bold</b> fins regrow in {9} ${days} at P < .001."
    page.locator(".lq-chip").first.click()
    page.locator(".lq-panel mark").first.wait_for()
    shown = "".join(page.locator(".lq-panel mark").all_inner_texts())
    assert shown == "Zebrafish 🐟 & <b>bold</b> fins regrow in {9} ${days} at P < .001."


def test_an_example_question_is_one_click_away_and_is_answered(page: object) -> None:
    examples = page.locator("[data-ask]")
    examples.first.wait_for()
    assert examples.count() >= 2
    asked = examples.first.inner_text()
    examples.first.click()
    page.locator(".lq-card").first.wait_for()
    assert page.locator("h2.lq-question").inner_text() == asked


def test_an_uploaded_file_is_added_reported_and_answers(page: object, tmp_path: Path) -> None:
    good, bad = tmp_path / "axolotl.txt", tmp_path / "scan.pdf"
    good.write_text("On axolotls\n\nAxolotls regrow whole legs within ninety days.\n")
    bad.write_bytes(b"%PDF-1.7\n\x00\x01\x02")
    page.get_by_role("tab", name="Sources").click()
    with page.expect_file_chooser() as chooser:
        page.locator("#lq-upload").click()
    chooser.value.set_files([good, bad])
    report = page.get_by_role("status", name="What was added")
    report.wait_for()
    assert "Added (1)" in report.inner_text()
    assert "On axolotls" in report.inner_text()
    assert "scan.pdf" in report.inner_text()
    assert "PDF" in report.inner_text()
    page.locator(".lq-sources").get_by_text("On axolotls").wait_for()
    ask(page, "How fast do axolotls regrow legs?")
    assert (
        "Axolotls regrow whole legs within ninety days."
        in page.locator(".lq-card blockquote").first.inner_text()
    )


def test_the_page_works_on_a_phone_without_sideways_scrolling(browser: object, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(address)
    page.get_by_label("Your question").wait_for()
    ask(page, "Is there a cure for multiple sclerosis?")
    assert "a cure remains elusive" in page.locator(".lq-card blockquote").first.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
