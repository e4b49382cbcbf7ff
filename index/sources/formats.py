"""What a file that no reader takes looks like, and what to do about it."""

from __future__ import annotations

import re

from index.errors import SourceError
from index.sources.decoding import decode_head

__all__ = ["root_element", "why_not"]

_SAVE = "save the article as text, HTML or PubMed XML and add that"
_UNPACK = "unpack it and add the files inside"
_RECOGNISE = "recognise its text first, or add the article itself"

#: File signatures: the bytes a file begins with, what it then is, and the remedy.
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Word, Excel or PowerPoint document", _SAVE),
    (b"{\\rtf", "a Rich Text (RTF) document", _SAVE),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ\0", "an xz archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
    (b"\x89PNG\r\n\x1a\n", "an image (PNG)", _RECOGNISE),
    (b"\xff\xd8\xff", "an image (JPEG)", _RECOGNISE),
    (b"GIF8", "an image (GIF)", _RECOGNISE),
    (b"II*\0", "an image (TIFF)", _RECOGNISE),
    (b"MM\0*", "an image (TIFF)", _RECOGNISE),
    (b"AT&TFORM", "a DjVu document", _SAVE),
    (b"%!PS", "a PostScript document", _SAVE),
    (b"SQLite format 3\0", "an SQLite database", "add the articles themselves"),
    (b"bplist00", "a web archive or property list of macOS", "save the page as HTML and add that"),
    (b"\x7fELF", "a program", "add an article"),
    (b"MZ\x90\0", "a program", "add an article"),
)

#: Inside a ZIP's first entries: what kind of document it packs.
_ZIPPED: tuple[tuple[bytes, str], ...] = (
    (b"mimetypeapplication/epub+zip", "an EPUB book without its contents list"),
    (b"mimetypeapplication/vnd.oasis.opendocument", "an OpenDocument file"),
    (b"word/", "a Word document without its text"),
    (b"xl/", "an Excel workbook"),
    (b"ppt/", "a PowerPoint presentation"),
)

#: Text that is data for a program: what it begins with and what it is.
_EXPORTS: tuple[tuple[str, str], ...] = (
    (r"\s*PMID ?- ?\d", "a PubMed export in MEDLINE (nbib) form"),
    (r"(?:\d+\.\s*)?\s*TY  ?- [A-Z]", "a reference manager's export (RIS)"),
    (r"(?:\s|%[^\n]*\n)*@(?:article|book|inproceedings|incollection|misc|phdthesis|techreport|comment|string"
     r"|preamble)\s*[{(]", "a BibTeX file"),
    (r"\s*(?:\{\s*(?:\"|\}\s*$)|\[\s*(?:\{|\]\s*$))", "JSON"),
)  # fmt: skip

_SUFFIXES: dict[str, str] = {
    ".bib": "a BibTeX file",
    ".ris": "a reference manager's export (RIS)",
    ".nbib": "a PubMed export in MEDLINE (nbib) form",
    ".csv": "a table (CSV)",
    ".tsv": "a table (TSV)",
    ".json": "JSON",
    ".jsonl": "JSON",
}

_PROLOGUE = re.compile(
    r"(?:\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>)*+", re.DOTALL | re.IGNORECASE
)
_ELEMENT = re.compile(r"<([A-Za-z_][\w.:\-]*)(?=[\s/>])")
_HTML = frozenset({"html", "head", "body", "div", "p", "span", "table", "main", "article", "section", "meta"})
_MARKDOWN = frozenset({".md", ".markdown"})


def root_element(text: str) -> str:
    """The name of the element that ``text`` begins with as XML or HTML does, or ``""``."""
    opening = _PROLOGUE.match(text)
    found = _ELEMENT.match(text, opening.end() if opening else 0)
    return found[1] if found else ""


def why_not(head: bytes, suffix: str) -> str:
    """One sentence: what a file beginning with ``head`` looks like, and the remedy.

    ``""`` when it is text that can be read as such. ``suffix`` is the lower-case file suffix with
    its dot, or ``""``.
    """
    if not head:
        return "the file is empty; save or download it again"
    for signature, kind, remedy in _SIGNATURES:
        if head.startswith(signature):
            return f"this is {kind}; {remedy}"
    if head.startswith(b"PK\x03\x04"):
        kind = next((kind for mark, kind in _ZIPPED if mark in head), "")
        return f"this is {kind}; {_SAVE}" if kind else f"this is a ZIP archive; {_UNPACK}"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return f"this is an image (WebP); {_RECOGNISE}"
    try:
        text = decode_head(head)
    except SourceError as error:
        return str(error)
    return _markup(text, suffix) or _export(text, suffix)


def _markup(text: str, suffix: str) -> str:
    """What ``text`` is when it is XML or HTML, else ``""``."""
    start = text.lstrip()
    if not start:
        return "the file holds nothing but blank space; save or download it again"
    root = root_element(text)
    name = root.rpartition(":")[2].lower()
    page = re.match(r"<!doctype html", start, re.IGNORECASE) is not None
    if suffix in _MARKDOWN and name != "html" and not page and not start.startswith("<?xml"):
        return ""  # Markdown may begin with pieces of HTML
    if name in {"article", "pmc-articleset"} and re.search(
        r"<front\b|DTD JATS|Archiving and Interchange", text
    ):
        return (
            f"this is a full-text article in JATS XML (<{root}>) without its title and journal;"
            " download it again from its publisher or PubMed Central"
        )
    if name in _HTML or page:
        return (
            "this is a web page, but not one of PubMed's article pages;"
            " save the article's text, or export it from PubMed as XML, and add that"
        )
    if name == "svg":
        return "this is an image (SVG); add the article itself"
    if root and (start.startswith(("<?xml", "<!DOCTYPE", "<!--")) or f"</{root}>" in text or "xmlns" in text):
        return (
            f"this is XML with the root element <{root}>, which this version does not know;"
            " export the article from PubMed as XML, or save its text, and add that"
        )
    return "this is XML without a root element; download it again" if start.startswith("<?xml") else ""


def _export(text: str, suffix: str) -> str:
    """What ``text`` is when it is data for a program that no reader of records took, else ``""``."""
    kind = next((kind for pattern, kind in _EXPORTS if re.match(pattern, text)), _SUFFIXES.get(suffix, ""))
    if kind == "JSON":
        return "this is JSON, but not CSL-JSON; export the references as CSL-JSON, RIS or BibTeX and add that"
    if kind.startswith("a table"):
        return f"this is {kind}, but not one of PubMed's; export the references as RIS or BibTeX and add that"
    return f"this is {kind}, but it holds no record that can be read; export the references again" * bool(
        kind
    )
