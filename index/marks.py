"""What stands against the papers of a generation: joined at read time, so that an import rewrites nothing.

Three things are looked up for a paper: its own record, the imported rows (:mod:`index.retraction_table`), and
the notices among the documents that count (the facet ``LINK``). So what is added later is marked at once,
and a notice that is removed marks no more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path
from threading import Lock

from index.facets import NOTICES, STATUS
from index.identity import same_paper
from index.manifest import RetractionsEntry
from index.records import Document, Reference, Retraction
from index.retraction_table import RetractionTable
from index.retraction_watch import Event
from index.segments import Segment
from index.standing import Notice, Paper, corrected, heeded, stands

__all__ = ["Listing", "Marked", "MarkedReference", "Marks"]

#: Documents whose mark is kept, as the records of as many are.
_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Marked:
    """A document with what stands against it."""

    document_id: str
    title: str
    retraction: Retraction


@dataclass(frozen=True, slots=True)
class MarkedReference:
    """A cited paper with what stands against it; ``cited_by`` are documents, each with its number there.

    ``name`` is a DOI, PMID or PMCID as an alias.
    """

    name: str
    printed: str
    retraction: Retraction
    cited_by: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """What is imported, and every document and reference that something stands against, gravest first."""

    imported: RetractionsEntry | None
    documents: tuple[Marked, ...]
    references: tuple[MarkedReference, ...]


class Marks:
    """Looks up what stands against papers; ``segments`` are those of the generation."""

    def __init__(self, root: Path, entry: RetractionsEntry | None, segments: Mapping[int, Segment]) -> None:
        self._segments, self._entry = segments, entry
        self._table = None if entry is None else RetractionTable(root / "retractions" / entry.file)
        self._documents: dict[tuple[int, int], Document] = {}
        self._keeping = Lock()

    def close(self) -> None:
        """Let go of the table."""
        if self._table is not None:
            self._table.close()

    def document(self, number: int, row: int) -> Document:
        """The summary of the document at ``row`` of a segment, marked."""
        known = self._documents.get((number, row))
        if known is None:
            bare = self._segments[number].records.document(row).document
            known = _marked(bare, self._of(bare))
            with self._keeping:
                if len(self._documents) >= _KEPT:
                    del self._documents[next(iter(self._documents))]
                self._documents[number, row] = known
        return known

    def _of(self, document: Document) -> Retraction | None:
        own = [one for one in (document.reference.retraction, corrected(document.links)) if one is not None]
        return self._stands(Paper.of(document), own, document.id)

    def _stands(self, paper: Paper, own: list[Retraction], document_id: str) -> Retraction | None:
        events = self._events(paper)
        notices = self._notices(paper, document_id)
        if not events and not notices:
            return min(own, key=lambda one: one.kind == "correction") if own else None
        return stands(own, events, notices, self._entry.origin if self._entry is not None else "")

    def _events(self, paper: Paper) -> list[Event]:
        """The imported rows about ``paper``; one row's PMID may lead to others that lack its DOI."""
        if self._table is None:
            return []
        found = heeded(paper, self._table.of(paper.dois, paper.pmids))
        if found:
            told = [f"doi:{one.doi}" for one in found if one.doi]
            told += [f"pmid:{one.pmid}" for one in found if one.pmid]
            if more := [name for name in told if name not in paper.names]:
                paper = replace(paper, names=tuple(dict.fromkeys((*paper.names, *more))))
                found = heeded(paper, self._table.of(paper.dois, paper.pmids))
        return found

    def _notices(self, paper: Paper, document_id: str) -> list[Notice]:
        """The notices in the library about ``paper``, which is no notice about itself."""
        if self._names_noticed.isdisjoint(paper.names):
            return []
        found = []
        for segment in self._segments.values():
            for row, kind in segment.records.notices_about(paper.names):
                if row not in segment.deleted:
                    notice = segment.records.document(row).document
                    if notice.id != document_id:
                        found.append(Notice(NOTICES[kind], notice.id, notice.reference))
        return list(dict.fromkeys(found))

    def reference(self, cited: Reference) -> Reference:
        """``cited`` with what stands against it; a document held under its names tells its own notices."""
        paper = Paper.cited(cited)
        if not paper.names:
            return cited
        held = self.held(cited, paper.names)
        if held is not None and set(paper.names) <= set(Paper.of(held).names):
            verdict = _gravest(held.reference.retraction, cited.retraction)
            return cited if verdict == cited.retraction else replace(cited, retraction=verdict)
        verdict = self._stands(
            paper, [] if cited.retraction is None else [cited.retraction], held.id if held else ""
        )
        if held is not None and (graver := _gravest(held.reference.retraction, verdict)) is not None:
            verdict = graver
        return cited if verdict == cited.retraction else replace(cited, retraction=verdict)

    def called(self, alias: str) -> Iterator[Document]:
        """The summaries of the documents with this id or alias, exactly as given, marked."""
        for number, segment in self._segments.items():
            for row in segment.records.rows_of_alias(alias):
                if row not in segment.deleted:
                    yield self.document(number, row)

    def held(self, cited: Reference, names: Iterable[str]) -> Document | None:
        """The first document with one of ``names`` that no surer identifier tells apart from ``cited``."""
        for name in names:
            for found in self.called(name):
                if same_paper(found.reference, cited) is not False:
                    return found
        return None

    # -- all of them ---------------------------------------------------------------------------

    @cached_property
    def _noticed(self) -> list[str]:
        """The names of the papers that documents are notices about: found once for a generation."""
        return sorted({name for segment in self._segments.values() for name in segment.records.noticed()})

    @cached_property
    def _names_noticed(self) -> frozenset[str]:
        """The same to be looked up in: most papers have no notice, and need no file asked."""
        return frozenset(self._noticed)

    def retracted_rows(self, number: int) -> list[int]:
        """The document rows of a segment that are retracted, deleted ones too."""
        return [row for row, verdict in self._against(number) if verdict.kind == "retracted"]

    def _against(
        self, number: int, kinds: Collection[str] = ("retracted",)
    ) -> Iterator[tuple[int, Retraction]]:
        """The document rows of a segment that something stands against; ``kinds``: told by their records."""
        records = self._segments[number].records
        rows = {row for kind in kinds for row, _ in records.rows_of_facet(STATUS, kind)}
        rows |= records.rows_of_names(self._noticed)
        if self._table is not None and records.count("aliases") > self._table.count():
            rows |= records.rows_of_names(list(self._table.names()))
        elif self._table is not None:
            ours = [*records.names("doi"), *records.names("pmid")]
            there = self._table.among([name for name, _ in ours])
            rows.update(row for name, row in ours if name in there)
        for row in sorted(rows):
            if (verdict := self.document(number, row).reference.retraction) is not None:
                yield row, verdict

    def listing(self, *, references: bool = True) -> Listing:
        """Every document and, with ``references``, every reference that something stands against.

        Looks at the record of every document.
        """
        documents: list[Marked] = []
        names: set[str] = {*self._noticed, *(() if self._table is None else self._table.names())}
        for number, segment in self._segments.items():
            for row in self._corrected(number):
                if row not in segment.deleted:
                    found = self.document(number, row)
                    if (verdict := found.reference.retraction) is not None:
                        documents.append(Marked(found.id, found.title, verdict))
                        names.update(Paper.of(found).names)
        return Listing(
            self._entry,
            tuple(sorted(documents, key=lambda one: _order(one.retraction))),
            tuple(
                sorted(self._references(names) if references else (), key=lambda one: _order(one.retraction))
            ),
        )

    def _corrected(self, number: int) -> list[int]:
        """The rows of :meth:`_against`, and those whose own record names an erratum."""
        against = {row for row, _ in self._against(number, ("retracted", "concern", "correction"))}
        return sorted(
            against | set(self._segments[number].records.rows_with_links(("erratum", _REPUBLISHED)))
        )

    def _references(self, names: Set[str]) -> Iterable[MarkedReference]:
        found: dict[str, MarkedReference] = {}
        for segment in self._segments.values():
            places = {place for name in names for place in segment.records.rows_that_cite(name)}
            for row, numbers in groupby(sorted(places), key=lambda place: place[0]):
                if row in segment.deleted:
                    continue
                document_id = segment.records.document(row).document.id
                cited = segment.records.cited(row)
                for reference in (cited[number - 1] for _, number in numbers):
                    verdict = self.reference(reference).retraction
                    if verdict is None:
                        continue
                    name = Paper.cited(reference).names[0]
                    known = found.get(name)
                    by = ((document_id, reference.number),)
                    if known is None:
                        found[name] = MarkedReference(name, reference.printed or reference.title, verdict, by)
                    else:
                        found[name] = replace(known, cited_by=known.cited_by + by)
        return found.values()


_REPUBLISHED = "correctedand-republished"
_GRAVITY: Mapping[str, int] = {"retracted": 0, "concern": 1, "correction": 2}


def _order(verdict: Retraction) -> tuple[int, str]:
    return _GRAVITY.get(verdict.kind, 3), verdict.date


def _gravest(one: Retraction | None, other: Retraction | None) -> Retraction | None:
    """The graver of two verdicts; the first of equals."""
    both = [verdict for verdict in (one, other) if verdict is not None]
    return min(both, key=lambda verdict: _GRAVITY.get(verdict.kind, 3)) if both else None


def _marked(document: Document, verdict: Retraction | None) -> Document:
    if verdict == document.reference.retraction:
        return document
    return replace(document, reference=replace(document.reference, retraction=verdict))
