"""Damaged files: each reader gives documents, failures or a SourceError, whatever the bytes.

    python tests/bench/fuzz.py FORMAT [--count N] [--seed N] [--seconds N]

FORMAT is a folder of ../shared/files (``ris``, ``jats``, ``pubmed-xml``, …). Each round takes one of its
files (long ones shortened), damages it (bytes changed, pieces dropped, repeated, moved in from another file,
marks of the format inserted) and gives it to whatever reader recognises it. Printed: the outcomes, the
slowest round, the largest memory, and every exception that is no SourceError.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from index.errors import SourceError
from index.records import Document, Failure
from index.sources import reader_for

FILES = Path(__file__).resolve().parents[3] / "shared" / "files"
_LONGEST = 60_000
MARKS = [
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\n", b"\r", b"\r\n\r\n", b"\t", b"&", b"&#0;", b"&#xD800;",
    b"&lt;", b"<", b">", b"</", b"]]>", b"<![CDATA[", b"<!--", b"<!DOCTYPE a [", b'"', b"'", b"{", b"}",
    b"[", b"]", b",", b"\\", b"\\u", b"\\ud800", b"@article{", b"@string{", b"#", b"%", b"$",
    b"TY  - JOUR\r\n", b"ER  - \r\n", b"PMID- ", b"AB  - ", b"      ", b"<sec>", b"</p>", b"<table>",
    b"<xref rid='x'>", b"<ref-list>", "\u202e\u0301\ud7ff".encode(), b"1. ", b"=" * 40, b"9" * 30, b"-1",
]  # fmt: skip


def damaged(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """``content`` with a few wounds; ``other`` is another file of the format."""
    data = bytearray(content)
    for _ in range(chance.choice([1, 2, 5, 20, 80])):
        place = chance.randrange(len(data) + 1)
        length = chance.choice([1, 4, 40, 400, 4000])
        match chance.randrange(7):
            case 0 if place < len(data):
                data[place] = chance.randrange(256)
            case 1:
                del data[place : place + length]
            case 2:
                data[place:place] = chance.choice(MARKS)
            case 3:
                data[place:place] = chance.choice(MARKS) * chance.choice([2, 30, 500])
            case 4:
                start = chance.randrange(len(data) + 1)
                data[place:place] = data[start : start + length]
            case 5:
                start = chance.randrange(len(other) + 1)
                data[place:place] = other[start : start + length]
            case _ if chance.random() < 0.1:
                del data[place:]
    return bytes(data)


def shortened(content: bytes, chance: random.Random) -> bytes:
    """The beginning of ``content`` and a piece of the rest, so that a round is short."""
    if len(content) <= _LONGEST:
        return content
    start = chance.randrange(_LONGEST // 2, len(content))
    return content[: _LONGEST // 2] + content[start : start + _LONGEST // 2]


def outcome(path: Path) -> str:
    """What the readers make of a file; raises what is no SourceError, and for positions outside the text."""
    try:
        reader = reader_for(path, path.name)
        found = list(reader.read(path, source="0" * 64, name=path.name))
    except SourceError as error:
        assert "please report" not in str(error), str(error)  # a mistake of a reader, caught further out
        return "refused"
    for item in found:
        if isinstance(item, Document):
            length = len(item.text.content)
            assert all(0 <= section.start <= section.end <= length for section in item.sections)
            listed = len(item.references)
            for one in item.citations:
                assert 0 <= one.start < one.end <= length
                assert all(1 <= number <= listed for number in one.reference_numbers)
        else:
            assert isinstance(item, Failure)
    return "documents" if any(isinstance(item, Document) for item in found) else "failures"


def rounds(kind: str, count: int, seed: int, folder: Path, seconds: float = 1e9) -> Counter[str]:
    """``count`` rounds, each by its own seed, in ``folder``; prints what goes wrong."""
    contents = [path.read_bytes() for path in sorted((FILES / kind).iterdir()) if path.is_file()]
    names = [path.name for path in sorted((FILES / kind).iterdir()) if path.is_file()]
    found: Counter[str] = Counter()
    slowest = (0.0, 0)
    started = time.perf_counter()
    for number in range(seed, seed + count):
        if time.perf_counter() - started > seconds:
            break
        chance = random.Random(number)
        which = number % len(contents)
        content = shortened(contents[which], chance)
        path = folder / f"damaged{Path(names[which]).suffix}"
        path.write_bytes(damaged(content, chance.choice(contents)[:_LONGEST], chance))
        began = time.perf_counter()
        try:
            found[outcome(path)] += 1
        except Exception:
            found["WRONG"] += 1
            print(f"seed {number}, {names[which]}")
            traceback.print_exc(limit=-4)
        slowest = max(slowest, (time.perf_counter() - began, number))
    total = time.perf_counter() - started
    print(f"{kind}: {dict(found)}, {total:.0f} s, slowest {slowest[0]:.2f} s (seed {slowest[1]})")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("format")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=1e9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rounds(given.format, given.count, given.seed, Path(folder), given.seconds)
    print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
