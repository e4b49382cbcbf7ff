"""From papers that are wanted to their records: PubMed first, then Europe PMC, then Crossref.

A record is taken only when it has the identifier asked for. Papers without an identifier are searched for
by title, and taken only when title, year and first author agree; the doubtful are told, not guessed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from index.records import Author, Reference, plain_key
from index.remote import crossref, europepmc, ncbi
from index.remote.cache import Cache
from index.remote.polite import Polite, ServiceError
from index.remote.services import Services, host_of

__all__ = ["Found", "Missed", "Wanted", "disagreement", "plan", "resolve", "search"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A paper that is wanted; ``name`` is what messages call it (``"reference 4 of Wu et al. 2024"``)."""

    reference: Reference
    name: str


@dataclass(frozen=True, slots=True)
class Found:
    """A record: ``uri`` names it (``"pmid:123"``), ``content`` is what ``service`` answered.

    ``whole``: the full text of a paper whose record was found as well.
    """

    wanted: Wanted
    uri: str
    filename: str
    content: bytes
    service: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Missed:
    """A paper that no service has, and why; ``candidate`` is a record that may be it but does not agree."""

    wanted: Wanted
    reason: str
    candidate: Reference | None = None


@dataclass(frozen=True, slots=True)
class _Run:
    """One run: whom to ask, and for what."""

    services: Services
    polite: Polite
    cache: Cache
    full_text: bool


def plan(wanted: Sequence[Wanted], services: Services, *, full_text: bool = False) -> str:
    """What will be asked of whom, before the first byte is sent."""
    named = sum(bool(_identifier(one.reference)) for one in wanted)
    untitled = sum(not _identifier(one.reference) and bool(one.reference.title) for one in wanted)
    parts = []
    if named:
        parts.append(f"{named:,} identifier{'s' * (named != 1)}")
    if untitled:
        parts.append(
            f"title, year and first author of {untitled:,} paper{'s' * (untitled != 1)} without an identifier"
        )
    hosts = f"{host_of(services.ncbi)} (NCBI)"
    others = f"{host_of(services.europepmc)} (Europe PMC) and {host_of(services.crossref)} (Crossref)"
    text = f"Asking {hosts}, and for what it lacks {others}, for {' and '.join(parts) or 'nothing'}."
    if full_text:
        text += f" Open-access full texts come from {host_of(services.europepmc)}."
    who = "program name" + (f" and contact address {services.contact}" if services.contact else "")
    return f"{text} Sent besides: {who}; no questions, no texts of yours."


def resolve(
    wanted: Sequence[Wanted],
    services: Services,
    *,
    polite: Polite,
    cache: Cache,
    full_text: bool = False,
) -> Iterator[Found | Missed]:
    """A Found (and one more for a full text) or a Missed for each of ``wanted``, as they come.

    Raises Offline when a service cannot be reached and ServiceError when one does not answer rightly:
    what was answered before is in the cache.
    """
    run = _Run(services, polite, cache, full_text)
    kinds: dict[str, dict[str, list[Wanted]]] = {"pmid": {}, "doi": {}, "pmcid": {}}
    nameless: list[Wanted] = []
    for one in wanted:
        kind = _identifier(one.reference)
        if kind:
            kinds[kind].setdefault(getattr(one.reference, kind), []).append(one)
        else:
            nameless.append(one)
    for kind, names in kinds.items():
        yield from _named(run, kind, names)
    for one in nameless:
        yield from _titled(run, one)


def search(
    query: str, services: Services, *, polite: Polite, cache: Cache, most: int = 1000, full_text: bool = False
) -> tuple[int, Iterator[Found]]:
    """How many records PubMed finds for ``query``, and the first ``most``. UsageError if it is wrong."""
    run = _Run(services, polite, cache, full_text)
    count, records = ncbi.search(query, services, polite, cache, most)

    def found() -> Iterator[Found]:
        for record in records:
            wanted = Wanted(Reference(pmid=record.pmid), f"PMID {record.pmid}")
            yield from (one for one in _pubmed(run, record, [wanted]) if isinstance(one, Found))

    return count, found()


def _identifier(reference: Reference) -> str:
    return next((kind for kind in ("pmid", "doi", "pmcid") if getattr(reference, kind)), "")


def _named(run: _Run, kind: str, names: dict[str, list[Wanted]]) -> Iterator[Found | Missed]:
    """Papers by an identifier: PubMed, then Europe PMC, then (by DOI) Crossref."""
    if not names:
        return
    missing: list[str] = []
    if kind == "pmid":
        records = ncbi.by_pmid(list(names), run.services, run.polite, run.cache)
    else:
        records = ncbi.by_identifier(list(names), kind, run.services, run.polite, run.cache)
    keys = {name.casefold(): name for name in names}
    for record in records:
        if isinstance(record, str):
            missing.append(record)
        else:
            name = keys[getattr(record.reference, kind).casefold()]
            yield from _pubmed(run, record, names[name])
    nowhere = []
    for result in europepmc.by_identifier(missing, kind, run.services, run.polite, run.cache):
        if isinstance(result, str):
            nowhere.append(result)
        else:
            yield from _europepmc(run, result, names[keys[getattr(result.reference, kind).casefold()]])
    for name in nowhere:
        yield from _last(run, kind, name, names[name])


def _last(run: _Run, kind: str, name: str, wanted: Sequence[Wanted]) -> Iterator[Found | Missed]:
    """What neither PubMed nor Europe PMC has: Crossref by DOI, where there is one."""
    for one in wanted:
        doi = one.reference.doi
        work = crossref.by_doi(doi, run.services, run.polite, run.cache) if doi else None
        if work is not None and work[1].doi.casefold() == doi.casefold():
            uri = f"doi:{doi.casefold()}"
            yield Found(one, uri, "crossref.json", work[0], "Crossref")
        else:
            where = "PubMed, Europe PMC and Crossref have" if doi else "PubMed and Europe PMC have"
            yield Missed(one, f"{where} no record of {kind.upper()} {name}")


def _pubmed(run: _Run, record: ncbi.Record, wanted: Sequence[Wanted]) -> Iterator[Found | Missed]:
    for one in wanted:
        yield Found(one, f"pmid:{record.pmid}", f"PMID {record.pmid}.xml", record.content, "PubMed")
    yield from _whole(run, record.reference.pmcid, wanted[0])


def _europepmc(run: _Run, result: europepmc.Result, wanted: Sequence[Wanted]) -> Iterator[Found | Missed]:
    mine = result.reference
    uri = (
        f"doi:{mine.doi.casefold()}"
        if mine.doi
        else f"pmid:{mine.pmid}"
        if mine.pmid
        else f"pmcid:{mine.pmcid}"
    )
    for one in wanted:
        yield Found(one, uri, "europepmc.json", result.content, "Europe PMC")
    yield from _whole(run, mine.pmcid, wanted[0])


def _whole(run: _Run, pmcid: str, wanted: Wanted) -> Iterator[Found]:
    if not (run.full_text and pmcid):
        return
    try:
        content = europepmc.full_text(pmcid.upper(), run.services, run.polite, run.cache)
    except ServiceError:
        return  # the record is there; the text may come another time
    if content:
        yield Found(wanted, f"pmcid:{pmcid.upper()}", f"{pmcid}.xml", content, "Europe PMC", whole=True)


# -- papers without an identifier --------------------------------------------------------------------


def _titled(run: _Run, wanted: Wanted) -> Iterator[Found | Missed]:
    asked = wanted.reference
    if len(plain_key(asked.title)) < 15:
        yield Missed(wanted, "it has no identifier and no title to search for")
        return
    doubtful: list[tuple[str, Reference]] = []
    for record in ncbi.by_title(asked.title, run.services, run.polite, run.cache):
        reason = disagreement(asked, record.reference)
        if not reason:
            yield from _pubmed(run, record, [wanted])
            return
        doubtful.append((reason, record.reference))
    for candidate in crossref.by_title(asked, run.services, run.polite, run.cache):
        reason = disagreement(asked, candidate)
        if not reason and candidate.doi:
            named = Wanted(replace(asked, doi=candidate.doi), wanted.name)
            yield from _as(wanted, _named(run, "doi", {candidate.doi: [named]}))
            return
        doubtful.append((reason, candidate))
    alike = [one for one in doubtful if _like(asked.title, one[1].title) >= _ALIKE]
    if alike:
        reason, candidate = alike[0]
        yield Missed(wanted, f"a record is like it, but {reason}", candidate)
    else:
        yield Missed(wanted, "it has no identifier, and no record has its title")


def _as(wanted: Wanted, outcomes: Iterable[Found | Missed]) -> Iterator[Found | Missed]:
    for one in outcomes:
        yield replace(one, wanted=wanted)


_ALIKE, _SAME = 0.8, 0.95
#: What tells the parts of a series apart ("part I", "phase 2").
_NUMERAL = re.compile(r"\d+|[ivx]+|[a-d]|one|two|three|four|first|second|third|fourth")


def disagreement(asked: Reference, found: Reference) -> str:
    """Why ``found`` is not surely the paper ``asked`` for; "" where title, year and first author agree.

    A year may differ by one (online and in print) where title and author are the same.
    """
    one, other = plain_key(asked.title), plain_key(found.title)
    same = one == other or (min(len(one), len(other)) >= 30 and (one + " ").startswith(other + " "))
    same = same or (min(len(one), len(other)) >= 30 and (other + " ").startswith(one + " "))
    parts = {*one.split()} ^ {*other.split()}
    if not same and (_like(asked.title, found.title) < _SAME or any(map(_NUMERAL.fullmatch, parts))):
        return f"its title is {found.title!r}"
    if not asked.authors or not found.authors:
        return "an author to compare is lacking"
    if not _same_author(asked.authors[0], found.authors[0]):
        return f"its first author is {found.authors[0].name}"
    if asked.year is None or found.year is None:
        return "a year to compare is lacking"
    if abs(asked.year - found.year) > (1 if same else 0):
        return f"its year is {found.year}, not {asked.year}"
    return ""


def _like(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, plain_key(one), plain_key(other), autojunk=False).ratio()


def _same_author(one: Author, other: Author) -> bool:
    mine, theirs = (plain_key(author.family or author.literal) for author in (one, other))
    return bool(mine and theirs) and (
        mine == theirs or {*mine.split()} <= {*theirs.split()} or {*theirs.split()} <= {*mine.split()}
    )
