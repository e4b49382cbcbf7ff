"""What stands on a page beside the paper's text: running heads, page numbers, line numbers, notices.

Also which lines are the lettering of figures.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from index.sources.pdf_lines import Line
from index.sources.pdf_page import Box, PageContent, Word

__all__ = ["CAPTION", "figure_lettering", "figures", "furniture", "without_line_numbers"]

#: Running heads stand in the outer part of a page.
_MARGIN = 0.14

#: The beginning of a caption: its kind, its number, and what closes that.
CAPTION = re.compile(
    r"(?:(?:Supplementary|Supplemental|Additional|Extended Data|Online)\s+)?"
    r"(?P<kind>Fig(?:ure|\.)?|Scheme|Plate|Table|Tableau|Tabelle|Abbildung|Abb\.|Box|Chart)\s?"
    r"(?P<number>[A-Z]?\.?\d{1,3}[A-Za-z]?|[IVX]{1,5}|[A-Z](?=[.:\s]))(?P<after>\s*[.:|–—)]|\s|$)",
    re.IGNORECASE,
)

_PAGE_NUMBER = re.compile(
    r"[-–|\s]*(?:page\s*|p\.?\s*|s)?(?:\d{1,5}|[ivxl]{1,6})(?:\s*(?:of|/|von|de|\|)\s*\d{1,5})?[-–|\s.]*"
    r"(?:\(page number not for citation purposes\))?",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"downloaded (?:from|by|on)|(?:this (?:article|content|document) )is"
    r" (?:available (?:from|online)|protected by copyright)|for personal use|all use subject to|terms of use"
    r"|licen[sc]ed to|wiley online library"
    r"|page number not for citation|author manuscript|accepted manuscript|submitted manuscript"
    r"|not certified by peer review|who has granted (?:bio|med)rxiv|^\s*https?://\S+\s*$|^\s*www\.\S+\s*$"
    r"|all rights reserved|^arxiv:\d|view publication stats|see discussions, stats",
    re.IGNORECASE,
)


def without_line_numbers(page: PageContent) -> list[Word]:
    """The page's words without a column of line numbers, as preprints have at the margin."""
    numeric = [word for word in page.words if word.text.isdecimal() and len(word.text) <= 4]
    if len(numeric) < 8:
        return page.words
    columns: dict[int, list[Word]] = defaultdict(list)
    for word in numeric:
        columns[round(word.x1 / 6)].append(word)
    for key in list(columns):
        column = sorted(columns[key] + columns.get(key + 1, []), key=lambda word: word.base)
        if len(column) < 8 or not _counts(column):
            continue
        left, right = min(w.x0 for w in column), max(w.x1 for w in column)
        others = [w for w in page.words if w not in column]
        inner = sum(w.x1 < left for w in others), sum(w.x0 > right for w in others)
        if min(inner) <= 0.02 * len(others):
            gone = set(map(id, column))
            return [word for word in page.words if id(word) not in gone]
    return page.words


def _counts(column: Sequence[Word]) -> bool:
    """Whether the numbers grow by one (or five) from line to line at an even pace."""
    steps = Counter(int(b.text) - int(a.text) for a, b in pairwise(column))
    step, often = steps.most_common(1)[0]
    if step not in (1, 5, 10) or often < 0.8 * (len(column) - 1):
        return False
    pitches = Counter(round(b.base - a.base) for a, b in pairwise(column))
    near = pitches.most_common(1)[0][0]
    return sum(count for pitch, count in pitches.items() if abs(pitch - near) <= 2) >= 0.5 * (len(column) - 1)


def furniture(pages: Sequence[tuple[PageContent, Sequence[Line]]]) -> set[int]:
    """The ids (``id()``) of the lines that are running heads, page numbers and notices."""
    seen: dict[tuple[str, int], set[int]] = defaultdict(set)
    outer = [(page, line) for page, lines in pages for line in lines if _in_margin(line, page)]
    for page, line in outer:
        for at in _near(line.base):
            seen[_key(line), at].add(page.number)
    gone: set[int] = set()
    places: dict[tuple[int, int], set[int]] = defaultdict(set)
    for page, line in outer:
        repeated = len(seen[_key(line), round(line.base / 4)])
        if _runs(line, page, repeated, len(pages)):
            gone.add(id(line))
            for at in (-1, 0, 1):
                places[round(line.base / 3) + at, round(line.size * 2)].add(page.number)
    if len(pages) >= 4:
        for page, line in outer:
            same = places[round(line.base / 3), round(line.size * 2)]
            if _edge(line, page) and len(same) >= 0.4 * len(pages):
                gone.add(id(line))
    return gone


def _runs(line: Line, page: PageContent, repeated: int, pages: int) -> bool:
    """Whether a line in the margin is furniture; ``repeated``: on so many pages it stands alike."""
    text = line.text.strip()
    enough = repeated >= (2 if pages < 8 else 3) or (repeated == 2 and _edge(line, page))
    if enough and len(_key(line)) > 1:
        return True
    if _edge(line, page) and _PAGE_NUMBER.fullmatch(text):
        return True
    return len(text) < 400 and _NOTICE.search(text) is not None


def _in_margin(line: Line, page: PageContent) -> bool:
    return line.base < _MARGIN * page.height or line.base > (1 - _MARGIN) * page.height


def _edge(line: Line, page: PageContent) -> bool:
    return line.base < 0.095 * page.height or line.base > 0.915 * page.height


def _near(base: float) -> tuple[int, int, int]:
    at = round(base / 4)
    return at - 1, at, at + 1


def _key(line: Line) -> str:
    return re.sub(r"\W+", " ", re.sub(r"\d+", "#", line.text)).casefold().strip()


def figures(page: PageContent) -> list[Box]:
    """Boxes of what is drawn on the page: neighbouring drawings and images made one."""
    cell = 6.0
    columns, rows = int(page.width / cell) + 2, int(page.height / cell) + 2
    if columns * rows > 100_000:
        return []
    covered: set[tuple[int, int]] = set()
    for x0, y0, x1, y1 in page.drawings:
        for column in range(int(x0 / cell), min(int(x1 / cell), columns) + 1):
            for row in range(int(y0 / cell), min(int(y1 / cell), rows) + 1):
                covered.add((column, row))
    found: list[Box] = []
    while covered:
        part = _grown(covered)
        xs, ys = [x for x, _ in part], [y for _, y in part]
        box = (min(xs) * cell, min(ys) * cell, (max(xs) + 1) * cell, (max(ys) + 1) * cell)
        if box[2] - box[0] >= 40 and box[3] - box[1] >= 40:
            found.append(box)
    return found


def _grown(cells: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Takes one of ``cells`` out, with all that hang together with it (at most one cell between)."""
    part = [cells.pop()]
    for column, row in part:  # it grows as it is read
        for x in range(column - 2, column + 3):
            for y in range(row - 2, row + 3):
                if (x, y) in cells:
                    cells.remove((x, y))
                    part.append((x, y))
    return part


def figure_lettering(page: PageContent, lines: Sequence[Line], body: float) -> set[int]:
    """The ids of the lines that letter a figure: inside a drawing that holds hardly any prose."""
    gone: set[int] = set()
    if not any(CAPTION.match(line.text) for line in lines):
        return gone  # a form, a poster, a framed page
    for x0, y0, x1, y1 in figures(page):
        inside = [
            line
            for line in lines
            if x0 - 8 <= (line.x0 + line.x1) / 2 <= x1 + 8
            and y0 - 6 <= line.base - 0.3 * line.size <= y1 + 12
        ]
        prose = [
            line for line in inside if line.width >= 15 * line.size and abs(line.size - body) < 0.16 * body
        ]
        letters = sum(len(line.text) for line in inside)
        if sum(len(line.text) for line in prose) > 0.4 * letters:
            continue
        gone |= {
            id(line)
            for line in inside
            if line.width < 18 * line.size and not CAPTION.match(line.text) and line.size < 1.3 * body
        }
    return gone
