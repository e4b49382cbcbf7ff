"""When two sentences say the same: nearly the same words, and no other number, denial or direction."""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.words import terms

#: The share of the words of both that two sentences must have in common (Jaccard 1901).
SAME_SHARE = 0.8

_DENIERS = """no not nor never neither without cannot fail fails failed failure lack lacks lacked lacking
    absent absence unlikely"""
_DENIALS = frozenset(_DENIERS.split())
_UP = """increase increases increased increasing higher greater more rise rises rose improve improved
    improves improving improvement elevated upregulated longer gain gained better stronger up"""
_DOWN = """decrease decreases decreased decreasing lower less fewer reduce reduces reduced reducing reduction
    decline declines declined fell fall falls worse worsened worsening downregulated shorter loss lost
    impaired weaker down"""
_DIRECTIONS = {**dict.fromkeys(_UP.split(), "up"), **dict.fromkeys(_DOWN.split(), "down")}


@dataclass(frozen=True, slots=True)
class Statement:
    """What decides whether two sentences say the same."""

    words: frozenset[str]
    numbers: tuple[str, ...]
    denials: tuple[str, ...]
    directions: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Statement:
        """What ``text`` says."""
        plain = re.findall(r"[^\W_]+(?:['’]t\b)?", text.casefold())
        denials = ("not" if word.endswith(("'t", "’t")) else word for word in plain)
        return cls(
            frozenset(terms(text)),
            tuple(sorted(re.findall(r"\d+(?:[.,·]\d+)*", text))),
            tuple(sorted(word for word in denials if word in _DENIALS)),
            tuple(sorted(_DIRECTIONS[word] for word in plain if word in _DIRECTIONS)),
        )

    def same_as(self, other: Statement) -> bool:
        """Whether a reader of the one learns nothing from the other."""
        if (self.numbers, self.denials, self.directions) != (other.numbers, other.denials, other.directions):
            return False
        either = len(self.words | other.words)
        return not either or len(self.words & other.words) >= SAME_SHARE * either
