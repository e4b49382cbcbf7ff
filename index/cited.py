"""The papers a document cites, and which of them the library holds; the documents that cite a paper."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from index.generation import Generation
from index.identity import same_paper
from index.records import Document, Reference, Retraction, identifiers

__all__ = ["CitedBy", "CitedPaper", "cited", "citing", "held", "missing", "with_references"]


@dataclass(frozen=True, slots=True)
class CitedPaper:
    """One entry of a reference list: ``number`` is its place from 1, ``document_id`` the held paper's, or "".

    ``retraction`` is the notice against it, whether it is held or not.
    """

    number: int
    reference: Reference
    document_id: str = ""
    retraction: Retraction | None = None

    @property
    def status(self) -> str:
        """``"held"`` or ``"missing"``; ``"retracted"`` where it was, held or not."""
        if self.retraction is not None and self.retraction.kind == "retracted":
            return "retracted"
        return "held" if self.document_id else "missing"

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form, without the record (:func:`qa.cite.csl` gives that)."""
        notice = self.retraction
        return {
            "number": self.number,
            "status": self.status,
            "document_id": self.document_id or None,
            "retraction": None if notice is None else asdict(notice),
        }


@dataclass(frozen=True, slots=True)
class CitedBy:
    """A held document that cites a paper, and the paper's number in its list."""

    document_id: str
    number: int


def cited(library: Generation, name: str) -> list[CitedPaper]:
    """The reference list of the document called ``name``, in its order. Raises UsageError when there is none.

    A reference is held when a document has one of its identifiers and no surer one that differs, or
    its title, year and first author.
    """
    found = []
    for number, reference in enumerate(library.references(name), 1):
        paper = held(library, reference)
        notice = reference.retraction
        if paper is not None and paper.reference.retraction is not None:
            notice = paper.reference.retraction
        found.append(CitedPaper(number, reference, paper.id if paper is not None else "", notice))
    return found


def held(library: Generation, reference: Reference) -> Document | None:
    """The summary of the document that ``reference`` names, if the library holds it."""
    return library.marks.held(reference, identifiers(reference))


def missing(library: Generation, names: Iterable[str] = ()) -> list[tuple[CitedPaper, str]]:
    """The references that the library lacks, each once, with the id of the document that lists it first.

    ``names`` are documents; without any, all that list references are meant.
    """
    names = [library.resolve(name) for name in names] or [one.id for one in with_references(library)]
    seen: set[str] = set()
    found = []
    for name in names:
        for paper in cited(library, name):
            keys = identifiers(paper.reference)
            if paper.document_id or not seen.isdisjoint(keys):
                continue
            seen.update(keys)
            found.append((paper, name))
    return found


def with_references(library: Generation, most: int | None = None) -> list[Document]:
    """The summaries of the documents that list references, in the order they were added."""
    found = (
        segment.records.document(row).document
        for segment in library.segments.values()
        for row in segment.records.rows_with_references()
        if row not in segment.deleted
    )
    return list(islice(found, most))


def citing(library: Generation, name: str, most: int | None = None) -> list[CitedBy]:
    """The documents whose lists name the document called ``name``, in the order they were added."""
    paper = library.summary(name)
    names = dict.fromkeys((paper.id, *paper.aliases, *identifiers(paper.reference)))
    found: dict[CitedBy, None] = {}
    for segment in library.segments.values():
        rows = {pair for alias in names for pair in segment.records.rows_that_cite(alias)}
        for row, number in sorted(rows):
            if row in segment.deleted:
                continue
            document = segment.records.document(row).document
            reference = segment.records.cited(row)[number - 1]
            named = not names.keys().isdisjoint(identifiers(reference))
            if named and document.id != paper.id and same_paper(reference, paper.reference) is not False:
                found[CitedBy(document.id, number)] = None
                if len(found) == most:
                    return list(found)
    return list(found)
