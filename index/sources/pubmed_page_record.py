"""What a saved PubMed page says, whichever way it was saved, and the document made of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from index.records import Author, Document, Link, Reference, Retraction
from index.sources.build import TextBuilder, label_for, make_document
from index.sources.vancouver import dated, find_doi, parse_citation, place_of

__all__ = ["Notice", "SavedPage", "compose", "keywords_of"]

_ORIGIN = "saved PubMed page"

#: Headings of notices against the paper, and what each makes of it; the gravest first.
_AGAINST = {
    "retraction in": "retracted",
    "retracted and republished in": "retracted",
    "partial retraction in": "concern",
    "expression of concern in": "concern",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """Another paper listed under ``heading`` ("Erratum in"), as printed, with what identifies it."""

    heading: str
    printed: str
    pmid: str = ""


@dataclass(slots=True)
class SavedPage:
    """The parts of one page, each as printed; filled in by the reader of the text or the HTML form.

    ``citation`` opens with the date ("2024 May 9:15:1389697."); ``abstract`` holds (printed label or
    heading, text, whether it is a label) and ``figures`` (printed label, caption); ``total`` is how many
    references PubMed says there are, 0 when it does not.
    """

    title: str = ""
    journal: str = ""
    citation: str = ""
    authors: tuple[Author, ...] = ()
    authors_complete: bool = True
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    retracted: bool = False
    types: list[str] = field(default_factory=list)
    abstract: list[tuple[str, str, bool]] = field(default_factory=list)
    keywords: str = ""
    disclosure: list[str] = field(default_factory=list)
    figures: list[tuple[str, str]] = field(default_factory=list)
    cut_figures: int = 0
    references: list[Reference] = field(default_factory=list)
    total: int = 0
    notices: list[Notice] = field(default_factory=list)
    mesh: list[str] = field(default_factory=list)


def keywords_of(printed: str) -> tuple[str, ...]:
    """``"Keywords: a; b."`` as ``("a", "b")``."""
    listed = re.sub(r"^\s*key ?words?:?\s*", "", printed, flags=re.IGNORECASE).strip()
    parts = re.split(r"\s*;\s*", listed.removesuffix("."))
    return tuple(dict.fromkeys(part for part in parts if part))


def compose(page: SavedPage, *, source: str, extractor: str, ordinal: int) -> Document:
    """The document of ``page``; ``ordinal`` is its place in the file, from 1."""
    builder = TextBuilder()
    builder.add("title", page.title)
    for heading, text, labelled in page.abstract:
        if labelled:
            builder.heading(heading)
        label = label_for(heading, default="abstract") if labelled else "abstract"
        builder.add(label, text, heading)
    builder.add("keywords", page.keywords, "Keywords")
    for statement in page.disclosure:
        builder.add("disclosure", statement, "Conflict of interest statement")
    for label, caption in page.figures:
        builder.heading(label)
        builder.add("figure", caption, label)
    for entry in page.references:
        builder.add("references", entry.printed, "References")
    return make_document(
        builder,
        source=source,
        extractor=extractor,
        ordinal=ordinal,
        reference=_reference(page),
        references=tuple(page.references),
        links=_links(page),
        notes=_notes(page),
    )


def _reference(page: SavedPage) -> Reference:
    place = place_of(page.citation)
    year, date = dated(page.citation)
    url = f"https://pubmed.ncbi.nlm.nih.gov/{page.pmid}/" if page.pmid else ""
    told = " ".join(text for _, text, _ in page.abstract)
    return Reference(
        title=page.title if page.title.endswith("..") else page.title.removesuffix("."),
        authors=page.authors,
        authors_complete=page.authors_complete,
        journal=page.journal,
        year=year or (place.year if place else None),
        date=date or (place.date if place else ""),
        volume=place.volume if place else "",
        issue=place.issue if place else "",
        pages=place.pages if place else "",
        doi=page.doi,
        pmid=page.pmid,
        pmcid=page.pmcid,
        url=url or (f"https://doi.org/{page.doi}" if page.doi else ""),
        publication_types=tuple(dict.fromkeys(page.types)),
        keywords=keywords_of(page.keywords),
        mesh=tuple(dict.fromkeys(page.mesh)),
        trials=tuple(dict.fromkeys(re.findall(r"\bNCT\d{8}\b", told))),
        retraction=_retraction(page),
    )


def _retraction(page: SavedPage) -> Retraction | None:
    for heading, kind in _AGAINST.items():
        for notice in page.notices:
            if notice.heading.casefold() != heading:
                continue
            printed = parse_citation(notice.printed)
            named = (f"PMID {notice.pmid}" if notice.pmid else "", notice.printed)
            year = str(printed.year or "")
            verdict = "retracted" if page.retracted else kind
            return Retraction(verdict, printed.date or year, ", ".join(filter(None, named)), _ORIGIN)
    retracted = page.retracted or "Retracted Publication" in page.types
    return Retraction("retracted", origin=_ORIGIN) if retracted else None


def _links(page: SavedPage) -> tuple[Link, ...]:
    """Kinds and targets as the reader of PubMed XML gives them (``"erratum"``, ``"pmid:123"``)."""
    found = []
    for notice in page.notices:
        doi = find_doi(notice.printed)
        target = f"pmid:{notice.pmid}" if notice.pmid else f"doi:{doi.casefold()}" if doi else ""
        kind = notice.heading.casefold().replace(" ", "-").removesuffix("-in")
        found.append(Link(kind, target, notice.printed))
    return tuple(found)


def _notes(page: SavedPage) -> tuple[str, ...]:
    notes = []
    count = len(page.references)
    if count:
        of = f" of {page.total}" if page.total > count else ""
        noun = "reference" if count == 1 and not of else "references"
        notes.append(f"{count}{of} {noun} as listed on the saved page")
    if page.cut_figures:
        noun = "caption is" if page.cut_figures == 1 else "captions are"
        notes.append(f"{page.cut_figures} figure {noun} cut short on the saved page and left out")
    return tuple(notes)
