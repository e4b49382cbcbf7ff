"""The passages that training examples are made of, searchable by words, and the records of an example."""

from __future__ import annotations

import hashlib
import math
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from index.chunks import TokenEncoder, passages
from index.lexical import LexicalIndex, LexicalWriter
from index.sentences import sentences
from index.words import content_terms, terms
from qa import evalsets
from qa.readdata_forms import title_question

Span = tuple[int, int]

#: Texts that share a run of so many words are taken for copies of each other.
RUN = evalsets.SHARED_WORDS
#: Shares of the documents that are shown without their title: of those whose title asks or claims, of others.
UNTITLED_CLAIM, UNTITLED = 0.8, 0.25
#: A passage whose words are more alike than this (Jaccard) repeats the answer.
ALIKE = 0.6


@dataclass(frozen=True, slots=True)
class Source:
    """A document: ``name`` is "set/id"; ``sections`` are (start, label as the set has it), if it has any."""

    name: str
    title: str
    text: str
    sections: tuple[tuple[int, str], ...] = ()


@dataclass(slots=True)
class Passage:
    """A passage of the pool: where it begins in its document, and its sentences (positions in ``text``)."""

    document: str
    start: int
    title: str
    text: str
    sentences: list[Span]


@dataclass(slots=True)
class Row:
    """A passage of an example: by sentence 1 answers, 0 does not, -1 unknown; ``label`` of the whole."""

    passage: int
    labels: list[int]
    label: int
    spans: list[Span] = field(default_factory=list)


@dataclass(slots=True)
class Example:
    """A question and the passages known to answer (``gold``) or from the same paper (``also``).

    ``asked`` is what is searched for, ``question`` what the reader sees. ``documents`` are all that the
    question is about: none of them gives a negative by search, and all share its fold. ``needs`` is a
    pattern without which no sentence can answer; ``strings`` are answers wherever they stand. A ``narrow``
    question could be put of any paper: it gets no passages of others. Of a ``droppable`` one the answer may
    be taken away.
    """

    id: str
    set: str
    kind: str
    asked: str
    question: str
    gold: list[Row]
    also: list[Row]
    documents: frozenset[str]
    needs: re.Pattern[str] | None = None
    strings: tuple[str, ...] = ()
    droppable: bool = True
    narrow: bool = False


def share_of(name: str, salt: str = "") -> float:
    """A number in [0, 1) that ``name`` always gets: decides without a generator's state."""
    digest = hashlib.blake2b(f"{salt}{name}".encode("utf-8", "replace"), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32


def runs(text: str) -> Iterator[str]:
    """Every run of :data:`RUN` words of ``text``, case and punctuation aside."""
    words = re.findall(r"[^\W_]+", text.casefold())
    for n in range(len(words) - RUN + 1):
        yield " ".join(words[n : n + RUN])


@lru_cache(maxsize=1_000_000)
def said(sentence: str) -> frozenset[str]:
    """The index terms of a sentence."""
    return frozenset(terms(sentence))


@lru_cache(maxsize=400_000)
def asked_terms(question: str) -> tuple[str, ...]:
    """The index terms of a question that say what is asked."""
    return tuple(content_terms(question))


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two sentences say nearly the same: words shared over words in all, or one inside the other."""
    if min(len(one), len(other)) < 5:
        return one == other
    shared = len(one & other)
    return shared > ALIKE * len(one | other) or shared > 0.85 * min(len(one), len(other))


class Pool:
    """All passages; ``apart`` are texts none of whose runs of words may occur in it."""

    def __init__(self, encoder: TokenEncoder, apart: Iterable[str] = ()) -> None:
        self.encoder = encoder
        self.all: list[Passage] = []
        self.of: dict[str, list[int]] = {}
        self.sources: dict[str, Source] = {}
        self.sets: dict[str, list[str]] = {}
        self.left_out: list[str] = []
        #: Documents shown without their title: it would give away what was made of it.
        self.untitled: set[str] = set()
        self._apart = {run for text in apart for run in runs(text)}
        self._frequency: dict[str, float] = {}
        self._asked: tuple[str, dict[str, float]] = ("", {})
        self._titles: dict[str, dict[str, list[str]]] = {}
        self._folder: TemporaryDirectory[str] | None = None
        self._index: LexicalIndex | None = None

    def add_set(self, folder: Path, share: float = 1.0) -> None:
        """Cut the documents of a set; of a ``share`` below 1 those that their names choose."""
        marked = {str(r["id"]): _sections(r) for r in evalsets.records(folder, "corpus.jsonl")}
        self.sets.setdefault(folder.name, [])
        for document in evalsets.documents(folder, exclude_kinds=["review paragraph"]):
            name = f"{folder.name}/{document.id}"
            if share_of(name) >= share:
                continue
            text = document.text.content
            if self._apart and not self._apart.isdisjoint(runs(text)):
                self.left_out.append(name)
                continue
            found = passages(document, encoder=self.encoder)
            self.sources[name] = Source(name, document.title, text, marked.get(document.id, ()))
            self.sets[folder.name].append(name)
            if share_of(name, "title") < (
                UNTITLED_CLAIM if title_question(document.title, random.Random(name)) else UNTITLED
            ):
                self.untitled.add(name)
            for one in found:
                spans = [(s - one.start, e - one.start) for s, e in sentences(text, one.start, one.end)]
                self.add(name, one.start, document.title, text[one.start : one.end], spans)

    def add(self, document: str, start: int, title: str, text: str, spans: list[Span]) -> int:
        """Add a passage; returns its place in the pool. Those added after the first search aren't found."""
        self.of.setdefault(document, []).append(len(self.all))
        self.all.append(Passage(document, start, title, text, spans))
        return len(self.all) - 1

    def aside(self, passage: Passage, text: str, spans: list[Span], note: str = "") -> int:
        """Add a changed copy of a passage, which no search finds and no walk over its document meets."""
        self.all.append(Passage(f"{passage.document}{note}", -1, passage.title, text, spans))
        return len(self.all) - 1

    def titled(self, set_name: str, title: str) -> list[str]:
        """The documents of a set that have this title."""
        if set_name not in self._titles:
            found: dict[str, list[str]] = {}
            for name in self.sets.get(set_name, ()):
                found.setdefault(self.sources[name].title.casefold(), []).append(name)
            self._titles[set_name] = found
        return self._titles[set_name].get(title.casefold(), []) if title else []

    def free(self, text: str) -> bool:
        """Whether ``text`` shares no run of words with what is kept apart."""
        return self._apart.isdisjoint(runs(text))

    def sentence(self, index: int, number: int) -> str:
        """The text of a sentence of a passage."""
        passage = self.all[index]
        start, end = passage.sentences[number]
        return passage.text[start:end]

    def lines(self, index: int) -> list[str]:
        """The texts of the sentences of a passage."""
        passage = self.all[index]
        return [passage.text[s:e] for s, e in passage.sentences]

    def _lexical(self) -> LexicalIndex:
        if self._index is None:
            self._folder = TemporaryDirectory(prefix="litquote-", ignore_cleanup_errors=True)
            place = Path(self._folder.name) / "lexical"
            writer = LexicalWriter(place)
            for index, passage in enumerate(self.all):
                writer.add(index, 0, passage.text, passage.title)
            writer.finish()
            self._index = LexicalIndex(place)
        return self._index

    def close(self) -> None:
        """Remove the word index."""
        if self._index is not None:
            self._index.close()
            self._index = None
        if self._folder is not None:
            self._folder.cleanup()

    def search(self, question: str, k: int) -> list[int]:
        """The best ``k`` passages by BM25, best first."""
        return [key for key, _ in self._lexical().search(asked_terms(question), k)]

    def weight(self, term: str) -> float:
        """Inverse document frequency of an index term over the pool."""
        found = self._frequency.get(term)
        if found is None:
            index = self._lexical()
            count = index.document_frequency(term)
            found = self._frequency[term] = math.log(1 + (len(index) - count + 0.5) / (count + 0.5))
        return found

    def coverage(self, question: str, sentence: str) -> float:
        """The share of a question's words, by weight, that a sentence holds: 0 to 1."""
        if self._asked[0] != question:  # many sentences are held against one question
            self._asked = (question, {term: self.weight(term) for term in asked_terms(question)})
        weights = self._asked[1]
        whole = sum(weights.values())
        words = said(sentence)
        return sum(weight for term, weight in weights.items() if term in words) / whole if whole else 0.0


def _sections(record: Mapping[str, Any]) -> tuple[tuple[int, str], ...]:
    return tuple((int(s["start"]), str(s["label"])) for s in record.get("sections") or ())


def spans_of(found: Sequence[evalsets.Span]) -> dict[str, list[Span]]:
    """Positions by document."""
    by: dict[str, list[Span]] = {}
    for span in found:
        if span.start is not None:
            by.setdefault(span.document_id, []).append((span.start, span.start + len(span.text)))
    return by
