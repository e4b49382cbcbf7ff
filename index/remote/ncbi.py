"""PubMed through NCBI's E-utilities (https://www.ncbi.nlm.nih.gov/books/NBK25499/): ESearch and EFetch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from lxml import etree

from index.errors import UsageError
from index.records import Reference, plain_key
from index.remote.cache import ABSENT, Cache
from index.remote.polite import Broken, Polite, ServiceError
from index.remote.services import Services
from index.sources.pubmed_record import article_reference, book_reference
from index.sources.xml_stream import plain

__all__ = ["MOST", "Record", "by_identifier", "by_pmid", "by_title", "search"]

#: Records of one EFetch; names of one ESearch; what ESearch of PubMed gives at most.
BATCH, NAMES, MOST = 200, 100, 9999
_RECORDS = {"PubmedArticle": article_reference, "PubmedBookArticle": book_reference}
_OPERATORS = re.compile(r"\b(?:AND|OR|NOT)\b")


@dataclass(frozen=True, slots=True)
class Record:
    """One record as PubMed XML by itself; ``reference`` has what tells whether it is the one asked for."""

    pmid: str
    content: bytes
    reference: Reference


def by_pmid(pmids: Sequence[str], services: Services, polite: Polite, cache: Cache) -> Iterator[Record | str]:
    """The records with these PMIDs as they come; the PMID alone where PubMed has none."""
    unknown: list[str] = []
    for pmid in dict.fromkeys(pmids):
        known = cache.get("pubmed", pmid)
        if known is None:
            unknown.append(pmid)
        elif known == ABSENT:
            yield pmid
        else:
            yield from _cut(known)
    for some in batches(unknown, BATCH):
        yield from _fetched(some, services, polite, cache)


def _fetched(pmids: list[str], services: Services, polite: Polite, cache: Cache) -> Iterator[Record | str]:
    """One batch; halved where its XML stays broken, until the bad record is alone and left out."""
    asked = set(pmids)
    data = _identified(services) | {"db": "pubmed", "retmode": "xml", "id": ",".join(pmids)}
    try:
        # EFetch answers 400 where it knows none of the identifiers.
        content = polite.ask(
            f"{services.ncbi}/efetch.fcgi", data=data, check=_well_formed, absent=frozenset({400, 404})
        )
    except ServiceError:
        if len(pmids) == 1:
            raise
        middle = len(pmids) // 2
        yield from _fetched(pmids[:middle], services, polite, cache)
        yield from _fetched(pmids[middle:], services, polite, cache)
        return
    found = [record for record in _cut(content or b"<PubmedArticleSet/>") if record.pmid in asked]
    for record in found:
        cache.put("pubmed", record.pmid, record.content)
        yield record
    for pmid in asked - {record.pmid for record in found}:
        cache.put("pubmed", pmid, ABSENT)
        yield pmid


def by_identifier(
    names: Sequence[str], field: str, services: Services, polite: Polite, cache: Cache
) -> Iterator[Record | str]:
    """The records with these DOIs (``field`` "doi") or PMCIDs ("pmcid"); the name alone where there is none.

    ESearch tells only which PMIDs there are for all names together; the records tell which is whose.
    """
    unknown: list[str] = []
    pmids: dict[str, str] = {}
    for name in dict.fromkeys(names):
        known = cache.get(f"pubmed {field}", name)
        if known is None:
            unknown.append(name)
        elif known == ABSENT:
            yield name
        else:
            pmids[name] = known.decode()
    wanted = {*pmids, *unknown}
    found: list[str] = list(pmids.values())
    for some in batches(unknown, NAMES):
        quoted = " OR ".join(f'"{name}"[{field}]' for name in some if '"' not in name)
        found += _searched(quoted, services, polite, 2 * NAMES) if quoted else []
    missing = {name.casefold(): name for name in wanted}
    for record in by_pmid(list(dict.fromkeys(found)), services, polite, cache):
        if isinstance(record, str):
            continue
        name = getattr(record.reference, field).casefold()
        if name in missing:
            cache.put(f"pubmed {field}", missing[name], record.pmid.encode())
            del missing[name]
            yield record
    for name in missing.values():
        cache.put(f"pubmed {field}", name, ABSENT)
        yield name


def by_title(title: str, services: Services, polite: Polite, cache: Cache, most: int = 5) -> list[Record]:
    """At most ``most`` records whose titles have all words of ``title``."""
    words = _OPERATORS.sub(lambda match: match[0].lower(), " ".join(plain_key(title).split()))
    known = cache.kept(
        "pubmed title",
        words,
        lambda: " ".join(_searched(f"{words}[Title]", services, polite, most)).encode(),
    )
    pmids = known.decode().split()
    return [one for one in by_pmid(pmids[:most], services, polite, cache) if isinstance(one, Record)]


def search(
    query: str, services: Services, polite: Polite, cache: Cache, most: int
) -> tuple[int, Iterator[Record]]:
    """How many records PubMed finds for ``query``, and the first ``most`` of them."""
    if not 1 <= most <= MOST:
        raise UsageError(f"PubMed gives at most {MOST:,} records of a search; narrow the query, by years say")
    count, pmids = _counted(query, services, polite, most)
    return count, (one for one in by_pmid(pmids, services, polite, cache) if isinstance(one, Record))


def _searched(term: str, services: Services, polite: Polite, most: int) -> list[str]:
    return _counted(term, services, polite, most)[1]


def _counted(term: str, services: Services, polite: Polite, most: int) -> tuple[int, list[str]]:
    data = _identified(services) | {"db": "pubmed", "retmode": "json", "retmax": str(most), "term": term}
    content = polite.ask(f"{services.ncbi}/esearch.fcgi", data=data, check=_result)
    found = _result(content or b"{}")
    return int(found["count"]), [str(pmid) for pmid in found["idlist"]]


def _result(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)["esearchresult"]
        if "ERROR" in found:
            raise UsageError(f"PubMed does not take the query ({found['ERROR']})")
        int(found["count"]), list(found["idlist"])
    except (ValueError, KeyError, TypeError) as error:
        raise Broken(f"no result of a search ({error!r})") from None
    return dict(found)


def _identified(services: Services) -> dict[str, str]:
    """Who is asking: NCBI wants every program to say so."""
    told = {"tool": "litquote", "email": services.contact, "api_key": services.api_key}
    return {name: value for name, value in told.items() if value}


# -- XML -------------------------------------------------------------------------------------------


def _parsed(content: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(content, parser)


def _well_formed(content: bytes) -> None:
    try:
        root = _parsed(content)
    except etree.XMLSyntaxError as error:
        raise Broken(str(error)) from None
    if root.tag not in {"PubmedArticleSet", "PubmedBookArticleSet"}:
        raise Broken(f"<{root.tag}> instead of records")


def _cut(content: bytes) -> Iterator[Record]:
    """The records of a set, each in a set of its own."""
    for element in _parsed(content):
        pmid = plain(element.find(".//PMID")) if element.tag in _RECORDS else ""
        if pmid:
            alone = etree.tostring(element, encoding="utf-8", with_tail=False)
            head = b'<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n'
            yield Record(pmid, head + alone + b"\n</PubmedArticleSet>\n", _reference(element, pmid))


def _reference(element: etree._Element, pmid: str) -> Reference:
    """The record as the reader of PubMed XML will read it; a damaged one is known by its PMID alone."""
    try:
        return replace(_RECORDS[element.tag](element), pmid=pmid)
    except ValueError:
        return Reference(pmid=pmid)


def batches(names: Iterable[str], size: int) -> Iterator[list[str]]:
    """``names`` in lists of at most ``size``."""
    rest = iter(names)
    while some := list(islice(rest, size)):
        yield some
