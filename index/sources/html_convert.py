"""The article of a web page as JATS elements, written in one pass without recursion."""

from __future__ import annotations

import re
from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass, field

from lxml import etree

from index.records import plain_key
from index.sources.article_entries import link_to
from index.sources.article_tree import ArticleTree, element
from index.sources.html_figures import close_figure, is_figure, label_in
from index.sources.html_main import HEADINGS, SKIPPED, heading_text, is_furniture
from index.sources.html_open import Measures, tokens
from index.sources.jats_names import HREF
from index.sources.xml_stream import Element, all_text

__all__ = ["Converter"]

_BLOCKS = HEADINGS | frozenset({
    "p", "div", "section", "article", "main", "header", "footer", "address", "blockquote", "center", "fieldset", "form",
    "figure", "figcaption", "aside", "details", "summary", "hgroup", "ul", "ol", "dl", "dt", "dd", "li", "table", "hr",
    "pre", "body", "tr", "td", "th", "caption", "thead", "tbody", "tfoot", "legend", "html", "menu", "dir",
})  # fmt: skip
_STYLES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "sub": "sub", "sup": "sup", "cite": "italic",
    "var": "italic", "dfn": "italic",
}  # fmt: skip
_PARTS = re.compile(r"(?:^|[-_\s])(?:sub)?sec(?:tion)?s?[-_\d]*(?:$|\s)|abstract", re.IGNORECASE)
_UI = re.compile(
    r"\W*(?:(?:view|open|download|click|show|see|go to|jump to|return to|back to|get|find|expand|collapse|enlarge|zoom)\b"
    r".{0,50}|.{0,20}(?:google scholar|powerpoint slide|full[- ]size|larger image|original image|in new (?:tab|window)|in context"
    r"|original jpg|high[- ]res image)\b.{0,20}|ppt|png|tiff?|top|pdf|\[?pubmed\]?.{0,12}|cross ?ref.{0,12}|medline|web of science.{0,8}|scopus|isi|cas"
    r"|pmc free article|free full text|full text.{0,14}|publisher full text|abstract|find it|doi|openurl|chemport|webcite|ads|article)\W*",
    re.IGNORECASE,
)
#: What kind of article this is, printed over its title.
_KINDS = re.compile(
    r"(?:(?:original|research|review|focused|mini|full|short|brief|systematic|clinical|open access|perspective|methods?|hypothesis|and|theory"
    r"|case|data|technical) ?)*(?:articles?|reviews?|reports?|papers?|communications?|letters?|editorial|protocol)?",
    re.IGNORECASE,
)
_DEEPEST = 40


@dataclass(slots=True)
class _Holder:
    source: Element
    made: Element
    outer: Element | None = None


@dataclass(slots=True)
class Converter:
    """Writes the children of elements into ``tree``. ``cited``: ids of the page's reference list;
    ``entries``: tags and classes of its entries. ``site``: what only surrounds an article is left out."""

    tree: ArticleTree
    measures: Measures
    title: str = ""
    cited: Collection[str] = ()
    entries: Collection[tuple[str, str]] = ()
    is_article: bool = False
    site: bool = True
    names: set[str] = field(default_factory=set)
    _holders: list[_Holder] = field(default_factory=list)
    _marks: list[tuple[Element, int]] = field(default_factory=list)
    _para: Element | None = None
    _inlines: list[tuple[Element, Element]] = field(default_factory=list)
    _heading: Element | None = None
    _ids: list[str] = field(default_factory=list)
    _figure: Element | None = None
    _begun: bool = False

    def write(self, root: Element) -> None:
        """Write everything in ``root`` that is the article's."""
        whole = self.measures.text.get(root, 0)
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, one in walk:
            if event == "start":
                passed = one is not root and (
                    (is_furniture(one, self.measures, whole) if self.site else one.tag in SKIPPED)
                    or self._is_title(one)
                    or self._is_people(one, whole)
                )
                if one.tag == "svg":
                    passed = False
                if passed or not self._start(one):
                    if one.tag in _BLOCKS:
                        self._flush()
                    walk.skip_subtree()
                    self._skipped = one
                else:
                    self._text(one.text)
            else:
                self._end(one)
                if one is not root:
                    self._text(one.tail)
        self._flush()

    _skipped: Element | None = None
    _colon: bool = False

    def _is_title(self, one: Element) -> bool:
        """Whether this is the paper's title, which is printed before all else."""
        return (
            one.tag in HEADINGS and bool(self.title) and plain_key(heading_text(one)) == plain_key(self.title)
        )

    def _is_people(self, one: Element, whole: int) -> bool:
        """Take the authors and their addresses, where they stand before the first part."""
        if (
            self._begun
            or not self.is_article
            or one.tag not in {"div", "section", "ul", "ol", "dl", "p", "header"}
        ):
            return False
        if not tokens(one) & {
            "affiliation",
            "affiliations",
            "aff",
            "affs",
            "author",
            "authors",
            "contrib",
            "contributors",
        }:
            return False
        if self.measures.text.get(one, 0) > min(8000, 0.3 * whole) or any(
            "abstract" in heading_text(two).lower() for two in one.iter(*HEADINGS)
        ):
            return False
        for part in one.iter("li", "p", "div", "dd"):
            text = " ".join(all_text(part).split())
            if (
                text
                and next(part.iter("li", "p", "div", "dd"), None) is part
                and not len(part.findall(".//li") + part.findall(".//p") + part.findall(".//div"))
            ):
                self.tree.affiliations.append(text)
        return True

    def _start(self, one: Element) -> bool:
        """Begin an element; false where its content is not to be read."""
        name = one.tag
        for key in (one.get("id"), one.get("name") if name == "a" else None):
            if key and key in self.cited:
                self._ids.append(key)
        if name in {"math", "img", "br", "pre", "svg"}:
            return self._whole(one)
        if self._heading is not None:
            if name in _BLOCKS:
                self._text(" ")
            else:
                self._inline(one)
        elif name in HEADINGS:
            self._flush()
            self._heading, self._para, self._inlines = one, element("title"), []
        elif name not in _BLOCKS:
            return self._inline(one)
        else:
            self._flush()
            self._block(one)
        return True

    def _block(self, one: Element) -> None:
        name = one.tag
        holder = self._holders[-1].made if self._holders else None
        if name == "table" and not self._in_cell() and _is_data(one, self.measures):
            self._open(one, element("table-wrap"), "table")
        elif name in {"tr", "td", "th", "caption"} and self._in_table():
            if name == "tr" and holder is not None and holder.tag == "table":
                self._open(one, element("tr"))
            elif name == "caption":
                self._holders.append(_Holder(one, etree.SubElement(self._wrap(), "caption")))
            elif holder is not None and holder.tag == "tr":
                cell = element(name)
                for key in ("rowspan", "colspan"):
                    if one.get(key):
                        cell.set(key, one.get(key, ""))
                self._open(one, cell)
        elif name in {"ul", "ol", "menu", "dir"} and len(self._holders) < _DEEPEST and not self._in_cell():
            self._open(one, element("list", **{"list-type": _kind(one)}))
        elif self.tree.in_references and not self._holders and (name, one.get("class", "")) in self.entries:
            self._open(one, element("list-item"))
        elif name == "li" and holder is not None and holder.tag == "list":
            self._open(one, element("list-item"))
        elif name == "dl" and not self._holders:
            self._open(one, element("def-list"))
        elif name in {"dt", "dd"} and holder is not None and holder.tag == "def-list":
            if name == "dt" or not len(holder):
                etree.SubElement(holder, "def-item")
            self._holders.append(
                _Holder(one, etree.SubElement(holder[-1], "term" if name == "dt" else "def"))
            )
        elif self._figure is None and not self._in_cell() and is_figure(one, self.measures):
            self._figure = one
            figure = element("fig", **({"id": one.get("id", "")} if one.get("id") else {}))
            self._holders.append(_Holder(one, etree.SubElement(figure, "caption"), figure))
        elif name in {"section", "article"} or _PARTS.search(
            f"{one.get('class', '')} {one.get('id', '')}"[:300]
        ):
            if not self._holders and _has_more_than_heading(one, self.measures):
                self._marks.append((one, self.tree.mark()))

    def _open(self, one: Element, made: Element, inner: str = "") -> None:
        """Hold what follows in ``made``, or in a child of it."""
        self._holders.append(_Holder(one, etree.SubElement(made, inner) if inner else made, made))

    def _end(self, one: Element) -> None:
        if one is self._skipped:
            self._skipped = None
            return
        if one is self._heading:
            self._end_heading(one)
            return
        if self._heading is not None or one.tag not in _BLOCKS:
            self._end_inline(one)
            return
        self._flush()
        while self._holders and self._holders[-1].source is one:
            self._settle(self._holders.pop())
        if self._marks and self._marks[-1][0] is one:
            self.tree.close(self._marks.pop()[1])

    def _settle(self, holder: _Holder) -> None:
        """Hand a finished list, table or figure to what holds it."""
        made = holder.outer
        if made is None:
            return
        if made.tag == "fig":
            self._figure = None
            for one in close_figure(made, self.tree.here if not self._holders else None):
                self._attach(one)
        elif made.tag == "list-item" and not self._holders:
            if self._ids:
                self._take_ids(made)
            self.tree.add(made)
        elif made.tag == "table-wrap":
            caption = made.find("caption")
            if caption is not None:
                close_figure(made, None)
            self._attach(made)
        elif all_text(made).strip() or made.tag in {"td", "th"} or made.get("id"):
            self._attach(made)

    def _attach(self, made: Element) -> None:
        if not self._holders:
            self.tree.add(made)
            return
        holder = self._holders[-1].made
        if holder.tag == "caption" and made.tag == "table-wrap":
            figure = self._holders[-1].outer
            table = made.find("table")
            if figure is not None and figure.find("table") is None and table is not None:
                for caption in made.findall("caption"):
                    holder.extend(list(caption))
                figure.append(table)
            elif figure is not None:
                figure.append(made)
            return
        if holder.tag == "list" and made.tag != "list-item":
            etree.SubElement(holder, "list-item").append(made)
        elif holder.tag in {"table", "tr"} and made.tag not in {"tr", "td", "th"}:
            wrap = self._wrap()
            caption = wrap.find("caption")
            (etree.SubElement(wrap, "caption") if caption is None else caption).append(made)
        elif holder.tag == "def-list":
            etree.SubElement(etree.SubElement(holder, "def-item"), "def").append(made)
        else:
            holder.append(made)

    def _wrap(self) -> Element:
        return next(
            one.outer
            for one in reversed(self._holders)
            if one.outer is not None and one.outer.tag == "table-wrap"
        )

    def _in_table(self) -> bool:
        return any(one.made.tag == "table" for one in self._holders)

    _in_cell = _in_table

    def _end_heading(self, one: Element) -> None:
        title, self._heading, self._para, self._inlines = self._para, None, None, []
        if title is None or not all_text(title).strip():
            return
        if self._holders:
            title.tag = "p"
            self._attach(title)
            return
        if not self._begun and _KINDS.fullmatch(heading_text(one)):
            self.tree.affiliations.append(heading_text(one))
            return
        self._colon = True
        self._begun = self._begun or plain_key(heading_text(one)) != plain_key(self.title)
        self._take_ids(title)
        self.tree.heading(int(one.tag[1]), title)

    def _inline(self, one: Element) -> bool:
        """Begin a piece of a line; false where a link is the site's."""
        name = one.tag
        if name == "a" and one.get("href") is not None:
            return self._link(one)
        if name in _STYLES and len(self._inlines) < _DEEPEST:
            self._push(one, element(_STYLES[name]))
        elif name == "q":
            self._text("“")
        elif name == "span" and len(self._inlines) < _DEEPEST and (style := _styled(one)):
            self._push(one, element(style))
        return True

    def _link(self, one: Element) -> bool:
        address = one.get("href", "").strip()
        text = " ".join(all_text(one).split())
        target = address.partition("#")[2]
        if target in self.cited and target and not self.tree.in_references:
            self._push(one, element("xref", **{"ref-type": "bibr", "rid": target}))
            return True
        if self.site and len(text) < 80 and _UI.fullmatch(text) and not address.startswith("#"):
            if self.tree.in_references:
                kind, value = link_to(address)
                link = element("ext-link", **({"ext-link-type": kind, HREF: value} if kind else {}))
                self._top().append(link)
                return False
            if self._figure is not None or text.lower() not in {"abstract", "article", "doi", "pdf"}:
                return False
        if self.tree.in_references:
            kind, value = link_to(address)
            if kind and not text.startswith(("http", "10.", "doi")):
                self._top().append(element("ext-link", **{"ext-link-type": kind, HREF: value}))
        return True

    def _end_inline(self, one: Element) -> None:
        if one.tag == "q":
            self._text("”")
        while any(source is one for source, _ in self._inlines):
            self._inlines.pop()

    def _push(self, one: Element, made: Element) -> None:
        top = self._top()
        top.append(made)
        self._inlines.append((one, made))

    def _top(self) -> Element:
        if self._para is None:
            self._para, self._inlines = element("p"), []
        return self._inlines[-1][1] if self._inlines else self._para

    def _text(self, text: str | None) -> None:
        if not text or (self._para is None and not text.strip()):
            return
        if self._colon:  # behind a heading
            self._colon = False
            text = re.sub(r"^\s*[:.](?=\s|$)\s*", "", text)
            if not text.strip():
                return
        top = self._top()
        if len(top):
            top[-1].tail = (top[-1].tail or "") + text
        else:
            top.text = (top.text or "") + text

    def _whole(self, one: Element) -> bool:
        """Write an element that is read as one piece; always false: nothing in it is read again."""
        if one.tag == "br":
            self._text(" ")
        elif one.tag == "math":
            formula = deepcopy(one)
            formula.tail = None
            self._top().append(formula)
        elif one.tag == "pre":
            self._flush()
            code = element("preformat", all_text(one))
            if code.text and code.text.strip():
                paragraph = element("p")
                paragraph.append(code)
                self._attach(paragraph)
        elif one.tag == "svg" and self._para is not None and "vertical-align" in one.get("style", ""):
            self._top().append(element("inline-formula"))
        elif one.tag == "img" and not self.site and self._para is not None:
            self._top().append(element("inline-graphic"))
        elif (
            one.tag == "img"
            and tokens(one) & {"math", "mathimg", "equation", "formula", "inline"}
            and self._para is not None
        ):
            self._top().append(element("inline-graphic"))
        return False

    def _take_ids(self, made: Element) -> None:
        for name in self._ids:
            if made.get("id") is None:
                made.set("id", name)
            else:
                made.append(element("named-content", id=name))
        self._ids.clear()

    def _flush(self) -> None:
        """End the paragraph."""
        if self._heading is not None:
            return
        made, self._para, self._inlines = self._para, None, []
        if made is None or not (all_text(made).strip() or len(made)):
            return
        if self._ids and (self._holders or self.tree.in_references):
            self._take_ids(made)
        if not self._holders and (figure := label_in(made)) is not None:
            made = figure
        self._attach(made)


def _styled(span: Element) -> str:
    named = f"{span.get('class', '')} {span.get('style', '')}"[:300].lower()
    return "italic" if "italic" in named else "sup" if re.search(r"\bsuper(?:script)?\b", named) else ""


def _kind(listed: Element) -> str:
    if listed.tag != "ol":
        return "simple" if re.search(r"list-style(?:-type)?:\s*none", listed.get("style", "")) else "bullet"
    kinds = {"a": "alpha-lower", "A": "alpha-upper", "i": "roman-lower", "I": "roman-upper"}
    return kinds.get(listed.get("type", ""), "order")


def _has_more_than_heading(one: Element, measures: Measures) -> bool:
    heading = next(one.iter(*HEADINGS), None)
    return heading is not None and measures.text.get(one, 0) > measures.text.get(heading, 0) + 20


def _is_data(table: Element, measures: Measures) -> bool:
    """Whether a table holds data rather than the layout of the page."""
    if (
        table.get("role", "").lower() in {"presentation", "none"}
        or next(table.iter(*HEADINGS), None) is not None
    ):
        return False
    if any(one is not table for one in table.iter("table")):
        return False
    widest = max((sum(1 for c in row if c.tag in {"td", "th"}) for row in table.iter("tr")), default=0)
    cells = [measures.text.get(one, 0) for one in table.iter("td", "th")]
    return widest > 1 and max(cells, default=0) < 3000 and sum(1 for n in cells if n) > 1
