"""The article of a web page as JATS elements, written in one pass without recursion."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from lxml import etree

from index.records import plain_key
from index.sources.article_tree import element
from index.sources.html_figures import close_figure, is_figure, label_in
from index.sources.html_inline import InlineWriter
from index.sources.html_main import HEADINGS, SKIPPED, heading_text, is_furniture
from index.sources.html_open import tokens
from index.sources.html_pieces import (
    ARTICLE_KIND,
    BLOCKS,
    PARTS,
    SITE_LINE,
    has_more_than_heading,
    is_data,
    list_kind,
)  # fmt: skip
from index.sources.xml_stream import Element, all_text

__all__ = ["Converter"]

_DEEPEST = 40


@dataclass(slots=True)
class _Holder:
    source: Element
    made: Element
    outer: Element | None = None


@dataclass(slots=True)
class Converter(InlineWriter):
    """Writes what is in elements of a page into ``tree``.

    ``entries``: tags and classes of the entries of its reference list. ``is_article``: authors and
    addresses may stand before the first part.
    """

    entries: Collection[tuple[str, str]] = ()
    is_article: bool = False
    title: str = ""
    _holders: list[_Holder] = field(default_factory=list)
    _marks: list[tuple[Element, int]] = field(default_factory=list)
    _heading: Element | None = None
    _begun: bool = False
    _skipped: Element | None = None

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
                    if one.tag in BLOCKS:
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
        lines = [
            " ".join(all_text(part).split())
            for part in one.iter("li", "p", "div", "dd")
            if next(part.iterdescendants("li", "p", "div", "dd"), None) is None
        ]
        if sum(len("".join(line.split())) for line in lines) < self.measures.text.get(one, 0):
            lines = [" ".join(" ".join(map(str, one.itertext())).split())]  # some of it stands between those
        self.tree.affiliations += filter(None, lines)
        return True

    def _start(self, one: Element) -> bool:
        """Begin an element; false where its content is not to be read."""
        name = one.tag
        for key in (one.get("id"), one.get("name") if name == "a" else None):
            if key and key in self.cited:
                self._ids.append(key)
        if name == "pre":
            self._flush()
            if (all_text(one)).strip():
                paragraph = element("p")
                paragraph.append(element("preformat", all_text(one)))
                self._attach(paragraph)
            return False
        if name in {"math", "img", "br", "svg"}:
            return self._whole(one)
        if self._heading is not None:
            if name in BLOCKS:
                self._text(" ")
            else:
                self._inline(one)
        elif name in HEADINGS:
            self._flush()
            self._heading, self._para, self._inlines = one, element("title"), []
        elif name not in BLOCKS:
            return self._inline(one)
        else:
            self._flush()
            self._block(one)
        return True

    def _block(self, one: Element) -> None:
        """Begin a block: the first of these that it is."""
        for begin in (self._table, self._list, self._figured, self._part):
            if begin(one):
                return

    def _table(self, one: Element) -> bool:
        name = one.tag
        holder = self._holders[-1].made if self._holders else None
        if name == "table" and not self._in_table() and is_data(one, self.measures):
            self._open(one, element("table-wrap"), "table")
        elif name not in {"tr", "td", "th", "caption"} or not self._in_table():
            return False
        elif name == "tr" and holder is not None and holder.tag == "table":
            self._open(one, element("tr"))
        elif name == "caption":
            self._holders.append(_Holder(one, etree.SubElement(self._wrap(), "caption")))
        elif holder is not None and holder.tag == "tr":
            spans = {key: told for key in ("rowspan", "colspan") if (told := one.get(key))}
            self._open(one, element(name, **spans))
        return True

    def _list(self, one: Element) -> bool:
        name = one.tag
        holder = self._holders[-1].made if self._holders else None
        in_list = holder is not None and holder.tag == "list"
        entry = self.tree.in_references and not self._holders and (name, one.get("class", "")) in self.entries
        if name in {"ul", "ol", "menu", "dir"} and len(self._holders) < _DEEPEST and not self._in_table():
            self._open(one, element("list", **{"list-type": list_kind(one)}))
        elif entry or (name == "li" and in_list):
            self._open(one, element("list-item"))
        elif name == "dl" and not self._holders:
            self._open(one, element("def-list"))
        elif name in {"dt", "dd"} and holder is not None and holder.tag == "def-list":
            if name == "dt" or not len(holder):
                etree.SubElement(holder, "def-item")
            made = etree.SubElement(holder[-1], "term" if name == "dt" else "def")
            self._holders.append(_Holder(one, made))
        else:
            return False
        return True

    def _figured(self, one: Element) -> bool:
        if self._figure is not None or self._in_table() or not is_figure(one, self.measures):
            return False
        self._figure = one
        figure = element("fig", **({"id": one.get("id", "")} if one.get("id") else {}))
        self._holders.append(_Holder(one, etree.SubElement(figure, "caption"), figure))
        return True

    def _part(self, one: Element) -> bool:
        named = f"{one.get('class', '')} {one.get('id', '')}"[:300]
        if self._holders or not (one.tag in {"section", "article"} or PARTS.search(named)):
            return False
        if has_more_than_heading(one, self.measures):
            self._marks.append((one, self.tree.mark()))
        return True

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
        if self._heading is not None or one.tag not in BLOCKS:
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
            head = wrap.find("caption")
            (etree.SubElement(wrap, "caption") if head is None else head).append(made)
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

    def _end_heading(self, one: Element) -> None:
        self._pour()
        title, self._heading, self._para, self._inlines = self._para, None, None, []
        if title is None or not all_text(title).strip():
            return
        if self._holders:
            title.tag = "p"
            self._attach(title)
            return
        if self.is_article and not self._begun and ARTICLE_KIND.fullmatch(heading_text(one)):
            self.tree.affiliations.append(heading_text(one))
            return
        self._colon = True
        self._begun = self._begun or plain_key(heading_text(one)) != plain_key(self.title)
        self._take_ids(title)
        self.tree.heading(int(one.tag[1]), title)

    def _flush(self) -> None:
        """End the paragraph."""
        if self._heading is not None:
            return
        self._pour()
        made, self._para, self._inlines = self._para, None, []
        if made is None or not (all_text(made).strip() or len(made)):
            return
        if self.site and SITE_LINE.fullmatch(" ".join(all_text(made)[:200].split())):
            return
        if self._ids and (self._holders or self.tree.in_references):
            self._take_ids(made)
        if not self._holders and (figure := label_in(made)) is not None:
            made = figure
        self._attach(made)
