"""Papers that belong together without being one: erratum and original, preprint and published, parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from index.facets import LINK
from index.generation import Generation
from index.identity import same_paper
from index.records import Document, identifiers

__all__ = ["Related", "related"]

#: What a link that points here is called from here.
_BACK = {
    "erratum-for": "erratum",
    "retraction-of": "retraction",
    "partial-retraction-of": "partial-retraction",
    "expression-of-concern-for": "expression-of-concern",
    "comment-on": "comment",
    "update-of": "update",
    "supplement-to": "supplement",
    "erratum": "erratum-for",
    "retraction": "retraction-of",
    "expression-of-concern": "expression-of-concern-for",
    "comment": "comment-on",
    "update": "update-of",
}


@dataclass(frozen=True, slots=True)
class Related:
    """A held paper beside another: ``kind`` is what it is to that one.

    The kinds of links ("erratum", "retraction-of", "comment-on", …), "preprint" and "published" for
    papers of one title, and "same title".
    """

    kind: str
    document_id: str
    title: str


def related(library: Generation, name: str) -> list[Related]:
    """The held papers related to the document called ``name``, each once, the surest relation first.

    Links that sources tell count both ways. Papers of one title and first author in the same year or the
    next are told apart by their identifiers, types or places; they are related all the same.
    Raises UsageError when there is no such document.
    """
    paper = library.summary(name)
    found: dict[str, Related] = {}
    for kind, other in (*_linked(library, paper), *_linking(library, paper), *_akin(library, paper)):
        if other.id != paper.id:
            found.setdefault(other.id, Related(kind, other.id, other.title))
    return list(found.values())


def _linked(library: Generation, paper: Document) -> Iterator[tuple[str, Document]]:
    for link in paper.links:
        for other in library.called(link.target) if link.target else ():
            yield link.kind, other


def _linking(library: Generation, paper: Document) -> Iterator[tuple[str, Document]]:
    names = dict.fromkeys((paper.id, *paper.aliases, *identifiers(paper.reference)))
    for alias in names:
        for segment in library.segments.values():
            for row, kind in segment.records.rows_of_facet(LINK, alias):
                if row not in segment.deleted:
                    yield _BACK.get(kind, kind), library.marks.document(segment.number, row)


def _akin(library: Generation, paper: Document) -> Iterator[tuple[str, Document]]:
    year = paper.reference.year
    if year is None:
        return
    for one in (year, year - 1, year + 1):
        for alias in identifiers(replace(paper.reference, year=one)):
            if alias.startswith("title:"):
                for other in library.called(alias):
                    if same_paper(paper.reference, other.reference) is False:
                        yield _by_type(paper, other), other


def _by_type(paper: Document, other: Document) -> str:
    mine, theirs = (_is_preprint(one) for one in (paper, other))
    if mine == theirs:
        return "same title"
    return "preprint" if theirs else "published"


def _is_preprint(document: Document) -> bool:
    return "preprint" in {kind.casefold() for kind in document.reference.publication_types}
