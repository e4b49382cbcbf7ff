"""Names, dates, pages and identifiers as JATS tags them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from index.records import Author
from index.sources.jats_inline import words
from index.sources.pubmed_links import bare_doi
from index.sources.pubmed_record import date_of, whole_pages
from index.sources.xml_stream import Element

__all__ = ["HREF", "author", "contributors", "date", "identifier", "pages", "people"]

HREF = "{http://www.w3.org/1999/xlink}href"

_PMCID = re.compile(r"(?:PMC)?(\d{3,9})", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_SEASONS = frozenset({"spring", "summer", "autumn", "fall", "winter"})
_DATES = frozenset({"pub-date", "date", "string-date"})
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")


def identifier(kind: str, printed: str) -> tuple[str, str]:
    """An identifier as a field of ``Reference`` and its value, ``("", "")`` where it is none of ours.

    A value that cannot be one (``pmid`` with letters) is left out.
    """
    value = printed.strip()
    kind = kind.lower()
    if kind == "doi":
        found = _DOI.fullmatch(bare_doi(value).rstrip(".,;"))
        return ("doi", found[0]) if found else ("", "")
    if kind in {"pmid", "pubmed", "medline-pmid"}:
        return (
            ("pmid", value.lstrip("0")) if re.fullmatch(r"\d{1,8}", value) and value.strip("0") else ("", "")
        )
    if kind in {"pmc", "pmcid"} and (number := _PMCID.fullmatch(value)):
        return "pmcid", f"PMC{number[1]}"
    return "", ""


def author(element: Element) -> Author | None:
    """The person or group of a ``name``, ``string-name``, ``collab`` or ``on-behalf-of``."""
    if element.tag in {"collab", "on-behalf-of", "institution", "anonymous"}:
        name = _own_words(element) if element.tag != "anonymous" else "Anonymous"
        return Author(literal=name.rstrip(" ,;:")) if name else None
    family, given = words(element.find("surname")), words(element.find("given-names"))
    suffix = words(element.find("suffix"))
    if family:
        return Author(family=f"{family} {suffix}".strip(), given=given)
    printed = given or " ".join(words(element).split())
    return Author(literal=printed.rstrip(" ,;:")) if printed else None


def _own_words(element: Element) -> str:
    """A group's name without the list of its members."""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and child.tag not in {
            "contrib-group",
            "xref",
            "fn",
            "aff",
            "address",
            "contrib",
        }:
            parts.append(words(child))
        parts.append(child.tail or "")
    return " ".join("".join(parts).split())


def people(elements: Iterable[Element]) -> tuple[tuple[Author, ...], bool]:
    """The authors among ``elements`` in order, and whether no "et al." stands among them."""
    found: list[Author] = []
    complete = True
    for element in elements:
        if element.tag == "etal":
            complete = False
        elif element.tag == "name-alternatives":
            names = [one for one in element if one.tag in {"name", "string-name"}]
            if names and (one := author(names[0])):
                found.append(one)
        elif element.tag in {"name", "string-name", "collab", "on-behalf-of", "institution", "anonymous"}:
            if one := author(element):
                literal = one.literal.casefold().strip(" .")
                if literal in {"et al", "and others", "others"}:
                    complete = False
                else:
                    found.append(one)
        elif element.tag == "collab-alternatives":
            names = element.findall("collab")
            if names and (one := author(names[0])):
                found.append(one)
    return tuple(dict.fromkeys(found)), complete


def contributors(holder: Element | None) -> tuple[tuple[Author, ...], bool]:
    """The authors of an article's front, members of groups not counted, and whether they are all."""
    if holder is None:
        return (), True
    contribs = [one for group in holder.findall("contrib-group") for one in group]
    told = [one for one in contribs if one.get("contrib-type", "author").lower() in {"author", "collab"}]
    if not any(one.tag == "contrib" for one in told):
        told = contribs  # a letter of reviewers and editors has no other authors
    elements: list[Element] = []
    for one in told:
        elements += [one] if one.tag in {"etal", "on-behalf-of"} else []
        if one.tag == "contrib":
            elements += [part for part in one if part.tag not in {"xref", "role"}]
    return people(elements)


def date(elements: Iterable[Element]) -> tuple[int | None, str]:
    """Year and ISO date of the first of ``elements`` that tells a year; ``(None, "")`` if none does."""
    for element in elements:
        told = [element.find(name) for name in ("year", "month", "day")]
        year, month, day = (re.sub(r"\W+$", "", words(one)) for one in told)
        shadow = element.makeelement("Date")
        month = month if month.lower() not in _SEASONS else ""
        for name, value in (("Year", year[:4]), ("Month", month), ("Day", day)):
            part = element.makeelement(name)
            part.text = value
            shadow.append(part)
        found = date_of([shadow])
        if found[0] is not None:
            return found
        iso = element.get("iso-8601-date", "")
        if re.match(r"(?:1[5-9]|20)\d\d(?:-\d\d(?:-\d\d)?)?$", iso[:10]):
            return int(iso[:4]), iso[:10]
        if element.tag in _DATES and (free := _YEAR.search(words(element))):
            return int(free[1]), free[1]
    return None, ""


def pages(holder: Element) -> str:
    """The whole page range of an article or a reference, or its article number."""
    first, last = words(holder.find("fpage")), words(holder.find("lpage"))
    first, last = first.strip(" .,;:"), last.strip(" .,;:")
    if first:
        return whole_pages("-".join(filter(None, dict.fromkeys((first, last)))))
    printed = words(holder.find("page-range")).strip(" .,;")
    return whole_pages(printed) or words(holder.find("elocation-id")).strip(" .,;")
