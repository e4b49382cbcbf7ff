"""How long `litquote ask` takes from nothing, beside a question encoded by sentence-transformers.

Both start a process of their own, in turns; the fastest of five counts. The library is the seed's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "Is there a cure for multiple sclerosis?"
BASELINE = (
    "import sys; from sentence_transformers import SentenceTransformer; "
    "SentenceTransformer(sys.argv[1]).encode(['Is there a cure for multiple sclerosis?'])"
)


def seconds(*command: str) -> float:
    """How long a command takes; it must succeed."""
    settings = os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    started = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True, env=settings, cwd=ROOT)
    return time.perf_counter() - started


def main() -> None:
    """Print both times and their ratio."""
    sys.path.insert(0, str(ROOT))
    from index.model_files import find_model

    with tempfile.TemporaryDirectory() as folder:
        place = ("--library", str(Path(folder) / "library"))
        seconds("-m", "qa.cli", "add", "seeds", *place)
        ask, baseline, empty = [], [], []
        for _ in range(5):
            ask.append(seconds("-m", "qa.cli", "ask", QUESTION, *place))
            baseline.append(seconds("-c", BASELINE, str(find_model(None)[1])))
            empty.append(seconds("-c", "import numpy"))
    print(f"litquote ask {min(ask):.2f} s, sentence-transformers alone {min(baseline):.2f} s: ratio ", end="")
    print(f"{min(ask) / min(baseline):.3f} (import numpy alone {min(empty):.2f} s)")


if __name__ == "__main__":
    main()
