"""From files to documents: which files are meant, and what becomes of twins and changed exports."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from index import ingest as ingest_module
from index.encoders import HashingEncoder
from index.library import Library
from index.paths import find
from index.records import Document, Failure, Fetched
from index.reports import Progress, Report
from index.sources import pubmed_xml

Paper = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Files of every kind a folder holds."""
    root = tmp_path / "papers"
    for name in (
        "b.txt", "a.txt", "deep/c.md", "deep/er/d.txt", ".hidden.txt", ".git/config", "Thumbs.db",
        "deep/.DS_Store", "desktop.ini", "SOURCES.md",
    ):  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"On {name}\n\nLegs grow.\n", "utf-8")
    (root / "empty").mkdir()
    return root


def names(root: Path, *given: str | Path) -> tuple[list[str], list[str]]:
    found, failures = find([root / one for one in given])
    return [file.path.relative_to(root).as_posix() for file in found], [
        Path(failure.uri).name + ": " + failure.reason for failure in failures
    ]


def test_a_folder_means_its_files_without_hidden_ones_and_clutter(tree: Path) -> None:
    assert names(tree, "") == (["a.txt", "b.txt", "deep/c.md", "deep/er/d.txt"], [])


def test_a_named_file_is_taken_whatever_its_name(tree: Path) -> None:
    assert names(tree, ".hidden.txt") == ([".hidden.txt"], [])


def test_each_file_comes_once_and_named_wins_over_found(tree: Path) -> None:
    found, failures = find([tree / "deep", tree / "deep" / "c.md", tree / "deep"])
    assert [(file.path.name, file.named) for file in found] == [("c.md", True), ("d.txt", False)]
    assert failures == []


def test_globs_reach_into_folders(tree: Path) -> None:
    assert names(tree, "*.txt") == (["a.txt", "b.txt"], [])
    assert names(tree, "**/*.txt")[0] == ["a.txt", "b.txt", "deep/er/d.txt"]
    assert names(tree, "de*") == (["deep/c.md", "deep/er/d.txt"], [])
    assert not any(file.named for file in find([tree / "*.txt"])[0])


def test_a_file_whose_name_looks_like_a_glob_is_that_file(tree: Path) -> None:
    (tree / "[1] a.txt").write_text("x", "utf-8")
    assert names(tree, "[1] a.txt") == (["[1] a.txt"], [])


def test_what_means_no_file_is_named(tree: Path) -> None:
    assert names(tree, "none.txt", "*.pdf", "empty") == (
        [],
        [
            "none.txt: no such file or folder; check the path",
            "*.pdf: no such file or folder; check the path",
            "empty: the folder holds no files",
        ],
    )


def test_a_library_inside_a_folder_is_not_read_as_papers(tree: Path, encoder: HashingEncoder) -> None:
    """``litquote --library lib add .`` must not add the library's own files."""
    with Library.create(tree / "lib", encoder=encoder) as library:
        assert len(library.add([tree]).added) == 4
        report = library.add([tree])
        assert (len(report.unchanged), report.failed) == (4, [])


def test_a_link_to_a_file_is_that_file(tree: Path) -> None:
    try:
        (tree / "z.txt").symlink_to(tree / "a.txt")
    except OSError:
        pytest.skip("this system lets us make no links")
    assert len(names(tree, "a.txt", "z.txt")[0]) == 1


def ids(items: Sequence[object]) -> list[str]:
    return [item.document_id for item in items]  # type: ignore[attr-defined]


def change(path: Path, content: str) -> Path:
    """Write a file anew; its time differs even on a coarse clock."""
    path.parent.mkdir(exist_ok=True, parents=True)
    stamp = path.stat().st_mtime_ns + 10**9 if path.exists() else None
    path.write_text(content, "utf-8")
    if stamp:
        os.utime(path, ns=(stamp, stamp))
    return path


def texts(library: Library) -> list[str]:
    return sorted(library.document(d.id).text.content.strip() for d in library.documents())


def test_of_two_files_with_the_same_bytes_one_may_change(library: Library, tmp_path: Path) -> None:
    one, two = (change(tmp_path / name, "On legs\n\nLegs grow.\n") for name in ("1.txt", "2.txt"))
    assert len(library.add([one]).added) == 1
    assert len(library.add([two]).unchanged) == 1
    assert len(library) == 1
    change(two, "On arms\n\nArms grow.\n")
    assert len(library.add([two]).added) == 1
    assert texts(library) == ["On arms\n\nArms grow.", "On legs\n\nLegs grow."]
    change(one, "On tails\n\nTails grow.\n")
    assert len(library.add([one]).replaced) == 1
    assert texts(library) == ["On arms\n\nArms grow.", "On tails\n\nTails grow."]
    library.rebuild(anew=True)
    assert texts(library) == ["On arms\n\nArms grow.", "On tails\n\nTails grow."]
    assert library.verify() == []


ONE = {"pmid": "1", "title": "A paper on axolotl legs", "abstract": "Legs grow."}
TWO = {"pmid": "2", "title": "A paper on the moon", "abstract": "The moon is far."}
THREE = {"pmid": "3", "title": "A paper on amber", "abstract": "Amber is old."}


def test_an_article_that_vanished_from_an_export_goes_and_its_text_stays(
    library: Library, paper: Paper
) -> None:
    library.add([paper("export.xml", ONE, TWO, THREE)])
    gone = library.summary("pmid:2").text.sha256
    report = library.add([paper("export.xml", ONE, THREE)])
    assert (ids(report.added), report.failed) == ([], [])
    assert sorted(d.id for d in library.documents()) == ["pmid:1", "pmid:3"]
    assert "The moon is far." in library.text(gone).content
    library.rebuild(anew=True)
    assert sorted(d.id for d in library.documents()) == ["pmid:1", "pmid:3"]
    assert "The moon is far." in library.text(gone).content
    library.add([paper("export.xml", ONE, TWO, THREE)])
    assert sorted(d.id for d in library.documents()) == ["pmid:1", "pmid:2", "pmid:3"]


def test_an_article_that_another_file_still_holds_stays(library: Library, paper: Paper) -> None:
    library.add([paper("a.xml", ONE, TWO), paper("b.xml", TWO, THREE)])
    library.add([paper("a.xml", ONE)])
    assert sorted(d.id for d in library.documents()) == ["pmid:1", "pmid:2", "pmid:3"]
    library.add([paper("b.xml", THREE)])
    assert sorted(d.id for d in library.documents()) == ["pmid:1", "pmid:3"]


def test_two_other_papers_in_a_changed_file_are_two_documents(library: Library, paper: Paper) -> None:
    library.add([paper("a.xml", ONE)])
    report = library.add([paper("a.xml", TWO, THREE)])
    assert ids(report.added) == ["pmid:2", "pmid:3"]
    assert sorted(d.id for d in library.documents()) == ["pmid:2", "pmid:3"]


def test_a_corrected_article_in_an_export_replaces_itself_only(library: Library, paper: Paper) -> None:
    library.add([paper("a.xml", ONE, TWO)])
    before = library.summary("pmid:1").text.sha256
    report = library.add([paper("a.xml", ONE | {"abstract": "Legs grow fast."}, TWO)])
    assert ids(report.replaced) == ["pmid:1", "pmid:2"] or ids(report.replaced) == ["pmid:1"]
    assert library.document("pmid:1").text.content.endswith("Legs grow fast.")
    assert library.text(before).content.endswith("Legs grow.")


def test_the_same_paper_twice_in_one_file_keeps_its_fullest_text(library: Library, paper: Paper) -> None:
    full = ONE | {"abstract": "Legs grow. They grow for life."}
    for name, records in (("a.xml", (full, ONE)), ("b.xml", (ONE | {"pmid": "9"}, full | {"pmid": "9"}))):
        library.add([paper(name, *records)])
    assert library.document("pmid:1").text.content.endswith("They grow for life.")
    assert library.document("pmid:9").text.content.endswith("They grow for life.")
    library.rebuild(anew=True)
    assert library.document("pmid:1").text.content.endswith("They grow for life.")
    assert len(library) == 2


def test_documents_come_in_the_order_of_their_files(library: Library, paper: Paper) -> None:
    paper("b.xml", TWO, ONE)
    folder = paper("a.xml", THREE).parent
    assert ids(library.add([folder]).added) == ["pmid:3", "pmid:2", "pmid:1"]
    assert [d.id for d in library.documents()] == ["pmid:3", "pmid:2", "pmid:1"]


def test_progress_ends_with_every_file_done(library: Library, paper: Paper, tmp_path: Path) -> None:
    seen: list[Progress] = []
    change(tmp_path / "files" / "bad.txt", "")
    paper("a.xml", ONE, TWO)
    library.add([tmp_path / "files"], on_progress=seen.append)
    assert (seen[-1].files, seen[-1].total_files, seen[-1].documents) == (2, 2, 2)
    assert [p.files for p in seen] == sorted(p.files for p in seen)
    assert seen[-1].passages == library.passage_count


def counted(report: Report) -> int:
    return sum(len(items) for items in (report.added, report.merged, report.replaced, report.unchanged))


def test_real_exports_are_added_whole_or_say_what_fails(library: Library, shared: Path) -> None:
    """Each article is counted by a plain reading of the file's elements."""
    folder = shared / "files" / "pubmed-xml"
    expected, unreadable = 0, []
    for path in sorted(folder.glob("*.xml")):
        try:
            root = ET.parse(path).getroot()
        except ET.ParseError:
            unreadable.append(path.name)
            continue
        expected += len([*root.iter("PubmedArticle"), *root.iter("PubmedBookArticle")])
        expected += len(root.findall("Article")) if root.tag == "ArticleSet" else 0  # as publishers send it
    report = library.add([folder])
    assert counted(report) + len(report.failed) == expected + len(unreadable)
    assert all(any(name in failure.uri for failure in report.failed) for name in unreadable)
    assert all(failure.reason for failure in report.failed)
    assert library.verify() == []
    again = library.add([folder])
    assert again.added == again.merged == again.replaced == []
    for document in library.documents():
        assert document.title and document.reference.year, document.id


def test_a_file_with_a_bad_record_is_read_again_without_changing_anything(
    library: Library, paper: Paper
) -> None:
    """It is tried again each time, in case a newer litquote can read it; the good records stay."""
    file = paper("a.xml", ONE, TWO, {"title": ""})
    first = library.add([file])
    assert (ids(first.added), len(first.failed)) == (["pmid:1", "pmid:2"], 1)
    before = library.manifest
    second = library.add([file])
    assert (ids(second.unchanged), len(second.failed)) == (["pmid:1", "pmid:2"], 1)
    assert library.manifest == before


# -- what fails, and is not read again and again -----------------------------------------------------


def _counting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that the reader of PubMed XML is asked to read from now on."""
    read, asked = pubmed_xml.read, []

    def counted(path: Path, *, source: str, name: str) -> Iterator[Document | Failure]:
        asked.append(name)
        return read(path, source=source, name=name)

    monkeypatch.setattr(pubmed_xml, "read", counted)
    return asked


def test_every_record_that_fails_is_listed_until_it_is_read(
    library: Library, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = paper("export.xml", {"pmid": "1"}, {"title": ""}, {"pmid": "", "title": ""}).parent
    report = library.add(folder)
    assert len(report.added) == 1
    assert [Path(failure.uri).name.partition(" ")[0] for failure in report.failed] == [
        "export.xml#2",
        "export.xml#3",
    ]
    assert library.failures() == report.failed

    asked = _counting(monkeypatch)
    generation = library.manifest.generation
    again = library.add(folder)
    assert asked == []
    assert library.manifest.generation == generation
    assert again.failed == report.failed
    assert [item.document_id for item in again.unchanged] == [report.added[0].document_id]

    assert library.add(folder, retry=True).failed == report.failed
    assert library.add(folder / "export.xml").failed == report.failed
    assert asked == ["export.xml"] * 2

    monkeypatch.setattr(pubmed_xml, "VERSION", "999")
    library.add(folder)
    assert asked == ["export.xml"] * 3  # a newer reader may do better

    paper("export.xml", {"pmid": "1"}, {"pmid": "2", "title": "Geese"})
    assert [item.title for item in library.add(folder).added] == ["Geese"]
    assert library.failures() == []


def test_a_failed_file_that_is_gone_is_listed_no_more(library: Library, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    broken = tmp_path / "files" / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4 and nothing")
    library.add(tmp_path / "files")
    assert [failure.uri for failure in library.failures()] == [str(broken)]
    broken.unlink()
    assert library.failures() == []


def test_a_file_may_hold_more_broken_records_than_are_kept(
    library: Library, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_module, "MOST_FAILURES", 3)
    path = paper("export.xml", {"pmid": "1"}, *[{"title": ""}] * 5)
    assert len(library.add(path).failed) == 5
    assert len(library.failures()) == 3
    assert "and 4 more records" in library.sources()[0].failure


# -- records that were fetched -----------------------------------------------------------------------


def _fetched(paper: Paper, uri: str, names: tuple[str, ...] = (), **record: str) -> Fetched:
    return Fetched(uri, "record.xml", paper("record.xml", **record).read_bytes(), names)


def test_fetched_records_are_sources_that_a_rebuild_reads_again(library: Library, paper: Paper) -> None:
    records = [
        _fetched(paper, "pmid:1", pmid="1", title="Whales", abstract="Whales sing."),
        _fetched(paper, "pmid:2", ("title:abc",), pmid="2", title="Geese", abstract="Geese call."),
    ]
    (paper("record.xml", pmid="9")).unlink()
    assert [item.document_id for item in library.put(records).added] == ["pmid:1", "pmid:2"]
    assert [item.uri for item in library.put(records).unchanged] == ["pmid:1", "pmid:2"]
    assert library.resolve("title:abc") == "pmid:2"
    report = library.rebuild(anew=True)
    assert (len(report.added), report.failed) == (2, [])
    assert library.resolve("title:abc") == "pmid:2"
    assert library.verify() == []
    assert library.failures() == []


def test_a_newer_record_replaces_the_earlier_one(library: Library, paper: Paper) -> None:
    library.put([_fetched(paper, "pmid:1", ("title:abc",), pmid="1", abstract="Whales sing.")])
    before = library.document("pmid:1").text
    report = library.put([_fetched(paper, "pmid:1", pmid="1", abstract="Whales were wrong.")])
    assert [item.document_id for item in report.replaced] == ["pmid:1"]
    assert "Whales were wrong." in library.document("pmid:1").text.content
    assert library.text(before.sha256).content == before.content  # it may have been quoted
    assert library.resolve("title:abc") == "pmid:1"


def test_a_record_that_was_removed_comes_back_only_when_it_is_named(library: Library, paper: Paper) -> None:
    record = _fetched(paper, "pmid:1", pmid="1", abstract="Whales sing.")
    library.put([record])
    library.remove(["pmid:1"])
    assert [item.document_id for item in library.put([record], named=False).skipped] == ["pmid:1"]
    assert len(library) == 0
    assert [item.document_id for item in library.put([record]).added] == ["pmid:1"]


def test_a_fetched_record_that_cannot_be_read_is_a_failure_until_it_can(
    library: Library, paper: Paper
) -> None:
    report = library.put([Fetched("pmid:1", "record.xml", b"<PubmedArticleSet><PubmedArticle>")])
    assert [failure.uri.partition("#")[0] for failure in report.failed] == ["pmid:1"]
    assert library.failures() == report.failed
    library.put([_fetched(paper, "pmid:1", pmid="1")])
    assert library.failures() == []
