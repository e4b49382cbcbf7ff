"""The text of a Word document (ISO/IEC 29500, transitional and strict) as JATS elements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from index.sources.article_entries import append_text, element, last_of
from index.sources.article_tree import ArticleTree
from index.sources.docx_math import formula
from index.sources.docx_styles import Kind, Numbering, Styles
from index.sources.html_figures import close_figure
from index.sources.xml_stream import Element, all_text

__all__ = ["Writer"]

#: Passed through to what they hold: content controls, links, accepted insertions.
_THROUGH = frozenset({
    "sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag", "hyperlink", "fldSimple", "dir",
    "bdo", "oMathPara",
    "Choice", "Fallback", "ruby", "rubyBase",
})  # fmt: skip
#: Symbol's letters (Adobe Symbol encoding) from 0x41 and from 0x61.
_SYMBOL = dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True)) | dict(
    zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True)
) | dict(
    zip((0xB1, 0xB3, 0xA3, 0xB4, 0xB0, 0xB9, 0xBB, 0xA5, 0xB7, 0xD7, 0xAE), "±≥≤×°≠≈∞•⋅→", strict=True)
)  # fmt: skip
_SYMBOLS_FONT = re.compile(r"symbol", re.IGNORECASE)
_CAPTION = re.compile(
    r"(?:figure|fig\.?|table|scheme|box|abbildung|tabelle|tableau|tabla)\s*\w{0,3}\d+\s*[.:|–—-]",
    re.IGNORECASE,
)


#: A longer paragraph in the style of a heading is none.
_LONGEST_HEADING = 250
_FRONT = frozenset({"author", "authors", "date"})


_CAPTIONS = frozenset({"caption", "beschriftung", "légende"})
_TITLES = frozenset({"title", "titel", "titre", "título"})


class Writer:
    """Writes paragraphs, tables and notes into ``tree``. ``notes``: those of the document by kind and id."""

    def __init__(
        self,
        tree: ArticleTree,
        styles: Styles,
        numbering: Numbering,
        notes: Mapping[tuple[str, str], Element],
    ) -> None:
        self.tree = tree
        self.titles: list[str] = []
        self.authors: list[str] = []
        self.dates: list[str] = []
        self._styles, self._numbering, self._notes = styles, numbering, notes
        self._count = 0
        self._boxes: list[Element] = []
        self._list: Element | None = None
        self._caption: Element | None = None
        self._codes: list[bool] = []
        self._waiting: list[str] = []
        self._into: Element | None = None

    def write(self, body: Element) -> None:
        """Write everything in ``body``."""
        for one in self._blocks(body):
            if one.tag == "tbl":
                self._end_list()
                self._table(one)
            else:
                self._paragraph(one)
            while self._boxes:
                waiting, self._boxes = self._boxes, []
                for box in waiting:
                    self.write(box)
        self._end_list()
        self._end_caption()

    def _blocks(self, holder: Element) -> Iterator[Element]:
        for one in holder:
            if one.tag in {"p", "tbl"}:
                yield one
            elif one.tag == "AlternateContent":
                yield from self._blocks(_chosen(one))
            elif one.tag in _THROUGH:
                yield from self._blocks(one)

    def _paragraph(self, paragraph: Element) -> None:
        kind = self._styles.of_paragraph(paragraph.find("pPr"))
        if kind.name.startswith(("toc ", "table of contents")):
            self._inline(paragraph, element("p"))
            return
        made = self._inline(paragraph, element("title" if kind.level else "p"))
        text = " ".join(all_text(made).split())
        if not text and not len(made):
            return
        if kind.name in _TITLES:
            self._end_list()
            self.titles.append(text)
        elif kind.level and len(text) <= _LONGEST_HEADING:
            self._end_list()
            self._end_caption()
            if mark := self._numbering.mark(kind):
                made.text = f"{mark} {made.text or ''}"
            self.tree.heading(kind.level, made)
        elif kind.name in _FRONT and len(text) < 400:
            (self.dates if kind.name == "date" else self.authors).append(text)
            self.tree.affiliations.append(text)
        elif kind.name in _CAPTIONS or _CAPTION.match(text):
            self._captioned(made, text)
        elif kind.number not in {"", "0"}:
            self._end_caption()
            self._item(made, kind)
        else:
            self._end_list()
            self._end_caption()
            self.tree.add(made)

    def _captioned(self, made: Element, text: str) -> None:
        """Begin a figure with its caption; that of a table waits for it."""
        self._end_list()
        self._end_caption()
        self._caption = element("fig")
        etree.SubElement(self._caption, "caption").append(made)
        if not text.lower().startswith("tab"):
            self._end_caption()

    def _item(self, made: Element, kind: Kind) -> None:
        if self._list is None:
            self._list = element("list")
        item = etree.SubElement(self._list, "list-item")
        if mark := self._numbering.mark(kind):
            etree.SubElement(item, "label").text = mark
        item.append(made)

    def _end_list(self) -> None:
        if self._list is not None:
            made, self._list = self._list, None
            self._end_caption()
            self.tree.add(made)

    def _end_caption(self) -> None:
        if self._caption is not None:
            made, self._caption = self._caption, None
            for one in close_figure(made, None):
                self.tree.add(one)

    def _table(self, table: Element) -> None:
        rows = [[*self._cells(row)] for row in self._children(table, "tr")]
        if max((len(row) for row in rows), default=0) < 2:
            for row in rows:
                for cell in row:
                    self.write(cell)
            return
        wrap = self._caption if self._caption is not None else element("table-wrap")
        self._caption = None
        made = etree.SubElement(wrap, "table")
        for row in rows:
            line = etree.SubElement(made, "tr")
            for cell in row:
                properties = cell.find("tcPr")
                td = etree.SubElement(line, "td")
                merge = properties.find("vMerge") if properties is not None else None
                span = properties.find("gridSpan") if properties is not None else None
                if span is not None and span.get("val", "").isdigit():
                    td.set("colspan", span.get("val", "")[:3])
                if merge is None or merge.get("val") == "restart":
                    self._cell(cell, td)
        for one in close_figure(wrap, None) if wrap.tag == "fig" else [wrap]:
            self.tree.add(one)

    def _cell(self, cell: Element, td: Element) -> None:
        """The paragraphs of a cell; a table in it is written out line by line."""
        for one in self._blocks(cell):
            if one.tag == "p":
                made = self._inline(one, element("p"))
                if mark := self._numbering.mark(self._styles.of_paragraph(one.find("pPr"))):
                    made.text = f"{mark} {made.text or ''}"
                td.append(made)
            else:
                for row in self._children(one, "tr"):
                    for inner in self._cells(row):
                        self._cell(inner, td)

    def _cells(self, row: Element) -> Iterator[Element]:
        yield from self._children(row, "tc")

    def _children(self, holder: Element, name: str) -> Iterator[Element]:
        for one in holder:
            if one.tag == name:
                yield one
            elif one.tag in _THROUGH:
                yield from self._children(one, name)

    def _inline(self, holder: Element, made: Element) -> Element:
        for one in holder:
            name = one.tag
            if name == "r":
                self._run(one, made)
            elif name == "oMath":
                self._pour()
                made.append(formula(one))
            elif name == "AlternateContent":
                self._inline(_chosen(one), made)
            elif name in _THROUGH:
                self._inline(one, made)
        self._pour()
        return made

    def _pour(self) -> None:
        """Write the text that waits: joined once, as a paragraph may hold it in many small runs."""
        if self._into is not None and self._waiting:
            append_text(self._into, "".join(self._waiting))
        self._into = None
        self._waiting.clear()

    def _run(self, run: Element, made: Element) -> None:
        properties = run.find("rPr")
        if _is_on(properties, "vanish") or _is_on(properties, "webHidden"):
            return
        raised = properties.find("vertAlign") if properties is not None else None
        style = {"superscript": "sup", "subscript": "sub"}.get(
            raised.get("val", "") if raised is not None else "", ""
        )
        into = made
        for one in self._pieces(run):
            text = self._text(one)
            if isinstance(text, str):
                if not text:
                    continue
                if into is made and (style or _is_on(properties, "b")):
                    self._pour()
                if style and into is made:
                    last = last_of(made)
                    into = (
                        last
                        if last is not None and last.tag == style and not last.tail
                        else etree.SubElement(made, style)
                    )
                elif into is made and _is_on(properties, "b") and text.strip():
                    last = last_of(made)
                    into = (
                        last
                        if last is not None and last.tag == "bold" and not last.tail
                        else etree.SubElement(made, "bold")
                    )
                if self._into is not into:
                    self._pour()
                    self._into = into
                self._waiting.append(text)
            else:
                self._pour()
                for part in text:
                    made.append(part)
                into = made

    def _pieces(self, run: Element) -> Iterator[Element]:
        for one in run:
            if one.tag == "AlternateContent":
                yield from self._pieces(_chosen(one))
            else:
                yield one

    def _text(self, one: Element) -> str | list[Element]:
        """The characters of a piece of a run, or the elements it stands for."""
        name = one.tag
        if name == "fldChar":
            self._code(one.get("fldCharType", ""))
        if self._codes and self._codes[-1]:
            return ""
        if name == "t":
            return one.text or ""
        if name in {"tab", "br", "cr", "ptab"}:
            return " "
        if name == "noBreakHyphen":
            return "‑"
        if name == "sym":
            return _symbol(one)
        if name in {"footnoteReference", "endnoteReference"}:
            return self._note(name.removesuffix("Reference"), one.get("id", ""))
        if name in {"drawing", "pict", "object"}:
            self._boxes += [box for box in one.iter("txbxContent") if not _inside(box, one)]
        return ""

    def _code(self, kind: str) -> None:
        """Keep track of fields, whose codes stand between ``begin`` and ``separate`` and are not printed."""
        if kind == "begin":
            self._codes.append(True)
        elif self._codes and kind == "separate":
            self._codes[-1] = False
        elif self._codes and kind == "end":
            self._codes.pop()

    def _note(self, kind: str, name: str) -> list[Element]:
        note = self._notes.get((kind, name))
        if note is None:
            return []
        self._count += 1
        mark = element("xref", **{"ref-type": "fn", "rid": f"{kind}{name}"})
        etree.SubElement(mark, "sup").text = str(self._count)
        made = element("fn", id=f"{kind}{name}")
        etree.SubElement(made, "label").text = str(self._count)
        codes, self._codes = self._codes, []
        for paragraph in self._blocks(note):
            for one in [paragraph] if paragraph.tag == "p" else paragraph.iter("p"):
                made.append(self._inline(one, element("p")))
        self._codes = codes
        return [mark, made]


def _chosen(alternate: Element) -> Element:
    """The one of several forms that is read; the others repeat it."""
    choice = alternate.find("Choice")
    if choice is not None and (all_text(choice).strip() or alternate.find("Fallback") is None):
        return choice
    fallback = alternate.find("Fallback")
    return fallback if fallback is not None else alternate


def _inside(box: Element, outer: Element) -> bool:
    """Whether a text box stands in another one, or in the form of one that is not read."""
    for up in box.iterancestors():
        if up is outer:
            return False
        if up.tag == "txbxContent" or (up.tag == "Fallback" and up.getparent().find("Choice") is not None):  # type: ignore[union-attr]
            return True
    return False


def _is_on(properties: Element | None, name: str) -> bool:
    found = properties.find(name) if properties is not None else None
    return found is not None and found.get("val", "1") not in {"0", "false", "off"}


def _symbol(one: Element) -> str:
    try:
        code = int(one.get("char", ""), 16)
    except ValueError:
        return ""
    if 0xF000 <= code <= 0xF0FF:
        return _SYMBOL.get(code - 0xF000, "") if _SYMBOLS_FONT.match(one.get("font", "")) else ""
    return chr(code) if 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE else ""
