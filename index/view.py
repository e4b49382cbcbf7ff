"""What is in a library while it is being written: the kept segments and the one in the making."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

from index.errors import LibraryDamaged
from index.identity import same_paper
from index.records import Document, Source, Text
from index.segments import Segment, SegmentWriter
from index.store import RecordsReader
from index.stored import StoredDocument

Place = tuple[int, int]  # segment number, document row


class View:
    """Looks documents, texts and sources up; ``before`` is the generation a write starts from.

    ``deleted`` are the document rows, by segment, that no longer count.
    """

    def __init__(self, segments: Sequence[Segment], *, fresh: bool) -> None:
        self.before = list(segments)
        self.segments: dict[int, Segment] = {} if fresh else {s.number: s for s in segments}
        self.deleted: dict[int, set[int]] = {n: set(s.deleted) for n, s in self.segments.items()}
        self.writer: SegmentWriter | None = None

    def stores(self) -> Iterator[tuple[int, Segment | SegmentWriter]]:
        """Every segment with its number, the one in the making last."""
        yield from self.segments.items()
        if self.writer is not None:
            yield self.writer.number, self.writer

    def gone(self, number: int) -> set[int]:
        """The document rows of a segment that no longer count."""
        return self.writer.deleted if self.writer and self.writer.number == number else self.deleted[number]

    def alive(self, number: int, row: int) -> bool:
        """Whether a document row counts."""
        return row not in self.gone(number)

    def places(self, document_id: str) -> list[Place]:
        """Where the live document with this id stands, if there is one."""
        return self._alive(lambda records: records.rows_of_id(document_id))

    def called(self, name: str) -> list[Place]:
        """Where the live documents with this id or alias stand, oldest first."""
        return self._alive(lambda records: records.rows_of_alias(name))

    def _alive(self, rows_in: Callable[[RecordsReader], list[int]]) -> list[Place]:
        return [
            (number, row)
            for number, store in self.stores()
            for row in rows_in(store.records)
            if self.alive(number, row)
        ]

    def stored(self, place: Place) -> StoredDocument:
        """The document at ``place``."""
        return self.records(place[0]).document(place[1])

    def parts(self, place: Place) -> list[Document]:
        """What each source said of the document at ``place``."""
        return self.records(place[0]).parts(place[1])

    def records(self, number: int) -> RecordsReader:
        """The records of a segment."""
        if self.writer is not None and self.writer.number == number:
            return self.writer.records
        return self.segments[number].records

    def text(self, sha256: str) -> Text:
        """A text by its name, from wherever it is kept."""
        stores = [*(store for _, store in self.stores()), *self.before]
        for store in stores:
            if (text := store.records.text(sha256)) is not None:
                return text
        raise LibraryDamaged(
            f"the text {sha256[:12]} is missing; publish an earlier generation with: litquote rollback"
        )

    def source(self, uri: str) -> Source | None:
        """The newest row of a source; in a fresh session the old generation's row until it is read again."""
        rows = [row for _, store in self.stores() if (row := store.records.source(uri)) is not None]
        if not rows:
            rows = [row for store in self.before if (row := store.records.source(uri)) is not None]
        return max(rows, key=lambda row: row[0])[1] if rows else None

    def holders(self, sha256: str) -> list[Source]:
        """The sources whose current content has this hash and was read whole."""
        uris = {uri for _, store in self.stores() for uri in store.records.uris_of_hash(sha256)}
        found = [source for uri in sorted(uris) if (source := self.source(uri)) is not None]
        return [source for source in found if source.sha256 == sha256 and not source.failure]

    def uris(self, sha256: str) -> list[str]:
        """The sources whose current content has this hash, read whole or not."""
        uris = {uri for _, store in self.stores() for uri in store.records.uris_of_hash(sha256)}
        return [uri for uri in sorted(uris) if (row := self.source(uri)) is not None and row.sha256 == sha256]

    def mates(self, document: Document) -> list[Place]:
        """The live documents that are the same paper as ``document``.

        Papers known to differ from each other are never joined by a record that fits them all: a
        wrong join is worse than a missed one. It then goes with the one of its own title, if any.
        """
        found: dict[Place, bool] = {}
        for alias in document.aliases:
            for place in self.called(alias):
                verdict = _fits(document, self.stored(place).document, self.parts(place), alias)
                if verdict is not None:
                    found[place] = found.get(place, False) or verdict
        sure = [place for place in found if found[place]]
        if not self._differ(found):
            return sorted(found)
        if not self._differ(sure):
            return sorted(sure)
        titles = {alias for alias in document.aliases if alias.startswith("title:")}
        named = [place for place in sure if not titles.isdisjoint(self.stored(place).document.aliases)]
        return sorted(named or sure)[:1]

    def _differ(self, places: Iterable[Place]) -> bool:
        """Whether some of the papers at ``places`` are known to be different ones."""
        records = [self.stored(place).document.reference for place in places]
        return any(same_paper(one, other) is False for one, other in combinations(records, 2))

    def old(self, document_id: str) -> list[tuple[Segment, int]]:
        """Where the document with this id stood in the generation a rebuild starts from."""
        return [
            (segment, row)
            for segment in self.before
            for row in segment.records.rows_of_id(document_id)
            if row not in segment.deleted
        ]

    def old_id(self, document: Document) -> str | None:
        """The id the previous generation gave this paper (a rebuild must not change it)."""
        for alias in document.aliases:
            for segment in self.before:
                for row in segment.records.rows_of_alias(alias):
                    if row in segment.deleted:
                        continue
                    other = segment.records.document(row).document
                    if _fits(document, other, segment.records.parts(row), alias) is not None:
                        return other.id
        return None

    def newest(self, uri: str) -> int:
        """The sequence number of the newest row of a source."""
        rows = [row for _, store in self.stores() if (row := store.records.source(uri)) is not None]
        return max(row[0] for row in rows)


def _fits(document: Document, other: Document, parts: Sequence[Document], alias: str) -> bool | None:
    """Whether ``other``, found by ``alias``, is the same paper: surely, likely (False), or not (None).

    A ``file:`` name says "read from these bytes": it holds only while a part comes from them, itself or
    packed in an archive.
    """
    verdict = same_paper(document.reference, other.reference)
    if verdict is False:
        return None
    if alias.startswith("file:") and not any(
        part.text.source[:16] == alias[5:21] or (part.member and alias in part.aliases) for part in parts
    ):
        return None
    return bool(verdict) or not alias.startswith("title:")
