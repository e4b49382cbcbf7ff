"""A PDF's pages into one document: its text with sections, boxes and citations, and its record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from index.boxes import PageBox, pack
from index.errors import SourceError
from index.records import Author, Document, Page, Reference
from index.sources import outline
from index.sources.build import TextBuilder, make_document
from index.sources.pdf_blocks import Block, blocks_of
from index.sources.pdf_compose import Composer, Vocabulary
from index.sources.pdf_front import find_title, front_record, names_in
from index.sources.pdf_lines import Line
from index.sources.pdf_page import PageContent
from index.sources.pdf_references import citations
from index.sources.pdf_sections import RUN_IN, Paper, compose, levels

__all__ = ["EXTRACTOR", "document_of"]

NAME = "pdf"
VERSION = "2"
EXTRACTOR = f"{NAME}/{VERSION}"

#: At the end of articles of BioMed Central.
_CITE_AS = re.compile(r"doi:\s?10\.\d{4,9}/\S+(?=\s(?:cite this article|pre-publication))", re.IGNORECASE)


class _Composed(TextBuilder):
    """The finished text with its sections."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._parts.append(text)


def document_of(
    pages: Sequence[PageContent], metadata: dict[str, str], xmp: dict[str, str], *, source: str, name: str,
    notes: tuple[str, ...] = (),
) -> Document:  # fmt: skip
    """The document that ``pages`` print. Raises SourceError when they hold no text."""
    blocks, body, heads = blocks_of(pages)
    if not blocks:
        raise SourceError("the PDF holds no text to quote; save or download it again")
    front = find_title(blocks, metadata, body)
    vocabulary = Vocabulary(line for block in blocks for line in block.lines)
    composer = Composer(vocabulary, {page.number: page for page in pages})
    paper = Paper(composer, body, front, levels(blocks))
    paper.titled = not front.blocks
    paper.has_abstract = any(
        block.page <= 2 and re.match(r"abstract\b|summary\b", block.text, re.IGNORECASE) for block in blocks
    )
    paper.authors = _authors(paper, blocks)
    compose(paper, blocks)
    text = "".join(composer.parts)
    sections = outline.sections_of(text, paper.blocks)
    builder = _Composed(text)
    builder.sections = sections
    record = _record(paper, blocks, heads, metadata, xmp, name)
    quotable = [
        (s.start, s.end)
        for s in sections
        if s.label not in {"references", "affiliations", "title", "heading"}
    ]
    document = make_document(
        builder,
        source=source,
        extractor=EXTRACTOR,
        ordinal=1,
        reference=record,
        references=tuple(paper.references),
        notes=notes,
    )
    return replace(
        document,
        pages=_pages(composer.boxes),
        boxes=pack(composer.boxes),
        citations=citations(text, quotable, composer.raised, paper.references),
    )


def _pages(boxes: Sequence[PageBox]) -> tuple[Page, ...]:
    """The ranges of the text on each page, in the order of the text; a page may have several."""
    found: list[Page] = []
    for box in boxes:
        if found and found[-1].number == box.number:
            found[-1] = Page(found[-1].start, box.end, box.number)
        else:
            found.append(Page(box.start, box.end, box.number))
    return tuple(found)


def _record(
    paper: Paper,
    blocks: Sequence[Block],
    heads: Sequence[Line],
    metadata: dict[str, str],
    xmp: dict[str, str],
    name: str,
) -> Reference:
    first = min((block.page for block in paper.front.blocks), default=1)
    near = [line.text for line in heads if line.page <= 2]
    near += [found.group() for block in blocks if (found := _CITE_AS.search(block.text))]
    near += [block.text for block in blocks if block.page == 1 and block.size < paper.body[0] - 0.5]
    page = "\n".join(line.text for block in blocks if block.page <= max(first, 1) for line in block.lines)
    record = front_record(
        paper.front.title or metadata_title(blocks) or name, paper.authors, metadata, xmp, near, page
    )
    return replace(record, keywords=paper.keywords)


def metadata_title(blocks: Sequence[Block]) -> str:
    """The first line that can be a title, for papers in one size of letters."""
    for block in blocks[:4]:
        if block.kind in {"text", "heading"} and len(block.lines) <= 3 and 3 <= len(block.text.split()) <= 40:
            return " ".join(block.text.split())
    return ""


def _authors(paper: Paper, blocks: Sequence[Block]) -> tuple[tuple[Author, ...], bool]:
    """The authors printed behind the title."""
    if not paper.front.blocks:
        return (), True
    last = paper.front.blocks[-1]
    place = next(at for at, block in enumerate(blocks) if block is last)
    found: list[Author] = []
    whole = True
    for block in blocks[place + 1 : place + 7]:
        if block.page != last.page or block.kind in {"figure", "table"}:
            break
        if RUN_IN.match(block.text) or outline.is_section_name(block.text):
            break
        people, complete = names_in(block.lines)
        if people and complete:
            found += people
            paper.named.append(block)
        elif found:
            break
        elif len(people) >= 3:
            paper.named.append(block)
            return people, False
    if len(found) == 1 and not any(
        p.script == 1 for block in paper.named for line in block.lines for p in line.pieces
    ):
        paper.named.clear()
        return (), True
    return tuple(dict.fromkeys(found)), whole
