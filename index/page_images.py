"""Where a quotation is printed: pictures of a PDF's pages with boxes over its lines."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from index.boxes import PageBox, boxes
from index.generation import Generation
from index.sources.child import Limits, call_in_child
from index.sources.pdf_image import PageImage
from index.sources.zip_archive import member_of

__all__ = ["Line", "PageView", "Printed", "printed"]

_LIMITS = Limits(seconds=30.0, megabytes=1000)
#: Pictures kept, in bytes.
_KEPT = 64_000_000
WIDTH = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """A box over one line, or a part of it: left, top, width and height in shares of the page's picture."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PageView:
    """Page ``number`` (from 1) of ``pages``: the picture (WebP, ``width`` by ``height`` pixels), the lines
    of the ``quote`` on it, and of its ``focus``.
    """

    number: int
    pages: int
    data: bytes
    width: int
    height: int
    quote: tuple[Line, ...]
    focus: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Printed:
    """A range of a text that was read from a PDF, and the ``pages`` (from 1) that it stands on.

    ``path`` is the file that the library keeps, ``member`` the PDF's path in it where it is an archive.
    """

    path: Path
    source: str
    member: str
    pages: tuple[int, ...]
    quote: tuple[PageBox, ...]
    focus: tuple[PageBox, ...]

    def page(self, number: int | None = None) -> PageView:
        """One page of the PDF, by default the first that the range stands on. Raises SourceError.

        It is drawn in a child process; no lock of the library need be held.
        """
        number = number or (self.pages[0] if self.pages else 1)
        image = _drawn(self, number)
        return PageView(
            number, image.pages, image.data, image.width, image.height,
            tuple(_line(image, one) for one in self.quote if one.number == number),
            tuple(_line(image, one) for one in self.focus if one.number == number),
        )  # fmt: skip


def printed(
    library: Generation, name: str, sha256: str, span: tuple[int, int], focus: tuple[int, int] = (0, 0)
) -> Printed | None:
    """Where ``span`` of the text ``sha256`` of the document called ``name`` is printed.

    None where the text was not read from a PDF, or the library keeps its file no longer. Raises
    UsageError when there is no such document.
    """
    document = library.printed(name, sha256)
    if document is None or not document.boxes:
        return None
    path = library.path / "inbox" / document.text.source
    if not path.is_file():
        return None
    quote = tuple(boxes(document.boxes, *span)) if span[0] < span[1] else ()
    marked = tuple(boxes(document.boxes, *focus)) if focus[0] < focus[1] else ()
    pages = tuple(dict.fromkeys(one.number for one in marked + quote))
    return Printed(path, document.text.source, document.member, pages, quote, marked)


def _line(image: PageImage, one: PageBox) -> Line:
    return Line(*image.place(one.x0, one.y0, one.x1, one.y1))


_images: OrderedDict[tuple[str, str, int], PageImage] = OrderedDict()
_lock = threading.Lock()


def _drawn(where: Printed, number: int) -> PageImage:
    key = (where.source, where.member, number)
    with _lock:
        if key in _images:
            _images.move_to_end(key)
            return _images[key]
    with _file(where) as path:
        image = call_in_child(
            "index.sources.pdf_image:draw", {"path": str(path), "number": number, "width": WIDTH}, PageImage,
            limits=_LIMITS, kind="the PDF",
        )  # fmt: skip
    with _lock:
        _images[key] = image
        while len(_images) > 1 and sum(len(one.data) for one in _images.values()) > _KEPT:
            _images.popitem(last=False)
    return image


@contextmanager
def _file(where: Printed) -> Iterator[Path]:
    if where.member:
        with member_of(where.path, where.member) as copy:
            yield copy
    else:
        yield where.path
