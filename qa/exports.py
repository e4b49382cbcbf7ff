"""Bibliographic records as files for reference managers: RIS, BibTeX, CSL-JSON, identifiers.

A list of authors that the source cut short is never written as if it were whole: BibTeX has "and others"
for that, RIS and CSL-JSON get "et al." as a last author without a first name.

RIS: "RIS Format Specifications" (ResearchSoft, 2001), as Zotero and EndNote read it. BibTeX: btxdoc
(Patashnik, 1988) with UTF-8, as biber, Zotero and JabRef read it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from index.records import Author, Reference
from qa.cite import csl

__all__ = ["FORMATS", "bibtex", "csl_json", "identifier", "ids", "ris"]

_RIS_TYPES = {
    "book": "BOOK", "books and documents": "BOOK", "book chapter": "CHAP", "congress": "CPAPER",
    "preprint": "UNPB", "academic dissertation": "THES", "technical report": "RPRT", "dataset": "DATA",
}  # fmt: skip
_BIBTEX_TYPES = {
    "BOOK": "book", "CHAP": "incollection", "CPAPER": "inproceedings", "THES": "phdthesis",
    "RPRT": "techreport", "UNPB": "misc", "DATA": "misc", "JOUR": "article",
}  # fmt: skip
_ESCAPES = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#",
    "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
})  # fmt: skip


def identifier(reference: Reference) -> str:
    """What the paper is asked for by: its PMID, else its DOI, else its PMCID, else nothing."""
    return reference.pmid or reference.doi or reference.pmcid


def ids(references: Iterable[Reference]) -> str:
    """An identifier a line; papers without one are left out."""
    return "".join(f"{name}\n" for one in references if (name := identifier(one)))


def csl_json(references: Iterable[Reference]) -> str:
    """A CSL-JSON list."""
    items = [csl(one, item_id=key) for key, one in _keyed(references)]
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"


# -- RIS -------------------------------------------------------------------------------------------


def ris(references: Iterable[Reference]) -> str:
    """RIS records."""
    return "\n".join(map(_ris, references))


def kind_of(reference: Reference) -> str:
    kinds = (kind.casefold() for kind in reference.publication_types)
    return next((_RIS_TYPES[kind] for kind in kinds if kind in _RIS_TYPES), "JOUR")


def _ris(reference: Reference) -> str:
    first, _, last = reference.pages.partition("-")
    year = str(reference.year or "")
    notice = reference.retraction
    fields = [
        ("TY", kind_of(reference)),
        *(("AU", name) for name in _names(reference, "et al.")),
        ("TI", reference.title),
        ("T2", reference.journal),
        ("PY", year),
        ("DA", reference.date.replace("-", "/") if len(reference.date) > 4 else ""),
        ("VL", reference.volume),
        ("IS", reference.issue),
        ("SP", first),
        ("EP", last),
        ("PB", reference.publisher),
        ("DO", reference.doi),
        ("AN", reference.pmid),
        ("C2", reference.pmcid),
        ("DB", "PubMed" if reference.pmid else ""),
        ("LA", reference.language),
        *(("KW", word) for word in reference.keywords),
        ("UR", reference.url),
        ("N1", _notice(reference)),
        ("N1", "" if reference.title or not reference.printed else f"Printed as: {reference.printed}"),
    ]
    if notice is not None and notice.kind == "retracted" and reference.title:
        fields = [(tag, f"RETRACTED: {value}" if tag == "TI" else value) for tag, value in fields]
    lines = [f"{tag}  - {' '.join(value.split())}" for tag, value in fields if value]
    return "\r\n".join([*lines, "ER  - ", ""])


def _notice(reference: Reference) -> str:
    notice = reference.retraction
    if notice is None:
        return ""
    kind = "Retracted" if notice.kind == "retracted" else "Expression of concern"
    said = " ".join(filter(None, (notice.date, notice.notice)))
    return f"{kind}{': ' if said else ''}{said}"


def _names(reference: Reference, others: str) -> list[str]:
    names = [_inverted(author) for author in reference.authors]
    return names if reference.authors_complete or not names else [*names, others]


def _inverted(author: Author) -> str:
    return author.literal or ", ".join(filter(None, (author.family, author.given)))


# -- BibTeX ----------------------------------------------------------------------------------------


def bibtex(references: Iterable[Reference]) -> str:
    """BibTeX entries, with keys such as ``wu2024``, each used once."""
    return "\n".join(_bibtex(key, one) for key, one in _keyed(references))


def _bibtex(key: str, reference: Reference) -> str:
    kind = _BIBTEX_TYPES[kind_of(reference)]
    holder = {"article": "journal", "misc": "howpublished"}.get(kind, "booktitle")
    if kind in {"book", "phdthesis", "techreport"}:
        holder = "series"
    names = [
        f"{{{_plain(author.literal)}}}" if author.literal else _plain(_inverted(author))
        for author in reference.authors
    ]
    if names and not reference.authors_complete:
        names.append("others")
    title = _plain(reference.title)
    fields = {
        "author": " and ".join(names),
        # A second pair of braces keeps the capitals that the paper has.
        "title": f"{{{title}}}" if title else "",
        holder: _plain(reference.journal),
        "year": str(reference.year or ""),
        "date": reference.date if len(reference.date) > 4 else "",
        "volume": _plain(reference.volume),
        "number": _plain(reference.issue),
        "pages": _plain(reference.pages).replace("-", "--"),
        "publisher": _plain(reference.publisher),
        "doi": reference.doi.replace("{", "").replace("}", ""),
        "pmid": reference.pmid,
        "pmcid": reference.pmcid,
        "url": reference.url.replace("{", "%7B").replace("}", "%7D"),
        "language": reference.language,
        "note": _plain(_notice(reference)),
        "annote": "" if reference.title else _plain(reference.printed),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])


def _plain(text: str) -> str:
    return " ".join(text.split()).translate(_ESCAPES).replace("--", "-{}-")  # TeX makes one dash of two


def _keyed(references: Iterable[Reference]) -> Iterable[tuple[str, Reference]]:
    """Each record with a key that no other has: first author and year, then letters."""
    seen: dict[str, int] = {}
    for one in references:
        first = one.authors[0] if one.authors else Author()
        name = re.sub(r"[^a-z]", "", (first.family or first.literal or one.title).casefold())[:20]
        key = f"{name or 'paper'}{one.year or ''}"
        count = seen[key] = seen.get(key, -1) + 1
        yield key + (_letters(count) if count else ""), one


def _letters(number: int) -> str:
    """1 -> ``a``, 26 -> ``z``, 27 -> ``aa``."""
    letters = ""
    while number:
        number, place = divmod(number - 1, 26)
        letters = chr(ord("a") + place) + letters
    return letters


#: What ``--export`` writes.
FORMATS: Mapping[str, Callable[[Sequence[Reference]], str]] = {
    "ids": ids,
    "ris": ris,
    "bibtex": bibtex,
    "csl": csl_json,
}
