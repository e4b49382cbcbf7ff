"""tantivy: BM25 over the passages (Robertson and Zaragoza 2009), one index for a whole generation.

A passage is known by its key: segment number and row in one 64-bit number, so that what is found
here is found at once in the segment.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from index.errors import LibraryDamaged
from index.records import Document
from index.words import TOKEN, analyzer, idf, terms, variants

_MUTABLE = {"meta.json", ".managed.json"}
_HEAP_BYTES = 64_000_000


def key_of(segment: int, row: int) -> int:
    """One number for a row of a segment."""
    return segment << 32 | row


def segment_and_row(key: int) -> tuple[int, int]:
    """The inverse of :func:`key_of`."""
    return key >> 32, key & 0xFFFFFFFF


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("key", stored=False, indexed=False, fast=True)
    builder.add_unsigned_field("document", stored=False, indexed=True, fast=False)
    # What the passage says, for the frequency of words; what it is searched by, see LexicalWriter.add.
    builder.add_text_field("body", stored=False, tokenizer_name="litquote", index_option="basic")
    builder.add_text_field("words", stored=False, tokenizer_name="litquote", index_option="freq")
    builder.add_text_field("keywords", stored=False, tokenizer_name="litquote", index_option="freq")
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
        self._index.register_tokenizer("litquote", analyzer())
        # One thread keeps the order of documents, hence ties, the same in every build.
        self._writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)

    def add(self, key: int, document: int, body: str, title: str, keywords: str = "") -> None:
        """Add a passage; ``document`` is the key of its document row.

        It is searched by its words, their other spellings, and the words of the title that it lacks: so a
        passage counts as being about its paper's subject, but no title word counts twice.
        """
        import tantivy

        said = set(terms(body))
        missing = []
        for word in TOKEN.findall(title):
            if said.isdisjoint(stems := terms(word)):
                missing.append(word)
                said.update(stems)
        entry = tantivy.Document()
        entry.add_unsigned("key", key)
        entry.add_unsigned("document", document)
        entry.add_text("body", body)
        entry.add_text("words", " ".join((body, *missing, *variants(f"{body}\n{title}"))))
        entry.add_text("keywords", keywords)
        self._writer.add_document(entry)

    def add_document(
        self, segment: int, row: int, first: int, bodies: Iterable[str], document: Document
    ) -> None:
        """Add the passages of a document row of a segment; ``first`` is the row of the first of them."""
        reference = document.reference
        keywords = "; ".join((*reference.mesh, *reference.keywords))
        for passage, body in enumerate(bodies, first):
            self.add(key_of(segment, passage), key_of(segment, row), body, document.title, keywords)

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


@dataclass(frozen=True, slots=True)
class Synonym:
    """Index terms of a query that other forms stand for as well, each a run of terms.

    A form counts where all its terms are, in the place of ``terms`` where that is more, as they would
    on average: ``weight`` times the IDF of the terms or of the form, whichever says less. So what is said
    twice is not found twice as good, nor better for being said in the rarer of two ways.
    """

    terms: frozenset[str]
    others: tuple[tuple[str, ...], ...]
    weight: float


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
        self._index.register_tokenizer("litquote", analyzer())
        self._index.config_reader("manual")
        self._index.reload()
        self._searcher = self._index.searcher()
        self.weight = lru_cache(maxsize=1 << 16)(self.weight)  # type: ignore[method-assign]

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
        self,
        words: Iterable[str],
        k: int,
        *,
        keywords_boost: float = 0.0,
        synonyms: Sequence[Synonym] = (),
        skip: int = 0,
        within: Sequence[int] | None = None,
    ) -> list[tuple[int, float]]:
        """The best ``k`` (key, BM25 score) for any of ``words`` (index terms), best first, after ``skip``.

        A term in the keywords of a passage's document (MeSH headings among them) counts ``keywords_boost``
        times. Only passages of the documents with the keys ``within``, if given.
        """
        import tantivy

        boosts = {"words": 1.0, "keywords": keywords_boost}
        left = dict.fromkeys(words)
        clauses = []
        for synonym in synonyms:
            own = [self._term(word, boosts) for word in left if word in synonym.terms]
            left = {word: None for word in left if word not in synonym.terms}
            clauses.append(self._best_of(own, synonym))
        clauses += [self._term(word, boosts) for word in left]
        if not clauses or k <= 0:
            return []
        query = self._joined(clauses)
        if within is not None:
            chosen = tantivy.Query.term_set_query(self._index.schema, "document", list(within))
            chosen = tantivy.Query.const_score_query(chosen, 0.0)
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, chosen)])
        hits = self._searcher.search(query, k, count=False, offset=skip).hits
        keys = self._searcher.fast_field_values("key", [address for _, address in hits])
        return [(int(key), float(score)) for key, (score, _) in zip(keys, hits, strict=True)]

    def _term(self, word: str, boosts: Mapping[str, float]) -> Any:
        """A term in each field that counts."""
        import tantivy

        schema = self._index.schema
        return self._joined(
            [
                self._times(tantivy.Query.term_query(schema, field, word, "freq"), boost)
                for field, boost in boosts.items()
                if boost
            ]
        )

    def _best_of(self, own: Sequence[Any], synonym: Synonym) -> Any:
        """The terms' own clauses, or another form if that scores higher."""
        import tantivy

        most = self._idf(synonym.terms)
        forms = [
            tantivy.Query.const_score_query(
                self._joined([self._term(word, {"words": 1.0}) for word in other], every=True),
                synonym.weight * min(most, self._idf(other)),
            )
            for other in synonym.others
        ]
        return tantivy.Query.disjunction_max_query([self._joined(own), *forms] if own else forms)

    def _idf(self, words: Iterable[str]) -> float:
        """The summed IDF of terms: what BM25 gives a passage of mean length that has each once."""
        return sum(idf(int(self._searcher.doc_freq("words", word)), len(self)) for word in words)

    @staticmethod
    def _times(query: Any, boost: float) -> Any:
        import tantivy

        return query if boost == 1.0 else tantivy.Query.boost_query(query, boost)

    @staticmethod
    def _joined(queries: Sequence[Any], *, every: bool = False) -> Any:
        """The sum of ``queries``, of passages that match any of them or every one."""
        import tantivy

        occur = tantivy.Occur.Must if every else tantivy.Occur.Should
        return queries[0] if len(queries) == 1 else tantivy.Query.boolean_query([(occur, q) for q in queries])
