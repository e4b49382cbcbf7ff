"""The running text of a web page: styles, links that cite, formulas."""

from __future__ import annotations

import re
from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass, field

from index.sources.article_entries import append_text, element, link_to
from index.sources.article_tree import ArticleTree
from index.sources.html_open import Measures, tokens
from index.sources.html_pieces import SITE_LINK, STYLES, styled
from index.sources.jats_names import HREF
from index.sources.xml_stream import Element, all_text

__all__ = ["InlineWriter"]

_DEEPEST = 40
_FORMULAS = frozenset({"math", "mathimg", "equation", "formula", "inline"})


@dataclass(slots=True)
class InlineWriter:
    """Writes one paragraph after the other. ``cited``: ids of the page's reference list.

    ``site``: what only surrounds an article (links to enlarge, to other sites) is left out.
    """

    tree: ArticleTree
    measures: Measures
    cited: Collection[str] = ()
    site: bool = True
    _para: Element | None = None
    _inlines: list[tuple[Element, Element]] = field(default_factory=list)
    _ids: list[str] = field(default_factory=list)
    _figure: Element | None = None
    _colon: bool = False
    _waiting: list[str] = field(default_factory=list)
    _into: Element | None = None

    def _inline(self, one: Element) -> bool:
        """Begin a piece of a line; false where a link is the site's."""
        name = one.tag
        if name == "a" and one.get("href") is not None:
            return self._link(one)
        if name in STYLES and len(self._inlines) < _DEEPEST:
            self._push(one, element(STYLES[name]))
        elif name == "q":
            self._text("“")
        elif name == "span" and len(self._inlines) < _DEEPEST and (style := styled(one)):
            self._push(one, element(style))
        return True

    def _link(self, one: Element) -> bool:
        address = one.get("href", "").strip()
        text = " ".join(all_text(one).split())
        target = address.partition("#")[2]
        if target in self.cited and target and not self.tree.in_references:
            self._push(one, element("xref", **{"ref-type": "bibr", "rid": target}))
            return True
        if self.site and len(text) < 80 and SITE_LINK.fullmatch(text) and not address.startswith("#"):
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
        """Where the next element goes."""
        self._pour()
        return self._current()

    def _current(self) -> Element:
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
        top = self._current()
        if self._into is not top:
            self._pour()
            self._into = top
        self._waiting.append(text)

    def _pour(self) -> None:
        """Write the text that waits: joined once, as a page may hold it in many small pieces."""
        top, text = self._into, "".join(self._waiting)
        self._into = None
        self._waiting.clear()
        if top is None or not text:
            return
        append_text(top, text)

    def _whole(self, one: Element) -> bool:
        """Write an element that is read as one piece; always false: nothing in it is read again."""
        if one.tag == "br":
            self._text(" ")
        elif one.tag == "math":
            formula = deepcopy(one)
            formula.tail = None
            self._top().append(formula)
        elif one.tag == "svg" and self._para is not None and "vertical-align" in one.get("style", ""):
            self._top().append(element("inline-formula"))
        elif (one.tag == "img" and not self.site and self._para is not None) or (
            one.tag == "img" and tokens(one) & _FORMULAS and self._para is not None
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
