"""The fields of one BibTeX entry to what it says of a paper."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from index.records import Author, Reference
from index.sources import latex
from index.sources.abstracts import plain_markup, tidy
from index.sources.entries import (
    Entry,
    doi_in,
    iso_date,
    join_pages,
    keywords_of,
    language_code,
    mesh_of,
    plain_title,
    pmcid_in,
    pmid_in,
    pmid_of_address,
    with_types,
)
from index.sources.notices import links_in
from index.sources.pubmed_page_words import publication_type
from index.sources.pubmed_record import pmcid_of

__all__ = ["entry_of"]

_TYPES = {
    "article": "Journal Article", "book": "Book", "booklet": "Book", "collection": "Book", "mvbook": "Book",
    "proceedings": "Book", "inbook": "Book Chapter", "incollection": "Book Chapter",
    "inproceedings": "Congress", "conference": "Congress", "phdthesis": "Academic Dissertation",
    "mastersthesis": "Academic Dissertation", "thesis": "Academic Dissertation",
    "techreport": "Technical Report", "report": "Technical Report", "dataset": "Dataset",
    "preprint": "Preprint",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Fields:
    """An entry's fields, read from LaTeX when they are asked for."""

    values: Mapping[str, str]

    def told(self, *names: str) -> str:
        """The text in one line of the first of ``names`` that has any."""
        texts = (tidy(_text(self.values[name])) for name in names if name in self.values)
        return next(filter(None, texts), "")


def entry_of(values: Mapping[str, str]) -> Entry:
    """What the fields of an entry say; ``"entry type"`` is its type, values are still LaTeX."""
    fields = _Fields(values)
    title, subtitle = fields.told("title"), fields.told("subtitle")
    title = f"{title}: {subtitle}" if title and subtitle else title
    note = "\n".join(_text(values[name]) for name in ("note", "annote", "addendum") if name in values)
    return Entry(
        reference=_reference(fields, title, note),
        title=title,
        abstract=_text(values.get("abstract", ""), lines=True),
        links=links_in(note),
        attachments=_files(values.get("file", "")),
    )


def _files(value: str) -> tuple[str, ...]:
    r"""The paths in a ``file`` field: ``title:path:type`` or a bare path, several parted by semicolons.

    A backslash escapes colons, semicolons and itself (Better BibTeX, JabRef); Mendeley writes
    ``C$\backslash$:`` and leaves out a path's first slash.
    """
    found = []
    for one in re.split(r"(?<!\\);", value.replace(r"$\backslash$", "\\")):
        pieces = re.split(r"(?<!\\):", one)
        bare = len(pieces) < 3 or re.match(r"\s*[A-Za-z]:[\\/]", one)
        path = one if bare else ":".join(pieces[1:-1])
        path = re.sub(r"\\([\\:;_&{}#%$~^ ])", r"\1", path).strip()
        if not bare and not pieces[0] and re.match(r"(?:home|Users|Volumes|mnt|media|tmp)/", path):
            path = f"/{path}"
        found.append(path)
    return tuple(found)


def _text(value: str, *, lines: bool = False) -> str:
    """The characters of a value; ``lines``: an empty line stays a line end."""
    pieces = re.split(r"\n\s*\n", value) if lines else [value]
    return "\n".join(plain_markup(latex.plain(" ".join(piece.split()))) for piece in pieces if piece.strip())


def _reference(fields: _Fields, title: str, note: str) -> Reference:
    told, kind = fields.told, fields.values["entry type"]
    authors, complete = _authors(fields.values)
    journal = told("journal", "journaltitle", "booktitle", "journal-iso", "journalabbr", "series")
    if kind in {"book", "booklet", "phdthesis", "mastersthesis", "thesis", "techreport", "report"}:
        journal = told("journal", "journaltitle")
    server = told("eprinttype", "archiveprefix").lower()
    eprint = told("eprint")
    if not journal and server in {"arxiv", "biorxiv", "medrxiv"}:
        journal = {"arxiv": "arXiv", "biorxiv": "bioRxiv", "medrxiv": "medRxiv"}[server]
    preprint = (
        server in {"arxiv", "biorxiv", "medrxiv"} and "journal" not in fields.values and kind != "article"
    )
    types = [_TYPES.get(kind, ""), *(publication_type(one) for one in re.split(r"[;,]", told("type")))]
    year, date = iso_date(told("date"), told("year"), told("month"))
    if year and len(date) == 4 and re.fullmatch(r"\d{1,2}", told("month")):
        date = iso_date(f"{year}-{int(told('month')):02}")[1]
    words = [told("keywords", "keyword", "author_keywords", "author-keywords")]
    words = [re.sub(r",\s*", ";", word) if ";" not in word else word for word in words]
    mesh = told("mesh", "mesh-terms")
    address = told("url", "howpublished")
    pmid = told("pmid") if re.fullmatch(r"\d{1,8}", told("pmid")) else ""
    return Reference(
        title=plain_title(title),
        authors=authors,
        authors_complete=complete,
        journal=journal,
        year=year,
        date=date,
        volume=told("volume"),
        issue=told("number", "issue"),
        pages=join_pages(
            re.sub(r"[‒–—-]+", "-", told("pages")), "", told("article-number", "eid", "art_number")
        ),
        publisher=told("publisher", "school", "institution"),
        doi=doi_in(*filter(None, (told("doi"), address if "doi.org/" in address else ""))),
        pmid=pmid
        or (eprint if server == "pubmed" and eprint.isdecimal() else "")
        or pmid_in(note)
        or pmid_of_address(address),
        pmcid=pmcid_of(told("pmcid", "pmc")) or pmcid_in(note, address),
        url=address if address.startswith("http") else "",
        language=language_code(told("language", "langid")),
        publication_types=with_types(["Preprint", *types] if preprint else types, journal),
        keywords=keywords_of(words),
        mesh=mesh_of(re.split(r";\s*", mesh)) if mesh else (),
    )


def _authors(fields: Mapping[str, str]) -> tuple[tuple[Author, ...], bool]:
    """The authors, or the editors of a book without any, and whether "and others" cuts the list."""
    for name in ("author", "editor"):
        value = " ".join(fields.get(name, "").split())
        if value:
            people = list(_people(value))
            if people:
                found = [person for person in people if person is not None]
                return tuple(dict.fromkeys(found)), None not in people
    return (), True


def _people(value: str) -> Iterator[Author | None]:
    """Each name in ``value``; None for "others"."""
    from bibtexparser.middlewares.names import parse_single_name_into_parts, split_multiple_persons_names

    if " and " not in value.lower() and value.count(";") > 0:
        value = value.replace(";", " and ")  # Scopus and Dimensions
    for name in split_multiple_persons_names(value):
        name = name.strip(" ,;")
        if re.fullmatch(r"others|et\.? al\.?", name, re.IGNORECASE):
            yield None
            continue
        if name.startswith("{") and name.endswith("}") and "}" not in name[1:-1]:
            if whole := tidy(latex.plain(name)):
                yield Author(literal=whole)
            continue
        try:
            parts = parse_single_name_into_parts(name)
        except Exception:  # its InvalidNameError, and what odd braces do to it
            if whole := tidy(latex.plain(name)):
                yield Author(literal=whole)
            continue
        family = tidy(latex.plain(" ".join((*parts.von, *parts.last, *parts.jr))))
        given = tidy(latex.plain(" ".join(parts.first)))
        if family or given:
            yield Author(family=family, given=given) if family else Author(literal=given)
