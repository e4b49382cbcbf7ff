"""The reference list of a PDF into entries, and the places in its text that cite them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from index.records import InTextCitation, Reference, plain_key
from index.sources.pdf_blocks import Block
from index.sources.pdf_lines import Line

__all__ = ["citations", "entries"]

_NUMBER = re.compile(r"(?:\[(\d{1,4})\]|(\d{1,4})[.)]|(\d{1,4}))(?:\s|$|(?=[A-Z]))")
_NAME_FIRST = re.compile(
    r"[^\W\d_][\w'’-]+,? (?:[A-Z]\.?[- ]?){1,4}[,.;: ]|[A-Z][\w'’-]+(?: [A-Z]{1,3})?[,.]"
)


def entries(blocks: Sequence[Block]) -> tuple[list[Line], list[list[Line]]]:
    """What stands before a reference list, and the lines of each entry.

    Entries are told by their numbers, else by their hanging indents, else they are the paragraphs.
    """
    lines = [(line, block) for block in blocks for line in block.lines]
    if not lines:
        return [], []
    found = _numbered(lines)
    if found:
        first = next(at for at, (line, _) in enumerate(lines) if line is found[0][0])
        return [line for line, _ in lines[:first]], found
    return [], _hanging(lines) or _paragraphs(blocks)


def _number_of(line: Line) -> int:
    found = _NUMBER.match(line.text)
    return int(found[1] or found[2] or found[3]) if found else 0


def _numbered(lines: Sequence[tuple[Line, Block]]) -> list[list[Line]]:
    """Entries that count from 1 upwards, or none when the list is not numbered."""
    found: list[list[Line]] = []
    expected = 1
    for line, _ in lines:
        number = _number_of(line)
        if number and (number == expected or (found and expected < number <= expected + 2)):
            found.append([line])
            expected = number + 1
        elif found:
            found[-1].append(line)
    few = len(found) < 3 and len(lines) > 12
    sizes = sorted(len(entry) for entry in found)
    return [] if not found or few or sizes[len(sizes) // 2] > 12 else found


def _hanging(lines: Sequence[tuple[Line, Block]]) -> list[list[Line]]:
    """Entries whose first lines stand out to the left, or none."""
    lefts: dict[tuple[int, int], float] = {}
    for line, block in lines:
        key = (line.page, round(block.left / 40))
        lefts[key] = min(lefts.get(key, line.x0), line.x0)
    out = [line.x0 - lefts[line.page, round(block.left / 40)] < 0.5 * line.size for line, block in lines]
    share = sum(out) / len(out)
    if not 0.12 <= share <= 0.75 or len(lines) < 4:
        return []
    found: list[list[Line]] = []
    for (line, _), first in zip(lines, out, strict=True):
        if first or not found:
            found.append([line])
        else:
            found[-1].append(line)
    return found


def _paragraphs(blocks: Sequence[Block]) -> list[list[Line]]:
    found: list[list[Line]] = []
    for block in blocks:
        opens = _NAME_FIRST.match(block.lines[0].text) is not None
        if found and not opens and not re.search(r"[.\d)]$", found[-1][-1].text):
            found[-1] += block.lines
        else:
            found.append(list(block.lines))
    return found


_BRACKETS = re.compile(r"\[(\d{1,4}(?:\s?[-–—,;]\s?\d{1,4})*)\]")
_PARENTHESES = re.compile(r"\((\d{1,3}(?:\s?[-–,;]\s?\d{1,3})*)\)")
_RAISED = re.compile(r"[,–-]?(\d{1,4}(?:\s?[-–,]\s?\d{1,4})*),?")
_YEARS = re.compile(r"(?:1[89]|20)\d\d[a-z]?")
_INSIDE = re.compile(r"\(([^()]{2,400}?(?:1[89]|20)\d\d[a-z]?[^()]{0,60})\)")
_BEHIND = re.compile(
    r"(?P<name>[^\W\d_][\w'’-]+)"
    r"(?:\s+et al\.?,?|(?:,\s[^\W\d_][\w'’-]+)*,?\s+(?:and|&)\s+[^\W\d_][\w'’-]+)?(?:['’]s)?"
    r"\s*[(\[](?P<years>(?:1[89]|20)\d\d[a-z]?(?:\s?[,;]\s?(?:(?:1[89]|20)\d\d)?[a-z]?)*)[)\]]"
)
_CITED = re.compile(
    r"(?P<name>[^\W\d_][\w'’-]+(?: [^\W\d_][\w'’-]+)?)[^;()]{0,80}?,?\s(?P<year>(?:1[89]|20)\d\d[a-z]?)"
)


def _expanded(listed: str, last: int) -> tuple[int, ...]:
    """``"3-5, 8"`` -> (3, 4, 5, 8); nothing when a number is in no list of ``last`` entries."""
    found: list[int] = []
    for part in re.split(r"[,;]", listed):
        ends = [int(n) for n in re.findall(r"\d+", part)]
        if not ends:
            continue
        if not all(1 <= n <= last for n in ends) or ends[0] > ends[-1] or ends[-1] - ends[0] > 60:
            return ()
        found += range(ends[0], ends[-1] + 1)
    return tuple(dict.fromkeys(found))


def citations(
    text: str,
    ranges: Sequence[tuple[int, int]],
    raised: Sequence[tuple[int, int]],
    references: Sequence[Reference],
) -> tuple[InTextCitation, ...]:
    """The places in ``ranges`` of ``text`` that cite; ``raised`` are ranges printed as superscripts.

    A paper cites in one way: by numbers in brackets, raised, or in parentheses, or by name and year.
    The way that finds most of the list counts, so that "[2]" as a charge is no citation elsewhere.
    """
    last = max((r.number or 0 for r in references), default=0)
    if not last:
        return ()
    ways = [
        list(_by_number(_BRACKETS, text, ranges, last)),
        list(_by_raised(text, raised, ranges, last)),
        list(_by_name(text, ranges, references)),
    ]
    parentheses = list(_by_number(_PARENTHESES, text, ranges, last))
    reached = [len({n for one in way for n in one.reference_numbers}) for way in ways]
    best = max(range(len(ways)), key=lambda way: reached[way])
    parenthesised = len({n for one in parentheses for n in one.reference_numbers})
    if parenthesised > 0.5 * last and parenthesised > 2 * reached[best]:
        return tuple(parentheses)
    if not reached[best]:
        return ()
    return tuple(sorted(ways[best], key=lambda one: one.start))


def _by_number(
    pattern: re.Pattern[str], text: str, ranges: Sequence[tuple[int, int]], last: int
) -> Iterator[InTextCitation]:
    for start, end in ranges:
        for found in pattern.finditer(text, start, end):
            if numbers := _expanded(found[1], last):
                yield InTextCitation(found.start(), found.end(), numbers)


def _by_raised(
    text: str, raised: Sequence[tuple[int, int]], ranges: Sequence[tuple[int, int]], last: int
) -> Iterator[InTextCitation]:
    merged: list[tuple[int, int]] = []
    for start, end in raised:
        if merged and not text[merged[-1][1] : start].strip():
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    for start, end in merged:
        if not any(low <= start and end <= high for low, high in ranges):
            continue
        found = _RAISED.fullmatch(text[start:end].strip())
        before = text[max(0, start - 1) : start]
        if found and (numbers := _expanded(found[1], last)) and not before.isdigit():
            yield InTextCitation(start, end, numbers)


class _Names:
    """The entries of a reference list by first author and year."""

    def __init__(self, references: Sequence[Reference]) -> None:
        self._known: dict[tuple[str, str], list[int]] = defaultdict(list)
        for one in references:
            year = _YEARS.search(_year_printed(one) if one.year else one.printed[:400])
            if not one.authors or not year or one.number is None:
                continue
            family = plain_key(one.authors[0].family or one.authors[0].literal.split(" ")[0])
            self._known[family, year.group()].append(one.number)
            if year.group()[-1].isalpha():
                self._known[family, year.group()[:-1]].append(one.number)

    def numbers(self, name: str, years: str) -> list[int]:
        """The places of the entries by ``name`` from any of ``years``."""
        words = plain_key(name).split()
        found: list[int] = []
        for year in _YEARS.findall(years):
            key = next((f for f in (" ".join(words), *words) if (f, year) in self._known), None)
            found += self._known[key, year] if key is not None else []
        return found


def _by_name(
    text: str, ranges: Sequence[tuple[int, int]], references: Sequence[Reference]
) -> Iterator[InTextCitation]:
    names = _Names(references)
    for low, high in ranges:
        for found in _BEHIND.finditer(text, low, high):
            cited = names.numbers(found["name"], found["years"])
            if cited:
                yield InTextCitation(found.start(), found.end(), tuple(dict.fromkeys(cited)))
        for found in _INSIDE.finditer(text, low, high):
            cited = []
            for part in found[1].split(";"):
                if one := _CITED.search(part):
                    cited += names.numbers(one["name"], part[one.start("year") :])
            if cited:
                yield InTextCitation(found.start(), found.end(), tuple(dict.fromkeys(cited)))


def _year_printed(reference: Reference) -> str:
    """The year as the entry prints it, with its letter: ``2004b``."""
    found = re.search(rf"{reference.year}[a-z]?", reference.printed)
    return found.group() if found else str(reference.year)
