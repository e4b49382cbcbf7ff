"""Which passages pass a filter, and how many each part of it leaves out.

Per segment every value of a filter is a mask over document rows (over passage rows for sections), kept
once it was used; a selection is a few ANDs of them. The passages of a document are consecutive rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from index import designs, facets
from index.facets import AUTHOR, DESIGN, JOURNAL, STATUS, TYPE
from index.records import Filters
from index.store import Records

Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]

#: Masks kept per segment: a bit more than 100 kB each for sections of 100,000 passages, less for others.
_KEPT = 128
#: Below this share of the passages the document of each is looked up, else all are gone through.
_FEW = 8
_NO_YEAR = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Count:
    """A number of passages, and of documents."""

    passages: int = 0
    documents: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.passages + other.passages, self.documents + other.documents)

    def to_dict(self) -> dict[str, int]:
        """The stable JSON form."""
        return {"passages": self.passages, "documents": self.documents}


@dataclass(frozen=True, slots=True)
class Selection:
    """What ``filters`` leave of a library.

    ``rows`` are the passage rows of each segment (None: all of it); ``excluded`` what each field of the
    filter leaves out on its own, ``left`` what passes all, out of ``whole``; ``unknown`` the values, by
    field, that no document has.
    """

    filters: Filters
    rows: Mapping[int, Rows | None]
    whole: Count
    left: Count
    excluded: Mapping[str, Count] = field(default_factory=dict)
    unknown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """The stable JSON form: by field what it excludes, ``left``, ``all`` and ``unknown``."""
        counts = {**self.excluded, "left": self.left, "all": self.whole}
        unknown = {name: list(values) for name, values in self.unknown.items()}
        return {name: count.to_dict() for name, count in counts.items()} | {"unknown": unknown}


class Filing:
    """The masks of one segment; ``deleted`` document rows never pass.

    ``retracted`` gives the rows of retracted documents where more is known than their own records say.
    """

    def __init__(self, records: Records, passages: int, deleted: Collection[int] = ()) -> None:
        self._records, self._passages, self._deleted = records, passages, deleted
        self.retracted: Callable[[], Iterable[int]] | None = None
        self.mask = lru_cache(maxsize=_KEPT)(self._mask)
        self.section = lru_cache(maxsize=_KEPT)(self._section)

    @cached_property
    def _columns(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Per document row its year and the first of its passage rows, which a last number closes."""
        rows = self._records.years()
        years = np.full(len(rows), _NO_YEAR, dtype=np.int64)
        counts = np.zeros(len(rows), dtype=np.int64)
        for row, year, count in rows:
            years[row] = _NO_YEAR if year is None else year
            counts[row] = count
        return years, np.concatenate([[0], np.cumsum(counts)])

    @property
    def years(self) -> NDArray[np.int64]:
        """The year of each document row."""
        return self._columns[0]

    @property
    def first(self) -> NDArray[np.int64]:
        """The first passage row of each document row, and after the last one their number."""
        return self._columns[1]

    @cached_property
    def live(self) -> Mask:
        """The document rows that count."""
        alive = np.ones(len(self.years), dtype=bool)
        alive[list(self._deleted)] = False
        return alive

    def document_of(self, rows: Rows) -> Rows:
        """The document row of each of the passage rows."""
        return np.asarray(np.searchsorted(self.first, rows, side="right") - 1)

    def documents_of(self, rows: Rows) -> Rows:
        """The document rows of passage rows (in order), each once."""
        if len(rows) * _FEW < self._passages:
            documents = self.document_of(rows)
            return documents[np.diff(documents, prepend=-1) > 0]
        chosen = np.zeros(self._passages, dtype=bool)
        chosen[rows] = True
        return np.flatnonzero(self._passing(chosen)).astype(np.int64)

    def _passing(self, passages: Mask) -> NDArray[np.int64]:
        """How many passages of a mask each document row has."""
        before = np.concatenate([[0], np.cumsum(passages)])
        return np.asarray(np.diff(before[self.first]))

    def passages_of(self, documents: Mask) -> Mask:
        """The passage rows of the documents of a mask."""
        return np.repeat(documents, np.diff(self.first))

    def count(self, documents: Mask, passages: Mask | None = None) -> Count:
        """The documents of a mask with their passages, or those of ``passages`` and who has any."""
        if passages is None:
            return Count(int(np.diff(self.first)[documents].sum()), int(documents.sum()))
        passing = self._passing(passages)[documents]
        return Count(int(passing.sum()), int((passing > 0).sum()))

    def _with(self, rows: Iterable[int]) -> Mask:
        found = np.zeros(len(self.years), dtype=bool)
        found[np.fromiter(rows, dtype=np.int64)] = True
        return found

    def _mask(self, name: str, value: str) -> Mask:
        """The document rows that one value of a field of a filter admits."""
        if name == "journals":
            asked = facets.journal_keys(value)
            held = [
                one
                for one in self._records.facet_values(JOURNAL)
                if any(facets.same_journal(key, one) for key in asked)
            ]
            return self._facet(JOURNAL, held)
        if name == "authors":
            return self._with(
                row
                for family, given in facets.author_readings(value)
                for row, detail in self._records.rows_of_facet(AUTHOR, family)
                if facets.is_author(given, detail)
            )
        if name == "designs":
            return self._facet(DESIGN, designs.named(value))
        if name == "publication_types":
            return self._facet(TYPE, (value.casefold(),))
        if name == "documents":
            return self._with(self._records.rows_of_id(value))
        return self._with(self.retracted()) if self.retracted else self._facet(STATUS, (value,))

    def _facet(self, kind: str, values: Sequence[str]) -> Mask:
        return self._with(row for value in values for row, _ in self._records.rows_of_facet(kind, value))

    def _section(self, label: str) -> Mask:
        """The passage rows of the sections with this label."""
        found = np.zeros(self._passages, dtype=bool)
        found[np.asarray(self._records.rows_of_section(label.casefold()), dtype=np.int64)] = True
        return found

    def by_field(self, filters: Filters) -> dict[str, Mask]:
        """For each field of ``filters`` that looks at documents the rows it admits, deleted ones too."""
        found: dict[str, Mask] = {}
        for name in filters.active:
            if name == "years":
                first, last = filters.years
                mask = self.years != _NO_YEAR
                mask = mask if first is None else mask & (self.years >= first)
                found[name] = mask if last is None else mask & (self.years <= last)
            elif name == "retracted":
                retracted = self.mask(name, "retracted")
                found[name] = retracted if filters.retracted else ~retracted
            elif name != "sections":
                found[name] = _any(self.mask(name, value) for value in getattr(filters, name))
        return found

    def sections(self, filters: Filters) -> Mask | None:
        """The passage rows that the field ``sections`` admits, or None where it does not restrict."""
        return _any(self.section(label) for label in filters.sections) if filters.sections else None


def _any(masks: Iterable[Mask]) -> Mask:
    first, *others = masks
    for other in others:
        first = first | other
    return first


#: The fields of a filter whose values may be known to no document.
_VALUES = ("documents", "sections", "publication_types", "journals", "authors", "designs")


def select(filings: Mapping[int, Filing], filters: Filters) -> Selection:
    """What ``filters`` leave of the segments; ``filters.documents`` must be document ids.

    Raises UsageError for an unknown design.
    """
    for design in filters.designs:
        designs.named(design)
    rows: dict[int, Rows | None] = {}
    whole = left = Count()
    excluded = dict.fromkeys(filters.active, Count())
    for number, filing in filings.items():
        live = filing.live
        whole += filing.count(live)
        chosen = live
        for name, mask in filing.by_field(filters).items():
            excluded[name] += filing.count(live & ~mask)
            chosen = chosen & mask
        passages = filing.sections(filters)
        if passages is None:
            left += filing.count(chosen)
            rows[number] = np.flatnonzero(filing.passages_of(chosen)).astype(np.int64)
            continue
        having = filing.count(live, passages)
        everything = filing.count(live)
        excluded["sections"] += Count(
            everything.passages - having.passages, everything.documents - having.documents
        )
        left += filing.count(chosen, passages)
        rows[number] = np.flatnonzero(filing.passages_of(chosen) & passages).astype(np.int64)
    return Selection(filters, rows, whole, left, excluded, _unknown(filings.values(), filters))


def _unknown(filings: Collection[Filing], filters: Filters) -> dict[str, tuple[str, ...]]:
    """The values of ``filters``, by field, that no document (no passage) has that counts."""

    def known(name: str, value: str) -> bool:
        if name == "sections":
            return any(filing.count(filing.live, filing.section(value)).passages for filing in filings)
        return any(bool((filing.mask(name, value) & filing.live).any()) for filing in filings)

    found = {
        name: tuple(value for value in getattr(filters, name) if not known(name, value)) for name in _VALUES
    }
    return {name: values for name, values in found.items() if values}
