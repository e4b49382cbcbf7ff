"""Blocks into one text: paragraphs made whole again, hyphens at line ends undone, each word's box kept."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from index.boxes import PageBox
from index.sources.pdf_blocks import Block
from index.sources.pdf_lines import Line, Piece
from index.sources.pdf_page import PageContent

__all__ = ["Composer", "Vocabulary", "flow"]

_HYPHEN = "-‐‑"
_LETTERS = re.compile(r"[^\W\d_]+(?:[-‐‑'’][^\W\d_]+)*")
_SUPERSCRIPTS = str.maketrans("0123456789+-−–()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁽⁾ⁿ")

#: First parts that mostly keep their hyphen where the text itself does not tell.
_KEEPING = re.compile(
    r"self|non|well|low|high|quasi|ex|evidence|placebo|double|single|triple|two|three|four|five|six|seven|eight"
    r"|nine|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|large|small|long|short|health|follow|time"
    r"|dose|age|sex|case|cost|open|risk|full|half|late|early|middle|third"
)
#: What may follow them in one word: ``lower``, ``timely``, ``highest``.
_ENDINGS = re.compile(r"ers?|ered|ering|est|ly|ness|able|ing|ed|ful|less|en|ened|es|s")


class Vocabulary:
    """The words a text uses away from line ends: what tells a real hyphen from a printer's."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._words: Counter[str] = Counter()
        for line in lines:
            words = [m.group().casefold() for m in _LETTERS.finditer(_plain(line.text))]
            if words and line.text.rstrip()[-1:] in _HYPHEN:
                words.pop()
            self._words.update(words)
            for word in words:
                parts = re.split(r"[-‐‑]", word)
                if len(parts) > 1:
                    self._words["-".join(parts)] += 1
                    self._words.update(f"{part}" for part in parts if len(part) > 3)
        self._firsts = Counter(word.split("-")[0] for word in self._words if "-" in word)

    def keeps(self, first: str, second: str) -> bool:
        """Whether ``first-second``, torn at a line's end, is written with its hyphen."""
        if not first or not second:
            return True
        if not second[0].islower() or not first[-1].isalpha():
            return True
        head, tail = _last_word(first).casefold(), _first_word(second).casefold()
        if not head or not tail:
            return True
        whole, apart = self._words[head.split("-")[-1] + tail], self._words[f"{head}-{tail}"]
        if whole or apart:
            return apart > whole
        if "-" in head:
            return False
        if len(_last_word(first)) <= 3 and _last_word(first).isupper():
            return True
        both = self._words[head] > 0 and self._words[tail] > 0 and len(head) > 3 and len(tail) > 3
        if _KEEPING.fullmatch(head):
            return not _ENDINGS.fullmatch(tail) and (self._words[tail] > 0 or len(tail) > 4)
        return both and (self._firsts[head] > 0 or not _joinable(head, tail))


def _joinable(head: str, tail: str) -> bool:
    """Whether two words that are both words by themselves may still be parts of one: ``under-take``."""
    return len(head) <= 5 or len(tail) <= 4


def _last_word(text: str) -> str:
    found = re.search(r"[^\W\d_]+(?:[-‐‑'’][^\W\d_]+)*$", text)
    return found.group() if found else ""


def _first_word(text: str) -> str:
    found = re.match(r"[^\W\d_]+", text)
    return found.group() if found else ""


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text)


@dataclass(slots=True)
class Composer:
    """Builds a text and remembers where each word of it is printed."""

    vocabulary: Vocabulary
    pages: Mapping[int, PageContent]
    parts: list[str] = field(default_factory=list)
    length: int = 0
    boxes: list[PageBox] = field(default_factory=list)
    raised: list[tuple[int, int]] = field(default_factory=list)
    starts: list[tuple[int, Line]] = field(default_factory=list)

    def put(self, text: str) -> None:
        """Append characters that are printed nowhere."""
        self.parts.append(text)
        self.length += len(text)

    def lines(self, lines: Sequence[Line], *, between: str = " ") -> tuple[int, int]:
        """Append lines, joined by ``between`` or by undoing a hyphen; returns the range they take."""
        start = self.length
        for at, line in enumerate(lines):
            following = lines[at + 1] if at + 1 < len(lines) else None
            self.starts.append((self.length, line))
            self._line(line, cells=between == "\n")
            if following is None:
                break
            if between == "\n" or not self._joined(line, following):
                self.put(between)
        return start, self.length

    def continued(self, last: Line, following: Line) -> None:
        """What joins two lines of one paragraph that stand in different columns."""
        if not self._joined(last, following):
            self.put(" ")

    def _joined(self, line: Line, following: Line) -> bool:
        """Whether nothing comes between two lines; a hyphen that the printer put there is taken out."""
        text, after = _plain(line.text).rstrip(), _plain(following.text).lstrip()
        last = text[-1:]
        if last in _HYPHEN and len(text) > 1 and not text[-2].isspace():
            if after[:1].isalnum() or after[:1] in "([":
                first = text[:-1]
                suspended = re.match(r"(?:and|or|to|und|et)\b", after)
                if suspended:
                    return False
                if not self.vocabulary.keeps(first, after):
                    self._take_back(last)
                return True
            return False
        if last in "–—" and text[-2:-1].isdigit() and after[:1].isdigit():
            return True
        if last == "/" and len(text) > 1 and text[-2].isalnum() and after[:1].isalnum():
            return True
        address = re.search(r"(?:https?://|www\.|10\.\d{4,9}/)\S*$", text)
        return bool(
            address and last in "/._-=?&" and re.match(r"[\w/?=&.%#-]+", after) and after[:1].islower()
        )

    def _take_back(self, hyphen: str) -> None:
        assert self.parts[-1].endswith(hyphen)
        self.parts[-1] = self.parts[-1][: -len(hyphen)]
        self.length -= len(hyphen)
        if self.boxes and self.boxes[-1].end > self.length:
            box = self.boxes.pop()
            if box.start < self.length:
                self.boxes.append(PageBox(box.start, self.length, box.number, box.x0, box.y0, box.x1, box.y1))

    def _line(self, line: Line, *, cells: bool) -> None:
        page = self.pages[line.page]
        before: Piece | None = None
        for piece in line.pieces:
            word = piece.word
            if before is not None and piece.blank:
                wide = word.x0 - before.word.x1 > 1.15 * line.size
                self.put("\t" if cells and wide else " ")
            text = _plain(word.text)
            if piece.script == 1 and self._exponent(text, before):
                text = text.translate(_SUPERSCRIPTS)
            elif piece.script == 1:
                self.raised.append((self.length, self.length + len(text)))
            before = piece
            if not text:
                continue
            box = page.on_paper(word.x0, word.base - 0.8 * word.size, word.x1, word.base + 0.22 * word.size)
            self.boxes.append(PageBox(self.length, self.length + len(text), line.page, *box))
            self.put(text)

    def _exponent(self, text: str, before: Piece | None) -> bool:
        """Whether a raised number is an exponent: ``10⁵``, ``m²``, ``cm⁻¹``, not a citation."""
        if before is None or not re.fullmatch(r"[-−–+]?\d{1,3}|[-+−–]|n", text):
            return False
        base = _plain(before.word.text)
        if re.fullmatch(r"[-−–+]\d{1,3}", text):
            return base[-1:].isalnum()
        if text in "+-−–":
            return False
        power_of_ten = re.search(r"(?:^|[×x·⋅*]\s?)10$", base) is not None
        unit = text in {"2", "3"} and re.search(r"(?:^|[/\d(])(?:[kcmdµμn]?m|R|r|kg/m|χ|c)$", base)
        return power_of_ten or bool(unit)


def flow(blocks: Sequence[Block]) -> list[list[Block]]:
    """Blocks grouped so that a paragraph parted by a column's or page's end is one group.

    What floats (figures, tables, notes) comes behind the paragraph it stands in.
    """
    groups: list[list[Block]] = []
    floating: list[Block] = []
    last: list[Block] | None = None
    for block in blocks:
        if block.kind in {"figure", "table", "note"}:
            floating.append(block)
            continue
        if (
            last is not None
            and last[-1].kind == "text"
            and block.kind == "text"
            and _goes_on(last[-1], block)
        ):
            last.append(block)
            continue
        groups += [[one] for one in floating]
        floating = []
        last = [block]
        groups.append(last)
    return groups + [[one] for one in floating]


_CLOSED = re.compile(r"[.?!:][\"'”’»)\]]*(?:\s?\[?\d[\d,–\- ]*\]?)?$")


def _goes_on(one: Block, other: Block) -> bool:
    """Whether ``other`` continues the paragraph that ``one`` begins, in the next column or below a float."""
    before, after = one.lines[-1], other.lines[0]
    if abs(one.size - other.size) > 0.35 or (
        before.font != after.font and min(len(one.text), len(other.text)) < 40
    ):
        return False
    apart = one.page != other.page or after.base < before.base or after.x0 > before.x1
    text, opens = one.text.rstrip(), other.text.lstrip()
    if text[-1:] in _HYPHEN and opens[:1].islower():
        return True
    if _CLOSED.search(text):
        return False
    full = before.x1 > one.left + 0.55 * (one.right - one.left)
    if opens[:1].islower() or opens[:1] in "([,;)":
        return full or apart
    return full and apart and after.x0 - other.left < 0.6 * after.size
