"""An entry of a reference list as a JATS ``ref``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from urllib.parse import unquote

from lxml import etree

from index.records import Reference, plain_key
from index.sources.xml_stream import Element, all_text

__all__ = ["append_text", "cut_beginning", "element", "filled", "last_of", "link_to", "reference_element"]

_NUMBER = re.compile(r"\s*(?:\[(\d{1,4})\]|\((\d{1,4})\)|(\d{1,4})[.)])\s*|\s*(\d{1,4})\s+(?=[A-Z])")
_OPENING = re.compile(r"[\s|·•\[(]+$")
_RULES = re.compile(r"^[\s|·•]*")
_CLOSING = re.compile(r"^[\s|·•\])]*")
_PARTED = (
    "p",
    "list",
    "list-item",
    "tr",
    "td",
    "th",
    "title",
    "caption",
    "fig",
    "def-list",
    "def-item",
    "term",
    "def",
)


def element(tag: str, text: str = "", **attributes: str) -> Element:
    """A new element."""
    made = etree.Element(tag, attributes)
    made.text = text or None
    return made


def last_of(holder: Element) -> Element | None:
    """The last child; unlike ``len`` and ``[-1]`` it does not count the others."""
    return next(holder.iterchildren(reversed=True), None)


def append_text(holder: Element, text: str) -> None:
    """Add ``text`` behind all that ``holder`` has."""
    last = last_of(holder)
    if last is not None:
        last.tail = (last.tail or "") + text
    else:
        holder.text = (holder.text or "") + text


def cut_beginning(paragraph: Element, words: str) -> None:
    """Take ``words``, with which the text of ``paragraph`` begins, away from it."""
    left = len("".join(words.split()))
    for one in paragraph.iter():
        for part in ("text", "tail"):
            # the tail of an element comes behind all that it holds
            if part == "tail" and (one is paragraph or len(one)):
                continue
            kept = getattr(one, part) or ""
            while left and kept:
                left -= not kept[0].isspace()
                kept = kept[1:]
            setattr(one, part, kept if left else kept.lstrip())
            if not left:
                return


def reference_element(block: Element, place: int) -> Element:
    """``block`` as a ``ref``: its number as label, its words as a citation, its links kept without words."""
    ref = etree.Element("ref")
    if name := block.get("id"):
        ref.set("id", name)
    citation = deepcopy(block)
    printed = citation.find("label")
    if printed is not None:
        etree.SubElement(ref, "label").text = "".join(map(str, printed.itertext()))
        citation.remove(printed)
    citation.tail = None
    citation.tag = "mixed-citation"
    for child in list(citation.iterdescendants()):
        if name := child.get("id"):
            ref.append(etree.Element("named-content", id=name))
        if child.tag in _PARTED:
            child.text = f" {child.text or ''}"
            child.tail = f" {child.tail or ''}"
    etree.strip_tags(citation, *_PARTED, "bold", "italic", "xref", "named-content")
    for link in citation.iter("ext-link"):
        if not all_text(link).strip():
            _close_gap(link)
    number = _take_number(citation, place) if printed is None else ""
    if number:
        etree.SubElement(ref, "label").text = number
    ref.append(citation)
    return ref


def _take_number(citation: Element, place: int) -> str:
    """Cut the number off that the entry begins with, where it is its place in a list, or ``""``."""
    for one in citation.iter():
        if isinstance(one.tag, str) and one.text and one.text.strip():
            holder, text, tail = one, one.text, False
        elif one is not citation and one.tail and one.tail.strip():
            holder, text, tail = one, one.tail, True
        else:
            continue
        whole = text + ("" if tail else (holder.tail or ""))
        found = _NUMBER.match(text) or re.fullmatch(r"\s*(\d{1,4})\s*", text)
        if not found or not whole.strip():
            return ""
        number = next(group for group in found.groups() if group)
        bare = found.re is _NUMBER and found.lastindex == 4
        if bare and int(number) != place:
            return ""
        if tail:
            holder.tail = text[found.end() :]
        else:
            holder.text = text[found.end() :]
        return number
    return ""


def _close_gap(link: Element) -> None:
    """Take the brackets and rules away that stood around a link without words."""
    before, parent = link.getprevious(), link.getparent()
    if parent is None:
        return
    told = (parent.text if before is None else before.tail) or ""
    opened = told.rstrip()[-1:] in {"[", "("}
    kept = _OPENING.sub(" ", told, count=1) if opened else re.sub(r"[\s|·•]+$", " ", told)
    if before is None:
        parent.text = kept
    else:
        before.tail = kept
    link.tail = (_CLOSING if opened else _RULES).sub(" ", link.tail or "", count=1)


def filled(cited: Reference, tagged: Sequence[Reference]) -> Reference:
    """An entry with what the record among ``tagged`` tells that names the same paper: by DOI, else title."""
    printed = f" {plain_key(cited.printed)} "
    for one in tagged:
        title = plain_key(one.title)
        same = one.doi.casefold() == cited.doi.casefold() if one.doi and cited.doi else (
            len(title) > 20 and f" {title} " in printed
        )  # fmt: skip
        if same:
            told = {
                name: value for name in _TOLD if (value := getattr(one, name)) and not getattr(cited, name)
            }
            if title and f" {title} " in printed:
                told |= {
                    name: value
                    for name in ("title", "journal", "year", "volume")
                    if (value := getattr(one, name))
                }
                told |= {"authors": one.authors} if one.authors and not cited.authors else {}
            return replace(cited, **told)
    return cited


_TOLD = ("title", "authors", "journal", "year", "date", "volume", "issue", "pages", "doi", "pmid")

_DOI_ADDRESS = re.compile(r"(?:dx\.)?doi\.org/(10\.\d{4,9}/\S+)", re.IGNORECASE)
_PMID_ADDRESS = re.compile(
    r"(?:pubmed\.ncbi\.nlm\.nih\.gov/|/pubmed/|list_uids=|europepmc\.org/abstract/MED/)(\d{4,8})\b",
    re.IGNORECASE,
)
_PMC_ADDRESS = re.compile(r"/(?:pmc/)?articles/(PMC\d{3,9})\b", re.IGNORECASE)


def link_to(address: str) -> tuple[str, str]:
    """The kind of identifier that an address holds, and the identifier: ``("pmid", "23245607")``.

    ``("", "")`` where it holds none.
    """
    for kind, pattern in (("doi", _DOI_ADDRESS), ("pmid", _PMID_ADDRESS), ("pmcid", _PMC_ADDRESS)):
        if found := pattern.search(address):
            return kind, unquote(found[1])
    return "", ""
