"""Erasing a library: what litquote wrote goes, whatever happens meanwhile, and nothing else ever."""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index import erasing, locking
from index.encoders import HashingEncoder
from index.erasing import Erased, erase, finish
from index.errors import LibraryBusy, LibraryDamaged, NoLibrary, UsageError
from index.library import Library
from index.locking import write_lock
from index.manifest import Settings
from index.paths import find
from index.shard_build import Job, build, slice_of
from index.shards import recipe_of
from index.shelf import Shelf
from index.titles import write_title
from index.verify import verify

ROWS = (
    "Record ID,Title,Subject,Institution,Journal,Publisher,Country,Author,URLS,ArticleType,RetractionDate,"
    "RetractionDOI,RetractionPubMedID,OriginalPaperDate,OriginalPaperDOI,OriginalPaperPubMedID,RetractionNature,"
    "Reason,Paywalled,Notes\n"
    "1,T,S,I,J,P,C,A,,Research Article,1/2/2020 0:00,10.1/r,1,1/2/2019 0:00,10.1/o,2,Retraction,R,No,\n"
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with everything that litquote ever writes into one: several generations, a lock, a title."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "table.csv").write_text(ROWS, "utf-8")
    with Library.create(folder / "library", encoder=HashingEncoder(64), reader="none") as library:
        for number in range(3):
            (folder / f"{number}.txt").write_text(f"On {number}\n\nThe number is {number}.\n", "utf-8")
            library.add([folder / f"{number}.txt"])
        library.remove([next(document.id for document in library.documents())])
        library.import_retractions(folder / "table.csv")
        library.rebuild(anew=True)
    write_title(folder / "library", "Whole")
    job = Job(
        str(folder / "library" / "shards" / ("0" * 16)), slice_of(find([folder / "0.txt"])[0], 1, 1),
        recipe_of(HashingEncoder(64), Settings()), "", originals=False,
    )  # fmt: skip
    build(job, HashingEncoder(64))
    shutil.copytree(job.folder, f"{job.folder}.part-a.host-12-ab")
    for name in ("calibration.json", "user.sqlite", "CURRENT.tmp", "inbox/incoming.tmp"):
        (folder / "library" / name).write_bytes(b"left by a process that died")
    return folder / "library"


@pytest.fixture
def root(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "library"))


def files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_nothing_is_left_of_a_library(root: Path) -> None:
    assert verify(root) == []
    assert {name.partition("/")[0] for name in files(root)} == (locking.OURS | {locking.USERS}) - {
        "ERASED", "ERASED.tmp", "title.json.tmp"
    }  # fmt: skip
    assert erase(root) == Erased(root)
    assert not root.exists()


FOLDERS = (
    "",
    "segments",
    "segments/000001",
    "lexical",
    "inbox",
    "manifests",
    "retractions",
    "papers",
    "inbox/a",
)
NEAR_OURS = (
    "notes.txt", ".DS_Store", "records.sqlite.bak", "vectors.npy~", "CURRENT.old", "lock.txt", "1.json",
    "000001.json.bak", "a" * 63, "A" * 64, "f" * 65, "meta.json.orig", "000001", "0" * 32, "user.sqlite.old",
)  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(
    st.dictionaries(
        st.tuples(
            st.sampled_from(FOLDERS),
            st.one_of(st.sampled_from(NEAR_OURS), st.from_regex(r"[b-z]{1,8}\.pdf", fullmatch=True)),
        ),
        st.binary(max_size=9),
        max_size=6,
    )
)
@example({("segments", "000001"): b"", ("lexical", "0" * 32): b"x", ("inbox/a", "meta.json"): b""})
@example({("papers", "records.sqlite"): b"", ("", "vectors.npy"): b"", ("inbox", "dense.faiss"): b""})
def test_what_litquote_did_not_write_survives_and_is_named(
    whole: Path, others: dict[tuple[str, str], bytes]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(whole, Path(folder, "library")))
        foreign = {}
        for (place, name), content in others.items():
            path = root / place / name
            if not path.exists() and not (root / place).is_file():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                foreign[path.relative_to(root).as_posix()] = content
        done = erase(root)
        assert (files(root) if root.exists() else {}) == foreign
        assert sorted(done.left) == sorted(foreign) and not done.pending
        assert root.exists() == bool(foreign)


def test_links_out_of_a_library_are_left_and_never_followed(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    shutil.move(root / "inbox", outside)
    kept = files(outside)
    try:
        (root / "inbox").symlink_to(outside, target_is_directory=True)
        (root / "manifests" / "000099.json").symlink_to(outside / next(iter(kept)))
    except OSError:
        pytest.skip("no links can be made here")
    assert sorted(erase(root).left) == ["inbox", "manifests/000099.json"]
    assert files(outside) == kept


def test_what_is_no_library_of_ours_is_never_erased(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "CURRENT").write_text("000001.json " + "0" * 64, "utf-8")
    (papers / "a").write_bytes(b"a")
    (papers / "manifests").mkdir()
    (papers / "manifests" / "000001.json").write_text('{"version": 3}', "utf-8")
    before, held = files(papers), files(root)
    with pytest.raises(UsageError, match="no library that litquote made; nothing was erased"):
        erase(papers)
    with pytest.raises(NoLibrary, match="nothing was erased"):
        erase(tmp_path / "none")
    monkeypatch.setattr(Path, "home", lambda: root)
    with pytest.raises(UsageError, match="no folder of its own"):
        erase(root)
    monkeypatch.setattr(Path, "home", lambda: root / "a" / "user")
    with pytest.raises(UsageError, match="no folder of its own"):
        erase(root)
    assert files(papers) == before and files(root) == held


def test_a_link_to_a_library_is_refused(root: Path, tmp_path: Path) -> None:
    try:
        (tmp_path / "link").symlink_to(root, target_is_directory=True)
    except OSError:
        pytest.skip("no links can be made here")
    with pytest.raises(UsageError, match="is a link"):
        erase(tmp_path / "link")
    assert verify(root) == []


def test_a_library_that_is_written_to_is_not_erased(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "LOCK_SECONDS", 0.05)
    with write_lock(root), pytest.raises(LibraryBusy):
        erase(root)
    assert verify(root) == []


def test_who_waited_to_write_learns_that_the_library_is_gone(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, said = threading.Event(), []

    def write() -> None:
        with Library.open(root, encoder=HashingEncoder(64)) as library:
            waiting.set()
            try:
                library.compact()
            except NoLibrary as error:
                said.append(str(error))

    writer, mark = threading.Thread(target=write), erasing._mark

    def mark_late(root: Path) -> None:
        writer.start()
        waiting.wait()
        mark(root)

    monkeypatch.setattr(erasing, "_mark", mark_late)
    erase(root)
    writer.join()
    assert len(said) == 1 and said[0].startswith(f"there is no library at {root}")


def test_a_damaged_library_can_be_erased(root: Path) -> None:
    (root / "CURRENT").write_bytes(b"\xff rubbish")
    with pytest.raises(LibraryDamaged):
        Library.open(root)
    assert erase(root) == Erased(root)
    assert not root.exists()


def test_what_another_program_has_open_goes_later(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where an open file cannot be removed."""
    unlink = Path.unlink

    def busy(self: Path, missing_ok: bool = False) -> None:
        if self.name == "vectors.npy":
            raise PermissionError(13, "in use", str(self))
        unlink(self, missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", busy)
        done = erase(root)
        assert done.pending and all(name.endswith("/vectors.npy") for name in done.pending)
        assert set(files(root)) == {*done.pending, "ERASED", "lock"}
        with pytest.raises(NoLibrary):
            Library.open(root)
        assert finish(root) == done
        (found,) = find([root.parent])[1]
        assert found.reason == "the folder holds no files", "what is left is no source"
    assert finish(root) == Erased(root)
    assert not root.exists() and finish(root) is None


def test_a_library_made_in_the_place_of_one_half_erased_is_whole(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", _refused(Path.unlink, "vectors.npy"))
        assert erase(root).pending
    (tmp_path / "new.txt").write_text("On amber\n\nAmber is old.\n", "utf-8")
    with Library.create(root, encoder=HashingEncoder(64), reader="none") as library:
        library.add([tmp_path / "new.txt"])
        assert [document.title for document in library.documents()] == ["On amber"]
    assert finish(root) is None
    assert verify(root) == [] and "ERASED" not in files(root)
    assert [path.name for path in (root / "inbox").iterdir() if path.name != "incoming.tmp"] == [
        source.sha256 for source in Library.open(root).sources()
    ]


def _refused(unlink: object, name: str) -> object:
    def busy(self: Path, missing_ok: bool = False) -> None:
        if self.name == name:
            raise PermissionError(13, "in use", str(self))
        unlink(self, missing_ok)  # type: ignore[operator]

    return busy


class Stopped(BaseException):
    """As when the process dies: nothing catches it."""


class Stopper:
    """Raises Stopped at the n-th change on disk."""

    def __init__(self) -> None:
        self.left = -1

    def __call__(self, event: str, _: object) -> None:
        if self.left >= 0 and event in {"os.rename", "os.remove", "os.rmdir", "open"}:
            self.left -= 1
            if self.left < 0:
                raise Stopped


@pytest.fixture(scope="module")
def stopper() -> Iterator[Stopper]:
    """Audit hooks stay for good; this one sleeps unless told."""
    stopper = Stopper()
    sys.addaudithook(stopper)
    yield stopper
    stopper.left = -1


def test_an_erasure_that_is_stopped_anywhere_leaves_all_or_is_finished_later(
    whole: Path, tmp_path: Path, stopper: Stopper
) -> None:
    stopped, kept = 0, 0
    for event in (*range(12), *range(12, 400, 7)):
        shelf = Shelf(tmp_path / f"data{event}")
        root = shelf.folder / "libraries" / "whole"
        shutil.copytree(whole, root)
        stopper.left = event
        try:
            erase(root)
        except Stopped:
            stopped += 1
            if (root / "CURRENT").exists():
                kept += 1
                assert verify(root) == []
                assert [held.documents for held in shelf.list() if held.kind == "own"] == [2]
            else:
                assert not any(held.kind == "own" for held in shelf.list())
        finally:
            ended, stopper.left = stopper.left >= 0, -1
        whole_still = (root / "CURRENT").exists()
        shelf.finish_erasing()
        if whole_still:
            assert verify(root) == [] and not (root / "ERASED").exists()
        else:
            assert not root.exists() or list(root.rglob("*")) == [], event
        if ended:
            break
    assert kept > 2 and stopped > kept + 5
