"""Pages of PDFs as pictures: the boxes lie on the words of the quotation, however the page is turned."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from index import page_images
from index.errors import SourceError
from index.library import Library
from index.page_images import Line, PageView, printed
from index.records import Document
from tests.test_index_sources_pdf import two_columns, written
from web import pages

QUOTE = "nobody knew the schedule"


def words_at(path: Path, view: PageView, lines: tuple[Line, ...]) -> str:
    """What PDFium reads there, asked in the pixels of the shown page: an oracle for the boxes."""
    import pypdfium2
    import pypdfium2.raw as raw

    document = pypdfium2.PdfDocument(path)
    page = document[view.number - 1]
    text = page.get_textpage()

    def on_page(x: float, y: float) -> tuple[float, float]:
        from ctypes import byref, c_double

        a, b = c_double(), c_double()
        size = (view.width, view.height)
        raw.FPDF_DeviceToPage(
            page.raw, 0, 0, *size, 0, round(x * size[0]), round(y * size[1]), byref(a), byref(b)
        )
        return a.value, b.value

    found = []
    for line in lines:
        corners = [on_page(line.x, line.y), on_page(line.x + line.width, line.y + line.height)]
        (x0, x1), (y0, y1) = (sorted(values) for values in zip(*corners, strict=True))
        found.append(text.get_text_bounded(x0 - 1, y0 - 1, x1 + 1, y1 + 1))
    for one in (text, page, document):
        one.close()
    return " ".join("".join(c for c in " ".join(found) if c.isprintable()).split())


def ink(view: PageView, line: Line) -> float:
    """The share of dark pixels inside a box."""
    from PIL import Image

    image = Image.open(io.BytesIO(view.data)).convert("L")
    assert image.size == (view.width, view.height)
    left, top = round(line.x * view.width), round(line.y * view.height)
    box = (left, top, round((line.x + line.width) * view.width), round((line.y + line.height) * view.height))
    cut = image.crop(box)
    return sum(cut.histogram()[:128]) / max(cut.width * cut.height, 1)


def shown(library: Library, document: Document, words: str) -> PageView:
    content = library.text(document.text.sha256).content
    start = content.index(words)
    span = (start, start + len(words))
    where = printed(library, document.id, document.text.sha256, span, span)
    assert where is not None
    view = where.page()
    assert view.quote == view.focus
    return view


@pytest.mark.parametrize(
    "entries",
    ["", "/Rotate 90", "/Rotate 180", "/Rotate 270", "/CropBox [50 100 560 800]",
     "/CropBox [50 100 560 800] /Rotate 90", "/CropBox [-20 -30 600 850] /Rotate 270"],
)  # fmt: skip
def test_the_boxes_lie_on_the_words_of_the_quote(library: Library, tmp_path: Path, entries: str) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(written([two_columns(), two_columns(2)], entries=entries))
    library.add([path])
    (document,) = library.documents()
    view = shown(library, document, QUOTE)
    assert (view.number, view.pages) == (1, 2)
    (line,) = view.quote
    assert words_at(path, view, view.quote) == f"{QUOTE}."  # boxes are of whole words
    assert 0.05 < ink(view, line) < 0.6
    assert ink(view, Line(0.9, 0.001, 0.05, 0.01)) == 0.0


def test_a_quote_over_a_hyphen_has_a_box_for_each_line(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(written([two_columns()]))
    library.add([path])
    (document,) = library.documents()
    view = shown(library, document, "its water content was measured")
    assert len(view.quote) == 2
    assert words_at(path, view, view.quote) == "its water con tent was measured"


def test_a_pdf_in_an_archive_is_shown(library: Library, tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner.zip", tmp_path / "papers.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("sub/a.pdf", written([two_columns()]))
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("notes.txt", "On notes\n\nNothing here is of any use.\n")
        archive.write(inner, "deep/inner.zip")
    library.add([outer])
    document = next(one for one in library.documents() if one.boxes)
    view = shown(library, document, QUOTE)
    (line,) = view.quote
    assert 0.05 < ink(view, line) < 0.6


def test_an_earlier_text_is_shown_by_its_own_boxes_or_not_at_all(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(written([two_columns()]))
    library.add([path])
    (document,) = library.documents()
    assert printed(library, document.id, "0" * 64, (0, 5)) is None
    (tmp_path / "b.txt").write_text("On mould\n\nMould grows.\n", "utf-8")
    library.add([tmp_path / "b.txt"])
    other = next(one for one in library.documents() if not one.boxes)
    assert printed(library, other.id, other.text.sha256, (0, 5)) is None


def test_what_cannot_be_drawn_gives_a_sentence(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(written([two_columns()]))
    library.add([path])
    (document,) = library.documents()
    where = printed(library, document.id, document.text.sha256, (0, 20))
    assert where is not None
    with pytest.raises(SourceError, match="the PDF has 1 pages; there is no 7"):
        where.page(7)
    (library.path / "inbox" / document.text.source).write_bytes(b"%PDF-1.4 broken")
    page_images._images.clear()
    with pytest.raises(SourceError, match="PDF"):
        where.page()


def test_a_page_of_absurd_size_is_drawn_small(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(written([two_columns()]).replace(b"[0 0 595 842]", b"[0 0 595 99999]"))
    library.add([path])
    (document,) = library.documents()
    where = printed(library, document.id, document.text.sha256, (0, 20))
    assert where is not None
    view = where.page()
    assert view.width * view.height <= 6.1e6


def test_pictures_are_kept_within_a_bound_and_shared_by_threads(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(written([two_columns(), two_columns(2), two_columns(3)]))
    library.add([path])
    (document,) = library.documents()
    where = printed(library, document.id, document.text.sha256, (0, 20))
    assert where is not None
    page_images._images.clear()
    views: list[PageView] = []
    threads = [threading.Thread(target=lambda n=n: views.append(where.page(n))) for n in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(view.number for view in views) == [1, 2, 3]
    monkeypatch.setattr(page_images, "_KEPT", len(views[0].data))
    page_images._images.clear()
    for number in (1, 2, 3):
        where.page(number)
    assert len(page_images._images) == 1
    monkeypatch.setattr(page_images, "call_in_child", lambda *_, **__: pytest.fail("drawn again"))
    assert where.page(3).number == 3


def test_the_page_is_drawn_with_its_boxes_and_turned(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(written([two_columns(), two_columns(2)]))
    library.add([path])
    (document,) = library.documents()
    view = shown(library, document, QUOTE)
    drawn = pages.figure(view, "A <title>", {"document": document.id})
    assert 'alt="Page 1 of 2 of A &lt;title&gt;, with the quote marked"' in drawn
    assert drawn.count('class="lq-box"') == drawn.count('class="lq-box lq-box-focus"') == 1
    assert "Previous page" in drawn and drawn.count(" disabled>") == 1
    assert "&quot;page&quot;: 2" in drawn


REAL = {
    "contentmine__journal.pone.0115884-fulltext.pdf": 3,
    "petermr__1129-2377-14-93.pdf": 3,
    "ropensci__pdf-example-password.original.pdf": 0,
    "kermitt2__two_pages.pdf": 2,
}


@pytest.mark.parametrize("name", REAL)
def test_the_boxes_of_real_articles_hold_the_words_quoted(
    name: str, shared: Path, library: Library, paper: Callable[..., Path]
) -> None:
    path = shared / "files" / "pdf" / name
    report = library.add([path])
    if not REAL[name]:
        assert report.failed
        return
    (document,) = library.documents()
    content = library.text(document.text.sha256).content
    good = tried = 0
    for section in [one for one in document.sections if one.end - one.start > 400][:12]:
        start = content.index(" ", section.start + 120) + 1
        end = content.index(" ", start + 120)
        where = printed(library, document.id, document.text.sha256, (start, end))
        if where is None or len(where.pages) != 1 or where.pages[0] > 8:
            continue
        tried += 1
        view = where.page()
        for line in view.quote:
            assert 0 <= line.x <= line.x + line.width <= 1.0001
            assert 0 <= line.y <= line.y + line.height <= 1.0001
            assert ink(view, line) > 0.02
        read = words_at(path, view, view.quote)
        letters = [[c for c in words if c.isalpha()] for words in (content[start:end], read)]
        good += "".join(letters[0]) in "".join(letters[1])
    assert tried >= REAL[name]
    assert good >= 0.8 * tried
