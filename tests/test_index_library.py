"""The library on disk: adding, changing, removing, rebuilding, rolling back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index import publishing
from index import session as session_module
from index.encoders import HashingEncoder
from index.errors import LibraryBusy, LibraryError, LibraryMismatch, NoLibrary, UsageError
from index.library import Library
from index.records import Filters
from index.reports import Report
from index.words import content_terms
from qa.assistant import Assistant

Paper = Callable[..., Path]


def text_file(tmp_path: Path, name: str, content: str) -> Path:
    path = tmp_path / "files" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content, "utf-8")
    return path


def kinds(report: Report) -> dict[str, int]:
    names = ("added", "merged", "replaced", "unchanged", "skipped", "failed")
    return {name: len(getattr(report, name)) for name in names if getattr(report, name)}


def answers(library: Library, *questions: str) -> list[list[tuple[str, int, int, str]]]:
    assistant = Assistant(library)
    found = []
    for question in questions:
        answer = assistant.ask(question)
        found.append([(q.document_id, q.start, q.end, q.text) for q in (*answer.quotes, *answer.nearest)])
    return found


def test_a_place_without_a_library_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NoLibrary, match="litquote add"):
        Library.open(tmp_path / "none")


def test_a_folder_with_other_files_is_not_taken_for_a_library(
    tmp_path: Path, encoder: HashingEncoder
) -> None:
    (tmp_path / "thesis.docx").write_text("x")
    with pytest.raises(UsageError, match="other files"):
        Library.create(tmp_path, encoder=encoder)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["thesis.docx"]


def test_adding_an_unchanged_source_does_nothing_and_says_so(library: Library, paper: Paper) -> None:
    file = paper("a.xml", pmid="1", abstract="Stem cells cure mice. Nothing else does.")
    assert kinds(library.add([file])) == {"added": 1}
    before = library.manifest
    report = library.add([file])
    assert kinds(report) == {"unchanged": 1}
    assert report.unchanged[0].title == "A title of a paper on cells"
    assert library.manifest == before


def test_a_touched_file_with_the_same_bytes_is_unchanged(library: Library, paper: Paper) -> None:
    file = paper("a.xml", pmid="1", abstract="Stem cells cure mice.")
    library.add([file])
    os.utime(file, (1, 1))
    assert kinds(library.add([file])) == {"unchanged": 1}


def test_a_changed_source_replaces_its_document_and_the_old_text_stays(
    library: Library, tmp_path: Path
) -> None:
    file = text_file(tmp_path, "notes.txt", "On axolotls\n\nAxolotls grow new legs. They do so for life.\n")
    library.add([file])
    (old,) = library.documents()
    text_file(tmp_path, "notes.txt", "On axolotls\n\nAxolotls regrow their whole legs. They never stop.\n")
    report = library.add([file])
    assert kinds(report) == {"replaced": 1}
    (new,) = library.documents()
    assert new.id == old.id
    assert "whole legs" in library.document(new.id).text.content
    assert "grow new legs" in library.text(old.text.sha256).content
    assert _search(library, "axolotls legs")[0].text.startswith("Axolotls regrow")
    library.rebuild(anew=True)
    library.compact()
    assert "grow new legs" in library.text(old.text.sha256).content
    assert next(library.documents()).id == old.id


def _search(library: Library, question: str, **filters: object):
    from qa.retrieve import Retriever

    return Retriever(library).search(
        question, filters=Filters(**filters) if filters else None, answers_only=True
    )


def test_a_file_overwritten_by_another_paper_is_another_document(library: Library, paper: Paper) -> None:
    file = paper("a.xml", pmid="1", title="A first paper about stem cells", abstract="Stem cells cure mice.")
    library.add([file])
    time.sleep(0.01)
    paper("a.xml", pmid="2", title="A second paper about the moon", abstract="The moon is far away.")
    assert kinds(library.add([file])) == {"added": 1}
    assert [d.id for d in library.documents()] == ["pmid:2"]


def test_the_same_paper_from_two_files_is_one_document_with_united_metadata(
    library: Library, paper: Paper
) -> None:
    one = paper(
        "one.xml", doi="10.1/X", title="A paper on the growth of legs in axolotls", abstract="Legs grow."
    )
    two = paper(
        "two.xml",
        pmid="7",
        doi="10.1/x",
        title="A paper on the growth of legs in axolotls",
        abstract="Legs grow. Fast.",
    )
    assert kinds(library.add([one])) == {"added": 1}
    assert kinds(library.add([two])) == {"merged": 1}
    (document,) = library.documents()
    assert document.id == "doi:10.1/x"
    assert document.reference.pmid == "7"
    assert (
        library.resolve("pmid:7")
        == library.resolve("7")
        == library.resolve("https://doi.org/10.1/X")
        == document.id
    )
    assert library.document(document.id).text.content.endswith("Legs grow. Fast.")
    library.rebuild(anew=True)
    assert [d.id for d in library.documents()] == ["doi:10.1/x"]


def test_merging_does_not_depend_on_the_order(tmp_path: Path, encoder: HashingEncoder, paper: Paper) -> None:
    files = [
        paper(
            "1.xml", doi="10.1/x", title="A paper on the growth of legs in axolotls", abstract="Legs grow."
        ),
        paper("2.xml", pmid="7", doi="10.1/x", title="A paper on growth", abstract="Legs grow. Fast. Very."),
        paper(
            "3.xml", pmid="7", title="A paper on the growth of legs in axolotls", abstract="Legs grow. Slow."
        ),
    ]
    seen = []
    for name, order in (("a", files), ("b", files[::-1])):
        with Library.create(tmp_path / name, encoder=encoder) as library:
            for file in order:
                library.add([file])
            (document,) = library.documents()
            seen.append((document.title, document.reference, document.text.sha256))
    assert seen[0] == seen[1]


def test_different_papers_with_the_same_title_stay_apart(library: Library, paper: Paper) -> None:
    title = "A yearly report on the growth of axolotl legs"
    original = {"pmid": "1", "title": title, "abstract": "Legs grow.", "year": "2019"}
    next_year = {"pmid": "2", "title": title, "abstract": "Legs grow.", "year": "2020"}
    erratum = {"pmid": "3", "title": title, "abstract": "", "year": "2019"}
    report = library.add([paper("a.xml", original, next_year, erratum)])
    assert kinds(report) == {"added": 3}


def test_a_removed_document_stays_away_until_its_file_is_named(library: Library, paper: Paper) -> None:
    file = paper(
        "a.xml", {"pmid": "1", "abstract": "Stem cells cure."}, {"pmid": "2", "abstract": "Moons are far."}
    )
    library.add([file])
    library.remove(["pmid:1"])
    assert [d.id for d in library.documents()] == ["pmid:2"]
    assert _search(library, "stem cells cure")[0].passage.document_id == "pmid:2"
    assert kinds(library.rebuild(anew=True)) == {"added": 1, "skipped": 1}
    assert [d.id for d in library.documents()] == ["pmid:2"]
    library.add([file.parent])
    assert [d.id for d in library.documents()] == ["pmid:2"]
    library.add([file])
    assert sorted(d.id for d in library.documents()) == ["pmid:1", "pmid:2"]


def test_a_removed_single_file_stays_away_from_a_rebuild(library: Library, tmp_path: Path) -> None:
    file = text_file(tmp_path, "notes.txt", "On axolotls\n\nAxolotls grow new legs.\n")
    library.add([file])
    library.remove([next(library.documents()).id])
    assert len(library) == 0
    library.rebuild(anew=True)
    assert len(library) == 0
    library.add([file.parent])
    assert len(library) == 0
    assert kinds(library.add([file])) == {"added": 1}


def test_removing_what_is_not_there_names_it(library: Library) -> None:
    with pytest.raises(UsageError, match=r"'pmid:9'.*litquote sources"):
        library.remove(["pmid:9"])


def test_one_bad_file_never_stops_the_others_and_is_reported(
    library: Library, tmp_path: Path, paper: Paper
) -> None:
    good = paper("good.xml", pmid="1", abstract="Stem cells cure.")
    (good.parent / "bad.bin").write_bytes(b"\x00\x01\x02" * 99)
    (good.parent / "empty.txt").write_bytes(b"")
    report = library.add([good.parent, tmp_path / "missing.txt"])
    assert kinds(report) == {"added": 1, "failed": 3}
    reasons = {Path(f.uri).name: f.reason for f in report.failed}
    assert set(reasons) == {"bad.bin", "empty.txt", "missing.txt"}
    assert "empty" in reasons["empty.txt"]
    assert sorted(Path(f.uri).name for f in library.failures()) == ["bad.bin", "empty.txt"]
    (good.parent / "empty.txt").write_text("On legs\n\nLegs grow.\n")
    assert kinds(library.add([good.parent])) == {"added": 1, "unchanged": 1, "failed": 1}
    assert [Path(f.uri).name for f in library.failures()] == ["bad.bin"]


def test_a_file_that_turns_unreadable_keeps_what_was_read(library: Library, tmp_path: Path) -> None:
    file = text_file(tmp_path, "notes.txt", "On axolotls\n\nAxolotls grow new legs.\n")
    library.add([file])
    file.write_bytes(b"\x00\x01\x02" * 99)
    assert kinds(library.add([file])) == {"failed": 1}
    assert _search(library, "axolotls legs")
    assert "failed" in kinds(library.rebuild(anew=True))
    assert _search(library, "axolotls legs")
    assert [Path(f.uri).name for f in library.failures()] == ["notes.txt"]


def test_a_reader_that_breaks_is_a_failure_of_its_file_only(
    library: Library, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    from index.sources import plain_text

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(plain_text, "read", broken)
    good = paper("good.xml", pmid="1", abstract="Stem cells cure.")
    text_file(good.parent.parent, "broken.txt", "On legs\n\nLegs grow.\n")
    report = library.add([good.parent])
    assert kinds(report) == {"added": 1, "failed": 1}
    assert "ZeroDivisionError" in report.failed[0].reason


def test_a_reader_that_breaks_on_looking_is_a_failure_of_its_file_only(
    library: Library, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    from index.sources import pubmed_page

    def broken(head: bytes, suffix: str) -> bool:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(pubmed_page, "recognises", broken)
    good = paper("good.xml", pmid="1", abstract="Stem cells cure.")
    text_file(good.parent.parent, "broken.txt", "On legs\n\nLegs grow.\n")
    report = library.add([good.parent])
    assert kinds(report) == {"added": 1, "failed": 1}
    assert "ZeroDivisionError" in report.failed[0].reason


def test_incremental_and_rebuilt_libraries_give_the_same_answers(
    tmp_path: Path, encoder: HashingEncoder, paper: Paper
) -> None:
    subjects = ["axolotl legs", "moon dust", "stem cells", "iron lungs", "blue whales", "amber beads"]
    files = [
        paper(
            f"{i}.xml",
            pmid=str(i + 1),
            title=f"A paper on {s} in general",
            abstract=f"We studied {s}. {s} are many.",
        )
        for i, s in enumerate(subjects)
    ]
    questions = [f"What is known about {s}?" for s in subjects] + ["What was studied?"]
    with Library.create(tmp_path / "stepwise", encoder=encoder) as library:
        for file in files:
            library.add([file])
        library.remove(["pmid:3"])
        paper(
            "0.xml",
            pmid="1",
            title="A paper on axolotl legs in general",
            abstract="Axolotl legs regrow. We saw it.",
        )
        library.add([files[0]])
        stepwise = answers(library, *questions)
        library.rebuild(anew=True)
        assert answers(library, *questions) == stepwise
        library.compact()
        assert answers(library, *questions) == stepwise
        assert library.verify() == []
    with Library.create(tmp_path / "at once", encoder=encoder) as library:
        library.add([file for file in files if file.name != "2.xml"])
        assert answers(library, *questions) == stepwise


def test_many_small_additions_are_merged_and_stay_findable(library: Library, paper: Paper) -> None:
    for i in range(1, 21):
        library.add(
            [paper(f"{i}.xml", pmid=str(i), title=f"Paper number {i}", abstract=f"The code is word{i}x.")]
        )
    assert len(library.manifest.segments) <= session_module.MAX_SEGMENTS + 1
    assert len(library) == 20
    for i in range(1, 21):
        assert _search(library, f"word{i}x")[0].passage.document_id == f"pmid:{i}"
    assert library.verify() == []


def test_vectors_of_unchanged_passages_are_not_computed_again(
    library: Library, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add([paper("a.xml", pmid="1", abstract="Stem cells cure mice.")])
    counted: list[int] = []
    encode = HashingEncoder.encode

    def counting(self: HashingEncoder, texts: list[str]) -> np.ndarray:
        counted.append(len(texts))
        return encode(self, texts)

    monkeypatch.setattr(HashingEncoder, "encode", counting)
    library.rebuild(anew=True)
    assert counted == []


def test_a_broken_build_resumes_from_its_finished_segments(
    tmp_path: Path, encoder: HashingEncoder, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "_BATCH", 4)
    monkeypatch.setattr(session_module.Session.__init__, "__kwdefaults__", {"fresh": False, "roll_at": 8})
    records = [
        {"pmid": str(i), "title": f"Paper {i}", "abstract": f"Word{i}x is here."} for i in range(1, 31)
    ]
    file = paper("all.xml", *records)
    with Library.create(tmp_path / "l", encoder=encoder) as library:
        encoded: list[str] = []
        original = HashingEncoder.encode

        def failing(self: HashingEncoder, texts: list[str]) -> np.ndarray:
            encoded.extend(texts)
            if len(encoded) > 40:
                raise KeyboardInterrupt
            return original(self, texts)

        monkeypatch.setattr(HashingEncoder, "encode", failing)
        with pytest.raises(KeyboardInterrupt):
            library.add([file])
        assert len(library) == 0
        first = set(encoded)
        encoded.clear()
        monkeypatch.setattr(
            HashingEncoder, "encode", lambda self, texts: (encoded.extend(texts), original(self, texts))[1]
        )
        assert kinds(library.add([file])) == {"added": 30}
        assert 0 < len(encoded) < 40
        assert len(first & set(encoded)) <= 12
        assert library.verify() == []
        assert _search(library, "word17x")[0].passage.document_id == "pmid:17"


def test_rollback_publishes_the_generation_before(library: Library, paper: Paper) -> None:
    library.add([paper("a.xml", pmid="1", abstract="Stem cells cure.")])
    library.add([paper("b.xml", pmid="2", abstract="Moons are far.")])
    library.rollback()
    assert [d.id for d in library.documents()] == ["pmid:1"]
    assert library.verify() == []
    library.add([paper("c.xml", pmid="3", abstract="Amber is old.")])
    assert sorted(d.id for d in library.documents()) == ["pmid:1", "pmid:3"]


def test_an_open_reader_keeps_its_generation_until_it_looks_again(
    tmp_path: Path, encoder: HashingEncoder, paper: Paper
) -> None:
    with Library.create(tmp_path / "l", encoder=encoder) as writer:
        writer.add([paper("a.xml", pmid="1", abstract="Stem cells cure.")])
        with Library.open(tmp_path / "l", encoder=encoder) as reader:
            writer.remove(["pmid:1"])
            assert [document.id for document in reader.documents()] == ["pmid:1"]
            assert reader.search_lexical(content_terms("stem cells"), 10, reader.rows(None))
            assert _search(reader, "stem cells") == []  # a question looks again
            assert list(reader.documents()) == []


def test_another_encoder_is_refused_with_the_remedy(
    tmp_path: Path, encoder: HashingEncoder, paper: Paper
) -> None:
    with Library.create(tmp_path / "l", encoder=encoder) as library:
        library.add([paper("a.xml", pmid="1", abstract="Stem cells cure.")])
    other = HashingEncoder(32)
    with Library.open(tmp_path / "l", encoder=other) as library:
        with pytest.raises(LibraryMismatch, match="litquote rebuild"):
            _ = library.encoder
        library.rebuild(encoder=other)
        assert library.encoder is other
        assert library.manifest.encoder.dimension == 32
        assert _search(library, "stem cells")[0].passage.document_id == "pmid:1"


def test_two_writers_do_not_mix(library: Library, paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    monkeypatch.setattr("index.locking.LOCK_SECONDS", 0.05)
    file = paper("a.xml", pmid="1", abstract="Stem cells cure.")
    with FileLock(library.path / "lock"), pytest.raises(LibraryBusy, match="try again"):
        library.add([file])
    assert kinds(library.add([file])) == {"added": 1}


def test_old_generations_are_swept_but_the_last_ones_kept(library: Library, paper: Paper) -> None:
    for i in range(1, 9):
        library.add([paper(f"{i}.xml", pmid=str(i), abstract=f"Word{i}x.")])
    assert len(list((library.path / "manifests").iterdir())) == publishing.KEEP_GENERATIONS + 1
    assert len(list((library.path / "lexical").iterdir())) <= publishing.KEEP_GENERATIONS + 1


def test_compacting_drops_the_texts_of_removed_documents(library: Library, paper: Paper) -> None:
    library.add(
        [paper("a.xml", {"pmid": "1", "abstract": "Stem cells."}, {"pmid": "2", "abstract": "Moons."})]
    )
    gone = library.summary("pmid:1").text.sha256
    library.remove(["pmid:1"])
    assert "Stem cells." in library.text(gone).content
    library.compact()
    with pytest.raises(LibraryError):
        library.text(gone)
    assert library.verify() == []


def test_compacting_drops_stored_files_once_no_kept_generation_names_them(
    library: Library, paper: Paper
) -> None:
    file = paper("a.xml", pmid="1", abstract="Stem cells.")
    library.add([file])
    stored = library.path / "inbox" / library.sources()[0].sha256
    library.remove(["pmid:1"])
    library.compact()
    assert stored.exists()
    library.rollback()
    library.rollback()
    assert len(library) == 1
    assert library.verify() == []
    library.remove(["pmid:1"])
    for _ in range(publishing.KEEP_GENERATIONS + 1):
        library.compact()
    assert not stored.exists()
    assert library.verify() == []
    library.rebuild(anew=True)
    library.add([file.parent])
    assert len(library) == 0
    library.add([file])
    assert len(library) == 1


def test_a_record_without_identifiers_joins_no_two_papers_that_differ(library: Library, paper: Paper) -> None:
    title = "A yearly report on the growth of axolotl legs"
    two = [{"pmid": n, "title": title, "abstract": f"Legs grow {n}."} for n in ("1", "2")]
    library.add([paper("two.xml", *two)])
    report = library.add([paper("none.xml", title=title, abstract="Legs grow again.")])
    assert kinds(report) == {"added": 1}
    assert len(library) == 3


def test_after_a_rollback_the_next_one_does_not_go_forward(library: Library, paper: Paper) -> None:
    for number in "123":
        library.add([paper(f"{number}.xml", pmid=number, abstract=f"Word{number}x.")])
    library.rollback()
    library.rollback()
    assert [d.id for d in library.documents()] == ["pmid:1"]
    library.add([paper("4.xml", pmid="4", abstract="Word4x.")])
    assert sorted(d.id for d in library.documents()) == ["pmid:1", "pmid:4"]
    library.rollback()
    assert [d.id for d in library.documents()] == ["pmid:1"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")
def test_a_file_whose_name_is_no_text_is_reported(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "names"
    folder.mkdir()
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text("On legs\n\nLegs grow.\n")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    report = library.add([folder])
    assert "rename it" in report.failed[0].reason
    assert "caf\\udce9.txt" in report.failed[0].uri
