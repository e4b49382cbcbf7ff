"""Evaluation sets as libraries: each document of ``corpus.jsonl`` becomes one section of text."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from index.encoders import Encoder, load_encoder  # noqa: E402
from index.library import Library  # noqa: E402
from index.records import Document, Reference, Section, Text  # noqa: E402

SETS = ROOT.parent / "shared" / "eval"


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a ``.jsonl`` file, or of its ``.jsonl.gz``."""
    packed = path.with_name(path.name + ".gz")
    with (
        gzip.open(packed, "rt", encoding="utf-8")
        if packed.exists()
        else path.open(encoding="utf-8") as stream
    ):
        for line in stream:
            yield json.loads(line)


def documents(name: str) -> Iterator[Document]:
    """The corpus of a set; positions in a document are positions in the set's own ``text``."""
    for record in lines(SETS / name / "corpus.jsonl"):
        text = Text.of(record["text"], source=f"{name}/{record['id']}", extractor="bench/1")
        sections = (Section(0, len(text.content), "abstract"),)
        reference = Reference(title=record["title"])
        yield Document(record["id"], text, record["title"], reference, sections, aliases=(record["id"],))


def questions(name: str) -> list[dict[str, Any]]:
    """The questions of a set."""
    return list(lines(SETS / name / "questions.jsonl"))


def library_of(folder: Path, *names: str, encoder: Encoder | None = None) -> Library:
    """A library of the corpora of some sets, built unless it is there."""
    library = Library.create(folder / "+".join(names), encoder=encoder or load_encoder())
    if len(library) == 0:
        with library._write() as session:  # documents without a file: for measuring only
            for name in names:
                for document in documents(name):
                    session.write([document], document.id)
    return library
