"""E-books: reading order, the package's record, navigation left out, locked and hostile books."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import SourceError
from index.records import Document
from index.sources import epub, reader_for

CONTAINER = '<container xmlns="c"><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">
<metadata><dc:title>A book of cells</dc:title><dc:creator id="a">Lei Wu</dc:creator>
<meta refines="#a" property="role">aut</meta><dc:creator id="b">Al Fred</dc:creator>
<meta refines="#b" property="role">ill</meta><dc:date>2018-03-01</dc:date><dc:language>en</dc:language>
<meta property="dcterms:modified">2024-01-01</meta><dc:identifier>doi:10.1000/book.1</dc:identifier>
<dc:publisher>The Press</dc:publisher></metadata>
<manifest><item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="two" href="text/two.xhtml" media-type="application/xhtml+xml"/>
<item id="one" href="text/one%20a.xhtml" media-type="application/xhtml+xml"/>
<item id="pic" href="p.png" media-type="image/png"/></manifest>
<spine><itemref idref="n"/><itemref idref="one"/><itemref idref="two"/><itemref
idref="pic"/></spine></package>"""
ONE = """<?xml version="1.0" encoding="utf-8"?><html
xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head>
<body><h1>Introduction</h1><p>Cells <i>move</i> in the first chapter.</p></body></html>"""
TWO = """<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>Methods</h1><p>The second chapter has a
<a href="http://x.org">view of a link</a>.</p><table><tr><th>a</th><th>b</th></tr><tr><td>1</td>
<td>2</td></tr></table>
</body></html>"""
NAV = "<html><body><nav><ol><li><a href='text/two.xhtml'>Contents entry</a></li></ol></nav></body></html>"


def pack(path: Path, **changed: str) -> Path:
    members = {
        "META-INF/container.xml": CONTAINER,
        "OPS/book.opf": PACKAGE,
        "OPS/nav.xhtml": NAV,
        "OPS/text/one a.xhtml": ONE,
        "OPS/text/two.xhtml": TWO,
    }
    members |= {name.replace("__", "/").replace("_x", ".x"): text for name, text in changed.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        for name, text in members.items():
            packed.writestr(name, text)
    return path


def read(path: Path) -> Document:
    assert reader_for(path, path.name) is epub
    (document,) = epub.read(path, source="0" * 64, name=path.name)
    assert isinstance(document, Document)
    return document


def test_chapters_in_reading_order_without_the_navigation(tmp_path: Path) -> None:
    document = read(pack(tmp_path / "a.epub"))
    assert document.text.content == (
        "A book of cells\n\nIntroduction\n\nCells move in the first chapter.\n\nMethods\n\n"
        "The second chapter has a view of a link.\n\na | b\n\n1 | 2"
    )
    assert [s.label for s in document.sections] == [
        "title", "heading", "background", "heading", "methods", "table",
    ]  # fmt: skip


def test_the_record_is_the_package_s(tmp_path: Path) -> None:
    record = read(pack(tmp_path / "a.epub")).reference
    assert (record.title, record.year, record.date) == ("A book of cells", 2018, "2018-03-01")
    assert [(a.family, a.given) for a in record.authors] == [("Wu", "Lei")]
    assert (record.doi, record.publisher, record.language) == ("10.1000/book.1", "The Press", "eng")


def test_a_locked_book_is_refused_but_hidden_fonts_lock_nothing(tmp_path: Path) -> None:
    locked = (
        '<encryption xmlns:e="http://www.w3.org/2001/04/xmlenc#"><e:EncryptedData>'
        '<e:EncryptionMethod Algorithm="{}"/></e:EncryptedData></encryption>'
    )
    aes = locked.format("http://www.w3.org/2001/04/xmlenc#aes256-cbc")
    with pytest.raises(SourceError, match="locked"):
        read(pack(tmp_path / "a.epub", **{"META-INF__encryption_xml": aes}))
    fonts = locked.format("http://www.idpf.org/2008/embedding")
    assert read(pack(tmp_path / "b.epub", **{"META-INF__encryption_xml": fonts})).title == "A book of cells"


def test_a_zip_that_holds_a_book_is_left_to_others(tmp_path: Path) -> None:
    book = pack(tmp_path / "a.epub")
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as packed:
        packed.write(book, "a.epub")
    assert epub.recognises(book.read_bytes(), ".zip")
    assert not epub.recognises((tmp_path / "outer.zip").read_bytes(), ".zip")


def test_a_missing_chapter_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    lacking = PACKAGE.replace("text/two.xhtml", "text/gone.xhtml")
    document = read(pack(tmp_path / "a.epub", **{"OPS/book.opf": lacking}))
    assert "first chapter" in document.text.content
    assert len(document.notes) == 1
    assert "gone.xhtml" in document.notes[0]


def test_hostile_books_stay_within_limits(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.epub"
    pack(bomb)
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("OPS/big.xhtml", b"<html><body>" + b"x " * 35_000_000)
    listed = PACKAGE.replace("text/two.xhtml", "big.xhtml")
    with zipfile.ZipFile(bomb) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, listed if name.endswith(".opf") else data)
    with pytest.raises(SourceError, match="unpacks to more"):
        read(bomb)
    outside = PACKAGE.replace("text/two.xhtml", "../../../etc/passwd")
    document = read(pack(tmp_path / "a.epub", **{"OPS/book.opf": outside}))
    assert "root:" not in document.text.content
    entities = '<!DOCTYPE p [<!ENTITY a "aa">]>' + PACKAGE.replace("A book", "&a; book")
    with pytest.raises(SourceError, match="entities"):
        read(pack(tmp_path / "b.epub", **{"OPS/book.opf": entities}))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_a_damaged_book_gives_a_document_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    chance = random.Random(seed)
    path = pack(
        tmp_path_factory.mktemp("damaged") / "a.epub", **{"OPS/text/two.xhtml": _damaged(TWO, chance)}
    )
    if chance.random() < 0.5:
        data = bytearray(path.read_bytes())
        for _ in range(chance.choice([1, 5, 30])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(bytes(data))
    try:
        for document in epub.read(path, source="0" * 64, name="a.epub"):
            assert isinstance(document, Document)
    except SourceError:
        pass


def _damaged(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return (
        text[:at]
        + chance.choice(["<", "</table>", "&#2;", "<m:math>", "<td>"])
        + text[at + chance.randrange(9) :]
    )
