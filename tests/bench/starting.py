"""Starting: `litquote ask` from nothing, `import qa`, `litquote serve` to its first byte.

    python tests/bench/starting.py [--rounds 5]

Each is a process of its own, in turns with its baseline; the fastest counts. The library is the seed's.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

import rows
from page import BARE
from rows import ROOT, Row, row

NAME = "start"
QUESTION = "Is there a cure for multiple sclerosis?"
TRANSFORMERS = (
    "import sys; from sentence_transformers import SentenceTransformer; "
    "SentenceTransformer(sys.argv[1], device='cpu', local_files_only=True).encode([sys.argv[2]])"
)
_SETTINGS = {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
#: What is installed has its bytecode beside it; a checkout gets it in the first round.
_ENVIRONMENT = {
    name: value for name, value in {**os.environ, **_SETTINGS}.items() if name != "PYTHONDONTWRITEBYTECODE"
}


def taken(*command: str) -> float:
    """How long a command takes; it must succeed."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True, env=_ENVIRONMENT, cwd=ROOT)
    return time.perf_counter() - began


def first_byte(command: Callable[[int], Sequence[str]]) -> float:
    """Seconds until a server that is started on a free port answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, *command(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=_ENVIRONMENT, cwd=ROOT,
    )  # fmt: skip
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
                    answer.read(1)
                return time.perf_counter() - began
            except OSError:
                if server.poll() is not None:
                    raise SystemExit(f"{command(port)} ended by itself") from None
                time.sleep(0.02)
    finally:
        server.terminate()
        server.wait(30)


def measure(rounds: int = 5) -> list[Row]:
    """The rows, the fastest of ``rounds``."""
    from index.model_files import find_model

    model = str(find_model(None)[1])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        library = str(Path(folder, "library"))
        taken("-m", "qa.cli", "add", "seeds", "--library", library)

        def serve(port: int) -> Sequence[str]:
            return ("-m", "qa.cli", "serve", "--no-browser", "--port", str(port), "--library", library)

        works: dict[str, Callable[[], float]] = {
            "ask": lambda: taken("-m", "qa.cli", "ask", QUESTION, "--library", library),
            "transformers": lambda: taken("-c", TRANSFORMERS, model, QUESTION),
            "import qa": lambda: taken("-c", "import qa"),
            "import numpy": lambda: taken("-c", "import numpy"),
            "serve": lambda: first_byte(serve),
            "bare": lambda: first_byte(lambda port: ("-c", BARE, str(port))),
        }
        best = dict.fromkeys(works, float("inf"))
        for _ in range(rounds):
            for name, work in works.items():
                best[name] = min(best[name], work())

    def line(what: str, ours: str, other: str, against: str, limit: float | None = None) -> Row:
        return row(
            NAME, what, best[ours], "s", against=against, baseline=best[other],
            target="" if limit is None else f"< {limit} s", met=None if limit is None else best[ours] < limit,
        )  # fmt: skip

    return [
        line("`litquote ask`, cold", "ask", "transformers", "sentence-transformers encoding it", 1.2),
        line("`import qa`", "import qa", "import numpy", "`import numpy`", 0.3),
        line("`litquote serve` to the first byte", "serve", "bare", "a bare Gradio page"),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    sys.path.insert(0, str(ROOT))
    print(rows.table(measure(parser.parse_args().rounds)))


if __name__ == "__main__":
    main()
