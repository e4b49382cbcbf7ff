"""Crossref (https://api.crossref.org/swagger-ui): works by DOI, and by what a reference says of them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from index.records import Author, Reference
from index.remote.cache import ABSENT, Cache
from index.remote.polite import Broken, Polite
from index.remote.services import Services

__all__ = ["by_doi", "by_title"]

ROWS = 5


def by_doi(doi: str, services: Services, polite: Polite, cache: Cache) -> tuple[bytes, Reference] | None:
    """The answer for a DOI and its record; None where Crossref has none."""
    url = f"{services.crossref}/works/{quote(doi, safe='')}"
    known = cache.kept("crossref", doi, lambda: polite.ask(url, params=_who(services), check=_message))
    if known == ABSENT:
        return None
    return known, _reference(_message(known))


def by_title(reference: Reference, services: Services, polite: Polite, cache: Cache) -> list[Reference]:
    """The works most like ``reference``: its title, first author and year are sent."""
    author = reference.authors[0].name if reference.authors else ""
    asked = " ".join(filter(None, (reference.title, author, str(reference.year or ""))))
    url = f"{services.crossref}/works"
    params = {"query.bibliographic": asked, "rows": str(ROWS)} | _who(services)
    known = cache.kept("crossref title", asked, lambda: polite.ask(url, params=params, check=_message))
    items = _message(known).get("items", []) if known else []
    return [_reference(item) for item in items if isinstance(item, dict)]


def _who(services: Services) -> dict[str, str]:
    return {"mailto": services.contact} if services.contact else {}


def _message(content: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError) as error:
        raise Broken(f"no work ({error!r})") from None


def _reference(work: dict[str, Any]) -> Reference:
    authors = [one for one in work.get("author") or [] if isinstance(one, dict)]
    dates = [work.get(name) or {} for name in ("published-print", "issued", "published-online", "created")]
    years = [((date.get("date-parts") or [[None]])[0] or [None])[0] for date in dates]
    titles = [*(work.get("title") or []), *(work.get("subtitle") or [])]
    return Reference(
        title=": ".join(str(title) for title in titles),
        authors=tuple(
            Author(str(one.get("family") or ""), str(one.get("given") or ""), str(one.get("name") or ""))
            for one in authors[:3]
        ),
        year=next((year for year in years if isinstance(year, int)), None),
        doi=str(work.get("DOI") or ""),
    )
