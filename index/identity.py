"""When two records are the same paper, and what one document made of several is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any

from index.records import NOT_ANSWERS, Document, Link, Reference, plain_key

#: A paper of one of these types is another paper than the one it is about, whatever its title.
_APART = frozenset({
    "preprint", "published erratum", "retraction of publication", "retraction notice",
    "expression of concern", "meeting abstract",
})  # fmt: skip

#: Extractors that find title, authors and year in how a file looks; a record knows them.
_GUESSING = frozenset({"pdf", "text", "docx"})

#: How the title of what lies beside a paper begins. It often prints the paper's own DOI.
_BESIDE = re.compile(
    r"\W*(?:(?:online|electronic|web)[\s-]+)?(?:supplement(?:ary|al)?|supporting)[\s:-]+(?:online |web )?"
    r"(?:information|materials?|data|methods|appendix|appendices|files?|text|tables?|figures?|notes?|for|to)\b"
    r"|\W*(?:additional file|online appendix|electronic supplement|supp(?:lement)?\. (?:info|mat))",
    re.IGNORECASE,
)

_UNITED = ("publication_types", "keywords", "mesh", "trials")
_AUTHORS = ("authors", "authors_complete")

_ARTICLE = "journal article"

#: What may carry the title of the article that came of it.
_WHOLES = frozenset({
    "congress", "academic dissertation", "book", "book chapter", "technical report", "dataset",
})  # fmt: skip

#: Titles that one author may use twice a year; told by their place, or not at all.
_ANSWERS = re.compile(
    r"(?:in |authors? |the authors )?(?:reply|response)"
    r"(?: (?:to|from|by|the|a|letters?|editors?|authors?|comments?|commentary|correspondence|reply"
    r"|response))*$"
    r"|(?:introduction|foreword|preface)(?: to the)?(?: special)?(?: issue| section| supplement| series)?$"
    r"|(?:guest |invited )?(?:editorial|commentary)(?: comments?)?$|letters? to the editors?$"
)


def same_paper(one: Reference, other: Reference) -> bool | None:
    """Whether two records name one paper: by the surest identifier both have, None when they share no kind.

    A PMID is given by one registry and surest; a DOI may be miscopied; title keys only bring
    records together that are then compared here. Without an identifier in common, a preprint and
    what is none, a notice and what is none, and papers in different volumes that begin on different
    pages, are different: a wrong join is worse than a missed one. So are a paper and its supplement.
    """
    if one.title and other.title and is_beside(one) != is_beside(other):
        return False
    for kind in ("pmid", "doi", "pmcid"):
        mine, theirs = getattr(one, kind).casefold(), getattr(other, kind).casefold()
        if mine and theirs:
            return mine == theirs and not _unlike(one, other)
    return False if _apart(one, other) else None


def is_beside(reference: Reference) -> bool:
    """Whether a title says that this is no paper but the supplement of one."""
    return _BESIDE.match(reference.title) is not None


def _apart(one: Reference, other: Reference) -> bool:
    """Whether two records of one title, year and first author tell that they are different papers."""
    begins = _first_page(one), _first_page(other)
    placed = bool(one.volume) and one.volume.casefold() == other.volume.casefold()
    if one.publication_types and other.publication_types:
        mine, theirs = ({kind.casefold() for kind in r.publication_types} for r in (one, other))
        if mine & _APART != theirs & _APART:
            return True
        here = placed and begins[0] != "" and begins[0] == begins[1]  # a talk printed in a journal is one
        if not here and any(a & _WHOLES and _ARTICLE in b - a for a, b in ((mine, theirs), (theirs, mine))):
            return True
    if _ANSWERS.match(plain_key(one.title)) and _ANSWERS.match(plain_key(other.title)):
        return (one.volume.casefold(), begins[0]) != (other.volume.casefold(), begins[1])
    volumes = {one.volume.casefold(), other.volume.casefold()}
    return len(volumes) == len(set(begins)) == 2 and "" not in volumes | set(begins)


def _first_page(reference: Reference) -> str:
    return re.split(r"[-–,;]", reference.pages.casefold())[0].strip(" e")


def _unlike(one: Reference, other: Reference) -> bool:
    """Whether two records with one identifier are of different papers: one of them miscopied it.

    Titles, first authors and year or first page must all disagree: a translated title, a misread
    author or a preprint's year alone part nothing.
    """
    if not (one.title and other.title and one.authors and other.authors):
        return False
    titles = [set(plain_key(record.title).split()) for record in (one, other)]
    shared = {word for word in titles[0] & titles[1] if len(word) > 3}
    latin = all(word.isascii() for words in titles for word in words)
    if not latin or shared or min(map(len, titles)) < 3:
        return False
    people = [
        [plain_key(author.family or author.literal).split() for author in record.authors]
        for record in (one, other)
    ]
    if {word for name in people[0] for word in name} & {word for name in people[1] for word in name}:
        return False
    begins = {_first_page(one), _first_page(other)}
    years = one.year and other.year and abs(one.year - other.year) > 1
    return bool(years) or (len(begins) == 2 and "" not in begins)


def known_by(aliases: Sequence[str]) -> Reference:
    """A record of nothing but the identifiers among ``aliases``."""
    kinds = dict(alias.split(":", 1) for alias in reversed(aliases) if ":" in alias)
    return Reference(pmid=kinds.get("pmid", ""), doi=kinds.get("doi", ""), pmcid=kinds.get("pmcid", ""))


def quotable_length(document: Document) -> int:
    """How many characters of a document may be quoted: the measure of "the fullest text"."""
    return sum(s.end - s.start for s in document.sections if s.label not in NOT_ANSWERS)


def _filled(reference: Reference) -> int:
    return sum(1 for field in fields(reference) if getattr(reference, field.name))


def unite_references(records: Sequence[Reference], guesses: Sequence[Reference] = ()) -> Reference:
    """One record out of several of the same paper: the fullest first, its gaps filled from the others.

    ``guesses`` only fill gaps: what was found in a file's looks rather than in a record.
    """
    ranked = sorted(records, key=_filled, reverse=True) + sorted(guesses, key=_filled, reverse=True)
    best = ranked[0]
    changes: dict[str, Any] = {}
    for field in fields(best):
        name = field.name
        if name in _UNITED:
            united: dict[str, str] = {}
            for value in (value for record in ranked for value in getattr(record, name)):
                united.setdefault(value.casefold(), value)
            changes[name] = tuple(united.values())
        elif name not in _AUTHORS and not getattr(best, name):
            changes[name] = next(
                (v for record in ranked if (v := getattr(record, name))), getattr(best, name)
            )
    fuller = [record.date for record in ranked if best.year and record.date.startswith(str(best.year))]
    if fuller:
        changes["date"] = max(fuller, key=len)
    named = [record for record in ranked if record.authors]
    if named:
        authors = next((record for record in named if record.authors_complete), named[0])
        changes["authors"], changes["authors_complete"] = authors.authors, authors.authors_complete
    return replace(best, **changes)


def _each_once(links: Iterable[Link]) -> tuple[Link, ...]:
    """Each related paper once for each kind, with the longest note that a source gave it."""
    found: dict[tuple[str, str], Link] = {}
    for link in links:
        name = (link.kind, link.target or link.note)
        if name not in found or len(link.note) > len(found[name].note):
            found[name] = link
    return tuple(found.values())


def unite(parts: Sequence[Document], document_id: str, other_ids: Sequence[str] = ()) -> Document:
    """One document out of the extractions of one paper, whatever the order they came in.

    The fullest text is searched; metadata, aliases and links are united; the reference list is that
    of the text where the text tells its citations, else the longest. ``other_ids`` are ids that earlier
    named the same paper.
    """
    ordered = sorted(parts, key=lambda part: (-quotable_length(part), part.text.sha256, part.text.source))
    base = ordered[0]
    if len(ordered) == 1:
        reference, citing, links = base.reference, base, base.links
    else:
        by_hash = sorted(parts, key=lambda part: (part.text.sha256, part.text.source))
        guessed = [part.text.extractor.partition("/")[0] in _GUESSING for part in by_hash]
        reference = unite_references(
            [part.reference for part, guess in zip(by_hash, guessed, strict=True) if not guess],
            [part.reference for part, guess in zip(by_hash, guessed, strict=True) if guess],
        )
        # the text's citations count the places of its own list
        citing = base if base.citations else max(ordered, key=lambda part: len(part.references))
        links = _each_once(link for part in by_hash for link in part.links)
    aliases = [alias for part in ordered for alias in part.aliases]
    return replace(
        base,
        id=document_id,
        title=reference.title or base.title,
        reference=reference,
        references=citing.references,
        # Positions are in this text and numbers in this list: neither means anything with another's.
        citations=base.citations if citing is base else (),
        aliases=tuple(dict.fromkeys(alias for alias in (*aliases, *other_ids) if alias != document_id)),
        links=links,
        notes=tuple(dict.fromkeys((*base.notes, *citing.notes))),
        attachments=tuple(dict.fromkeys(name for part in ordered for name in part.attachments)),
    )
