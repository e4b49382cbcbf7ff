"""E-books (EPUB 2 and 3): the chapters in reading order, without the navigation.

Read with zipfile and lxml after the EPUB 3.3 specification (W3C); EbookLib is AGPL.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from index.errors import SourceError
from index.records import Author, Document, Failure, Reference, plain_key
from index.sources.article_tree import ArticleTree
from index.sources.entries import iso_date, language_code
from index.sources.html_convert import Converter
from index.sources.html_main import HEADINGS, heading_text
from index.sources.html_meta import person_of
from index.sources.html_open import MOST_TAGS, Measures, declared, parse
from index.sources.html_references import reference_ids
from index.sources.packed import Packed, first_names, opened
from index.sources.vancouver import find_doi
from index.sources.xml_stream import Element, all_text

__all__ = ["NAME", "VERSION", "read", "recognises"]

NAME = "epub"
VERSION = "1"

_MOST_CHAPTERS = 5_000
_PAGES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document"})
#: Ways of hiding fonts, which lock nothing.
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_LOCKED = "the book is locked (DRM); get a copy without a lock from its publisher and add that"
_WRITERS = frozenset({"aut", "", "cre", "dub", "edt"})


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a file beginning with ``head`` is an EPUB, whatever its name."""
    if not head.startswith(b"PK\x03\x04"):
        return False
    names = first_names(head)
    if names[:1] == ["mimetype"] and b"application/epub+zip" in head[38:200]:
        return True
    return "META-INF/container.xml" in names or suffix == ".epub"


def read(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
    """The one document in the book at ``path``; ``source`` is the SHA-256 of its bytes, ``name`` its name.

    A chapter that cannot be read is named in the document's notes. Raises SourceError for a locked or
    damaged book and for one without text.
    """
    notes: list[str] = []
    with opened(path, "EPUB book") as packed:
        _refuse_locked(packed)
        package_name = _package(packed)
        package = packed.xml(package_name)
        reference = _record(package, name)
        pages: list[Element] = []
        tags = 0
        for member in _spine(package, posixpath.dirname(package_name)):
            try:
                text = declared(packed.read(member))
                tags += text.count("<")
                if tags > MOST_TAGS:
                    raise SourceError("the book unpacks to more elements than any has; add its parts alone")
                pages.append(parse(text))
            except SourceError as error:
                if "unpacks to more" in str(error):
                    raise
                notes.append(f"the chapter {posixpath.basename(member)[:80]} could not be read: {error}")
    tree = ArticleTree()
    ids = [reference_ids(page) for page in pages]
    cited = frozenset().union(*(one for one, _ in ids))
    entries = frozenset().union(*(one for _, one in ids))
    for page in pages:
        body = next(page.iter("body"), page)
        if not _is_navigation(body):
            Converter(
                tree, Measures(page), title=reference.title, cited=cited, entries=entries, site=False
            ).write(body)
    try:
        yield tree.document(reference, source=source, extractor=f"{NAME}/{VERSION}", notes=tuple(notes))
    except (ValueError, RecursionError) as error:
        reason = notes[0] if notes else "its pages may be pictures"
        raise SourceError(
            f"the EPUB book holds no text that can be read ({reason}); get another edition"
        ) from error


def _refuse_locked(packed: Packed) -> None:
    if "META-INF/encryption.xml" in packed.names:
        for data in packed.xml("META-INF/encryption.xml").iter("EncryptedData"):
            method = data.find("EncryptionMethod")
            if method is None or method.get("Algorithm", "") not in _FONTS:
                raise SourceError(_LOCKED)
    if "META-INF/rights.xml" in packed.names and "META-INF/encryption.xml" in packed.names:
        raise SourceError(_LOCKED)


def _package(packed: Packed) -> str:
    """The name of the package document."""
    for one in packed.xml("META-INF/container.xml").iter("rootfile"):
        name = one.get("full-path", "")
        if name in packed.names:
            return name
    raise SourceError("the EPUB book is damaged (its contents list is missing); download it again")


def _spine(package: Element, folder: str) -> list[str]:
    """The members that hold the text, in reading order, the navigation left out."""
    items: dict[str, Element] = {one.get("id", ""): one for one in package.findall("manifest/item")}
    found = []
    for one in package.findall("spine/itemref")[:_MOST_CHAPTERS]:
        item = items.get(one.get("idref", ""))
        if item is None or item.get("media-type", "").lower() not in _PAGES:
            continue
        if "nav" in item.get("properties", "").split():
            continue
        name = posixpath.normpath(posixpath.join(folder, unquote(item.get("href", "")).partition("#")[0]))
        if name not in found:
            found.append(name)
    return found


def _is_navigation(body: Element) -> bool:
    """Whether a page is the table of contents: nothing but links under its heading."""
    if "toc" in (body.get("epub:type") or "").split():
        return True
    measures = Measures(body)
    heading = next(body.iter(*HEADINGS), None)
    named = heading is not None and re.fullmatch(
        r"(?:table of )?contents|inhalt(?:sverzeichnis)?|sommaire|índice|indice",
        heading_text(heading),
        re.IGNORECASE,
    )
    return bool(named) and measures.density(body) > 0.6


def _record(package: Element, name: str) -> Reference:
    """What the package tells of the book."""
    metadata = package.find("metadata")
    held = list(metadata.iter()) if metadata is not None else []

    def told(tag: str) -> list[Element]:
        return [one for one in held if one.tag == tag and all_text(one).strip()]

    def text(one: Element) -> str:
        return " ".join(all_text(one).split())

    refined: dict[tuple[str, str], str] = {}
    for one in told("meta"):
        refined[one.get("refines", "").lstrip("#"), one.get("property", "")] = text(one)
    titles = told("title")
    main = [one for one in titles if refined.get((one.get("id", ""), "title-type")) == "main"] or titles[:1]
    people = []
    for one in told("creator"):
        role = one.get("role") or refined.get((one.get("id", ""), "role"), "")
        if role in _WRITERS:
            filed = one.get("file-as") or refined.get((one.get("id", ""), "file-as"), "")
            people.append(_person(text(one), filed))
    dates = [
        one
        for one in told("date")
        if one.get("event", "publication") in {"publication", "original-publication"}
    ]
    year, date = iso_date(*(text(one) for one in dates[:1]))
    identifiers = [text(one) for one in told("identifier")]
    return Reference(
        title=text(main[0]) if main else name,
        authors=tuple(person for person in people if person is not None),
        year=year,
        date=date,
        publisher=next(map(text, told("publisher")), ""),
        doi=next((doi for one in identifiers if (doi := find_doi(one))), ""),
        language=language_code(next(map(text, told("language")), "")),
        keywords=tuple(dict.fromkeys(map(text, told("subject")))),
    )


def _person(printed: str, filed: str) -> Author | None:
    """A creator; ``filed`` under "Family, Given" where that is the same name."""
    if "," in filed and sorted(plain_key(filed).split()) == sorted(plain_key(printed).split()):
        return person_of(filed)
    return person_of(printed)
