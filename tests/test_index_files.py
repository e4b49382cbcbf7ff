"""Disk habits: one step or nothing, named by hash, swept without mercy for what is kept."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from index import files
from index.files import sha256_of, store_by_hash, sweep, sync, write_atomically


def test_a_file_is_replaced_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "CURRENT"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"

    def die(self: Path, target: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"three")
    assert path.read_bytes() == b"two"


def test_a_stored_file_is_named_by_its_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_BLOCK", 7)
    data = "α-synuclein\r\n".encode() * 9
    (tmp_path / "a.txt").write_bytes(data)
    name, size = store_by_hash(tmp_path / "a.txt", tmp_path / "inbox")
    assert (name, size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert (tmp_path / "inbox" / name).read_bytes() == data
    assert sha256_of(tmp_path / "inbox" / name) == name


def test_storing_again_mends_a_stored_copy_gone_bad_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x")
    name, _ = store_by_hash(tmp_path / "a.txt", tmp_path / "inbox")
    (tmp_path / "inbox" / name).write_bytes(b"y")
    (tmp_path / "inbox" / "incoming.tmp").write_bytes(b"left by a process that died, and longer")
    (tmp_path / "b.txt").write_bytes(b"x")
    assert store_by_hash(tmp_path / "b.txt", tmp_path / "inbox") == (name, 1)
    assert [path.name for path in (tmp_path / "inbox").iterdir()] == [name]
    assert (tmp_path / "inbox" / name).read_bytes() == b"x"


def test_sweeping_removes_all_but_what_is_kept(tmp_path: Path) -> None:
    for name in ("000001", "000002", "000003.old"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "file").write_bytes(b"x")
    (tmp_path / "stray.json").write_bytes(b"x")
    sweep(tmp_path, {"000002"})
    assert [path.name for path in tmp_path.iterdir()] == ["000002"]
    assert (tmp_path / "000002" / "deep" / "file").read_bytes() == b"x"
    sweep(tmp_path / "none", set())


def test_what_cannot_be_removed_now_stays_for_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows a file that somebody reads cannot be deleted."""
    (tmp_path / "open").write_bytes(b"x")
    (tmp_path / "shut").write_bytes(b"x")
    unlink = Path.unlink

    def guarded(self: Path, missing_ok: bool = False) -> None:
        if self.name == "open":
            raise PermissionError("in use")
        unlink(self, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", guarded)
        sweep(tmp_path, set())
    assert [path.name for path in tmp_path.iterdir()] == ["open"]
    sweep(tmp_path, set())
    assert list(tmp_path.iterdir()) == []


def test_files_and_folders_can_be_flushed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    sync(tmp_path / "a")
    sync(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync(tmp_path / "none")
