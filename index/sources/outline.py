"""A text's blocks and headings into sections: what both plain text and Markdown come to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from index.records import Section
from index.sources.build import label_for

__all__ = ["Block", "is_section_name", "label_of", "sections_of", "trimmed"]

_NUMBERING = re.compile(r"\s*(?:(?:\d+(?:\.\d+)*|[IVX]+)[.):]?\s+|\d+(?:\.\d+)*[.):])")

#: Headings that name a part of any paper and so cannot be its title.
_NAMES = re.compile(
    r"(?:abstract|summary|background|introduction|aims?|objectives?|methods and materials|materials"
    r"|methodology|(?:(?:materials?|patients?|subjects?) and )?methods?|results?|findings"
    r"|results? and discussions?|discussions?|conclusions?|discussions? and conclusions?|limitations"
    r"|references|bibliography|literature cited|works cited|acknowledge?ments?|funding|keywords"
    r"|abbreviations|appendix|supplementary materials?|supporting information|conflicts? of interests?"
    r"|competing interests?|declarations?(?: of (?:competing )?interests?)?|disclosures?"
    r"|author contributions?|data availability(?: statement)?|ethics statement|author summary)[.:]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A range of a text that is one thing: ``text[start:end]``.

    ``kind``: ``"title"``, ``"heading"``, ``"text"``, ``"table"`` or ``"figure"`` (its caption).
    ``level`` ranks headings, 1 the highest; 0 for everything else.
    """

    start: int
    end: int
    kind: str
    level: int = 0


def label_of(heading: str, default: str = "body") -> str:
    """``label_for`` a heading without its numbering (``"IV. Methods"`` -> ``"methods"``)."""
    words = _NUMBERING.sub("", heading, count=1).strip(" *_#:")
    return label_for(words, default)


def is_section_name(heading: str) -> bool:
    """Whether a heading only names a part of a paper: ``"2. Results"``, ``"ABSTRACT:"``."""
    return _NAMES.fullmatch(_NUMBERING.sub("", heading, count=1).strip()) is not None


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The range without white space at its ends; empty at ``start`` when nothing else is in it."""
    while start < end and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    return start, end


def sections_of(text: str, blocks: Iterable[Block]) -> list[Section]:
    """The sections of ``text`` out of its blocks, which stand in order and apart.

    Text blocks parted only by white space are one section. A section has the label of its heading,
    or of the nearest heading above it in rank that has one, or ``"body"``. Characters in no block
    are in no section.
    """
    found: list[Section] = []
    above: list[tuple[int, str, str]] = []  # level, label and words of the headings a block stands under
    open_text = False
    for block in blocks:
        start, end = trimmed(text, block.start, block.end)
        if start == end:
            continue
        if block.kind in {"heading", "title"}:
            words = " ".join(text[start:end].split())
            found.append(Section(start, end, block.kind, words))
            while above and above[-1][0] >= block.level:
                above.pop()
            label = above[-1][1] if above else "body"
            above.append((block.level, label if block.kind == "title" else label_of(words, label), words))
            open_text = False
            continue
        label, heading = above[-1][1:] if above else ("body", "")
        if block.kind != "text":
            label = label if label == "references" else block.kind
        elif open_text and text[found[-1].end : start].isspace():
            found[-1] = Section(found[-1].start, end, label, heading)
            continue
        found.append(Section(start, end, label, heading))
        open_text = block.kind == "text"
    return found
