"""A PubMed article page that was saved as HTML.

By the page's own structure of 2020 to 2026: ``main.article-details`` with ``header#heading`` (twice
the title: ``.full-view`` and ``.short-view``), ``#abstract``, ``#conflict-of-interest``, ``#figures``,
``#references`` and ``meta`` tags named ``citation_…``. Everything else is the page's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote_plus

from lxml import etree, html

from index.errors import SourceError
from index.records import Author, Reference
from index.sources.pubmed_page_record import Notice, SavedPage
from index.sources.pubmed_page_words import publication_type
from index.sources.vancouver import find_doi, parse_citation, strip_links
from index.sources.vancouver_authors import western_name

__all__ = ["looks_like_page", "page_of_html"]

Element = etree._Element

#: Elements that end a word; the others are inside one ("IL-<i>2</i>").
_BLOCKS = frozenset(
    (
        "p",
        "div",
        "br",
        "li",
        "ul",
        "ol",
        "h1",
        "h2",
        "h3",
        "h4",
        "tr",
        "td",
        "section",
        "figure",
        "figcaption",
    )
)
_HIDDEN = frozenset(("script", "style", "button", "svg", "noscript", "template", "select", "input", "form"))

_FIGURE_LABEL = re.compile(
    r"(?:Fig(?:ure|\.)?|Scheme|Table|Graphical abstract)\s?[A-Z]?\d*[A-Za-z]?(?=[\s.:|]|$)"
)

_PMID_URL = r"https?://(?:www\.)?pubmed\.ncbi\.nlm\.nih\.gov/\d{1,8}\b"
_ADDRESS = re.compile(
    rf"<!--[^<>]{{0,300}}?{_PMID_URL}|<link[^<>]+canonical[^<>]+{_PMID_URL}|<link[^<>]+{_PMID_URL}[^<>]+canonical"
    rf"|<meta[^<>]+og:url[^<>]+{_PMID_URL}|<meta[^<>]+{_PMID_URL}[^<>]+og:url",
    re.IGNORECASE,
)
_STRUCTURE = (
    "full-view-heading",
    "full-view-identifiers",
    "heading-title",
    "inline-authors",
    "article-details",
)


def looks_like_page(head: str) -> bool:
    """Whether HTML beginning with ``head`` is PubMed's page of one article: by its address or parts."""
    if not re.search(r"<(?:!doctype html|html|head|body|main|meta|div)\b", head[:4096], re.IGNORECASE):
        return False
    lower = head.lower()
    meta = re.search(r"<meta[^<>]+ncbi_app[^<>]+pubmed|<meta[^<>]+citation_pmid", lower)
    parts = sum(part in lower for part in _STRUCTURE)
    return bool(_ADDRESS.search(head)) or parts >= 3 or (bool(meta) and parts >= 1)


def page_of_html(text: str) -> SavedPage:
    """The parts of the page in ``text``, markup dropped and white space closed up.

    Raises SourceError when there is no HTML in it.
    """
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        root = html.document_fromstring(text, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise SourceError("the file holds no HTML that can be read; save the page again") from error
    meta = _meta(root)
    page = SavedPage()
    main = next(_all(root, "main", "article-details"), root)
    _head(page, _by_id(main, "full-view-heading", "heading"), meta)
    _short(page, _by_id(main, "short-view-heading"))
    _abstract(page, _by_id(main, "abstract"))
    coi = _by_id(main, "conflict-of-interest")
    if coi is not None:
        page.disclosure = [part for part in map(_plain, coi.iter("p")) if part]
    _figures(page, _by_id(main, "figures"))
    _references(page, _by_id(main, "references"))
    _lists(page, main)
    return page


def _meta(root: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in root.iter("meta"):
        name = (tag.get("name") or tag.get("property") or "").lower()
        found.setdefault(name, " ".join((tag.get("content") or "").split()))
    return found


def _classes(element: Element) -> list[str]:
    return (element.get("class") or "").lower().split()


def _all(root: Element | None, tag: str | None, name: str) -> Iterator[Element]:
    """Elements under ``root`` with the class ``name``, in document order."""
    if root is not None:
        for element in root.iter(tag) if tag else root.iter(etree.Element):
            if name in _classes(element):
                yield element


def _by_id(root: Element, *names: str) -> Element | None:
    for name in names:
        for element in root.iter(etree.Element):
            if (element.get("id") or "").lower() == name:
                return element
    return None


def _plain(element: Element | None, *, without: tuple[str, ...] = (), hidden: bool = False) -> str:
    """The words of ``element``, without the classes ``without`` and, unless ``hidden``, without controls."""
    if element is None:
        return ""
    parts: list[str] = []
    skipped: Element | None = None
    for event, node in etree.iterwalk(element, events=("start", "end")):
        unwanted = (node.tag in _HIDDEN and not hidden) or any(name in without for name in _classes(node))
        if event == "start" and skipped is None:
            if unwanted and node is not element:
                skipped = node
            else:
                parts += [" " if node.tag in _BLOCKS else "", node.text or ""]
        elif event == "end":
            if skipped is node:
                skipped = None
            if skipped is None and node is not element:
                parts += [" " if node.tag in _BLOCKS else "", node.tail or ""]
    return " ".join("".join(parts).split())


def _head(page: SavedPage, head: Element | None, meta: dict[str, str]) -> None:
    page.title = _plain(next(_all(head, None, "heading-title"), None)) or meta.get("citation_title", "")
    page.citation = _plain(next(_all(head, None, "cit"), None)) or _us_date(meta.get("citation_date", ""))
    page.types = [found for kind in _all(head, None, "publication-type") if (found := _type(_plain(kind)))]
    button = next(_all(head, None, "journal-actions-trigger"), None)
    page.journal = " ".join((button.text or "").split()) if button is not None else ""
    page.journal = (
        page.journal or meta.get("citation_publisher", "") or meta.get("citation_journal_title", "")
    )
    page.doi = find_doi(meta.get("citation_doi", "")) or find_doi(
        _plain(next(_all(head, None, "citation-doi"), None))
    )
    page.pmid = meta.get("citation_pmid", "") or meta.get("ncbi_uidlist", "")
    for item in _all(head, None, "identifier"):
        told = _plain(item)
        if "pubmed" in _classes(item):
            page.pmid = _plain(next(_all(item, None, "current-id"), None)) or page.pmid
        elif "doi" in _classes(item):
            page.doi = find_doi(told) or page.doi
        elif pmc := re.search(r"PMC\d+", told):
            page.pmcid = pmc[0]
    page.pmid = page.pmid if re.fullmatch(r"\d{1,8}", page.pmid) else ""
    names = [name for box in _all(head, None, "inline-authors") for name in _all(box, None, "full-name")]
    page.authors = tuple(author for author in map(_author, names) if author.name)
    if not page.authors:
        listed = [name.strip() for name in meta.get("citation_authors", "").split(";")]
        page.authors = tuple(western_name(name) for name in listed if name)
    whole = _plain(head)
    page.retracted = bool(re.search(r"\bretracted article\b", whole, re.IGNORECASE))


def _type(printed: str) -> str:
    return publication_type(printed) or printed


def _us_date(date: str) -> str:
    """The year out of PubMed's ``citation_date`` (``"05/09/2024"``, ``"2024 May"``)."""
    year = re.search(r"\b(?:1[89]|20)\d\d\b", date)
    return year[0] if year else ""


def _author(element: Element) -> Author:
    """A name whose link ("?term=van+der+Berg+AB&cauthor_id=…") says where the family name begins."""
    name = _plain(element)
    term = re.search(r"[?&]term=([^&#]+)", element.get("href") or "")
    searched = unquote_plus(term[1]) if term else ""
    if "corporate author" in searched.lower():
        return Author(literal=name)
    family = re.sub(r"\s+\S+$", "", searched)
    if family and name.casefold().endswith(f" {family.casefold()}"):
        return Author(family=name[-len(family) :], given=name[: -len(family)].strip())
    return western_name(name)


def _short(page: SavedPage, short: Element | None) -> None:
    """Fill what the full heading lacks from the short one ("Lei Wu et al. Front Neurol. 2024.")."""
    if short is None:
        return
    page.title = page.title or _plain(next(_all(short, None, "heading-title"), None))
    page.journal = page.journal or _plain(next(_all(short, None, "citation-journal"), None)).rstrip(". ")
    page.types = page.types or [
        found for kind in _all(short, None, "publication-type") if (found := _type(_plain(kind)))
    ]
    if not page.citation:
        page.citation = _us_date(_plain(next(_all(short, None, "date"), None)))
    if not page.authors:
        names = next(_all(short, None, "authors-list"), None)
        if names is None:
            names = next(_all(short, None, "short-citation"), None)
        first, cut, _ = _plain(names).partition(" et al")
        if first and len(first.split()) <= 6:
            page.authors, page.authors_complete = (western_name(first.rstrip(".")),), not cut


def _abstract(page: SavedPage, box: Element | None) -> None:
    if box is None:
        return
    chosen = [part for part in _all(box, None, "abstract-content") if "selected" in _classes(part)]
    parts = chosen[:1] or list(_all(box, None, "abstract-content"))[:1] or [box]
    for paragraph in [p for part in parts for p in part.iter("p")]:
        if "keywords" not in _plain(paragraph).lower()[:10] and "copyright" not in _classes(paragraph):
            _abstract_part(page, paragraph)
    for paragraph in box.iter("p"):
        told = _plain(paragraph)
        if re.match(r"key ?words?:", told, re.IGNORECASE):
            page.keywords = page.keywords or told


def _abstract_part(page: SavedPage, paragraph: Element) -> None:
    title = next(_all(paragraph, None, "sub-title"), None)
    label = _plain(title).rstrip(": ")
    text = _plain(paragraph, without=("sub-title",)) if label else _plain(paragraph)
    if text and not re.match(r"(?:no abstract available\b|©|copyright\b)", text, re.IGNORECASE):
        page.abstract.append((label or "Abstract", text, bool(label)))


def _figures(page: SavedPage, box: Element | None) -> None:
    if box is None:
        return
    items = list(box.iter("figure")) or [*_all(box, None, "figure-item")] or [*_all(box, None, "figure")]
    for item in items:
        image = next(item.iter("img"), None)
        caption = next(item.iter("figcaption"), None)
        told = _plain(next(_all(item, None, "figure-caption"), item) if caption is None else caption)
        label = (image.get("alt") or "").strip().rstrip(".:") if image is not None else ""
        if named := _FIGURE_LABEL.match(told):
            label = label or named[0]
        if label:  # it stands twice where both the picture and the caption have it
            told = re.sub(rf"^(?:{re.escape(label)}(?!\w)[\s.:|]*){{1,2}}", "", told, flags=re.IGNORECASE)
        if told.endswith(("…", "...")):
            page.cut_figures += 1
        elif told:
            page.figures.append((label, told))


def _references(page: SavedPage, box: Element | None) -> None:
    if box is None:
        return
    if total := re.search(r"show all (\d+) references", _plain(box, hidden=True), re.IGNORECASE):
        page.total = int(total[1])
    for item in box.iter("li"):
        if any(True for _ in item.iter("li") if _ is not item):
            continue
        printed = strip_links(_plain(item))
        if not re.search(r"[^\W\d_]{2}", printed):
            continue
        entry = parse_citation(printed, number=len(page.references) + 1)
        page.references.append(_with_links(entry, item))


def _with_links(entry: Reference, item: Element) -> Reference:
    """``entry`` with the identifiers that PubMed's links behind it carry."""
    pmid, pmcid, doi = "", "", ""
    for link in _all(item, "a", "reference-link"):
        address = link.get("href") or ""
        if found := re.search(r"doi\.org/(10\..+)$", address):
            doi = find_doi(unquote_plus(found[1]))
        elif found := re.search(r"\bPMC\d+", address):
            pmcid = found[0]
        elif found := re.fullmatch(r"(?:https?://pubmed\.ncbi\.nlm\.nih\.gov)?/(\d{1,8})/?", address):
            pmid = found[1]
    return replace(entry, pmid=entry.pmid or pmid, pmcid=entry.pmcid or pmcid, doi=entry.doi or doi)


def _lists(page: SavedPage, main: Element) -> None:
    """Publication types, MeSH terms and notices: a heading, and the list that follows it."""
    for heading in main.iter("h2", "h3"):
        name = _plain(heading)
        items = [_plain(item, hidden=True) for item in _list_after(heading)]
        if name.casefold() == "publication types":
            page.types += [kind for kind in map(_type, items) if kind]
        elif name.casefold() == "mesh terms":
            page.mesh += [item.split(" / ")[0].rstrip("*") for item in items]
        elif re.fullmatch(r"(?:[A-Z][a-z]+ (?:[a-z]+ ){0,3})(?:in|on|of|for|from)", name):
            for item in items:
                pmid = re.search(r"\bPMID:\s*(\d{1,8})", item)
                page.notices.append(Notice(name, re.sub(r"\s*\bPMID:.*$", "", item), pmid[1] if pmid else ""))


def _list_after(heading: Element) -> list[Element]:
    for sibling in heading.itersiblings(etree.Element):
        if sibling.tag in {"h2", "h3"}:
            return []
        if items := list(sibling.iter("li")):
            return items
    return []
