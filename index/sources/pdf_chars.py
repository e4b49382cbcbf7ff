"""The words and drawings on the pages of a PDF, by PDFium (pypdfium2, BSD/Apache 2.0).

PDFium reads what browsers show, is fast, and survives broken files better than the readers written
in Python. It gives characters in the order they were drawn; order on the page is found elsewhere.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.errors import SourceError
from index.sources.pdf_page import PageContent, turned
from index.sources.pdf_symbols import SUSPECT, sign
from index.sources.pdf_words import SPACES, Character, Face, character, composed, words

__all__ = ["ENCRYPTED", "Opened", "open_pdf"]

ENCRYPTED = (
    "the PDF is locked with a password; save a copy without it (open it, enter the password, print to PDF)"
    " and add that"
)
_BROKEN = "the PDF is damaged and cannot be opened; download it again"

#: A page with more drawn characters or objects than this is no page of a paper.
_MOST_CHARACTERS = 200_000
_MOST_OBJECTS = 60_000


_BOLD = re.compile(
    r"bold|black|heavy|demi|medi|(?<![a-z])bd|\.b(?:\+|$)|-b(?:\+|$)|cmb|cmsl?bx", re.IGNORECASE
)
_ITALIC = re.compile(r"italic|oblique|(?<![a-z])it(?:$|[^a-z])|-i$|\.i(?:\+|$)|cmti", re.IGNORECASE)


class Opened:
    """An open PDF. Use as a context manager."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self.pages = len(document)

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self._document.close()

    def metadata(self) -> dict[str, str]:
        """The document information: ``Title``, ``Author``, ``Subject``, ``Keywords``, ..."""
        try:
            return {key: " ".join(value.split()) for key, value in self._document.get_metadata_dict().items()}
        except Exception:  # a broken dictionary is no reason to lose the text
            return {}

    def page(self, number: int) -> PageContent:
        """What is on a page, counted from 1; an empty page for one that PDFium cannot load."""
        import pypdfium2

        try:
            page = self._document[number - 1]
        except pypdfium2.PdfiumError:
            return PageContent(number, 0.0, 0.0)
        try:
            return _content(page, number)
        finally:
            page.close()

    def handle(self, number: int) -> Any:
        """A page, counted from 1, as pypdfium2 has it; to be closed. Raises SourceError."""
        import pypdfium2

        try:
            return self._document[number - 1]
        except pypdfium2.PdfiumError as error:
            raise SourceError(f"page {number} of the PDF is damaged; open the file itself") from error

    def image(self, number: int, target: Path, *, dots: int = 300) -> tuple[int, int]:
        """Write a picture of a page, for text recognition, as PNG of at most 25 megapixels; its size."""
        page = self._document[number - 1]
        try:
            width, height = page.get_size()
            scale = min(dots / 72, (25e6 / max(width * height, 1.0)) ** 0.5)
            picture = page.render(scale=scale, grayscale=True).to_pil()
            picture.save(target)
            return picture.width, picture.height
        finally:
            page.close()


def open_pdf(path: Path) -> Opened:
    """Open a PDF. Raises SourceError when it is locked or broken."""
    import pypdfium2
    import pypdfium2.raw as raw

    try:
        document = pypdfium2.PdfDocument(path)
        pages = len(document)
    except pypdfium2.PdfiumError as error:
        code = getattr(error, "err_code", None)
        locked = code == raw.FPDF_ERR_PASSWORD or "password" in str(error).lower()
        raise SourceError(ENCRYPTED if locked else _BROKEN) from error
    if not pages:
        document.close()
        raise SourceError("the PDF has no pages; download it again")
    return Opened(document)


def _content(page: Any, number: int) -> PageContent:
    left, low, right, top = page.get_cropbox()
    width, height = max(right - left, 1.0), max(top - low, 1.0)
    characters = composed(list(_characters(page)))
    shown = page.get_rotation() // 90
    turns = Counter(face.turn for _, _, _, face in characters if face and face.turn is not None)
    turn = turns.most_common(1)[0][0] if turns else shown
    sides = (height, width) if turn % 2 else (width, height)
    content = PageContent(number, *sides, turn=turn, size=(width, height), origin=(left, low))
    content.words = list(words(characters, content))
    if number == 1:
        content.aside = "".join(
            character(code) if face else " "
            for code, _, _, face in characters
            if not face or face.turn != turn
        )
        content.aside = " ".join(content.aside.split())
    _drawings(page, content)
    return content


def _characters(page: Any) -> Iterator[Character]:
    """Code, box, origin and face of each character in drawing order; no face for white space."""
    import pypdfium2.raw as raw

    text = page.get_textpage()
    handle = text.raw
    faces: dict[int, Face] = {}
    box, x, y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    box_p, x_p, y_p = ctypes.byref(box), ctypes.byref(x), ctypes.byref(y)
    unicode_of, object_of = raw.FPDFText_GetUnicode, raw.FPDFText_GetTextObject
    box_of, origin_of = raw.FPDFText_GetLooseCharBox, raw.FPDFText_GetCharOrigin
    ink = [ctypes.c_double() for _ in range(4)]
    ink_p = [ctypes.byref(edge) for edge in ink]
    nothing = (0.0, 0.0, 0.0, 0.0)
    try:
        for place in range(min(text.count_chars(), _MOST_CHARACTERS)):
            code = unicode_of(handle, place)
            if code in SPACES:
                yield code, nothing, (0.0, 0.0), None
                continue
            if not box_of(handle, place, box_p) or not origin_of(handle, place, x_p, y_p):
                continue
            item = object_of(handle, place)
            key = ctypes.cast(item, ctypes.c_void_p).value or 0
            face = faces.get(key)
            if face is None:
                face = faces[key] = _face(raw, handle, place)
            if face.suspect and raw.FPDFText_GetCharBox(handle, place, *ink_p):
                drawn = (ink[0].value, ink[2].value, ink[1].value, ink[3].value)
                code = sign(code, drawn, y.value, face.size)
            yield code, (box.left, box.bottom, box.right, box.top), (x.value, y.value), face
    finally:
        text.close()


def _face(raw: Any, handle: Any, place: int) -> Face:
    matrix, flags = raw.FS_MATRIX(), ctypes.c_int()
    raw.FPDFText_GetMatrix(handle, place, ctypes.byref(matrix))
    scale = (matrix.c**2 + matrix.d**2) ** 0.5 or 1.0
    size = abs(raw.FPDFText_GetFontSize(handle, place)) * scale
    buffer = ctypes.create_string_buffer(128)
    raw.FPDFText_GetFontInfo(handle, place, buffer, 128, ctypes.byref(flags))
    name = buffer.value.decode("utf-8", "replace").rpartition("+")[2]
    weight = raw.FPDFText_GetFontWeight(handle, place)
    bold = bool(_BOLD.search(name)) or weight >= 600 or bool(flags.value & (1 << 18))
    italic = bool(_ITALIC.search(name)) or bool(flags.value & (1 << 6))
    along, across = matrix.a, matrix.b
    longest = max(abs(along), abs(across)) or 1.0
    turn: int | None = None
    if abs(across) < 0.1 * longest:
        turn = 0 if along > 0 else 2
    elif abs(along) < 0.1 * longest:
        turn = 1 if across > 0 else 3
    return Face(size, name, bold, italic, turn, bool(SUSPECT.match(name)))


def _drawings(page: Any, content: PageContent) -> None:
    import pypdfium2.raw as raw

    corners = [ctypes.c_float() for _ in range(4)]
    pointers = [ctypes.byref(corner) for corner in corners]
    width, height = content.size
    left, low = content.origin
    for place in range(min(raw.FPDFPage_CountObjects(page.raw), _MOST_OBJECTS)):
        item = raw.FPDFPage_GetObject(page.raw, place)
        kind = raw.FPDFPageObj_GetType(item)
        if kind == raw.FPDF_PAGEOBJ_TEXT or not raw.FPDFPageObj_GetBounds(item, *pointers):
            continue
        x0, y0, x1, y1 = (corner.value for corner in corners)
        ax, ay = turned(content.turn, width, height, x0 - left, y0 - low)
        bx, by = turned(content.turn, width, height, x1 - left, y1 - low)
        box = (max(min(ax, bx), 0.0), max(min(ay, by), 0.0),
               min(max(ax, bx), content.width), min(max(ay, by), content.height))  # fmt: skip
        wide, high = box[2] - box[0], box[3] - box[1]
        if wide < 0 or high < 0:
            continue
        if kind == raw.FPDF_PAGEOBJ_IMAGE or (kind == raw.FPDF_PAGEOBJ_FORM and not content.words):
            content.images = max(content.images, wide * high / (content.width * content.height))
        if high <= 2.5 and wide >= 6:
            content.rules.append(box)
        elif wide * high < (0.5 if kind == raw.FPDF_PAGEOBJ_FORM else 0.9) * content.width * content.height:
            content.drawings.append(box)
