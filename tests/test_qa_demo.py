"""The demo library: made from the seeds, apart from the user's own papers."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import platformdirs
import pytest

from index.encoders import HashingEncoder
from index.errors import LibraryMismatch, UsageError
from index.library import Library, default_path
from index.manifest import FORMAT
from qa import demo


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("LITQUOTE_LIBRARY", raising=False)
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    return tmp_path / "data"


def test_the_demo_lies_beside_the_user_s_library_wherever_that_is(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert (demo.demo_path(), default_path()) == (data_folder / "demo", data_folder / "library")
    monkeypatch.setenv("LITQUOTE_LIBRARY", str(tmp_path / "mine"))
    assert (demo.demo_path(), default_path()) == (data_folder / "demo", tmp_path / "mine")


def test_the_demo_holds_the_seeds_only_and_is_built_once(data_folder: Path) -> None:
    Library.create(data_folder / "demo", encoder=HashingEncoder(64)).close()
    with demo.demo_library() as library:
        assert [d.id for d in library.documents()] == ["doi:10.3389/fneur.2024.1389697"]
        assert library.failures() == []
        before = library.manifest.generation
    with demo.demo_library() as library:
        assert library.manifest.generation == before
    assert not default_path().exists()


def test_a_demo_of_an_older_encoder_is_made_anew(data_folder: Path) -> None:
    old = HashingEncoder(64)
    old.fingerprint = "0" * 64
    with Library.create(data_folder / "demo", encoder=old) as library:
        library.add([demo.SEEDS])
    with demo.demo_library() as library:
        assert library.manifest.encoder.fingerprint == HashingEncoder(64).fingerprint
        assert len(library) == 1
        assert library.verify() == []


def test_a_demo_of_another_format_is_put_aside_and_made_anew(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.library.load_encoder", lambda *_, **__: HashingEncoder(64))
    for aside in ("demo-old", "demo-old-2"):
        Library.create(data_folder / "demo", encoder=HashingEncoder(64)).close()
        (manifest,) = (data_folder / "demo" / "manifests").iterdir()
        old = manifest.read_bytes().replace(f'"format": {FORMAT}'.encode(), b'"format": 1')
        manifest.write_bytes(old)
        line = f"{manifest.name} {hashlib.sha256(old).hexdigest()}\n"
        (data_folder / "demo" / "CURRENT").write_bytes(line.encode())
        with pytest.raises(LibraryMismatch, match="older litquote"):
            Library.open(data_folder / "demo")
        with demo.demo_library() as library:
            assert library.path == data_folder / "demo"
            assert [d.id for d in library.documents()] == ["doi:10.3389/fneur.2024.1389697"]
        assert (data_folder / aside / "manifests" / manifest.name).read_bytes() == old
        shutil.rmtree(data_folder / "demo")


def test_missing_seeds_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(demo, "SEEDS", tmp_path / "none")
    with pytest.raises(UsageError, match="install litquote from its repository"):
        demo.demo_library()


def test_every_seed_is_described_with_its_hash() -> None:
    described = (demo.SEEDS / "SOURCES.md").read_text("utf-8")
    for path in demo.SEEDS.iterdir():
        if path.name != "SOURCES.md":
            assert f"`{path.name}`" in described
            assert hashlib.sha256(path.read_bytes()).hexdigest() in described
