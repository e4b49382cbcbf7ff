"""SQLite: the documents, passages, texts and sources of one segment.

Written once by :class:`index.store_writer.RecordsWriter`, then only read by :class:`Records`, through
SQLite's ``immutable`` mode: no locks, no journal, no side files beside a published file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TypeVar

import msgspec

from index import facets
from index.abbreviation_table import AbbreviationTable
from index.errors import LibraryDamaged
from index.records import Document, Reference, Source, Text
from index.sqlite_file import SharedFile
from index.stored import PassageRow, StoredDocument

#: Values in one statement: every SQLite takes 999 (sqlite.org/limits.html).
_VALUES = 900

_Value = TypeVar("_Value")

_decode_document = msgspec.json.Decoder(Document).decode
_decode_documents = msgspec.json.Decoder(list[Document]).decode
_decode_references = msgspec.json.Decoder(tuple[Reference, ...]).decode
_decode_source = msgspec.json.Decoder(Source).decode


class RecordsReader:
    """Reading, shared by the file being written and a published one."""

    def __init__(self, connection: sqlite3.Connection | SharedFile) -> None:
        self._db = connection

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def rows_of_id(self, document_id: str) -> list[int]:
        """Document rows with this id."""
        found = self._db.execute("SELECT row FROM documents WHERE id = ? ORDER BY row", (document_id,))
        return [row for (row,) in found]

    def rows_of_alias(self, alias: str) -> list[int]:
        """Document rows with this id or alias."""
        found = self._db.execute(
            "SELECT document FROM aliases WHERE alias = ? UNION SELECT row FROM documents WHERE id = ?",
            (alias, alias),
        )
        return sorted(row for (row,) in found)

    def rows_of_names(self, names: Sequence[str]) -> set[int]:
        """Document rows with one of these ids or aliases; for many names at once."""
        found: set[int] = set()
        for some in _batches(names, _VALUES):
            for query in ("document FROM aliases WHERE alias", "row FROM documents WHERE id"):
                found.update(row for (row,) in self._db.execute(f"SELECT {query} IN ({_places(some)})", some))
        return found

    def passages_among(self, rows: Sequence[int]) -> int:
        """How many passages the documents at ``rows`` have."""
        query = "SELECT coalesce(sum(passages), 0) FROM documents WHERE row IN ({})"
        counts = (self._db.execute(query.format(_places(some)), some) for some in _batches(rows, _VALUES))
        return sum(int(one.fetchone()[0]) for one in counts)

    def document(self, row: int) -> StoredDocument:
        """A document by its row."""
        record, first, count = self._db.execute(
            "SELECT record, first_passage, passages FROM documents WHERE row = ?", (row,)
        ).fetchone()
        return StoredDocument(row, _decode_document(record), first, count)

    def document_ids(self) -> Iterator[tuple[int, str]]:
        """Row and id of every document, in order."""
        last, query = -1, "SELECT row, id FROM documents WHERE row > ? ORDER BY row LIMIT 1000"
        while found := self._db.execute(query, (last,)).fetchall():  # in pages: all rows are read at once
            yield from found
            last = found[-1][0]

    def cited(self, row: int) -> tuple[Reference, ...]:
        """The papers a document cites."""
        return _decode_references(
            self._db.execute("SELECT cited FROM documents WHERE row = ?", (row,)).fetchone()[0]
        )

    def parts(self, row: int) -> list[Document]:
        """Every extraction the document was united from, without their texts' characters."""
        parts = self._db.execute("SELECT parts FROM documents WHERE row = ?", (row,)).fetchone()[0]
        if parts is not None:
            return _decode_documents(parts)
        return [replace(self.document(row).document, references=self.cited(row))]

    def passages_of(self, document_row: int) -> list[PassageRow]:
        """The passages of a document, in order."""
        found = self._db.execute(
            "SELECT row, document, start, end, section, encoded FROM passages"
            " WHERE document = ? ORDER BY row",
            (document_row,),
        )
        return [PassageRow(*row) for row in found]

    def passage(self, row: int) -> PassageRow:
        """A passage by its row."""
        query = "SELECT row, document, start, end, section, encoded FROM passages WHERE row = ?"
        return PassageRow(*self._db.execute(query, (row,)).fetchone())

    def rows_in_sections(self, rows: Sequence[int], labels: Collection[str]) -> list[int]:
        """Those of the passage rows that stand in sections with one of ``labels``."""
        found: list[int] = []
        for some in _batches(rows, _VALUES // 2):
            query = f"row IN ({_places(some)}) AND section IN ({_places(labels)})"
            passing = self._db.execute(f"SELECT row FROM passages WHERE {query}", (*some, *labels))
            found += [row for (row,) in passing]
        return found

    def titles(self, rows: Sequence[int]) -> dict[int, str]:
        """The titles of the documents at ``rows``, from an index that has nothing else where there is one."""
        found: dict[int, str] = {}
        for some in _batches(tuple(dict.fromkeys(rows)), _VALUES):
            query = f"SELECT row, title FROM documents {self._by_title} WHERE row IN ({_places(some)})"
            found.update(self._db.execute(query, some))
        return found

    @cached_property
    def _by_title(self) -> str:
        query = "SELECT count(*) FROM sqlite_master WHERE name = 'documents_title'"
        return "INDEXED BY documents_title" if self._db.execute(query).fetchone()[0] else ""

    def text(self, sha256: str) -> Text | None:
        """A text by its name."""
        found = self._db.execute(
            "SELECT content, source, extractor FROM texts WHERE sha256 = ?", (sha256,)
        ).fetchone()
        return None if found is None else Text(sha256, *found)

    def readers_of(self, sha256: str) -> list[str]:
        """The ids of the documents that a text was read for."""
        found = self._db.execute("SELECT document_id FROM texts WHERE sha256 = ?", (sha256,))
        return [name for (name,) in found]

    def texts(self) -> Iterator[tuple[str, Text]]:
        """Each text with the id of the document it was read for."""
        query = "SELECT document_id, sha256, content, source, extractor FROM texts WHERE sha256 = ?"
        for name in self.text_names():
            document_id, *text = self._db.execute(query, (name,)).fetchone()
            yield document_id, Text(*text)

    def text_names(self) -> list[str]:
        """The names of all texts."""
        return [name for (name,) in self._db.execute("SELECT sha256 FROM texts ORDER BY sha256")]

    def source(self, uri: str) -> tuple[int, Source] | None:
        """The row of a source with its sequence number."""
        found = self._db.execute("SELECT sequence, record FROM sources WHERE uri = ?", (uri,)).fetchone()
        return None if found is None else (found[0], _decode_source(found[1]))

    def sources(self) -> Iterator[tuple[int, Source]]:
        """Every source with its sequence number, in order."""
        for sequence, record in self._db.execute("SELECT sequence, record FROM sources ORDER BY sequence"):
            yield sequence, _decode_source(record)

    def uris_naming(self, document_id: str) -> list[str]:
        """The sources whose rows hold this name: those of the document, and maybe others."""
        name = msgspec.json.encode(document_id)
        return [u for (u,) in self._db.execute("SELECT uri FROM sources WHERE instr(record, ?)", (name,))]

    def uris_of_hash(self, sha256: str) -> list[str]:
        """The sources whose content has this hash."""
        return [
            uri
            for (uri,) in self._db.execute("SELECT uri FROM sources WHERE sha256 = ? ORDER BY 1", (sha256,))
        ]

    def row_of_encoded(self, encoded: bytes) -> int | None:
        """A passage row whose encoded string has this name."""
        found = self._db.execute("SELECT row FROM passages WHERE encoded = ? LIMIT 1", (encoded,)).fetchone()
        return None if found is None else int(found[0])


class Records(RecordsReader):
    """The published records of one segment, read only, safe for use from several threads."""

    def __init__(self, path: Path) -> None:
        try:
            super().__init__(SharedFile.published(path))
            self._db.execute("PRAGMA cache_size=-8192")  # KiB: room for all the titles of 200,000 passages
            self.count("documents")
        except sqlite3.Error as error:
            raise LibraryDamaged(
                f"{path} cannot be read ({error}); publish an earlier generation with: litquote rollback"
            ) from error
        self.document = lru_cache(maxsize=4096)(self.document)  # type: ignore[method-assign]
        self.text = lru_cache(maxsize=32)(self.text)  # type: ignore[method-assign]

    def abbreviations(self, deleted: Collection[int] = ()) -> AbbreviationTable:
        """What the documents define, those of ``deleted`` rows left out."""
        return AbbreviationTable(self._db, deleted)

    def years(self) -> list[tuple[int, int | None, int]]:
        """Row, year and number of passages of every document."""
        return list(self._db.execute("SELECT row, year, passages FROM documents"))

    def rows_of_section(self, label: str) -> list[int]:
        """The rows of the passages of the sections with this label, in order."""
        found = self._db.execute("SELECT row FROM passages WHERE section = ? ORDER BY row", (label,))
        return [row for (row,) in found]

    def section_counts(self) -> list[tuple[str, int]]:
        """Every label of a section that has passages, with how many."""
        return list(self._db.execute("SELECT section, count(*) FROM passages GROUP BY section"))

    def facet_values(self, kind: str) -> list[str]:
        """Every value of a kind of facet (see :mod:`index.facets`)."""
        found = self._facets.execute("SELECT DISTINCT value FROM facets WHERE kind = ?", (kind,))
        return [value for (value,) in found]

    def rows_of_facet(self, kind: str, value: str) -> list[tuple[int, str]]:
        """The rows of the documents with this facet, each with its detail."""
        found = self._facets.execute(
            "SELECT document, detail FROM facets WHERE kind = ? AND value = ?", (kind, value)
        )
        return list(found)

    def rows_that_cite(self, name: str) -> list[tuple[int, int]]:
        """The rows of the documents that list the paper with this identifier, each with its number there.

        Where two identifiers share their key there may be others: compare.
        """
        key = facets.citation_key(name)
        return list(self._facets.execute("SELECT document, number FROM cites WHERE key = ?", (key,)))

    def rows_with_references(self) -> list[int]:
        """The rows of the documents that list references, in order."""
        found = self._db.execute("SELECT row FROM documents WHERE cited <> CAST('[]' AS BLOB) ORDER BY row")
        return [row for (row,) in found]

    def notices_about(self, names: Sequence[str]) -> list[tuple[int, str]]:
        """The rows of the documents that are notices about a paper with one of ``names`` (aliases).

        Each with the kind of its link (see :data:`index.facets.NOTICES`).
        """
        if self._older_notices is not None:
            return [found for name in names for found in self._older_notices.get(name, ())]
        rows = self._db.execute(
            "SELECT document, detail FROM facets"
            f" WHERE kind = ? AND value IN ({_places(names)}) AND detail IN ({_places(facets.NOTICES)})",
            (facets.LINK, *names, *facets.NOTICES),
        )
        return list(rows)

    def noticed(self) -> list[str]:
        """The names of the papers that documents here are notices about."""
        if self._older_notices is not None:
            return list(self._older_notices)
        found = self._db.execute(
            f"SELECT DISTINCT value FROM facets WHERE kind = ? AND detail IN ({_places(facets.NOTICES)})",
            (facets.LINK, *facets.NOTICES),
        )
        return [value for (value,) in found]

    @cached_property
    def _older_notices(self) -> dict[str, list[tuple[int, str]]] | None:
        """The notices of a file written by other rules than ours, by what they are about; else None."""
        if self._db.execute("PRAGMA user_version").fetchone()[0] == facets.VERSION:
            return None
        found: dict[str, list[tuple[int, str]]] = {}
        tests = " OR ".join(["instr(record, CAST(? AS BLOB))"] * len(facets.NOTICES))
        for row, record in self._db.execute(
            f"SELECT row, record FROM documents WHERE {tests}", [f'"{kind}"' for kind in facets.NOTICES]
        ):
            for link in _decode_document(record).links:
                if link.kind in facets.NOTICES and link.target:
                    found.setdefault(link.target, []).append((row, link.kind))
        return found

    def rows_with_links(self, kinds: Sequence[str]) -> list[int]:
        """The rows of the documents whose record may hold a link of one of ``kinds``. Reads every record."""
        tests = " OR ".join(["instr(record, CAST(? AS BLOB))"] * len(kinds))
        told = [f'"kind":"{kind}"' for kind in kinds]
        return [row for (row,) in self._db.execute(f"SELECT row FROM documents WHERE {tests}", told)]

    @cached_property
    def _facets(self) -> sqlite3.Connection | SharedFile:
        """Where the facets stand: in the file, or in memory where other rules than ours wrote the file."""
        if self._db.execute("PRAGMA user_version").fetchone()[0] == facets.VERSION:
            return self._db
        anew = sqlite3.connect(":memory:", check_same_thread=False)
        anew.executescript(facets.SCHEMA)
        for row, _ in list(self.document_ids()):
            bare = replace(self.document(row).document, references=self.cited(row))
            text = self.text(bare.text.sha256)
            facets.add(anew, row, bare if text is None else replace(bare, text=text))
        return SharedFile(anew)

    def close(self) -> None:
        """Let go of the file."""
        if "_facets" in self.__dict__:
            self._facets.close()
        super().close()

    def rows_citing(self, words: Sequence[str]) -> list[int]:
        """The rows of the documents whose reference lists hold all ``words`` (lower case) somewhere."""
        tests = " AND ".join(["instr(lower(CAST(cited AS TEXT)), ?)"] * len(words))
        return [row for (row,) in self._db.execute(f"SELECT row FROM documents WHERE {tests}", tuple(words))]

    def names(self, kind: str) -> list[tuple[str, int]]:
        """Every alias or id that begins with ``kind`` and a colon, with the row of its document."""
        found = self._db.execute(
            "SELECT alias, document FROM aliases WHERE substr(alias, 1, ?1) = ?2"
            " UNION SELECT id, row FROM documents WHERE substr(id, 1, ?1) = ?2",
            (len(kind) + 1, f"{kind}:"),
        )
        return list(found)


def _batches(values: Sequence[_Value], size: int) -> Iterator[tuple[_Value, ...]]:
    """Runs of ``size`` of the ``values``, as many as a statement takes."""
    return (tuple(values[first : first + size]) for first in range(0, len(values), size))


def _places(values: Collection[object]) -> str:
    """As many places for values in a statement as there are ``values``."""
    return ",".join("?" * len(values))
