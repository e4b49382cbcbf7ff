"""A corpus of any size out of a few thousand real abstracts: real sentences mixed, and real vectors.

A made paper takes after two or three real ones that are near each other: its passages interleave their
sentences, and a passage's vector is the convex sum of the vectors of the passages it was mixed from, brought
to unit length. So words keep their frequencies, vectors their clusters, and nothing needs encoding but the
real passages, once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from pathlib import Path

import numpy as np
import sets
from numpy.typing import NDArray

from index.chunks import passages, sentences
from index.encoded import encoded_name
from index.encoders import Encoder
from index.library import Library
from index.records import Document, Passage, Reference, Section, Source, Text
from qa import evalsets

NEAR = 8
JOURNALS = 200
#: Without the evaluation sets words are drawn from so many, by Zipf's law.
_WORDS = 20_000


@dataclass(frozen=True, slots=True)
class Paper:
    """A real paper: its title, the sentences of each of its passages, and the rows of their vectors."""

    title: str
    passages: tuple[tuple[str, ...], ...]
    first: int


class Corpus:
    """``papers`` real papers; ``vectors`` (n, d) are those of their passages."""

    def __init__(self, papers: list[Paper], vectors: NDArray[np.float32]) -> None:
        self.papers, self.vectors = papers, vectors
        means = np.stack([vectors[p.first : p.first + len(p.passages)].mean(0) for p in papers])
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        #: For each paper those nearest to it, itself left out.
        self._near = np.empty((len(papers), min(NEAR, len(papers) - 1)), np.int64)
        for start in range(0, len(papers), 1024):
            scores = means[start : start + 1024] @ means.T
            scores[np.arange(len(scores)), np.arange(start, start + len(scores))] = -2
            self._near[start : start + 1024] = np.argsort(-scores, axis=1)[:, : self._near.shape[1]]

    @classmethod
    def load(cls, folder: Path, encoder: Encoder, *, count: int = 3000) -> Corpus:
        """The passages of ``count`` real abstracts, encoded once; what is encoded is kept in ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"{encoder.fingerprint[:8]}-{count}"
        texts, rows = folder / f"papers-{stem}.json", folder / f"vectors-{stem}.npy"
        if not (texts.exists() and rows.exists()):
            read = [_read(document, encoder) for document in islice(_real(), count)]
            strings = [f"{title}. {' '.join(one)}" for title, parts in read for one in parts]
            np.save(rows, encoder.encode(strings))
            texts.write_text(json.dumps(read), "utf-8")
        papers, first = [], 0
        for title, parts in json.loads(texts.read_text("utf-8")):
            papers.append(Paper(title, tuple(map(tuple, parts)), first))
            first += len(parts)
        return cls(papers, np.load(rows))

    def documents(self, *, seed: int = 0) -> Iterator[tuple[Document, list[Passage], NDArray[np.float32]]]:
        """Made papers without end, each with its passages and their vectors."""
        chance = np.random.default_rng(seed)
        number = 0
        while True:
            for place in chance.permutation(len(self.papers)):
                number += 1
                near = chance.choice(self._near[place], size=int(chance.integers(1, 3)), replace=False)
                sources = [self.papers[int(one)] for one in (place, *near)]
                yield self._made(number, sources, chance)

    def _made(
        self, number: int, sources: list[Paper], chance: np.random.Generator
    ) -> tuple[Document, list[Passage], NDArray[np.float32]]:
        first = sources[0]
        mixed, vectors = [], np.empty((len(first.passages), self.vectors.shape[1]), np.float32)
        for place in range(len(first.passages)):
            shares = chance.dirichlet(np.ones(len(sources)))
            rows = [one.first + place % len(one.passages) for one in sources]
            vector = shares.astype(np.float32) @ self.vectors[rows]
            vectors[place] = vector / np.linalg.norm(vector)
            parts = [one.passages[place % len(one.passages)] for one in sources]
            kept = [
                part[: max(1, round(len(part) * share))] for part, share in zip(parts, shares, strict=True)
            ]
            mixed.append(" ".join(one for one in chain(*zip_longest(*kept)) if one))
        content = " ".join(mixed)
        name = f"made:{number}"
        text = Text.of(content, source=f"{number:064x}", extractor="made/1")
        title = sources[int(chance.integers(len(sources)))].title
        reference = Reference(
            title=title,
            year=int(1990 + 35 * np.sqrt(chance.random())),
            journal=f"Journal {int(JOURNALS * chance.random() ** 2)}",
        )
        section = Section(0, len(content), "abstract")
        document = Document(name, text, title, reference, (section,), aliases=(name,))
        found, start = [], 0
        for one in mixed:
            found.append(Passage(name, text.sha256, start, start + len(one), "abstract"))
            start += len(one) + 1
        return document, found, vectors


def fill(library: Library, corpus: Corpus, count: int, *, segment: int = 200_000) -> None:
    """Write made papers of ``count`` passages in segments of ``segment``, the size that merging leaves."""
    with library._write() as session:
        session._roll_at = segment
        for document, found, vectors in corpus.documents():
            target = session._target()
            first = target.records.passage_count
            names = [encoded_name(f"{document.id} {n}") for n in range(len(found))]
            row = target.records.add(document, (document,), found, names)
            target.add_vectors(vectors)
            strings = [document.text.content[one.start : one.end] for one in found]
            session._lexical.writer().add_document(target.number, row, first, strings, document)
            source = Source(f"made:{document.id}", document.text.source, 0, 0, "made/1", (document.id,))
            session.write_source(source)
            session.documents += 1
            session.passages += len(found)
            if target.records.passage_count >= segment:
                session._roll()
            if session.passages >= count:
                return


def _read(document: Document, encoder: Encoder) -> tuple[str, list[list[str]]]:
    """The title of a document, and the sentences of each of its passages."""
    content = document.text.content
    parts = []
    for one in passages(document, encoder=encoder):
        text = content[one.start : one.end]
        parts.append([text[start:end] for start, end in sentences(text)])
    return document.title, parts


def _real() -> Iterator[Document]:
    if (sets.SETS / "abstracts-scale").is_dir():
        yield from evalsets.documents(sets.SETS / "abstracts-scale")
        return
    chance = np.random.default_rng(0)
    words = [f"w{number}" for number in range(_WORDS)]
    while True:
        topic = chance.permutation(_WORDS)[:400]
        said = [
            " ".join(words[topic[min(int(rank), 399)]] for rank in chance.zipf(1.3, size=14)).capitalize()
            for _ in range(9)
        ]
        text = Text.of(". ".join(said) + ".", source="generated", extractor="made/1")
        sections = (Section(0, len(text.content), "abstract"),)
        yield Document(f"generated:{topic[0]}", text, said[0], Reference(title=said[0]), sections)
