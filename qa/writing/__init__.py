"""Sealed answers as files: Markdown, HTML, DOCX, text, JSON, and their references for other programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from index.errors import UsageError
from index.files import write_atomically
from index.records import Reference
from qa.exports import bibtex, csl_json, ris
from qa.sealed import Sealed, not_ours, unseal
from qa.sealing import to_json
from qa.writing.sheet import Sheet, sheet

#: The endings of files and what they hold; the longest that fits counts.
ENDINGS: Mapping[str, str] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".docx": "docx",
    ".txt": "text",
    ".csl.json": "csl",
    ".json": "json",
    ".bib": "bibtex",
    ".ris": "ris",
}


def _of_sheet(name: str) -> Callable[[Sheet], bytes]:
    """The function that writes a format, its module imported when it is first asked."""
    from importlib import import_module

    writer: Callable[[Sheet], bytes] = getattr(import_module(f"qa.writing.{name}"), name)
    return writer


_SHEETS = {"markdown": "markdown", "html": "html", "docx": "docx", "text": "plain_text"}
_REFERENCES: Mapping[str, Callable[[list[Reference]], str]] = {
    "bibtex": bibtex,
    "ris": ris,
    "csl": csl_json,
}


def render(document: Mapping[str, Any], format: str, style: str = "vancouver") -> bytes:
    """A sealed document (:func:`qa.sealing.seal`) as the bytes of a file of ``format``.

    Formats: markdown, html, docx, text, json, bibtex, ris, csl. ``style`` is one of
    :data:`qa.bibliography.STYLES`. Raises UsageError for another format, style or document.
    """
    sealed = unseal(document)
    if format == "json":
        return to_json(document).encode("utf-8", "replace")
    try:
        if format in _REFERENCES:
            return _REFERENCES[format](quoted_papers(sealed)).encode()
        if format in _SHEETS:
            return _of_sheet(_SHEETS[format])(sheet(sealed, style))
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # a part that nothing else looks into
        raise not_ours(error) from error
    raise UsageError(
        f"there is no format {format!r}; the formats are {', '.join(sorted(set(ENDINGS.values())))}"
    )


def quoted_papers(sealed: Sealed) -> list[Reference]:
    """The records of the papers that answer, each once, in the order they are first quoted."""
    names = dict.fromkeys(quote.document_id for one in sealed.answers for quote in one.answer.quotes)
    return [sealed.papers[name].record for name in names]


def format_of(path: Path) -> str:
    """The format that a file's ending asks for. Raises UsageError for another one."""
    name = path.name.casefold()
    for ending in sorted(ENDINGS, key=len, reverse=True):
        if name.endswith(ending):
            return ENDINGS[ending]
    raise UsageError(f"{path.name}: the ending says the format: {', '.join(ENDINGS)}")


def write(
    document: Mapping[str, Any], path: Path, *, style: str = "vancouver", replace: bool = False
) -> None:
    """Write a sealed document to ``path``, whole or not at all, by its ending.

    Raises UsageError for an ending or a style that is none, for a file that is there already (unless
    ``replace``), and where nothing can be written.
    """
    data = render(document, format_of(path), style)
    if path.exists() and not replace:
        raise UsageError(f"{path} is there already; name another file, or write over it with --force")
    try:
        write_atomically(path, data)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror})") from error
