"""MEDLINE format: what PubMed saves as "PubMed" (.txt) and sends to citation managers (.nbib).

Tags: NLM, "MEDLINE/PubMed Data Element (Field) Descriptions".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from index.errors import SourceError
from index.records import Author, Document, Failure, Reference
from index.sources.abstracts import tidy
from index.sources.decoding import decode_head
from index.sources.entries import (
    LONGEST,
    Entry,
    document_of,
    iso_date,
    mesh_of,
    person,
    plain_title,
    with_types,
)
from index.sources.lines import lines
from index.sources.notices import TAGS, link
from index.sources.pubmed_links import bare_doi
from index.sources.pubmed_record import is_registry, pmcid_of, whole_pages
from index.sources.tagged import Tagged

__all__ = ["NAME", "VERSION", "read", "recognises"]

NAME = "medline"
VERSION = "1"

_TAG = re.compile(r"([A-Z][A-Z0-9]{1,3}) {0,2}- ?(.*)")

#: Ends of the address that joins an identifier's value and its kind: "10.1/x [doi]".
_IDENTIFIER = re.compile(r"(.+?)\s*\[(doi|pii|bookaccession|pmc|pmcid)\]")

#: Names are written in full (FAU) and short (AU); the full ones are read where there are any.
_PEOPLE = {"FAU": "AU", "FED": "ED"}


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a file beginning with ``head`` holds MEDLINE records, whatever its name."""
    try:
        text = decode_head(head)
    except SourceError:
        return False
    if not re.match(r"\s*PMID ?- ?\d", text):
        return False
    return re.search(r"^(?:OWN|STAT|TI|DP|AB|BTI|FAU|AU|TA) *- \S", text, re.MULTILINE) is not None


def read(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
    """Every record in the file at ``path``, in order, as a Document or a Failure.

    A record begins with its PMID or behind an empty line. Raises SourceError when there is none.
    """
    place = 0
    for place, record in enumerate(_records(path), 1):
        pmid = record.told("PMID")
        uri = f"{name}#{place}" + (f" (PMID {pmid})" if pmid else "")
        if record.too_long:
            yield Failure(uri, "the record is longer than 4 million characters; export it again")
            continue
        yield document_of(
            _entry(record), source=source, extractor=f"{NAME}/{VERSION}", ordinal=place, uri=uri
        )
    if not place:
        raise SourceError("the MEDLINE file holds no record; repeat the search or the export")


def _records(path: Path) -> Iterator[Tagged]:
    record, gap = Tagged(LONGEST), True
    for line in lines(path):
        found = _TAG.match(line)
        if not found:
            if not line.strip():
                gap = True
            elif not gap:
                record.go_on(line)
            continue
        if record.fields and (gap or found[1] == "PMID"):
            yield record
            record = Tagged(LONGEST)
        record.add(found[1], found[2])
        gap = False
    if record.fields:
        yield record


def _entry(record: Tagged) -> Entry:
    title = record.told("TI") or record.told("BTI") or record.told("CTI")
    vernacular = record.told("TT")
    links = tuple(link(TAGS[tag], tidy(value)) for tag, value in record.pairs() if tag in TAGS)
    if plain_title(title).strip("[] ").lower() == "not available":
        title = ""
    return Entry(
        reference=_reference(record, title or vernacular),
        title=title or vernacular,
        abstract=record.first("AB"),
        others=_other_abstracts(record),
        disclosure=record.told("COIS"),
        links=links,
    )


def _other_abstracts(record: Tagged) -> tuple[tuple[str, str], ...]:
    """The abstracts in other languages and for other readers, each with its language or kind."""
    languages = record.all("OABL")
    found = []
    for place, value in enumerate(record.all("OAB")):
        text = re.sub(r"^(?:Publisher|KIE|PIP|NASA|Plain[ -]language[ -]summary)\s*:\s*", "", tidy(value))
        if text and not text.lower().startswith("abstract available from the publisher"):
            language = tidy(languages[place]) if place < len(languages) else ""
            found.append((f"Abstract ({language})" if language else "Abstract", text))
    return tuple(found)


def _reference(record: Tagged, title: str) -> Reference:
    authors, complete = _authors(record)
    year, date = _date(record)
    ids = _identifiers(record)
    pmid = record.told("PMID")
    pmid = pmid if re.fullmatch(r"\d{1,8}", pmid) else ""
    journal = record.told("TA") or record.told("JT") or (record.told("BTI") if record.told("TI") else "")
    return Reference(
        title=plain_title(title),
        authors=authors,
        authors_complete=complete,
        journal=journal,
        year=year,
        date=date,
        volume=record.told("VI"),
        issue=record.told("IP"),
        pages=whole_pages(record.told("PG")) or ids.get("number", ""),
        publisher=record.told("PB"),
        doi=ids.get("doi", ""),
        pmid=pmid,
        pmcid=pmcid_of(record.told("PMC")) or pmcid_of(ids.get("pmc", "")),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
        language=record.told("LA").lower(),
        publication_types=with_types(map(tidy, record.all("PT")), journal),
        keywords=tuple(dict.fromkeys(tidy(value).lstrip("*") for value in record.all("OT"))),
        mesh=mesh_of(record.all("MH")),
        trials=_trials(record),
    )


def _authors(record: Tagged) -> tuple[tuple[Author, ...], bool]:
    """People and groups in the record's order; editors where a book has no authors."""
    for full, short in _PEOPLE.items():
        people = full if record.all(full) else short
        names = [(tag, tidy(value)) for tag, value in record.pairs() if tag in {people, "CN"}]
        if any(tag == people for tag, _ in names) or (names and short == "ED"):
            break
    found = []
    for tag, name in names:
        author = Author(literal=name) if tag == "CN" else person(name)
        if author and not re.fullmatch(r"et\.? al\.?", name):
            found.append(author)
    whole = not any(re.fullmatch(r"et\.? al\.?", value.strip()) for value in record.all("FAU", "AU"))
    return tuple(dict.fromkeys(found)), whole


def _date(record: Tagged) -> tuple[int | None, str]:
    """The date of publication (DP), else the electronic one, else when PubMed made the record."""
    printed = record.told("DP")
    year, date = iso_date(re.sub(r"-.*", "", printed) if re.match(r"\d{4} [A-Z]", printed) else printed)
    if year is None:
        for tag in ("DEP", "CRDT", "EDAT"):
            told = re.match(r"(\d{4})[/-]?(\d\d)[/-]?(\d\d)", record.told(tag))
            if told:
                return iso_date(f"{told[1]}-{told[2]}-{told[3]}")
    return year, date


def _identifiers(record: Tagged) -> dict[str, str]:
    """DOI and the like by kind; ``"number"`` is a publisher's identifier that is an article number."""
    found: dict[str, str] = {}
    for value in record.all("LID", "AID"):
        match = _IDENTIFIER.fullmatch(tidy(value))
        if match:
            found.setdefault(match[2], bare_doi(match[1]))
    for value in record.all("LID"):
        if re.fullmatch(r"[A-Za-z]{0,5}\d{1,9}(?: \[pii\])?", tidy(value)):
            found.setdefault("number", tidy(value).removesuffix(" [pii]"))
    return found


def _trials(record: Tagged) -> tuple[str, ...]:
    """Numbers of trials from "ClinicalTrials.gov/NCT00000000"; other data banks hold other things."""
    pairs = (tidy(value).partition("/") for value in record.all("SI"))
    return tuple(dict.fromkeys(number for bank, _, number in pairs if number and is_registry(bank)))
