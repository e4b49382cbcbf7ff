"""PubMed's exports as a table (CSV): that of today's site and that of the site before 2020."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from index.errors import SourceError
from index.records import Document, Failure, Reference
from index.sources.abstracts import tidy
from index.sources.decoding import decode_head
from index.sources.entries import Entry, document_of, doi_in, language_code, plain_title, pmcid_in, pmid_in
from index.sources.lines import lines
from index.sources.pubmed_citation import author_line, citation_line

__all__ = ["NAME", "VERSION", "read", "recognises"]

NAME = "pubmed-csv"
VERSION = "1"

#: Columns that only these tables have together, today's and those before 2020.
_TODAY = frozenset({"PMID", "Title", "Authors", "Citation", "Journal/Book", "Publication Year"})
_BEFORE = frozenset({"Title", "URL", "Description", "Details", "ShortDetails", "EntrezUID"})


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a file beginning with ``head`` has the columns of a PubMed table."""
    try:
        first = decode_head(head).lstrip("\ufeff \n").split("\n")[0]
    except SourceError:
        return False
    return _columns(first) is not None


def _columns(line: str) -> list[str] | None:
    """The names in the first line of a PubMed table, or None."""
    if len(line) > 2000:
        return None
    names = [name.strip() for name in line.replace('"', "").replace(";", ",").split(",")]
    return names if set(names) >= _TODAY or set(names) >= _BEFORE else None


def read(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
    """Every row of the table at ``path``, in order, as a Document or a Failure.

    A table holds no abstracts: a document is its title. Raises SourceError when there is no row.
    """
    rows = (f"{line}\n" for line in lines(path))
    columns, divider = None, ","
    for line in rows:
        if line.strip():
            columns = _columns(line)
            divider = ";" if line.count(";") > line.count(",") else ","
            break
    place = 0
    try:
        for values in csv.reader(rows, delimiter=divider):
            if not any(value.strip() for value in values) or values[:2] == (columns or [])[:2]:
                continue
            place += 1
            row = dict(zip(columns or (), map(tidy, values), strict=False))
            pmid = row.get("PMID") or row.get("EntrezUID", "")
            uri = f"{name}#{place}" + (f" (PMID {pmid[:20]})" if pmid else "")
            yield document_of(
                _entry(row), source=source, extractor=f"{NAME}/{VERSION}", ordinal=place, uri=uri
            )
    except csv.Error as error:
        yield Failure(f"{name}#{place + 1}", f"the table breaks off here ({error}); export it again")
        return
    if not place:
        raise SourceError("the PubMed table holds no article; repeat the search or the export")


def _entry(row: Mapping[str, str]) -> Entry:
    today = "PMID" in row
    title = row.get("Title", "")
    authors, complete = author_line(row.get("Authors" if today else "Description", ""))
    reference = citation_line(row.get("Citation" if today else "Details", ""))
    told = row.get("PMID" if today else "EntrezUID", "")
    pmid = told if re.fullmatch(r"\d{1,8}", told) else pmid_in(row.get("Identifiers", ""))
    year = row.get("Publication Year", "")
    reference = replace(
        reference,
        title=plain_title(title),
        authors=authors,
        authors_complete=complete,
        journal=row.get("Journal/Book", "") or reference.journal,
        doi=doi_in(row.get("DOI", "")) or reference.doi,
        pmid=pmid,
        pmcid=pmcid_in(row.get("PMCID", ""), row.get("Identifiers", "")),
        language=language_code(reference.language),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
    )
    return Entry(reference=_dated(reference, year), title=title)


def _dated(reference: Reference, year: str) -> Reference:
    """``reference`` with the table's own year, and the citation's date where it is of that year."""
    if not re.fullmatch(r"(?:1[5-9]|20)\d\d", year) or reference.year == int(year):
        return reference
    return replace(reference, year=int(year), date=year)
