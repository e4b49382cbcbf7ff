"""The lines of a page into blocks: paragraphs, headings, captions, tables, footnotes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from index.sources.outline import is_section_name
from index.sources.pdf_furniture import figure_lettering, furniture, without_line_numbers
from index.sources.pdf_lines import Line, fragments, reading_order, rows
from index.sources.pdf_page import PageContent
from index.sources.pdf_tables import Face, is_caption, tables

__all__ = ["BACK", "Block", "blocks_of", "body_face", "is_named"]

_ENDS = re.compile(r"[.?!:;][\"'”’»)\]]*(?:\s?\[?\d[\d,–\- ]*\]?)?$")
_ITEM = re.compile(r"(?:[•●▪■◆➤➢○–*·-]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]|\[\d{1,3}\])\s")
_NUMBERED = re.compile(r"(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?|[IVX]{1,5}\.|[A-Z]\.)\s+[A-Z]")


#: Headings of what stands behind a paper's text.
BACK = re.compile(
    r"(?:authors?[’'?]?s?[’'?]? (?:details|contributions?|information)|list of abbreviations|endnotes?"
    r"|additional (?:files?|information)|ethics?\b.{0,40}|ethical (?:approval|considerations?)"
    r"|consent\b.{0,40}|(?:data|code|materials?) availability.{0,30}|availability of .{0,40}"
    r"|trial (?:status|registration)|conflicts? of interests?|declarations?|publisher[’']s note"
    r"|supplementary .{0,30}|supporting information|acknowledge?ments?.{0,12}|funding.{0,20}"
    r"|competing .{0,30}interests?.{0,12}|appendix.{0,30}|correspondence|limitations?|key messages|keywords"
    r"|author summary|open access|copyright.{0,30}|orcid.{0,20}|references cited|references and notes"
    r"|notes)[.:]?",
    re.IGNORECASE,
)


def is_named(text: str) -> bool:
    """Whether ``text`` is a name that headings of papers have, alone on its line."""
    return (
        len(text) < 70
        and bool(is_section_name(text.rstrip(":")) or BACK.fullmatch(text))
        and text[:1].isalnum()
    )


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that are one thing: ``kind`` is text, heading, figure, table, note or list.

    ``left`` and ``right`` are the edges of the column it stands in.
    """

    kind: str
    lines: tuple[Line, ...]
    page: int
    left: float
    right: float

    @property
    def text(self) -> str:
        """The lines joined by blanks; for tests of what it is only."""
        return " ".join(line.text for line in self.lines)

    @property
    def size(self) -> float:
        """The size of its longest line."""
        return max(self.lines, key=lambda line: len(line.text)).size


def body_face(lines: Sequence[Line]) -> Face:
    """Size and font of most of the text in lines that are long enough to be prose."""
    sizes: Counter[float] = Counter()
    fonts: Counter[str] = Counter()
    for line in lines:
        if line.width > 14 * line.size:
            sizes[round(line.size * 2) / 2] += len(line.text)
    if not sizes:
        for line in lines:
            sizes[round(line.size * 2) / 2] += len(line.text)
    if not sizes:
        return 10.0, ""
    near = sizes.most_common(1)[0][0]
    exact: Counter[float] = Counter()
    for line in lines:
        if abs(line.size - near) <= 0.3:
            exact[line.size] += len(line.text)
            fonts[line.font] += len(line.text)
    return (exact.most_common(1)[0][0] if exact else near), (fonts.most_common(1)[0][0] if fonts else "")


def blocks_of(pages: Sequence[PageContent]) -> tuple[list[Block], Face, list[Line]]:
    """The blocks of all pages in reading order, the body's face, and the running heads left out."""
    laid = [(page, fragments(without_line_numbers(page), page.number)) for page in pages]
    body = body_face([line for _, lines in laid for line in lines])
    gone = furniture(laid)
    heads = [line for _, lines in laid for line in lines if id(line) in gone]
    found: list[Block] = []
    for page, lines in laid:
        kept = [line for line in lines if id(line) not in gone]
        found += _page_blocks(page, kept, body)
    return found, body, heads


def _page_blocks(page: PageContent, lines: list[Line], body: Face) -> Iterator[Block]:
    lettering = figure_lettering(page, lines, body[0])
    held: list[Block] = []
    in_tables: set[int] = set()
    for table in tables(page, lines, body):
        in_tables |= set(map(id, table))
        ordered = rows(table, page.number)
        left, right = min(line.x0 for line in table), max(line.x1 for line in table)
        held.append(Block("table", tuple(ordered), page.number, left, right))
    rest = [line for line in lines if id(line) not in lettering and id(line) not in in_tables]
    found = [block for group in reading_order(rest, page.number) for block in _column(group, page, body)]
    yield from (block for block in found if not _letters(block, [*found, *held], body))
    yield from held


def _letters(block: Block, others: Sequence[Block], body: Face) -> bool:
    """Whether a block letters a figure: short, not in the body's face, nothing between it and the caption."""
    if block.kind not in {"text", "note", "heading"} or is_named(block.text):
        return False
    if (
        any(line.width > 13 * line.size and _cells(line) == 1 for line in block.lines)
        or len(block.text) > 160
    ):
        return False
    if block.lines[0].font == body[1] and abs(block.size - body[0]) < 0.3:
        return False
    low, high = block.lines[0].base, block.lines[-1].base
    left, right = min(line.x0 for line in block.lines), max(line.x1 for line in block.lines)
    for caption in others:
        if caption.kind != "figure":
            continue
        at = caption.lines[0].base
        if at < low - 420 or at > high + 420 or left > caption.right or right < caption.left:
            continue
        top, bottom = min(low, at), max(high, at)
        between = any(
            other.kind in {"text", "heading"} and other.lines[0].font == body[1] and len(other.text) > 120
            and top < other.lines[0].base < bottom and other.left < right and other.right > left
            for other in others
        )  # fmt: skip
        if not between:
            return True
    return False


def _column(lines: Sequence[Line], page: PageContent, body: Face) -> Iterator[Block]:
    """The blocks of a stretch of one column."""
    left, right = _edges(lines)
    run: list[Line] = []
    kind = "text"
    pitch = _pitches(lines)
    for line in lines:
        caption = is_caption(line, body, alone=not run or _gap(run[-1], line, pitch))
        if run and kind == "table" and not caption and _in_table(run, line, body, pitch):
            run.append(line)
            continue
        if run and (caption or _parts(run, line, left, right, pitch, kind)):
            yield _block(kind, run, page, left, right, body)
            run, kind = [], "text"
        if not run:
            kind = caption or "text"
        run.append(line)
    if run:
        yield _block(kind, run, page, left, right, body)


def _edges(lines: Sequence[Line]) -> tuple[float, float]:
    """Left and right of the column: where most long lines begin and end."""
    longest = max(line.width for line in lines)
    long = [line for line in lines if line.width > 0.6 * longest] or list(lines)
    lefts = Counter(round(line.x0 / 2) for line in long)
    rights = sorted(line.x1 for line in long)
    often = [at for at, count in lefts.items() if count >= 0.25 * len(long)] or [min(lefts)]
    return min(often) * 2.0, rights[int(0.9 * (len(rights) - 1))]


def _pitches(lines: Sequence[Line]) -> dict[float, float]:
    """The usual distance of base lines for each size of letters."""
    steps: dict[float, list[float]] = {}
    for one, other in pairwise(lines):
        step = other.base - one.base
        if abs(one.size - other.size) < 0.3 and 0.8 * one.size < step < 2.6 * one.size:
            steps.setdefault(round(one.size * 2) / 2, []).append(step)
    return {
        size: median(found) if len(found) < 4 else sorted(found)[len(found) // 3]
        for size, found in steps.items()
    }


def _gap(before: Line, line: Line, pitch: dict[float, float]) -> bool:
    """Whether more than a line's distance lies between two lines."""
    size = round(line.size * 2) / 2
    usual = max(pitch.get(size, 1.2 * line.size), 1.0 * line.size)
    step = line.base - before.base
    return step > 1.32 * usual + 0.5 or step < -0.5 * line.size


def _parts(
    run: Sequence[Line], line: Line, left: float, right: float, pitch: dict[float, float], kind: str
) -> bool:
    """Whether a new block begins with ``line``."""
    before = run[-1]
    if abs(line.size - before.size) > 0.055 * before.size + 0.15:
        return True
    if _gap(before, line, pitch):
        return True
    if kind in {"figure", "table"}:
        return False
    if abs(line.bold - before.bold) > 0.75 and before.width < 0.85 * (right - left):
        return True
    if (
        before.font != line.font
        and abs(line.italic - before.italic) < 0.5
        and _own_face(before)
        and (_own_face(line) or before.width < 0.8 * (right - left))
    ):
        return True
    text = before.text
    if _headline(before) and len(run) == 1 and before.width < 0.7 * (right - left):
        return True
    complete = _ENDS.search(text) is not None or before.x1 < right - 0.3 * (right - left)
    indented = line.x0 - left > 0.55 * line.size and line.x0 - before.x0 > 0.5 * line.size
    outdented = before.x0 - line.x0 > 0.5 * line.size and len(run) > 1
    item = _ITEM.match(line.text) is not None
    begins = not line.text[:1].islower()
    if item and complete and (indented or outdented or abs(line.x0 - run[0].x0) < 3):
        return True
    if indented and begins and complete and not _hanging(run):
        return True
    short = before.x1 < right - 2.2 * line.size
    stopped = _ENDS.search(text) is not None
    if outdented and begins and stopped and _hanging(run):
        return True
    return short and stopped and begins and abs(line.x0 - left) < 0.6 * line.size and not _ragged(run, right)


def _own_face(line: Line) -> bool:
    """Whether a line is set in one font from end to end."""
    return sum(len(p.word.text) for p in line.pieces if p.word.font == line.font) > 0.9 * sum(
        len(p.word.text) for p in line.pieces
    )


def _hanging(run: Sequence[Line]) -> bool:
    """Whether the lines after the first are indented behind it, as in lists."""
    return len(run) > 1 and min(line.x0 for line in run[1:]) - run[0].x0 > 0.5 * run[0].size


def _ragged(run: Sequence[Line], right: float) -> bool:
    """Whether the lines end at different places, so that a short one says little."""
    if len(run) < 3:
        return False
    ends = [line.x1 for line in run[:-1]]
    return sum(end < right - 1.0 * run[0].size for end in ends) > 0.4 * len(ends)


def _headline(line: Line) -> bool:
    return is_section_name(line.text) or (
        _NUMBERED.match(line.text) is not None and line.bold > 0.8 and not line.text.endswith(".")
    )


def _in_table(run: Sequence[Line], line: Line, body: Face, pitch: dict[float, float]) -> bool:
    """Whether a line still belongs to a table without rules: small print, or cells with gaps."""
    if line.base - run[-1].base > 4 * line.size or line.size > max(one.size for one in run) + 0.3:
        return False
    prose = abs(line.size - body[0]) < 0.3 and line.font == body[1] and line.width > 20 * line.size
    return not prose and (line.size < body[0] - 0.3 or _cells(line) > 1 or line.width < 12 * line.size)


def _cells(line: Line) -> int:
    return 1 + sum(b.word.x0 - a.word.x1 > 1.15 * line.size for a, b in pairwise(line.pieces))


def _block(kind: str, run: Sequence[Line], page: PageContent, left: float, right: float, body: Face) -> Block:
    block = Block(kind, tuple(run), page.number, left, right)
    if kind == "text" and _is_heading(block, body):
        return replace(block, kind="heading")
    if kind == "text" and _is_note(block, page, body):
        return replace(block, kind="note")
    return block


def _is_heading(block: Block, body: Face) -> bool:
    """Whether a block is a heading: short, and in a face of its own, or with a name known for one."""
    text = block.text.strip()
    if len(block.lines) > 4 or len(text) > 220 or not re.search(r"[^\W\d_]{2}", text):
        return False
    if is_named(text):
        return True
    if re.match(
        r"(?:key ?words?|abbreviations|doi|e-?mail|received|citation|published)\b.*:", text, re.IGNORECASE
    ):
        return False
    if text.endswith((",", ";")) or (text.endswith(".") and len(text.split()) > 6) or text[:1].islower():
        return False
    first = block.lines[0]
    larger = first.size > body[0] * 1.08
    bold = all(line.bold > 0.8 for line in block.lines)
    own = first.font != body[1] and all(_own_face(line) and line.font == first.font for line in block.lines)
    small = first.size < body[0] * 0.9
    narrow = block.lines[-1].width < 0.9 * (block.right - block.left) or len(text) < 60
    capitals = text.isupper() and len(text) > 3
    words = len(text.split())
    if small or words > 30 or _cells(first) > 1 or not text[:1].isalnum():
        return False
    italic = all(line.italic > 0.8 for line in block.lines)
    return narrow and (
        larger
        or bold
        or capitals
        or (own and words <= 16 and not (italic and text.endswith(".")))
        or (_NUMBERED.match(text) is not None and words <= 12 and len(block.lines) == 1 and (bold or italic))
    )


def _is_note(block: Block, page: PageContent, body: Face) -> bool:
    """Whether a block is a footnote: small print in the lower part of the page."""
    low = block.lines[0].base > 0.5 * page.height and block.lines[-1].base > 0.72 * page.height
    if not low or block.size > body[0] - 0.6:
        return False
    first = block.lines[0].pieces[0]
    return (
        page.number == 1
        or first.script == 1
        or re.match(r"[*†‡§¶∗#]|\d{1,2}\s?[A-Z]", first.word.text) is not None
    )
