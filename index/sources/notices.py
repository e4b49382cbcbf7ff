"""Notices for or against a paper, as record formats tell them: by tags, in notes, in the title."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from index.records import Link, Retraction
from index.sources.vancouver import find_doi

__all__ = ["TAGS", "link", "link_kind", "links_in", "notice_types", "retraction", "several"]

#: MEDLINE's tags and the kinds of link they are (NLM, "MEDLINE/PubMed Data Element (Field)
#: Descriptions", Comments/Corrections), spelt as the PubMed XML reader spells them.
TAGS = {
    "CIN": "comment", "CON": "comment-on", "EIN": "erratum", "EFR": "erratum-for",
    "CRI": "correctedand-republished", "CRF": "correctedand-republished-from",
    "RPI": "republished", "RPF": "republished-from",
    "ECI": "expression-of-concern", "ECF": "expression-of-concern-for",
    "RIN": "retraction", "ROF": "retraction-of",
    "PRIN": "partial-retraction", "PROF": "partial-retraction-of",
    "RRI": "retractedand-republished", "RRF": "retractedand-republished-from",
    "UIN": "update", "UOF": "update-of", "ORI": "original-report",
    "SPIN": "summary-for-patients", "DDIN": "dataset-described", "DRIN": "dataset-use-reported",
}  # fmt: skip

_KINDS = {
    "comment in": "comment", "comment on": "comment-on", "erratum in": "erratum",
    "erratum for": "erratum-for", "corrected and republished in": "correctedand-republished",
    "corrected and republished from": "correctedand-republished-from", "republished in": "republished",
    "republished from": "republished-from", "expression of concern in": "expression-of-concern",
    "expression of concern for": "expression-of-concern-for", "retraction in": "retraction",
    "retracted in": "retraction", "retraction of": "retraction-of",
    "partial retraction in": "partial-retraction", "partial retraction of": "partial-retraction-of",
    "retracted and republished in": "retractedand-republished",
    "retracted and republished from": "retractedand-republished-from", "update in": "update",
    "update of": "update-of", "original report in": "original-report",
    "summary for patients in": "summary-for-patients",
}  # fmt: skip

#: The gravest first. A partial retraction leaves a paper standing.
_AGAINST = {
    "retraction": "retracted",
    "retractedand-republished": "retracted",
    "partial-retraction": "concern",
    "expression-of-concern": "concern",
}

_HEAD = re.compile(
    r"(?:^|[\[\n;.(]\s*)(?P<kind>"
    + "|".join(sorted(_KINDS, key=len, reverse=True))
    + r")\s*[:\n]\s*(?P<told>\S)",
    re.IGNORECASE,
)
_PMID = re.compile(r"\s*\bPMID:?\s*(\d{1,8})\b\.?", re.IGNORECASE)
#: A day as data tell it, else the first year; the years in DOIs are not the notice's.
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d-(?:0[1-9]|1[0-2])-[0-3]\d|1[89]\d\d|20\d\d)(?!\d)")
_DOI = re.compile(r"\b10\.\d{4,9}/\S+")

_MARKED = re.compile(
    r"\s*[\[(]?(?:RETRACTED|Retracted)(?: (?:ARTICLE|Article|article|PAPER|Paper|CHAPTER))?(?:[\])]|\s*[:–—])"
)
_MARKED_LAST = re.compile(r"[\[(]\s*retracted(?: article| paper)?\b[^\])]*[\])]\.?\s*$", re.IGNORECASE)
_CONCERN = re.compile(r"\s*[\[(]?expressions? of concern(?:[\])]|\s*[:.–—-])\s*\S", re.IGNORECASE)
_CONCERN_LAST = re.compile(r"[\[(]\s*expressions? of concern\b[^\])]*[\])]\.?\s*$", re.IGNORECASE)
_NOTICE_TITLES = (
    (
        r"\s*[\[(]?retraction(?: (?:notice|note|statement))?(?: (?:to|of|for|on)\b|[\])]|\s*[:.–—-])"
        r"|.*[\[(]retraction of vol",
        "Retraction of Publication",
    ),
    (
        r"\s*(?:(?:publisher|author)(?:['’]?s)? )?(?:correction|corrigendum|erratum|errata|corrigenda)"
        r"(?: (?:to|for|in)\b|\s*[:.–—-])",
        "Published Erratum",
    ),
    (
        r"\s*(?:editorial )?(?:expressions?|notice) of concern (?:to|for|on|regarding)\b",
        "Expression of Concern",
    ),
)  # fmt: skip


def link(kind: str, told: str) -> Link:
    """A related paper from ``told``, its citation as printed with or without a PMID."""
    pmid = _PMID.search(told)
    note = _PMID.sub("", told).strip().strip("[]").strip()
    doi = find_doi(note)
    target = f"pmid:{pmid[1]}" if pmid else f"doi:{doi.casefold()}" if doi else ""
    return Link(kind, target, note)


def links_in(note: str) -> tuple[Link, ...]:
    """The notices in a free note: ``"Retraction in: Lancet. 2020;395:1820. PMID: 32511943"``.

    A phrase such as "Erratum in" counts at the beginning of a sentence or line and before a colon or
    line end; what it tells of goes on to the next phrase, an empty line, or a closing bracket.
    """
    note = "\n".join(" ".join(line.split()) for line in note.split("\n"))
    heads = list(_HEAD.finditer(note))
    found = []
    for place, head in enumerate(heads):
        end = heads[place + 1].start() if place + 1 < len(heads) else len(note)
        told = re.split(r"\n\s*\n|\]", note[head.start("told") : end])[0]
        kind = _KINDS[" ".join(head["kind"].lower().split())]
        found += several(kind, told)
    return tuple(dict.fromkeys(found))


def link_kind(heading: str) -> str:
    """The kind of link that a heading such as "Comment in" stands above, or ``""``."""
    return _KINDS.get(" ".join(heading.lower().split()).rstrip(":"), "")


def several(kind: str, told: str) -> list[Link]:
    """One link for each notice in ``told``: they are parted by line ends or by their PMIDs."""
    lines = [" ".join(line.split()) for line in re.split(r"(?<=\d\.)\n|(?<=\d)\n(?=\s*[A-Z])", told)]
    joined = [piece for line in lines for piece in re.split(r"(?<=PMID: \d{8})\.?;?\s+(?=[A-Z])", line)]
    return [link(kind, piece.strip(" ;")) for piece in joined if piece.strip(" ;.")]


def notice_types(title: str) -> tuple[str, ...]:
    """The publication type that a notice's own title tells: ``"Erratum to: …"``, ``"Retraction of …"``."""
    for pattern, kind in _NOTICE_TITLES:
        if re.match(pattern, title, re.IGNORECASE):
            return (kind,)
    return ()


def retraction(
    links: Iterable[Link], types: Collection[str], title: str, *, abstract: bool, origin: str
) -> Retraction | None:
    """The gravest notice against a paper, or None.

    From links such as "retraction", the type "Retracted Publication", and a title that begins with
    ``RETRACTED:`` or ends in ``(Retracted article. …)``. "Expression of concern: …" marks the paper
    itself only where an ``abstract`` follows: without one it is the notice. ``origin`` names the format.
    """
    by_kind = {kind: [one for one in links if one.kind == kind] for kind in _AGAINST}
    verdicts = [(verdict, one) for kind, verdict in _AGAINST.items() for one in by_kind[kind]]
    named = {kind.casefold() for kind in types}
    marked = _MARKED.match(title) or _MARKED_LAST.search(title)
    if not verdicts or verdicts[0][0] != "retracted":
        if named & {"retracted publication", "retracted article", "retracted paper"}:
            return Retraction("retracted", origin=f"{origin}, publication type")
        if marked:
            return Retraction("retracted", origin=f"{origin}, title")
    if verdicts:
        verdict, told = verdicts[0]
        date = _DATE.search(_DOI.sub("", told.note))
        partly = "partial retraction" if told.kind.startswith("partial") else ""
        pmid = told.target.removeprefix("pmid:") if told.target.startswith("pmid:") else ""
        notice = ", ".join(filter(None, (partly, f"PMID {pmid}" if pmid else "", told.note)))
        return Retraction(verdict, date[1] if date else "", notice, f"{origin}, notice")
    if abstract and (_CONCERN.match(title) or _CONCERN_LAST.search(title)):
        return Retraction("concern", origin=f"{origin}, title")
    return None
