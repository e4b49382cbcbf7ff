"""What building in parts costs and gains: local, by shards, by two workers of a Ray cluster, merging alone.

    python tests/bench/shards.py [ABSTRACTS]

The sources are that many abstracts (:mod:`abstracts`), 50 to a MEDLINE file.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import abstracts  # noqa: E402

from index import ray_build, shard_plan  # noqa: E402
from index.encoders import load_encoder  # noqa: E402
from index.library import Library  # noqa: E402
from index.manifest import Settings  # noqa: E402
from index.paths import find  # noqa: E402
from index.prepared import Prepared, shard_folders  # noqa: E402
from index.shard_build import Job, build, plan_of, slice_of  # noqa: E402
from index.shards import recipe_of  # noqa: E402

PARTS = 4


def main() -> None:
    """Print a line for each way."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    encoder = load_encoder()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        abstracts.medline(work / "files", count, in_a_file=50)
        files, _ = find([work / "files"])
        started = time.perf_counter()
        with Library.create(work / "local", encoder=encoder, reader="none") as library:
            library.add([work / "files"])
            passages = library.passage_count
        local = time.perf_counter() - started
        print(f"{count:,} abstracts, {passages:,} passages, {os.cpu_count()} cores, {encoder.precision}")
        print(f"local add           {local:7.1f} s")

        plan = plan_of(slice_of(files, 1, 1), (), PARTS)
        started = time.perf_counter()
        for part in range(1, PARTS + 1):
            place = str(work / "out" / f"shard-{part}")
            build(
                Job(place, slice_of(files, part, PARTS), recipe_of(encoder, Settings()), plan, part, PARTS),
                encoder,
            )
        print(f"{PARTS} shards in turn   {time.perf_counter() - started:7.1f} s")
        started = time.perf_counter()
        with (
            Prepared(shard_folders([work / "out"])) as prepared,
            Library.create(work / "published", encoder=encoder, reader="none") as library,
        ):
            library.publish(prepared)
        merged = time.perf_counter() - started
        share = f"{merged / local:.0%} of local, {passages / merged:,.0f} passages/s"
        print(f"publishing them     {merged:7.1f} s   {share}")

        if importlib.util.find_spec("ray") is None:
            print("two Ray workers     Ray is not installed")
            return
        with Library.create(work / "cluster", encoder=encoder, reader="none") as library:
            shard_plan.MOST_BYTES = 300_000
            started = time.perf_counter()
            ray_build.rebuild(library, [work / "files"], encoder=encoder)
            whole = time.perf_counter() - started
        print(f"two Ray workers     {whole:7.1f} s   Ray's own start and stop included")


if __name__ == "__main__":
    main()
