"""From a file to documents: one module per format, chosen by content.

A reader is a module with

* ``NAME`` and ``VERSION``: together the extractor's name; raise VERSION when its output changes,
* ``recognises(head, suffix) -> bool``: ``head`` is up to 64 KiB of the file's beginning (bytes),
  ``suffix`` the lower-case file suffix with its dot, or ``""``,
* ``read(path, *, source, name) -> Iterator[Document | Failure]``: ``source`` is the SHA-256 of the
  file's bytes, ``name`` the file's own name (``path`` may be a stored copy without one). It streams:
  memory must not grow with the number of records. It raises SourceError when the file as a whole
  cannot be read, and yields a Failure for a record inside it that cannot.

and one line in the table below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from index.errors import SourceError
from index.records import Document, Failure

HEAD_BYTES = 65536


class Reader(Protocol):
    """What a reader module offers."""

    NAME: str
    VERSION: str

    def recognises(self, head: bytes, suffix: str) -> bool:
        """Whether this reader reads a file that begins with ``head``."""

    def read(self, path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
        """The documents of a file, and the records in it that cannot be read."""


#: Asked in this order; the first that recognises a file reads it. Named, not imported: asking a question
#: needs none of them.
_MODULES = {
    "pubmed-xml": "pubmed_xml",
    "jats": "jats",
    "medline": "medline",
    "pubmed-text": "pubmed_text",
    "pubmed-csv": "pubmed_csv",
    "ris": "ris",
    "bibtex": "bibtex",
    "endnote-xml": "endnote_xml",
    "zotero-rdf": "zotero_rdf",
    "europepmc-json": "europepmc_json",
    "csl-json": "csl_json",
    "pubmed-page": "pubmed_page",
    "html": "html_page",
    "epub": "epub",
    "docx": "docx",
    "archive": "zip_archive",  # before PDF: one may stand unpacked at an archive's beginning
    "pdf": "pdf",
    "text": "plain_text",
}


class _Readers(Mapping[str, Reader]):
    """The readers by name, each imported when it is first asked."""

    def __getitem__(self, name: str) -> Reader:
        reader: Any = import_module(f"index.sources.{_MODULES[name]}")
        return cast(Reader, reader)

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


READERS: Mapping[str, Reader] = _Readers()


def reader_for(path: Path, name: str) -> Reader:
    """The reader for the file at ``path``. Raises SourceError with the reason when there is none."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise SourceError("the file is empty; save or download it again")
    suffix = Path(name).suffix.lower()
    for reader in READERS.values():
        try:
            if reader.recognises(head, suffix):
                return reader
        except Exception as error:
            raise SourceError(mistake(error)) from error
    from index.sources.plain_text import why_not

    raise SourceError(why_not(head, suffix))


def mistake(error: Exception) -> str:
    """The reason given for a file on which a reader itself went wrong: it must stop no other file."""
    return f"unexpected {type(error).__name__} while reading ({error}); please report this file's kind"


def extractor(reader: Reader) -> str:
    """The name under which a reader signs its texts: ``"pubmed-xml/1"``."""
    return f"{reader.NAME}/{reader.VERSION}"
