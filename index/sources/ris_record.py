"""One RIS record to what it says of a paper, in the flavours of those who write RIS."""

from __future__ import annotations

import re

from index.records import Author, Reference
from index.sources.abstracts import plain_markup, tidy
from index.sources.entries import (
    Entry,
    authors_of,
    doi_in,
    iso_date,
    join_pages,
    keywords_of,
    language_code,
    mesh_of,
    plain_title,
    pmcid_in,
    pmid_in,
    pmid_of_address,
    with_types,
)
from index.sources.notices import links_in
from index.sources.pubmed_page_words import publication_type
from index.sources.tagged import Tagged
from index.sources.vancouver import parse_citation

__all__ = ["TYPES", "entry_of"]

#: RIS types as the publication types that PubMed, or a citation style, knows.
TYPES = {
    "JOUR": "Journal Article", "EJOUR": "Journal Article", "JFULL": "Journal Article",
    "INPR": "Journal Article", "ABST": "Journal Article", "CHAP": "Book Chapter", "ECHAP": "Book Chapter",
    "BOOK": "Book", "EBOOK": "Book", "EDBOOK": "Book", "CONF": "Congress", "CPAPER": "Congress",
    "THES": "Academic Dissertation", "RPRT": "Technical Report", "DATA": "Dataset", "NEWS": "News",
    "MGZN": "News", "UNPB": "Preprint", "UNPD": "Preprint",
}  # fmt: skip

#: Types whose own title stands in TI or T1 and whose T2 is what they are part of.
_PARTS = frozenset({"CHAP", "ECHAP", "CONF", "CPAPER", "ABST"})

_FROM_PUBMED = re.compile(r"\bNLM\b|\bPubMed\b|\bMEDLINE\b", re.IGNORECASE)
_RIGHTS = re.compile(r"Copyright of .{1,300} is the property of|©|\(c\) ?\d{4}", re.IGNORECASE)


def entry_of(record: Tagged) -> Entry:
    """What ``record`` says. Never raises for odd values: a piece that cannot be told is left empty."""
    kind = record.told("TY").upper()
    title = _title(record, kind)
    abstract, others = _abstracts(record)
    free = record.all("N1", "M2", "U1", "U2", "U3", "U5", "RN", "C1", "C3", "C4", "C5", "C6", "C8")
    cited = _cited(record)
    free += [] if cited else record.all("M1")
    reference = _reference(record, kind, title, free)
    return Entry(
        reference=reference,
        title=title,
        abstract=abstract,
        others=others,
        links=tuple(one for note in free for one in links_in(note)),
        references=cited,
        attachments=tuple(record.all("L1")),
    )


def _title(record: Tagged, kind: str) -> str:
    tags = ("TI", "T1", "CT") if kind in _PARTS else ("TI", "T1", "CT", "BT")
    title = plain_markup(record.told(*tags))
    if not title and kind not in _PARTS | {"JOUR", "EJOUR", "JFULL"}:
        title = plain_markup(record.told("T2"))
    return title


def _abstracts(record: Tagged) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The abstract, and those that follow it in other languages; a publisher's rights are left out."""
    found = [plain_markup(text) for text in (*record.all("AB"), *record.all("N2"))]
    distinct = list(dict.fromkeys(text for text in found if text and not _RIGHTS.match(text)))
    return (distinct[0] if distinct else ""), tuple(("Abstract", text) for text in distinct[1:])


def _reference(record: Tagged, kind: str, title: str, notes: list[str]) -> Reference:
    authors, complete = _authors(record)
    year, date = iso_date(record.told("PY"), record.told("Y1"), record.told("DA"))
    journal = _journal(record, kind)
    types = _types(record, kind, notes)
    keywords = record.all("KW")
    from_pubmed = bool(_FROM_PUBMED.search(" ".join(record.all("DP", "DB"))))
    starred = any(re.search(r"/\*?[a-z]", word) for word in keywords)
    number = record.told("C7") or record.told("AR")
    return Reference(
        title=plain_title(title),
        authors=authors,
        authors_complete=complete,
        journal=journal,
        year=year,
        date=date,
        volume=record.told("VL"),
        issue=record.told("IS") or record.told("CP"),
        pages=join_pages(
            record.told("SP"), record.told("EP"), re.sub(r"(?i)^article (?:no\.? ?)?", "", number)
        ),
        publisher=record.told("PB"),
        doi=_doi(record),
        pmid=_pmid(record, notes),
        pmcid=pmcid_in(*record.all("C2", "PC", "PMC")) or pmcid_in(*notes, *_addresses(record)),
        url=next((one for one in _addresses(record) if one.startswith("http")), ""),
        language=language_code(record.told("LA")),
        publication_types=with_types(types, journal),
        keywords=() if from_pubmed and starred else keywords_of(keywords),
        mesh=mesh_of(keywords_of(keywords)) if from_pubmed and starred else (),
    )


def _authors(record: Tagged) -> tuple[tuple[Author, ...], bool]:
    """The authors; where there are none, the editors of a book."""
    groups: tuple[tuple[str, ...], ...] = (("AU", "A1"), ("A2", "ED", "A3"))
    for tags in groups:
        names = [name for value in record.all(*tags) for name in re.split(r"\n", value)]
        if len(names) == 1:  # some write all names in one field
            names = [one for one in re.split(r"\s*;\s*", names[0]) if one]
        authors, complete = authors_of(names)
        if authors:
            return authors, complete
    return (), True


def _journal(record: Tagged, kind: str) -> str:
    tags: tuple[str, ...] = (
        ("T2", "BT", "JF", "JO", "JA") if kind in _PARTS else ("JF", "JO", "T2", "JA", "J2", "J1")
    )
    if kind in {"BOOK", "EBOOK", "EDBOOK", "THES"}:
        tags = ("JF", "JO")
    return plain_markup(record.told(*tags))


def _types(record: Tagged, kind: str, notes: list[str]) -> list[str]:
    """Publication types: the record's own type, and those that M3 or the lines of its notes name."""
    found = [TYPES.get(kind, "")]
    told = [line for value in (*record.all("M3", "PT"), *notes) for line in re.split(r"\n|;", value)]
    found += [publication_type(line.strip()) for line in told]
    return [one for one in found if one]


def _addresses(record: Tagged) -> list[str]:
    """The record's web addresses: several may stand in one field."""
    values = [*record.all("UR"), *record.all("L2", "LK")]
    return [one for value in values for one in re.split(r"[\s;]+(?=https?:)|\s+", value) if one]


def _doi(record: Tagged) -> str:
    """The DOI from its own tags, else from where EBSCO, old EndNote and links put it."""
    own = doi_in(*record.all("DO", "DI"))
    return own or doi_in(*(v for v in record.all("L3", "M3") if v.strip().startswith("10."))) or doi_in(
        *(one for one in _addresses(record) if "doi.org/10." in one)
    )  # fmt: skip


def _pmid(record: Tagged, notes: list[str]) -> str:
    """The PMID by its tag, by the accession number of PubMed or MEDLINE, or as notes and links name it."""
    sources = " ".join(record.all("DP", "DB"))
    numbers = record.all("AN", "ID") if _FROM_PUBMED.search(sources) else []
    numbers += record.all("C2") if "scopus" in sources.lower() else []
    for value in (*record.all("PM", "PMID"), *numbers):
        if re.fullmatch(r"\d{5,8}", value.strip()) and value.strip() != record.told("SP"):
            return value.strip().lstrip("0")
    own = [note for note in notes if not links_in(note)]  # a notice names another paper's
    return pmid_in(*own, *record.all("AN")) or pmid_of_address(*_addresses(record))


def _is_reference(note: str) -> bool:
    """Whether a note is a paper that the record cites, as Ovid writes them for PsycInfo."""
    return len(note) > 40 and re.match(r"[^\n]{3,400}?\(?\b(?:19|20)\d\d[a-z]?\)?[.;:]", note) is not None


def _cited(record: Tagged) -> tuple[Reference, ...]:
    """The papers that the record cites: at least three such notes, in the record's order."""
    told = record.all("M1")
    if sum(map(_is_reference, told)) < 3:
        return ()
    return tuple(parse_citation(tidy(note)) for note in told if len(note) > 20)
