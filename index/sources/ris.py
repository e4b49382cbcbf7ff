"""RIS: the export format of reference managers and databases.

Tags: "RIS Format Specifications" (ResearchSoft, 2001), and what PubMed, Ovid, Scopus, Web of
Science, EBSCO, EndNote, Zotero, Mendeley and Citavi make of them: see ``ris_record``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from index.errors import SourceError
from index.records import Document, Failure
from index.sources.decoding import decode_head
from index.sources.entries import LONGEST, document_of
from index.sources.lines import lines
from index.sources.ris_record import entry_of
from index.sources.tagged import Tagged

__all__ = ["NAME", "VERSION", "read", "recognises"]

NAME = "ris"
VERSION = "1"

#: What may stand before the first record: its number, "Provider: …" as ScienceDirect writes, blank lines.
_ABOVE = re.compile(r"\s*(?:\d{1,6}[.)]?|[A-Z][A-Za-z ]{2,30}:.{0,200})?\s*")
_FIRST = re.compile(r"\s*(?:\d{1,6}[.)]\s+)?TY(?P<gap> {0,4})- ?(?P<kind>[A-Z][A-Za-z]{1,7})\s*$")

#: The tag, a gap as wide as the file's, the dash: a text that begins "IL - 6" is no field.
_TAG = re.compile(r"([A-Z][A-Z0-9])( {0,4})-(?: (.*)|\s*$|(?=\S)(.*))")
_NUMBER = re.compile(r"\s*<?\d{1,6}[.)>]?\s*")


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a file beginning with ``head`` holds RIS records, whatever its name."""
    try:
        text = decode_head(head)
    except SourceError:
        return False
    above = text.split("\n")[:40]
    for place, line in enumerate(above):
        if first := _FIRST.match(line):
            tag = rf"[A-Z][A-Z0-9]{first['gap']}-"
            following = [one for one in above[place + 1 : place + 6] if one.strip()]
            return any(re.match(tag, one) or re.match(r"[A-Z][A-Z0-9]  -", one) for one in following[:2])
        if not _ABOVE.fullmatch(line):
            return False
    return False


def read(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
    """Every record in the file at ``path``, in order, as a Document or a Failure.

    A record goes from its type (TY) to its end (ER), or to the next type where the end is missing.
    Raises SourceError when there is none.
    """
    place = 0
    for place, record in enumerate(_records(path), 1):
        uri = f"{name}#{place}"
        if record.too_long:
            yield Failure(uri, "the record is longer than 4 million characters; export it again")
            continue
        try:
            entry = entry_of(record)
        except ValueError as error:
            yield Failure(uri, str(error))
            continue
        yield document_of(entry, source=source, extractor=f"{NAME}/{VERSION}", ordinal=place, uri=uri)
    if not place:
        raise SourceError("the RIS file holds no record; export it again")


def _records(path: Path) -> Iterator[Tagged]:
    record: Tagged | None = None
    gap = "  "
    for line in lines(path):
        if first := _FIRST.match(line):
            if record and record.fields:
                yield record
            record, gap = Tagged(LONGEST), first["gap"]
            record.add("TY", first["kind"])
            continue
        tag = _TAG.match(line)
        if tag and tag[2] not in {gap, "  "}:
            tag = None
        if tag and tag[1] == "ER" and not (tag[3] or tag[4] or "").strip():
            if record and record.fields:
                yield record
            record = None
        elif tag and not (record is None and tag[4]):
            record = record or Tagged(LONGEST)
            record.add(tag[1], tag[3] or tag[4] or "")
        elif record and record.fields:
            record.go_on(line)
    if record and record.fields:
        yield record
