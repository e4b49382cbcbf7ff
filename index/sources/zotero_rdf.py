"""Zotero RDF: the export that keeps everything, with the files beside it ("Export Files").

The vocabularies are those of Zotero's translator "Zotero RDF": Dublin Core, PRISM, BIBO's forerunner
``bib``, FOAF, and Zotero's own. Items, attachments, journals and notes lie side by side and name each other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from index.errors import SourceError
from index.records import Author, Document, Failure, Reference
from index.sources.abstracts import plain_markup, tidy
from index.sources.decoding import decode_head
from index.sources.entries import (
    Entry,
    document_of,
    doi_in,
    iso_date,
    join_pages,
    keywords_of,
    language_code,
    plain_title,
    pmcid_in,
    pmid_in,
    pmid_of_address,
    with_types,
)
from index.sources.formats import root_element
from index.sources.notices import links_in
from index.sources.xml_stream import BrokenXML, Element, plain, records

__all__ = ["NAME", "VERSION", "read", "recognises"]

NAME = "zotero-rdf"
VERSION = "1"

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NAMESPACES = {
    "rdf": _RDF,
    "z": "http://www.zotero.org/namespaces/export#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "bib": "http://purl.org/net/biblio#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "prism": "http://prismstandard.org/namespaces/1.2/basic/",
    "link": "http://purl.org/rss/1.0/modules/link/",
}
_ABOUT, _RESOURCE = f"{{{_RDF}}}about", f"{{{_RDF}}}resource"
_TYPES = {
    "journalArticle": "Journal Article", "magazineArticle": "News", "newspaperArticle": "News",
    "book": "Book", "bookSection": "Book Chapter", "conferencePaper": "Congress", "preprint": "Preprint",
    "thesis": "Academic Dissertation", "report": "Technical Report", "dataset": "Dataset",
}  # fmt: skip
_NOT_ITEMS = frozenset({"attachment", "note", "annotation"})


class _Nodes(Collection[str]):
    """Every element but the root."""

    def __contains__(self, name: object) -> bool:
        return name != f"{{{_RDF}}}RDF"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a file beginning with ``head`` is RDF with Zotero's namespace."""
    try:
        text = decode_head(head)
    except SourceError:
        return False
    return root_element(text).rpartition(":")[2] == "RDF" and _NAMESPACES["z"] in text


def read(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
    """Every item in the file at ``path``, in order, as a Document or a Failure.

    The file is read twice, since an item may name what stands behind it. Where the XML breaks off, the
    items before that are yielded and then a Failure. Raises SourceError when there is no item, and when
    the XML declares entities.
    """
    files, journals = _named(path)
    seen = 0
    try:
        for item in _nodes(path):
            kind = _text(item, "z:itemType")
            if kind in _NOT_ITEMS or item.tag.rpartition("}")[2] in {"Attachment", "Memo", "Collection"}:
                continue
            if not kind and item.find("bib:authors", _NAMESPACES) is None:
                continue  # a journal, a series or a person that items name
            seen += 1
            entry = _entry(item, kind, files, journals)
            yield document_of(
                entry, source=source, extractor=f"{NAME}/{VERSION}", ordinal=seen, uri=f"{name}#{seen}"
            )
    except BrokenXML as error:
        if not seen:
            raise
        yield Failure(f"{name}#{seen + 1}", f"the XML breaks off here ({error}); export the items again")
    if not seen:
        raise SourceError("the Zotero RDF holds no item; export the items again")


def _nodes(path: Path) -> Iterator[Element]:
    with path.open("rb") as stream:
        yield from records(stream, _Nodes())


def _named(path: Path) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """What items name: the files by their attachments, and the journals with their fields."""
    files: dict[str, str] = {}
    journals: dict[str, dict[str, str]] = {}
    used: Counter[str] = Counter()
    try:
        for node in _nodes(path):
            used.update(one.get(_RESOURCE, "") for one in node.iterfind("dcterms:isPartOf", _NAMESPACES))
            about = node.get(_ABOUT) or ""
            if node.tag == f"{{{_NAMESPACES['z']}}}Attachment":
                resource = node.find("rdf:resource", _NAMESPACES)
                if about and resource is not None and (file := resource.get(_RESOURCE)):
                    files[about] = file
            elif about and not _text(node, "z:itemType"):
                journals[about] = _journal(node)
    except BrokenXML:
        pass  # said where the items are read
    for about, told in journals.items():
        if used[about] > 1:  # its volume and DOI are those of one item, and nobody can tell of which
            journals[about] = {"title": told["title"]}
    return files, journals


def _text(element: Element, path: str) -> str:
    return tidy(plain_markup(plain(element.find(path, _NAMESPACES))))


def _texts(element: Element, path: str) -> list[str]:
    return [tidy(plain(one)) for one in element.iterfind(path, _NAMESPACES)]


def _journal(node: Element) -> dict[str, str]:
    return {
        "title": _text(node, "dc:title") or _text(node, "dcterms:alternative"),
        "volume": _text(node, "prism:volume"),
        "issue": _text(node, "prism:number"),
        "doi": doi_in(*_identifiers(node)),
    }


def _identifiers(node: Element) -> list[str]:
    """What ``dc:identifier`` tells: ``DOI 10.1234/x``, ``ISSN 0140-6736``."""
    told = _texts(node, "dc:identifier")
    return [one.partition(" ")[2] for one in told if one.upper().startswith("DOI ")]


def _entry(item: Element, kind: str, files: dict[str, str], journals: dict[str, dict[str, str]]) -> Entry:
    title = _text(item, "dc:title")
    extra = "\n".join(
        "".join(map(str, one.itertext())) for one in item.iterfind("dc:description", _NAMESPACES)
    )
    abstract = item.find("dcterms:abstract", _NAMESPACES)
    attached = [one.get(_RESOURCE) or "" for one in item.iterfind("link:link", _NAMESPACES)]
    return Entry(
        reference=_reference(item, kind, title, extra, _part_of(item, journals)),
        title=title,
        abstract=plain_markup("".join(map(str, abstract.itertext())).strip()) if abstract is not None else "",
        links=tuple(links_in(extra)),
        attachments=tuple(files[one] for one in attached if one in files),
    )


def _part_of(item: Element, journals: dict[str, dict[str, str]]) -> dict[str, str]:
    """The journal or book an item is part of, written inside it or named."""
    found: dict[str, str] = {}
    for part in item.iterfind("dcterms:isPartOf", _NAMESPACES):
        inside = next((one for one in part if isinstance(one.tag, str)), None)
        told = journals.get(part.get(_RESOURCE) or "", {}) if inside is None else _journal(inside)
        for name, value in told.items():
            if value:
                found.setdefault(name, value)
    return found


def _reference(item: Element, kind: str, title: str, extra: str, part: dict[str, str]) -> Reference:
    addresses = _texts(item, "dc:identifier/dcterms:URI/rdf:value")
    about = item.get(_ABOUT) or ""
    addresses += [about] if about.startswith("http") else []
    year, date = iso_date(_text(item, "dc:date"))
    journal = part.get("title", "")
    dois = [one for one in addresses if "doi.org/10." in one]
    notes = [line for line in extra.split("\n") if not links_in(line)]
    tags = [*_texts(item, "dc:subject"), *_texts(item, "dc:subject/z:AutomaticTag/rdf:value")]
    return Reference(
        title=plain_title(title),
        authors=_people(item),
        journal=journal,
        year=year,
        date=date,
        volume=part.get("volume", "") or _text(item, "prism:volume"),
        issue=part.get("issue", "") or _text(item, "prism:number"),
        pages=join_pages(_text(item, "bib:pages"), ""),
        publisher=_text(item, "dc:publisher/foaf:Organization/foaf:name"),
        doi=doi_in(*_identifiers(item), part.get("doi", ""), *_doi_lines(extra), *dois),
        pmid=pmid_in(*notes) or pmid_of_address(*addresses),
        pmcid=pmcid_in(*notes, *addresses),
        url=next((one for one in addresses if one.startswith("http")), ""),
        language=language_code(_text(item, "z:language") or _text(item, "dc:language")),
        publication_types=with_types([_TYPES.get(kind, "")], journal or _text(item, "prism:archive")),
        keywords=keywords_of(dict.fromkeys(tags)),
    )


def _doi_lines(extra: str) -> list[str]:
    """The DOI that a line of "Extra" tells for kinds of items without such a field."""
    return [m[1] for m in re.finditer(r"(?im)^\s*DOI:\s*(10\.\S+)", extra)]


def _people(item: Element) -> tuple[Author, ...]:
    """The authors, else the editors; a group has a surname alone."""
    for role in ("authors", "presenters", "editors"):
        found = []
        for person in item.iterfind(f"bib:{role}/rdf:Seq/rdf:li/foaf:Person", _NAMESPACES):
            family, given = _text(person, "foaf:surname"), _text(person, "foaf:givenName")
            given = given or _text(person, "foaf:givenname")
            if family and given:
                found.append(Author(family=family, given=given))
            elif family or given:
                found.append(Author(literal=family or given))
        if found:
            return tuple(dict.fromkeys(found))
    return ()
