"""The bibliographic record of a PubMed article, book or publisher deposit.

Elements and their meaning: NLM, "MEDLINE/PubMed XML Element Descriptions and their Attributes";
for deposits "PubMed XML Tagged Format" (publisher help).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from index.records import Author, Reference
from index.sources.pubmed_links import bare_doi, retraction
from index.sources.vancouver import full_pages
from index.sources.xml_stream import Element, plain

__all__ = [
    "article_reference",
    "book_reference",
    "date_of",
    "deposit_reference",
    "is_registry",
    "pmcid_of",
    "title_of",
    "whole_pages",
]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

#: DataBankName values that are registries of trials; the others hold sequences, structures, data.
_REGISTRIES = frozenset({
    "anzctr", "chictr", "clinicaltrials.gov", "cris", "ctis", "ctri", "drks", "euctr", "eudract", "irct",
    "isrctn", "japiccti", "jma", "jprn", "jrct", "kct", "lbctr", "ntr", "pactr", "rebec", "repec", "rpcec",
    "slctr", "tctr", "umin", "umin-ctr",
})  # fmt: skip


_RANGE = re.compile(r"(?<![\w-])[A-Za-z]{0,3}\d+\s*[-\u2013]\s*[A-Za-z]{0,3}\d+(?![\w-])")


def _text(element: Element | None, path: str) -> str:
    return plain(element.find(path)) if element is not None else ""


def _texts(element: Element, path: str) -> tuple[str, ...]:
    """The plain texts at ``path``, each once, in order, empty ones left out."""
    return tuple(dict.fromkeys(filter(None, map(plain, element.findall(path)))))


def _iso(year: str, month: str, day: str) -> tuple[int | None, str]:
    """Year and ISO date as far as it is known: ``("2018", "May", "7")`` -> ``(2018, "2018-05-07")``."""
    if not re.fullmatch(r"1[5-9]\d\d|20\d\d", year):
        return None, ""
    number = int(month) if month.isdecimal() else next(
        (place for place, name in enumerate(_MONTHS, 1) if month.lower().startswith(name)), 0
    )  # fmt: skip
    if not 1 <= number <= 12:
        return int(year), year
    if not (day.isdecimal() and 1 <= int(day) <= 31):
        return int(year), f"{year}-{number:02}"
    return int(year), f"{year}-{number:02}-{int(day):02}"


def date_of(elements: Iterable[Element | None]) -> tuple[int | None, str]:
    """Year and ISO date of the first of ``elements`` that tells a year; ``(None, "")`` if none does.

    ``MedlineDate`` is free text that begins or ends a range: its first year and month count, its
    days do not (``"2011 Nov-Dec"`` -> ``(2011, "2011-11")``).
    """
    for element in elements:
        if element is None:
            continue
        year, date = _iso(*(_text(element, part) for part in ("Year", "Month", "Day")))
        if year is None:
            free = re.search(r"\b(1[5-9]\d\d|20\d\d)\b(?:\s+([A-Za-z]{3,}))?", _text(element, "MedlineDate"))
            year, date = _iso(free[1], free[2] or "", "") if free else (None, "")
        if year is not None:
            return year, date
    return None, ""


def whole_pages(printed: str) -> str:
    """``printed`` with its ranges written out: ``"2977-90; discussion 2991"`` -> ``"2977-2990; ..."``."""
    return _RANGE.sub(lambda found: full_pages(found[0]), printed)


def _pages(holder: Element) -> str:
    printed = _text(holder, "Pagination/MedlinePgn")
    if not printed:
        ends = _text(holder, "Pagination/StartPage"), _text(holder, "Pagination/EndPage")
        printed = "-".join(filter(None, dict.fromkeys(ends)))
    return whole_pages(printed) or _article_number(holder)


def _article_number(holder: Element) -> str:
    """The publisher's item identifier where it is an article number (``"e003269"``)."""
    for element in holder.findall("ELocationID[@EIdType='pii']"):
        printed = plain(element)
        if element.get("ValidYN") != "N" and re.fullmatch(r"[A-Za-z]{0,5}\d{1,9}", printed):
            return printed
    return ""


def _authors(lists: Iterable[Element]) -> tuple[tuple[Author, ...], bool]:
    """The people and groups of ``lists``, and whether the lists say that they are whole.

    Superseded spellings (``ValidYN="N"``) are left out. A suffix stays with the family name.
    """
    found: list[Author] = []
    complete = True
    for listing in lists:
        complete = complete and listing.get("CompleteYN", "Y") != "N"
        for author in listing.findall("Author"):
            if author.get("ValidYN") == "N":
                continue
            family, suffix = _text(author, "LastName"), _text(author, "Suffix")
            given = " ".join(filter(None, (_text(author, "FirstName"), _text(author, "MiddleName"))))
            given = _text(author, "ForeName") or given or _text(author, "Initials")
            group = _text(author, "CollectiveName")
            if family:
                found.append(Author(family=f"{family} {suffix}".strip(), given=given))
            elif group or given:
                found.append(Author(literal=group or given))
    return tuple(found), complete


def _identifiers(elements: Iterable[Element]) -> dict[str, str]:
    """``ArticleId`` and ``ELocationID`` values by kind; the first valid one of a kind counts."""
    found: dict[str, str] = {}
    for element in elements:
        kind = element.get("IdType") or element.get("EIdType") or ""
        value = bare_doi(plain(element))
        if value and element.get("ValidYN") != "N":
            found.setdefault(kind, value)
    return found


def pmcid_of(printed: str) -> str:
    """``"PMC123.1"`` or ``"123"`` -> ``"PMC123"``; ``""`` for what is neither."""
    number = re.match(r"(?:PMC)?(\d+)", printed)
    return f"PMC{number[1]}" if number else ""


def title_of(*candidates: str) -> str:
    """The first title that is one, without its closing full stop (an initialism keeps its own)."""
    for title in candidates:
        if title and title.strip("[]. ").lower() != "not available":
            return title if re.search(r"(?:\b[A-Z]\.){2}$|\.\.$", title) else title.removesuffix(".")
    return ""


def _mesh(citation: Element) -> tuple[str, ...]:
    found = []
    for heading in citation.findall("MeshHeadingList/MeshHeading"):
        descriptor = _text(heading, "DescriptorName")
        found.extend([f"{descriptor}/{name}" for name in _texts(heading, "QualifierName")] or [descriptor])
    return tuple(filter(None, found))


def is_registry(bank: str) -> bool:
    """Whether a data bank PubMed names is a registry of trials."""
    name = bank.lower()
    return name in _REGISTRIES or name.split(" ")[0] in _REGISTRIES


def _trials(article: Element) -> tuple[str, ...]:
    found: list[str] = []
    for bank in article.findall("DataBankList/DataBank"):
        if is_registry(_text(bank, "DataBankName")):
            found.extend(_texts(bank, "AccessionNumberList/AccessionNumber"))
    return tuple(dict.fromkeys(found))


def article_reference(record: Element) -> Reference:
    """The record of a ``PubmedArticle``. Raises ValueError when it holds no article."""
    citation, article = record.find("MedlineCitation"), record.find("MedlineCitation/Article")
    if citation is None or article is None:
        raise ValueError("the record holds no MedlineCitation with an Article; download it again")
    issue = "Journal/JournalIssue"
    locations = [place for place in article.findall("ELocationID") if place.get("EIdType") == "doi"]
    ids = _identifiers([*locations, *record.findall("PubmedData/ArticleIdList/ArticleId")])
    other = [name for name in _texts(citation, "OtherID") if name.startswith("PMC")]
    authors, complete = _authors(article.findall("AuthorList"))
    history = record.findall("PubmedData/History/PubMedPubDate")
    history.sort(key=lambda entry: entry.get("PubStatus") != "pubmed")
    year, date = date_of([article.find(f"{issue}/PubDate"), *article.findall("ArticleDate"), *history])
    pmid = _text(citation, "PMID") or ids.get("pubmed", "")
    kinds = _texts(article, "PublicationTypeList/PublicationType")
    return Reference(
        title=title_of(_text(article, "ArticleTitle"), _text(article, "VernacularTitle")),
        authors=authors,
        authors_complete=complete,
        # MedlineTA first: it is what PubMed's own citations print, while old exports dot the ISO form.
        journal=_text(citation, "MedlineJournalInfo/MedlineTA")
        or _text(article, "Journal/ISOAbbreviation")
        or _text(article, "Journal/Title"),
        year=year,
        date=date,
        volume=_text(article, f"{issue}/Volume"),
        issue=_text(article, f"{issue}/Issue"),
        pages=_pages(article),
        doi=ids.get("doi", ""),
        pmid=pmid,
        pmcid=pmcid_of(ids.get("pmc", "") or next(iter(other), "")),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
        language=next(iter(_texts(article, "Language")), "").lower(),
        publication_types=kinds,
        keywords=_texts(citation, "KeywordList/Keyword"),
        mesh=_mesh(citation),
        trials=_trials(article),
        retraction=retraction(citation, kinds),
    )


def book_reference(record: Element) -> Reference:
    """The record of a ``PubmedBookArticle``: a book, or one chapter of it.

    A chapter's ``journal`` is the book's title. A DOI or page in ``Book`` is the whole book's and is
    not given to a chapter. Raises ValueError when the record holds no book.
    """
    document, book = record.find("BookDocument"), record.find("BookDocument/Book")
    if document is None:
        raise ValueError("the record holds no BookDocument; download it again")
    holder = book if book is not None else document
    ids = _identifiers([
        *document.findall("ArticleIdList/ArticleId"),
        *record.findall("PubmedBookData/ArticleIdList/ArticleId"),
    ])  # fmt: skip
    book_title = _text(book, "BookTitle")
    chapter = title_of(_text(document, "ArticleTitle"), _text(document, "VernacularTitle"))
    if not chapter or chapter == book_title:
        ids = {**_identifiers(holder.findall("ELocationID[@EIdType='doi']")), **ids}
    lists = document.findall("AuthorList[@Type='authors']") or document.findall("AuthorList")
    lists = lists or holder.findall("AuthorList[@Type='authors']") or holder.findall("AuthorList")
    authors, complete = _authors(lists)
    year, date = date_of([holder.find("PubDate"), document.find("ContributionDate")])
    pmid = _text(document, "PMID") or ids.get("pubmed", "")
    accession = ids.get("bookaccession", "")
    url = f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else ""
    return Reference(
        title=chapter or book_title,
        authors=authors,
        authors_complete=complete,
        journal=book_title if chapter and chapter != book_title else "",
        year=year,
        date=date,
        volume=_text(book, "Volume"),
        pages=_pages(document),
        publisher=_text(book, "Publisher/PublisherName"),
        doi=ids.get("doi", ""),
        pmid=pmid,
        pmcid=pmcid_of(ids.get("pmc", "")),
        url=f"https://www.ncbi.nlm.nih.gov/books/{accession}/" if accession else url,
        language=_text(document, "Language").lower(),
        publication_types=_texts(document, "PublicationType"),
        keywords=_texts(document, "KeywordList/Keyword"),
    )


def deposit_reference(record: Element) -> Reference:
    """The record of an ``Article`` as a publisher deposits it (``ArticleSet``)."""
    ids = _identifiers([*record.findall("ELocationID"), *record.findall("ArticleIdList/ArticleId")])
    authors, complete = _authors(record.findall("AuthorList"))
    groups = tuple(Author(literal=name) for name in _texts(record, "GroupList/Group/GroupName"))
    year, date = date_of([record.find("Journal/PubDate"), *record.findall("History/PubDate")])
    pages = "-".join(filter(None, dict.fromkeys((_text(record, "FirstPage"), _text(record, "LastPage")))))
    pmid = ids.get("pubmed", "")
    return Reference(
        title=title_of(_text(record, "ArticleTitle"), _text(record, "VernacularTitle")),
        authors=(*authors, *(group for group in groups if group not in authors)),
        authors_complete=complete,
        journal=_text(record, "Journal/JournalTitle"),
        year=year,
        date=date,
        volume=_text(record, "Journal/Volume"),
        issue=_text(record, "Journal/Issue"),
        pages=whole_pages(pages) or _article_number(record),
        publisher=_text(record, "Journal/PublisherName"),
        doi=ids.get("doi", ""),
        pmid=pmid,
        pmcid=pmcid_of(ids.get("pmc", "")),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
        language=_text(record, "Language").lower(),
        publication_types=_texts(record, "PublicationType"),
        keywords=_texts(record, "ObjectList/Object[@Type='keyword']/Param[@Name='value']"),
    )
