"""``make bench``: every benchmark that has targets, one table and one JSON with commit and machine.

    python tests/bench/run.py [--only encoding,build] [--quick] [--folder FOLDER] [--json FILE]

Each figure stands beside a baseline measured in the same run, in turns with it, since other work on the
machine would tell otherwise. ``--quick`` takes smaller inputs: a look whether all is well, no figures to
quote.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path
from typing import Any

import rows
from rows import ROOT, Row

sys.path.insert(0, str(ROOT))

#: The benchmarks: module, function, and the smaller inputs of ``--quick``.
BENCHMARKS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "encoding": ("summaries", "encoding", {"count": 100, "rounds": 1}),
    "start": ("starting", "measure", {"rounds": 2}),
    "build": ("building", "measure", {"number": 100, "large": 1000}),
    "search": ("growth", "measure", {"sizes": (1000, 10_000), "questions": 50}),
    "ask": ("summaries", "asking", {"passages": 3000, "count": 10, "shared": 3000, "each": 2}),
}


def main() -> None:
    """Run, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", default=",".join(BENCHMARKS), metavar="NAME,…")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", type=Path, help="keep the large libraries here and use them again")
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "bench.json", metavar="FILE")
    chosen = parser.parse_args()
    names = [name.strip() for name in chosen.only.split(",")]
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.exit(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    found: list[Row] = []
    began = time.perf_counter()
    for name in names:
        started = time.perf_counter()
        module, function, smaller = BENCHMARKS[name]
        given = dict(smaller) if chosen.quick else {}
        if name == "search" and chosen.folder:
            given["folder"] = chosen.folder
        found += getattr(importlib.import_module(module), function)(**given)
        sys.stderr.write(f"{name}: {time.perf_counter() - started:.0f} s\n")
    print(rows.table(found))
    about = rows.machine()
    print(f"\ncommit {rows.commit()}; {about['processor']}, {about['cores']} cores; load {about['load']}")
    rows.written(found, chosen.json, seconds=round(time.perf_counter() - began), quick=chosen.quick)
    print(f"wrote {chosen.json}")


if __name__ == "__main__":
    main()
