"""What is on one page of a PDF: words with their places, drawings, rules (standard library only)."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Box", "PageContent", "Word", "turned"]

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Word:
    """Characters drawn without white space in one font on one line.

    ``x0``, ``x1`` and ``base`` (the base line) are in points with y downwards from the page's top,
    turned so that most of the page's text runs to the right. ``spaced``: white space was drawn
    before it; ``order`` is its place in the drawing.
    """

    text: str
    x0: float
    x1: float
    base: float
    size: float
    font: str
    bold: bool
    italic: bool
    spaced: bool
    order: int


@dataclass(slots=True)
class PageContent:
    """What is on a page: words, boxes of drawings and images, and horizontal rules.

    ``turn`` is the quarter turn that was undone; ``origin`` and ``height`` lead back to the page.
    """

    number: int
    width: float
    height: float
    words: list[Word] = field(default_factory=list)
    drawings: list[Box] = field(default_factory=list)
    rules: list[Box] = field(default_factory=list)
    turn: int = 0
    size: tuple[float, float] = (0.0, 0.0)
    origin: tuple[float, float] = (0.0, 0.0)
    images: float = 0.0
    aside: str = ""

    def on_paper(self, x0: float, top: float, x1: float, bottom: float) -> Box:
        """A box in layout coordinates as left, bottom, right, top in PDF points of the page."""
        (width, height), (left, low) = self.size, self.origin
        corners = [_unturned(self.turn, width, height, x, y) for x, y in ((x0, top), (x1, bottom))]
        xs, ys = zip(*corners, strict=True)
        return (left + min(xs), low + min(ys), left + max(xs), low + max(ys))


def turned(turn: int, width: float, height: float, x: float, y: float) -> tuple[float, float]:
    """A point of the page (y upwards) in layout coordinates (y downwards), ``turn`` quarters undone."""
    if turn == 1:  # text runs upwards
        return y, x
    if turn == 2:
        return width - x, y
    if turn == 3:  # text runs downwards
        return height - y, width - x
    return x, height - y


def _unturned(turn: int, width: float, height: float, x: float, y: float) -> tuple[float, float]:
    if turn == 1:
        return y, x
    if turn == 2:
        return width - x, y
    if turn == 3:
        return width - y, height - x
    return x, height - y
