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
from index.registrations import numbers
from index.sources.article_entries import filled, reference_element
from index.sources.build import TextBuilder, make_document
from index.sources.jats_body import Body
from index.sources.jats_inline import words
from index.sources.jats_labels import note_label
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
_COPYRIGHT = re.compile(r"\s*(?:copyright\s*:?\s*)?(?:©|\(c\) ?(?:19|20)\d\d|copyright:)", re.IGNORECASE)
_LETTERS = re.compile(
    r"decision letter|author response.{0,20}|reviewers?['’]? comments?.{0,20}|peer review.{0,20}|author biograph\w+|about the authors?"
    r"|editor['’]s (?:note|evaluation)|eLife assessment",
    re.IGNORECASE,
)
_FRONT = re.compile(
    r"\s*(?:citation|academic editor|editor|edited by|reviewed by|received|accepted|published|correspondence|\*correspondence)\s*:",
    re.IGNORECASE,
)
_RUN_IN = re.compile(r"[^\W\d_][\w’' -]{2,60}[:.]?")
_KEYWORDS = re.compile(r"\W*(?:key ?words?|index terms|subject areas?)\s*[:.—–-]?\s*", re.IGNORECASE)
_LEVELS = 9


def element(tag: str, text: str = "", **attributes: str) -> Element:
    """A new element."""
    made = etree.Element(tag, attributes)
    made.text = text or None
    return made


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
        self._listing = 0

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
        last = self._refs[-1] if len(self._refs) and self._refs[-1].tag == "ref" else None
        if not re.search(r"\w{2}", all_text(block)):
            if last is not None:
                last[-1].extend(list(block.iter("ext-link")))
            return
        text = all_text(block)
        if not block.get("id") and not re.search(r"\d", text) and len(text.split()) < 5:
            return
        self._refs.append(reference_element(block, len(self._refs.findall("ref")) + 1))

    def words(self) -> int:
        """How many words the text has, references left out."""
        return len(all_text(self.body).split())

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
        refs = self._refs.findall("ref")
        self.article.append(self._refs)
        builder = TextBuilder()
        body = Body(builder, cited_by(refs))
        builder.add("title", reference.title)
        self._part_run_ins()
        lines = [*self.affiliations, *(self._front_lines() if front else ())]
        for section in [one for one in self.body.iter("sec") if _ABSTRACT.fullmatch(_title(one))]:
            inside = [up.tag for up in section.iterancestors()]
            if "body" not in inside or (len(inside) > 2 and not _wraps(section)):
                continue
            section.tag = "abstract"
            _cut(section)
            body.abstract(section)
        self._run_in_abstract(body)
        if front:
            self._unheaded_abstract(body)
        first = len(builder.sections)
        if front:
            lines += self._front_lines(told=True)
        self._take_keywords()
        self._each_figure_once()
        licence = self._licence()
        builder.add("keywords", "; ".join(dict.fromkeys(self.keywords)), "Keywords")
        for section in list(self.body.iter("sec")):
            if _AFFILIATIONS.fullmatch(_title(section)) and len(all_text(section)) < 8000:
                lines += [" ".join(all_text(one).split()) for one in section.iter("p", "title")]
                _cut(section)
        body.content(self.body, "body", "")
        body.inline_notes()
        if not any(section.label not in {"title", "keywords"} for section in builder.sections):
            raise ValueError("there is no text to quote")
        trials = _trials(builder, first)
        cited = tuple(
            filled(_volume_told(one), tagged) for one in references(refs) if re.search(r"\w{2}", one.printed)
        )
        if cited:
            reference_sections(builder, self.article, cited)
        builder.add("licence", licence, "Copyright and licence")
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

    def _part_run_ins(self) -> None:
        """Make a part of a paragraph between parts that begins with its own name in bold: ``Funding: ...``."""
        for block in [one for one in self.body if one.tag == "p" and len(one) and one[0].tag == "bold"]:
            name = " ".join(all_text(block[0]).split())
            told = note_label(element("fn"), name, "") if _RUN_IN.fullmatch(name) else "notes"
            if (
                (block.text or "").strip()
                or told in {"notes", "footnote"}
                or not (name.endswith((":", ".")) or (block[0].tail or "").lstrip().startswith(":"))
            ):
                continue
            part = element("notes")
            part.append(element("title", name.rstrip(" :.")))
            self.body.replace(block, part)
            rest = (block[0].tail or "").lstrip(" :.")
            block.remove(block[0])
            block.text = rest
            part.append(block)

    def _each_figure_once(self) -> None:
        """Drop a figure that stands twice, as a small and as an enlarged one; the fuller stays."""
        known: dict[str, Element] = {}
        for one in list(self.body.iter("fig", "table-wrap")):
            name = words(one.find("label")).casefold()
            caption = one.find("caption")
            told = "".join(all_text(caption).split()) if caption is not None else ""
            other = known.get(name)
            before = other.find("caption") if other is not None else None
            if not name or other is None or before is None:
                known[name] = one
                continue
            earlier = "".join(all_text(before).split())
            if not (told.startswith(earlier) or earlier.startswith(told)):
                continue
            fuller = one if len(all_text(one)) > len(all_text(other)) else other
            _cut(other if fuller is one else one)
            known[name] = fuller

    def _front_lines(self, *, told: bool = False) -> list[str]:
        """Take the short lines before the first heading out of the body; ``told``: only those that name themselves."""
        if self.body.find("sec") is None:
            return []
        found = []
        for block in list(self.body):
            if block.tag == "sec":
                break
            text = " ".join(all_text(block).split())
            short = (len(text.split()) <= 60 and not told) or _FRONT.match(text)
            if block.tag in {"p", "list"} and short and not _KEYWORDS.match(text):
                found.append(text)
                self.body.remove(block)
        return found

    def _run_in_abstract(self, body: Body) -> None:
        """Take the paragraph near the beginning that opens with ``Abstract:`` as the abstract."""
        if any(s.label == "abstract" for s in body.builder.sections):
            return
        for block in [one for one in self.body if one.tag == "p"][:12]:
            first = next((one for one in block.iter() if (one.text or "").strip()), block)
            found = re.match(r"\s*(abstract|summary)\s*[:.—–]\s*", first.text or "", re.IGNORECASE)
            if found and len(all_text(block)) > found.end():
                first.text = (first.text or "")[found.end() :]
                abstract = element("abstract")
                abstract.append(element("title", found[1]))
                abstract.append(block)
                body.abstract(abstract)
                return

    def _unheaded_abstract(self, body: Body) -> None:
        """Take the long paragraphs before the first heading as the abstract where the paper names none."""
        if self.body.find("sec") is None or any(s.label == "abstract" for s in body.builder.sections):
            return
        abstract = element("abstract")
        for block in list(self.body):
            if block.tag == "sec":
                break
            if block.tag == "p" and len(all_text(block).split()) > 60:
                abstract.append(block)
        body.abstract(abstract)

    def _licence(self) -> str:
        """Take the paragraph that tells copyright and licence out of the body."""
        found = []
        for block in [one for one in self.body.iter("p") if _COPYRIGHT.match(all_text(one))]:
            parent = block.getparent()
            if parent is not None and parent.tag in {"body", "sec"} and len(all_text(block)) < 1200:
                found.append(" ".join(all_text(block).split()))
                parent.remove(block)
        return "\n".join(found)

    def _take_keywords(self) -> None:
        """Take the paragraphs and parts out of the body that list keywords."""
        for block in list(self.body.iter("p")):
            text = " ".join(all_text(block).split())
            match = _KEYWORDS.match(text)
            parent = block.getparent()
            behind = block.getnext()
            if (
                match
                and match.end() == len(text)
                and parent is not None
                and behind is not None
                and behind.tag == "p"
            ):
                self.keywords += _listed(" ".join(all_text(behind).split()))
                parent.remove(behind)
                parent.remove(block)
                continue
            if not match or parent is None or match.end() == len(text) or len(text) > 400:
                continue
            if text[: match.end()].rstrip()[-1:] in ":.—–-" and parent.tag in {"body", "sec"}:
                self.keywords += _listed(text[match.end() :])
                parent.remove(block)
        for section in list(self.body.iter("sec")):
            if _KEYWORDS.fullmatch(_title(section)):
                items = [" ".join(all_text(one).split()) for one in section.findall("p")]
                if sum(map(len, items)) < 600:
                    items += [" ".join(all_text(one).split()) for one in section.iter("list-item")]
                    self.keywords += [word for item in items for word in _listed(item)]
                    _cut(section)


def _volume_told(cited: Reference) -> Reference:
    """A reference in the style of the American Chemical Society, whose year stands before the volume."""
    parts = re.fullmatch(r"(\w+), (.+)", cited.pages)
    if cited.year is None and parts and re.fullmatch(r"(?:19|20)\d\d", cited.volume):
        return replace(cited, year=int(cited.volume), date=cited.volume, volume=parts[1], pages=parts[2])
    return cited


def _title(section: Element) -> str:
    return words(section.find("title"))


def _wraps(section: Element) -> bool:
    """Whether the part that holds ``section`` is the whole paper: a heading over everything."""
    parent = section.getparent()
    return parent is not None and len(all_text(parent)) > 3 * len(all_text(section))


def _cut(section: Element) -> None:
    parent = section.getparent()
    if parent is not None:
        parent.remove(section)


def _listed(text: str) -> list[str]:
    parts = re.split(r"\s*[;•·|]\s*", text) if re.search(r"[;•·|]", text) else re.split(r",\s+", text)
    return [part.strip(" .,;") for part in parts if part.strip(" .,;")]


def _trials(builder: TextBuilder, abstracts: int) -> tuple[str, ...]:
    """Registration numbers of the paper's own trial: in its abstract, or where registering is the matter."""
    content, found = builder.content, []
    for place, section in enumerate(builder.sections):
        text = content[section.start : section.end]
        if section.label == "registration" or place < abstracts:
            found += numbers(text)
        elif section.label in {"methods", "ethics", "notes"}:
            for match in re.finditer(r"regist", text, re.IGNORECASE):
                found += numbers(text[max(0, match.start() - 200) : match.end() + 200])
    return tuple(dict.fromkeys(number.text for number in found))
