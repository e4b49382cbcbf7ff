"""The evidence table: papers in rows, questions in columns, in each cell what the paper says to the question.

A cell holds what an answer would if that one paper were asked: the same bar, the same confidence, and every
relevant passage instead of the first few. All papers are looked at. Their passages are ranked by search, at
the cost of one; the sentences of the best of each paper get the parts of their score that cost little; and a
passage is read where it could still reach the bar if reading it brought as much as LIKELY_MOST. What that
misses is measured in docs/evidence-table.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import UsageError
from index.library import Library
from index.records import Document, Filters, Hit, Retraction
from qa.assistant import RULES, Assistant
from qa.calibration import LOOKED_THROUGH, READ_PASSAGES
from qa.cite import citation
from qa.extract import Candidate
from qa.notices import notice_dict
from qa.quoting import quotes_of
from qa.readings import worth_reading
from qa.records import Citation, Quote
from qa.stored_answers import filters_dict
from qa.user_store import now

#: What the parts of a score that cost reading are taken to bring at most: a passage that would need more
#: is not read. Relevance (log-odds) is greater in about one sentence of 2,000, and hardly ever in one that
#: shares no words with the question.
LIKELY_MOST: Mapping[str, float] = {"relevance": 2.5, "passage": 6.0, "cosine": 1.0}
#: The best passages of each question are read in any case.
READ_ANYWAY = 40
#: Passages looked at for one question, see :meth:`qa.retrieve.Retriever.by_paper`.
LOOKED_AT = 20_000
#: Quotes in a cell: no paper says more about a question in whole sentences.
MOST_QUOTES = 1000
#: Passages read between two reports of progress.
_AT_ONCE = 64

#: What a row may be marked as.
MARKS = ("include", "exclude")


@dataclass(frozen=True, slots=True)
class Cell:
    """What a paper says to a question: quotes above the bar, the best first; none where it says nothing."""

    quotes: tuple[Quote, ...] = ()

    @property
    def best(self) -> Quote | None:
        """The best quote."""
        return self.quotes[0] if self.quotes else None

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {"quotes": [quote.to_dict() for quote in self.quotes]}


@dataclass(frozen=True, slots=True)
class Row:
    """A paper with a cell for each question; ``mark`` is one of MARKS or "", ``note`` the user's words."""

    document_id: str
    citation: Citation
    title: str
    year: int | None
    journal: str
    doi: str
    pmid: str
    retraction: Retraction | None
    cells: tuple[Cell, ...]
    mark: str = ""
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {
            "document_id": self.document_id,
            "label": self.citation.label,
            "citation": self.citation.to_dict(),
            "retraction": notice_dict(self.retraction) if self.retraction is not None else None,
            "mark": self.mark,
            "note": self.note,
            "cells": [cell.to_dict() for cell in self.cells],
        }


@dataclass(frozen=True, slots=True)
class EvidenceTable:
    """``rows`` hold all papers asked, those that answer most first; ``questions`` are the columns.

    ``calibrated`` tells whether confidences were measured for this encoder and reader; ``passages`` how many
    were looked at and how many of these read, all questions together; ``library`` which generation answered.
    """

    questions: tuple[str, ...]
    rows: tuple[Row, ...]
    filters: Mapping[str, Any] = field(default_factory=dict)
    library: Mapping[str, Any] = field(default_factory=dict)
    calibrated: bool = False
    made: str = ""
    passages: Mapping[str, int] = field(default_factory=dict)

    def marked(self, marks: Mapping[str, tuple[str, str]]) -> EvidenceTable:
        """The table with ``marks``: mark and note by document id (:meth:`qa.marks.RowMarks.all`)."""
        rows = (
            replace(row, mark=marks[row.document_id][0], note=marks[row.document_id][1])
            if row.document_id in marks
            else row
            for row in self.rows
        )
        return replace(self, rows=tuple(rows))

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form, ``schema`` 1."""
        return {
            "schema": 1,
            "questions": list(self.questions),
            "filters": dict(self.filters),
            "library": dict(self.library),
            "calibrated": self.calibrated,
            "made": self.made,
            "passages": dict(self.passages),
            "rows": [row.to_dict() for row in self.rows],
        }


@dataclass(frozen=True, slots=True)
class TableProgress:
    """How far a table is: question ``question`` (from 1) of ``questions``, its passages read so far."""

    question: int
    questions: int
    read: int
    to_read: int


OnTable = Callable[[TableProgress], None]


def table(
    assistant: Assistant,
    questions: Iterable[str],
    filters: Filters | None = None,
    *,
    papers: Iterable[str] | None = None,
    all_relevant: bool = True,
    exhaustive: bool = False,
    on_progress: OnTable | None = None,
) -> EvidenceTable:
    """Ask every paper that ``filters`` leave (or those of ``papers``, ids or aliases) every question.

    Without ``all_relevant`` a cell keeps its best quote only. ``exhaustive`` reads every passage that an
    answer might. The newest generation of the library answers, all of it: it is opened anew, so that others
    may ask and write meanwhile. Raises UsageError without a question or for a paper there is not.
    """
    asked = tuple(dict.fromkeys(" ".join(question.split()) for question in questions))
    if not asked or not all(asked):
        raise UsageError("there is no question, or an empty one; write one a line")
    shared = assistant.library
    reader, calibration = assistant.reader or "none", assistant.calibration
    with Library.open(shared.path, encoder=shared.encoder) as library:
        own = Assistant(library, reader=reader, calibration=calibration)
        return _table(own, asked, _only(library, filters, papers), all_relevant, exhaustive, on_progress)


def _table(
    assistant: Assistant,
    asked: tuple[str, ...],
    filters: Filters | None,
    all_relevant: bool,
    exhaustive: bool,
    on_progress: OnTable | None,
) -> EvidenceTable:
    library = assistant.library
    rows = list(library.documents(filters))
    cells: dict[str, list[Cell]] = {document.id: [] for document in rows}
    looked, read = 0, 0
    for number, question in enumerate(asked, 1):
        work = _Column(assistant, question, filters, exhaustive)
        looked, read = looked + work.looked_at, read + len(work.hits)

        def told(done: int, number: int = number, work: _Column = work) -> None:
            if on_progress:
                on_progress(TableProgress(number, len(asked), done, len(work.hits)))

        found = work.cells(told, None if all_relevant else 1)
        for name, column in cells.items():
            column.append(found.get(name, Cell()))
    made = [_row(document, cells[document.id]) for document in rows]
    manifest = library.manifest
    return EvidenceTable(
        asked,
        tuple(sorted(made, key=_order)),
        filters_dict(filters),
        {"generation": manifest.generation, "encoder": manifest.encoder.name, "documents": len(made)},
        assistant.calibration.holds_for(*assistant.made_with),
        now(),
        {"looked_at": looked, "read": read},
    )


def _only(library: Library, filters: Filters | None, papers: Iterable[str] | None) -> Filters | None:
    if papers is None:
        return filters
    names = dict.fromkeys(library.resolve(name) for name in papers)
    if filters is not None and filters.documents:
        both = {library.resolve(name) for name in filters.documents}
        names = {name: None for name in names if name in both}
    if not names:
        raise UsageError("no paper is left to ask; name others or loosen the filters")
    return replace(filters or Filters(), documents=tuple(names))


def _row(document: Document, cells: Sequence[Cell]) -> Row:
    one = document.reference
    return Row(
        document.id,
        citation(document),
        document.title,
        one.year,
        one.journal,
        one.doi,
        one.pmid,
        one.retraction,
        tuple(cells),
    )


def _order(row: Row) -> tuple[int, float]:
    sure = [quote.confidence for cell in row.cells for quote in cell.quotes[:1]]
    return -len(sure), -sum(sure)


class _Column:
    """One question: which passages of all papers are worth reading, and what reading them gives."""

    def __init__(
        self, assistant: Assistant, question: str, filters: Filters | None, exhaustive: bool
    ) -> None:
        self._assistant, self._question = assistant, question
        self._vector: NDArray[np.float32] = assistant.library.encoder.encode_question(question)
        find = assistant.retriever.by_paper
        hits = find(question, LOOKED_THROUGH, LOOKED_AT, filters, vector=self._vector)
        self.looked_at = len(hits)
        self.hits = self._worth(hits, assistant.looked_at(question, hits), exhaustive)

    def _worth(
        self, hits: Sequence[Hit], looked_at: Sequence[tuple[Candidate, dict[str, float]]], exhaustive: bool
    ) -> list[Hit]:
        calibration = self._assistant.calibration
        by_paper: dict[str, list[Hit]] = {}
        for hit in hits:
            by_paper.setdefault(hit.passage.document_id, []).append(hit)
        of_paper: dict[str, list[tuple[Candidate, dict[str, float]]]] = {}
        for candidate, parts in looked_at:
            of_paper.setdefault(candidate.hit.passage.document_id, []).append((candidate, parts))
        kept = [
            hit
            for name, some in by_paper.items()
            for hit in (
                worth_reading(some, of_paper.get(name, ()), calibration)
                if len(some) > READ_PASSAGES and self._assistant.reader is not None
                else some
            )
        ]
        if exhaustive:
            return kept
        most = self._most(looked_at)
        known = [hit for hit in kept if id(hit) in most]  # the others hold no sentence to quote
        ranked = sorted(known, key=lambda hit: -most[id(hit)])
        return [hit for n, hit in enumerate(ranked) if n < READ_ANYWAY or most[id(hit)] >= calibration.bar]

    def _most(self, looked_at: Sequence[tuple[Candidate, dict[str, float]]]) -> dict[int, float]:
        """By passage the greatest score that a sentence of it is likely to have."""
        calibration = self._assistant.calibration
        weights = calibration.weights
        rules = {name: judged for name, judged in RULES.items() if name in weights}
        size = float(np.log10(max(1, self._assistant.library.passage_count)))
        found: dict[int, float] = {}
        for candidate, cheap in looked_at:
            ruled = {name: judged(self._question, candidate) for name, judged in rules.items()}
            score = calibration.score({**LIKELY_MOST, **cheap, **ruled, "size": size})
            place = id(candidate.hit)
            found[place] = max(found.get(place, score), score)
        return found

    def cells(self, told: Callable[[int], None], most: int | None) -> dict[str, Cell]:
        """The cells of the papers that answer; ``told`` hears how many passages are read."""
        assistant, library = self._assistant, self._assistant.library
        ranked: dict[str, list[Candidate]] = {}
        told(0)
        for first in range(0, len(self.hits), _AT_ONCE):
            some = self.hits[first : first + _AT_ONCE]
            for candidate in assistant.read(self._question, self._vector, some):
                ranked.setdefault(candidate.hit.passage.document_id, []).append(candidate)
            told(first + len(some))
        bar = assistant.calibration.bar
        found = {}
        for name, candidates in ranked.items():
            candidates.sort(key=lambda one: (-one.score, one.start))
            if candidates[0].score < bar:
                continue
            judged = assistant.judged(self._question, candidates, most=MOST_QUOTES)
            found[name] = Cell(quotes_of(library, assistant.calibration, judged)[:most])
        return found
