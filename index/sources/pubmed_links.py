"""What a PubMed record says of other papers: those it cites, and notices for or against it.

``CommentsCorrections`` and their types: NLM, "MEDLINE/PubMed XML Element Descriptions".
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from index.records import Link, Reference, Retraction
from index.sources.vancouver import find_doi, parse_citation
from index.sources.xml_stream import Element, plain

__all__ = ["bare_doi", "links", "references", "retraction"]

_ORIGIN = "PubMed record, CommentsCorrectionsList"

_NOTES = "MedlineCitation/CommentsCorrectionsList/CommentsCorrections"

#: Types of notice against a paper, the gravest first. A partial retraction leaves a paper standing.
_NOTICES: dict[str, str] = {
    "RetractionIn": "retracted",
    "RetractedandRepublishedIn": "retracted",
    "PartialRetractionIn": "concern",
    "ExpressionOfConcernIn": "concern",
}

_MARKS = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_DOI_PREFIX = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")


def bare_doi(printed: str) -> str:
    """A DOI given as a value of its own, without the address or ``doi:`` before it.

    Marks without width (of writing direction, soft hyphens, joiners) come from copying and belong to none.
    """
    return _DOI_PREFIX.sub("", _MARKS.sub("", printed).strip())


def _told(note: Element) -> tuple[str, str]:
    """The PMID and the printed source of a ``CommentsCorrections``."""
    return plain(note.find("PMID")), plain(note.find("RefSource"))


def retraction(citation: Element, publication_types: Collection[str]) -> Retraction | None:
    """The gravest notice against the paper of a ``MedlineCitation``, or None.

    Its date is the year that the notice's source is printed with.
    """
    notes = citation.findall("CommentsCorrectionsList/CommentsCorrections")
    against = [note for kind in _NOTICES for note in notes if note.get("RefType") == kind]
    verdicts = [_NOTICES[note.get("RefType", "")] for note in against]
    if "Retracted Publication" in publication_types and "retracted" not in verdicts:
        return Retraction("retracted", origin="PubMed record, publication type")
    if not against:
        return None
    pmid, source = _told(against[0])
    year = _YEAR.search(source)
    partly = "partial retraction" if against[0].get("RefType", "").startswith("Partial") else ""
    notice = ", ".join(filter(None, (partly, f"PMID {pmid}" if pmid else "", source)))
    return Retraction(verdicts[0], year[1] if year else "", notice, _ORIGIN)


def links(record: Element) -> tuple[Link, ...]:
    """Related papers: corrections, comments, updates, notices, and what this paper itself corrects.

    The kind is the record's type in small letters, ``"ErratumIn"`` -> ``"erratum"``,
    ``"ErratumFor"`` -> ``"erratum-for"``; the target an alias (``"pmid:123"``, ``"doi:10.1/x"``) or
    ``""``; the note the source as printed.
    """
    found = []
    for note in record.findall(_NOTES):
        kind = note.get("RefType", "")
        if kind == "Cites" or not kind:
            continue
        pmid, source = _told(note)
        doi = find_doi(source)
        target = f"pmid:{pmid}" if pmid else f"doi:{doi.casefold()}" if doi else ""
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind).lower().removesuffix("-in")
        found.append(Link(name, target, source))
    return tuple(found)


def references(record: Element) -> tuple[tuple[Reference, ...], tuple[str, ...]]:
    """The papers that the record cites, and what to tell the user about the list.

    ``ReferenceList`` is the paper's own, in its order, nested lists included. Older records only
    have ``CommentsCorrections`` of the type ``Cites``, which are not in the paper's order: those
    get no numbers.
    """
    found: list[Reference] = []
    for entry in record.iter("Reference"):
        printed = plain(entry.find("Citation"))
        ids = {
            name.get("IdType", ""): plain(name)
            for name in entry.findall("ArticleIdList/ArticleId")
            if plain(name)
        }
        if printed or ids:
            found.append(_reference(printed, ids, number=len(found) + 1))
    if found:
        return tuple(found), ()
    for note in record.findall(
        "MedlineCitation/CommentsCorrectionsList/CommentsCorrections[@RefType='Cites']"
    ):
        pmid, source = _told(note)
        if pmid or source:
            found.append(_reference(source, {"pubmed": pmid}, number=None))
    if not found:
        return (), ()
    return tuple(found), (f"{len(found)} cited papers as PubMed lists them, not in the paper's own order",)


def _reference(printed: str, ids: dict[str, str], *, number: int | None) -> Reference:
    """One cited paper: its entry as printed, with the identifiers PubMed found for it."""
    parsed = parse_citation(printed, number=number) if printed else Reference(number=number)
    pmc = re.sub(r"^(?:PMC)?(?=\d)", "PMC", ids.get("pmc", ""))
    return replace(
        parsed,
        doi=bare_doi(ids.get("doi", "")) or parsed.doi,
        pmid=ids.get("pubmed", "") or parsed.pmid,
        pmcid=pmc or parsed.pmcid,
        number=number,
        printed=printed,
    )
