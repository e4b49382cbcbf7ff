"""Manifests: what is published is what is read back, and anything else is an error with its remedy."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from index import manifest as manifests
from index.errors import LibraryDamaged, LibraryMismatch, NoLibrary
from index.manifest import EncoderInfo, LexicalEntry, Manifest, Removal, SegmentEntry, Settings

MANIFEST = Manifest(
    7,
    6,
    "2026-01-02T03:04:05+00:00",
    "0.1.0",
    EncoderInfo("hashing-64", "f" * 64, "f32", 64, 256),
    Settings(max_tokens=120),
    (SegmentEntry(3, 2, 9, "Flat", "f32", {"records.sqlite": "a" * 64}, (1,)),),
    LexicalEntry("000007", {"meta.json": "b" * 64}, 4),
    (Removal("pmid:1", ("pmid:1", "doi:10.1/é")),),
    11,
)


def test_what_is_published_is_read_back(tmp_path: Path) -> None:
    manifests.publish(tmp_path, MANIFEST)
    assert manifests.load_current(tmp_path) == MANIFEST
    data = (tmp_path / "manifests" / "000007.json").read_bytes()
    assert (tmp_path / "CURRENT").read_text() == f"000007.json {hashlib.sha256(data).hexdigest()}\n"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["000007.json", "CURRENT", "manifests"]


def test_an_older_manifest_can_be_pointed_to(tmp_path: Path) -> None:
    manifests.publish(tmp_path, MANIFEST)
    manifests.publish(tmp_path, replace(MANIFEST, generation=12, parent=7))
    assert manifests.generations(tmp_path) == [7, 12]
    manifests.point_to(tmp_path, 7)
    assert manifests.load_current(tmp_path).generation == 7


def test_copies_that_a_sync_tool_makes_are_no_generations(tmp_path: Path) -> None:
    manifests.publish(tmp_path, MANIFEST)
    for name in ("000008 (conflicted copy).json", "000009.json.tmp", "00000x.json"):
        (tmp_path / "manifests" / name).write_text("{}")
    assert manifests.generations(tmp_path) == [7]


def test_no_library_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NoLibrary, match="litquote add"):
        manifests.load_current(tmp_path / "none")
    (tmp_path / "file").write_text("x")
    with pytest.raises(NoLibrary, match="litquote add"):
        manifests.load_current(tmp_path / "file")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"000099.json " + b"0" * 64 + b"\n",
        b"000007.json\n",
        b"000007.json " + b"0" * 64 + b"\n",
        b"../CURRENT x\n",
        b"..\\CURRENT x\n",
        b".. x\n",
        b"\xff\xfe\n",
    ],
)
def test_a_damaged_current_names_the_remedy(tmp_path: Path, line: bytes) -> None:
    manifests.publish(tmp_path, MANIFEST)
    (tmp_path / "CURRENT").write_bytes(line)
    with pytest.raises(LibraryDamaged, match="litquote rollback"):
        manifests.load_current(tmp_path)


def test_an_altered_manifest_is_noticed(tmp_path: Path) -> None:
    manifests.publish(tmp_path, MANIFEST)
    path = manifests.manifest_path(tmp_path, 7)
    path.write_bytes(path.read_bytes().replace(b'"passages": 9', b'"passages": 8'))
    with pytest.raises(LibraryDamaged, match="not as it was published"):
        manifests.load_current(tmp_path)


@pytest.mark.parametrize(
    "data", [b"", b"rubbish", b"[]", b"{}", b'{"format": 2}', b'{"format": "x"}', b"\xff"]
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(LibraryDamaged, match="litquote rollback"):
        manifests.parse(data, tmp_path / "000001.json")


def test_a_newer_format_asks_for_an_upgrade(tmp_path: Path) -> None:
    """Whatever else a newer litquote may have written into it."""
    data = json.dumps({"format": manifests.FORMAT + 1, "unheard": "of"}).encode()
    with pytest.raises(LibraryMismatch, match="pip install -U litquote"):
        manifests.parse(data, tmp_path / "000001.json")


def test_an_older_format_names_the_way_to_a_new_library(tmp_path: Path) -> None:
    path = tmp_path / "manifests" / "000001.json"
    with pytest.raises(LibraryMismatch, match="written by an older litquote") as refused:
        manifests.parse(b'{"format": 1, "generation": 1}', path)
    assert str(refused.value).endswith(f": litquote add {tmp_path / 'inbox'} --library NEW_FOLDER")
