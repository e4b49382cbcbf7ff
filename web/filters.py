"""Filters on the page: from its fields to a search, into the address and back, and what they exclude."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from index.designs import DESIGNS
from index.facets import DESIGN, TYPE
from index.library import Library
from index.records import Filters
from qa.records import plural
from web.render import text

__all__ = ["FIELDS", "Field", "address", "choices", "excluded", "from_address", "from_fields", "to_fields"]


@dataclass(frozen=True, slots=True)
class Field:
    """A filter of several values: its field of :class:`Filters`, its name in the address, and its label."""

    name: str
    short: str
    label: str


#: The filters of several values, in the order of the page; years stand before them, retractions behind.
FIELDS = (
    Field("designs", "design", "Study type"),
    Field("publication_types", "type", "Publication type (PubMed)"),
    Field("journals", "journal", "Journal"),
    Field("authors", "author", "Author"),
    Field("sections", "section", "Section"),
    Field("documents", "document", "Source"),
)
#: What the fields of an untouched page hold.
NONE: tuple[Any, ...] = (None, None, *([] for _ in FIELDS), "all")
_RETRACTED = {"all": None, "no": False, "only": True}
_WORDS = {"years": "years", "retracted": "retractions"} | {
    field.name: field.label.lower().split(" (")[0] for field in FIELDS
}
#: Values offered; a field takes others, too.
_OFFERED = 300


def from_fields(values: Sequence[Any]) -> Filters | None:
    """The filters that the page's fields ask for; None where they ask for none."""
    first, last, *lists, retracted = values
    several = {
        field.name: tuple(str(value).strip() for value in value or () if str(value).strip())
        for field, value in zip(FIELDS, lists, strict=True)
    }
    filters = Filters(years=(_year(first), _year(last)), retracted=_RETRACTED.get(str(retracted)), **several)
    return filters or None


def _year(value: Any) -> int | None:
    try:
        return int(value) if value not in (None, "") else None
    except (TypeError, ValueError, OverflowError):
        return None


def to_fields(filters: Filters | None) -> tuple[Any, ...]:
    """What the page's fields hold for ``filters``: :func:`from_fields` gives them back."""
    if filters is None:
        return tuple(list(value) if isinstance(value, list) else value for value in NONE)
    word = next(word for word, value in _RETRACTED.items() if value == filters.retracted)
    return (*filters.years, *(list(getattr(filters, field.name)) for field in FIELDS), word)


def address(filters: Filters | None, question: str = "", library: str = "") -> str:
    """The address's query, "?q=…&years=2019-2024&design=cohort", that reproduces a search; "" for none."""
    pairs = [("library", library)] if library else []
    pairs += [("q", question)] if question else []
    if filters is not None:
        first, last = filters.years
        if (first, last) != (None, None):
            pairs.append(("years", f"{'' if first is None else first}-{'' if last is None else last}"))
        pairs += [(field.short, value) for field in FIELDS for value in getattr(filters, field.name)]
        if filters.retracted is not None:
            pairs.append(("retracted", "only" if filters.retracted else "no"))
    return f"?{urlencode(pairs)}" if pairs else ""


def from_address(query: str) -> tuple[Filters | None, str, str]:
    """Filters, question and library that an address's query names; what cannot be read counts as absent."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(query.removeprefix("?"), errors="replace"):
        found.setdefault(name, []).append(value)
    years = found.get("years", [""])[0].split("-")
    first, last = (years[0], years[-1]) if len(years) <= 2 else ("", "")
    several = [found.get(field.short, []) for field in FIELDS]
    filters = from_fields((first, last, *several, found.get("retracted", ["all"])[0]))
    return filters, found.get("q", [""])[0], found.get("library", [""])[0]


def choices(library: Library, papers: Iterable[Any]) -> list[list[tuple[str, str]]]:
    """What each of FIELDS offers, as (words with the number of papers, value), the most frequent first.

    ``papers`` are the rows of the list of sources (:class:`web.shelf.Row`).
    """
    rows = list(papers)
    journals = _counted(row.journal for row in rows)
    sections: dict[str, int] = {}
    facets: dict[str, dict[str, int]] = {DESIGN: {}, TYPE: {}}
    for segment in library.segments.values():
        for label, count in segment.records.section_counts():
            sections[label] = sections.get(label, 0) + count
        for kind, counts in facets.items():
            for value in segment.records.facet_values(kind):
                held = segment.records.rows_of_facet(kind, value)
                live = sum(row not in segment.deleted for row, _ in held)
                counts[value] = counts.get(value, 0) + live
    designs = {name: facets[DESIGN].get(name, 0) for name in DESIGNS if facets[DESIGN].get(name)}
    documents = [(f"{row.label}: {row.title}"[:120], row.id) for row in rows[:_OFFERED]]
    return [
        _offered(designs), _offered(facets[TYPE]), _offered(journals), [], _offered(sections), documents,
    ]  # fmt: skip


def _counted(values: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in values:
        if value:
            found[value] = found.get(value, 0) + 1
    return found


def _offered(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0].casefold()))
    return [(f"{value} ({count:,})", value) for value, count in ranked[:_OFFERED] if count]


def excluded(counts: Mapping[str, Any]) -> str:
    """What a selection (:meth:`index.selection.Selection.to_dict`) leaves, and what each filter excludes.

    "" where there are no filters.
    """
    if not counts:
        return ""
    left, whole = counts["left"], counts["all"]
    words = [
        f"{left['documents']:,} of {plural(whole['documents'], 'paper')} "
        f"({left['passages']:,} of {plural(whole['passages'], 'passage')}) remain."
    ]
    for name, word in _WORDS.items():
        if name in counts:
            out = counts[name]
            words.append(
                f"By {word}: {plural(out['documents'], 'paper')} "
                f"({plural(out['passages'], 'passage')}) excluded."
            )
    for name, values in counts.get("unknown", {}).items():
        words.append(f"No paper here has {_WORDS[name]} {', '.join(values)}.")
    return f'<p class="lq-note" role="status">{text(" ".join(words))}</p>'
