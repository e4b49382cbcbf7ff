"""Which references a place in the text cites."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from index.records import InTextCitation
from index.sources.xml_stream import Element, all_text

__all__ = ["Cited", "clustered"]

_DASH = "-‐‑‒–—−"
_JOINED = re.compile(r"[\[\]\s]*(?:[,;&]|and|or)?[\[\]\s]*")
_TO = re.compile(rf"[\]\s]*(?:[{_DASH}]|to)[\[\s]*")
_SPAN = re.compile(rf"\D{{0,2}}(\d{{1,4}})\s*[{_DASH}]\s*(\d{{1,4}})\D{{0,2}}")
_NUMERIC = re.compile(r"\D{0,2}\d{1,4}[a-z]?\D{0,2}")
_LAST_NUMBER = re.compile(rf"(?:^|[\s,;\[(\]{_DASH}])\d{{1,4}}[a-z]?\W{{0,2}}$")
_PAIRS = {"[": "]", "(": ")"}

#: A longer range than this is rather two numbers parted by a dash.
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Cited:
    """The reference list as the text points to it: places (from 1) by id and by printed number."""

    by_id: Mapping[str, int] = field(default_factory=dict)
    by_label: Mapping[int, int] = field(default_factory=dict)

    def numbers(self, xref: Element) -> tuple[int, ...]:
        """The places of the references an ``xref`` points to; none for another kind of ``xref``."""
        found = [self.by_id[name] for name in xref.get("rid", "").split() if name in self.by_id]
        if len(found) == 1 and (span := _SPAN.fullmatch(all_text(xref).strip())):
            found += self.between(self.by_label.get(int(span[1]), 0), self.by_label.get(int(span[2]), 0))
        return tuple(dict.fromkeys(found))

    def between(self, first: int, last: int) -> list[int]:
        """The places of a printed range, both ends included; none where it is no range."""
        return list(range(first, last + 1)) if 0 < first < last <= first + _LONGEST else []


def clustered(text: str, places: Sequence[InTextCitation], cited: Cited) -> tuple[InTextCitation, ...]:
    """``places`` in ``text`` with neighbours joined, ranges filled, and the brackets around taken in.

    ``[3], [5]–[7]`` is one citation of 3, 5, 6 and 7.
    """
    joined: list[InTextCitation] = []
    for place in places:
        place = replace(place, start=min(place.start, len(text)), end=min(place.end, len(text)))
        last = joined[-1] if joined else None
        if last is None or not (numbers := _united(text, last, place, cited)):
            joined.append(place)
            continue
        joined[-1] = InTextCitation(last.start, max(last.end, place.end), numbers)
    return tuple(_with_brackets(text, place) for place in joined if place.end > place.start)


def _united(text: str, one: InTextCitation, other: InTextCitation, cited: Cited) -> tuple[int, ...]:
    """The references of two neighbours that are one citation; none where they are two."""
    gap = text[one.end : other.start]
    if len(gap) > 12:
        return ()
    between: list[int] = []
    if _TO.fullmatch(gap):
        # "2001–Jones 2003" is no range
        if _NUMERIC.fullmatch(text[other.start : other.end]) and _LAST_NUMBER.search(
            text[one.start : one.end]
        ):
            between = cited.between(one.reference_numbers[-1], other.reference_numbers[0])
    elif not _JOINED.fullmatch(gap):
        return ()
    return tuple(dict.fromkeys((*one.reference_numbers, *between, *other.reference_numbers)))


def _with_brackets(text: str, place: InTextCitation) -> InTextCitation:
    before, after = (
        text[place.start - 1 : place.start] if place.start else "",
        text[place.end : place.end + 1],
    )
    if after and _PAIRS.get(before) == after:
        return replace(place, start=place.start - 1, end=place.end + 1)
    return place
