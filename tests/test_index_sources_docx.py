"""Word documents: reading order, headings, lists, tables, notes, tracked changes, hostile files."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import SourceError
from index.records import Document
from index.sources import docx, html_page, reader_for

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
M = "http://schemas.openxmlformats.org/officeDocument/2006/math"

STYLES = """<w:styles xmlns:w="{w}">
<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Mine"><w:name w:val="My part"/>
<w:basedOn w:val="berschrift1"/></w:style>
<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/>
<w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Titel"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="Cap"><w:name w:val="caption"/></w:style></w:styles>"""
NUMBERING = """<w:numbering xmlns:w="{w}"><w:abstractNum w:abstractNumId="7">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl>
</w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num></w:numbering>"""


def p(text: str, style: str = "", more: str = "") -> str:
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    runs = text if text.startswith("<") else f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'
    return f"<w:p><w:pPr>{named}{more}</w:pPr>{runs}</w:p>"


def item(text: str, depth: int = 0) -> str:
    return p(text, more=f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="1"/></w:numPr>')


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"


def pack(path: Path, body: str, *, w: str = W, **parts: str) -> Path:
    names = {"core": "docProps/core.xml"}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("word/document.xml", document_xml(body, w))
        packed.writestr("word/styles.xml", STYLES.format(w=w))
        packed.writestr("word/numbering.xml", NUMBERING.format(w=w))
        for name, text in parts.items():
            packed.writestr(names.get(name, f"word/{name}.xml"), text)
    return path


def document_xml(body: str, w: str = W) -> str:
    return (
        f'<?xml version="1.0"?><w:document xmlns:w="{w}" xmlns:m="{M}" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f"<w:body>{body}</w:body></w:document>"
    )


def read(path: Path) -> Document:
    assert reader_for(path, path.name) is docx
    (document,) = docx.read(path, source="0" * 64, name=path.name)
    assert isinstance(document, Document)
    return document


def content(path: Path) -> str:
    return read(path).text.content


def test_headings_by_style_in_any_language_make_parts(tmp_path: Path) -> None:
    body = (
        p("On cells", "Titel") + p("Methods", "berschrift1") + p("We looked.") + p("Staining", "H2")
        + p("Blue.")
        + p("Results", "Mine") + p("We saw.")
    )  # fmt: skip
    document = read(pack(tmp_path / "a.docx", body))
    assert document.title == "On cells"
    assert [(s.label, s.heading) for s in document.sections] == [
        ("title", ""), ("heading", "Methods"), ("methods", "Methods"), ("heading", "1.a) Staining"),
        ("methods", "1.a) Staining"), ("heading", "Results"), ("results", "Results"),
    ]  # fmt: skip


def test_lists_have_their_numbers_and_tables_their_rows(tmp_path: Path) -> None:
    body = (
        p("Notes on cells") + item("one") + item("sub", 1) + item("two") + p("Table 1. Speeds", "Cap")
        + table(
            cell("Cell", '<w:vMerge w:val="restart"/>') + cell("Speed"),
            cell("", "<w:vMerge/>") + cell("5"),
            cell("both", '<w:gridSpan w:val="2"/>'),
        )
        + p("After.")
    )  # fmt: skip
    document = read(pack(tmp_path / "a.docx", body))
    text = document.text.content
    assert "1. one\n1.a) sub\n2. two" in text
    assert text.endswith("two\n\nAfter.\n\nTable 1\n\nSpeeds\n\nCell | Speed\n\n| 5\n\nboth")
    assert [s.label for s in document.sections] == ["title", "body", "heading", "table"]


def test_inserted_text_is_kept_and_deleted_hidden_and_code_are_not(tmp_path: Path) -> None:
    runs = (
        "<w:r><w:t>We saw </w:t></w:r><w:ins><w:r><w:t>three</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>four</w:delText></w:r></w:del>"
        '<w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r><w:r><w:commentReference w:id="1"/></w:r>'
        '<w:hyperlink><w:r><w:t xml:space="preserve"> cells</w:t></w:r></w:hyperlink>'
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>ADDIN ZOTERO {json}</w:instrText>'
        "</w:r>"
        '<w:r><w:t>code</w:t></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t> (Wu)</w:t>'
        "</w:r>"
        '<w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t>: li</w:t><w:softHyphen/><w:t>ving, ten</w:t>'
        "<w:noBreakHyphen/><w:t>fold</w:t><w:tab/><w:t>and</w:t><w:br/><w:t>so </w:t>"
        '<w:sym w:font="Symbol" w:char="F061"/></w:r>'
    )
    comments = f'<w:comments xmlns:w="{W}"><w:comment w:id="1">{p("a remark")}</w:comment></w:comments>'
    text = content(pack(tmp_path / "a.docx", p("A report.") + p(runs), comments=comments))
    assert text.endswith("We saw three cells (Wu): living, ten‑fold and so α")


def test_text_boxes_once_notes_behind_and_scripts_kept_apart(tmp_path: Path) -> None:
    box = f"<w:txbxContent>{p('In the box.')}</w:txbxContent>"
    runs = (
        "<w:r><mc:AlternateContent><mc:Choice><w:drawing>" + box + "</w:drawing></mc:Choice>"
        "<mc:Fallback><w:pict>" + box + "</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
        '<w:r><w:t>At 10</w:t></w:r><w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>6</w:t></w:r>'
        '<w:r><w:t xml:space="preserve"> cells</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r><w:r>'
        "<w:t>.</w:t></w:r>"
    )
    notes = (
        f'<w:footnotes xmlns:w="{W}"><w:footnote w:type="separator" w:id="0">{p("----")}</w:footnote>'
        f'<w:footnote w:id="2">{p("Counted twice.")}</w:footnote></w:footnotes>'
    )
    document = read(pack(tmp_path / "a.docx", p("A report.") + p(runs) + p("Next."), footnotes=notes))
    text = document.text.content
    assert text.count("In the box.") == 1
    assert "At 10⁶ cells[1]." in text
    assert text.endswith("1 Counted twice.")
    assert "----" not in text


def test_formulas_are_readable_and_strict_documents_too(tmp_path: Path) -> None:
    formula = (
        "<m:oMath><m:r><m:t>E=</m:t></m:r><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num>"
        "<m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath>"
    )
    text = content(
        pack(tmp_path / "a.docx", p("A report.") + p("<w:r><w:t>So </w:t></w:r>" + formula), w=STRICT)
    )
    assert text.endswith("So E= a/b")


def test_a_reference_list_becomes_references(tmp_path: Path) -> None:
    body = (
        p("On cells", "Titel") + p("Introduction", "berschrift1") + p("Cells move.")
        + p("References", "berschrift1")
        + p("1. Wu L, Li A. On cells. J Cell. 2001;3:1-9. doi: 10.1000/one")
        + p("[2] Berg B. On motion. Science. 2002;4:2-8.")
    )  # fmt: skip
    document = read(pack(tmp_path / "a.docx", body))
    assert [(r.number, r.title, r.year, r.doi) for r in document.references] == [
        (1, "On cells", 2001, "10.1000/one"),
        (2, "On motion", 2002, ""),
    ]
    assert document.reference.doi == ""


CORE = (
    '<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t"><dc:title>{title}</dc:title>'
    "<dc:creator>{creator}</dc:creator><dcterms:modified>2024-02-01T00:00:00Z</dcterms:modified>"
    "</cp:coreProperties>"
)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Microsoft Word - Document1", "Cells in motion"),
        ("", "Cells in motion"),
        ("An old template", "Cells in motion"),
    ],
)
def test_an_implausible_title_of_the_file_is_not_believed(tmp_path: Path, title: str, expected: str) -> None:
    core = CORE.format(title=title, creator="Microsoft Office User")
    document = read(pack(tmp_path / "a.docx", p("Cells in motion") + p("They move in tissue."), core=core))
    assert document.title == expected
    assert document.reference.authors == ()
    assert document.reference.year is None  # never the date of the file


def test_an_author_a_date_and_a_doi_that_the_first_page_prints_are_believed(tmp_path: Path) -> None:
    core = CORE.format(title="Cells in motion", creator="Lei Wu")
    body = (
        p("Draft 3") + p("Cells in motion") + p("Lei Wu, Institute of Cells") + p("12 May 2020")
        + p("doi: 10.1000/cells.3")
        + p("We cite https://doi.org/10.1000/other here as another paper of that year.")
    )  # fmt: skip
    document = read(pack(tmp_path / "a.docx", body, core=core))
    record = document.reference
    assert (record.title, record.year, record.date, record.doi) == (
        "Cells in motion", 2020, "2020-05-12", "10.1000/cells.3",
    )  # fmt: skip
    assert [(a.family, a.given) for a in record.authors] == [("Wu", "Lei")]


def test_locked_old_and_damaged_documents_are_named_with_a_remedy(tmp_path: Path) -> None:
    locked = tmp_path / "locked.docx"
    locked.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with pytest.raises(SourceError, match="locked with a password"):
        read(locked)
    old = tmp_path / "old.doc"
    old.write_bytes(locked.read_bytes())
    with pytest.raises(SourceError, match="old Word"):
        reader_for(old, "old.doc")
    whole = pack(tmp_path / "a.docx", p("A report.") + p("Text.")).read_bytes()
    cut = tmp_path / "cut.docx"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match="damaged"):
        read(cut)
    with pytest.raises(SourceError, match="no text"):
        read(pack(tmp_path / "empty.docx", p("")))


def test_hostile_documents_stay_within_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = tmp_path / "bomb.docx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b" " * 70_000_000)
    with pytest.raises(SourceError, match="unpacks to more"):
        read(bomb)
    entities = tmp_path / "entities.docx"
    with zipfile.ZipFile(entities, "w") as packed:
        lol = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
        packed.writestr(
            "word/document.xml", lol + document_xml(p("&b;")).removeprefix('<?xml version="1.0"?>')
        )
    with pytest.raises(SourceError, match="entities"):
        read(entities)
    with pytest.raises(SourceError, match="not well formed"):
        read(pack(tmp_path / "deep.docx", "<w:sdt>" * 100_000))
    away = pack(tmp_path / "away.docx", p("A report.") + p("Text."))
    with zipfile.ZipFile(away, "a") as packed:
        packed.writestr("../../outside.xml", "x")
    assert content(away).endswith("Text.")
    assert not (tmp_path.parent.parent / "outside.xml").exists()


def test_a_zip_with_neither_is_left_to_others(tmp_path: Path) -> None:
    path = tmp_path / "some.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("paper.html", "<html>")
    head = path.read_bytes()
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as packed:  # stored, so that its headers stand there
        packed.write(pack(tmp_path / "in.docx", p("Text.")), "papers/in.docx")
    outer = (tmp_path / "outer.zip").read_bytes()
    assert b"word/document.xml" in outer
    assert not docx.recognises(outer, ".zip")
    assert not docx.recognises(head, ".zip")
    assert not html_page.recognises(head, ".zip")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_a_damaged_document_gives_a_document_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    chance = random.Random(seed)
    folder = tmp_path_factory.mktemp("damaged")
    body = p("A report", "Titel") + item("one") + table(cell("a") + cell("b")) + p("Text.", "H2") + p("More.")
    data = bytearray(pack(folder / "a.docx", body).read_bytes())
    if chance.random() < 0.5:
        for _ in range(chance.choice([1, 5, 30])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        (folder / "a.docx").write_bytes(bytes(data))
    else:
        pieces = body.split("<")
        del pieces[chance.randrange(len(pieces))]
        pack(folder / "a.docx", "<".join(pieces).replace("1", chance.choice(["1", "-1", "x", "99999999999"])))
    try:
        for document in docx.read(folder / "a.docx", source="0" * 64, name="a.docx"):
            assert isinstance(document, Document)
    except SourceError:
        pass
