"""Real text for the benchmarks: abstracts of ../shared/eval, or the seed's sentences mixed."""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

ABSTRACTS = ROOT.parent / "shared" / "eval" / "abstracts-scale" / "corpus.jsonl.gz"
#: Records in one MEDLINE file, about what PubMed gives on a page.
IN_A_FILE = 100


def abstracts(number: int) -> list[tuple[str, str]]:
    """``number`` pairs of title and abstract; beyond the real ones, their sentences mixed."""
    real = list(islice(_real(), number)) if ABSTRACTS.is_file() else list(_generated(min(number, 2000)))
    return [*real, *islice(_mixed(real), number - len(real))]


def is_real() -> bool:
    """Whether the abstracts are real ones."""
    return ABSTRACTS.is_file()


def _real() -> Iterator[tuple[str, str]]:
    with gzip.open(ABSTRACTS, "rt", encoding="utf-8") as stream:
        for line in stream:
            row = json.loads(line)
            yield " ".join(row["title"].split()), " ".join(row["text"].split())


def _generated(number: int) -> Iterator[tuple[str, str]]:
    """Abstracts of the length of real ones, of the seed document's sentences."""
    from index.sources import reader_for

    path = next(path for path in sorted((ROOT / "seeds").iterdir()) if path.suffix in {".txt", ".html"})
    documents = [one for one in reader_for(path, path.name).read(path, source="", name=path.name)]
    text = " ".join(one.text.content for one in documents if hasattr(one, "text"))
    yield from islice(_mixed([("Seed", text)]), number)


def _mixed(given: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Endlessly, abstracts of seven sentences of several given ones, always the same ones."""
    chance = random.Random(0)
    sentences = [
        one for _, text in given for one in re.split(r"(?<=[.!?])\s+", text) if 30 < len(one) < 400
    ] or ["Nothing is known of it."]
    for number in count():
        body = " ".join(chance.choice(sentences) for _ in range(7))
        yield f"Report {number}: {chance.choice(sentences)[:80].rstrip('.')}", body


def medline(folder: Path, number: int, *, in_a_file: int = IN_A_FILE) -> Path:
    """``number`` abstracts as MEDLINE files in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = abstracts(number)
    for first in range(0, len(rows), in_a_file):
        records = [
            f"PMID- {place}\nTI  - {title}\nAB  - {text}\n"
            for place, (title, text) in enumerate(rows[first : first + in_a_file], first + 1)
        ]
        (folder / f"{first:07}.nbib").write_text("\n".join(records), "utf-8")
    return folder
