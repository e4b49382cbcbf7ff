"""Bibliographies in a chosen style: Vancouver, AMA, APA, Nature, BMJ. citeproc-py sets them by CSL styles.

The styles in ``qa/styles`` are those of the Citation Style Language project (their notice lies beside them).
What citeproc-py gets wrong in them is mended here, before and after it has set an entry; where it fails,
the entry stands in litquote's own Vancouver style. A list of authors that the source cut short ends in
"et al." in every style, and a retraction stands behind its entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote as quoted

from index.errors import UsageError
from index.records import Author, Reference, plain_key
from qa.cite import csl, vancouver
from qa.exports import kind_of
from qa.notices import noted

_FOLDER = Path(__file__).with_name("styles")
_JOURNAL = "container-title"
_CSL = "{http://purl.org/net/xbiblio/csl}"


@dataclass(frozen=True, slots=True)
class Style:
    """A bibliography's style: its ``name`` for people; ``numbered`` by first mention, else by authors.

    ``preprint``: the CSL type, the field of the server's name, and the genre that make the style print a
    preprint as its manual does. ``italic_others``: whether "et al." is set in italics; ``dashes``: whether a
    range of issues has a dash.
    """

    name: str
    file: str
    numbered: bool = True
    preprint: tuple[str, str, str] = ("article", "publisher", "")
    italic_others: bool = False
    dashes: bool = False


#: The styles by the names that ``--style`` takes.
STYLES: Mapping[str, Style] = {
    "vancouver": Style(
        "Vancouver (NLM, ICMJE)", "vancouver.csl", preprint=("article-journal", _JOURNAL, "Preprint")
    ),
    "ama": Style("AMA, 11th edition", "ama.csl"),
    "apa": Style("APA, 7th edition", "apa.csl", numbered=False, dashes=True),
    "nature": Style("Nature", "nature.csl", italic_others=True),
    "bmj": Style("BMJ", "bmj.csl", preprint=("article-journal", _JOURNAL, ""), italic_others=True),
}


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one look; ``link`` is the address they lead to."""

    text: str
    italic: bool = False
    bold: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper in a bibliography, the ``number``-th of the list (from 1).

    ``mark`` cites it in the text: ``"[1]"``, ``"(Wu et al., 2024)"``.
    """

    key: str
    number: int
    mark: str
    runs: tuple[Run, ...]

    @property
    def numbered(self) -> bool:
        """Whether its mark is its number, which then stands before it in the list."""
        return self.mark.startswith("[")

    @property
    def text(self) -> str:
        """The entry without its look."""
        return "".join(run.text for run in self.runs)


def style_called(name: str) -> Style:
    """The style of this name, any case. Raises UsageError for another one."""
    try:
        return STYLES[name.casefold()]
    except KeyError:
        raise UsageError(f"there is no style {name!r}; the styles are {', '.join(STYLES)}") from None


def bibliography(papers: Iterable[tuple[str, Reference]], style: str = "vancouver") -> list[Entry]:
    """The entries for ``papers`` (keys with their records), in the order of the style.

    Numbered styles keep the order given, the others sort by authors, year and title. Raises UsageError for an
    unknown style.
    """
    chosen = style_called(style)
    listed = [(key, _clean(reference)) for key, reference in papers]
    if chosen.numbered:
        return [
            Entry(key, n, f"[{n}]", _runs(_set(one, chosen) or key, one))
            for n, (key, one) in enumerate(listed, 1)
        ]
    listed.sort(key=lambda pair: _order(pair[1]))
    names = [_named(one) for _, one in listed]
    years = [str(one.year or "n.d.") for _, one in listed]
    entries = []
    for n, (key, one) in enumerate(listed):
        same = [i for i in range(len(listed)) if (names[i], years[i]) == (names[n], years[n])]
        letter = _letter(same.index(n), years[n]) if len(same) > 1 else ""
        entry = (_set(one, chosen) or key).replace(f"({years[n]}", f"({years[n]}{letter}", 1)
        mark = f"({names[n]}, {years[n]}{letter})"
        entries.append(Entry(key, n + 1, mark, _runs(entry, one)))
    return entries


# -- one entry ---------------------------------------------------------------------------------------------

# Characters that no text may interchange (Unicode 23.7) stand for what must come out of citeproc untouched.
_ITALIC, _ROMAN, _BOLD, _LIGHT, _OTHERS, _TITLE = "\ufdd0\ufdd1\ufdd2\ufdd3\ufdd5\ufdd6"
_MARKS = re.compile(f"([{_ITALIC}{_ROMAN}{_BOLD}{_LIGHT}])")
_RESERVED = {code: None for code in range(0xFDD0, 0xFDF0)}
_LOCK = Lock()

_TYPES = {
    "BOOK": "book", "CHAP": "chapter", "CPAPER": "paper-conference", "UNPB": "article", "THES": "thesis",
    "RPRT": "report", "DATA": "dataset",
}  # fmt: skip


def _set(reference: Reference, style: Style) -> str:
    """The entry with its marks of look."""
    try:
        with _LOCK:
            entry = _mended(_rendered(_item(reference, style), style.file), reference, style)
    except Exception:  # an engine's mistake must cost no paper
        entry = ""
    cut_short = bool(reference.authors) and not reference.authors_complete
    if not _MARKS.sub("", entry).strip() or (cut_short and "et al." not in entry):
        entry = vancouver(reference)
    entry = entry.strip()
    said = noted(reference.retraction)
    return f"{entry} [{said}]".strip() if said else entry


def _clean(reference: Reference) -> Reference:
    """``reference`` on one line a field, its title without a full stop, initials apart."""

    def plain(value: str) -> str:
        return " ".join(value.translate(_RESERVED).split())

    texts: dict[str, Any] = {
        name: plain(getattr(reference, name))
        for name in (
            "title",
            "journal",
            "volume",
            "issue",
            "pages",
            "publisher",
            "doi",
            "pmid",
            "pmcid",
            "url",
        )
    }
    authors = tuple(
        _name(Author(plain(one.family), plain(one.given), plain(one.literal))) for one in reference.authors
    )
    if texts["title"].endswith(".") and not texts["title"].endswith(".."):
        texts["title"] = texts["title"][:-1]
    return replace(reference, authors=authors, **texts)


def _name(author: Author) -> Author:
    """``author`` as citeproc finds the initials in it.

    Of ``"RJ"`` it would keep the first letter only; names in letters without capitals have no initials.
    """
    letters = re.sub(r"[\s.]", "", author.given)
    if letters.isalpha() and letters.isupper():
        return replace(author, given=" ".join(f"{one}." for one in letters))
    if letters and not letters[0].isupper() and not letters[0].islower():
        return Author(literal=f"{author.family} {author.given}".strip())
    return author


def _item(reference: Reference, style: Style) -> dict[str, Any]:
    """CSL-JSON with stand-ins for the title and for the authors that are not known."""
    item = csl(replace(reference, retraction=None), item_id="one")
    kind = _TYPES.get(kind_of(reference), "article-journal")
    if kind in {"book", "chapter"}:
        kind = "chapter" if reference.journal else "book"
    elif reference.volume and kind != "thesis":
        kind = "article-journal"
    item["type"] = kind
    if kind == "article":
        item["type"], field, genre = style.preprint
        if reference.journal:
            item[field] = item.pop(_JOURNAL)
        item |= {"genre": genre} if genre else {}
    if reference.title:
        item["title"] = _TITLE
    if reference.authors and not reference.authors_complete:
        item["author"][-1] = {"literal": f"{_OTHERS}."}
    if style.dashes and reference.issue:
        item["issue"] = re.sub(r"(?<=\d)-(?=\d)", "–", reference.issue)
    if reference.doi:
        item.pop("URL", None)
    item.pop("language", None)
    return item


def _mended(entry: str, reference: Reference, style: Style) -> str:
    """An entry as the style means it."""
    entry = " ".join(entry.split()).replace(" ;", " ")  # BMJ's style begins so where the year is unknown
    others = f"{_ITALIC}et al.{_ROMAN}" if style.italic_others else "et al."
    entry = re.sub(rf"(,?)\s*(?:&|…)?\s*{_OTHERS}\.", rf"\1 {others}", entry)
    entry = entry.replace(f"et al.{_ROMAN}.", f"et al.{_ROMAN}")
    if not reference.authors:  # the title stands for the authors, and must not come again
        first, token, rest = entry.partition(_TITLE)
        entry = first + token + re.sub(rf"{_ITALIC}?{_TITLE}{_ROMAN}?[.,]?\s*", "", rest)
    closed = reference.title[-1:] in {"?", "!", "…", "."}
    entry = re.sub(rf"({_TITLE}{_ROMAN}?)\.", r"\1" if closed else r"\1.", entry)
    entry = entry.replace(_TITLE, reference.title)
    if f"https://doi.org/{reference.doi}" in entry:  # Nature's style adds it again where there is no volume
        entry = entry.replace(f" doi:{reference.doi}", "")
    return entry


def _rendered(item: dict[str, Any], file: str) -> str:
    from citeproc import Citation, CitationItem, CitationStylesBibliography
    from citeproc.source.json import CiteProcJSON

    style = _engine(file)
    whole = CitationStylesBibliography(style, CiteProcJSON([item]), _formatter())
    whole.register(Citation([CitationItem(item["id"])]))
    return "".join(str(one) for one in whole.bibliography())


@cache
def _engine(file: str) -> Any:
    """The style of this file, made ready: without its number, which :class:`Entry` has, and mended."""
    import io

    from citeproc import CitationStylesStyle
    from lxml import etree

    root = etree.parse(str(_FOLDER / file)).getroot()
    for number in root.findall(f"{_CSL}bibliography//{_CSL}text[@variable='citation-number']"):
        parent = number.getparent()
        if parent is not None:
            parent.remove(number)
    if file == "vancouver.csl":
        # citeproc-py does not part the parts of a date in a style's own form: "2024May9".
        for part in root.findall(f"{_CSL}locale/{_CSL}date/{_CSL}date-part"):
            if part.get("name") != "year":
                part.set("prefix", " ")
        # Citing Medicine prints a page range with a hyphen.
        terms = root.find(f"{_CSL}locale/{_CSL}terms")
        if terms is not None:
            term = etree.SubElement(terms, f"{_CSL}term", name="page-range-delimiter")
            term.text = "-"
    return CitationStylesStyle(io.BytesIO(etree.tostring(root)), locale="en-US", validate=False)


@cache
def _formatter() -> Any:
    """What citeproc-py asks how a text looks: italic and bold are marked, the rest is left plain."""
    from types import SimpleNamespace

    def marked(left: str, right: str) -> Any:
        return lambda text: f"{left}{text}{right}"

    plain = dict.fromkeys(
        ("preformat", "Light", "Underline", "Superscript", "Subscript", "SmallCaps"), lambda text: text
    )
    italic = marked(_ITALIC, _ROMAN)
    return SimpleNamespace(**plain, Italic=italic, Oblique=italic, Bold=marked(_BOLD, _LIGHT))


def _runs(entry: str, reference: Reference) -> tuple[Run, ...]:
    runs: list[Run] = []
    italic = bold = False
    for piece in _MARKS.split(entry):
        if piece in {_ITALIC, _ROMAN}:
            italic = piece == _ITALIC
        elif piece in {_BOLD, _LIGHT}:
            bold = piece == _BOLD
        elif piece:
            runs.append(Run(piece, italic, bold))
    return tuple(_linked(runs, reference)) if reference.doi else tuple(runs)


def _linked(runs: Sequence[Run], reference: Reference) -> Iterator[Run]:
    """The runs with the DOI leading to the paper; where the style prints none, the title does."""
    address = f"https://doi.org/{quoted(reference.doi, safe='/:;()._-')}"
    for words in filter(None, (f"https://doi.org/{reference.doi}", reference.doi, reference.title)):
        place = next((n for n, run in enumerate(runs) if words in run.text), None)
        if place is not None:
            run = runs[place]
            before, _, after = run.text.partition(words)
            yield from runs[:place]
            yield from ([replace(run, text=before)] if before else [])
            yield replace(run, text=words, link=address)
            yield from ([replace(run, text=after)] if after else [])
            yield from runs[place + 1 :]
            return
    yield from runs


# -- author and year ---------------------------------------------------------------------------------------


def _order(reference: Reference) -> tuple[str, int, str]:
    names = " ".join(f"{one.family or one.literal} {one.given}" for one in reference.authors)
    return plain_key(names or reference.title), reference.year or 0, plain_key(reference.title)


def _named(reference: Reference) -> str:
    """Authors as APA cites them in parentheses."""
    names = [one.family or one.literal for one in reference.authors]
    if not names:
        words = reference.title.split()
        return f"“{' '.join(words[:5])}{'…' * (len(words) > 5)}”"
    if not reference.authors_complete or len(names) > 2:
        return f"{names[0]} et al."
    return " & ".join(names)


def _letter(place: int, year: str) -> str:
    letter = chr(ord("a") + place) if place < 26 else f"z{place}"
    return letter if year.isdigit() else f"-{letter}"
