"""tantivy: BM25 over the passages (Robertson and Zaragoza 2009), one index for a whole generation.

A passage is known by its key: segment number and row in one 64-bit number, so that what is found
here is found at once in the segment.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from index.errors import LibraryDamaged

_MUTABLE = {"meta.json", ".managed.json"}
_HEAP_BYTES = 64_000_000
_WORD = re.compile(r"\w+")
_COMPOUND = re.compile(r"[^\W_]+(?:[-\u2010-\u2015/][^\W_]+)*")
_RUN = re.compile(r"[^\W\d_]+|\d+")
_TOKEN = re.compile(r"[^\W_]+")
#: A word of more Greek letters is a Greek word, not a name like TNFα.
_GREEK = 3
#: A longer compound of plain words is as well known by its parts.
_JOINED = 12
#: BM25 as tantivy has it.
K1 = 1.2

#: English function words and question words: they say nothing about what is asked.
STOPWORDS = frozenset(
    """
    a about above after again against all also am an and any are as at be because been before being
    below between both but by can could did do does doing down during each either few for from further
    had has have having he her here hers him his how however i if in into is it its itself just may me
    might more most must my no nor not of off on once only onto or other our ours out over own per same
    shall she should so some such than that the their theirs them then there these they this those
    through to too under until up upon us very was we were what when where whether which while who whom
    whose why will with within without would you your yours
    """.split()  # noqa: SIM905  read as prose
)


def key_of(segment: int, row: int) -> int:
    """One number for a row of a segment."""
    return segment << 32 | row


def segment_and_row(key: int) -> tuple[int, int]:
    """The inverse of :func:`key_of`."""
    return key >> 32, key & 0xFFFFFFFF


@lru_cache(maxsize=1)
def _analyzer() -> Any:
    import tantivy

    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(64))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


def terms(text: str) -> list[str]:
    """The index terms of ``text`` in order: words in lower case, English stems, function words kept."""
    found: list[str] = _analyzer().analyze(text)
    return found


def content_terms(question: str) -> list[str]:
    """The distinct index terms of a question that say what is asked, in order of appearance.

    A question of function words only keeps them all, so that it can still be searched.
    """
    words = [word for word in _WORD.findall(question) if word.casefold() not in STOPWORDS]
    said = " ".join(words) or question.encode("utf-8", "replace").decode()
    return list(dict.fromkeys(terms(said)))


@lru_cache(maxsize=4096)
def _greek(letter: str) -> str:
    """The name of a Greek letter (or micro sign, or math letter): ``α`` -> ``alpha``; else ``""``."""
    if letter.isascii():
        return ""
    plain = unicodedata.normalize("NFKC", letter).casefold()
    name = unicodedata.name(plain[0], "").split()
    if name[:1] != ["GREEK"] or "LETTER" not in name[:-1]:
        return ""
    return name[name.index("LETTER") + 1].casefold().replace("lamda", "lambda")


def _spelt(word: str) -> str:
    """``word`` with its Greek letters by their names, unless it is a Greek word."""
    names = [_greek(letter) for letter in word]
    if not 0 < sum(map(bool, names)) <= _GREEK:
        return word
    return "".join(f" {name} " if name else letter for name, letter in zip(names, word, strict=True))


def variants(text: str) -> list[str]:
    """Other spellings of the words of ``text`` that are written in several ways, as index words.

    ``IL-6`` and ``IL6`` meet in ``il6``, ``TNF-α``, ``TNFα`` and ``TNF-alpha`` in ``tnfalpha``, ``25mg`` and
    ``25 mg`` in their parts.
    """
    found: dict[str, None] = {}
    for word in _COMPOUND.findall(text):
        if word.isalpha() and word.isascii():
            continue
        spelt = _spelt(word)
        if spelt == word and (word.isalpha() or word.isdigit()):
            continue
        parts = [run.casefold() for run in _RUN.findall(spelt)]
        joined = "".join(parts)
        if len(joined) <= _JOINED or spelt != word or not joined.isalpha():
            found[joined] = None
        found.update(dict.fromkeys(parts))
    if not found:
        return []
    said = {word.casefold() for word in _WORD.findall(text)}
    return [word for word in found if word not in said]


def search_terms(question: str) -> list[str]:
    """The index terms to search ``question`` by: :func:`content_terms` and other spellings of its words."""
    return list(dict.fromkeys([*content_terms(question), *terms(" ".join(variants(question)))]))


def idf(frequency: int, count: int) -> float:
    """Inverse document frequency as BM25 in Lucene has it: ``ln(1 + (N - n + 0.5) / (n + 0.5))``."""
    frequency = min(frequency, count)
    return math.log(1 + (count - frequency + 0.5) / (frequency + 0.5))


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("key", stored=False, indexed=False, fast=True)
    builder.add_unsigned_field("document", stored=False, indexed=True, fast=False)
    # What the passage says, for the frequency of words; what it is searched by, see LexicalWriter.add.
    builder.add_text_field("body", stored=False, tokenizer_name="litquote", index_option="basic")
    builder.add_text_field("words", stored=False, tokenizer_name="litquote", index_option="freq")
    return builder.build()


def link_folder(old: Path, new: Path) -> None:
    """Start ``new`` from ``old``: immutable files are linked (copied where links don't exist)."""
    new.mkdir(parents=True)
    for path in sorted(old.iterdir()):
        if path.name.endswith(".lock"):
            continue
        target = new / path.name
        if path.name in _MUTABLE:
            shutil.copyfile(path, target)
            continue
        try:
            os.link(path, target)
        except OSError:
            shutil.copyfile(path, target)


class LexicalWriter:
    """Adds to and deletes from the index in a folder not published yet."""

    def __init__(self, folder: Path) -> None:
        import tantivy

        folder.mkdir(parents=True, exist_ok=True)
        self._index = tantivy.Index(_schema(), path=str(folder), reuse=True)
        self._index.register_tokenizer("litquote", _analyzer())
        # One thread keeps the order of documents, hence ties, the same in every build.
        self._writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)

    def add(self, key: int, document: int, body: str, title: str) -> None:
        """Add a passage; ``document`` is the key of its document row.

        It is searched by its words, their other spellings, and the words of the title that it lacks: so a
        passage counts as being about its paper's subject, but no title word counts twice.
        """
        import tantivy

        said = set(terms(body))
        missing = []
        for word in _TOKEN.findall(title):
            if said.isdisjoint(stems := terms(word)):
                missing.append(word)
                said.update(stems)
        entry = tantivy.Document()
        entry.add_unsigned("key", key)
        entry.add_unsigned("document", document)
        entry.add_text("body", body)
        entry.add_text("words", " ".join((body, *missing, *variants(f"{body}\n{title}"))))
        self._writer.add_document(entry)

    def add_document(self, segment: int, row: int, first: int, bodies: Iterable[str], title: str) -> None:
        """Add the passages of a document row of a segment; ``first`` is the row of the first of them."""
        for passage, body in enumerate(bodies, first):
            self.add(key_of(segment, passage), key_of(segment, row), body, title)

    def delete_document(self, document: int) -> None:
        """Delete the passages of a document row, those added before in this session too."""
        import tantivy

        # By query: delete_documents_by_term takes the number for a signed one and finds nothing (0.27).
        query = tantivy.Query.term_query(self._index.schema, "document", document)
        self._writer.delete_documents_by_query(query)

    def finish(self) -> None:
        """Commit and let go of the folder."""
        self._writer.commit()
        self._writer.wait_merging_threads()

    def abandon(self) -> None:
        """Let go of the folder without committing."""
        self._writer.rollback()
        self._writer.wait_merging_threads()


class LexicalIndex:
    """The published index of one generation, read only."""

    def __init__(self, folder: Path) -> None:
        self._copy: TemporaryDirectory[str] | None = None
        try:
            self._index = self._opened(folder)
        except ValueError as error:
            raise LibraryDamaged(
                f"{folder} cannot be read; find what is wrong with: litquote verify; "
                "publish an earlier generation with: litquote rollback"
            ) from error
        self._index.register_tokenizer("litquote", _analyzer())
        self._index.config_reader("manual")
        self._index.reload()
        self._searcher = self._index.searcher()

    def _opened(self, folder: Path) -> Any:
        import tantivy

        try:
            index = tantivy.Index.open(str(folder))
            index.searcher()
        except ValueError as error:
            if "lockfile" not in str(error).casefold():
                raise
            # tantivy makes a lock file even to read, which a read-only folder does not let it.
            self._copy = TemporaryDirectory(prefix="litquote-", ignore_cleanup_errors=True)
            place = Path(self._copy.name) / "lexical"
            link_folder(folder, place)
            try:
                index = tantivy.Index.open(str(place))
            except ValueError:
                self._copy.cleanup()
                raise
        return index

    def close(self) -> None:
        """Remove the copy that a read-only folder made necessary."""
        if self._copy is not None:
            self._copy.cleanup()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def document_frequency(self, term: str) -> int:
        """In how many passages ``term`` (see :func:`terms`) occurs; deleted ones may still count."""
        return int(self._searcher.doc_freq("body", term))

    def weight(self, term: str) -> float:
        """The IDF of ``term`` among the words that passages are searched by; 0 for a word of none."""
        frequency = int(self._searcher.doc_freq("words", term))
        return idf(frequency, len(self)) if frequency else 0.0

    def search(
        self, words: Iterable[str], k: int, *, skip: int = 0, within: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """The best ``k`` (key, BM25 score) for any of ``words`` (index terms), best first, after ``skip``.

        Only passages of the documents with the keys ``within``, if given.
        """
        import tantivy

        schema = self._index.schema
        clauses = [tantivy.Query.term_query(schema, "words", word, "freq") for word in words]
        if not clauses or k <= 0:
            return []
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, clause) for clause in clauses])
        if within is not None:
            chosen = tantivy.Query.term_set_query(schema, "document", list(within))
            chosen = tantivy.Query.const_score_query(chosen, 0.0)
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, chosen)])
        hits = self._searcher.search(query, k, count=False, offset=skip).hits
        keys = self._searcher.fast_field_values("key", [address for _, address in hits])
        return [(int(key), float(score)) for key, (score, _) in zip(keys, hits, strict=True)]
