"""Nothing read is lost, joined wrongly or brought back: the accidents a hostile reviewer found."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from index import files, publishing, session
from index.encoders import HashingEncoder
from index.errors import LibraryBusy, LibraryDamaged, LibraryError
from index.files import store_by_hash
from index.library import Library
from index.manifest import SegmentEntry
from qa.assistant import Assistant
from qa.retrieve import Retriever

Paper = Callable[..., Path]
THREE = [{"pmid": n, "title": f"Paper number {n}", "abstract": f"The code is word{n}x."} for n in "123"]


def ids(library: Library) -> list[str]:
    return sorted(document.id for document in library.documents())


def found(library: Library, question: str) -> str:
    hits = Retriever(library).search(question, 1, answers_only=True)
    return hits[0].text if hits else ""


def note(tmp_path: Path, name: str, words: str) -> Path:
    path = tmp_path / "files" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"On some things\n\n{words}\n", "utf-8")
    return path


def cut_short(path: Path) -> None:
    data = path.read_text()
    path.write_text(data[: data.index("</PubmedArticle>") + len("</PubmedArticle>") + 20])


def test_a_file_cut_short_keeps_what_was_read_from_the_whole_one(library: Library, paper: Paper) -> None:
    file = paper("a.xml", *THREE)
    library.add([file])
    whole = file.read_text()
    cut_short(file)
    assert library.add([file]).failed
    assert ids(library) == ["pmid:1", "pmid:2", "pmid:3"]
    for _ in range(3):
        library.rebuild()
        assert ids(library) == ["pmid:1", "pmid:2", "pmid:3"]
    assert library.verify() == []
    file.write_text(whole.replace("word2x", "word2y"))
    assert library.add([file]).failed == []
    assert library.failures() == []
    assert found(library, "word2y") == "The code is word2y."
    paper("a.xml", *THREE[:2])
    library.add([file])
    assert ids(library) == ["pmid:1", "pmid:2"]


def test_what_can_no_longer_be_read_is_encoded_anew_for_another_encoder(
    library: Library, tmp_path: Path
) -> None:
    file = note(tmp_path, "a.txt", "Axolotls grow new legs.")
    library.add([file, note(tmp_path, "b.txt", "Moons are far away.")])
    file.write_bytes(b"\x00\x01" * 400)
    for dimension in (32, 64):
        library.rebuild(encoder=HashingEncoder(dimension))
        assert len(library) == 2
        assert library.verify() == []
        assert found(library, "axolotl legs") == "Axolotls grow new legs."


def test_an_id_names_its_own_document_even_when_another_has_it_as_an_alias(
    library: Library, paper: Paper
) -> None:
    title = "A paper on the growth of legs in axolotls"
    library.add([paper("a.xml", doi="10.1/x", title=title, abstract="Legs grow.")])
    library.add([paper("a2.xml", pmid="1", doi="10.1/x", title=title, abstract="Legs grow quickly indeed.")])
    library.add(
        [paper("b.xml", pmid="2", doi="10.1/x", title="Quite another paper on the moon", abstract="Moons.")]
    )
    a2 = paper("a2.xml", pmid="1", doi="10.1/x", title=title, abstract="Legs grow quickly, corrected.")
    library.add([a2])
    assert ids(library) == ["doi:10.1/x", "pmid:2"]
    answer = Assistant(library).ask("Do legs grow quickly?")
    assert {q.document_id for q in (*answer.quotes, *answer.nearest) if "Legs" in q.text} == {"doi:10.1/x"}
    assert library.summary("doi:10.1/x").reference.pmid == "1"
    library.remove(["pmid:1"])
    assert ids(library) == ["pmid:2"]


def test_a_record_that_fits_two_different_papers_joins_neither_to_the_other(
    library: Library, paper: Paper
) -> None:
    one = {"pmid": "1", "doi": "10.1/x", "title": "A first paper about stem cells", "abstract": "Cells cure."}
    two = {
        "pmid": "2",
        "doi": "10.1/x",
        "title": "A second paper about the moon",
        "abstract": "Moons are far.",
    }
    library.add([paper("two.xml", one, two)])
    library.add([paper("bridge.xml", doi="10.1/x", title="A second paper about the moon", abstract="Moons.")])
    assert ids(library) == ["pmid:1", "pmid:2"]
    assert library.document("pmid:2").text.content.endswith("Moons are far.")


def test_a_write_that_fails_is_not_taken_for_a_file_that_cannot_be_read(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = note(tmp_path, "a.txt", "Axolotls grow new legs.")
    library.add([file])
    note(tmp_path, "a.txt", "Axolotls grow more legs.")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(session, "cut", full)
        with pytest.raises(OSError, match="No space left"):
            library.add([file])
    assert found(library, "axolotl legs") == "Axolotls grow new legs."
    assert library.add([file]).replaced


def test_a_rebuild_does_not_trust_a_stored_copy_gone_bad(library: Library, tmp_path: Path) -> None:
    file = note(tmp_path, "a.txt", "Axolotls grow new legs.")
    library.add([file])
    stored = library.path / "inbox" / library.sources()[0].sha256
    stored.write_bytes(stored.read_bytes().replace(b"new", b"old"))
    assert library.rebuild().failed == []
    assert found(library, "axolotl legs") == "Axolotls grow new legs."
    assert library.verify() == []
    stored.unlink()
    assert library.rebuild().failed == []
    assert library.verify() == []
    stored.unlink()
    file.unlink()
    report = library.rebuild()
    assert "add it again" in report.failed[0].reason
    assert found(library, "axolotl legs") == "Axolotls grow new legs."


def test_a_rebuild_keeps_the_share_of_a_source_that_can_no_longer_be_read(
    library: Library, paper: Paper
) -> None:
    title = "A paper on the growth of legs in axolotls"
    library.add(
        [paper("a.xml", pmid="1", title=title), paper("b.xml", pmid="1", title=title, abstract="Legs grow.")]
    )
    paper("b.xml").write_bytes(b"\x00\x01" * 400)
    for _ in range(2):
        library.rebuild()
        assert ids(library) == ["pmid:1"]
        assert found(library, "legs grow") == "Legs grow."


def test_a_rebuild_gives_no_paper_the_id_of_another(library: Library, paper: Paper) -> None:
    file = paper("one.xml", pmid="1", title="A first paper about stem cells", abstract="Cells cure.")
    library.add([file])
    paper("one.xml", pmid="2", title="A second paper about the moon", abstract="Moons are far.")
    library.rebuild()
    assert ids(library) == ["pmid:2"]


def test_a_copy_of_an_older_version_is_a_document_of_its_own(library: Library, tmp_path: Path) -> None:
    file = note(tmp_path, "download.txt", "Apples are red and sweet.")
    library.add([file])
    note(tmp_path, "download.txt", "Quasars are bright and far.")
    library.add([file])
    library.add([note(tmp_path, "apples.txt", "Apples are red and sweet.")])
    assert len(library) == 2
    before = ids(library)
    assert found(library, "apples red") == "Apples are red and sweet."
    assert found(library, "quasars bright") == "Quasars are bright and far."
    library.rebuild()
    assert ids(library) == before


def test_an_edited_file_does_not_bring_back_what_was_removed_from_it(
    library: Library, tmp_path: Path
) -> None:
    file = note(tmp_path, "a.txt", "Axolotls grow new legs.")
    library.add([file])
    library.remove(ids(library))
    note(tmp_path, "a.txt", "Axolotls grow new legs!")
    assert len(library.add([file.parent]).skipped) == 1
    assert len(library) == 0
    library.add([file])
    assert len(library) == 1


def test_a_file_renamed_and_edited_leaves_no_old_version_behind(library: Library, tmp_path: Path) -> None:
    file = note(tmp_path, "a.txt", "Axolotls grow new legs.")
    library.add([file])
    renamed = file.rename(file.with_name("b.txt"))
    library.add([renamed])
    note(tmp_path, "b.txt", "Axolotls grow whole legs.")
    library.add([renamed])
    assert len(library) == 1
    assert found(library, "axolotl legs") == "Axolotls grow whole legs."


def test_compacting_drops_every_text_of_a_removed_paper(library: Library, paper: Paper) -> None:
    title = "A paper on the growth of legs in axolotls"
    library.add([paper("a.xml", doi="10.1/x", title=title, abstract="Legs grow.")])
    first = library.summary("doi:10.1/x").text.sha256
    library.add([paper("b.xml", pmid="7", title=title, abstract="Legs grow. Fast, too.")])
    library.remove(["pmid:7"])
    library.compact()
    with pytest.raises(LibraryError):
        library.text(first)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_a_folder_is_reported_not_waited_for(library: Library, tmp_path: Path) -> None:
    note(tmp_path, "a.txt", "Axolotls grow new legs.")
    os.mkfifo(tmp_path / "files" / "pipe.txt")
    report = library.add([tmp_path / "files"])
    assert len(report.added) == 1
    assert "no ordinary file" in report.failed[0].reason
    library.rebuild()


def test_one_odd_path_does_not_stop_the_others(library: Library, tmp_path: Path) -> None:
    good = note(tmp_path, "a.txt", "Axolotls grow new legs.")
    report = library.add([good, "x" * 300 + ".txt", "~nosuchuserhere/a.txt"])
    assert len(report.added) == 1
    assert len(report.failed) == 2


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_loop_of_links_does_not_stop_the_others(library: Library, tmp_path: Path) -> None:
    good = note(tmp_path, "a.txt", "Axolotls grow new legs.")
    (good.parent / "loop").symlink_to(good.parent / "loop")
    report = library.add([good.parent, good])
    assert len(report.added) == 1


def test_a_failed_rebuild_leaves_the_encoder_as_it_was(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    library.add([note(tmp_path, "a.txt", "Axolotls grow new legs.")])
    monkeypatch.setattr("index.locking.LOCK_SECONDS", 0.05)
    with FileLock(library.path / "lock"), pytest.raises(LibraryBusy):
        library.rebuild(encoder=HashingEncoder(32))
    assert found(library, "axolotl legs") == "Axolotls grow new legs."


def test_an_open_library_follows_a_change_of_encoder(library: Library, tmp_path: Path) -> None:
    library.add([note(tmp_path, "a.txt", "Axolotls grow new legs.")])
    with Library.open(library.path) as other:
        other.rebuild(encoder=HashingEncoder(32))
        assert found(library, "axolotl legs") == "Axolotls grow new legs."
        assert library.encoder.dimension == 32
        library.rebuild()
        assert library.manifest.encoder.dimension == 32
        library.rollback()
        library.rollback()
        assert found(library, "axolotl legs") == "Axolotls grow new legs."
        assert library.encoder.dimension == 64


def test_a_rebuild_keeps_the_encoder_another_process_chose(library: Library, tmp_path: Path) -> None:
    library.add([note(tmp_path, "a.txt", "Axolotls grow new legs.")])
    with Library.open(library.path) as other:
        other.rebuild(encoder=HashingEncoder(32))
    library.rebuild()
    assert library.manifest.encoder.dimension == 32


def test_a_generation_that_cannot_be_opened_leaves_the_library_usable(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add([note(tmp_path, "a.txt", "Axolotls grow new legs.")])
    with Library.open(library.path) as other:
        other.add([note(tmp_path, "b.txt", "Moons are far away.")])
    with monkeypatch.context() as patch:
        patch.setattr("index.opened.Segment", lambda *_: (_ for _ in ()).throw(LibraryDamaged("gone")))
        with pytest.raises(LibraryDamaged):
            library.refresh()
    assert len(library) == 1
    assert found(library, "moons far") == "Moons are far away."


def test_one_library_may_be_asked_from_several_threads_while_another_adds(
    library: Library, tmp_path: Path
) -> None:
    library.add([note(tmp_path, "a.txt", "Axolotls grow new legs.")])
    errors: list[Exception] = []
    done = threading.Event()

    def ask() -> None:
        assistant = Assistant(library)
        while not done.is_set():
            try:
                assistant.ask("Do axolotls grow legs?")
            except Exception as error:
                errors.append(error)
                return

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(5):
        library.add([note(tmp_path, f"{number}.txt", f"Moon {number} is far away.")])
    done.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(library) == 6


def test_a_rollback_passes_over_a_generation_that_is_not_whole(library: Library, tmp_path: Path) -> None:
    for number in range(3):
        library.add([note(tmp_path, f"{number}.txt", f"Moon {number} is far away.")])
    first, second, _ = (entry.number for entry in library.manifest.segments)
    for number, generation in ((second, 2), (first, 1)):
        (library.path / "segments" / f"{number:06d}" / "records.sqlite").write_bytes(b"rubbish" * 600)
        assert library.rollback().generation == generation
        assert library.verify() == []
    with pytest.raises(LibraryError, match=r"litquote add .*inbox"):
        library.rollback()


def test_the_stored_sources_of_a_ruined_library_make_a_new_one(
    library: Library, tmp_path: Path, paper: Paper
) -> None:
    library.add([note(tmp_path, "a.txt", "Axolotls grow new legs."), paper("a.xml", *THREE)])
    with Library.create(tmp_path / "new", encoder=HashingEncoder(64)) as fresh:
        fresh.add([library.path / "inbox"])
        assert len(fresh) == 4


def test_a_folder_that_takes_no_lock_file_can_still_be_searched(library: Library, tmp_path: Path) -> None:
    library.add([note(tmp_path, "a.txt", "Axolotls grow new legs.")])
    folder = library.path / "lexical" / library.manifest.lexical.folder
    for name in (".tantivy-meta.lock", ".tantivy-writer.lock"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).mkdir()  # stands for a folder one may not write to, which root always may
    with Library.open(library.path, encoder=HashingEncoder(64)) as again:
        assert found(again, "axolotl legs") == "Axolotls grow new legs."


def test_files_are_named_to_sqlite_as_each_system_has_it() -> None:
    uri = files.file_uri
    assert uri(PurePosixPath("/a b/c?.sqlite")) == "file:/a%20b/c%3F.sqlite"
    assert uri(PureWindowsPath("C:/a/b.sqlite")) == "file:/C%3A/a/b.sqlite"
    assert uri(PureWindowsPath("//server/share/b.sqlite")) == "file:////server/share/b.sqlite"


def test_a_small_addition_does_not_rewrite_large_segments() -> None:
    def entry(number: int, passages: int) -> SegmentEntry:
        return SegmentEntry(number, 1, passages, "Flat", "f32", {})

    many = [entry(n, 20_000) for n in range(1, 58)]
    assert session._alike(many) == list(range(1, 11))
    assert session._alike([*many[:8], entry(99, 3)]) == list(range(1, 9))
    assert session._alike([entry(1, 1_000_000), entry(2, 5), entry(3, 7)]) == [2, 3]
    assert session._alike([entry(1, 10**7), entry(2, 10**5), entry(3, 5)]) == [2, 3]


def test_a_long_build_ends_with_few_segments(
    tmp_path: Path, paper: Paper, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_BATCH", 2)
    monkeypatch.setattr(session.Session.__init__, "__kwdefaults__", {"fresh": False, "roll_at": 4})
    records = [{"pmid": str(n), "title": f"Paper {n}", "abstract": f"Word{n}x."} for n in range(1, 61)]
    with Library.create(tmp_path / "l", encoder=encoder) as library:
        library.add([paper("all.xml", *records)])
        assert len(library.manifest.segments) <= session.MAX_SEGMENTS
        assert library.verify() == []
        assert found(library, "word17x") == "Word17x."


def test_deletions_filter_nothing_but_what_was_deleted(library: Library, paper: Paper) -> None:
    records = [
        {"pmid": str(n), "title": f"Paper {n}", "abstract": f"Word{n}x is here."} for n in range(1, 31)
    ]
    library.add([paper("all.xml", *records)])
    library.remove([f"pmid:{n}" for n in range(1, 30, 2)])
    hits = Retriever(library).search("is here", 100, answers_only=True)
    assert {hit.passage.document_id for hit in hits} == {f"pmid:{n}" for n in range(2, 31, 2)}


def test_a_stored_copy_is_replaced_in_one_step(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    name, size = store_by_hash(tmp_path / "a", tmp_path / "inbox")
    assert (name[:8], size) == ("ba7816bf", 3)


def test_kept_generations_follow_the_line_not_the_numbers(library: Library, tmp_path: Path) -> None:
    for number in range(3):
        library.add([note(tmp_path, f"{number}.txt", f"Moon {number} is far away.")])
    library.rollback()
    library.add([note(tmp_path, "9.txt", "Nine is far away.")])
    kept = publishing.kept_generations(library.path, library.manifest)
    assert [manifest.generation for manifest in kept] == [5, 3, 2, 1]
    assert library.manifest.parent == 3
