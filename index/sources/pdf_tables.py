"""Tables on a page: a caption, what stands between the rules below it, and the notes under the last."""

from __future__ import annotations

from collections.abc import Sequence

from index.sources.pdf_furniture import CAPTION
from index.sources.pdf_lines import Line
from index.sources.pdf_page import Box, PageContent

__all__ = ["Face", "is_caption", "tables"]

#: Size and font of most of the text.
Face = tuple[float, str]


def is_caption(line: Line, body: Face, *, alone: bool = False) -> str:
    """``"table"`` or ``"figure"`` when ``line`` opens a caption, else ``""``.

    A sentence may begin with "Figure 2 shows": a caption is set in another font or size, or has a
    stop behind its number, or (``alone``) stands apart.
    """
    found = CAPTION.match(line.text)
    if not found:
        return ""
    first = line.pieces[0].word
    other = abs(line.size - body[0]) > 0.3 or first.bold or first.font != body[1]
    stopped = found["after"].strip() in {".", ":", "|", "–", "—"}
    rest = line.text[found.end() :].lstrip()
    if rest[:1].islower() and not stopped and not other:
        return ""
    if not (other or stopped or alone or not rest) or (rest[:1] in {")", ",", ";"}):
        return ""
    return "table" if found["kind"].lower()[:3] in {"tab", "box"} else "figure"


def _rules(page: PageContent) -> list[Box]:
    """Horizontal rules from top to bottom; pieces at one height are one."""
    found: list[Box] = []
    for x0, y0, x1, y1 in sorted(page.rules, key=lambda rule: (round(rule[1]), rule[0])):
        if found and abs(found[-1][1] - y0) < 2.5 and x0 - found[-1][2] < 14:
            found[-1] = (min(found[-1][0], x0), found[-1][1], max(found[-1][2], x1), y1)
        else:
            found.append((x0, y0, x1, y1))
    return [rule for rule in found if rule[2] - rule[0] >= 30]


def tables(page: PageContent, lines: Sequence[Line], body: Face) -> list[list[Line]]:
    """The lines of each table with a caption and rules, the caption's first."""
    rules = _rules(page)
    found: list[list[Line]] = []
    taken: set[int] = set()
    captions = sorted(
        (line for line in lines if is_caption(line, body) == "table"), key=lambda line: line.base
    )
    for caption in captions:
        below = [rule for rule in rules if rule[1] > caption.top - 3 and rule[3] < page.height]
        box = _chain(caption, below, lines, body, captions) or _above(caption, rules, lines, body)
        if box is None:
            continue
        inside = [line for line in lines if id(line) not in taken and _within(line, box)]
        inside += _notes(inside, lines, box, body)
        if caption not in inside:
            inside.insert(0, caption)
        taken |= set(map(id, inside))
        found.append(inside)
    return found


def _within(line: Line, box: Box) -> bool:
    middle = (line.x0 + line.x1) / 2
    return box[0] - 3 <= middle <= box[2] + 3 and box[1] - 2 <= line.base <= box[3] + 2


def _chain(
    caption: Line, rules: Sequence[Box], lines: Sequence[Line], body: Face, captions: Sequence[Line]
) -> Box | None:
    """The box from a caption to the last rule of its table."""
    first: Box | None = None
    bottom, edge = caption.bottom, 0.0
    for rule in rules:
        if first is None:
            beside = rule[0] <= caption.x0 + 25 and rule[2] > caption.x0 + 40
            if not beside:
                continue
            if rule[1] - caption.base > 75:
                return None
            first, edge = rule, rule[2]
        elif rule[2] < first[0] + 5 or rule[0] > first[2] - 5:
            continue
        elif any(bottom < one.base < rule[1] and one is not caption for one in captions
                 if first[0] - 5 <= one.x0 <= first[2]):  # fmt: skip
            break
        if first is not None:
            left, right = min(first[0], caption.x0), max(edge, rule[2])
            prose = [
                line
                for line in lines
                if bottom < line.base < rule[1]
                and left - 5 <= line.x0 <= right
                and abs(line.size - body[0]) < 0.3
                and line.font == body[1]
                and line.width > min(max(0.6 * (edge - left), 10 * line.size), 14 * line.size)
            ]
            if len(prose) >= 3:
                break
            bottom, edge = rule[3], right
    if first is None or bottom - caption.base < 12:
        return None
    return (min(first[0], caption.x0), caption.top, edge, bottom)


def _above(caption: Line, rules: Sequence[Box], lines: Sequence[Line], body: Face) -> Box | None:
    """The box of a table that stands above its caption."""
    last: Box | None = None
    top = caption.top
    for rule in reversed([rule for rule in rules if rule[3] < caption.top]):
        if last is None:
            if rule[2] < caption.x0 + 20 or rule[0] > caption.x1 - 20 or caption.top - rule[3] > 30:
                continue
            last = rule
        elif rule[2] < last[0] + 5 or rule[0] > last[2] - 5:
            continue
        between = [
            line
            for line in lines
            if rule[1] < line.base < top
            and last[0] - 5 <= line.x0 <= last[2]
            and abs(line.size - body[0]) < 0.3
            and line.font == body[1]
            and line.width > 18 * line.size
        ]
        if len(between) >= 4:
            break
        top = rule[1]
    if last is None or last[3] - top < 12:
        return None
    return (min(last[0], caption.x0), top - 1, max(last[2], caption.x1), caption.base + 1)


def _notes(inside: Sequence[Line], lines: Sequence[Line], box: Box, body: Face) -> list[Line]:
    """The small print directly under a table; its rows, where only its head stands between rules."""
    found: list[Line] = []
    held = set(map(id, inside))
    bottom = box[3]
    closed = len({round(line.base) for line in inside if line.base > inside[0].base + 2 * line.size}) > 4
    widest = 1.1 if closed else 2.6
    for line in sorted(lines, key=lambda line: line.base):
        if id(line) in held or line.base <= box[3] or not box[0] - 4 <= line.x0 <= box[2]:
            continue
        if line.top - bottom > widest * line.size or line.size > body[0] - 0.4 or is_caption(line, body):
            break
        found.append(line)
        bottom = max(bottom, line.bottom)
    return found
