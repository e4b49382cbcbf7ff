"""Word documents (DOCX): paragraphs, headings, lists, tables, text boxes and notes in reading order.

Read from ``word/document.xml`` with lxml. python-docx (MIT) was weighed: its ``paragraphs`` and ``text``
leave out content controls, text boxes, notes, formulas and inserted text under tracked changes, and it
refuses strict documents, so nearly all would have been read beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from index.errors import SourceError
from index.records import Author, Document, Failure, Reference, plain_key
from index.sources.article_tree import ArticleTree
from index.sources.docx_body import Writer
from index.sources.docx_styles import Numbering, Styles
from index.sources.entries import iso_date
from index.sources.outline import is_section_name
from index.sources.packed import Packed, first_names, opened
from index.sources.vancouver import find_doi
from index.sources.vancouver_authors import western_name
from index.sources.xml_stream import Element, all_text

__all__ = ["NAME", "VERSION", "read", "recognises"]

NAME = "docx"
VERSION = "1"

#: What the first member of a package may be called.
_OPENING = (
    "[Content_Types].xml",
    "_rels/",
    "docProps/",
    "customXml/",
    "word/document.xml",
    "word/_rels/",
    "mimetype",
)
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SOFTWARE = re.compile(
    r"python|word|microsoft|windows|office|user|admin|author|openxml|libreoffice|openoffice|google"
    r"|pandoc|docx|unknown"
    r"|default|owner|\d|@|benutzer|usuario|utilisateur",
    re.IGNORECASE,
)
_NO_TITLE = re.compile(
    r"(?:microsoft word|document\d*|untitled|unbenannt|title|titel|template|vorlage|manuscript"
    r"|draft)\b.{0,20}|.*\.docx?",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?:(?:published|date|version of|dated)\s*:?\s*)?(?:\d{1,2}\.?\s+)?(?:jan|feb|mar|apr|may|jun"
    r"|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
    r"(?:\s+\d{1,2}(?:st|nd|rd|th)?)?,?\s+(?:19|20)\d\d|(?:published|date)\s*:?\s*.{0,20}(?:19"
    r"|20)\d\d|(?:19|20)\d\d-\d\d-\d\d",
    re.IGNORECASE,
)
_DOI = re.compile(
    r"\W*(?:(?:article )?doi\s*:?\s*)?(?:https?://)?(?:(?:dx\.)?doi\.org/)?10\.\d{4,9}/\S+\s*", re.IGNORECASE
)


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a file beginning with ``head`` is a Word document; a locked or old one, by its suffix, too."""
    if head.startswith(_OLD):
        return suffix in {".docx", ".docm"} or "EncryptedPackage".encode("utf-16-le") in head
    names = first_names(head)
    if names and names[0].startswith(_OPENING) and any(name.startswith("word/") for name in names):
        return True
    return suffix in {".docx", ".docm", ".dotx"} and head.startswith(b"PK\x03\x04")


def read(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
    """The one document in the file at ``path``; ``source`` is the SHA-256 of its bytes, ``name`` its name.

    Raises SourceError for a locked, old or damaged file and for one without text.
    """
    with path.open("rb") as stream:
        if stream.read(8) == _OLD:
            raise SourceError(
                "the Word document is locked with a password or in the old .doc form;"
                " open it, save it as .docx without a password and add that"
            )
    with opened(path, "Word document") as packed:
        main = _main_part(packed)
        folder = main.rpartition("/")[0]
        document = packed.xml(main)
        body = document.find("body")
        if body is None:
            raise SourceError("the Word document holds no text; save it again")
        tree = ArticleTree()
        notes = {}
        for kind in ("footnote", "endnote"):
            part = _part(packed, f"{folder}/{kind}s.xml")
            for note in part.findall(kind) if part is not None else ():
                if note.get("type", "normal") == "normal":
                    notes[kind, note.get("id", "")] = note
        numbering = Numbering(_part(packed, f"{folder}/numbering.xml"))
        writer = Writer(tree, Styles.of(_part(packed, f"{folder}/styles.xml")), numbering, notes)
        writer.write(body)
        core = _part(packed, "docProps/core.xml")
    reference = _record(tree, writer, core, name)
    try:
        yield tree.document(reference, source=source, extractor=f"{NAME}/{VERSION}")
    except (ValueError, RecursionError) as error:
        raise SourceError(
            "the Word document holds no text that can be read;"
            " if its pages are pictures, recognise their text first"
        ) from error


def _main_part(packed: Packed) -> str:
    """The name of the part that holds the text, as the package says."""
    if "_rels/.rels" in packed.names:
        for one in packed.xml("_rels/.rels").findall("Relationship"):
            if one.get("Type", "").endswith("/officeDocument"):
                target = one.get("Target", "").lstrip("/")
                if target in packed.names:
                    return target
    if "word/document.xml" not in packed.names:
        raise SourceError("the Word document is damaged (its text is missing); save it again")
    return "word/document.xml"


def _part(packed: Packed, name: str) -> Element | None:
    """A part that helps to read the text; the text is read without it where it is broken."""
    try:
        return packed.xml(name) if name in packed.names else None
    except SourceError:
        return None


def _record(tree: ArticleTree, writer: Writer, core: Element | None, name: str) -> Reference:
    """What the document says of itself: title, authors, date and DOI on its first page."""

    def told(tag: str) -> str:
        found = core.find(tag) if core is not None else None
        return " ".join(all_text(found).split()) if found is not None else ""

    opening = _opening(tree)
    title = _title(tree, writer, told("title"), opening) or name
    front = _front(tree)
    year, date = iso_date(*writer.dates) if writer.dates else (None, "")
    for line in front if year is None else ():
        if len(line) < 80 and _DATE.fullmatch(line):
            year, date = iso_date(line)
            break
    dois = {find_doi(line) for line in front if _DOI.fullmatch(line)}
    return Reference(
        title=title,
        authors=_authors(writer.authors, told("creator"), " ".join(opening)),
        year=year,
        date=date,
        doi=dois.pop() if len(dois) == 1 else "",
        keywords=tuple(word for word in re.split(r"\s*[;,]\s*", told("keywords")) if word),
    )


def _opening(tree: ArticleTree) -> list[str]:
    """The paragraphs and headings of about the first page."""
    found, length = list(tree.affiliations), 0
    for one in tree.body.iter("p", "title"):
        text = " ".join(all_text(one).split())
        found.append(text)
        length += len(text)
        if length > 3000:
            break
    return found


def _front(tree: ArticleTree) -> list[str]:
    """The lines before the text proper: up to the first heading that names a part of a paper."""
    found = list(tree.affiliations)
    for one in tree.body.iter("p", "title"):
        text = " ".join(all_text(one).split())
        if (one.tag == "title" and is_section_name(text)) or len(found) > 25:
            break
        found.append(text)
    return found


def _title(tree: ArticleTree, writer: Writer, told: str, opening: Sequence[str]) -> str:
    """The title: as styled, else the file's own where the first page prints it, else what opens the text."""
    if writer.titles:
        return " ".join(writer.titles[:2]) if len(" ".join(writer.titles[:2])) < 300 else writer.titles[0]
    plausible = told if len(told) > 3 and not _NO_TITLE.fullmatch(told) else ""
    if plausible:
        for one in tree.body.iter("p", "title"):
            if plain_key(all_text(one)) == plain_key(plausible):
                _take(one)
                return plausible
    first = next((one for one in tree.body if all_text(one).strip()), None)
    if first is not None and first.tag == "p":
        text = " ".join(all_text(first).split())
        follows = first.getnext() is not None
        if follows and 3 < len(text) <= 200 and not re.search(r"[.;,:]$", text):
            _take(first)
            return re.sub(r"^title:\s+", "", text, flags=re.IGNORECASE)
    if plausible:
        return plausible
    heading = next((one for one in tree.body.iter("title")), None)
    text = " ".join(all_text(heading).split()) if heading is not None else ""
    if heading is None or is_section_name(text):
        return ""
    _take(heading)
    return text


def _take(one: Element) -> None:
    """Take the title out of the text, where it is printed once more before all else."""
    parent = one.getparent()
    if parent is not None:
        parent.remove(one)


def _authors(styled: Sequence[str], creator: str, opening: str) -> tuple[Author, ...]:
    """Authors as styled, else the file's creator where the first page prints the name."""
    names = [name for line in styled for name in re.split(r"\s*[;,]\s*|\s+(?:and|&)\s+", line) if name]
    if not names and creator and not _SOFTWARE.search(creator):
        family, comma, given = (part.strip() for part in creator.partition(","))
        person = Author(family, given) if comma and given else western_name(creator)
        if f" {plain_key(person.family or person.literal)} " in f" {plain_key(opening)} ":
            return (person,)
    return tuple(western_name(name) for name in names)
