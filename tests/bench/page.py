"""How soon the page is painted and answers, beside a bare Gradio page of one field in the same run.

Run from the repository's root; needs Chromium. The library is the demo's seed.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from index.library import Library  # noqa: E402
from tests.browser import answered, browser, served  # noqa: E402

RUNS = 7
BARE = """
import sys, gradio as gr
with gr.Blocks(analytics_enabled=False) as app:
    gr.Textbox(label="Your question")
app.launch(server_port=int(sys.argv[1]), quiet=True, ssr_mode=False)
"""


@contextmanager
def bare(port: int = 7931) -> Iterator[str]:
    """A page with nothing but a field."""
    with subprocess.Popen([sys.executable, "-c", BARE, str(port)], cwd=ROOT) as server:
        address = f"http://127.0.0.1:{port}/"
        while True:
            try:
                urllib.request.urlopen(address, timeout=5).close()
                break
            except OSError:
                time.sleep(0.2)
        try:
            yield address
        finally:
            server.terminate()


def opened(chromium: Any, address: str) -> tuple[float, float]:
    """Milliseconds to the first contentful paint, and until the field can be typed in."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    began = time.perf_counter()
    page.goto(address)
    page.get_by_label("Your question").wait_for()
    ready = 1000 * (time.perf_counter() - began)
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    context.close()
    return float(paint), ready


def asked(chromium: Any, address: str) -> float:
    """Milliseconds from the click to the quotes, of a question not asked before."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(address)
    page.locator(".lq-examples").wait_for()
    page.get_by_label("Your question").fill("Is there a cure for multiple sclerosis?")
    began = time.perf_counter()
    page.get_by_role("button", name="Ask", exact=True).click()
    answered(page, 0)
    took = 1000 * (time.perf_counter() - began)
    context.close()
    return took


def main() -> None:
    """Print the table."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as name, browser() as chromium:
        folder = Path(name)
        with Library.create(folder / "library") as library:
            library.add([ROOT / "seeds"])
        with served(folder, folder / "library") as ours, bare() as plain:
            rows: list[tuple[str, Callable[[], float]]] = [
                ("first paint, bare Gradio page", lambda: opened(chromium, plain)[0]),
                ("first paint", lambda: opened(chromium, ours)[0]),
                ("ready, bare Gradio page", lambda: opened(chromium, plain)[1]),
                ("ready", lambda: opened(chromium, ours)[1]),
                ("click to quotes, demo library", lambda: asked(chromium, ours)),
            ]
            times: dict[str, list[float]] = {words: [] for words, _ in rows}
            for _ in range(RUNS):
                for words, measure in rows:
                    times[words].append(measure())
    for words, found in times.items():
        print(f"{words:32} {statistics.median(found):7.0f} ms (worst {max(found):.0f})")


if __name__ == "__main__":
    main()
