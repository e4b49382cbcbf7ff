"""One generation of a library, opened for reading."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from threading import Lock, RLock
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index import fanout
from index.abbreviation_table import Abbreviation, united
from index.errors import LibraryError, NoDocument
from index.fanout import Rows, by_segment
from index.lexical import LexicalIndex, Synonym, key_of, segment_and_row
from index.manifest import Manifest
from index.marks import Listing
from index.opened import Opened
from index.records import Document, Failure, Filters, Passage, Reference, Source, Text, spellings
from index.segments import Segment
from index.selection import Selection, select
from index.store import RecordsReader

#: Of more documents than this the sources are found by looking at each, which takes a second for 300,000.
_LOOKED_FOR = 8
#: Selections kept: asking again with the same filters costs nothing.
_SELECTIONS = 8


class Generation:
    """The documents, passages, texts and sources that one manifest names.

    Several threads may read. Calls that must see one generation belong inside :func:`index.reading.reading`,
    where ``Assistant.ask`` and ``Retriever.search`` put themselves, or under ``lock`` when they are short.
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.lock = RLock()
        self._open(manifest)

    def _open(self, manifest: Manifest) -> None:
        """Open a generation; when it cannot be opened whole, everything stays as it was."""
        opened = Opened(self.path, manifest)
        self.manifest, self._opened = manifest, opened
        self.segments, self.marks = opened.segments, opened.marks
        self._selected: dict[Filters, Selection] = {}
        self._selecting = Lock()

    def close(self) -> None:
        """Let go of the files; who reads them in :func:`index.reading.reading` keeps them until done."""
        self._opened.retire()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def lexical(self) -> LexicalIndex | None:
        """The lexical index, or None in an empty library."""
        return self._opened.lexical

    def open_all(self) -> None:
        """Open what a search reads, and is else opened when first needed."""
        self._opened.open_all()

    def __len__(self) -> int:
        return sum(entry.documents - len(entry.deleted) for entry in self.manifest.segments)

    @property
    def passage_count(self) -> int:
        """How many passages can be found."""
        return sum(len(s.dense) if s.live_rows is None else len(s.live_rows) for s in self.segments.values())

    def _place(self, name: str) -> tuple[Segment, int] | None:
        """Where the document with this id stands, else the first with this alias."""
        lookups = (RecordsReader.rows_of_id, RecordsReader.rows_of_alias)
        for lookup, segment in product(lookups, self.segments.values()):
            for row in lookup(segment.records, name):
                if row not in segment.deleted:
                    return segment, row
        return None

    def _must_place(self, name: str) -> tuple[Segment, int]:
        for spelling in spellings(name):
            if (place := self._place(spelling)) is not None:
                return place
        raise NoDocument(f"no document {name!r} in this library; list them with: litquote sources")

    def resolve(self, name: str) -> str:
        """The id of the document called ``name`` (id, alias, DOI, PMID, PMCID). Raises NoDocument."""
        segment, row = self._must_place(name)
        return segment.records.document(row).document.id

    def document(self, name: str) -> Document:
        """The whole document called ``name``. Raises NoDocument when there is none.

        It, and each paper it cites, is marked with what stands against it (:mod:`index.marks`).
        """
        segment, row = self._must_place(name)
        bare = self.marks.document(segment.number, row)
        text = replace(bare.text, content=self.text(bare.text.sha256).content)
        return replace(bare, text=text, references=self._cited(segment, row))

    def references(self, name: str) -> tuple[Reference, ...]:
        """The papers that the document called ``name`` cites, marked. Raises NoDocument."""
        return self._cited(*self._must_place(name))

    def _cited(self, segment: Segment, row: int) -> tuple[Reference, ...]:
        return tuple(map(self.marks.reference, segment.records.cited(row)))

    def summary(self, name: str) -> Document:
        """As :meth:`document`, but without its text's characters and the papers it cites: cheap."""
        segment, row = self._must_place(name)
        return self.marks.document(segment.number, row)

    def cited_within(self, document: Document, start: int, end: int) -> tuple[Reference, ...]:
        """The papers that the citations inside ``[start:end]`` of a summary's text name, marked."""
        cites = [one for one in document.citations if one.start < end and start < one.end]
        numbers = dict.fromkeys(number for one in cites for number in one.reference_numbers)
        if not numbers or (place := self._place(document.id)) is None:
            return ()
        cited = place[0].records.cited(place[1])
        return tuple(self.marks.reference(one) for number in numbers for one in cited if one.number == number)

    def retractions(self, *, references: bool = True) -> Listing:
        """What is imported from Retraction Watch, and all that something stands against.

        Without ``references`` the reference lists are not looked through.
        """
        return self.marks.listing(references=references)

    def called(self, alias: str) -> list[Document]:
        """The summaries of the documents with this id or alias, exactly as given."""
        return list(self.marks.called(alias))

    def printed(self, name: str, sha256: str) -> Document | None:
        """What was read from one source of the document called ``name`` into the text ``sha256``.

        It has the boxes of that text; None where the text is of an earlier generation.
        """
        segment, row = self._must_place(name)
        parts = [segment.records.document(row).document, *segment.records.parts(row)]
        return next((one for one in parts if one.text.sha256 == sha256), None)

    def documents(self, filters: Filters | None = None) -> Iterator[Document]:
        """The summary of every document that has a passage of ``filters``, in the order they were added."""
        chosen = self.rows(filters)
        for number, segment in self.segments.items():
            rows = chosen[number]
            held = None if rows is None else set(segment.filing.documents_of(rows).tolist())
            for row, _ in segment.records.document_ids():
                if row not in segment.deleted and (held is None or row in held):
                    yield self.marks.document(number, row)

    def text(self, sha256: str) -> Text:
        """An extracted text by its name, also one no longer searched. Raises LibraryError when missing."""
        for segment in self.segments.values():
            if (text := segment.records.text(sha256)) is not None:
                return text
        raise LibraryError(f"no text {sha256[:12]}… in this library; the quote comes from another one")

    def papers_of_text(self, sha256: str) -> list[str]:
        """The ids of the documents that an extracted text was read for, as they were then."""
        found = (name for segment in self.segments.values() for name in segment.records.readers_of(sha256))
        return list(dict.fromkeys(found))

    def words(self, key: int) -> tuple[Passage, str]:
        """A passage by its key, with its words."""
        passage, _ = self.passage(key)
        kept = self.segments[segment_and_row(key)[0]].records.text(passage.text_sha256)
        text = kept if kept is not None else self.text(passage.text_sha256)
        return passage, text.content[passage.start : passage.end]

    def passage(self, key: int) -> tuple[Passage, Document]:
        """A passage by its key, with the summary of its document."""
        number, row = segment_and_row(key)
        records = self.segments[number].records
        found = records.passage(row)
        document = self.marks.document(number, found.document)
        return found.of(document), document

    def in_sections(self, keys: Sequence[int], labels: Collection[str]) -> set[int]:
        """Those of the passages ``keys`` that stand in sections with one of ``labels``."""
        return {
            key_of(number, row)
            for number, rows in by_segment(keys).items()
            for row in self.segments[number].records.rows_in_sections(rows.tolist(), labels)
        }

    def section_of(self, key: int) -> str:
        """The label of the section a passage stands in."""
        number, row = segment_and_row(key)
        return self.segments[number].records.passage(row).section

    def passages(self, name: str) -> list[Passage]:
        """The passages of a document, in order. Raises NoDocument."""
        segment, row = self._must_place(name)
        document = segment.records.document(row).document
        return [passage.of(document) for passage in segment.records.passages_of(row)]

    def keys(self, name: str) -> list[int]:
        """The keys of the passages of a document, in order. Raises NoDocument."""
        segment, row = self._must_place(name)
        stored = segment.records.document(row)
        return [key_of(segment.number, stored.first_passage + n) for n in range(stored.passages)]

    def rows(self, filters: Filters | None) -> Rows:
        """Per segment the passage rows that ``filters`` leave (None: all that count). See :meth:`select`."""
        return self.select(filters).rows if filters else dict.fromkeys(self.segments)

    def select(self, filters: Filters) -> Selection:
        """What ``filters`` leave, and what each of them leaves out.

        Raises UsageError for a document that is not there and for an unknown design.
        """
        found = self._selected.get(filters)
        if found is None:
            ids = tuple(self.resolve(name) for name in filters.documents)
            filings = {n: s.filing for n, s in self.segments.items()}
            for number, filing in filings.items():
                filing.retracted = partial(self.marks.retracted_rows, number)
            found = select(filings, replace(filters, documents=ids))
            with self._selecting:
                while len(self._selected) >= _SELECTIONS:
                    del self._selected[next(iter(self._selected))]
                self._selected[filters] = found
        return found

    def search_dense(self, query: NDArray[np.float32], k: int, rows: Rows) -> list[tuple[int, float]]:
        """The best ``k`` (key, cosine) for a unit vector (d,), best first."""
        return fanout.dense(self.segments, query, k, rows)

    def cosines(self, query: NDArray[np.float32], keys: Sequence[int]) -> dict[int, float]:
        """The cosine of a unit vector (d,) with each of the passages ``keys``, from the stored vectors."""
        found: dict[int, float] = {}
        for number, rows in by_segment(keys).items():
            scores = self.segments[number].dense.scores(query, rows)
            found.update(self.segments[number].keyed(rows, scores))
        return found

    def titles(self, keys: Sequence[int]) -> dict[int, str]:
        """The title of the document that each of the passages ``keys`` stands in."""
        found: dict[int, str] = {}
        for number, rows in by_segment(keys).items():
            segment = self.segments[number]
            documents = segment.filing.document_of(rows).tolist()
            held = segment.records.titles(documents)
            first = key_of(number, 0)
            found.update((first + r, held[d]) for r, d in zip(rows.tolist(), documents, strict=True))
        return found

    def rank_dense(self, query: NDArray[np.float32], key: int, rows: Rows) -> tuple[int, float]:
        """The exact place (from 1) and cosine of a passage among ``rows``, whatever the index would find."""
        number, row = segment_and_row(key)
        score = float(self.segments[number].dense.vectors[row] @ query)
        better = 0
        for n, segment in self.segments.items():
            chosen = segment.live_rows if rows[n] is None else rows[n]
            better += segment.dense.count_above(query, score, chosen)
        return better + 1, score

    def search_lexical(
        self,
        words: Sequence[str],
        k: int,
        rows: Rows,
        *,
        keywords_boost: float = 0.0,
        synonyms: Sequence[Synonym] = (),
    ) -> list[tuple[int, float]]:
        """The best ``k`` (key, BM25) for index terms, best first; see :func:`index.fanout.lexical`."""
        if self.lexical is None:
            return []
        search = partial(self.lexical.search, words, keywords_boost=keywords_boost, synonyms=synonyms)
        return fanout.lexical(search, self.segments, k, rows)

    def abbreviations_of_short(self, keys: Sequence[str]) -> list[Abbreviation]:
        """What the short forms with these keys (:func:`index.abbreviations.short_key`) stand for here."""
        return united(
            r for s in self.segments.values() for r in s.abbreviations.of_short(list(dict.fromkeys(keys)))
        )

    def abbreviations_of_long(self, keys: Sequence[str]) -> list[Abbreviation]:
        """How the long forms with these keys (:func:`index.abbreviations.long_key`) are abbreviated here."""
        return united(
            r for s in self.segments.values() for r in s.abbreviations.of_long(list(dict.fromkeys(keys)))
        )

    def sources(self, documents: Collection[str] | None = None) -> list[Source]:
        """Every source ever added, in the order it was last read; if given, only of ``documents`` (ids)."""
        rows: dict[str, tuple[int, Source]] = {}
        for found in self._source_rows(documents):
            if found[1].uri not in rows or rows[found[1].uri][0] < found[0]:
                rows[found[1].uri] = found
        ordered = [source for _, source in sorted(rows.values(), key=lambda row: row[0])]
        return (
            ordered
            if documents is None
            else [s for s in ordered if not set(documents).isdisjoint(s.documents)]
        )

    def _source_rows(self, documents: Collection[str] | None) -> Iterator[tuple[int, Source]]:
        """The rows of the sources, older ones too, that may be of ``documents``."""
        stores = [segment.records for segment in self.segments.values()]
        if documents is None or len(documents) > _LOOKED_FOR:
            for records in stores:
                yield from records.sources()
            return
        uris = {uri for records in stores for name in documents for uri in records.uris_naming(name)}
        for uri, records in product(uris, stores):
            if (row := records.source(uri)) is not None:
                yield row

    def failures(self) -> list[Failure]:
        """The sources that still cannot be read, and the records in them that cannot.

        A file that gave nothing and is gone is not listed any more.
        """
        return [
            failure
            for source in self.sources()
            if source.failure and (source.documents or source.path is None or source.path.exists())
            for failure in source.failures or (Failure(source.uri, source.failure),)
        ]
