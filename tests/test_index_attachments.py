"""A reference manager's record and the file it names are one document, whichever comes first."""

from __future__ import annotations

import io
import itertools
import json
import shutil
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.attachments import key_of, keys_of_place, names
from index.encoders import HashingEncoder
from index.errors import SourceError
from index.library import Library
from index.records import Document
from index.sources import reader_for

TITLE = "Uptake of salt by cells in the retina of adult zebrafish"
BODY = "Four cells in five took up salt within an hour of the injection."
MORE = "Table S1 lists the doses of salt and the number of animals."
Snapshot = list[tuple[str, str, str, str]]


def pdf(*lines: str, size: int = 11) -> bytes:
    """A PDF of one page with these lines, the first large."""
    drawn = "".join(
        f"BT /F1 {18 if n == 0 else size} Tf 1 0 0 1 60 {780 - 24 * n} Tm ({line}) Tj ET\n"
        for n, line in enumerate(lines)
    )
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /Encoding /WinAnsiEncoding >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
        " /Resources << /Font << /F1 3 0 R >> >> >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
    ]
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode("cp1252")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    tail = f"xref\n0 6\n0000000000 65535 f \n{table}trailer\n<< /Size 6 /Root 1 0 R >>\n"
    return data + f"{tail}startxref\n{len(data)}\n%%EOF\n".encode()


#: A scan's poor title, as PDFs without metadata often give one.
PAPER = pdf("Zebrafish Research Letters", "Results", BODY)
TITLED = pdf(TITLE, "Results", BODY)
SUPPLEMENT = pdf(f"Supplementary information for: {TITLE}"[:60], "Doses", MORE)


def item(number: int, title: str, files: Iterable[str] = (), doi: str = "", extra: str = "") -> str:
    """One article of a Zotero RDF export with its attachments."""
    paths = list(files)
    links = "".join(f'<link:link rdf:resource="#item_{number}{n}"/>' for n, _ in enumerate(paths, 1))
    told = f"<dc:identifier>DOI {doi}</dc:identifier>" if doi else ""
    attached = "".join(
        f'<z:Attachment rdf:about="#item_{number}{n}"><z:itemType>attachment</z:itemType>'
        f'<rdf:resource rdf:resource="{path}"/><dc:title>Full Text</dc:title></z:Attachment>'
        for n, path in enumerate(paths, 1)
    )
    return (
        f'<bib:Article rdf:about="#item_{number}"><z:itemType>journalArticle</z:itemType>'
        f"<dcterms:isPartOf><bib:Journal><dc:title>Journal of Tests</dc:title><prism:volume>12</prism:volume>"
        f"<prism:number>3</prism:number>{told}<dc:identifier>ISSN 1234-5678</dc:identifier></bib:Journal>"
        "</dcterms:isPartOf><bib:authors><rdf:Seq><rdf:li><foaf:Person><foaf:surname>Nógrádi</foaf:surname>"
        "<foaf:givenName>Antal</foaf:givenName></foaf:Person></rdf:li><rdf:li><foaf:Person><foaf:surname>"
        f"The Salt Group</foaf:surname></foaf:Person></rdf:li></rdf:Seq></bib:authors>{links}"
        "<dc:subject>salt</dc:subject><dc:subject><z:AutomaticTag><rdf:value>Zebrafish</rdf:value>"
        f"</z:AutomaticTag></dc:subject><dc:title>{title}</dc:title><dcterms:abstract>Salt is taken up by"
        f" cells.</dcterms:abstract><dc:date>2019-05-03</dc:date><z:language>en</z:language>"
        "<bib:pages>795-813</bib:pages>"
        "<dc:identifier><dcterms:URI><rdf:value>https://example.org/a</rdf:value></dcterms:URI></dc:identifier>"
        f"<dc:description>{extra}</dc:description></bib:Article>{attached}"
    )


def rdf(*items: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:z="http://www.zotero.org/namespaces/export#" xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:bib="http://purl.org/net/biblio#" xmlns:foaf="http://xmlns.com/foaf/0.1/"'
        ' xmlns:link="http://purl.org/rss/1.0/modules/link/"'
        ' xmlns:prism="http://prismstandard.org/namespaces/1.2/basic/">' + "".join(items) + "</rdf:RDF>"
    )


Export = Callable[..., Path]


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Writes an export folder: ``export({"My.rdf": text, "files/12/a.pdf": bytes})``."""

    def write(files: dict[str, str | bytes], folder: str = "My") -> Path:
        root = tmp_path / folder
        for name, data in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.encode() if isinstance(data, str) else data)
        return root

    return write


def snapshot(library: Library) -> Snapshot:
    return sorted((d.id, d.title, d.text.sha256, d.member) for d in library.documents())


def only(library: Library) -> Document:
    (found,) = library.documents()
    return library.document(found.id)


def stays(library: Library, *paths: Path) -> None:
    """Adding again and rebuilding change nothing."""
    before = snapshot(library)
    links = sorted((d.id, d.links) for d in library.documents())
    for path in paths:
        report = library.add(path)
        assert not (report.added or report.merged or report.replaced)
    library.rebuild(anew=True)
    assert snapshot(library) == before
    assert sorted((d.id, d.links) for d in library.documents()) == links
    assert library.verify() == []


def records(text: str, name: str, tmp_path: Path) -> list[Document]:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    found = list(reader_for(path, name).read(path, source="0" * 64, name=name))
    assert all(isinstance(one, Document) for one in found)
    return [one for one in found if isinstance(one, Document)]


def test_zotero_rdf_tells_everything_of_an_article(tmp_path: Path) -> None:
    text = rdf(item(1, TITLE, ["files/12/a.pdf"], "10.1234/Salt.1", "PMID: 31234567\nPMCID: PMC7654321"))
    (document,) = records(text, "My.rdf", tmp_path)
    reference = document.reference
    assert (reference.title, reference.year, reference.date) == (TITLE, 2019, "2019-05-03")
    assert [author.name for author in reference.authors] == ["Nógrádi A", "The Salt Group"]
    assert (reference.journal, reference.volume, reference.issue, reference.pages) == (
        "Journal of Tests", "12", "3", "795-813",
    )  # fmt: skip
    assert (reference.doi.casefold(), reference.pmid, reference.pmcid) == (
        "10.1234/salt.1", "31234567", "PMC7654321",
    )  # fmt: skip
    assert (reference.keywords, reference.language) == (("salt", "Zebrafish"), "eng")
    assert reference.url == "https://example.org/a"
    assert reference.publication_types == ("Journal Article",)
    assert document.attachments == ("files/12/a.pdf",)
    assert document.text.content.endswith("Salt is taken up by cells.")
    assert document.text.extractor == "zotero-rdf/1"


def test_a_journal_that_several_items_name_gives_its_title_only(tmp_path: Path) -> None:
    named = '<dcterms:isPartOf rdf:resource="urn:issn:1"/>'
    inside = item(1, TITLE).partition("<dcterms:isPartOf>")
    one = inside[0] + named + inside[2].partition("</dcterms:isPartOf>")[2]
    journal = (
        '<bib:Journal rdf:about="urn:issn:1"><dc:title>Nature Tests</dc:title><prism:volume>7</prism:volume>'
        "<dc:identifier>DOI 10.1234/one</dc:identifier></bib:Journal>"
    )
    (alone,) = records(rdf(one, journal), "a.rdf", tmp_path)
    assert (alone.reference.journal, alone.reference.volume, alone.reference.doi) == (
        "Nature Tests", "7", "10.1234/one",
    )  # fmt: skip
    both = records(rdf(one, one.replace(TITLE, "Another title"), journal), "b.rdf", tmp_path)
    assert {(d.reference.journal, d.reference.volume, d.reference.doi) for d in both} == {
        ("Nature Tests", "", "")
    }


@pytest.mark.parametrize(
    ("field", "paths"),
    [
        ("Full Text PDF:files/123/x.pdf:application/pdf", ("files/123/x.pdf",)),
        ("A:files/1/a.pdf:application/pdf;B:files/2/b.html:text/html", ("files/1/a.pdf", "files/2/b.html")),
        (r"Wu\; et al.:files/1/a\;b\:c.pdf:application/pdf", ("files/1/a;b:c.pdf",)),
        (r":C\:\\Users\\me\\x.pdf:PDF", (r"C:\Users\me\x.pdf",)),
        (r"Full:C:\Users\me\x.pdf:application/pdf", (r"C:\Users\me\x.pdf",)),
        (r":C$\backslash$:/Users/me/x\_y.pdf:pdf", ("C:/Users/me/x_y.pdf",)),
        (":home/me/papers/x.pdf:pdf", ("/home/me/papers/x.pdf",)),
        (":papers/x.pdf:PDF", ("papers/x.pdf",)),
        ("/home/me/x.pdf", ("/home/me/x.pdf",)),
        ("C:/Users/me/x.pdf", ("C:/Users/me/x.pdf",)),
        ("x.pdf;https://example.org/y.pdf", ("x.pdf",)),
    ],
)
def test_files_in_bibtex(tmp_path: Path, field: str, paths: tuple[str, ...]) -> None:
    text = f"@article{{a, author={{Wu, L}}, title={{{TITLE}}}, year={{2019}}, file = {{{field}}}}}\n"
    (document,) = records(text, "a.bib", tmp_path)
    assert document.attachments == paths


def test_files_in_ris_and_endnote_xml(tmp_path: Path) -> None:
    ris = (
        f"TY  - JOUR\nAU  - Wu, L.\nTI  - {TITLE}\nPY  - 2019\nL1  - files/12/a.pdf\n"
        "L1  - internal-pdf://0123/b.pdf\nL1  - https://example.org/c.pdf\nER  - \n"
    )
    (document,) = records(ris, "a.ris", tmp_path)
    assert document.attachments == ("files/12/a.pdf", "internal-pdf://0123/b.pdf")
    xml = (
        '<xml><records><record><ref-type name="Journal Article">17</ref-type><contributors><authors><author>'
        f"Wu, L.</author></authors></contributors><titles><title>{TITLE}</title></titles><dates>"
        "<year>2019</year></dates><urls><pdf-urls><url>internal-pdf://0123/b%20c.pdf</url></pdf-urls></urls></record></records>"
        "</xml>"
    )
    (document,) = records(xml, "a.xml", tmp_path)
    assert document.attachments == ("internal-pdf://0123/b%20c.pdf",)


@pytest.mark.parametrize(
    ("written", "record", "place", "same"),
    [
        ("files/12/a.pdf", "/x/My/My.rdf", "/x/My/files/12/a.pdf", True),
        ("files\\12\\a.pdf", "C:\\x\\My\\My.bib", "C:\\x\\My\\files\\12\\a.pdf", True),
        ("files/12/a.pdf", "/x/My/My.rdf", "/y/files/12/a.pdf", False),
        ("files/12/Ü.pdf", "/x/My.rdf", "/x/files/12/U\u0308.pdf", True),
        ("a.pdf", "/x/My.rdf", "/x/a.pdf", True),
        ("a.pdf", "/x/My.rdf", "/x/b/a.pdf", False),
        ("../pdf/a.pdf", "/x/bib/My.bib", "/x/pdf/a.pdf", True),
        ("/home/me/p/a.pdf", "/x/My.bib", "/home/me/p/a.pdf", True),
        ("/home/me/p/a.pdf", "/x/My.bib", "/x/p/a.pdf", True),
        ("C:/Users/me/p/a.pdf", "/x/My.bib", "/x/p/a.pdf", True),
        ("/home/me/p/a.pdf", "/x/My.bib", "/y/p/a.pdf", False),
        ("storage:ABCD1234/a.pdf", "/x/My.bib", "/home/me/Zotero/storage/ABCD1234/a.pdf", True),
        ("storage:ABCD1234/a.pdf", "/x/My.bib", "/home/me/Zotero/storage/ABCD1235/a.pdf", False),
        ("/Users/me/Zotero/storage/ABCD1234/a.pdf", "/x/My.bib", "/y/storage/ABCD1234/a.pdf", True),
        ("attachments:sub/a.pdf", "/x/My.bib", "/y/base/sub/a.pdf", True),
        ("internal-pdf://0123/b%20c.pdf", "/x/My.xml", "/x/My.Data/PDF/0123/b c.pdf", True),
        ("internal-pdf://0123/b.pdf", "/x/My.xml", "/x/PDF/0123/b.pdf", False),
        ("file:///x/a%20b.pdf", "/x/My.ris", "/x/a b.pdf", True),
        ("", "/x/My.ris", "/x/a.pdf", False),
    ],
)
def test_what_a_path_in_a_record_means(written: str, record: str, place: str, same: bool) -> None:
    assert names(written, record, place) is same
    if same:
        assert key_of(written) in keys_of_place(place)


@given(st.text(), st.text(), st.text())
def test_a_name_that_fits_a_place_has_its_key(written: str, record: str, place: str) -> None:
    if names(written, record, place):
        assert key_of(written) in keys_of_place(place)


@pytest.mark.parametrize("order", [("My.rdf", "files"), ("files", "My.rdf"), (".",)])
@pytest.mark.parametrize("content", [PAPER, TITLED])
def test_record_and_file_are_one_document_in_any_order(
    library: Library, export: Export, order: tuple[str, ...], content: bytes
) -> None:
    folder = export({"My.rdf": rdf(item(1, TITLE, ["files/12/a.pdf"])), "files/12/a.pdf": content})
    for name in order:
        assert library.add(folder / name).failed == []
    document = only(library)
    assert (document.title, document.reference.year) == (TITLE, 2019)
    assert [author.name for author in document.reference.authors] == ["Nógrádi A", "The Salt Group"]
    assert document.text.extractor.startswith("pdf/")
    assert BODY in document.text.content
    stays(library, folder)


def test_the_files_themselves_may_be_gone(library: Library, export: Export) -> None:
    folder = export({"My.rdf": rdf(item(1, TITLE, ["files/12/a.pdf"])), "files/12/a.pdf": PAPER})
    library.add(folder)
    before = snapshot(library)
    shutil.rmtree(folder)
    library.rebuild(anew=True)
    assert snapshot(library) == before


def test_records_are_read_without_their_files(library: Library, export: Export) -> None:
    folder = export({"My.rdf": rdf(item(1, TITLE, ["files/12/a.pdf"]))})
    assert library.add(folder).failed == []
    assert only(library).title == TITLE


def other_doi(doi: str) -> bytes:
    return pdf("Moons of the outer planets and their seas", f"doi:{doi}", "Results", BODY)


@pytest.mark.parametrize("order", [("My.rdf", "files"), ("files", "My.rdf")])
def test_a_file_with_another_identifier_stays_apart_and_the_report_says_so(
    library: Library, export: Export, order: tuple[str, ...]
) -> None:
    folder = export({
        "My.rdf": rdf(item(1, TITLE, ["files/12/a.pdf"], "10.1234/salt.1")),
        "files/12/a.pdf": other_doi("10.1234/moon.1"),
    })  # fmt: skip
    apart = [one for name in order for one in library.add(folder / name).apart]
    assert sorted(d.id for d in library.documents()) == ["doi:10.1234/moon.1", "doi:10.1234/salt.1"]
    (said,) = apart
    assert said.uri == str(folder / "files" / "12" / "a.pdf")
    assert "names another paper (doi:10.1234/moon.1) than the record" in said.reason
    stays(library, folder)


@pytest.mark.parametrize(
    ("order", "name"),
    list(
        zip(
            itertools.permutations(("My.rdf", "files/1", "files/2")),
            itertools.cycle(["a_supplement.pdf", "b.pdf"]),
            strict=False,
        )
    ),
)
def test_a_supplement_stays_a_document_of_its_own_and_names_its_paper(
    library: Library, export: Export, order: tuple[str, ...], name: str
) -> None:
    supplement = SUPPLEMENT if name == "b.pdf" else pdf("Doses of salt and other tables", "Doses", MORE)
    folder = export({
        "My.rdf": rdf(item(1, TITLE, ["files/1/paper.pdf", f"files/2/{name}"], "10.1234/salt.1")),
        "files/1/paper.pdf": TITLED,
        f"files/2/{name}": supplement,
    })  # fmt: skip
    for part in order:
        assert library.add(folder / part).failed == []
    paper, beside = sorted(
        map(library.document, (d.id for d in library.documents())), key=lambda d: d.title != TITLE
    )
    assert BODY in paper.text.content
    assert MORE in beside.text.content
    assert [(link.kind, link.target, link.note) for link in beside.links] == [
        ("supplement-to", "doi:10.1234/salt.1", TITLE)
    ]
    stays(library, folder)


@pytest.mark.parametrize(
    "order", [("My.rdf", "files"), ("files/2", "My.rdf", "files/1"), ("files", "My.rdf")]
)
def test_a_supplement_that_prints_its_paper_s_doi_is_not_taken_for_it(
    library: Library, export: Export, order: tuple[str, ...]
) -> None:
    long = [f"Table S{n} lists the doses of salt that fish number {n} was given." for n in range(1, 9)]
    doi, title = "10.1234/salt.1", "Supplementary information on salt in fish"
    folder = export({
        "My.rdf": rdf(item(1, TITLE, ["files/1/paper.pdf", "files/2/b.pdf"], doi)),
        "files/1/paper.pdf": pdf(TITLE, f"doi:{doi}", "Results", BODY),
        "files/2/b.pdf": pdf(title, f"doi:{doi}", "Doses", *long),
    })  # fmt: skip
    for part in order:
        assert library.add(folder / part).apart == []
    found = {d.title: library.document(d.id) for d in library.documents()}
    assert set(found) == {TITLE, title}
    assert BODY in found[TITLE].text.content
    assert [link.target for link in found[title].links] == [f"doi:{doi}"]
    stays(library, folder)


def test_files_in_zotero_s_own_folder_and_in_endnote_s(library: Library, export: Export) -> None:
    file, seas = "storage:ABCD1234/a.pdf", "Seas of salt lie under the ice."
    bib = f"@article{{a, author={{Wu, L}}, title={{{TITLE}}}, year={{2019}}, file={{{file}}}}}\n"
    xml = (
        '<xml><records><record><ref-type name="Journal Article">17</ref-type><contributors><authors><author>'
        "Wu, L.</author></authors></contributors><titles><title>Moons of other planets and their seas</title>"
        "</titles><dates><year>2001</year></dates><urls><pdf-urls><url>internal-pdf://0123/b%20c.pdf</url>"
        "</pdf-urls></urls></record></records></xml>"
    )
    folder = export({
        "bib/My.bib": bib,
        "Zotero/storage/ABCD1234/a.pdf": PAPER,
        "EndNote/My.xml": xml,
        "EndNote/My.Data/PDF/0123/b c.pdf": pdf("Planetary Letters", "Results", seas),
    })  # fmt: skip
    library.add(folder)
    found = {d.title: library.document(d.id).text.content for d in library.documents()}
    assert set(found) == {TITLE, "Moons of other planets and their seas"}
    assert BODY in found[TITLE]
    assert seas in found["Moons of other planets and their seas"]
    stays(library, folder)


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_mutated_exports_give_documents_or_reasons(tmp_path_factory: pytest.TempPathFactory, data) -> None:
    whole = bytearray(rdf(item(1, TITLE, ["files/12/a.pdf"], "10.1234/salt.1"), item(2, "Moons")).encode())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(200, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=5))
    path = tmp_path_factory.mktemp("mutated") / "My.rdf"
    path.write_bytes(whole)
    try:
        reader = reader_for(path, path.name)
        list(reader.read(path, source="0" * 64, name=path.name))
    except SourceError as error:
        assert str(error)


def test_entities_of_its_own_are_refused(tmp_path: Path) -> None:
    bomb = rdf(item(1, "&a;")).replace("<rdf:RDF", '<!DOCTYPE r [<!ENTITY a "b">]><rdf:RDF', 1)
    path = tmp_path / "a.rdf"
    path.write_text(bomb, "utf-8")
    with pytest.raises(SourceError, match="declares entities of its own"):
        list(reader_for(path, "a.rdf").read(path, source="0" * 64, name="a.rdf"))


def test_a_bibtex_entry_joins_its_file_too(library: Library, export: Export) -> None:
    file = "F:files/12/a.pdf:application/pdf"
    bib = f"@article{{a, author={{Wu, L}}, title={{{TITLE}}}, year={{2019}}, file={{{file}}}}}\n"
    folder = export({"My.bib": bib, "files/12/a.pdf": PAPER})
    library.add(folder)
    assert BODY in only(library).text.content
    assert only(library).title == TITLE


def test_snapshots_join_when_they_agree(library: Library, export: Export) -> None:
    text = f"{TITLE}\n\n{BODY}\n"
    folder = export({
        "My.rdf": rdf(item(1, TITLE, ["files/1/a.txt", "files/2/b.txt"])),
        "files/1/a.txt": text,
        "files/2/b.txt": "Cookies\n\nThis page wants to set a number of cookies.\n",
    })  # fmt: skip
    library.add(folder)
    assert sorted(d.title for d in library.documents()) == ["Cookies", TITLE]
    assert BODY in library.document(next(d.id for d in library.documents() if d.title == TITLE)).text.content
    stays(library, folder)


def test_two_records_that_name_one_file_are_not_joined_by_it(library: Library, export: Export) -> None:
    other = "Moons of other planets and their seas of salt"
    folder = export({
        "My.rdf": rdf(item(1, TITLE, ["files/1/a.pdf"]), item(2, other, ["files/1/a.pdf"])),
        "files/1/a.pdf": TITLED,
    })  # fmt: skip
    library.add(folder)
    found = {d.title: library.document(d.id).text.content for d in library.documents()}
    assert sorted(found) == sorted([TITLE, other])
    assert BODY in found[TITLE]
    stays(library, folder)


@pytest.mark.parametrize(
    ("order", "content"),
    list(
        zip(
            itertools.permutations(("one.rdf", "two.rdf", "files")),
            itertools.cycle([PAPER, TITLED]),
            strict=False,
        )
    ),
)
def test_a_file_of_two_records_goes_with_the_one_it_agrees_with_in_any_order(
    library: Library, export: Export, order: tuple[str, ...], content: bytes
) -> None:
    other = "Moons of other planets and their seas of salt"
    folder = export({
        "one.rdf": rdf(item(1, other, ["files/1/a.pdf"])),
        "two.rdf": rdf(item(1, TITLE, ["files/1/a.pdf"])),
        "files/1/a.pdf": content,
    })  # fmt: skip
    for name in order:
        library.add(folder / name)
    found = {d.title: library.document(d.id).text.content for d in library.documents()}
    alone = () if content == TITLED else ("Zebrafish Research Letters",)
    assert sorted(found) == sorted([TITLE, other, *alone])
    assert BODY in found[alone[0] if alone else TITLE]
    stays(library, folder)


@pytest.mark.parametrize("pdf_first", [True, False])
def test_a_record_that_lets_its_file_go_leaves_it_a_document_of_its_own(
    library: Library, export: Export, pdf_first: bool
) -> None:
    files = {"My.rdf": rdf(item(1, TITLE, ["files/1/a.pdf"])), "files/1/a.pdf": PAPER}
    folder = export(files)
    for name in ("files", "My.rdf") if pdf_first else ("My.rdf", "files"):
        library.add(folder / name)
    assert BODY in only(library).text.content
    export({"My.rdf": rdf(item(1, TITLE))})
    library.add(folder)
    assert sorted(d.title for d in library.documents()) == [TITLE, "Zebrafish Research Letters"]
    stays(library, folder)
    export(files)
    library.add(folder)
    assert BODY in only(library).text.content
    stays(library, folder)


def test_the_same_through_a_zip(library: Library, tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("My/files/12/a.pdf", PAPER)
        archive.writestr("My/My.rdf", rdf(item(1, TITLE, ["files/12/a.pdf"])))
    path = tmp_path / "My.zip"
    path.write_bytes(stream.getvalue())
    report = library.add(path)
    assert report.failed == []
    document = only(library)
    assert (document.title, document.member) == (TITLE, "My/files/12/a.pdf")
    assert BODY in document.text.content
    stays(library, path)


def test_a_copy_of_the_export_elsewhere_joins_the_files_there(library: Library, export: Export) -> None:
    text = rdf(item(1, TITLE, ["files/12/a.pdf"]))
    first = export({"My.rdf": text}, "first")
    library.add(first)
    second = export({"My.rdf": text, "files/12/a.pdf": PAPER}, "second")
    library.add(second)
    assert BODY in only(library).text.content
    stays(library, first, second)


def test_a_removed_document_stays_removed_with_both_its_files(library: Library, export: Export) -> None:
    folder = export({"My.rdf": rdf(item(1, TITLE, ["files/12/a.pdf"])), "files/12/a.pdf": PAPER})
    library.add(folder)
    library.remove([only(library).id])
    library.rebuild(anew=True)
    library.add(folder)
    assert list(library.documents()) == []


def test_a_changed_file_is_still_the_record_s(library: Library, export: Export) -> None:
    files = {"My.rdf": rdf(item(1, TITLE, ["files/12/a.pdf"])), "files/12/a.pdf": PAPER}
    folder = export(files)
    library.add(folder)
    before = only(library).id
    changed = "Nine cells in ten took up salt within an hour of it."
    export({**files, "files/12/a.pdf": pdf("Zebrafish Research Letters", "Results", changed)})
    library.add(folder)
    document = only(library)
    assert document.id == before
    assert changed in document.text.content
    stays(library, folder)


def test_the_report_in_json_tells_what_stays_apart(export: Export, tmp_path: Path) -> None:
    folder = export({
        "My.rdf": rdf(item(1, TITLE, ["a.pdf"], "10.1234/salt.1")), "a.pdf": other_doi("10.1234/moon.1"),
    })  # fmt: skip
    with Library.create(tmp_path / "lib", encoder=HashingEncoder(16), reader="none") as library:
        told = json.loads(json.dumps(library.add(folder).to_dict()))
    assert [one["uri"] for one in told["apart"]] == [str(folder / "a.pdf")]
