"""Building: how much of it is encoding, and how much memory it takes.

    python tests/bench/building.py [--abstracts 1000] [--large 10000]

A build is a process of its own, from MEDLINE files to the published generation. The baseline is the encoding
of the very same strings by the bare encoder, in a process of its own in the same run: a build that does
nothing else in its own time takes no longer.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import abstracts
import rows
from rows import Row, row

NAME = "build"

#: Builds a library, or encodes the strings that a build encoded, and says how long what took.
_CHILD = """
import json, resource, sys, threading, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from index.encoders import HashingEncoder, load_encoder
what, files, place, strings, name = sys.argv[2:7]
encoder = HashingEncoder(384) if name == "hashing" else load_encoder()
spent, kept = [0.0], []
bare = encoder.encode
def encode(texts):
    began = time.perf_counter()
    found = bare(texts)
    spent[0] += time.perf_counter() - began
    if strings:
        kept.extend(texts)
    return found
if what == "encode":
    texts = json.loads(Path(strings).read_text("utf-8"))
    strings = ""
    encode(texts)
else:
    from index.library import Library
    encoder.encode = encode
    with Library.create(place, encoder=encoder, reader="none") as library:
        library.add([files])
        passages = library.passage_count
    if strings:
        Path(strings).write_text(json.dumps(kept), "utf-8")
try:  # since this program began; getrusage counts what its parent held before
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
except OSError:
    kilo = 1024 * 1024 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / kilo
print(json.dumps({"encoding": spent[0], "peak": peak, "passages": locals().get("passages", 0)}))
"""


def child(what: str, files: Path, place: Path, strings: Path | str = "", encoder: str = "") -> dict[str, Any]:
    """What a process of its own says, and under ``"whole"`` how many seconds it took from start to end."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(rows.ROOT), what, str(files), str(place), str(strings), encoder],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    whole = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(done.stderr)
    return {**json.loads(done.stdout.splitlines()[-1]), "whole": whole}


def measure(number: int = 1000, large: int = 10_000) -> list[Row]:
    """The rows; ``number`` abstracts are built with the model, ``large`` ones with hashed words."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        return [*_encoding(folder, number), *_memory(folder, large)]


def _encoding(folder: Path, number: int) -> list[Row]:
    files, strings = abstracts.medline(folder / "files", number), folder / "strings.json"
    child("build", files, folder / "warm", strings)
    built, bare = [], []
    for turn in range(2):  # in turns, the faster counts
        built.append(child("build", files, folder / f"built{turn}"))
        bare.append(child("encode", files, folder, strings))
    best = min(built, key=lambda one: one["whole"])
    alone = min(bare, key=lambda one: one["encoding"])["encoding"]
    share = alone / best["whole"]
    return [
        row(
            NAME, f"{number:,} abstracts, {best['passages']:,} passages, whole process", best["whole"], "s",
            against="encoding alone", baseline=alone, ratio=share, target=">= 0.85 of it encoding",
            met=share >= 0.85,
            note=f"{best['passages'] / best['whole']:.0f} passages/s",
        )
    ]  # fmt: skip


def _memory(folder: Path, large: int) -> list[Row]:
    found = []
    for share in (4, 1):
        files = abstracts.medline(folder / f"files-{share}", large // share)
        one = child("build", files, folder / f"large-{share}", encoder="hashing")
        found.append((large // share, one))
    (fewer, small), (more, big) = found
    index = big["passages"] * 384 * 4 / 2**20  # the vectors, which building the FAISS index reads
    return [
        row(
            NAME, f"peak memory of a build of {more:,} abstracts", big["peak"], "MiB",
            against=f"of {fewer:,}", baseline=small["peak"],
            note=f"{big['passages']:,} passages without a model; their vectors are {index:.0f} MiB",
        )
    ]  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--abstracts", type=int, default=1000)
    parser.add_argument("--large", type=int, default=10_000)
    chosen = parser.parse_args()
    print(rows.table(measure(chosen.abstracts, chosen.large)))
    print(f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "")


if __name__ == "__main__":
    main()
