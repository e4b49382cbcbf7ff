"""Any sentence-transformers model is converted once, faithfully, and safely kept."""

from __future__ import annotations

import multiprocessing
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import model_files, openvino_model
from index.encoders import SentenceTransformerEncoder, load_encoder
from index.errors import EncoderError

WORDS = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] query : passage stem cell ##s cure multiple sclerosis is there a no . ,"
)


def _reference(folder: Path | str, texts: Sequence[str], *, question: bool = False) -> Any:
    """The oracle: sentence-transformers itself, f32, normalised."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    encode = model.encode_query if question else model.encode
    return encode(list(texts), normalize_embeddings=True, show_progress_bar=False)


def _cosines(left: Any, right: Any) -> Any:
    return (np.asarray(left, np.float64) * np.asarray(right, np.float64)).sum(axis=1)


def _tiny_model(
    folder: Path,
    *,
    pooling: str = "mean",
    normalize: bool = True,
    dense: bool = False,
    prompts: dict[str, str] | None = None,
) -> Path:
    """A random two-layer BERT with a vocabulary of 19 word pieces, saved by sentence-transformers."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(7)
    base = folder.with_name(f"{folder.name}-base")
    base.mkdir(parents=True)
    (base / "vocab.txt").write_text("\n".join(WORDS.split()), "utf-8")
    size = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(
        BertConfig(vocab_size=len(WORDS.split()), max_position_embeddings=24, initializer_range=0.5, **size)
    ).save_pretrained(base)
    BertTokenizerFast(str(base / "vocab.txt")).save_pretrained(base)
    modules: list[Any] = [Transformer(str(base), max_seq_length=20), Pooling(32, pooling_mode=pooling)]
    if dense:
        modules.append(Dense(32, 12))
    if normalize:
        modules.append(Normalize())
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(folder))
    return folder


TINY_TEXTS = [
    "there is no cure .",
    "",
    "stem cells",
    "multiple sclerosis is a cure " * 9,
    "unknown words",
    "a",
]


@pytest.fixture
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("LITQUOTE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize(
    "made",
    [
        {"pooling": "mean", "normalize": False},
        {"pooling": "cls", "normalize": True},
        {"pooling": "max", "normalize": False, "dense": True},
    ],
    ids=["mean", "cls-normalize", "max-dense"],
)
def test_a_model_by_its_folder_is_the_same_through_either_backend(
    made: dict[str, Any], tmp_path: Path, own_cache: Path
) -> None:
    folder = _tiny_model(tmp_path / "model", **made)
    expected = _reference(folder, TINY_TEXTS)
    fast = SentenceTransformerEncoder(str(folder), backend="openvino", precision="f32")
    slow = SentenceTransformerEncoder(str(folder), backend="torch")
    assert (fast.backend, slow.backend, slow.precision) == ("openvino", "torch", "f32")
    for encoder in (fast, slow):
        assert _cosines(encoder.encode(TINY_TEXTS), expected).min() >= 0.9999
        assert encoder.dimension == (12 if made.get("dense") else 32)
        assert encoder.window == 18
        assert encoder.token_spans("stem cells") == [(0, 4), (5, 9), (9, 10)]
    assert fast.fingerprint == slow.fingerprint
    assert fast.name == str(folder.resolve())


def test_question_and_passage_get_the_prefix_their_model_wants(tmp_path: Path, own_cache: Path) -> None:
    prompts = {"query": "query : ", "passage": "unused", "document": "passage : "}
    folder = _tiny_model(tmp_path / "model", prompts=prompts)
    with_prefix = _reference(folder, ["passage : stem cell"])
    question = _reference(folder, ["cure"], question=True)
    for backend in ("openvino", "torch"):
        encoder = SentenceTransformerEncoder(str(folder), backend=backend)
        assert _cosines(encoder.encode(["stem cell"]), with_prefix)[0] >= 0.999
        assert _cosines([encoder.encode_question("cure")], question)[0] >= 0.999
        assert _cosines([encoder.encode_question("cure")], encoder.encode(["cure"]))[0] < 0.999
        assert encoder.window == 16


def test_a_model_openvino_cannot_take_runs_on_torch_and_is_remembered(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(_tiny_model(tmp_path / "bert") / "tokenizer.json"))
    table = np.random.default_rng(3).normal(size=(len(WORDS.split()), 8)).astype(np.float32)
    folder = tmp_path / "static"
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=table)]).save(str(folder))
    encoder = load_encoder(str(folder))
    assert isinstance(encoder, SentenceTransformerEncoder)
    assert encoder.backend == "torch"
    assert (
        encoder.why_torch == "OpenVINO cannot take the model: the modules StaticEmbedding have no conversion"
    )
    assert _cosines(encoder.encode(TINY_TEXTS[:1]), _reference(folder, TINY_TEXTS[:1]))[0] >= 0.9999
    monkeypatch.setattr(openvino_model, "_convert_into", lambda *_: pytest.fail("converted again"))
    assert load_encoder(str(folder)).precision == "f32"
    with pytest.raises(EncoderError, match=r"have no conversion; use the backend torch$"):
        load_encoder(str(folder), backend="openvino")


@pytest.fixture(scope="module")
def converted_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Any]:
    """A tiny model, a cache that holds its conversion, and its vectors of TINY_TEXTS."""
    place = tmp_path_factory.mktemp("converted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LITQUOTE_CACHE", str(place / "cache"))
        source = _tiny_model(place / "model")
        return source, place / "cache", SentenceTransformerEncoder(str(source)).encode(TINY_TEXTS)


@pytest.fixture
def conversion(
    converted_once: tuple[Path, Path, Any], own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Path, Any]:
    """The model, a copy of its conversion to be damaged, its vectors; converting copies it again."""
    source, cache, expected = converted_once
    shutil.copytree(cache, own_cache)
    folder = openvino_model.converted_folder(model_files.fingerprint(source))
    good = cache / "openvino" / folder.name

    def convert_again(work: Path, _original: object) -> None:
        shutil.copytree(good, work, dirs_exist_ok=True, ignore=shutil.ignore_patterns("compiled"))

    monkeypatch.setattr(openvino_model, "_convert_into", convert_again)
    monkeypatch.setattr(openvino_model, "TorchModel", lambda *_, **__: None)
    return source, folder, expected


@pytest.mark.parametrize(
    "damage", ["model.bin", "model.xml", "tokenizer.json", "meta.json", "gone", "compiled"]
)
def test_a_damaged_conversion_is_made_again(damage: str, conversion: tuple[Path, Path, Any]) -> None:
    source, folder, expected = conversion
    if damage == "gone":
        (folder / "model.bin").unlink()
    else:
        path = next((folder / "compiled").iterdir()) if damage == "compiled" else folder / damage
        path.chmod(0o644)
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
    again = SentenceTransformerEncoder(str(source), backend="openvino")
    assert _cosines(again.encode(TINY_TEXTS), expected).min() >= 0.99999
    assert [path for path in folder.parent.iterdir() if path.suffix == ".tmp"] == []


def test_a_conversion_with_one_changed_byte_is_not_used(conversion: tuple[Path, Path, Any]) -> None:
    source, folder, _ = conversion
    weights = folder / "model.bin"
    good = weights.read_bytes()
    weights.write_bytes(good[:500] + bytes([good[500] ^ 64]) + good[501:])
    encoder_id = model_files.fingerprint(source)
    with pytest.raises(EncoderError, match=r"damaged \(model\.bin has been altered\); delete that folder"):
        openvino_model.load(encoder_id)
    SentenceTransformerEncoder(str(source))
    assert weights.read_bytes() == good


def _convert_slowly(folder: Path, log: Path) -> None:
    """In another process: convert with a stand-in that records when it was called."""

    def stand_in(work: Path, _original: object) -> None:
        with log.open("a") as stream:
            stream.write("converted\n")
        time.sleep(0.3)
        (work / "meta.json").write_text('{"unsupported": "stand-in"}')

    openvino_model.TorchModel = lambda *_, **__: None  # type: ignore[assignment,misc]
    openvino_model._convert_into = stand_in  # type: ignore[assignment]
    openvino_model.convert(folder, "f" * 64)


def test_processes_that_convert_at_once_do_it_once(tmp_path: Path, own_cache: Path) -> None:
    left_over = openvino_model.converted_folder("f" * 64)
    left_over.with_name(f"{left_over.name}.1.tmp").mkdir(parents=True)
    context = multiprocessing.get_context("spawn")
    log = tmp_path / "log"
    workers = [context.Process(target=_convert_slowly, args=(tmp_path, log)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert log.read_text() == "converted\n"
    assert not left_over.with_name(f"{left_over.name}.1.tmp").exists()
