"""EndNote XML, as EndNote, Zotero and others export it; streaming, one record in memory at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from index.errors import SourceError
from index.records import Document, Failure, Reference
from index.sources.abstracts import plain_markup, tidy
from index.sources.decoding import decode_head
from index.sources.entries import (
    Entry,
    authors_of,
    document_of,
    doi_in,
    iso_date,
    join_pages,
    keywords_of,
    language_code,
    mesh_of,
    plain_title,
    pmcid_in,
    pmid_in,
    pmid_of_address,
    with_types,
)
from index.sources.formats import root_element
from index.sources.notices import links_in
from index.sources.pubmed_page_words import publication_type
from index.sources.ris_record import TYPES
from index.sources.xml_stream import BrokenXML, Element, plain, records

__all__ = ["NAME", "VERSION", "read", "recognises"]

NAME = "endnote-xml"
VERSION = "1"

#: EndNote's names of reference types, as RIS calls them.
_KINDS = {
    "journal article": "JOUR", "electronic article": "JOUR", "article in press": "JOUR", "book": "BOOK",
    "edited book": "BOOK", "electronic book": "BOOK", "book section": "CHAP",
    "electronic book section": "CHAP", "conference proceedings": "CONF", "conference paper": "CONF",
    "thesis": "THES", "report": "RPRT", "dataset": "DATA", "newspaper article": "NEWS",
    "magazine article": "NEWS", "unpublished work": "UNPB",
}  # fmt: skip


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a file beginning with ``head`` is EndNote XML: records with EndNote's own elements."""
    try:
        text = decode_head(head)
    except SourceError:
        return False
    root = root_element(text)
    if root not in {"xml", "records", "XML"}:
        return False
    return re.search(r"<records?\b", text) is not None and (
        re.search(r"<(?:ref-type|rec-number|source-app|contributors)\b", text) is not None
    )


def read(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
    """Every record in the file at ``path``, in order, as a Document or a Failure.

    Where the XML breaks off, the complete records before that are yielded and then a Failure that
    says so. Raises SourceError when there is no record, and when the XML declares entities.
    """
    seen = 0
    with path.open("rb") as stream:
        try:
            for record in records(stream, {"record"}, anywhere=True):
                seen += 1
                try:
                    entry = _entry(record)
                except ValueError as error:
                    yield Failure(f"{name}#{seen}", str(error))
                    continue
                yield document_of(
                    entry,
                    source=source,
                    extractor=f"{NAME}/{VERSION}",
                    ordinal=seen,
                    uri=f"{name}#{seen}",
                )
        except BrokenXML as error:
            if seen:
                yield Failure(
                    f"{name}#{seen + 1}", f"the XML breaks off here ({error}); export the records again"
                )
                return
            raise
    if not seen:
        raise SourceError("the EndNote XML holds no record; export the references again")


def _text(record: Element, path: str) -> str:
    return tidy(plain_markup(plain(record.find(path))))


def _lines(record: Element, path: str) -> list[str]:
    """The texts at ``path``, their lines kept."""
    texts = ["".join(map(str, element.itertext())) for element in record.findall(path)]
    return [text.replace("\r", "\n").strip() for text in texts if text.strip()]


def _entry(record: Element) -> Entry:
    title = _text(record, "titles/title")
    notes = [
        note
        for name in ("notes", "research-notes", *(f"custom{n}" for n in range(1, 8)))
        for note in _lines(record, name)
    ]
    found = [plain_markup(text) for text in _lines(record, "abstract")]
    return Entry(
        reference=_reference(record, title, notes),
        title=title,
        abstract=found[0] if found else "",
        others=tuple(("Abstract", text) for text in found[1:]),
        links=tuple(one for note in notes for one in links_in(note)),
        attachments=tuple(_lines(record, "urls/pdf-urls/url")),
    )


def _reference(record: Element, title: str, notes: list[str]) -> Reference:
    kind = record.find("ref-type")
    name = (kind.get("name") or "").lower() if kind is not None else ""
    ris = _KINDS.get(name, "")
    names = [plain(author) for author in record.findall("contributors/authors/author")]
    names = names or [plain(author) for author in record.findall("contributors/secondary-authors/author")]
    authors, complete = authors_of(one for name in names for one in name.split(";"))
    journal = _text(record, "periodical/full-title") or _text(record, "titles/secondary-title")
    journal = journal or _text(record, "periodical/abbr-1")
    year, date = iso_date(_text(record, "dates/year"), _text(record, "dates/pub-dates/date"))
    source = f"{_text(record, 'remote-database-provider')} {_text(record, 'remote-database-name')}"
    medline = re.search(r"\bNLM\b|\bPubMed\b|\bMEDLINE\b", source, re.IGNORECASE) is not None
    keywords = keywords_of(_lines(record, "keywords/keyword"))
    starred = medline and any(re.search(r"/\*?[a-z]", word) for word in keywords)
    addresses = [one for path in ("urls//url", "urls//style") for one in _lines(record, path)]
    types = [TYPES.get(ris, "")]
    types += [publication_type(line) for note in notes for line in re.split(r"[\n;]", note)]
    types += [publication_type(_text(record, "work-type"))]
    accession = _text(record, "accession-num")
    return Reference(
        title=plain_title(title),
        authors=authors,
        authors_complete=complete,
        journal="" if ris in {"BOOK", "THES"} else journal,
        year=year,
        date=date,
        volume=_text(record, "volume"),
        issue=_text(record, "number"),
        pages=join_pages(_text(record, "pages"), "", _text(record, "electronic-pages")),
        publisher=_text(record, "publisher"),
        doi=doi_in(_text(record, "electronic-resource-num"), *(a for a in addresses if "doi.org/10." in a)),
        pmid=(accession.lstrip("0") if medline and re.fullmatch(r"\d{5,8}", accession) else "")
        or pmid_in(accession, *(note for note in notes if not links_in(note)))
        or pmid_of_address(*addresses),
        pmcid=pmcid_in(*_lines(record, "custom2")) or pmcid_in(*notes, *addresses),
        url=next((one for one in addresses if one.startswith("http")), ""),
        language=language_code(_text(record, "language")),
        publication_types=with_types(types, journal),
        keywords=() if starred else keywords,
        mesh=mesh_of(keywords) if starred else (),
    )
