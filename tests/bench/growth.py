"""Search and growth: what :mod:`search` measures from 1,000 to 1,000,000 passages, as rows with targets.

    python tests/bench/growth.py [--sizes 1000,10000,100000,1000000] [--folder FOLDER]

For each size the search stands beside the bare parts it is made of, and beside comparing every vector; then
how time, memory and disk grow, as the exponent of a power law fitted to the sizes (1: in step with the number
of passages, 0: not at all).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rows
import search
from rows import Row, row

#: What the largest library must reach, and from how many passages on.
LARGE = 1_000_000


def measure(
    sizes: Sequence[int] = search.SIZES, folder: Path | None = None, questions: int = search.QUESTIONS
) -> list[Row]:
    """The rows; libraries are kept in ``folder`` where one is given."""

    def say(line: str) -> None:
        sys.stderr.write(f"{line[:200]}\n")

    found = search.measure(sizes, folder, questions=questions, say=say)
    made = [one for size in found["search"] for one in _of(size)]
    return [*made, *_rebuilt(found), *_growth(found["search"])]


def _of(one: dict[str, Any]) -> list[Row]:
    size = one["passages"]
    large = size >= LARGE
    at = f"at {size:,} passages"
    every, flat = one["search_all"], one["faiss_flat"]
    parts = flat["p50"] + one["tantivy_bare"]["p50"]
    found = [
        row(
            "search", f"p50 {at}", every["p50"], "ms", against="exact FAISS + bare tantivy", baseline=parts,
            target="< 10 ms" if large else "", met=every["p50"] < 10 if large else None,
            note=f"{', '.join(sorted(set(one['kinds'])))}; p95 {every['p95']}",
        ),
        row(
            "search", f"p99 {at}", every["p99"], "ms", against="exact FAISS, p99", baseline=flat["p99"],
            target="< 40 ms" if large else "", met=every["p99"] < 40 if large else None,
        ),
    ]  # fmt: skip
    for name, words in (("broad", "years"), ("narrow", "journal")):
        one_filter = one[f"search_{name}"]
        found.append(row(
            "search", f"p50 {at}, filtered by {words}", one_filter["p50"], "ms", against="not filtered",
            baseline=every["p50"], note=f"{one_filter['share']:.1%} left; p99 {one_filter['p99']}",
        ))  # fmt: skip
    many = one["search_all_8_threads"]
    found.append(row(
        "search", f"searches a second {at}, eight threads", many["per_s"], "/s", against="one thread",
        baseline=every["per_s"], note=f"p50 {many['p50']}, p99 {many['p99']} ms",
    ))  # fmt: skip
    for name in ("all", "broad", "narrow"):
        recall = one[f"recall_{name}"]
        found.append(row(
            "search", f"recall@20 {at}, {name}", recall, "", against="exact", baseline=1.0, target=">= 0.98",
            met=recall >= 0.98,
        ))  # fmt: skip
    if "resident_mb" in one:
        vectors = size * 384 * 4 / 2**20
        found.append(row(
            "search", f"resident memory {at}", one["resident_mb"], "MiB", against="its vectors in 32 bits",
            baseline=vectors, target="< 1,229 MiB" if large else "",
            met=one["resident_mb"] < 1.2 * 1024 if large else None,
            note=f"{one['anonymous_mb']} not of files; with encoder and model",
        ))  # fmt: skip
    for name, words in (("add_one_s", "adding one abstract"), ("remove_one_s", "removing one")):
        limit = 5.0 if large else 1.0
        found.append(row(
            "build", f"{words} {at}", one[name], "s", target=f"< {limit:.0f} s", met=one[name] < limit
        ))  # fmt: skip
    return found


def _rebuilt(found: dict[str, Any]) -> list[Row]:
    seconds, papers = found["rebuild_unchanged_s"], found["unchanged_documents"]
    return [row(
        "build", f"rebuild with nothing changed, {papers:,} papers", seconds, "s", target="< 3 s",
        met=seconds < 3,
    )]  # fmt: skip


def _growth(sizes: Sequence[dict[str, Any]]) -> list[Row]:
    """Exponents over the sizes that there are."""
    if len(sizes) < 2:
        return []
    told = (
        ("search p50", lambda one: one["search_all"]["p50"]),
        ("exact FAISS p50", lambda one: one["faiss_flat"]["p50"]),
        ("resident memory", lambda one: one.get("resident_mb")),
        ("disk", lambda one: one["disk_mb"]),
        ("building without encoding", lambda one: one["build_s"] if one["build_s"] > 1 else None),
    )
    found = []
    for name, figure in told:
        points = [(one["passages"], value) for one in sizes if (value := figure(one))]
        if len(points) < 2:
            continue
        x, y = np.log([size for size, _ in points]), np.log([value for _, value in points])
        slope = float(np.polyfit(x, y, 1)[0])
        shown = ", ".join(f"{value:.3g}" for _, value in points)
        found.append(row("growth", f"{name}: exponent", slope, "", note=f"{shown}"))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", default=",".join(map(str, search.SIZES)))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--questions", type=int, default=search.QUESTIONS)
    chosen = parser.parse_args()
    sizes = [int(size) for size in chosen.sizes.split(",")]
    found = measure(sizes, chosen.folder, chosen.questions)
    print(rows.table(found))
    print(json.dumps(rows.machine()["load"]))


if __name__ == "__main__":
    main()
