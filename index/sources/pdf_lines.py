"""Words of a page into lines, and lines into the order in which they are read.

Columns are found by the gutters between them: a place where many lines begin, left of which lines
end, and which no line crosses over some height. Lines that cross a gutter (a title, a wide figure's
caption) part what is above them from what is below; in between the left side is read before the right.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from index.sources.pdf_page import Word

__all__ = ["Line", "Piece", "fragments", "line_of", "reading_order", "rows"]

#: A blank in a line is at most this many times the font's size; a wider one may be a gutter.
_WIDEST_BLANK = 1.15
_NARROWEST_GUTTER = 0.7


@dataclass(frozen=True, slots=True)
class Piece:
    """A word in its line: ``blank`` before it; ``script`` 1 if raised, -1 if lowered, else 0."""

    word: Word
    blank: bool
    script: int


@dataclass(frozen=True, slots=True)
class Line:
    """Words on one base line of a page; ``size`` is that of most of its characters."""

    page: int
    pieces: tuple[Piece, ...]
    x0: float
    x1: float
    base: float
    size: float
    font: str
    bold: float
    italic: float

    @property
    def top(self) -> float:
        """The upper edge, about where the font's ascenders end."""
        return self.base - 0.8 * self.size

    @property
    def bottom(self) -> float:
        """The lower edge, about where descenders end."""
        return self.base + 0.22 * self.size

    @property
    def width(self) -> float:
        """From the first character's left to the last one's right."""
        return self.x1 - self.x0

    @property
    def text(self) -> str:
        """The words, parted by single blanks."""
        return "".join((" " if p.blank and at else "") + p.word.text for at, p in enumerate(self.pieces))


def line_of(words: Iterable[Word], page: int) -> Line:
    """One line out of words that stand on it."""
    ordered = sorted(words, key=lambda w: (w.x0, w.order))
    if leftwards := _leftwards(ordered):
        ordered.sort(key=lambda w: (-w.x1, w.order))
    sizes: Counter[float] = Counter()
    for word in ordered:
        sizes[round(word.size, 1)] += len(word.text)
    size = max(sizes, key=lambda s: (sizes[s] * s, s))
    main = [w for w in ordered if abs(w.size - size) < 0.12 * size] or ordered
    bases: Counter[float] = Counter()
    for word in main:
        bases[round(word.base, 1)] += len(word.text)
    base = bases.most_common(1)[0][0]
    pieces: list[Piece] = []
    for word in ordered:
        small = word.size < 0.88 * size
        shift = base - word.base
        script = 0
        if shift > (0.15 if small else 0.25) * size:
            script = 1
        elif shift < -(0.08 if small else 0.2) * size:
            script = -1
        pieces.append(Piece(word, _blank(pieces[-1].word if pieces else None, word, leftwards), script))
    fonts: Counter[str] = Counter()
    for word in main:
        fonts[word.font] += len(word.text)
    letters = max(sum(len(w.text) for w in ordered), 1)
    return Line(
        page,
        tuple(pieces),
        min(w.x0 for w in ordered),
        max(w.x1 for w in ordered),
        base,
        size,
        fonts.most_common(1)[0][0],
        sum(len(w.text) for w in ordered if w.bold) / letters,
        sum(len(w.text) for w in ordered if w.italic) / letters,
    )


def _leftwards(words: Sequence[Word]) -> bool:
    """Whether most letters are of a script that runs to the left."""
    letters = [unicodedata.bidirectional(word.text[:1] or " ") for word in words]
    return sum(kind in {"R", "AL"} for kind in letters) > 0.5 * len(letters)


def _blank(before: Word | None, word: Word, leftwards: bool) -> bool:
    if before is None:
        return False
    gap = before.x0 - word.x1 if leftwards else word.x0 - before.x1
    size = max(before.size, word.size)
    follows = word.order == before.order + 1
    if follows:
        return gap > 0.28 * size or (word.spaced and gap > -0.3 * size)
    return gap > 0.15 * size


def fragments(words: Sequence[Word], page: int) -> list[Line]:
    """Runs of words on one base line with no gap that could be a gutter."""
    rows: list[list[Word]] = []
    for word in words:
        if rows and _continues(rows[-1], word):
            rows[-1].append(word)
        else:
            rows.append([word])
    return _merged([line_of(row, page) for row in rows], page)


def _continues(row: list[Word], word: Word) -> bool:
    last = row[-1]
    size = max(last.size, word.size)
    gap = last.x0 - word.x1 if _leftwards([last, word]) else word.x0 - last.x1
    if not -0.6 * size <= gap <= _WIDEST_BLANK * size:
        return False
    shift = abs(word.base - last.base)
    if shift < 0.12 * size:
        return True
    if shift > 0.7 * size or gap > 0.6 * size:
        return False
    if abs(word.size - last.size) > 0.08 * size:
        return True
    # Back from a superscript or a subscript to the line it stands in.
    return any(abs(word.base - other.base) < 0.12 * size for other in row[-6:])


def _merged(lines: list[Line], page: int) -> list[Line]:
    """Fragments that were drawn apart but stand on one base line without a gap."""
    lines = sorted(lines, key=lambda line: line.base)
    done: list[Line] = []
    for line in lines:
        place = len(done) - 1
        joined = False
        while place >= 0 and done[place].base > line.base - 1.6 * max(line.size, 8.0):
            other = done[place]
            if _same_run(other, line):
                words = [piece.word for piece in (*other.pieces, *line.pieces)]
                done[place] = line_of(words, page)
                joined = True
                break
            place -= 1
        if not joined:
            done.append(line)
    return done


def _same_run(one: Line, other: Line) -> bool:
    big, small = (one, other) if one.size >= other.size else (other, one)
    shift = abs(one.base - other.base)
    if shift > (0.12 if small.size > 0.88 * big.size else 0.6) * big.size:
        return False
    gap = max(one.x0, other.x0) - min(one.x1, other.x1)
    if gap < -0.5 * small.size:
        return False
    scripted = shift > 0.12 * big.size
    return gap <= (0.4 if scripted else 0.9) * big.size


def reading_order(lines: Sequence[Line], page: int, *, depth: int = 0) -> list[list[Line]]:
    """Groups of lines in reading order; a group is a stretch of one column."""
    lines = sorted(lines, key=lambda line: (line.top, line.x0))
    gutter = _gutter(lines) if depth < 8 and len(lines) > 5 else None
    if gutter is None:
        return [rows(lines, page)] if lines else []
    x, top, bottom, width = gutter
    top = _continued(lines, top, x, page_width_crossing=x - width)
    bottom = _headed(lines, bottom, x - width, x)
    above = [line for line in lines if _middle(line) < top]
    below = [line for line in lines if _middle(line) > bottom]
    inside = [line for line in lines if top <= _middle(line) <= bottom]
    left = [line for line in inside if line.x0 < x - width / 2]
    right = [line for line in inside if line.x0 >= x - width / 2]
    found: list[list[Line]] = []
    for part in (above, left, right, below):
        found += reading_order(part, page, depth=depth + 1)
    return found


def _continued(lines: Sequence[Line], top: float, x: float, *, page_width_crossing: float) -> float:
    """The height where the columns begin, below the short last line of what stands above them."""
    above = [line for line in lines if _middle(line) < top and line.x0 < page_width_crossing and line.x1 > x]
    last = max(above, key=lambda line: line.base, default=None)
    for line in sorted(lines, key=lambda line: line.base):
        if last is None or _middle(line) < top:
            continue
        goes_on = abs(line.x0 - last.x0) < 3 and abs(line.size - last.size) < 0.3 and line.font == last.font
        near = 0 < line.base - last.base < 1.5 * line.size
        beside = any(o is not line and abs(o.base - line.base) < 0.6 * o.size for o in lines)
        if not (goes_on and near) or beside:
            break
        last, top = line, _middle(line) + 0.1
    return top


def _headed(lines: Sequence[Line], bottom: float, left: float, right: float) -> float:
    """The height where the columns end, above a heading of the wide lines below them."""
    below = [line for line in lines if _middle(line) > bottom and line.x0 < left and line.x1 > right]
    inside = sorted((line for line in lines if _middle(line) <= bottom), key=lambda line: line.base)
    if not below or len(inside) < 4:
        return bottom
    wide, last, before = min(below, key=lambda line: line.base), inside[-1], inside[-2]
    heads = abs(last.x0 - wide.x0) < 3 and last.base - before.base > 1.5 * last.size
    near = wide.base - last.base < min(2.6 * last.size, 1.2 * (last.base - before.base))
    return (_middle(before) + _middle(last)) / 2 if heads and near else bottom


def _middle(line: Line) -> float:
    return line.base - 0.3 * line.size


def _gutter(lines: Sequence[Line]) -> tuple[float, float, float, float] | None:
    """The best gutter: its right edge, the heights it begins and ends at, its width."""
    size = median(line.size for line in lines)
    starts = sorted({round(line.x0) for line in lines})
    lefts = sorted(line.x0 for line in lines)
    best: tuple[float, float, float, float] | None = None
    best_score = 0.0
    for key in starts:
        low = bisect_left(lefts, key - 1)
        if bisect_right(lefts, key + 2.3 * size) - low < 4:
            continue
        x = lefts[low]
        for first, last in _stretches(lines, x, size):
            score = _worth(lines[first:last], x, size)
            if score > best_score:
                part = lines[first:last]
                top, bottom = min(map(_middle, part)), max(map(_middle, part))
                best, best_score = (x, top, bottom, _NARROWEST_GUTTER * size), score
    return best


def _stretches(lines: Sequence[Line], x: float, size: float) -> list[tuple[int, int]]:
    """Ranges of lines (from top to bottom) none of which crosses the gutter left of ``x``."""
    low, high = x - _NARROWEST_GUTTER * size, x - 0.5
    found, first = [], 0
    for place, line in enumerate(lines):
        if line.x0 < high and line.x1 > low:
            if place - first >= 6:
                found.append((first, place))
            first = place + 1
    if len(lines) - first >= 6:
        found.append((first, len(lines)))
    return found


def _worth(lines: Sequence[Line], x: float, size: float) -> float:
    """How much text stands on both sides of a gutter at ``x``; 0 when it parts no columns."""
    left = [line for line in lines if line.x1 <= x]
    right = [line for line in lines if line.x0 >= x - 0.5]
    if len(left) < 3 or len(right) < 3:
        return 0.0
    wide_left = [line for line in left if line.width >= 9 * line.size]
    wide_right = [line for line in right if line.width >= 9 * line.size]
    if len(wide_left) < max(2, 0.35 * len(left)) or len(wide_right) < max(2, 0.35 * len(right)):
        return 0.0
    starting = sum(line.size for line in right if line.x0 <= x + 2.3 * size)
    heights = [sum(line.size for line in side) for side in (wide_left, wide_right)]
    return min(heights) + starting


def rows(lines: Sequence[Line], page: int) -> list[Line]:
    """Lines of one column: fragments side by side become one line, from top to bottom."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.base):
        for row in reversed(rows[-3:]):
            anchor = max(row, key=lambda one: one.width)
            size = max(anchor.size, line.size)
            if abs(anchor.base - line.base) < 0.35 * size and not any(_overlap(one, line) for one in row):
                row.append(line)
                break
        else:
            rows.append([line])
    return [
        row[0] if len(row) == 1 else line_of((p.word for one in row for p in one.pieces), page)
        for row in rows
    ]


def _overlap(one: Line, other: Line) -> bool:
    return min(one.x1, other.x1) - max(one.x0, other.x0) > 0.5 * min(one.size, other.size)
