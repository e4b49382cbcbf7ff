"""PubMed's exports as text: "Abstract (text)" and "Summary (text)", numbered records as printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from index.errors import SourceError
from index.records import Author, Document, Failure, Link, Reference
from index.sources.decoding import decode_head
from index.sources.entries import LONGEST, Entry, document_of, language_code, plain_title
from index.sources.lines import lines
from index.sources.notices import link_kind, several
from index.sources.pubmed_citation import author_line, citation_line, is_author_line, summary_line

__all__ = ["NAME", "VERSION", "read", "recognises"]

NAME = "pubmed-text"
VERSION = "1"

_YEAR = r"\b(?:1[89]|20)\d\d\b"
_ABSTRACTS = re.compile(rf"\s*1\. (?:In: )?[^\n]{{2,200}}?[.:](?:\n|\s)[^\n]{{0,120}}?{_YEAR}")
_SUMMARY = re.compile(r"\s*(?:\[[^\]\n]{3,60}\]\s*)?1: (?P<entry>(?:[^\n]+\n?){1,40}?)(?:\n|\Z)")
_NUMBER = re.compile(r"(\d{1,7})(\.|:) +(?=\S)")
_IDENTIFIERS = re.compile(r"(?:DOI|PMID|PMCID): ?\S")
_COPYRIGHT = re.compile(r"(?:copyright\b|©|\(c\) ?\d{4})", re.IGNORECASE)
_LANGUAGE = re.compile(r"\[?Article in ([A-Z][a-z]+)")
_LEFT_OUT = re.compile(
    r"(?:Author information|Collaborators?|Free (?:PMC )?Article|Publication Types?|MeSH Terms?|Substances?"
    r"|Grant support|\[?Article in |\[?Abstract (?:available )?in |Publisher: Abstract available"
    r"|Abstract available from|This article|No abstract available)",
    re.IGNORECASE,
)


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a file beginning with ``head`` is such an export: record 1 with a citation and a PMID."""
    try:
        text = decode_head(head)
    except SourceError:
        return False
    if _ABSTRACTS.match(text):
        return re.search(r"^PMID: ?\d{1,8}\b", text, re.MULTILINE) is not None
    summary = _SUMMARY.match(text)
    return summary is not None and re.search(r"PMID:\s*\d{1,8}", summary["entry"]) is not None


def read(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
    """Every record in the file at ``path``, in order, as a Document or a Failure.

    Raises SourceError when there is none.
    """
    place = 0
    for place, (mark, record) in enumerate(_records(path), 1):
        pmid = re.search(r"\bPMID:\s*(\d{1,8})", "\n".join(record[-12:]))
        uri = f"{name}#{place}" + (f" (PMID {pmid[1]})" if pmid else "")
        if sum(map(len, record)) > LONGEST:
            yield Failure(uri, "the record is longer than 4 million characters; export it again")
            continue
        entry = _entry(record) if mark == "." else _summary(record)
        yield document_of(entry, source=source, extractor=f"{NAME}/{VERSION}", ordinal=place, uri=uri)
    if not place:
        raise SourceError("the PubMed export holds no record; repeat the search or the export")


def _records(path: Path) -> Iterator[tuple[str, list[str]]]:
    """The mark behind the number ("." or ":") and the lines of each record; numbers count up from 1."""
    held: list[str] = []
    expected, mark, gap, size = 1, "", 2, 0
    for line in lines(path):
        number = _NUMBER.match(line) if gap else None
        # two empty lines part abstracts: one parts the paragraphs of one, which may be numbered
        new = number and int(number[1]) == expected and (not mark or number[2] == mark)
        if number and new and (gap > 1 or number[2] == ":"):
            if held:
                yield mark, held
            expected, mark, size = expected + 1, number[2], 0
            held = [line[number.end() :]]
        elif held and size <= LONGEST:
            held.append(line)
            size += len(line)
        gap = gap + 1 if not line.strip() or not held else 0
    if held:
        yield mark, held


def _paragraphs(record: list[str]) -> list[str]:
    text = "\n".join(line.rstrip() for line in record)
    return [part.strip("\n") for part in re.split(r"\n\n+", text) if part.strip()]


def _entry(record: list[str]) -> Entry:
    citation, *parts = _paragraphs(record)
    reference = citation_line(citation)
    title = " ".join(parts.pop(0).split()) if parts and not _IDENTIFIERS.match(parts[0]) else ""
    language = _told_language(parts)
    authors: tuple[Author, ...] = ()
    complete = True
    if parts and is_author_line(parts[0]):
        authors, complete = author_line(parts.pop(0))
    language = language or _told_language(parts)
    abstract: list[str] = []
    disclosure: list[str] = []
    links: list[Link] = []
    for part in parts:
        kind = link_kind(part.split("\n")[0])
        if kind:
            links += several(kind, part.split("\n", 1)[-1])
        elif _IDENTIFIERS.match(part):
            reference = _identified(reference, part)
        elif part.startswith("Conflict of interest statement:"):
            disclosure.append(part.partition(":")[2])
        elif disclosure:
            disclosure.append(part)
        elif not _LEFT_OUT.match(part) and not _COPYRIGHT.match(part):
            abstract.append(part)
    reference = replace(
        reference,
        title=plain_title(title),
        authors=authors,
        authors_complete=complete,
        language=language or language_code(reference.language),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{reference.pmid}/" if reference.pmid else "",
    )
    return Entry(
        reference=reference,
        title=title,
        abstract="\n".join(abstract),
        disclosure=" ".join(disclosure),
        links=tuple(links),
    )


def _told_language(parts: list[str]) -> str:
    """The language that a paragraph "[Article in Chinese]" tells at the beginning; it is taken away."""
    told = _LANGUAGE.match(parts[0]) if parts else None
    if told:
        parts.pop(0)
    return language_code(told[1]) if told else ""


def _identified(reference: Reference, part: str) -> Reference:
    """``reference`` with the identifiers in the paragraph that closes a record."""
    pmid = re.search(r"\bPMID:\s*(\d{1,8})\b", part)
    pmcid = re.search(r"\bPMCID:\s*(PMC\d+)", part)
    doi = re.search(r"\bDOI:\s*(10\.\d{4,9}/\S+)", part)
    return replace(
        reference,
        pmid=pmid[1] if pmid else reference.pmid,
        pmcid=pmcid[1] if pmcid else reference.pmcid,
        doi=doi[1] if doi else reference.doi,
    )


def _summary(record: list[str]) -> Entry:
    """A record of one paragraph: authors, title, journal and place in a row."""
    printed = " ".join(_paragraphs(record)[0].split())
    printed = re.sub(r"\bPubMed PMID:", "PMID:", printed)
    reference = summary_line(printed)
    url = f"https://pubmed.ncbi.nlm.nih.gov/{reference.pmid}/" if reference.pmid else ""
    return Entry(reference=replace(reference, printed="", url=url), title=reference.title)
