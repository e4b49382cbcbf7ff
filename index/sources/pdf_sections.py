"""A paper's blocks into labelled sections: front matter, headings, paragraphs, the reference list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from index.records import Author, Reference
from index.sources import outline
from index.sources.build import label_for
from index.sources.pdf_blocks import Block, is_named
from index.sources.pdf_compose import Composer, flow
from index.sources.pdf_front import Front
from index.sources.pdf_lines import Line
from index.sources.pdf_references import entries
from index.sources.pdf_tables import Face
from index.sources.vancouver import parse_citation

__all__ = ["RUN_IN", "Paper", "compose", "levels"]

RUN_IN = re.compile(
    r"(?P<name>abstract|summary|data availability(?: statement)?|ethics statement|author contributions?"
    r"|key ?words?(?: and phrases)?|funding|(?:financial )?disclosures?"
    r"|(?:competing|conflicts? of) interests?"
    r"|background|objectives?|aims?|purpose|introduction"
    r"|(?:materials? and |patients and )?methods?(?:/design)?"
    r"|results?|findings"
    r"|conclusions?|discussion|interpretation|trial registration|abbreviations|design|setting|significance)"
    r"(?P<stop>\s?[.:—–|]+|(?<=ABSTRACT)|(?<=SUMMARY))\s*(?=\S)",
    re.IGNORECASE,
)
_OPENING = frozenset({"abstract", "background", "methods", "results", "discussion"})
_AFTER_REFERENCES = re.compile(
    r"(?:doi:\s?10\.|cite this article|submit your|publisher[’']s note|pre-publication history|received[: ]"
    r"|how to cite|copyright\b|©|supporting information|open access this article|springer nature remains)",
    re.IGNORECASE,
)
_FRONT_ONLY = re.compile(
    r"@|\b(?:universit|departments?\b|institut|correspond|received|accepted|copyright|licen[sc]e|editor\b|citation:"
    r"|open access|full list of author)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Paper:
    """The state of putting blocks together."""

    composer: Composer
    body: Face
    front: Front
    levels: dict[tuple[float, bool, bool], int]
    blocks: list[outline.Block] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    keywords: tuple[str, ...] = ()
    opened: bool = False
    titled: bool = False
    has_abstract: bool = False
    label: str = "front"
    named: list[Block] = field(default_factory=list)
    authors: tuple[tuple[Author, ...], bool] = ((), True)

    def part(self) -> None:
        """An empty line, before what is not the first."""
        if self.composer.length:
            self.composer.put("\n\n")


def _style(block: Block) -> tuple[float, bool, bool]:
    return round(block.lines[0].size * 2) / 2, block.text.isupper(), block.lines[0].bold > 0.5


def levels(blocks: Sequence[Block]) -> dict[tuple[float, bool, bool], int]:
    """The rank of each style of headings, 2 the highest: by size, then capitals, then weight."""
    styles = sorted({_style(block) for block in blocks if block.kind == "heading"}, reverse=True)
    return {style: 2 + rank for rank, style in enumerate(styles)}


def _level(paper: Paper, block: Block) -> int:
    if is_named(block.text):
        return 2
    numbered = re.match(r"(\d{1,2}(?:\.\d{1,2})*)\.?\s+[^\W\d_]", block.text)
    if numbered:
        return 2 + numbered[1].count(".")
    return paper.levels.get(_style(block), 2)


def compose(paper: Paper, blocks: Sequence[Block]) -> None:
    """Put ``blocks``, in reading order, into the paper's text."""
    groups = flow(list(_split_run_ins(blocks)))
    at = 0
    while at < len(groups):
        group = groups[at]
        at += 1
        block = group[0]
        if block in paper.front.blocks:
            if not paper.titled:
                _add(paper, list(paper.front.blocks), "title", 1)
                paper.titled = True
        elif block.kind in {"figure", "table"}:
            _add(paper, group, block.kind, rows=block.kind == "table")
        elif _beside(paper, block):
            _add(paper, group, "affiliations")
        elif block.kind == "heading":
            _heading(paper, block)
            if label_for(block.text, "") == "references" and not paper.references:
                at = _reference_list(paper, groups, at, block)
        else:
            _running(paper, group)


def _beside(paper: Paper, block: Block) -> bool:
    """Whether a block is no part of the text: authors, or a notice behind the reference list."""
    if any(block is one for one in paper.named):
        return True
    heading = block.kind == "heading" and not _AFTER_REFERENCES.match(block.text)
    return paper.label == "behind" and not heading


def _running(paper: Paper, group: Sequence[Block]) -> None:
    block = group[0]
    if not paper.opened and block.page <= 2:
        _front(paper, group)
    elif block.kind == "note":
        _add(paper, group, "affiliations" if block.page == 1 else "note")
    else:
        _text(paper, group)


def _split_run_ins(blocks: Sequence[Block]) -> Iterator[Block]:
    """A first page's block parted where a line opens with a name like "Funding:"."""
    for block in blocks:
        if block.page > 1 or block.kind not in {"text", "note"} or len(block.lines) < 2:
            yield block
            continue
        cuts = [0] + [
            at
            for at, line in enumerate(block.lines)
            if at and RUN_IN.match(line.text) and _distinct(line)
        ] + [len(block.lines)]  # fmt: skip
        for low, high in pairwise(cuts):
            yield replace(block, lines=block.lines[low:high])


def _distinct(line: Line) -> bool:
    """Whether a line opens in another face than it goes on in."""
    word = line.pieces[0].word
    return word.bold or word.font != line.font


def _add(
    paper: Paper, group: Sequence[Block], kind: str, level: int = 0, *, rows: bool = False
) -> tuple[int, int]:
    """Append a group of blocks as one paragraph."""
    paper.part()
    start = paper.composer.length
    before: Block | None = None
    for block in group:
        if before is not None:
            paper.composer.continued(before.lines[-1], block.lines[0])
        paper.composer.lines(block.lines, between="\n" if rows else " ")
        before = block
    end = paper.composer.length
    paper.blocks.append(outline.Block(start, end, kind, level))
    return start, end


def _heading(paper: Paper, block: Block) -> None:
    words = block.text.strip()
    label = (
        outline.label_of(words, "") if not re.match(r"authors?[’'?]?s? details", words.lower()) else "behind"
    )
    known = label in _OPENING or label in {"references", "keywords"} or re.match(r"\d\.?\s+\w", words)
    if not paper.opened and block.page <= 2 and not known:
        _add(paper, [block], "affiliations")
        return
    if label == "keywords":
        _add(paper, [block], "heading", 9)
        paper.label = "keywords"
        return
    paper.opened = paper.opened or bool(known) or block.page > 2
    paper.label = label or (
        "body" if is_named(words) or paper.label in {"abstract", "behind", "front"} else paper.label
    )
    _add(paper, [block], "heading", _level(paper, block))


def _front(paper: Paper, group: Sequence[Block]) -> None:
    """What stands before the first heading: authors, addresses, a summary without a heading."""
    block = group[0]
    if RUN_IN.match(block.text):
        _text(paper, group)
        return
    words = " ".join(one.text for one in group)
    prose = len(words.split()) >= 60 and not _FRONT_ONLY.search(words[:400]) and block.kind == "text"
    after_title = paper.titled and bool(paper.front.blocks)
    if prose and after_title and not paper.has_abstract:
        paper.has_abstract = True
        _add(paper, group, "abstract")
        return
    if prose and (paper.has_abstract or block.page > 1):
        paper.opened = True
        _text(paper, group)
        return
    _add(paper, group, "affiliations")


def _text(paper: Paper, group: Sequence[Block]) -> None:
    """A paragraph; a name that it opens with ("Results:") becomes its heading where it is one."""
    words = group[0].text
    found = RUN_IN.match(words)
    context = paper.label in {"front", "abstract", "keywords"} or (
        group[0].page == 1 and group[0].kind == "note"
    )
    own = found and (found["name"][:1].isupper())
    if paper.label == "keywords" and not found:
        _keywords(paper, *_add(paper, group, "keywords"))
        paper.label = "front"
        return
    if not (found and own and context):
        kind = "text"
        if group[0].page == 1 and group[0].kind == "note":
            kind = "affiliations"
        _add(paper, group, kind)
        return
    start, end = _add(paper, group, "text")
    paper.blocks.pop()
    text = "".join(paper.composer.parts)[start:end]
    opening = RUN_IN.match(text)
    assert opening is not None
    cut = start + opening.end("stop")
    label = label_for(found["name"])
    if label == "keywords":
        paper.blocks.append(outline.Block(start, cut, "heading", 9))
        paper.blocks.append(outline.Block(cut, end, "keywords"))
        _keywords(paper, cut, end)
        return
    in_abstract = paper.label in {"front", "abstract"} and label not in {"funding", "disclosure"}
    level = 8 if in_abstract and label != "abstract" else 3
    paper.blocks.append(outline.Block(start, cut, "heading", level))
    paper.blocks.append(outline.Block(cut, end, "text"))
    if label == "abstract":
        paper.label, paper.has_abstract = "abstract", True


def _keywords(paper: Paper, start: int, end: int) -> None:
    text = "".join(paper.composer.parts)[start:end]
    parts = re.split(r"\s*[;•·|]\s*", text) if re.search(r"[;•·|]", text) else re.split(r"\s*,\s*", text)
    words = [" ".join(part.split()).strip(" .:") for part in parts]
    if len(words) <= 30:
        paper.keywords = tuple(word for word in words if 1 < len(word) < 80)


def _reference_list(paper: Paper, groups: Sequence[Sequence[Block]], at: int, heading: Block) -> int:
    """Add the entries behind the heading of the reference list; returns where it ends."""
    listed: list[Block] = []
    floats: list[Block] = []
    while at < len(groups):
        block = groups[at][0]
        if block.kind in {"figure", "table"}:
            floats.append(block)
            at += 1
            continue
        ended = block.kind == "heading" and (
            is_named(block.text)
            or (block.size >= heading.size - 0.2 and block.lines[0].font == heading.lines[0].font)
        )
        if ended or _AFTER_REFERENCES.match(block.text):
            break
        if block.kind == "note" and block.lines[0].pieces[0].script == 1:
            floats.append(block)
            at += 1
            continue
        listed += groups[at]
        at += 1
    leading, listing = entries(listed)
    if leading:
        paper.part()
        paper.blocks.append(outline.Block(*paper.composer.lines(leading), "text"))
    for number, lines in enumerate(listing, 1):
        paper.part()
        start, end = paper.composer.lines(lines)
        paper.blocks.append(outline.Block(start, end, "references"))
        printed = "".join(paper.composer.parts[-400:])[-(end - start) :]
        paper.references.append(parse_citation(printed, number=number))
    for block in floats:
        _add(paper, [block], block.kind, rows=block.kind == "table")
    paper.label = "behind"
    return at
