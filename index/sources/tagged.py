"""Records of tagged fields: the shape that MEDLINE (nbib) and RIS files have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Tagged"]


@dataclass(slots=True)
class Tagged:
    """The fields of one record in their order; a field's lines are kept apart by ``\\n``.

    ``size`` counts characters; what is beyond ``limit`` is not kept, so that no record fills memory.
    """

    limit: int
    fields: list[tuple[str, list[str]]] = field(default_factory=list)
    size: int = 0

    def add(self, tag: str, text: str) -> None:
        """A new field."""
        self.size += len(text) + 1
        if self.size <= self.limit:
            self.fields.append((tag, [text]))

    def go_on(self, text: str) -> None:
        """A further line of the last field."""
        self.size += len(text) + 1
        if self.size <= self.limit and self.fields:
            self.fields[-1][1].append(text)

    @property
    def too_long(self) -> bool:
        """Whether some of the record was not kept."""
        return self.size > self.limit

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Tags and values in the file's order, empty values left out."""
        for tag, lines in self.fields:
            if value := "\n".join(lines).strip():
                yield tag, value

    def all(self, *tags: str) -> list[str]:
        """The values of ``tags``, in the file's order."""
        return [value for tag, value in self.pairs() if tag in tags]

    def first(self, *tags: str) -> str:
        """The first value of the first of ``tags`` that has one, or ``""``."""
        return next((value for tag in tags for value in self.all(tag)), "")

    def told(self, *tags: str) -> str:
        """``first`` in one line."""
        return re.sub(r"\s+", " ", self.first(*tags))
