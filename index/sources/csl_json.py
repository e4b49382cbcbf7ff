"""CSL-JSON, as Zotero (also "Better CSL JSON"), Mendeley, Paperpile, Crossref and doi.org write it.

Names and fields: "CSL-JSON Schema 1.0.2" (citation-style-language/schema); Crossref's own additions:
"Crossref REST API Format".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from index.errors import SourceError
from index.records import Author, Document, Failure, Link, Reference
from index.registrations import numbers
from index.sources.abstracts import plain_markup, tidy
from index.sources.decoding import decode_head
from index.sources.entries import (
    LONGEST,
    Entry,
    document_of,
    doi_in,
    iso_date,
    join_pages,
    keywords_of,
    language_code,
    person,
    plain_title,
    pmcid_in,
    pmid_in,
    pmid_of_address,
    with_types,
)
from index.sources.formulas import written_out
from index.sources.json_stream import objects
from index.sources.notices import links_in
from index.sources.pubmed_page_words import publication_type
from index.sources.pubmed_record import pmcid_of

__all__ = ["NAME", "VERSION", "read", "recognises"]

NAME = "csl-json"
VERSION = "2"

_TYPES = {
    "article-journal": "Journal Article", "journal-article": "Journal Article", "article": "",
    "posted-content": "Preprint", "book": "Book", "monograph": "Book", "edited-book": "Book",
    "reference-book": "Book", "chapter": "Book Chapter", "book-chapter": "Book Chapter",
    "paper-conference": "Congress", "proceedings-article": "Congress", "thesis": "Academic Dissertation",
    "reference-entry": "Book Chapter", "book-section": "Book Chapter", "book-part": "Book Chapter",
    "database": "Dataset", "working_paper": "Preprint", "preprint": "Preprint",
    "dissertation": "Academic Dissertation", "report": "Technical Report", "dataset": "Dataset",
    "review": "Review", "article-newspaper": "News", "article-magazine": "News",
}  # fmt: skip
_OTHERS = (
    "bill|broadcast|classic|collection|document|entry|entry-dictionary|entry-encyclopedia|event|figure|graphic"
    "|hearing|interview|legal_case|legislation|manuscript|map|motion_picture|musical_score|pamphlet|patent"
    "|performance|periodical|personal_communication|post|post-weblog|regulation|review-book|software|song"
    "|speech|standard|treaty|webpage|component|peer-review|journal|proceedings|other"
    "|book-series|book-set|book-track|journal-issue|grant|journal-volume|proceedings-series"
    "|report-component|report-series"
)
_TYPE = re.compile(rf'"type"\s*:\s*"(?:{"|".join(map(re.escape, _TYPES))}|{_OTHERS})"')
_FIELD = re.compile(
    r'"(?:title|DOI|issued|author|container-title|citation-key|accessed|title-short|abstract)"\s*:'
)

#: Crossref's relations and updates that are ours, and what a notice of each kind is.
_RELATIONS = {
    "is-preprint-of": "update", "has-preprint": "update-of", "is-comment-on": "comment-on",
    "has-comment": "comment", "is-supplement-to": "supplement-to",
}  # fmt: skip
_UPDATES = {
    "retraction": "retraction", "withdrawal": "retraction", "removal": "retraction",
    "partial_retraction": "partial-retraction", "expression_of_concern": "expression-of-concern",
    "correction": "erratum", "corrigendum": "erratum", "erratum": "erratum", "addendum": "erratum",
}  # fmt: skip
_NOTICES = {
    "retraction-of": "Retraction of Publication", "partial-retraction-of": "Retraction of Publication",
    "expression-of-concern-for": "Expression of Concern", "erratum-for": "Published Erratum",
}  # fmt: skip


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a file beginning with ``head`` is CSL-JSON: objects with its types and its fields."""
    try:
        text = decode_head(head)
    except SourceError:
        return False
    if not re.match(r"\s*(?:\[\s*)?\{", text):
        return False
    return _TYPE.search(text) is not None and len(set(_FIELD.findall(text))) >= 2


def read(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
    """Every item in the file at ``path``, in order, as a Document or a Failure.

    Raises SourceError when there is none.
    """
    place = 0
    for given in objects(path, limit=LONGEST):
        work = given.get("message") if isinstance(given, dict) else None
        item = work if isinstance(work, dict) and "DOI" in work else given  # one answer of Crossref
        if isinstance(item, dict) and not {"title", "DOI", "abstract", "author", "type"} & item.keys():
            continue  # what surrounds the records
        place += 1
        key = item.get("citation-key") or item.get("id") if isinstance(item, dict) else ""
        uri = f"{name}#{place}" + (f" ({tidy(str(key))[:80]})" if key else "")
        if isinstance(item, str):
            yield Failure(uri, item)
            continue
        try:
            entry = _entry(item)
        except (ValueError, RecursionError):
            yield Failure(uri, "the record's fields are not those of CSL-JSON; export it again")
            continue
        yield document_of(entry, source=source, extractor=f"{NAME}/{VERSION}", ordinal=place, uri=uri)
    if not place:
        raise SourceError("the CSL-JSON file holds no record; export the references again")


def _text(item: Mapping[str, Any], *names: str) -> str:
    """The text in one line of the first of ``names`` that has any; of a list, its first."""
    for name in names:
        value = item.get(name)
        if isinstance(value, list):
            value = value[0] if value else ""
        told = isinstance(value, str | int | float) and not isinstance(value, bool)
        if told and (text := tidy(plain_markup(written_out(str(value))))):
            return text
    return ""


def _entry(item: Mapping[str, Any]) -> Entry:
    title = _text(item, "title")
    subtitle = _text(item, "subtitle")
    title = f"{title}: {subtitle}" if subtitle and subtitle.casefold() not in title.casefold() else title
    note = "\n".join(str(item[name]) for name in ("note", "annote") if isinstance(item.get(name), str))
    given = item.get("abstract")
    abstract = plain_markup(written_out(given)) if isinstance(given, str) else ""
    updates = tuple(_updates(item))
    reference = _reference(item, title or _text(item, "title-short"), note)
    kinds = [_NOTICES[one.kind] for one in updates if one.kind in _NOTICES]
    if kinds and not abstract:  # what has an abstract is a new version of the paper it corrects
        others = (one for one in reference.publication_types if one != "Journal Article")
        reference = replace(reference, publication_types=tuple(dict.fromkeys((*kinds, *others))))
    return Entry(
        reference=reference,
        title=title or _text(item, "title-short"),
        abstract=abstract,
        links=(*links_in(note), *_relations(item), *updates),
        references=tuple(_references(item)),
    )


def _references(item: Mapping[str, Any]) -> Iterator[Reference]:
    """The papers that a work of Crossref's lists: what it prints, or what publishers told of each."""
    listed = item.get("reference")
    for number, entry in enumerate(listed if isinstance(listed, list) else (), 1):
        if not isinstance(entry, dict):
            continue
        printed = _text(entry, "unstructured")
        author = _text(entry, "author")
        told = ("author", "article-title", "journal-title", "volume-title", "year", "volume", "first-page")
        year = re.search(r"(?<!\d)(?:1[6-9]|20)\d\d(?!\d)", _text(entry, "year"))
        yield Reference(
            title=plain_title(_text(entry, "article-title", "volume-title")),
            authors=(found,) if author and (found := person(author)) else (),
            authors_complete=False,  # only the first is told
            journal=_text(entry, "journal-title"),
            year=int(year[0]) if year else None,
            volume=_text(entry, "volume"),
            issue=_text(entry, "issue"),
            pages=_text(entry, "first-page"),
            doi=doi_in(_text(entry, "DOI")),
            number=number,
            printed=printed or ". ".join(filter(None, (_text(entry, name) for name in told))),
        )


def _reference(item: Mapping[str, Any], title: str, note: str) -> Reference:
    authors, complete = _authors(item)
    names = ("container-title", "journalAbbreviation", "container-title-short", "short-container-title")
    journal = _text(item, *names)
    kind = _text(item, "type").lower()
    genre = _text(item, "genre", "subtype")
    types = [_TYPES.get(kind, ""), publication_type(genre)]
    if kind == "posted-content":
        places = item.get("institution")
        place = places[0] if isinstance(places, list) and places else places
        journal = journal or (_text(place, "name") if isinstance(place, dict) else "")
        types[0] = _TYPES.get(genre.lower(), "") if genre else types[0]
    if kind == "article" and journal and genre.lower() != "preprint":
        types[0] = "Journal Article"
    year, date = _date(item)
    keywords = item.get("keyword", item.get("keywords", ""))
    words = [str(word) for word in keywords] if isinstance(keywords, list) else [str(keywords)]
    words = [re.sub(r",\s*", ";", word) if ";" not in word else word for word in words]
    address = _text(item, "URL")
    named = re.fullmatch(r"(?:PMID\s*:?\s*)?(\d{1,8})", _text(item, "PMID"), re.IGNORECASE)
    return Reference(
        title=plain_title(title),
        authors=authors,
        authors_complete=complete,
        journal=journal if kind not in {"book", "thesis"} else "",
        year=year,
        date=date,
        volume=_text(item, "volume"),
        issue=_text(item, "issue"),
        pages=join_pages(_text(item, "page", "page-first"), "", _text(item, "number", "article-number")),
        publisher=_text(item, "publisher"),
        doi=doi_in(*filter(None, (_text(item, "DOI"), address if "doi.org/" in address else ""))),
        pmid=(named[1] if named else "") or pmid_in(note) or pmid_of_address(address),
        pmcid=pmcid_of(_text(item, "PMCID")) or pmcid_in(note, address),
        url=address if address.startswith("http") else "",
        language=language_code(_text(item, "language")),
        publication_types=with_types(types, journal or _text(item, "publisher")),
        keywords=keywords_of(words),
        trials=tuple(_trials(item)),
    )


def _trials(item: Mapping[str, Any]) -> Iterator[str]:
    """Registration numbers, spelled as their registries do where litquote knows them."""
    listed = item.get("clinical-trial-number")
    told = dict.fromkeys(
        _text(one, "clinical-trial-number") for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, dict)
    )  # fmt: skip
    spelled = ([number.text for number in numbers(one.upper())] or [one] for one in told if one)
    yield from dict.fromkeys(number for some in spelled for number in some)


def _authors(item: Mapping[str, Any]) -> tuple[tuple[Author, ...], bool]:
    """People and groups, with their particles and suffixes; editors where a book has no authors.

    The editor whom Crossref tells of an article is the journal's.
    """
    article = _TYPES.get(_text(item, "type").lower()) in {"Journal Article", "Preprint"}
    for name in ("author",) if article else ("author", "editor"):
        names = item.get(name)
        if not isinstance(names, list) or not names:
            continue
        found: list[Author] = []
        complete = True
        for entry in names:
            author = _author(entry)
            if author and re.fullmatch(r"(?:and )?(?:others|et\.? al\.?)", author.literal or author.family):
                complete = False
            elif author:
                found.append(author)
        if found:
            return tuple(dict.fromkeys(found)), complete
    return (), True


def _author(entry: object) -> Author | None:
    if isinstance(entry, str):
        return person(entry)
    if not isinstance(entry, dict):
        return None
    particle = " ".join(
        filter(None, (_text(entry, "dropping-particle"), _text(entry, "non-dropping-particle")))
    )
    family = " ".join(filter(None, (particle, _text(entry, "family"), _text(entry, "suffix"))))
    given = _text(entry, "given")
    if family:
        return Author(family=family, given=given)
    literal = _text(entry, "literal", "name") or given
    return Author(literal=literal) if literal else None


def _date(item: Mapping[str, Any]) -> tuple[int | None, str]:
    """Year and ISO date of the first date that tells a year: in parts, as ISO, or as free text."""
    for name in ("issued", "published-print", "published", "published-online", "created"):
        value = item.get(name)
        if not isinstance(value, dict):
            if isinstance(value, str | int) and (found := iso_date(str(value)))[0]:
                return found
            continue
        parts = value.get("date-parts")
        if isinstance(parts, list) and parts and isinstance(parts[0], list):
            numbers = [str(part) for part in parts[0][:3] if str(part).strip()]
            if numbers and (found := iso_date("-".join(numbers)))[0]:
                return found
        for free in ("raw", "literal", "date-time"):
            if (found := iso_date(_text(value, free)))[0]:
                return found
    return None, ""


def _relations(item: Mapping[str, Any]) -> Iterator[Link]:
    """What Crossref says of other papers: preprints, comments, supplements."""
    relation = item.get("relation")
    for kind, targets in relation.items() if isinstance(relation, dict) else ():
        for target in targets if isinstance(targets, list) else ():
            doi = doi_in(_text(target, "id")) if isinstance(target, dict) else ""
            if kind in _RELATIONS and doi:
                yield Link(_RELATIONS[kind], f"doi:{doi.casefold()}", f"doi: {doi}")


def _updates(item: Mapping[str, Any]) -> Iterator[Link]:
    """Notices against this paper ("updated-by"), and the papers this one is a notice for ("update-to").

    A publisher that retracts a paper on its own page says so with "update-to" and the paper's own DOI.
    """
    own = doi_in(_text(item, "DOI")).casefold()
    for name in ("updated-by", "update-to"):
        updates = item.get(name)
        for update in updates if isinstance(updates, list) else ():
            if not isinstance(update, dict):
                continue
            told = re.sub(r"[\s-]+", "_", _text(update, "type").lower())
            kind = _UPDATES.get(told, "retraction" if told.startswith("retract") else "")
            doi = doi_in(_text(update, "DOI"))
            itself = doi.casefold() == own
            if not kind or not (doi or name == "updated-by") or (itself and kind == "erratum"):
                continue
            if name == "update-to" and not itself:
                kind += "-for" if kind in {"erratum", "expression-of-concern"} else "-of"
            day = _date({"issued": update.get("updated")})[1]
            note = ". ".join(filter(None, (day, f"doi: {doi}" if doi else "")))
            yield Link(kind, f"doi:{doi.casefold()}" if doi else "", note)
