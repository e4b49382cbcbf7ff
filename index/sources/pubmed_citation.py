"""The citation and author lines that PubMed prints in its text and table exports."""

from __future__ import annotations

import re
from dataclasses import replace

from index.records import Author, Reference
from index.sources.entries import pmcid_in, pmid_in
from index.sources.pubmed_page_words import publication_type
from index.sources.pubmed_record import title_of
from index.sources.vancouver import dated, find_doi, parse_citation, place_of

__all__ = ["author_line", "citation_line", "is_author_line", "summary_line"]

_JOURNAL = re.compile(r"(?:In: )?(?P<journal>\S.{0,250}?)\.\s+(?=(?:1[89]|20)\d\d\b)")
_NAME = re.compile(
    r"(?P<family>[^\W\d_][^\d,;.()]{0,60}?) (?P<given>[^\W\d_a-z]{1,5})"
    r"(?: (?P<suffix>Jr|Sr|[1-4](?:st|nd|rd|th)))?\.?"
)
_MARKS = re.compile(r"\(#?[\d*]+\)|\(#\)")

_LANGUAGE = re.compile(
    r"\. (Chinese|Czech|Danish|Dutch|French|German|Hungarian|Italian|Japanese|Korean|Norwegian|Polish"
    r"|Portuguese|Russian|Spanish|Swedish|Turkish|Ukrainian)(?:\.|$)"
)
#: Where the date stands in a summary: behind the journal, before the numbers of the paper.
_DATE = re.compile(r"(?<=[.?!\])\"])\s+(?=(?:1[89]|20)\d\d(?:[ ;:.]|$))")
_NUMBERS = re.compile(r"\s(?:doi:|pii:|Epub\b|eCollection\b|\[Epub|PMID:|Print\b|Online ahead)")
_SENTENCE = re.compile(r"(?<=[.?!])[\"”'’)\]]?\s+")

#: What stands where pages would, and is none: a publisher's identifier that begins with an ISSN.
_ITEM = re.compile(r"S\d{4}-\d{3}[\dX]")


def citation_line(printed: str) -> Reference:
    """Journal, date, volume, issue, pages and identifiers of ``"Lancet. 2020 May;395(1):1-9. doi: …"``."""
    line = " ".join(printed.split())
    journal = _JOURNAL.match(line)
    rest = line[journal.end() :] if journal else line
    place = place_of(re.split(r"\.\s+(?=doi:|pii:|Epub|Online ahead)", rest)[0])
    year, date = dated(rest)
    pages = place.pages if place and not _ITEM.match(place.pages) else ""
    language = _LANGUAGE.search(rest)
    types = [publication_type(piece) for piece in re.split(r"\.\s*", rest)]
    return Reference(
        journal=journal["journal"] if journal else "",
        year=year or (place.year if place else None),
        date=date or (place.date if place else ""),
        volume=place.volume if place else "",
        issue=place.issue if place else "",
        pages=pages,
        doi=find_doi(line),
        pmid=pmid_in(line),
        pmcid=pmcid_in(line),
        language=language[1] if language else "",
        publication_types=tuple(filter(None, types)),
    )


def _names(line: str) -> list[str]:
    plain = _MARKS.sub("", " ".join(line.split())).strip()
    plain = re.sub(r"(?<=[\w)])\.$", "", plain)
    return [name.strip() for name in re.split(r"[,;]", plain) if name.strip()]


def is_author_line(line: str) -> bool:
    """Whether most of ``line`` is names as PubMed prints them, "Wu L(1), van der Berg AB 2nd"."""
    names = _names(line)
    people = sum(1 for name in names if _NAME.fullmatch(name))
    return bool(names) and people * 2 >= len(names)


def author_line(line: str) -> tuple[tuple[Author, ...], bool]:
    """The authors of such a line, and whether the list is whole."""
    shorter = re.sub(r"[,;]?\s*\bet\.? al\b\.?\s*$", "", line.strip())
    found = []
    for name in _names(shorter):
        person = _NAME.fullmatch(name)
        if person:
            family = f"{person['family']} {person['suffix'] or ''}".strip()
            found.append(Author(family=family, given=person["given"]))
        else:
            found.append(Author(literal=name.rstrip(".")))
    return tuple(dict.fromkeys(found)), shorter == line.strip()


def summary_line(printed: str) -> Reference:
    """A whole summary: ``"Wu L, Lu J. Title. Front Neurol. 2024;15:1. doi: …"``.

    PubMed's journal names have no stops, so the journal is what stands behind the last one before
    the date; the authors are the first sentence, where names make it up and a title follows.
    """
    line = " ".join(printed.split())
    numbers = _NUMBERS.search(line)
    before = line[: numbers.start()] if numbers else line
    dates = list(_DATE.finditer(before))
    if not dates:
        return parse_citation(line)
    head = before[: dates[-1].start()]
    pieces = [match.end() for match in _SENTENCE.finditer(head)]
    start = pieces[-1] if pieces else 0
    reference = citation_line(f"{head[start:]} {line[dates[-1].end() :]}")
    authors: tuple[Author, ...] = ()
    complete, opening = True, 0
    names = re.search(r"\.\s+", head)
    if names and names.end() < start and is_author_line(head[: names.start()]):
        opening = names.end()
        authors, complete = author_line(head[: names.start()])
    title = title_of(head[opening:start].strip())
    return replace(reference, title=title, authors=authors, authors_complete=complete)
