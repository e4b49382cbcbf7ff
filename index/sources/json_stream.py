"""The objects of a JSON file, one at a time, each decoded for itself.

A streaming parser (ijson) gives up everything behind the first mistake, and the names it gives to
places grow with the square of the nesting: one crafted line of 100 kB takes all memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.sources.lines import characters

__all__ = ["objects"]

_MARK = re.compile(r'["{}\[\\]')

#: An object that holds its records in an array under one of these names is opened, not taken. Deeper
#: inside, "references" is a field of a record.
_HOLDER = re.compile(r'"(items|references|result)"\s*:\s*\[\Z')
#: How one page of a service's answer begins, and no record: files hold several pages, one after another.
_PAGE = re.compile(r'\{\s*"(?:status|version|hitCount|resultList|message-type|message)"\s*:')


def objects(path: Path, *, limit: int) -> Iterator[dict[str, Any] | str]:
    """The records of the JSON file at ``path``: the objects of its array, or of the array "items" (or
    "result") inside an object or each of several pages, or one to a line, or the single one.

    In place of a record that is longer than ``limit`` characters or no JSON comes the reason, and
    reading goes on behind it. Memory does not grow with the number of records. Raises SourceError for
    binary data.
    """
    for text in _Splitter(limit).split(path):
        if text is None:
            yield f"the record is longer than {limit // 1_000_000} million characters; export it again"
            continue
        try:
            value = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            yield "the record is not JSON; export it again"
            continue
        if isinstance(value, dict):
            yield value


class _Splitter:
    """Cuts JSON into its records by counting braces outside strings."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: list[str] = []
        self._size = 0
        self._quoted = self._escaped = False

    def split(self, path: Path) -> Iterator[str | None]:
        """The text of each record; None for one that is too long."""
        depth, opened = 0, False
        for block in characters(path):
            start = 0
            for mark in self._outside_strings(block):
                if mark[0] == "{":
                    start = start if depth else mark.start()
                    depth += 1
                elif mark[0] == "}" and depth == 1:
                    depth = 0
                    self._hold(block[start : mark.end()])
                    yield self._taken()
                elif mark[0] == "}":
                    depth = max(depth - 1, 0)
                elif 0 < depth <= 3 and self._opens(block, start, mark.end(), depth, opened):
                    self._taken()
                    depth, opened = 0, True
            if depth:
                self._hold(block[start:])
        if depth:
            yield self._taken()

    def _outside_strings(self, block: str) -> Iterator[re.Match[str]]:
        place = 1 if self._escaped else 0
        self._escaped = False
        while mark := _MARK.search(block, place):
            place = mark.end()
            if self._quoted:
                self._quoted = mark[0] != '"'
                if mark[0] == "\\":
                    place += 1
                    self._escaped = place > len(block)
            elif mark[0] == '"':
                self._quoted = True
            elif mark[0] != "\\":
                yield mark

    def _hold(self, text: str) -> None:
        self._size += len(text)
        if self._size <= self._limit:
            self._held.append(text)

    def _taken(self) -> str | None:
        text = "".join(self._held) if self._size <= self._limit else None
        self._held, self._size = [], 0
        return text

    def _opens(self, block: str, start: int, end: int, depth: int, opened: bool) -> bool:
        """Whether the bracket before ``end`` opens the records; ``start``: where this block's part begins."""
        before = "".join(self._held[-1:])[-100:] if end - start < 100 else ""
        holder = _HOLDER.search((before + block[max(start, end - 100) : end])[-100:])
        if not holder or (holder[1] == "references" and depth > 1):
            return False
        return (
            not opened or _PAGE.match((self._held[0] if self._held else block[start:end])[:100]) is not None
        )
