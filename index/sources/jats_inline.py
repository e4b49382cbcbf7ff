"""The running text of JATS elements, with the places that cite.

Elements: NISO Z39.96, "JATS: Journal Article Tag Suite", https://jats.nlm.nih.gov/archiving/tag-library/.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from lxml import etree

from index.sources.jats_cited import Cited
from index.sources.jats_marks import bullet, is_own_sign, is_pointer, runs_on
from index.sources.jats_math import lowered, mathml, raised, tex
from index.sources.jats_writer import Writer
from index.sources.xml_stream import Element, all_text

__all__ = ["FLOATS", "Inline", "words"]


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


#: What stands apart from the paragraph it is anchored in.
FLOATS = _names(
    """fig fig-group table-wrap table-wrap-group boxed-text supplementary-material media graphic
    chem-struct-wrap"""
)
#: Not printed, or a picture.
_SKIPPED = _names(
    """index-term index-term-range-end alt-text long-desc object-id annotation processing-meta permissions
    contrib-id private-char textual-form milestone-start milestone-end target-id glyph-data institution-id"""
)
#: Parts of a paragraph that begin and end a line, and those that are paragraphs of their own.
_LINES = _names("list-item verse-line tr")
_APART = _names("p disp-quote verse-group speech statement sec title def-list attrib table")
#: Facts that stand side by side in addresses and references; the blank between them is often left out.
_PARTED = _names(
    """label name string-name surname given-names prefix suffix collab etal person-group article-title
    chapter-title data-title source year month day date-in-citation volume issue fpage lpage elocation-id
    pub-id edition publisher-name publisher-loc conf-name comment institution institution-wrap addr-line
    city state country postal-code aff"""
)
_FORMULAS = _names("inline-formula disp-formula disp-formula-group chem-struct")
_EXACT = _names("code preformat")
_RUN_ON = _names("italic ext-link uri xref")
_PICTURES = _names("graphic inline-graphic media")

#: Pointers that are printed as superscripts.
_MARKS = _names("bibr fn table-fn author-notes")

#: A superscript that is read with the number before it: 5th, 37º.
_ORDINAL = re.compile(r"st|nd|rd|th|[ºª°′″]|TM|[^\W\d_]", re.IGNORECASE)


@dataclass(slots=True)
class Inline(Writer):
    """Writes elements one after the other.

    White space is one blank. Superscripts that cite or point to a note are put in brackets, so that
    ``cells<sup>12</sup>`` keeps its word and its number: ``cells[12]``. A number raised above a number
    is written in superscript characters (``10⁶``). Figures, tables and notes inside a paragraph are
    laid into ``floats`` and ``notes``. ``cell``: line breaks are blanks, and a raised small letter
    is a note's. ``note``: a raised sign before a word is the note's own and parted from the word.
    """

    note: bool = False
    floats: list[Element] = field(default_factory=list)
    notes: list[Element] = field(default_factory=list)
    _raised: bool = False

    def children(self, element: Element, *, skipping: frozenset[str] = frozenset()) -> None:
        """Write the content of ``element``."""
        self.write(element.text)
        for child in element:
            if isinstance(child, etree._Entity):
                self.write(html.unescape(child.text or ""))
            elif isinstance(child.tag, str) and child.tag not in skipping:
                self.element(child)
            self.write(child.tail)

    def element(self, child: Element) -> None:
        """Write ``child`` as its kind is printed."""
        name = child.tag
        if name in FLOATS:
            self.floats.append(child)
        elif name == "fn":
            self.notes.append(child)
        elif name in _FORMULAS:
            self._formula(child)
        elif name in _PARTED:
            self._fact(child)
        elif name in _LINES or name in _APART:
            self.line(1 if name in _LINES else 2)
            self.children(child)
            self.line(1 if name in _LINES else 2)
        elif name in _EXACT:
            self.exact(all_text(child))
        elif name not in _SKIPPED:
            self._other(child)

    def _other(self, child: Element) -> None:
        name = child.tag
        if name == "sub":
            self._subscript(child)
        elif name == "sup":
            self._superscript(child)
        elif name == "xref":
            self._xref(child)
        elif name in {"break", "hr"}:
            self.write(" ")
        elif name in {"math", "tex-math"}:
            self.write(mathml(child) if name == "math" else tex(all_text(child)))
        elif name == "alternatives":
            self._alternatives(child)
        elif name == "inline-graphic":
            parent = child.getparent()
            self.write("[image]" if parent is not None and all_text(parent).strip() else "")
        elif name == "list":
            self._list(child)
        elif name == "def-item":
            self._definition(child)
        else:
            self._heal(child)
            self.children(child)

    def _definition(self, item: Element) -> None:
        self.line()
        term, *meant = [one for one in item if one.tag in {"term", "def"}] or [item]
        self.children(term)
        self.write(": " * bool(meant))
        for one in meant:
            for paragraph in one.findall("p") or [one]:
                self.children(paragraph)
                self.write(" ")

    def _list(self, element: Element) -> None:
        for child in element:
            if child.tag in {"title", "label"}:
                self.line()
                self.children(child)
        kind = element.get("list-type", "bullet")
        for place, item in enumerate(element.findall("list-item"), 1):
            label = item.find("label")
            mark = words(label) if label is not None else bullet(kind, place)
            # without a mark only an empty line tells where the next item begins
            self.line(1 if mark else 2)
            self.write(f"{mark} " * bool(mark))
            first = item.find("p")
            for child in item:
                if child is first:
                    self.children(child)
                elif child.tag == "p":
                    self.line()
                    self.children(child)
                elif isinstance(child.tag, str) and child is not label:
                    self.element(child)
        self.line()

    def _formula(self, element: Element) -> None:
        """A formula, or ``[formula]`` where the file holds only its picture."""
        apart = " " if element.tag != "inline-formula" else ""
        self.write(apart)
        before = self.length
        has_math = next(element.iter("math"), None) is not None
        skipping = _PICTURES | {"label"} | ({"tex-math"} if has_math else set())
        grouped = element.tag == "disp-formula-group"
        for part in element.findall(".//disp-formula") if grouped else [element]:
            self.children(part, skipping=skipping)
            if (label := part.find("label")) is not None and self.length > before:
                self.write(f" {words(label)}")
        self.write("[formula]" if self.length == before else "")
        self.write(apart)

    def _alternatives(self, element: Element) -> None:
        """The one form of several that says most as text."""
        if (said := element.find("textual-form")) is not None and element.find("math") is None:
            self.children(said)
            return
        forms = [element.find(name) for name in ("math", "tex-math", "table", "chem-struct")]
        others = [child for child in element if isinstance(child.tag, str) and child.tag not in _PICTURES]
        chosen = next((form for form in [*forms, *others] if form is not None), None)
        if chosen is not None:
            self.element(chosen)

    def _fact(self, child: Element) -> None:
        """A fact of a reference or an address; an identifier by its name."""
        self.part()
        kind = child.get("pub-id-type", "")
        if child.tag == "pub-id" and (self.last.isalnum() or self.last in {".", ")", " "}):
            text = all_text(child).strip()
            named = (kind == "pmid" and text.isdigit()) or (kind == "doi" and text.startswith("10."))
            before = self.tail(12).rstrip().lower()
            if named and not before.endswith((kind, f"{kind}:", ".org/")):
                self.write(f" {'PMID' if kind == 'pmid' else 'doi'}: ")
        self.children(child)
        self.part()

    def _heal(self, child: Element) -> None:
        """Part a word from a name in italics or a pointer that was run together with it."""
        if self._raised or child.tag not in _RUN_ON:
            return
        if runs_on(self.tail(12), all_text(child), italic=child.tag == "italic"):
            self.write(" ")

    def _xref(self, element: Element) -> None:
        numbers = self.cited.numbers(element)
        kind = element.get("ref-type", "")
        text = all_text(element).strip()
        if not (text[:1].isdigit() and (numbers or kind in _MARKS)):
            self._heal(element)
        start = self.length
        raises = element.find("sup") is not None and not (element.text or "").strip()
        glued = self.last.isalnum() and (text.isdigit() or (kind.endswith("fn") and len(text) < 3))
        if not self._raised and (raises or glued) and (numbers or kind in _MARKS) and text[:1].isalnum():
            self._bracketed(element)
        else:
            self.children(element)
        if numbers:
            self.cite(start, numbers)
        if text[-1:].isalnum() and not self._raised and re.match(r"[a-z]{3}", element.tail or ""):
            self.write(" ")

    def _bracketed(self, element: Element) -> None:
        before, self._raised = self._raised, True
        self.write("[")
        self.children(element)
        self.unspaced()
        self.write("]")
        self._raised = before

    def _subscript(self, element: Element) -> None:
        number = lowered(all_text(element).strip())
        if number and (self.last.isdigit() or (element.tail or "")[:1].isdigit()):
            self._number(element, number)
        else:
            self.children(element)

    def _number(self, element: Element, number: str) -> None:
        self.write(number)
        self.write(" " if all_text(element)[-1:].isspace() else "")

    def _superscript(self, element: Element) -> None:
        """A superscript, so written that it cannot be misread."""
        text = " ".join(all_text(element).split())
        cites = any(one.get("ref-type") in _MARKS or self.cited.numbers(one) for one in element.iter("xref"))
        on_number = self.last.isdigit() or self.last in {")", "]"}
        if self._raised:
            self.children(element)
        elif (cites and text[:1].isalnum()) or is_pointer(text, self.tail(12), cell=self.cell):
            self._bracketed(element)
        elif self.note and not self.last.isalnum() and is_own_sign(text, element.tail or ""):
            self.children(element)
            self.write(" ")
        elif on_number and not cites and (number := raised(text)):
            self._number(element, number)
        elif (on_number and not cites and re.search(r"\w", text) and not _ORDINAL.fullmatch(text)) or (
            self.last.isalnum() and re.match(r"[-−–][^\W\d_]", text)
        ):
            self._exponent(element, text)
        else:
            self.children(element)

    def _exponent(self, element: Element, text: str) -> None:
        self.write("^(" if " " in text else "^")
        self.children(element)
        self.write(")" if " " in text else "")


def words(element: Element | None) -> str:
    """The words of a label, a title or a name, on one line; ``""`` for None."""
    if element is None:
        return ""
    writer = Inline(Cited(), cell=True)
    writer.children(element)
    return writer.run().text
