"""How a paper is cited: a short label, a full citation in Vancouver style, CSL-JSON.

Vancouver style: ICMJE Recommendations and NLM's Citing Medicine (six authors, then "et al.").
CSL-JSON: https://citationstyles.org, schema 1.0.
"""

from __future__ import annotations

from typing import Any

from index.records import Author, Document, Reference
from qa.notices import in_citation, noted
from qa.records import Citation

_MAX_AUTHORS = 6
_BOOK_TYPES = {"book", "books and documents", "book chapter"}


def citation(document: Document) -> Citation:
    """The citation of a document; its title stands in where the record has none.

    A retraction or a concern goes with it: in the text in brackets, in CSL-JSON as the ``note``.
    """
    reference = document.reference
    title = reference.title or document.title
    return Citation(
        label(reference, title),
        " ".join(filter(None, (vancouver(reference, title), in_citation(reference.retraction)))),
        csl(reference, title, document.id),
        reference.authors_complete,
    )


def label(reference: Reference, title: str = "") -> str:
    """``"Wu et al. 2024"``, ``"Ma and Fox 2011"``; the title's beginning where no author is known."""
    authors = [author.family or author.literal for author in reference.authors]
    if not authors:
        words = title.split()
        name = " ".join(words[:5]) + ("…" if len(words) > 5 else "")
    elif len(authors) == 1 and reference.authors_complete:
        name = authors[0]
    elif len(authors) == 2 and reference.authors_complete:
        name = f"{authors[0]} and {authors[1]}"
    else:
        name = f"{authors[0]} et al."
    return f"{name} {reference.year or ''}".strip()


def label_of(document: Document) -> str:
    """The label of a document; its title stands in where the record has none."""
    return label(document.reference, document.reference.title or document.title)


def vancouver(reference: Reference, title: str = "") -> str:
    """The full citation in Vancouver style; what is unknown is left out."""
    title = reference.title or title
    names = [author.name for author in reference.authors[:_MAX_AUTHORS]]
    if names and (not reference.authors_complete or len(reference.authors) > _MAX_AUTHORS):
        names.append("et al")
    parts = [_stopped(", ".join(names)), _stopped(title)]
    place = reference.volume + (f"({reference.issue})" if reference.issue else "")
    if reference.pages:
        place += f":{_short_range(reference.pages)}"
    when = str(reference.year) if reference.year else ""
    source = reference.journal or reference.publisher
    if source and (when or place):
        parts.append(f"{_stopped(source)} {when}{';' if when and place[:1] not in ('', ':') else ''}{place}.")
    else:
        parts.append(_stopped(source or when))
    if reference.doi:
        parts.append(f"doi:{reference.doi}")
    elif reference.pmid:
        parts.append(f"PMID {reference.pmid}.")
    return " ".join(part for part in parts if part)


def csl(reference: Reference, title: str = "", item_id: str = "") -> dict[str, Any]:
    """CSL-JSON. A truncated author list ends in a literal "et al.", so that no style prints it as whole."""
    book = any(kind.casefold() in _BOOK_TYPES for kind in reference.publication_types)
    said = noted(reference.retraction)
    item: dict[str, Any] = {"id": item_id, "type": "chapter" if book else "article-journal"}
    authors = [_csl_name(author) for author in reference.authors]
    if authors and not reference.authors_complete:
        authors.append({"literal": "et al."})
    date = [int(part) for part in reference.date.split("-") if part.isdigit()] if reference.date else []
    if not date and reference.year:
        date = [reference.year]
    values: dict[str, Any] = {
        "title": reference.title or title,
        "author": authors,
        "container-title": reference.journal,
        "issued": {"date-parts": [date]} if date else None,
        "volume": reference.volume,
        "issue": reference.issue,
        "page": reference.pages,
        "publisher": reference.publisher,
        "DOI": reference.doi,
        "PMID": reference.pmid,
        "PMCID": reference.pmcid,
        "URL": reference.url,
        "language": reference.language,
        "note": said[:1].upper() + said[1:],
    }
    item.update({key: value for key, value in values.items() if value})
    return item


def _csl_name(author: Author) -> dict[str, str]:
    if author.literal:
        return {"literal": author.literal}
    name = {"family": author.family}
    if author.given:
        name["given"] = author.given
    return name


def _stopped(text: str) -> str:
    """``text`` with a full stop, unless it ends in a mark already."""
    text = text.strip()
    return text if not text or text[-1] in ".?!" else f"{text}."


def _short_range(pages: str) -> str:
    """``"2977-2990"`` -> ``"2977-90"``, as the style prints it."""
    first, dash, last = pages.partition("-")
    if dash and first.isdigit() and last.isdigit() and len(first) == len(last):
        same = next((i for i, (a, b) in enumerate(zip(first, last, strict=True)) if a != b), len(first))
        return f"{first}-{last[same:]}" if same < len(last) else first
    return pages
