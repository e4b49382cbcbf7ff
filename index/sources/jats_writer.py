"""A line of text that is written piece by piece, and the places in it that cite."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from index.records import InTextCitation
from index.sources.jats_cited import Cited, clustered

__all__ = ["Run", "Writer"]

_BLANKS = re.compile(r"[ \t\r\n\x85\u2028\u2029]+")
#: Where a line may be broken: nothing to a reader, but it parts a word for a search.
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text and the places in it that cite."""

    text: str
    citations: tuple[InTextCitation, ...] = ()

    def shifted(self, by: int) -> list[InTextCitation]:
        """The citations with ``by`` characters before the text."""
        return [replace(one, start=one.start + by, end=one.end + by) for one in self.citations]


@dataclass(slots=True)
class Writer:
    """Joins white space and keeps positions. ``cell``: a line break is a blank."""

    cited: Cited
    cell: bool = False
    length: int = 0
    last: str = ""
    _parts: list[str] = field(default_factory=list)
    _cites: list[InTextCitation] = field(default_factory=list)
    _parted: bool = False

    def run(self) -> Run:
        """What was written."""
        text = "".join(self._parts).rstrip()
        return Run(text, clustered(text, self._cites, self.cited))

    def write(self, text: str | None) -> None:
        """Write ``text``, white space joined."""
        if not text:
            return
        text = _UNSEEN.sub("", _BLANKS.sub(" ", text))
        if text.startswith(" ") and (not self.length or self.last.isspace()):
            text = text[1:]
        if self._parted and text:
            self._parted = False
            if self.last.isalnum() and text[0].isalnum():
                text = f" {text}"
        self._put(text)

    def part(self) -> None:
        """Part what comes next from the word before, should they touch."""
        self._parted = True

    def exact(self, text: str) -> None:
        """Write ``text`` as it is, on lines of its own."""
        self.line(2)
        self._put(_UNSEEN.sub("", " ".join(text.split()) if self.cell else text.strip("\r\n").rstrip()))
        self.line(2)

    def line(self, lines: int = 1) -> None:
        """Begin a new line, or with ``lines`` 2 a new paragraph."""
        if self.cell:
            self.write(" ")
            return
        while self._parts and self.last.isspace():
            whole = self._parts.pop()
            kept = whole.rstrip()
            lines = max(lines, whole[len(kept) :].count("\n"))
            self.length -= len(whole)
            self.last = self._parts[-1][-1] if self._parts else ""
            self._put(kept)
        if self.length:
            self._put("\n" * min(lines, 2))

    def unspaced(self) -> None:
        """Take back a blank written last."""
        if self.last == " ":
            whole = self._parts.pop()
            self.length -= len(whole)
            self.last = self._parts[-1][-1] if self._parts else ""
            self._put(whole[:-1])

    def tail(self, most: int) -> str:
        """The last ``most`` characters written."""
        found = ""
        for part in reversed(self._parts):
            found = part + found
            if len(found) >= most:
                break
        return found[-most:] if most > 0 else ""

    def cite(self, start: int, numbers: tuple[int, ...]) -> None:
        """Note that what was written from ``start`` cites."""
        written = self.tail(self.length - start)
        start += len(written) - len(written.lstrip())
        self._cites.append(InTextCitation(start, self.length, numbers))

    def _put(self, text: str) -> None:
        if text:
            self._parts.append(text)
            self.length += len(text)
            self.last = text[-1]
