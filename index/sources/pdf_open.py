"""Open one PDF and read it: the part that runs in the child process."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from index.errors import SourceError
from index.records import Document
from index.sources.pdf_chars import Opened, open_pdf
from index.sources.pdf_document import document_of
from index.sources.pdf_front import xmp_of
from index.sources.pdf_page import PageContent

__all__ = ["read_pdf"]

SCANNED = (
    "the PDF is a scan without text; add it with --ocr (needs Tesseract), or save it with its text recognised"
)
_EMPTY = "the PDF holds no text; save or download it again"
_UNREADABLE = (
    "the PDF's fonts do not tell which characters they show; add it with --ocr (needs Tesseract),"
    " or get the article as XML or HTML"
)
_ENCRYPTED = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")


def read_pdf(path: str, source: str, name: str, ocr: bool = False, languages: str = "eng") -> Document:
    """The document in the PDF at ``path``; see :func:`index.sources.pdf.read`. Raises SourceError."""
    data = Path(path).read_bytes()
    if b"%%EOF" not in data and len(data) < 2000 and b"obj" not in data:
        raise SourceError("the PDF is cut off; download it again")
    with open_pdf(Path(path)) as opened:
        metadata, xmp = opened.metadata(), xmp_of(data)
        del data
        pages = [opened.page(number) for number in range(1, opened.pages + 1)]
        lacking = [
            page.number for page in pages if _letters(page) < 20 and (page.images > 0.3 or page.drawings)
        ]
        notes: tuple[str, ...] = ()
        reason = _why_not(pages)
        if ocr and (reason or lacking):
            _recognise(opened, pages, languages, everything=reason == _UNREADABLE)
            reason = "" if any(page.words for page in pages) else _EMPTY
            notes = ("the text was recognised by Tesseract and may hold errors",)
        elif lacking and len(lacking) < len(pages):
            notes = (_lacking(lacking),)
        if reason:
            raise SourceError(reason)
        return document_of(pages, metadata, xmp, source=source, name=name, notes=notes)


def _letters(page: PageContent) -> int:
    return sum(sum(map(str.isalpha, word.text)) for word in page.words)


def _why_not(pages: Sequence[PageContent]) -> str:
    """Why the pages cannot be quoted from, or ``""``."""
    letters = sum(map(_letters, pages))
    drawn = any(page.images > 0.3 or page.drawings for page in pages)
    if letters < 50 * len(pages) and letters < 300 and drawn and any(page.images > 0.5 for page in pages):
        return SCANNED
    if not letters:
        return SCANNED if drawn else _EMPTY
    characters = "".join(word.text for page in pages for word in page.words)
    private = sum("\ue000" <= c <= "\uf8ff" or not c.isprintable() for c in characters)
    return _UNREADABLE if private > 0.3 * len(characters) else ""


def _lacking(numbers: Sequence[int]) -> str:
    listed = ", ".join(map(str, numbers[:8])) + (", ..." if len(numbers) > 8 else "")
    many = len(numbers) > 1
    return f"page{'s' if many else ''} {listed} of the PDF hold{'' if many else 's'} no text, only pictures"


def _recognise(opened: Opened, pages: list[PageContent], languages: str, *, everything: bool) -> None:
    from index.sources.pdf_ocr import recognised

    for at, page in enumerate(pages):
        if everything or _letters(page) < 20:
            pages[at] = recognised(opened, page, languages)
