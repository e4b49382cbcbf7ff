"""A paper as JATS elements, whatever it was written in, and from those to a document.

Web pages, Word documents and e-books are translated into the few elements of JATS (NISO Z39.96) that
:mod:`index.sources.jats_body` writes out, so that labels, tables, captions, superscripts, citations
and reference lists come out as they do for JATS.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from lxml import etree

from index.records import Document, Reference
from index.registrations import own_numbers
from index.sources.article_entries import element, filled, last_of, reference_element
from index.sources.article_front import (
    cut,
    each_figure_once,
    front_lines,
    is_front_line,
    keywords,
    licence,
    part_run_ins,
    run_in_abstract,
    title_of_part,
    unheaded_abstract,
)  # fmt: skip
from index.sources.build import TextBuilder, make_document
from index.sources.jats_body import Body
from index.sources.jats_inline import words
from index.sources.jats_matter import reference_sections
from index.sources.jats_references import cited_by, references
from index.sources.xml_stream import Element, all_text

__all__ = ["ArticleTree", "Element", "element", "is_references"]

_REFERENCES = re.compile(
    r"(?:\W|\d|[IVX]+\.)*(?:(?:the )?(?:list of )?references?(?: cited| list)?(?: and (?:foot)?notes)?"
    r"|references? and (?:further )?reading|bibliography|literature(?: cited)?|works cited|cited literature"
    r"|literaturverzeichnis|literatur|bibliographie|références|bibliografía|referencias|参考文献)[\s.:]*",
    re.IGNORECASE,
)
_ABSTRACT = re.compile(
    r"\W*(?:(?:structured |graphical |author |executive |plain language |lay |elife )?"
    r"(?:abstract|summary|digest)|author summary|highlights|key points|significance(?: statement)?)\W*",
    re.IGNORECASE,
)
_AFFILIATIONS = re.compile(
    r"\W*(?:author )?affiliations?(?: details)?|authors? (?:information|details|and affiliations)\W*",
    re.IGNORECASE,
)
_LETTERS = re.compile(
    r"decision letter|author response.{0,20}|reviewers?['’]? comments?.{0,20}|peer review.{0,20}"
    r"|author biograph\w+"
    r"|about the authors?|editor['’]s (?:note|evaluation)|eLife assessment",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"[\s|·•]+$|\s*[—–-] cited \d+ times? in paper.*$")
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
_LEVELS = 9


def is_references(heading: str) -> bool:
    """Whether a heading stands over a reference list."""
    return len(heading) < 60 and _REFERENCES.fullmatch(heading) is not None


class ArticleTree:
    """Collects headings and blocks in order; under a heading of references, entries."""

    def __init__(self) -> None:
        self.article = element("article")
        self.body = etree.SubElement(self.article, "body")
        self.affiliations: list[str] = []
        self.keywords: list[str] = []
        self._refs = element("ref-list")
        self._open: list[tuple[int, Element]] = [(0, self.body)]
        self._listing = self._entries = 0

    @property
    def in_references(self) -> bool:
        """Whether what comes next are entries of the reference list."""
        return bool(self._listing)

    @property
    def here(self) -> Element:
        """The part that is written now."""
        return self._open[-1][1]

    def mark(self) -> int:
        """How many parts are open."""
        return len(self._open)

    def close(self, mark: int) -> None:
        """End the parts opened since ``mark``."""
        del self._open[max(1, mark) :]
        self._listing = 0

    def heading(self, level: int, title: Element) -> None:
        """Begin a part; ``level`` 1 is the highest."""
        text = words(title)
        if not text:
            return
        level = max(1, min(level, _LEVELS))
        if self._listing and level > self._listing and not is_references(text):
            return  # a heading inside the list only groups its entries
        self._listing = 0
        while len(self._open) > 1 and self._open[-1][0] >= level:
            self._open.pop()
        if is_references(text):
            self._listing = level
            if self._refs.find("title") is None:
                title.tag = "title"
                self._refs.insert(0, title)
            return
        section = etree.SubElement(self.here, "notes" if _LETTERS.fullmatch(text) else "sec")
        title.tag = "title"
        section.append(title)
        self._open.append((level, section))

    def add(self, block: Element) -> None:
        """Add a paragraph, list, table or figure to the part."""
        if block.tag == "title":
            block.tag = "p"
        if not self._listing:
            self.here.append(block)
            return
        if block.tag == "list":
            for item in block.findall("list-item"):
                self._entry(item)
        elif block.tag == "table-wrap":
            for row in block.iter("tr"):
                self._entry(row)
        elif block.tag == "fig":
            self.here.append(block)
        else:
            self._entry(block)

    def _entry(self, block: Element) -> None:
        """One entry; a block without words of its own (links to databases) belongs to the one before."""
        last = last_of(self._refs)
        if not re.search(r"\w{2}", all_text(block)):
            if last is not None and last.tag == "ref":
                last[-1].extend(list(block.iter("ext-link")))
            return
        text = all_text(block)
        if block.get("id") is None and block.find(".//*[@id]") is None:
            if not re.search(r"\d", text) and len(text.split()) < 5:
                return
            if is_front_line(text) and self._entries > 2:
                # what some publishers print behind the list: editors, keywords, copyright
                self.close(1)
                self.add(block)
                return
        self._entries += 1
        self._refs.append(reference_element(block, self._entries))

    def words(self) -> int:
        """How many words the text has, references left out; two signs of a script without blanks are one."""
        text = all_text(self.body)
        return len(text.split()) + len(_UNSPACED.findall(text)) // 2

    def document(
        self,
        reference: Reference,
        *,
        source: str,
        extractor: str,
        front: bool = False,
        tagged: Sequence[Reference] = (),
        notes: tuple[str, ...] = (),
    ) -> Document:
        """The document. ``front``: short lines before the first heading are no text of the paper.
        ``tagged``: records of the references that came with the text, in any order.

        Raises ValueError when nothing can be quoted.
        """
        refs = [ref for ref in self._refs.findall("ref") if re.search(r"\w{2}", all_text(ref[-1]))]
        self.article.append(self._refs)
        builder = TextBuilder()
        body = Body(builder, cited_by(refs))
        builder.add("title", reference.title)
        part_run_ins(self.body)
        lines = [*self.affiliations, *(front_lines(self.body) if front else ())]
        self._abstracts(body, front=front)
        first = len(builder.sections)
        if front:
            lines += front_lines(self.body, told=True)
        self.keywords += keywords(self.body)
        each_figure_once(self.body)
        rights = licence(self.body)
        builder.add("keywords", "; ".join(dict.fromkeys(self.keywords)), "Keywords")
        lines += self._addresses()
        body.content(self.body, "body", "")
        body.inline_notes()
        if not any(section.label not in {"title", "keywords"} for section in builder.sections):
            raise ValueError("there is no text to quote")
        own = own_numbers(builder.content, builder.sections, first)
        trials = tuple(dict.fromkeys(number.text for number in own))
        cited = tuple(filled(_tidied(one), tagged) for one in references(refs))
        if len(cited) != len(refs):  # numbers would tell other places of the list
            body.citations.clear()
        if cited:
            reference_sections(builder, self.article, cited)
        builder.add("licence", rights, "Copyright and licence")
        builder.add("affiliations", "\n".join(dict.fromkeys(line for line in lines if line)), "Affiliations")
        document = make_document(
            builder,
            source=source,
            extractor=extractor,
            ordinal=1,
            reference=replace(reference, trials=trials),
            references=cited,
            notes=notes,
        )
        return replace(document, citations=tuple(sorted(body.citations, key=lambda one: one.start)))

    def _abstracts(self, body: Body, *, front: bool) -> None:
        """Move the abstracts from the body to the beginning."""
        for section in [one for one in self.body.iter("sec") if _ABSTRACT.fullmatch(title_of_part(one))]:
            inside = [up.tag for up in section.iterancestors()]
            if "body" not in inside or (len(inside) > 2 and not _wraps(section)):
                continue
            section.tag = "abstract"
            cut(section)
            body.abstract(section)
        abstract = None
        if not any(section.label == "abstract" for section in body.builder.sections):
            abstract = run_in_abstract(self.body)
            if abstract is None and front:
                abstract = unheaded_abstract(self.body)
        if abstract is not None:
            body.abstract(abstract)

    def _addresses(self) -> list[str]:
        """Take the parts that tell where the authors work out of the body."""
        lines: list[str] = []
        for section in list(self.body.iter("sec")):
            if _AFFILIATIONS.fullmatch(title_of_part(section)) and len(all_text(section)) < 8000:
                lines += [" ".join(all_text(one).split()) for one in section.iter("p", "title")]
                cut(section)
        return lines


def _tidied(cited: Reference) -> Reference:
    """An entry without what a site prints behind it, its year told where that stands before the volume.

    That is the style of the American Chemical Society.
    """
    cited = replace(cited, printed=_BEHIND.sub("", cited.printed))
    parts = re.fullmatch(r"(\w+), (.+)", cited.pages)
    if cited.year is None and parts and re.fullmatch(r"(?:19|20)\d\d", cited.volume):
        return replace(cited, year=int(cited.volume), date=cited.volume, volume=parts[1], pages=parts[2])
    return cited


def _wraps(section: Element) -> bool:
    """Whether the part that holds ``section`` is the whole paper: a heading over everything."""
    parent = section.getparent()
    return parent is not None and len(all_text(parent)) > 3 * len(all_text(section))
