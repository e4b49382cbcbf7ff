"""What building in parts costs and gains: local, by shards, by two workers of a Ray cluster, merging alone.

    python tests/bench/shards.py [ABSTRACTS]

The sources are that many abstracts of ../shared/eval/abstracts-scale, 50 to a MEDLINE file.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from index import ray_build, shard_plan  # noqa: E402
from index.encoders import load_encoder  # noqa: E402
from index.library import Library  # noqa: E402
from index.manifest import Settings  # noqa: E402
from index.paths import find  # noqa: E402
from index.prepared import Prepared, shard_folders  # noqa: E402
from index.shard_build import Job, build, plan_of, slice_of  # noqa: E402
from index.shards import recipe_of  # noqa: E402

CORPUS = ROOT.parent / "shared" / "eval" / "abstracts-scale" / "corpus.jsonl.gz"
PARTS = 4


def write(folder: Path, count: int) -> None:
    """The abstracts as MEDLINE files."""
    with gzip.open(CORPUS, "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in islice(stream, count)]
    folder.mkdir()
    for first in range(0, len(rows), 50):
        records = []
        for place, row in enumerate(rows[first : first + 50], first + 1):
            title, abstract = (" ".join(row[name].split()) for name in ("title", "text"))
            records.append(f"PMID- {place}\nTI  - {title}\nAB  - {abstract}\n")
        (folder / f"{first:06}.nbib").write_text("\n".join(records), "utf-8")


def main() -> None:
    """Print a line for each way."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    if not CORPUS.is_file():
        print(f"{CORPUS} is not on this machine")
        return
    encoder = load_encoder()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        write(work / "files", count)
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
