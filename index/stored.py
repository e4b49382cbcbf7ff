"""The rows of a segment's records (see :mod:`index.store`)."""

from __future__ import annotations

from dataclasses import dataclass

from index.records import Document, Passage


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document row: ``document`` lacks its text's characters and the papers it cites.

    ``parts`` holds one extraction per source, when there are several (also without characters).
    """

    row: int
    document: Document
    first_passage: int
    passages: int


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage with the row of its document and the 16-byte name of the string that was encoded."""

    row: int
    document: int
    start: int
    end: int
    section: str
    encoded: bytes

    def of(self, document: Document) -> Passage:
        """The passage as a position in ``document``."""
        return Passage(document.id, document.text.sha256, self.start, self.end, self.section)
