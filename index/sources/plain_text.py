"""Plain text and Markdown: the document's text is the file's own, character for character."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from index.errors import SourceError
from index.records import Document, Failure, Reference, Section
from index.sources import front_matter, markdown_text
from index.sources.build import TextBuilder, make_document
from index.sources.decoding import decode
from index.sources.formats import why_not
from index.sources.outline import Block, is_section_name, sections_of

__all__ = ["NAME", "VERSION", "read", "recognises", "why_not"]

NAME = "text"
VERSION = "1"

#: A line longer than this is no title and no heading.
_TITLE = 200
_HEADING = 100

_RULE = re.compile(r"[ \t]*([=\-~_*#])(?:[ \t]*\1){2,}[ \t]*")
_NUMBERED = re.compile(r"[ \t]*((?:\d{1,2}\.)*\d{1,2})[.)]?[ \t]+[A-Z][^.;!?]*[^\s.;:,!?]:?[ \t]*")


class _Whole(TextBuilder):
    """A file's text as it is, with sections that were found in it."""

    def __init__(self, text: str, sections: list[Section]) -> None:
        super().__init__()
        self._parts.append(text)
        self.sections = sections


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a file beginning with ``head`` is text that is meant to be read by people."""
    return not why_not(head, suffix)


def read(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
    """The one document in the file at ``path``; ``source`` is the SHA-256 of its bytes, ``name`` its name.

    Positions are into the decoded text (``decode``: a byte order mark is dropped, line ends are
    ``\\n``). The title is the front matter's, else the first heading's, else the first line if it
    is at most 200 characters and more follows, else the file's name; a heading that only names a
    part ("Abstract") is no title. Only front matter tells authors and year. Time and memory are
    linear in the file's size. Raises SourceError for a file that holds no text.
    """
    text = decode(path.read_bytes())
    start = front_matter.end_of(text)
    reference = front_matter.record(text[:start]) if start else Reference()
    markdown = markdown_text.is_markdown(text[start:], Path(name).suffix.lower())
    blocks = list(markdown_text.blocks(text, start) if markdown else _blocks(text, start))
    given = markdown_text.plain_title(reference.title) if markdown else reference.title
    title, blocks = _titled(text, blocks, given=given, markdown=markdown)
    sections = sections_of(text, blocks)
    if not sections:
        raise SourceError("the file holds no text to quote; save or download it again")
    yield make_document(
        _Whole(text, sections),
        source=source,
        extractor=f"{NAME}/{VERSION}",
        ordinal=1,
        reference=replace(reference, title=title or name),
    )


def _titled(text: str, blocks: list[Block], *, given: str, markdown: bool) -> tuple[str, list[Block]]:
    """The title or ``""``, and the blocks with the one that prints it, if any, called ``"title"``."""
    blocks = [block for block in blocks if text[block.start : block.end].strip()]
    headings = [place for place, block in enumerate(blocks) if block.kind in {"heading", "title"}]
    if headings and (markdown or headings[0] == 0):
        place = headings[0]
        block = blocks[place]
        words = " ".join(text[block.start : block.end].split())
        printed = markdown_text.plain_title(words) if markdown else words
        same = given.casefold() == printed.casefold()
        if same or (not given and not is_section_name(printed)):
            return printed, [*blocks[:place], replace(block, kind="title"), *blocks[place + 1 :]]
        return given, blocks
    return given or _first_line(text, blocks), blocks


def _first_line(text: str, blocks: list[Block]) -> str:
    """The first line where it can be a title and more text follows, else ``""``."""
    if not blocks or blocks[0].kind != "text":
        return ""
    line, _, rest = text[blocks[0].start : blocks[0].end].strip().partition("\n")
    return line.strip() if (rest or len(blocks) > 1) and len(line) <= _TITLE else ""


def _blocks(text: str, start: int) -> Iterator[Block]:
    """The blocks of plain text from ``start``: a title line, headings, and the text between them.

    A first line that stands alone before more text is the title, whatever it says. A heading is a
    line at most 100 characters long that is underlined, or that begins a paragraph and is a well-known
    name of a part, or stands alone and is numbered or in capitals. Lines of rules are left out.
    """
    lines = text[start:].split("\n")
    position, opened, level = start, start, 0
    titled = False
    for place, line in enumerate(lines):
        end = position + len(line)
        before = lines[place - 1] if place else ""
        after = lines[place + 1] if place + 1 < len(lines) else ""
        if line and len(line) <= _TITLE and not line.isspace():
            level = _level(line, before, after)
            alone = not after.strip() and not titled and any(map(str.strip, lines[place + 2 : place + 50]))
            title = not titled and not level and alone and not _RULE.fullmatch(line)
            if level or title or _RULE.fullmatch(line):
                yield Block(opened, position, "text")
                if level or title:
                    yield Block(position, end, "title" if title else "heading", level or 1)
                opened = end
        titled = titled or not (not line or line.isspace())
        position = end + 1
    yield Block(opened, len(text), "text")


def _level(line: str, before: str, after: str) -> int:
    """The rank of ``line`` as a heading between its neighbours, 1 the highest; 0 if it is none."""
    words = line.strip()
    begins = not before.strip() or _RULE.fullmatch(before) is not None
    if len(words) > _HEADING or not begins or _RULE.fullmatch(line):
        return 0
    if after[:_TITLE].strip() and len(after) <= _TITLE and _RULE.fullmatch(after):
        # a table's head and a quoted mail are underlined too, but not as wide as themselves
        return 1 if 0.5 <= len(after.strip()) / len(words) <= 1.5 and re.search(r"[^\W\d_]{2}", words) else 0
    numbered = _NUMBERED.fullmatch(line)
    if is_section_name(words) and words[:1].isupper() | words[:1].isdigit():
        return 2 + (numbered[1].count(".") if numbered else 0)
    if after.strip():
        return 0
    if numbered and len(words.split()) <= 14:
        return 2 + numbered[1].count(".")
    capitals = words.isupper() and re.search(r"[^\W\d_]{4}", words) and words[-1] not in ".;,!?"
    return 2 if capitals else 0
