"""Where the characters of a text are printed: boxes on the pages of a PDF, packed small.

A library keeps them with the document (``Document.boxes``), because a reader wants to see a quotation
marked on its page. One run is a word, or the part of a word on its line.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["PageBox", "boxes", "pack", "unpack"]

#: Coordinates are kept in quarters of a point.
_SCALE = 4
_FIELDS = 7


@dataclass(frozen=True, slots=True)
class PageBox:
    """The characters ``start`` to ``end`` of a text, on page ``number`` (from 1).

    ``x0``, ``y0`` (lower left) and ``x1``, ``y1`` (upper right) are PDF points in the page's own
    coordinates, y upwards (ISO 32000-1, 8.3.2.3).
    """

    start: int
    end: int
    number: int
    x0: float
    y0: float
    x1: float
    y1: float


def pack(runs: Sequence[PageBox]) -> bytes:
    """``runs``, which are in order and apart, as bytes; ``b""`` for none."""
    if not runs:
        return b""
    columns = [bytearray() for _ in range(_FIELDS)]
    before = (0, 0, 0, 0, 0)
    for run in runs:
        left, low, right, high = (round(value * _SCALE) for value in (run.x0, run.y0, run.x1, run.y1))
        end, number, was_right, was_low, was_high = before
        values = (
            run.start - end, run.end - run.start, run.number - number,
            left - was_right, right - left, low - was_low, high - was_high,
        )  # fmt: skip
        for column, value in zip(columns, values, strict=True):
            _write(column, value)
        before = (run.end, run.number, right, low, high)
    parts = b"".join(len(column).to_bytes(4, "little") + column for column in columns)
    return zlib.compress(parts, 9)


def _write(column: bytearray, value: int) -> None:
    """Append a whole number: zigzag, seven bits a byte, the lowest first."""
    rest = value * 2 if value >= 0 else -value * 2 - 1
    while rest > 127:
        column.append(rest & 127 | 128)
        rest >>= 7
    column.append(rest)


def _read(column: bytes) -> list[int]:
    found, value, shift = [], 0, 0
    for byte in column:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(value >> 1 if not value & 1 else -((value + 1) >> 1))
            value, shift = 0, 0
    return found


@lru_cache(maxsize=8)
def unpack(packed: bytes) -> tuple[PageBox, ...]:
    """What ``pack`` packed. Raises ValueError for bytes it did not make."""
    if not packed:
        return ()
    try:
        data = zlib.decompress(packed)
        columns, at = [], 0
        for _ in range(_FIELDS):
            size = int.from_bytes(data[at : at + 4], "little")
            columns.append(_read(data[at + 4 : at + 4 + size]))
            at += 4 + size
        fields = list(zip(*columns, strict=True))
    except (zlib.error, ValueError) as error:
        raise ValueError(f"the boxes of a text are damaged ({error})") from error
    runs = []
    end = number = right = low = high = 0
    for gap, length, turned, blank, width, lower, higher in fields:
        start, number, left = end + gap, number + turned, right + blank
        end, right, low, high = start + length, left + width, low + lower, high + higher
        runs.append(PageBox(start, end, number, left / _SCALE, low / _SCALE, right / _SCALE, high / _SCALE))
    return tuple(runs)


def boxes(packed: bytes, start: int, end: int) -> list[PageBox]:
    """One box for each line that ``start`` to ``end`` touches, in the order of the text.

    ``packed`` is ``Document.boxes``. Whole words are boxed; empty for a text without pages.
    """
    runs = unpack(packed)
    found: list[PageBox] = []
    place = max(bisect_right(runs, start, key=lambda run: run.start) - 1, 0)
    for run in runs[place:]:
        if run.start >= end:
            break
        if run.end <= start:
            continue
        if found and _same_line(found[-1], run):
            last = found[-1]
            found[-1] = PageBox(
                last.start, run.end, run.number, min(last.x0, run.x0), min(last.y0, run.y0),
                max(last.x1, run.x1), max(last.y1, run.y1),
            )  # fmt: skip
        else:
            found.append(run)
    return found


def _same_line(line: PageBox, run: PageBox) -> bool:
    """Whether ``run`` goes on to the right in the line that ``line`` boxes."""
    overlap = min(line.y1, run.y1) - max(line.y0, run.y0)
    height = min(line.y1 - line.y0, run.y1 - run.y0)
    follows = -0.5 * height <= run.x0 - line.x1 <= 6 * max(height, 1.0)
    return run.number == line.number and overlap > 0.4 * height and follows
