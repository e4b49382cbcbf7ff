"""How a paper stands: one verdict out of its own record, imported rows, and notices in the library.

A retraction is graver than a concern, a concern than a correction. A reinstatement in Retraction Watch lifts
only what Retraction Watch said before its day; what a source prints itself stays, and both are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.records import Document, Link, Reference, Retraction
from index.retraction_watch import Event

__all__ = ["KINDS", "Notice", "Paper", "corrected", "heeded", "stands"]

#: The gravest first.
KINDS = ("retracted", "concern", "correction")

_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
_CORRECTIONS = frozenset({"erratum", "correctedand-republished"})
_NOTICE_TYPES = frozenset({"retraction of publication", "retraction notice", "published erratum",
                           "expression of concern", "erratum", "correction"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice held in the library that is about a paper: what it makes of it, and its own record."""

    kind: str
    document_id: str
    reference: Reference


@dataclass(frozen=True, slots=True)
class Paper:
    """The names of a paper: its DOIs (small letters), its PMIDs, and all of its aliases.

    ``is_notice`` tells that it is itself a retraction, an erratum or an expression of concern.
    """

    names: tuple[str, ...]
    is_notice: bool = False

    @classmethod
    def of(cls, document: Document) -> Paper:
        """The names of a document held."""
        names = [name for name in (document.id, *document.aliases) if _names_a_paper(name)]
        return cls(tuple(dict.fromkeys([*_own(document.reference), *names])), _is_notice(document.reference))

    @classmethod
    def cited(cls, reference: Reference) -> Paper:
        """The names of a paper that is cited."""
        return cls(tuple(_own(reference)), _is_notice(reference))

    @property
    def dois(self) -> list[str]:
        """Its DOIs."""
        return [name[4:] for name in self.names if name.startswith("doi:")]

    @property
    def pmids(self) -> list[str]:
        """Its PMIDs."""
        return [name[5:] for name in self.names if name.startswith("pmid:")]


def _names_a_paper(alias: str) -> bool:
    return alias.startswith(("doi:", "pmid:", "pmcid:"))


def _own(reference: Reference) -> list[str]:
    named = (("doi", reference.doi.casefold()), ("pmid", reference.pmid), ("pmcid", reference.pmcid.upper()))
    return [f"{kind}:{value}" for kind, value in named if value]


def _is_notice(reference: Reference) -> bool:
    return not _NOTICE_TYPES.isdisjoint(kind.casefold() for kind in reference.publication_types)


def heeded(paper: Paper, events: Iterable[Event]) -> list[Event]:
    """The ``events`` that are about ``paper``: a PMID is surer than a DOI.

    Publishers print some retractions under the DOI of the paper, so a row found by DOI is left aside where
    its PMID is another one, it names ``paper`` as the notice, or ``paper`` is a notice with that DOI.
    """
    pmids, dois = set(paper.pmids), set(paper.dois)
    found = []
    for event in events:
        if event.pmid and pmids:
            if event.pmid in pmids:
                found.append(event)
        elif event.doi in dois:
            is_the_notice = event.notice_pmid in pmids or (paper.is_notice and event.notice_doi in dois)
            if not is_the_notice:
                found.append(event)
        elif event.pmid in pmids:
            found.append(event)
    return found


def corrected(links: Iterable[Link]) -> Retraction | None:
    """That a paper's own record names an erratum; the date is the year that is printed with it."""
    for link in links:
        if link.kind in _CORRECTIONS:
            year = _YEAR.search(link.note)
            told = ", ".join(filter(None, (link.target.replace("pmid:", "PMID "), link.note)))
            return Retraction("correction", year[1] if year else "", told, "the paper's own record")
    return None


def stands(
    own: Sequence[Retraction], events: Iterable[Event], notices: Iterable[Notice], origin: str
) -> Retraction | None:
    """The verdict on a paper, or None when nothing stands against it.

    ``own`` is what its sources say, ``origin`` names the imported table. The gravest verdict counts, and its
    origin names all who give it; a date known to the day is taken before a year alone.
    """
    events = list(events)
    lifted = max((event.date for event in events if event.kind == "reinstated"), default="")
    found = [*own, *map(_of_notice, notices)]
    for event in sorted(events, key=lambda one: (not one.date, one.date)):
        graver = event.kind in ("retracted", "concern")
        if event.kind == "reinstated" or (graver and event.date and event.date < lifted):
            continue
        found.append(Retraction(event.kind, event.date, _told(event), origin))
    for kind in KINDS:
        if same := [one for one in found if one.kind == kind]:
            notice = next((one.notice for one in same if one.notice), "")
            if lifted and kind != "correction":
                notice = "; ".join(filter(None, (notice, f"reinstated {lifted} says {origin}")))
            origins = dict.fromkeys(one.origin for one in same if one.origin)
            return Retraction(kind, _date(same), notice, "; ".join(origins))
    return None


def _date(same: Sequence[Retraction]) -> str:
    """The first date given, made precise by another that begins with it."""
    first = next((one.date for one in same if one.date), "")
    return max((one.date for one in same if one.date.startswith(first)), key=len) if first else ""


def _told(event: Event) -> str:
    names = [f"PMID {event.notice_pmid}" if event.notice_pmid else ""]
    names.append(f"doi:{event.notice_doi}" if event.notice_doi else "")
    why = f"({'; '.join(event.reasons)})" if event.reasons else ""
    return " ".join(filter(None, (", ".join(filter(None, names)), why)))


def _of_notice(notice: Notice) -> Retraction:
    reference = notice.reference
    named = f"PMID {reference.pmid}" if reference.pmid else f"doi:{reference.doi}" if reference.doi else ""
    told = ", ".join(filter(None, (named, reference.title)))
    day = reference.date or str(reference.year or "")
    return Retraction(notice.kind, day, told, f"a notice in this library, {notice.document_id}")
