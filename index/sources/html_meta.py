"""What a web page says of its article: Highwire, Dublin Core, PRISM and Open Graph tags, JSON-LD."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from typing import Any

from index.records import Author, Reference, plain_key
from index.sources.entries import iso_date, join_pages, language_code, with_types
from index.sources.pubmed_links import bare_doi
from index.sources.vancouver import find_doi
from index.sources.vancouver_authors import western_name
from index.sources.xml_stream import Element, all_text

__all__ = ["PageRecord", "cited_records", "page_record", "person_of", "title_of"]

_ARTICLES = frozenset({
    "scholarlyarticle", "medicalscholarlyarticle", "article", "newsarticle", "blogposting", "report",
    "techarticle",
    "thesis", "book", "chapter", "medicalwebpage",
})  # fmt: skip
_MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_ET_AL = re.compile(r"et\.? al\.?|and others", re.IGNORECASE)
_LONGEST_JSON = 2_000_000
_PMCID = re.compile(r"/(?:pmc/)?articles/(PMC\d{3,9})\b", re.IGNORECASE)


class PageRecord:
    """The tags of a page by name, and the records of its JSON-LD."""

    def __init__(self, root: Element) -> None:
        self.tags: dict[str, list[str]] = defaultdict(list)
        self.addresses: list[str] = []
        self.language = root.get("lang", "") if root.tag == "html" else ""
        for one in root.iter("meta"):
            content = " ".join((one.get("content") or "").split())
            for name in dict.fromkeys((one.get("name"), one.get("property"), one.get("itemprop"))):
                if name and content:
                    plain = re.sub(r"^dcterms[.:]", "dc.", name.strip().lower())
                    self.tags[re.sub(r"^(dc|prism)[.:]", r"\1.", plain)].append(content)
        for one in root.iter("link"):
            if "canonical" in (one.get("rel") or "").lower() and one.get("href"):
                self.addresses.append(one.get("href", ""))
        self.addresses += self.all(
            "og:url", "citation_public_url", "citation_fulltext_html_url", "citation_abstract_html_url"
        )
        self.linked = next(_records(root), {})

    def all(self, *names: str) -> list[str]:
        """Every value under the first of ``names`` that has any."""
        return next((self.tags[name] for name in names if self.tags.get(name)), [])

    def one(self, *names: str) -> str:
        """The first value under ``names``, plain."""
        return next(iter(self.all(*names)), "")

    @property
    def is_article(self) -> bool:
        """Whether the page itself says that it is an article of a journal."""
        names = (
            "citation_title",
            "citation_doi",
            "citation_journal_title",
            "prism.publicationname",
            "citation_pmid",
        )
        return (
            any(self.tags.get(name) for name in names)
            or "scholarly" in str(self.linked.get("@type", "")).lower()
        )


def page_record(record: PageRecord) -> Reference:
    """The bibliographic record that a page's tags tell; the title may be empty."""
    one, linked = record.one, record.linked
    title = one("citation_title", "dc.title", "prism.title") or _said(
        linked.get("headline") or linked.get("name")
    )
    if not title:
        title = _without_site(one("og:title", "twitter:title"), one("og:site_name"))
    authors, complete = _authors(record)
    year, date = iso_date(
        *record.all("citation_publication_date"), *record.all("citation_date", "citation_cover_date"),
        *record.all("citation_online_date", "citation_year"), one("prism.publicationdate", "prism.coverdate"),
        *record.all("dc.date", "dc.issued", "dc.date.issued"), _said(linked.get("datePublished")),
        one("article:published_time", "datepublished"),
    )  # fmt: skip
    journal = one(
        "citation_journal_title", "prism.publicationname", "citation_conference_title", "dc.relation.ispartof"
    )
    doi = _doi(record)
    pmid = next(
        (
            m[1]
            for v in [*record.all("citation_pmid"), *_ids(record, "pmid")]
            if (m := re.search(r"(?<!\d)(\d{4,8})(?!\d)", v))
        ),
        "",
    )
    pmcids = [m[1].upper() for v in record.addresses if (m := _PMCID.search(v))]
    pmcids += [
        v.upper()
        for v in record.all("citation_pmcid", "citation_pmc")
        if re.fullmatch(r"PMC\d+", v, re.IGNORECASE)
    ]
    keywords = [
        word
        for value in (*record.tags.get("citation_keywords", ()), *record.tags.get("dc.subject", ()))
        for word in re.split(r"\s*;\s*", _plain(value))
    ]
    return Reference(
        title=_plain(title).rstrip(" ."),
        authors=authors,
        authors_complete=complete,
        journal=_plain(journal or _journal(linked)),
        year=year,
        date=date,
        volume=one("citation_volume", "prism.volume"),
        issue=one("citation_issue", "prism.number", "prism.issue"),
        pages=join_pages(
            one("citation_firstpage", "prism.startingpage"), one("citation_lastpage", "prism.endingpage"),
            one("citation_article_number", "citation_elocation_id"),
        ),
        publisher=_plain(one("citation_publisher", "dc.publisher")),
        doi=doi,
        pmid=pmid.lstrip("0"),
        pmcid=pmcids[0] if pmcids else "",
        url=next((a for a in record.addresses if re.match(r"https?://", a)), ""),
        language=language_code(one("citation_language", "dc.language") or record.language),
        publication_types=with_types((), journal),
        keywords=tuple(dict.fromkeys(filter(None, keywords))),
    )  # fmt: skip


def cited_records(record: PageRecord) -> tuple[Reference, ...]:
    """The references that ``citation_reference`` tags tell (``citation_title=...;citation_doi=...``)."""
    found = []
    for value in record.tags.get("citation_reference", ())[:5000]:
        fields: dict[str, list[str]] = defaultdict(list)
        for name, told in re.findall(r"(citation_\w+)=(.*?)(?=;\s*citation_\w+=|;?\s*$)", value[:20000]):
            fields[name].append(_plain(told))

        def one(*names: str, told: dict[str, list[str]] = fields) -> str:
            return next((told[name][0] for name in names if told.get(name)), "")

        listed = fields["citation_author"] or re.split(r"\s*[,;]\s+", one("citation_authors"))
        people = [person_of(name.replace(".", ". ")) for name in listed]
        year, date = iso_date(one("citation_date", "citation_publication_date", "citation_year"))
        pages = one("citation_pages") or join_pages(one("citation_firstpage"), one("citation_lastpage"))
        found.append(
            Reference(
                title=one("citation_title").rstrip("."),
                authors=tuple(person for person in people if person is not None),
                journal=one("citation_journal_title", "citation_journal_abbrev"),
                year=year,
                date=date,
                volume=one("citation_volume"),
                issue=one("citation_issue", "citation_number"),
                pages=pages,
                doi=find_doi(one("citation_doi")),
                pmid=one("citation_pmid"),
            )
        )
    return tuple(found)


def title_of(root: Element, main: Element, record: PageRecord) -> str:
    """The title that a page prints: its first ``h1`` that is no site's name, else its ``title``.

    One in the ``main`` part goes before one above it.
    """
    site = record.one("og:site_name")
    for heading in chain(main.iter("h1"), root.iter("h1")):
        text = " ".join(all_text(heading).split())
        if len(text) > 3 and plain_key(text) != plain_key(site):
            return text
    found = next(root.iter("title"), None)
    return _without_site(" ".join(all_text(found).split()), site) if found is not None else ""


def person_of(printed: str) -> Author | None:
    """A name as page tags print it: ``"Chiarotto, Alessandro"``, ``"Barbara Laddomada"``."""
    name = _plain(printed).strip(" ,;")
    if not name or not re.search(r"[^\W\d_]", name):
        return None
    family, comma, given = (part.strip() for part in name.partition(","))
    return Author(family=family, given=given) if comma and given else western_name(name)


def _authors(record: PageRecord) -> tuple[tuple[Author, ...], bool]:
    names = list(
        record.all(
            "citation_author", "dc.creator", "dc.contributor", "citation_authors", "dc.creator.personalname"
        )
    )
    if len(names) == 1 and (";" in names[0] or names[0].count(",") > 1):
        names = re.split(r"\s*;\s*" if ";" in names[0] else r"\s*,\s+", names[0])
    if not names:
        told = record.linked.get("author") or record.linked.get("creator") or []
        names = [_person(one) for one in (told if isinstance(told, list) else [told])]
    if not names:
        names = [name for name in record.all("author", "article:author") if not name.startswith("http")]
    complete = not any(_ET_AL.fullmatch(name.strip()) for name in names)
    people = [person_of(name) for name in names if not _ET_AL.fullmatch(name.strip())]
    return tuple(dict.fromkeys(one for one in people if one is not None)), complete


def _person(told: Any) -> str:
    if not isinstance(told, dict):
        return _said(told)
    family, given = _said(told.get("familyName")), _said(told.get("givenName"))
    return f"{family}, {given}" if family and given else _said(told.get("name"))


def _doi(record: PageRecord) -> str:
    """The page's own DOI; those of other papers that it names do not count."""
    told = [
        *record.all("citation_doi", "bepress_citation_doi"),
        *record.all("prism.doi"),
        *_ids(record, "doi"),
    ]
    told += [a for a in record.addresses if "doi.org/10." in a]
    for name in ("@id", "sameAs", "identifier", "doi"):
        value = record.linked.get(name)
        for one in value if isinstance(value, list) else [value]:
            told.append(_said(one.get("value") or one.get("@id")) if isinstance(one, dict) else _said(one))
    return next((doi for value in told if (doi := find_doi(bare_doi(value)))), "")


def _ids(record: PageRecord, kind: str) -> list[str]:
    values = record.tags.get("dc.identifier", []) + record.tags.get("dc.identifier.doi", [])
    return [v for v in values if (f"{kind}" in v.lower() or (kind == "doi" and re.match(r"10\.\d{4}", v)))]


def _journal(linked: dict[str, Any]) -> str:
    part = linked.get("isPartOf")
    for _ in range(4):
        if isinstance(part, list):
            part = part[0] if part else None
        if not isinstance(part, dict):
            return ""
        if "periodical" in str(part.get("@type", "")).lower():
            return _said(part.get("name"))
        part = part.get("isPartOf")
    return ""


def _records(root: Element) -> Iterator[dict[str, Any]]:
    """The articles that the page's JSON-LD describes."""
    for script in root.iter("script"):
        text = script.text or ""
        if "ld+json" not in (script.get("type") or "") or len(text) > _LONGEST_JSON:
            continue
        try:
            waiting = [json.loads(text)]
        except (ValueError, RecursionError):
            continue
        for _ in range(1000):
            if not waiting:
                break
            one = waiting.pop(0)
            if isinstance(one, list):
                waiting += one
            elif isinstance(one, dict):
                kinds = one.get("@type")
                if {str(k).lower() for k in (kinds if isinstance(kinds, list) else [kinds])} & _ARTICLES:
                    yield one
                waiting += [one[name] for name in ("@graph", "mainEntity", "mainEntityOfPage") if name in one]


def _said(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _plain(text: str) -> str:
    """A value without the tags that some sites put into it."""
    return " ".join(_MARKUP.sub("", text).split())


def _without_site(title: str, site: str) -> str:
    """A page's title without the site's name that stands behind it."""
    parts = re.split(r"\s+[|•·–—-]\s+", title)
    while len(parts) > 1 and site and plain_key(parts[-1]) in plain_key(site):
        parts.pop()
        title = title[: title.rfind(parts[-1]) + len(parts[-1])]
    return title.split(" | ")[0] if " | " in title else title
