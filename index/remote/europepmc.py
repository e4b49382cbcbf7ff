"""Europe PMC (https://europepmc.org/RestfulWebService): records by identifier, and full text as JATS XML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from index.records import Author, Reference
from index.remote.cache import ABSENT, Cache
from index.remote.ncbi import batches
from index.remote.polite import Broken, Polite
from index.remote.services import Services

__all__ = ["Result", "by_identifier", "full_text"]

#: Identifiers of one request: they stand in its address.
NAMES = 20
_FIELDS = {"doi": "DOI", "pmid": "EXT_ID", "pmcid": "PMCID"}


@dataclass(frozen=True, slots=True)
class Result:
    """One result of a search, by itself as an answer would have it."""

    content: bytes
    reference: Reference


def by_identifier(
    names: Sequence[str], field: str, services: Services, polite: Polite, cache: Cache
) -> Iterator[Result | str]:
    """The results for these DOIs, PMIDs or PMCIDs; the name alone where there is none."""
    unknown = []
    for name in dict.fromkeys(names):
        known = cache.get(f"europepmc {field}", name)
        if known is None:
            unknown.append(name)
        else:
            yield name if known == ABSENT else _result(known)
    for some in batches(unknown, NAMES):
        terms = [f'{_FIELDS[field]}:"{name}"' for name in some if '"' not in name]
        params = {
            "query": " OR ".join(terms),
            "resultType": "core",
            "format": "json",
            "pageSize": str(4 * NAMES),
        }
        content = polite.ask(f"{services.europepmc}/search", params=params, check=_results) if terms else None
        missing = {name.casefold(): name for name in some}
        for found in _results(content or b'{"resultList": {"result": []}}'):
            result = _alone(found)
            name = getattr(result.reference, field).casefold()
            if name in missing:
                cache.put(f"europepmc {field}", missing.pop(name), result.content)
                yield result
        for name in missing.values():
            cache.put(f"europepmc {field}", name, ABSENT)
            yield name


def full_text(pmcid: str, services: Services, polite: Polite, cache: Cache) -> bytes | None:
    """The article's JATS XML; None where Europe PMC may not give it (it is not open access)."""
    url = f"{services.europepmc}/{pmcid}/fullTextXML"
    return cache.kept("europepmc full text", pmcid, lambda: polite.ask(url, check=_article)) or None


def _article(content: bytes) -> None:
    if b"</article>" not in content[-2000:]:
        raise Broken("the article breaks off")


def _results(content: bytes) -> list[dict[str, Any]]:
    try:
        found = json.loads(content)["resultList"]["result"]
    except (ValueError, KeyError, TypeError) as error:
        raise Broken(f"no result of a search ({error!r})") from None
    return [one for one in found if isinstance(one, dict)]


def _alone(result: dict[str, Any]) -> Result:
    content = json.dumps({"resultList": {"result": [result]}}, ensure_ascii=False).encode()
    return Result(content, _reference(result))


def _result(content: bytes) -> Result:
    return Result(content, _reference(_results(content)[0]))


def _reference(result: dict[str, Any]) -> Reference:
    listed = (result.get("authorList") or {}).get("author") or []
    first = listed[0] if listed and isinstance(listed[0], dict) else {}
    year = str(result.get("pubYear") or "")
    return Reference(
        title=str(result.get("title") or ""),
        authors=(Author(str(first.get("lastName") or ""), "", str(first.get("collectiveName") or "")),),
        year=int(year) if year.isdigit() else None,
        doi=str(result.get("doi") or ""),
        pmid=str(result.get("pmid") or ""),
        pmcid=str(result.get("pmcid") or ""),
    )
