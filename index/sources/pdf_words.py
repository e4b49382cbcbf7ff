"""A page's characters, in the order they were drawn, into words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.sources.pdf_page import Box, PageContent, Word, turned

__all__ = ["SPACES", "Character", "Face", "character", "composed", "words"]

#: Hyphens that PDFium marks at line ends, and the soft hyphen.
_HYPHENS = {0x02: "-", 0xFFFE: "-", 0xAD: "-"}
SPACES = frozenset({0x20, 0xA0, 0x09, 0x0A, 0x0D, 0x2002, 0x2003, 0x2009, 0x200A, 0x202F, 0x3000})
_LIGATURES = {
    0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st",
}  # fmt: skip
#: Accents that stand alone in old fonts, and the combining ones.
_ACCENTS = {
    0xB4: "\u0301", 0x60: "\u0300", 0xA8: "\u0308", 0x2C6: "\u0302", 0x2DC: "\u0303", 0x2C7: "\u030c",
    0x2D8: "\u0306", 0x2DA: "\u030a", 0xB8: "\u0327", 0x2DD: "\u030b", 0x2D9: "\u0307", 0xAF: "\u0304",
}  # fmt: skip
_DROPPED = frozenset({0x00, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xFFFD, 0xFFFF})


@dataclass(frozen=True, slots=True)
class Face:
    """What the characters of one drawn text have in common; ``turn`` None: askew."""

    size: float
    font: str
    bold: bool
    italic: bool
    turn: int | None
    suspect: bool


#: Code, box, origin and face of a character; white space has no face.
Character = tuple[int, Box, tuple[float, float], "Face | None"]


def composed(characters: list[Character]) -> list[Character]:
    """Accents drawn over a letter made one with it: ``e´`` -> ``é``, whichever was drawn first."""
    done: list[Character] = []
    pending: Character | None = None
    composed = False
    for at, character in enumerate(characters):
        code, box, origin, face = character
        if composed and face is None and at + 1 < len(characters):
            after = characters[at + 1]  # a blank that PDFium saw because the accent was in its way
            if after[3] is not None and -0.3 < (after[1][0] - done[-1][1][2]) / max(after[3].size, 1.0) < 0.1:
                continue
        composed = False
        if pending is not None:
            accent, pending = pending, None
            if face is not None and _over(accent[1], box) and (one := _accented(code, accent[0])):
                done.append((one, box, origin, face))
                continue
            done.append(accent)
        if face is not None and code in _ACCENTS:
            if (
                done
                and done[-1][3] is not None
                and _over(box, done[-1][1])
                and (one := _accented(done[-1][0], code))
            ):
                done[-1] = (one, *done[-1][1:])
                composed = True
            else:
                pending = character
            continue
        done.append(character)
    if pending is not None:
        done.append(pending)
    return done


def _over(accent: Box, letter: Box) -> bool:
    middle = (accent[0] + accent[2]) / 2
    return letter[0] - 0.5 <= middle <= letter[2] + 0.5 and accent[1] < letter[3] and letter[1] < accent[3]


def _accented(letter: int, accent: int) -> int:
    """The code of the letter with the accent, or 0 where Unicode has none."""
    plain = {0x131: "i", 0x237: "j"}.get(letter) or character(letter)
    one = unicodedata.normalize("NFC", plain + _ACCENTS[accent]) if plain.isalpha() else ""
    return ord(one) if len(one) == 1 else 0


def character(code: int) -> str:
    """The character with this code; ``""`` for a control or what is none."""
    if code < 32 or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
        return ""
    return chr(code)


class _Run:
    """The word that is being put together."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.face: Face | None = None
        self.x0 = self.x1 = self.base = 0.0
        self.spaced, self.order, self.leftwards = True, 0, False

    def end(self, *, spaced: bool) -> Iterator[Word]:
        """The word, if there is one; ``spaced``: white space comes behind it."""
        if self.parts and self.face is not None:
            face = self.face
            yield Word(
                "".join(self.parts), self.x0, self.x1, self.base, face.size, face.font, face.bold,
                face.italic, self.spaced, self.order,
            )  # fmt: skip
            self.order += 1
            self.spaced = spaced
        self.parts = []
        self.spaced = self.spaced or spaced

    def add(self, text: str, face: Face, start: float, end: float, base: float) -> None:
        if not self.parts:
            self.face, self.x0, self.x1, self.base = face, start, end, base
            self.leftwards = unicodedata.bidirectional(text[:1] or " ") in {"R", "AL"}
        self.parts.append(text)
        self.x0, self.x1 = min(self.x0, start), max(self.x1, end)

    def parted(self, face: Face, start: float, end: float, base: float) -> bool | None:
        """Whether white space parts the word from the next character; None when nothing parts them."""
        if not self.parts or self.face is None:
            return None
        gap = self.x0 - end if self.leftwards else start - self.x1
        mine, size = self.face, max(face.size, 1.0)
        if (face.size, face.font) != (mine.size, mine.font):
            near = abs(base - self.base) < 0.7 * max(mine.size, face.size)
            return not (near and -0.5 < gap / size < 0.12)
        same_line = abs(base - self.base) < 0.12 * mine.size
        return True if not same_line or gap > 0.35 * size or gap < -1.5 * size else None


def words(characters: Sequence[Character], page: PageContent) -> Iterator[Word]:
    """The words of ``characters``, as far as they run the way the page does and are on it."""
    run = _Run()
    seen: dict[tuple[int, float, int, int], Face] = {}
    for code, box, origin, face in characters:
        if face is None:
            yield from run.end(spaced=True)
            continue
        if code in _DROPPED or face.turn != page.turn or face.size < 1.0:
            continue
        start, end, x, base = _placed(box, origin, page)
        if end < -1 or start > page.width + 1 or base < -1 or base > page.height + 12:
            continue
        fine = max(face.size * 0.15, 0.5)
        spot = (code, face.size, round(x / fine), round(base / fine))
        if seen.setdefault(spot, face) is not face:  # drawn twice to look bold; a ligature is one object
            continue
        if end - start > 3 * face.size:  # a font without sensible widths
            end = start + face.size
        spaced = run.parted(face, start, end, base)
        if spaced is not None:
            yield from run.end(spaced=spaced)
        run.add(_HYPHENS.get(code) or _LIGATURES.get(code) or character(code), face, start, end, base)
    yield from run.end(spaced=True)


def _placed(box: Box, origin: tuple[float, float], page: PageContent) -> tuple[float, float, float, float]:
    """Left and right of a character, and its origin, in layout coordinates."""
    width, height = page.size
    left, low = page.origin
    one, _ = turned(page.turn, width, height, box[0] - left, box[1] - low)
    other, _ = turned(page.turn, width, height, box[2] - left, box[3] - low)
    x, y = turned(page.turn, width, height, origin[0] - left, origin[1] - low)
    return min(one, other), max(one, other), x, y
