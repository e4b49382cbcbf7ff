"""What the record formats share: from an entry's fields to a document."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from index.records import Author, Document, Failure, Link, Reference
from index.sources.abstracts import add_abstract, parts_of, plain_markup, tidy
from index.sources.build import TextBuilder, make_document
from index.sources.notices import notice_types, retraction
from index.sources.pubmed_links import bare_doi
from index.sources.pubmed_record import pmcid_of, title_of, whole_pages
from index.sources.vancouver import MONTHS, find_doi
from index.sources.vancouver_authors import is_group

__all__ = [
    "LONGEST", "Entry", "authors_of", "document_of", "doi_in", "iso_date", "join_pages", "keywords_of",
    "language_code", "mesh_of", "person", "plain_title", "pmcid_in", "pmid_in",
    "pmid_of_address", "with_types",
]  # fmt: skip

#: A longer record is none; it is named and passed over.
LONGEST = 4_000_000

#: Languages by their names and two letters, to the three letters of PubMed (ISO 639-2/B).
_LANGUAGES = {
    "english en": "eng", "german de deutsch": "ger", "french fr français": "fre", "spanish es español": "spa",
    "italian it": "ita", "portuguese pt": "por", "dutch nl": "dut", "russian ru": "rus", "chinese zh": "chi",
    "japanese ja": "jpn", "korean ko": "kor", "polish pl": "pol", "czech cs": "cze", "hungarian hu": "hun",
    "turkish tr": "tur", "swedish sv": "swe", "danish da": "dan", "norwegian no nb nn": "nor",
    "finnish fi": "fin", "greek el": "gre", "arabic ar": "ara", "hebrew he": "heb", "persian fa": "per",
    "ukrainian uk": "ukr", "romanian ro": "rum", "bulgarian bg": "bul", "croatian hr": "hrv",
    "serbian sr": "srp", "slovak sk": "slo", "slovenian sl": "slv",
}  # fmt: skip
_CODES = {name: code for names, code in _LANGUAGES.items() for name in names.split()}

_PREPRINTS = re.compile(
    r"(?:bio|med|chem|psy|soc|ed|eco|earth|engr|paleo|sport|agri)rxiv\b|arxiv\b|research square"
    r"|preprints?(?:\.org)?$|ssrn\b|osf preprints|authorea",
    re.IGNORECASE,
)
_ET_AL = re.compile(r"(?:and )?others\.?|et\.? al\.?|\.\.\.|…", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:Jr|Sr|[1-4](?:st|nd|rd|th)|I{2,3}|IV)\.?")
_INITIALS = re.compile(r"[A-Z](?:[.\s-]{0,2}[A-Z]){0,4}\.?")

_PMID_WORD = re.compile(r"\b(?:PMID|PubMed ID|PUBMED)\s*[:=]?\s*(\d{4,8})\b", re.IGNORECASE)
_PMID_ADDRESS = re.compile(
    r"(?:ncbi\.nlm\.nih\.gov/(?:m/)?(?:pubmed/)?|europepmc\.org/(?:article|abstract)/MED/)(\d{4,8})\b",
    re.IGNORECASE,
)
_PMCIDS = re.compile(r"\bPMC(\d{4,9})\b")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a format says of one paper. ``title`` and ``abstract`` are as printed, without markup.

    ``others`` are further abstracts, each with its heading; ``attachments`` the files it names as its own.
    """

    reference: Reference
    title: str = ""
    abstract: str = ""
    others: tuple[tuple[str, str], ...] = ()
    disclosure: str = ""
    links: tuple[Link, ...] = ()
    references: tuple[Reference, ...] = ()
    notes: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()


def document_of(entry: Entry, *, source: str, extractor: str, ordinal: int, uri: str) -> Document | Failure:
    """The document of an entry, or the Failure ``uri`` with the reason why it is none.

    A title is enough for a document when an identifier, an author or a year says whose it is.
    """
    reference = entry.reference
    builder = TextBuilder()
    builder.add("title", tidy(entry.title) or reference.title)
    before = builder.content
    add_abstract(builder, entry.abstract)
    for heading, text in entry.others:
        add_abstract(builder, text, heading, labels=False)
    builder.add("disclosure", tidy(entry.disclosure), "Conflict of interest statement")
    known = reference.doi or reference.pmid or reference.pmcid or reference.authors or reference.year
    if not builder.content or (builder.content == before and not known):
        lacks = "neither a title nor an abstract" if not builder.content else (
            "a title but no abstract, and no author, year or identifier to tell the paper by"
        )  # fmt: skip
        return Failure(uri, f"the record holds {lacks}; export it again with all its fields")
    found = retraction(
        entry.links,
        reference.publication_types,
        entry.title,
        abstract=bool(parts_of(entry.abstract)),
        origin=f"{extractor.partition('/')[0]} record",
    )
    types = dict.fromkeys((*reference.publication_types, *notice_types(entry.title)))
    try:
        document = make_document(
            builder,
            source=source,
            extractor=extractor,
            ordinal=ordinal,
            reference=replace(reference, retraction=found, publication_types=tuple(types)),
            references=entry.references,
            links=tuple(dict.fromkeys(entry.links)),
            notes=entry.notes,
        )
    except ValueError as error:
        return Failure(uri, str(error))
    return replace(document, attachments=files_of(entry.attachments))


def files_of(named: Iterable[str]) -> tuple[str, ...]:
    """The files among what a record names as attached, each once; addresses on the web are none."""
    files = (tidy(line) for value in named for line in value.split("\n"))
    return tuple(dict.fromkeys(one for one in files if one and not re.match(r"(?:https?|ftp):", one, re.I)))


def with_types(types: Iterable[str], journal: str) -> tuple[str, ...]:
    """Publication types, each once, with "Preprint" where ``journal`` is a preprint server."""
    server = ("Preprint",) if _PREPRINTS.match(journal) else ()
    return tuple(dict.fromkeys(filter(None, (*types, *server))))


def person(printed: str) -> Author | None:
    """A name as record formats print it: ``"Müller, A. B."``, ``"Wu L"``, ``"Lei Wu"``, or a group.

    None for an empty one. A name without a comma is left whole unless initials close it.
    """
    name = tidy(plain_markup(printed)).strip(" ,;")
    if not name or not re.search(r"[^\W_]", name):
        return None
    family, comma, given = (part.strip() for part in name.partition(","))
    if comma and family:
        pieces = [piece.strip() for piece in given.split(",")]
        suffix = next((piece for piece in pieces if _SUFFIX.fullmatch(piece)), "")
        given = " ".join(piece for piece in pieces if piece and piece != suffix)
        words = given.split()
        if (
            not suffix
            and len(words) > 1
            and _SUFFIX.fullmatch(words[-1])
            and words[-1] not in {"II", "III", "IV"}
        ):
            suffix, given = words[-1], " ".join(words[:-1])
        return Author(family=f"{family} {suffix}".strip(), given=given)
    if is_group(name):
        return Author(literal=name)
    words = name.split()
    if len(words) > 1 and _INITIALS.fullmatch(words[-1]) and not name.isupper():
        return Author(family=" ".join(words[:-1]), given=words[-1])
    if len(words) == 1:
        return Author(family=name)
    return Author(literal=name)


def authors_of(printed: Iterable[str]) -> tuple[tuple[Author, ...], bool]:
    """Names in their order, each once, and whether the list is whole: "et al." says that it is not."""
    found: list[Author] = []
    complete = True
    for name in printed:
        shorter = re.sub(r"[,;]?\s+(?:et\.? al\.?|and others)$", "", name.strip(), flags=re.IGNORECASE)
        if shorter != name.strip() or _ET_AL.fullmatch(shorter):
            complete = False
        if shorter and not _ET_AL.fullmatch(shorter) and (author := person(shorter)):
            found.append(author)
    return tuple(dict.fromkeys(found)), complete


def iso_date(*told: str) -> tuple[int | None, str]:
    """Year and ISO date out of what an entry tells, the first that has a year; the others may be fuller.

    ``("2014//",)`` -> ``(2014, "2014")``; ``("2015", "May 3")`` -> ``(2015, "2015-05-03")``.
    """
    year, date = None, ""
    for text in told:
        match = re.search(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)", text)
        own = int(match[1]) if match else None
        rest = text[match.end() :] if match else text
        month, day = _month_and_day(rest)
        if match and not month:
            month, day = _month_and_day(text[: match.start()])
        if year is None and own is not None:
            year, date = own, str(own)
        if year is not None and own in {None, year} and len(date) == 4 and month:
            date = f"{year}-{month:02}" + (f"-{day:02}" if day else "")
    return year, date


def _month_and_day(text: str) -> tuple[int, int]:
    """``"/07/03"``, ``"Jul 3"``, ``"3 July"`` -> ``(7, 3)``; zeros for what is not told."""
    numbers = re.match(r"[-/. ](\d{1,2})(?:[-/. ](\d{1,2}))?(?!\d)", text)
    if numbers and 1 <= int(numbers[1]) <= 12:
        day = int(numbers[2] or 0)
        return int(numbers[1]), day if 1 <= day <= 31 else 0
    named = re.search(
        r"(?:(?<!\d)(\d{1,2})\.? +)?\b(" + "|".join(MONTHS) + r")[a-z]*\.?(?: +(\d{1,2})(?!\d))?", text, re.I
    )
    if not named:
        return 0, 0
    day = int(named[3] or named[1] or 0)
    return MONTHS.index(named[2].lower()) + 1, day if 1 <= day <= 31 else 0


def join_pages(first: str, last: str, number: str = "") -> str:
    """Pages out of a record's fields: a range written out, or an article ``number``."""
    first, last = tidy(first).strip(" .,;"), tidy(last).strip(" .,;")
    if last and last != first and not re.search(r"\d\s*[-–]+\s*\w", first):
        first = f"{first}-{last}".strip("-")
    return whole_pages(re.sub(r"\s*[-–—]+\s*", "-", first)) or tidy(number)


def language_code(printed: str) -> str:
    """PubMed's code of a language: ``"English"``, ``"en-US"`` -> ``"eng"``; else small letters."""
    plain = tidy(printed).lower()
    return _CODES.get(re.split(r"[-_;, (]", plain)[0], plain)


def keywords_of(values: Iterable[str]) -> tuple[str, ...]:
    """Keywords, one to a line or parted by semicolons, without the star of a main one, each once."""
    pieces = (piece for value in values for piece in re.split(r"[\n;]", plain_markup(value)))
    return tuple(dict.fromkeys(filter(None, (tidy(piece).lstrip("* ") for piece in pieces))))


def mesh_of(values: Iterable[str]) -> tuple[str, ...]:
    """MeSH terms as PubMed prints them: ``"Stroke/diagnosis/*therapy"`` -> one term per qualifier."""
    found = []
    for value in values:
        descriptor, *qualifiers = (part.strip().lstrip("*") for part in tidy(value).split("/"))
        # a slash in small letters parts qualifiers; "Na+/K+" is one descriptor
        if qualifiers and not all(name[:1].islower() for name in qualifiers):
            found.append(tidy(value).lstrip("*"))
        else:
            found.extend([f"{descriptor}/{name}" for name in qualifiers] or [descriptor])
    return tuple(dict.fromkeys(filter(None, found)))


def _only(found: set[str]) -> str:
    """The one value, or ``""`` where there is none or several disagree."""
    return found.pop() if len(found) == 1 else ""


def pmid_in(*texts: str) -> str:
    """The PMID that ``texts`` tell by name; ``""`` when they tell several."""
    return _only({match[1].lstrip("0") for text in texts for match in _PMID_WORD.finditer(text)})


def pmid_of_address(*addresses: str) -> str:
    """The PMID of the record's pages at PubMed and Europe PMC; ``""`` when there are several."""
    return _only({match[1].lstrip("0") for text in addresses for match in _PMID_ADDRESS.finditer(text)})


def pmcid_in(*texts: str) -> str:
    """The PMCID that ``texts`` name; ``""`` when they name several."""
    return pmcid_of(_only({match[1] for text in texts for match in _PMCIDS.finditer(text)}))


def doi_in(*texts: str) -> str:
    """The DOI that the first of ``texts`` to hold one holds; a value of its own or an address."""
    for text in texts:
        value = bare_doi(tidy(text))
        if re.fullmatch(r"10\.\d{4,9}/\S+", value):
            return value.rstrip(".,;")
        if doi := find_doi(text):
            return doi
    return ""


def plain_title(printed: str) -> str:
    """A title for the bibliographic record: no markup, no closing full stop."""
    return title_of(tidy(plain_markup(printed)))
