"""A picture of one page of a PDF: the part that runs in the child process."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec

from index.errors import SourceError
from index.sources.pdf_chars import open_pdf

__all__ = ["PageImage", "draw"]

#: However large the page says it is; WebP has no side above 16,383.
_MOST_PIXELS = 6e6
_LONGEST = 12_000


class PageImage(msgspec.Struct, frozen=True):
    """A page as WebP of ``width`` by ``height`` pixels, of a PDF of ``pages`` pages.

    ``box`` is what of the page is shown, as left, bottom, right and top in PDF points of the page's own
    coordinates (the crop box, ISO 32000-1, 14.11.2), ``turn`` the quarter turns clockwise by which
    it is shown (/Rotate).
    """

    data: bytes
    width: int
    height: int
    pages: int
    box: tuple[float, float, float, float]
    turn: int

    def place(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        """A box in the page's own coordinates as left, top, width and height in shares of the picture."""
        left, low, right, top = self.box
        wide, high = max(right - left, 1e-6), max(top - low, 1e-6)
        corners = [self._turned((x - left) / wide, (top - y) / high) for x, y in ((x0, y1), (x1, y0))]
        (a, b), (c, d) = corners
        xs, ys = sorted((_share(a), _share(c))), sorted((_share(b), _share(d)))
        return xs[0], ys[0], xs[1] - xs[0], ys[1] - ys[0]

    def _turned(self, x: float, y: float) -> tuple[float, float]:
        return [(x, y), (1 - y, x), (1 - x, 1 - y), (y, 1 - x)][self.turn % 4]


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def draw(path: str, number: int, width: int) -> PageImage:
    """Page ``number`` (from 1) of the PDF at ``path``, ``width`` pixels wide. Raises SourceError."""
    with open_pdf(Path(path)) as opened:
        pages = opened.pages
        if not 1 <= number <= pages:
            raise SourceError(f"the PDF has {pages} pages; there is no {number}")
        page = opened.handle(number)
        try:
            across, down = page.get_size()
            if across <= 0 or down <= 0:
                raise SourceError(f"page {number} of the PDF has no size; open the file itself")
            scale = min(width / across, (_MOST_PIXELS / (across * down)) ** 0.5, _LONGEST / max(across, down))
            picture = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
            told = io.BytesIO()
            picture.save(told, "WEBP", lossless=True, quality=30, method=1)
            left, low, right, top = map(float, page.get_cropbox())
            return PageImage(
                told.getvalue(), picture.width, picture.height, pages,
                (left, low, right, top), page.get_rotation() // 90,
            )  # fmt: skip
        finally:
            page.close()
