"""SQLite: writing the records of a new segment (see :mod:`index.store`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from index import abbreviations, facets
from index.abbreviation_table import SCHEMA as _ABBREVIATIONS
from index.abbreviation_table import AbbreviationsWriter
from index.attachments import key_of
from index.records import Document, Passage, Source, Text
from index.store import RecordsReader

_SCHEMA = """
CREATE TABLE documents(row INTEGER PRIMARY KEY, id TEXT NOT NULL, title TEXT NOT NULL, year INTEGER,
    first_passage INTEGER NOT NULL, passages INTEGER NOT NULL, record BLOB NOT NULL,
    cited BLOB NOT NULL, parts BLOB);
CREATE TABLE aliases(alias TEXT NOT NULL, document INTEGER NOT NULL);
CREATE TABLE passages(row INTEGER PRIMARY KEY, document INTEGER NOT NULL, start INTEGER NOT NULL,
    end INTEGER NOT NULL, section TEXT NOT NULL, encoded BLOB NOT NULL);
CREATE TABLE texts(sha256 TEXT PRIMARY KEY, document_id TEXT NOT NULL, source TEXT NOT NULL,
    extractor TEXT NOT NULL, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sources(uri TEXT PRIMARY KEY, sequence INTEGER NOT NULL, sha256 TEXT NOT NULL,
    record BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX documents_id ON documents(id);
CREATE INDEX aliases_alias ON aliases(alias);
CREATE INDEX documents_title ON documents(row, title);
CREATE INDEX documents_year ON documents(year, passages);
CREATE INDEX passages_document ON passages(document);
CREATE INDEX passages_encoded ON passages(encoded);
CREATE INDEX sources_sha256 ON sources(sha256);
"""

_encode = msgspec.json.encode


def _bare(document: Document) -> Document:
    """``document`` without its text's characters, which stand in ``texts`` once."""
    return replace(document, text=replace(document.text, content=""))


class RecordsWriter(RecordsReader):
    """Writes the records of a new segment; what is written can be read back at once."""

    def __init__(self, path: Path) -> None:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        super().__init__(db)
        db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;")
        db.executescript(
            f"{_SCHEMA} {facets.SCHEMA} {_ABBREVIATIONS} PRAGMA user_version = {facets.VERSION};"
        )
        self._db.execute("BEGIN")
        self._abbreviations = AbbreviationsWriter(self._db)
        self.document_count = 0
        self.passage_count = 0

    def add(
        self,
        document: Document,
        parts: Sequence[Document],
        passages: Sequence[Passage],
        encoded: Sequence[bytes],
    ) -> int:
        """Write a document with its passages and the names of their encoded strings. Returns its row."""
        row = self.document_count
        self._db.execute(
            "INSERT INTO documents VALUES(?,?,?,?,?,?,?,?,?)",
            (
                row,
                document.id,
                document.title,
                document.reference.year,
                self.passage_count,
                len(passages),
                _encode(replace(_bare(document), references=())),
                _encode(document.references),
                _encode([_bare(part) for part in parts]) if len(parts) > 1 else None,
            ),
        )
        called = (*document.aliases, *(f"attached:{key_of(name)}" for name in document.attachments))
        self._db.executemany(
            "INSERT INTO aliases VALUES(?,?)", [(name, row) for name in dict.fromkeys(called)]
        )
        facets.add(self._db, row, document)
        self._db.executemany(
            "INSERT INTO passages VALUES(?,?,?,?,?,?)",
            [
                (self.passage_count + i, row, passage.start, passage.end, passage.section, name)
                for i, (passage, name) in enumerate(zip(passages, encoded, strict=True))
            ],
        )
        for text in (document.text, *(part.text for part in parts)):
            if text.content:
                self.add_text(document.id, text)
        self._abbreviations.add(row, abbreviations.of_document(document))
        self.document_count += 1
        self.passage_count += len(passages)
        return row

    def add_text(self, document_id: str, text: Text) -> None:
        """Keep a text; one that is there already stays as it is."""
        self._db.execute(
            "INSERT OR IGNORE INTO texts VALUES(?,?,?,?,?)",
            (text.sha256, document_id, text.source, text.extractor, text.content),
        )

    def add_source(self, sequence: int, source: Source) -> None:
        """Write the row of a source, in place of an older one."""
        self._db.execute(
            "INSERT OR REPLACE INTO sources VALUES(?,?,?,?)",
            (source.uri, sequence, source.sha256, _encode(source)),
        )

    def finish(self) -> None:
        """Write everything to the file and close it."""
        self._abbreviations.finish()
        self._db.execute("COMMIT")
        self._db.execute("ANALYZE")
        self._db.close()
