"""The stable JSON forms of what a library holds: printed by ``--json``, returned to programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from index.library import Library
from index.records import Document, Hit
from index.related import related
from qa.cite import citation
from qa.notices import notice_dict
from qa.quoting import page_at


def hit_dict(library: Library, hit: Hit, expansions: Sequence[dict[str, str]]) -> dict[str, Any]:
    """A passage found, with its paper's citation and what stands against the paper."""
    document = library.summary(hit.passage.document_id)
    against = document.reference.retraction
    return {
        "document_id": hit.passage.document_id,
        "start": hit.passage.start,
        "end": hit.passage.end,
        "text": hit.text,
        "text_sha256": hit.passage.text_sha256,
        "section": hit.passage.section,
        "page": page_at(document, hit.passage.start),
        "score": hit.score,
        "parts": dict(hit.parts),
        "expansions": list(expansions),
        "retraction": None if against is None else notice_dict(against),
        "citation": citation(document).to_dict(),
    }


def listed_dict(document: Document) -> dict[str, Any]:
    """A document as it stands in the list of sources."""
    against = document.reference.retraction
    return {
        "document_id": document.id,
        "title": document.title,
        "aliases": document.aliases,
        "retraction": None if against is None else notice_dict(against),
        "citation": citation(document).to_dict(),
    }


def sources_dict(library: Library, documents: Iterable[Document]) -> dict[str, Any]:
    """Where the library lies, the ``documents`` given, and every source with the reason it failed for."""
    return {
        "library": str(library.path),
        "generation": library.manifest.generation,
        "reader": library.manifest.reader,
        "documents": [listed_dict(document) for document in documents],
        "sources": [
            {"uri": s.uri, "sha256": s.sha256, "documents": s.documents, "failure": s.failure or None}
            for s in library.sources()
        ],
    }


def document_dict(library: Library, name: str) -> dict[str, Any]:
    """The whole document called ``name``: text, sections, record, references. Raises NoDocument."""
    import msgspec

    document, beside = library.document(name), related(library, name)
    more = {"citation": citation(document).to_dict(), "related": msgspec.to_builtins(beside)}
    whole: dict[str, Any] = msgspec.to_builtins(document)
    return whole | more
