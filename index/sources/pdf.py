"""PDF articles: text in reading order with sections, pages and boxes, record, references, citations.

PDFium finds the characters (:mod:`index.sources.pdf_chars`); what a paper makes of them is found here:
lines and columns (``pdf_lines``), running heads and lettering (``pdf_furniture``), tables, blocks, one
text (``pdf_compose``), title and record (``pdf_front``), references (``pdf_references``). Each file is
read in a child process with limits, since a PDF can hold anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from index.records import Document, Failure
from index.sources.child import Limits, read_in_child
from index.sources.pdf_ahead import Ahead
from index.sources.pdf_document import NAME, VERSION

__all__ = ["NAME", "VERSION", "Settings", "configure", "read", "reading_ahead", "recognises", "settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How PDFs are read: ``ocr`` recognises the text of scans with Tesseract in ``languages``."""

    ocr: bool = False
    languages: str = "eng"
    seconds: float = 180.0
    megabytes: int = 1000


_settings = Settings()


def settings() -> Settings:
    """The settings in force."""
    return _settings


def configure(**changes: bool | str | float) -> Settings:
    """Change settings for this process; returns what was in force before."""
    global _settings
    before = _settings
    _settings = replace(_settings, **changes)  # type: ignore[arg-type]
    return before


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a file beginning with ``head`` is a PDF: readers accept up to 1024 bytes before its mark."""
    return b"%PDF-" in head[:1024]


def read(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
    """The one document in the PDF at ``path``; ``source`` is the SHA-256 of its bytes, ``name`` its name.

    Raises SourceError for a PDF that is locked, broken, or scanned (unless ``ocr`` is set), that holds no
    text, and that passes the limits.
    """
    started = _ahead.take(source)
    yield started.result() if started is not None else read_alone(path, source, name)


def reading_ahead(files: Iterable[tuple[Path, str]]) -> AbstractContextManager[None]:
    """While the context lasts, PDFs are read before :func:`read` asks for them, in the order given.

    ``files`` are paths, each with the name that :func:`read` will be given; other files are passed over.
    """
    return _ahead.reading((path, name) for path, name in files if name.lower().endswith(".pdf"))


def read_alone(path: Path, source: str, name: str) -> Document:
    """Read one PDF in a child process. Raises SourceError."""
    chosen = _settings
    seconds = chosen.seconds * (10 if chosen.ocr else 1)
    return read_in_child(
        "index.sources.pdf_open:read_pdf",
        {"path": str(path), "source": source, "name": name, "ocr": chosen.ocr, "languages": chosen.languages},
        limits=Limits(seconds, chosen.megabytes),
        kind="the PDF",
    )


_ahead = Ahead(read_alone)
