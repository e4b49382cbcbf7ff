"""Saved PubMed article pages, as text or as HTML: one document for each page.

Navigation, banners and lists of other papers (similar, citing) never enter the text. The text form
keeps every part as an exact slice of the file; the HTML form drops markup and closes up white space.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from index.errors import SourceError
from index.records import Document, Failure
from index.sources.decoding import decode, decode_head
from index.sources.pubmed_page_html import looks_like_page, page_of_html
from index.sources.pubmed_page_record import SavedPage, compose
from index.sources.pubmed_page_text import page_of_text
from index.sources.pubmed_page_words import telltales

__all__ = ["NAME", "VERSION", "read", "recognises"]

NAME = "pubmed-page"
VERSION = "1"

#: A page is recognised by this many points, one sign worth this much, among this many first lines.
_POINTS, _SURE, _NEAR_THE_TOP = 6, 2, 60

_BANNER = re.compile(r"^[ \t]*Skip to main page content\b", re.IGNORECASE | re.MULTILINE)
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_NO_TITLE = "the saved PubMed page holds no title; open the article's page in PubMed and save it again"


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a file beginning with ``head`` is a saved page of one PubMed article, whatever its name.

    Several of the page's own lines are needed: a text that only mentions PubMed is not taken.
    """
    try:
        text = decode_head(head)
    except SourceError:
        return False
    if _is_html(text):
        return looks_like_page(text)
    points, surest, first = telltales(text)
    return points >= _POINTS and surest >= _SURE and first <= _NEAR_THE_TOP


def read(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
    """The page in the file at ``path``; several where several were pasted into one text file.

    ``source`` is the SHA-256 of its bytes, ``name`` its name. A page is small, so it is read whole.
    Raises SourceError for a binary file and when no page has a title.
    """
    data = path.read_bytes()
    text = decode(data)
    html = _is_html(text)
    pages = [page_of_html(_declared(data) or text)] if html else [*map(page_of_text, _pages(text))]
    if not any(page.title for page in pages):
        raise SourceError(_NO_TITLE)
    for ordinal, page in enumerate(pages, start=1):
        yield _composed(page, source=source, name=name, ordinal=ordinal)


def _composed(page: SavedPage, *, source: str, name: str, ordinal: int) -> Document | Failure:
    if not page.title:
        return Failure(f"{name}#{ordinal}", _NO_TITLE)
    return compose(page, source=source, extractor=f"{NAME}/{VERSION}", ordinal=ordinal)


def _is_html(text: str) -> bool:
    return bool(re.match(r"\s*(?:<!--|<\?xml|<!doctype\s+html|<[a-z]+[\s>])", text, re.IGNORECASE))


def _declared(data: bytes) -> str:
    """``data`` in the encoding that its HTML declares, or ``""`` when it declares none that fits."""
    declared = _CHARSET.search(data[:4096])
    if not declared or data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ""
    try:
        return data.decode(declared[1].decode("ascii"))
    except (LookupError, UnicodeDecodeError):
        return ""


def _pages(text: str) -> list[str]:
    """``text`` cut before each page's first line; what stands before the first page goes with it."""
    starts = [match.start() for match in _BANNER.finditer(text)]
    cuts = [0, *starts[1:], len(text)]
    return [text[a:b] for a, b in pairwise(cuts)]
