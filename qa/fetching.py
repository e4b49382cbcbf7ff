"""From what the user names to records in the library: identifiers, a reference list, a PubMed query."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from index.cited import CitedPaper, cited, held, missing
from index.errors import UsageError
from index.library import Library
from index.records import Fetched, Reference, identifiers
from index.remote.resolve import Found, Missed, Wanted
from index.reports import Report
from qa.cite import label_of, vancouver
from qa.evidence import is_whole

#: Records that are written at once; those that wait are in the cache, should the run be broken off.
BATCH = 1000


@dataclass(slots=True)
class Fetching:
    """What came of a fetch: the report, what was not found or is doubtful, what was held already."""

    report: Report = field(default_factory=Report)
    missed: list[Missed] = field(default_factory=list)
    held: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        return self.report.to_dict() | {
            "held": self.held,
            "missed": [
                {
                    "name": one.wanted.name,
                    "reason": one.reason,
                    "candidate": None if one.candidate is None else vancouver(one.candidate),
                }
                for one in self.missed
            ],
        }


def named(names: Iterable[str]) -> list[Wanted]:
    """What identifiers ask for, each once. Raises UsageError for what is none."""
    return list({wanted.reference: wanted for wanted in map(_named, names)}.values())


_PREFIX = re.compile(
    r"(?:https?://)?(?:(?:dx\.)?doi\.org/|pubmed\.ncbi\.nlm\.nih\.gov/|(?:www\.)?ncbi\.nlm\.nih\.gov/pubmed/"
    r"|(?:www\.)?(?:pmc\.)?ncbi\.nlm\.nih\.gov/(?:pmc/)?articles/)|(?:doi|pmid|pmcid):\s*",
    re.IGNORECASE,
)


def _named(name: str) -> Wanted:
    plain = name.strip()
    prefix = _PREFIX.match(plain)
    value = plain[prefix.end() if prefix else 0 :].rstrip("/")
    if re.fullmatch(r"[1-9]\d{0,8}", value):
        return Wanted(Reference(pmid=value), f"PMID {value}")
    if re.fullmatch(r"PMC\d{1,9}", value, re.IGNORECASE):
        return Wanted(Reference(pmcid=value.upper()), value.upper())
    if re.fullmatch(r"10\.\d{4,9}/\S+", value):
        return Wanted(Reference(doi=value.casefold()), f"DOI {value}")
    raise UsageError(f"{name!r} is no PMID, DOI or PMCID; to search PubMed: litquote fetch --query")


def references_of(library: Library, name: str, numbers: Sequence[int] = ()) -> list[Wanted]:
    """The papers that the document called ``name`` cites, or those of its list's ``numbers``."""
    document = library.summary(name)
    said = label_of(document)
    papers = cited(library, document.id)
    wrong = set(numbers) - {paper.number for paper in papers}
    if wrong:
        raise UsageError(f"{said} lists {len(papers)} references; there is no {min(wrong)}")
    return [_listed(paper, said) for paper in papers if not numbers or paper.number in numbers]


def missing_of(library: Library) -> list[Wanted]:
    """What the documents of ``library`` cite and it lacks, each once."""
    found = []
    for paper, name in missing(library):
        document = library.summary(name)
        found.append(_listed(paper, label_of(document)))
    return found


def _listed(paper: CitedPaper, said: str) -> Wanted:
    return Wanted(paper.reference, f"reference {paper.number} of {said}")


def lacking(library: Library, wanted: Iterable[Wanted], *, full_text: bool) -> list[Wanted]:
    """Those of ``wanted`` that the library does not hold (with ``full_text``: not whole)."""
    return [one for one in wanted if not _has(library, one.reference, full_text=full_text)]


def _has(library: Library, reference: Reference, *, full_text: bool) -> bool:
    document = held(library, reference)
    return document is not None and (not full_text or is_whole(document))


def bring(
    library: Library,
    outcomes: Iterable[Found | Missed],
    fetching: Fetching,
    *,
    named: bool,
    tell: Callable[[Found | Missed], None] = lambda outcome: None,
) -> None:
    """Put what is found into the library, as it comes, in batches; what arrived before an error too."""
    waiting: list[Fetched] = []
    try:
        for outcome in outcomes:
            if isinstance(outcome, Missed):
                fetching.missed.append(outcome)
            else:
                waiting.append(_fetched(outcome))
            if len(waiting) >= BATCH:
                _put(library, waiting, fetching, named=named)
            tell(outcome)
    finally:
        _put(library, waiting, fetching, named=named)


def _fetched(found: Found) -> Fetched:
    # A list may print a year or a title that differs a little from the record's: its own spelling leads here.
    names = tuple(name for name in identifiers(found.wanted.reference) if name.startswith("title:"))
    return Fetched(found.uri, found.filename, found.content, names)


def _put(library: Library, waiting: list[Fetched], fetching: Fetching, *, named: bool) -> None:
    if not waiting:
        return
    report = library.put(waiting, named=named)
    waiting.clear()
    total = fetching.report
    for kind in ("added", "merged", "replaced", "unchanged", "skipped", "failed"):
        getattr(total, kind).extend(getattr(report, kind))
    total.generation = report.generation
