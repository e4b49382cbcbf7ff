"""The reference list of a JATS article as records."""

from __future__ import annotations

import re
from dataclasses import replace

from index.records import Reference
from index.sources.jats_cited import Cited
from index.sources.jats_inline import Inline, words
from index.sources.jats_names import HREF, date, identifier, pages, people
from index.sources.vancouver import find_doi, parse_citation
from index.sources.xml_stream import Element

__all__ = ["cited_by", "reference_list", "references"]

_CITATIONS = ("element-citation", "mixed-citation", "citation", "nlm-citation", "product", "related-object")
_NAMES = frozenset(
    {"name", "string-name", "collab", "etal", "name-alternatives", "collab-alternatives", "anonymous"}
)


def reference_list(article: Element) -> list[Element]:
    """The ``ref`` elements of ``article`` itself in order, those of a letter or reply to it left out."""
    found = []
    for ref in article.iter("ref"):
        holder = next((one.tag for one in ref.iterancestors("sub-article", "response", "article")), "article")
        if holder == article.tag:
            found.append(ref)
    return found


def cited_by(refs: list[Element]) -> Cited:
    """How the text points into the list: each ``ref`` and each citation in it by id, and by number."""
    by_id: dict[str, int] = {}
    by_label: dict[int, int] = {}
    for place, ref in enumerate(refs, 1):
        for element in ref.iter():
            if isinstance(element.tag, str) and (name := element.get("id")):
                by_id.setdefault(name, place)
        number = re.fullmatch(r"\D{0,2}(\d{1,4})\D{0,2}", words(ref.find("label")))
        by_label.setdefault(int(number[1]) if number else place, place)
    return Cited(by_id, by_label)


def references(refs: list[Element]) -> tuple[Reference, ...]:
    """The cited papers in order; several citations under one number share it."""
    found = []
    for place, ref in enumerate(refs, 1):
        entries = [one for child in ref if (one := _citation(child)) is not None]
        for entry in entries or [ref]:
            found.append(_reference(entry, place))
    return tuple(one for one in found if one.printed)


def _citation(child: Element) -> Element | None:
    """The citation that a child of a ``ref`` is or holds."""
    if child.tag != "citation-alternatives":
        return child if child.tag in _CITATIONS else None
    forms = [child.find(name) for name in _CITATIONS]
    return next((form for form in forms if form is not None), None)


def _reference(entry: Element, number: int) -> Reference:
    tagged = _tagged(entry)
    printed = _printed(entry)
    if not tagged.title and not tagged.journal:
        parsed = parse_citation(printed, number=number)
        tagged = replace(
            parsed,
            **{name: value for name in _FILLED if (value := getattr(tagged, name))},
            authors_complete=tagged.authors_complete and (bool(tagged.authors) or parsed.authors_complete),
        )
    if _is_structured(entry):
        printed = _composed(tagged, entry)
    return replace(tagged, number=number, printed=printed)


_FILLED = ("authors", "year", "date", "volume", "issue", "pages", "publisher", "doi", "pmid", "pmcid", "url")


def _tagged(entry: Element) -> Reference:
    """What the tags inside a citation tell."""
    groups = entry.findall("person-group")
    named = [one for group in groups if _writes(group) for one in group.iter() if one.tag in _NAMES]
    named += [one for one in entry if one.tag in _NAMES]
    if not named:
        named = [one for group in groups[:1] for one in group if one.tag in _NAMES]
    authors, complete = people(named)
    if "et al" in " ".join(words(group) for group in groups):
        complete = False
    dates = [one for one in (entry, entry.find("date"), entry.find("string-date")) if one is not None]
    year, iso = date(dates)
    ids = {"doi": "", "pmid": "", "pmcid": ""}
    for one in entry.iter("pub-id", "ext-link", "article-id", "object-id"):
        kind = one.get("pub-id-type") or one.get("ext-link-type") or ""
        value = words(one) if one.tag != "ext-link" else one.get(HREF) or words(one)
        field, told = identifier(kind, value)
        if not field and one.tag == "ext-link" and "doi.org/10." in value:
            field, told = identifier("doi", value)
        if field and not ids[field]:
            ids[field] = told
    comments = " ".join(words(one) for one in entry.findall("comment"))
    ids["doi"] = ids["doi"] or find_doi(comments)
    source = words(entry.find("source")).strip(" .,;")
    title, journal = _title(entry, source)
    return Reference(
        title=title,
        authors=authors,
        authors_complete=complete,
        journal=journal,
        year=year,
        date=iso,
        volume=words(entry.find("volume")).strip(" .,;:"),
        issue=words(entry.find("issue")).strip(" .,;:()"),
        pages=pages(entry),
        publisher=words(entry.find("publisher-name")).strip(" .,;"),
        url=_address(entry),
        doi=ids["doi"],
        pmid=ids["pmid"],
        pmcid=ids["pmcid"],
    )


def _writes(group: Element) -> bool:
    return group.get("person-group-type", "author").lower() in {
        "author",
        "authors",
        "all-authors",
        "allauthors",
    }


def _title(entry: Element, source: str) -> tuple[str, str]:
    """Title and journal (or book) of a citation; a book alone is its own title."""
    for name in ("article-title", "chapter-title", "data-title", "part-title"):
        if (element := entry.find(name)) is not None and (title := words(element).strip()):
            return _closed(title), source
    translated = _closed(words(entry.find("trans-title")))
    kind = (entry.get("publication-type") or entry.get("citation-type") or "").lower()
    in_journal = entry.find("volume") is not None and kind not in {"book", "thesis", "report"}
    if translated or (kind == "journal" and source) or in_journal:
        return translated, source
    return source, ""


def _closed(title: str) -> str:
    """A title without its closing full stop; an initialism keeps its own."""
    return title if re.search(r"(?:\b[A-Z]\.){2}$|\.\.$", title) else title.removesuffix(".").rstrip(" ,;")


def _address(entry: Element) -> str:
    for one in entry.iter("uri", "ext-link"):
        address = one.get(HREF) or words(one)
        if re.match(r"https?://", address) and "doi.org/" not in address:
            return address
    return ""


def _is_structured(entry: Element) -> bool:
    """Whether a citation is tagged without the punctuation that prints it."""
    between = [entry.text or ""] + [one.tail or "" for one in entry]
    return entry.tag != "ref" and len(entry) > 1 and not re.search(r"[.,;:]|[^\W\d_]", "".join(between))


def _printed(entry: Element) -> str:
    """The entry as it stands in the list, without its number."""
    writer = Inline(Cited(), cell=True)
    writer.children(entry, skipping=frozenset({"label"} if entry.tag == "ref" else ()))
    return writer.run().text


def _composed(told: Reference, entry: Element) -> str:
    """A printed form in Vancouver style of a citation that is only tagged."""
    names = ", ".join(one.name for one in told.authors) + ", et al" * (not told.authors_complete)
    place = (
        f"{told.year or ''}" + f";{told.volume}" * bool(told.volume) + f"({told.issue})" * bool(told.issue)
    )
    place += f":{told.pages}" * bool(told.pages)
    known = {told.title, told.journal, told.publisher}
    town = words(entry.find("publisher-loc")).strip(" .,;:")
    house = ": ".join(filter(None, (town, told.publisher)))
    names_of_notes = ("edition", "conf-name", "series", "comment", "date-in-citation")
    notes = [words(one).strip(" .") for name in names_of_notes for one in entry.findall(name)]
    notes = [
        note for note in notes if note and note not in known and not find_doi(note) and note.lower() != "doi"
    ]
    parts = [names.lstrip(", "), told.title, told.journal, house, place.lstrip(";:"), *notes]
    parts += [f"doi: {told.doi}" * bool(told.doi), f"PMID: {told.pmid}" * bool(told.pmid), told.pmcid]
    parts += [told.url if not (told.doi or told.pmid) else ""]
    return " ".join(part if part.endswith((".", "?", "!")) else f"{part}." for part in parts if part)
