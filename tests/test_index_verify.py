"""``verify`` finds every change to a published generation."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from index import manifest as manifests
from index.encoders import HashingEncoder
from index.files import sha256_of
from index.library import Library, rollback
from index.verify import verify


@pytest.fixture
def built(library: Library, paper: Callable[..., Path]) -> Path:
    """A library of two generations and a document removed."""
    library.add(
        [paper("a.xml", {"pmid": "1", "abstract": "Stem cells."}, {"pmid": "2", "abstract": "Moons."})]
    )
    library.remove(["pmid:2"])
    library.close()
    return library.path


def published_files(root: Path) -> list[Path]:
    current = manifests.load_current(root)
    folders = [manifests.segment_folder(root, entry.number) for entry in current.segments]
    assert current.lexical is not None
    folders += [root / "lexical" / current.lexical.folder, root / "inbox"]
    files = [path for folder in folders for path in folder.iterdir() if not path.name.endswith(".lock")]
    return [*files, root / "CURRENT", manifests.manifest_path(root, current.generation)]


def test_an_untouched_library_has_no_problem(built: Path) -> None:
    assert verify(built) == []


def test_one_flipped_byte_in_any_file_is_found(built: Path) -> None:
    for path in published_files(built):
        data = path.read_bytes()
        for position in {0, len(data) // 3, len(data) // 2, len(data) - 1}:
            flipped = bytearray(data)
            flipped[position] ^= 0x01
            path.write_bytes(flipped)
            assert verify(built), f"{path.name} at {position}"
        path.write_bytes(data)
    assert verify(built) == []


def test_a_missing_file_is_named(built: Path) -> None:
    for path in published_files(built):
        if path.name == "CURRENT":
            continue
        path.rename(path.with_suffix(".away"))
        problems = verify(built)
        assert (problems and any(path.name in f"{p.path} {p.what}" for p in problems)) or "manifest" in str(
            problems
        )
        path.with_suffix(".away").rename(path)


def test_a_damaged_generation_can_be_rolled_back(built: Path, encoder: HashingEncoder) -> None:
    (built / "CURRENT").write_text("rubbish\n")
    assert verify(built)[0].path == "CURRENT"
    assert rollback(built).generation == 3
    assert verify(built) == []
    with Library.open(built, encoder=encoder) as library:
        assert len(library) == 1


def test_positions_are_checked_even_when_every_hash_is_right(built: Path) -> None:
    """A writer with a mistake would publish wrong positions under right hashes."""
    current = manifests.load_current(built)
    entry = current.segments[0]
    path = manifests.segment_folder(built, entry.number) / "records.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE passages SET end = end + 500 WHERE row = 0")
    connection.close()
    files = entry.files | {"records.sqlite": sha256_of(path)}
    manifests.publish(built, replace(current, segments=(replace(entry, files=files), *current.segments[1:])))
    problems = verify(built)
    assert len(problems) == 1
    assert "outside its section" in problems[0].what
