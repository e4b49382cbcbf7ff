"""Archives are read like folders: every member by its reader, nothing outside, nothing without limits."""

from __future__ import annotations

import io
import stat
import tarfile
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import SourceError
from index.library import Library
from index.records import Document, Failure
from index.sources import archive_members, reader_for
from index.sources.pdf_ahead import digest
from index.sources.zip_archive import recognises

TITLE = "Uptake of salt by cells in the retina of adult zebrafish"
RIS = (
    f"TY  - JOUR\nAU  - Wu, L.\nTI  - {TITLE}\nPY  - 2019\nDO  - 10.1234/salt\n"
    "AB  - Salt is taken up.\nER  - \n"
)
BIB = "@article{moon, author={Ferreira, Tom}, title={Moons of other planets}, year={2001}, abstract={Far.}}\n"
NOTE = "On axolotls\n\nAxolotls grow new legs.\n"
JATS = (
    "<article><front><journal-meta><journal-title>J Test</journal-title></journal-meta><article-meta>"
    '<article-id pub-id-type="pmc">PMC123456</article-id><title-group><article-title>'
    f"{TITLE}</article-title></title-group><pub-date><year>2019</year></pub-date></article-meta></front>"
    "<body><sec><title>Results</title><p>Four cells in five took up salt.</p></sec></body></article>"
)


def packed(members: dict[str, str | bytes], **options: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **options) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def read(tmp_path: Path, data: bytes, name: str = "export.zip") -> tuple[list[Document], list[Failure]]:
    path = tmp_path / name
    path.write_bytes(data)
    reader = reader_for(path, name)
    assert reader.NAME == "archive"
    found = list(reader.read(path, source=digest(path), name=name))
    return (
        [one for one in found if isinstance(one, Document)],
        [one for one in found if isinstance(one, Failure)],
    )


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch):
    def change(**values: int) -> None:
        monkeypatch.setattr(archive_members, "LIMITS", replace(archive_members.LIMITS, **values))

    return change


def test_each_member_is_read_by_its_own_reader_and_says_where_it_was(tmp_path: Path) -> None:
    data = packed({"a/": "", "a/refs.ris": RIS, "b/refs.bib": BIB, "note.txt": NOTE})
    documents, failures = read(tmp_path, data)
    assert failures == []
    assert [(d.member, d.title, d.text.extractor) for d in documents] == [
        ("a/refs.ris", TITLE, "ris/1"),
        ("b/refs.bib", "Moons of other planets", "bibtex/1"),
        ("note.txt", "On axolotls", "text/1"),
    ]
    source = digest(tmp_path / "export.zip")
    assert {d.text.source for d in documents} == {source}
    assert [d.id for d in documents] == [
        "doi:10.1234/salt",
        f"file:{source[:16]}-2-1",
        f"file:{source[:16]}-3-1",
    ]


def test_a_member_that_fails_is_named_and_stops_no_other(tmp_path: Path, library: Library) -> None:
    broken = RIS + "TY  - JOUR\nTI  - Alone\nER  - \n"
    data = packed({"x.png": b"\x89PNG\r\n\x1a\n\0", "refs.ris": broken, "empty.txt": "", "note.txt": NOTE})
    documents, failures = read(tmp_path, data)
    assert [d.title for d in documents] == [TITLE, "On axolotls"]
    assert [f.uri for f in failures] == [
        "export.zip: x.png",
        "export.zip: refs.ris#2",
        "export.zip: empty.txt",
    ]
    assert failures[0].reason == "this is an image (PNG); recognise its text first, or add the article itself"
    report = library.add(tmp_path / "export.zip")
    assert [f.uri for f in report.failed] == [
        f"{tmp_path / 'export.zip'}: {name}" for name in ("x.png", "refs.ris#2", "empty.txt")
    ]


def test_clutter_is_passed_over(tmp_path: Path) -> None:
    clutter = ["__MACOSX/._note.txt", ".DS_Store", "a/.hidden/x.txt", "Thumbs.db", "._note.txt"]
    documents, failures = read(tmp_path, packed({**dict.fromkeys(clutter, "x"), "note.txt": NOTE}))
    assert ([d.title for d in documents], failures) == (["On axolotls"], [])


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("../../evil.txt", "evil.txt"),
        ("/etc/evil.txt", "etc/evil.txt"),
        ("C:\\Windows\\evil.txt", "Windows/evil.txt"),
        ("CON.txt", "CON.txt"),
        ("a/./b/../c.txt", "a/b/c.txt"),
        ("\u202eevil.txt", "_evil.txt"),
        ("Übersicht.txt", "Übersicht.txt"),
    ],
)
def test_a_name_leads_nowhere(tmp_path: Path, name: str, member: str) -> None:
    before = set(tmp_path.parent.iterdir())
    (document,), failures = read(tmp_path, packed({name: NOTE}))
    assert (document.member, failures) == (member, [])
    assert set(tmp_path.parent.iterdir()) == before
    assert [one.name for one in tmp_path.iterdir()] == ["export.zip"]


@given(
    st.lists(st.text(min_size=1, max_size=30).filter(lambda n: not n.endswith("/")), min_size=1, max_size=4)
)
@settings(max_examples=60, deadline=None)
def test_any_names_are_harmless(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    folder = tmp_path_factory.mktemp("names")
    stream = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            try:
                archive.writestr(name, NOTE)
            except (UnicodeEncodeError, ValueError, IndexError):  # Python cannot pack such a name
                return
    try:
        documents, failures = read(folder, stream.getvalue())
    except SourceError as error:
        assert "no files" in str(error)
        return
    assert failures == []
    for document in documents:
        parts = document.member.split("/")
        assert parts
        assert not {"", ".", ".."} & set(parts)
        assert not {"\n", "\r", "\u2028", "\u2029", "\x00", "\x85"} & set(document.member)
    assert [one.name for one in folder.iterdir()] == ["export.zip"]


def test_names_in_utf8_without_the_mark_and_in_cp437(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("Übersicht.txt")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(info, NOTE)
    data = stream.getvalue()
    flagged = data.replace(b"PK\x03\x04\x14\x00\x00\x08", b"PK\x03\x04\x14\x00\x00\x00")
    flagged = flagged.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x08", b"PK\x01\x02\x14\x03\x14\x00\x00\x00")
    assert flagged != data
    (document,), _ = read(tmp_path, flagged)
    assert document.member == "Übersicht.txt"
    cp437 = flagged.replace("Übersicht".encode(), "Ü_bersicht".encode("cp437"))
    (document,), _ = read(tmp_path, cp437)
    assert document.member == "Ü_bersicht.txt"


def test_links_and_encrypted_members_are_named(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("locked.txt", NOTE)
    data = bytearray(stream.getvalue())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 8] |= 1
    documents, failures = read(tmp_path, bytes(data))
    assert documents == []
    assert [(f.uri, f.reason) for f in failures] == [
        ("export.zip: link.txt", "it is a link to another file; add that file itself"),
        ("export.zip: locked.txt", "it is encrypted; unpack it with its password and add the file"),
    ]


def test_archives_in_archives_are_read_two_deep_and_named_beyond(tmp_path: Path) -> None:
    third = packed({"three.txt": NOTE})
    second = packed({"two.ris": RIS, "third.zip": packed({"deep.zip": third, "x.bib": BIB})})
    documents, failures = read(tmp_path, packed({"one/second.zip": second}))
    assert [d.member for d in documents] == ["one/second.zip/two.ris", "one/second.zip/third.zip/x.bib"]
    assert [f.uri for f in failures] == ["export.zip: one/second.zip/third.zip/deep.zip"]
    assert failures[0].reason.startswith("it is an archive in an archive in an archive; unpack it")
    assert len({d.id for d in documents}) == 2


def test_limits_of_members_bytes_and_ratio(tmp_path: Path, limits) -> None:
    three = packed({f"{n}.txt": NOTE for n in range(3)})
    limits(members=2)
    with pytest.raises(SourceError, match="holds more than 2 files"):
        read(tmp_path, three)
    limits(members=100, all=2 * len(NOTE) + 1)
    with pytest.raises(SourceError, match="the archive unpacks to more than"):
        read(tmp_path, three)
    limits(all=1 << 30, free=1000)
    bomb = packed({"bomb.txt": "x" * 1_000_000, "note.txt": NOTE}, compression=zipfile.ZIP_DEFLATED)
    documents, failures = read(tmp_path, bomb)
    assert [d.title for d in documents] == ["On axolotls"]
    assert failures[0].uri == "export.zip: bomb.txt"
    assert failures[0].reason.startswith("it unpacks to more than")
    limits(free=1 << 30, listing=100)
    with pytest.raises(SourceError, match="lists too many files"):
        read(tmp_path, three)


def test_the_limit_of_all_bytes_holds_for_nested_archives_together(tmp_path: Path, limits) -> None:
    inner = packed({"a.txt": "x" * 5000}, compression=zipfile.ZIP_DEFLATED)
    limits(all=12_000)
    with pytest.raises(SourceError, match="the archive unpacks to more than"):
        read(tmp_path, packed({f"{n}.zip": inner for n in range(5)}))


def test_members_that_share_bytes_are_refused(tmp_path: Path) -> None:
    data = packed({"a.txt": NOTE, "b.txt": NOTE})
    second = data.rindex(b"PK\x01\x02")
    overlapping = data[: second + 42] + bytes(4) + data[second + 46 :]
    with pytest.raises(SourceError, match="overlap"):
        read(tmp_path, overlapping)


@pytest.mark.parametrize("keep", [40, 60, -22])
def test_a_zip_cut_short_is_damaged(tmp_path: Path, keep: int) -> None:
    with pytest.raises(SourceError, match="ZIP archive is damaged"):
        read(tmp_path, packed({"a.txt": NOTE})[:keep])


def test_an_archive_of_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no files"):
        read(tmp_path, packed({}))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_mutated_archives_give_documents_or_reasons(tmp_path_factory: pytest.TempPathFactory, data) -> None:
    whole = bytearray(packed({"a.ris": RIS, "b.txt": NOTE}, compression=zipfile.ZIP_DEFLATED))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("mutated") / "a.zip"
    path.write_bytes(whole)
    try:
        list(reader_for(path, path.name).read(path, source=digest(path), name=path.name))
    except SourceError as error:
        assert str(error)


@pytest.mark.parametrize(
    "members",
    [
        {"mimetype": "application/epub+zip", "a.xhtml": "x"},
        {"[Content_Types].xml": "x", "word/document.xml": "x"},
        {"_rels/.rels": "x", "xl/workbook.xml": "x"},
        {"mimetype": "application/vnd.oasis.opendocument.text"},
    ],
)
def test_documents_that_are_zip_files_are_left_to_others(members: dict[str, str]) -> None:
    assert not recognises(packed(members), ".zip")


def test_a_zip_whose_folder_is_called_word_is_an_archive() -> None:
    assert recognises(packed({"word/paper.pdf": "x"}), ".zip")


def tarred(members: dict[str, str | bytes], mode: str = "w:gz") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]
        for name, text in members.items():
            data = text.encode() if isinstance(text, str) else text
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return stream.getvalue()


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_tar_archives(tmp_path: Path, mode: str) -> None:
    package = {
        "PMC1/a.nxml": JATS,
        "PMC1/a.jpg": b"\xff\xd8\xff",
        "../x.ris": RIS,
        "pad.txt": NOTE + "x" * 3000,
    }
    documents, failures = read(tmp_path, tarred(package, mode), "p.tar.gz")
    assert [d.member for d in documents] == ["PMC1/a.nxml", "x.ris", "pad.txt"]
    assert documents[0].reference.pmcid == "PMC123456"
    assert [f.uri for f in failures] == ["p.tar.gz: link"]


def test_a_tar_of_many_whole_blocks_is_unpacked_once(tmp_path: Path) -> None:
    members = {f"{n}.txt": f"On {n}\n\n" + "x" * (512 - 6 - len(str(n))) for n in range(300)}
    documents, _ = read(tmp_path, tarred(members), "many.tgz")
    assert [d.title for d in documents] == [f"On {n}" for n in range(300)]


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_a_tar_cut_short_is_damaged(tmp_path: Path, cut: float) -> None:
    data = tarred({"a.txt": NOTE * 50, "b.txt": NOTE * 50}, "w")
    with pytest.raises(SourceError, match="damaged"):
        read(tmp_path, data[: int(len(data) * 0.05)], "a.tar")
    gz = tarred({"a.txt": NOTE, "b.bin": bytes(range(256)) * 99})
    with pytest.raises(SourceError, match="damaged"):
        read(tmp_path, gz[: int(len(gz) * cut)], "a.tgz")


def test_rebuild_and_readding_give_the_same_documents(tmp_path: Path, library: Library) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(
        packed({"refs.ris": RIS, "note.txt": NOTE, "copy.txt": NOTE, "in.zip": packed({"r.bib": BIB})})
    )
    library.add(path)
    before = [(d.id, d.title, d.text.sha256, d.member) for d in library.documents()]
    assert sorted(d[1] for d in before) == ["Moons of other planets", "On axolotls", TITLE]
    assert {item.document_id for item in library.add(path).unchanged} == {d[0] for d in before}
    path.unlink()
    library.rebuild(anew=True)
    assert [(d.id, d.title, d.text.sha256, d.member) for d in library.documents()] == before
    assert library.verify() == []


@pytest.mark.parametrize("zip_first", [True, False])
def test_a_file_and_an_archive_that_holds_it_are_one_document(
    tmp_path: Path, library: Library, zip_first: bool
) -> None:
    archive, note = tmp_path / "export.zip", tmp_path / "note.txt"
    archive.write_bytes(packed({"a/note.txt": NOTE}))
    note.write_text(NOTE, "utf-8")
    for path in (archive, note) if zip_first else (note, archive):
        library.add(path)
    assert len(list(library.documents())) == 1
    library.rebuild(anew=True)
    assert len(list(library.documents())) == 1


def test_a_removed_member_stays_removed(tmp_path: Path, library: Library) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(packed({"refs.ris": RIS, "note.txt": NOTE}))
    library.add(path)
    (note,) = [d.id for d in library.documents() if d.title == "On axolotls"]
    library.remove([note])
    library.rebuild(anew=True)
    assert [d.title for d in library.documents()] == [TITLE]
