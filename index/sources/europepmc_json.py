"""Search results of Europe PMC, as its REST service writes them in JSON (resultType lite and core).

Fields: https://europepmc.org/RestfulWebService, "Search results". Files that getpapers kept have each
value in a list of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from index.errors import SourceError
from index.records import Author, Document, Failure, Link, Reference
from index.sources.abstracts import plain_markup, tidy
from index.sources.decoding import decode_head
from index.sources.entries import (
    LONGEST,
    Entry,
    authors_of,
    document_of,
    doi_in,
    iso_date,
    join_pages,
    language_code,
    person,
    plain_title,
    with_types,
)
from index.sources.formulas import written_out
from index.sources.json_stream import objects
from index.sources.notices import link, link_kind
from index.sources.pubmed_page_words import publication_type
from index.sources.pubmed_record import pmcid_of

__all__ = ["NAME", "VERSION", "read", "recognises"]

NAME = "europepmc-json"
VERSION = "2"

_FIELD = re.compile(
    r'"(authorString|pubYear|journalInfo|firstPublicationDate|isOpenAccess|inEPMC|citedByCount)"\s*:'
)
#: What articles that came from PMC alone are called there, and the types of PubMed.
_TYPES = {
    "research-article": "Journal Article", "brief-report": "Journal Article", "review-article": "Review",
    "systematic-review": "Systematic Review", "case-report": "Case Reports", "abstract": "Meeting Abstract",
    "article-commentary": "Comment", "meeting-report": "Congress", "retraction": "Retraction of Publication",
    "partial-retraction": "Retraction of Publication", "correction": "Published Erratum",
    "addendum": "Published Erratum", "expression-of-concern": "Expression of Concern",
    "retracted-article": "Retracted Publication", "data-paper": "Dataset", "in-brief": "News",
}  # fmt: skip
_PREPRINTS = {"preprint in": "update-of", "preprint of": "update"}
_OF_A_PAPER = frozenset({"title", "doi", "DOI", "pmid", "abstractText"})
_HEADING = re.compile(r"<(h[1-6])(?:\s[^<>]{0,100})?>(.{0,200}?)</\1>", re.IGNORECASE | re.DOTALL)


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a file beginning with ``head`` holds results of Europe PMC: JSON with its fields."""
    try:
        text = decode_head(head)
    except SourceError:
        return False
    return re.match(r"\s*[\[{]", text) is not None and len(set(_FIELD.findall(text))) >= 2


def read(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
    """Every result in the file at ``path``, in order, as a Document or a Failure.

    Raises SourceError when there is none.
    """
    place = 0
    for item in objects(path, limit=LONGEST):
        result = _one(item) if isinstance(item, dict) else item
        if isinstance(result, Mapping) and not _OF_A_PAPER & result.keys():
            continue  # what surrounds the results
        place += 1
        if not isinstance(result, Mapping):
            yield Failure(f"{name}#{place}", str(item))
            continue
        uri = f"{name}#{place}" + (f" ({told})" if (told := _text(result, "id")[:80]) else "")
        yield document_of(
            _entry(result), source=source, extractor=f"{NAME}/{VERSION}", ordinal=place, uri=uri
        )
    if not place:
        raise SourceError("the file holds no result of Europe PMC; export the search again")


def _one(value: Any, depth: int = 0) -> Any:
    """``value`` with each list of one as what it holds."""
    if depth > 20:
        return None
    if isinstance(value, list):
        return _one(value[0], depth + 1) if len(value) == 1 else [_one(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {name: _one(one, depth + 1) for name, one in value.items()}
    return value


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _text(value: Any, *names: str) -> str:
    found = _at(value, *names)
    told = isinstance(found, str | int) and not isinstance(found, bool)
    return tidy(plain_markup(written_out(str(found)))) if told else ""


def _all(value: Any, *names: str) -> list[Any]:
    """What a list holds; a single value is a list of one."""
    found = _at(value, *names)
    return found if isinstance(found, list) else [] if found is None or found == "" else [found]


def _words(value: Any, *names: str) -> tuple[str, ...]:
    found = (tidy(plain_markup(one)) for one in _all(value, *names) if isinstance(one, str))
    return tuple(dict.fromkeys(one for one in found if one))


def _entry(result: Mapping[str, Any]) -> Entry:
    title = _text(result, "title")
    abstract = _at(result, "abstractText")
    abstract = written_out(abstract) if isinstance(abstract, str) else ""
    return Entry(
        reference=_reference(result, title),
        title=title,
        abstract=plain_markup(_HEADING.sub(r"<title>\2</title>", abstract)),
        links=tuple(_links(result)),
    )


def _reference(result: Mapping[str, Any], title: str) -> Reference:
    people, complete = _authors(result)
    journal = (
        _text(result, "journalInfo", "journal", "isoabbreviation")
        or _text(result, "journalInfo", "journal", "ISOAbbreviation")
        or _text(result, "journalInfo", "journal", "medlineAbbreviation")
        or _text(result, "journalInfo", "journal", "title")
        or _text(result, "journalTitle")
    )
    publisher = _text(result, "bookOrReportDetails", "publisher")
    preprint = _text(result, "source") == "PPR"
    year, date = iso_date(
        _text(result, "journalInfo", "dateOfPublication"),
        _text(result, "journalInfo", "yearOfPublication"),
        _text(result, "pubYear"),
        _text(result, "bookOrReportDetails", "yearOfPublication"),
        _text(result, "firstPublicationDate") if preprint else "",
    )
    pmid = _text(result, "pmid") or (_text(result, "id") if _text(result, "source") == "MED" else "")
    told = [*_words(result, "pubTypeList", "pubType"), *map(str.strip, _text(result, "pubType").split(";"))]
    types = [publication_type(one) or _TYPES.get(one.lower(), one) for one in told]
    return Reference(
        title=plain_title(title),
        authors=people,
        authors_complete=complete,
        journal=journal or (publisher if preprint else ""),
        year=year,
        date=date,
        volume=_text(result, "journalInfo", "volume") or _text(result, "journalVolume"),
        issue=_text(result, "journalInfo", "issue") or _text(result, "issue"),
        pages=join_pages(_text(result, "pageInfo"), ""),
        publisher=publisher,
        doi=doi_in(*filter(None, (_text(result, "doi"), _text(result, "DOI")))),
        pmid=pmid if re.fullmatch(r"[1-9]\d{0,8}", pmid) else "",
        pmcid=pmcid_of(_text(result, "pmcid")),
        language=language_code(_text(result, "language")),
        publication_types=with_types([*types, "Preprint"] if preprint else types, journal),
        keywords=_words(result, "keywordList", "keyword"),
        mesh=tuple(_mesh(result)),
    )


def _authors(result: Mapping[str, Any]) -> tuple[tuple[Author, ...], bool]:
    """The authors in their order, with given names where told.

    Where the line of names has more of them than the list, it is the line that is whole.
    """
    entries = _all(result, "authorList", "author")
    people = tuple(filter(None, map(_author, entries)))
    line, complete = authors_of(re.split(r",\s+", _text(result, "authorString").rstrip(".")))
    if len(line) <= len(people):
        return people, complete or len(people) > len(line)
    fuller = {_text(one, "fullName"): author for one in entries if (author := _author(one))}
    return tuple(fuller.get(one.name, one) for one in line), complete


def _author(entry: Any) -> Author | None:
    family, group = _text(entry, "lastName"), _text(entry, "collectiveName")
    if family:
        suffix = _text(entry, "suffix")
        return Author(f"{family} {suffix}".strip(), _text(entry, "firstName") or _text(entry, "initials"))
    return Author(literal=group) if group else person(_text(entry, "fullName"))


def _mesh(result: Mapping[str, Any]) -> Iterator[str]:
    for heading in _all(result, "meshHeadingList", "meshHeading"):
        name = _text(heading, "descriptorName")
        qualifiers = [
            _text(one, "qualifierName") for one in _all(heading, "meshQualifierList", "meshQualifier")
        ]
        yield from [f"{name}/{one}" for one in qualifiers if one and name] or filter(None, [name])


def _links(result: Mapping[str, Any]) -> Iterator[Link]:
    """Related papers: "Retraction in" is "retraction", "Erratum for" is "erratum-for", as in PubMed XML."""
    for one in _all(result, "commentCorrectionList", "commentCorrection"):
        told, named = _text(one, "type").lower(), _text(one, "id")
        kind = link_kind(told) or _PREPRINTS.get(told) or re.sub(r"\s+", "-", told).removesuffix("-in")
        printed = link(kind, _text(one, "reference"))
        if re.fullmatch(r"PMC\d{1,9}", named):
            target = f"pmcid:{named}"
        elif _text(one, "source") == "MED" and named.isdigit():
            target = f"pmid:{named}"
        else:
            target = printed.target
        if kind:
            yield Link(kind, target, printed.note or ("" if target else named))
