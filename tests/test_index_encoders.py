"""Encoders give the vectors of sentence-transformers, and say where each token stands."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import encoders, model_files, torch_model
from index.encoders import HashingEncoder, SentenceTransformerEncoder, load_encoder
from index.errors import UsageError

TEXTS = [
    "While existing treatments can slow its course, a cure remains elusive.",
    "",
    "remyelination",
    "IL‑1β (P < .001) – naïve CD4⁺ T‑cells at 37 °C; «α-synuclein» in 多発性硬化症 😀",
    "Mesenchymal stem cells were transplanted into 24 patients with relapsing disease. " * 40,
    "a",
    "Nothing\n\nbut\tblanks   and [SEP] marks",
]


@pytest.fixture(scope="module")
def bundled() -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder(backend="openvino")


def _reference(folder: Path | str, texts: Sequence[str], *, question: bool = False) -> Any:
    """The oracle: sentence-transformers itself, f32, normalised."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    encode = model.encode_query if question else model.encode
    return encode(list(texts), normalize_embeddings=True, show_progress_bar=False)


def _cosines(left: Any, right: Any) -> Any:
    return (np.asarray(left, np.float64) * np.asarray(right, np.float64)).sum(axis=1)


def test_vectors_of_the_bundled_model_equal_those_of_sentence_transformers(
    bundled: SentenceTransformerEncoder,
) -> None:
    expected = _reference(model_files.find_model(None)[1], TEXTS)
    found = bundled.encode(TEXTS)
    assert found.dtype == np.float32
    assert _cosines(found, expected).min() >= 0.999
    exact = SentenceTransformerEncoder(backend="openvino", precision="f32").encode(TEXTS)
    assert _cosines(exact, expected).min() >= 0.999999
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-5)


def test_a_text_has_its_own_vector_wherever_it_stands_in_the_list(
    bundled: SentenceTransformerEncoder,
) -> None:
    together = bundled.encode(TEXTS)
    alone = np.stack([bundled.encode([text])[0] for text in TEXTS])
    assert _cosines(together, alone).min() >= 0.9999
    assert _cosines(bundled.encode(TEXTS[::-1]), together[::-1]).min() >= 0.9999
    assert bundled.encode([]).shape == (0, 384)


def test_a_question_is_nearest_to_its_answer(bundled: SentenceTransformerEncoder) -> None:
    question = bundled.encode_question("Is there a cure for multiple sclerosis?")
    passages = [
        "MS is a disease of the nervous system; no treatment heals it.",
        "Mercury boils at 357 °C.",
        "France won the World Cup in 1998.",
    ]
    assert question.shape == (384,)
    assert int(np.argmax(bundled.encode(passages) @ question)) == 0


def test_the_bundled_model_says_what_it_is(bundled: SentenceTransformerEncoder) -> None:
    assert bundled.name == "all-MiniLM-L6-v2"
    assert (bundled.dimension, bundled.window, bundled.backend) == (384, 254, "openvino")
    assert bundled.precision in ("bf16", "f32")
    assert load_encoder("sentence-transformers/all-MiniLM-L6-v2").fingerprint == bundled.fingerprint
    assert load_encoder(bundled.name).fingerprint == bundled.fingerprint


def test_token_positions_are_code_points_also_behind_an_emoji(bundled: SentenceTransformerEncoder) -> None:
    text = "😀 Café: α-synuclein"
    words = [text[start:end] for start, end in bundled.token_spans(text)]
    assert words == ["😀", "Café", ":", "α", "-", "syn", "uc", "lein"]
    assert bundled.token_spans("") == []


def test_token_positions_are_not_cut_at_the_window(bundled: SentenceTransformerEncoder) -> None:
    text = "cell " * 1000
    spans = bundled.token_spans(text)
    assert len(spans) == 1000
    assert spans[999] == (4995, 4999)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_token_positions_lie_in_order_inside_any_text(bundled: SentenceTransformerEncoder, text: str) -> None:
    spans = bundled.token_spans(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)
    (numbers,) = bundled._model.tokens.ids([text])
    assert len(numbers) == min(len(spans), bundled.window) + 2


def test_long_lists_go_to_the_gpu_and_short_ones_do_not(
    bundled: SentenceTransformerEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gpu:
        device = "cuda"

        def __init__(self, folder: Path, *, precision: str) -> None:
            self.precision = precision

        def encode(self, texts: Sequence[str]) -> Any:
            return np.full((len(texts), 384), 2.0, np.float32)

    monkeypatch.setattr(encoders, "gpu_likely", lambda: True)
    monkeypatch.setattr(encoders, "gpu_precision", lambda: "f32")  # it does not say what it is
    monkeypatch.setattr(encoders, "TorchModel", Gpu)
    encoder = SentenceTransformerEncoder()
    assert encoder.precision == "f32"
    assert encoder.encode(["a"] * 256)[0, 0] == 2.0
    assert encoder.encode(["a"] * 255)[0, 0] != 2.0
    Gpu.device = "cpu"  # a driver without a device
    encoder = SentenceTransformerEncoder()
    assert encoder.encode(["a"] * 256)[0, 0] != 2.0


@pytest.mark.parametrize("half", ["bf16", "f16"])
def test_a_gpu_computes_in_16_bits_unless_what_is_there_is_in_32(
    bundled: SentenceTransformerEncoder, monkeypatch: pytest.MonkeyPatch, half: str
) -> None:
    """The precision is named before torch is loaded, and vectors of one name are of one kind."""

    class Gpu:
        device = "cuda"

        def __init__(self, folder: Path, *, precision: str) -> None:
            self.precision = precision

        def encode(self, texts: Sequence[str]) -> Any:
            marks = {"bf16": 2.0, "f16": 3.0, "f32": 4.0}
            return np.full((len(texts), 384), marks[self.precision], np.float32)

    monkeypatch.setattr(encoders, "gpu_likely", lambda: True)
    monkeypatch.setattr(encoders, "gpu_precision", lambda: half)
    monkeypatch.setattr(encoders, "TorchModel", Gpu)
    encoder = SentenceTransformerEncoder()
    assert encoder.precision == half
    assert encoder.encode(["a"] * 256)[0, 0] == {"bf16": 2.0, "f16": 3.0}[half]
    assert bool(encoder.encode(["a"])[0, 0] > 1.0) is (encoder._model.precision != half)
    assert np.linalg.norm(encoder.encode_question("a")) == pytest.approx(1.0, abs=1e-3)
    beside = load_encoder(made_in="f32")
    assert beside.precision == "f32"
    assert beside.encode(["a"] * 256)[0, 0] == 4.0
    assert load_encoder(made_in=half).precision == half
    Gpu.device = "cpu"  # a driver without a device
    encoder = SentenceTransformerEncoder()
    assert encoder.encode(["a"] * 256)[0, 0] < 1.0
    assert encoder.precision == encoder._model.precision


@pytest.mark.parametrize(
    ("said", "expected"),
    [("9.0\n", "bf16"), ("8.0\n7.5\n", "f16"), ("7.5", "f16"), ("N/A", "f32"), ("", "f32")],
)
def test_what_a_gpu_computes_in(monkeypatch: pytest.MonkeyPatch, said: str, expected: str) -> None:
    done = subprocess.CompletedProcess([], 0, stdout=said)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    assert torch_model.gpu_precision() == expected


def test_a_driver_that_does_not_answer_means_32_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", missing)
    assert torch_model.gpu_precision() == "f32"


def half_against_whole(device: str, half: str) -> None:
    _, folder = model_files.find_model(None)
    texts = [*TEXTS, "", *(f"{text} " * 40 for text in TEXTS)]
    whole = torch_model.TorchModel(folder, device=device)
    fast = torch_model.TorchModel(folder, device=device, precision=half)
    assert (whole.precision, fast.precision, fast.device) == ("f32", half, device)
    expected, found = whole.encode(texts), fast.encode(texts)
    assert np.einsum("ij,ij->i", found, expected).min() > 0.9995
    assert np.abs(np.linalg.norm(found, axis=1) - 1).max() < 1e-3
    alone = np.concatenate([fast.encode([text]) for text in texts])
    assert np.einsum("ij,ij->i", found, alone).min() > 0.9995


def test_vectors_computed_in_16_bits_are_those_of_32(
    bundled: SentenceTransformerEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a GPU is given, on the CPU, in several batches."""
    monkeypatch.setattr(torch_model, "GPU_TOKENS", 200)
    half_against_whole("cpu", "bf16")


@pytest.mark.parametrize("half", ["bf16", "f16"])
def test_vectors_of_a_gpu_are_those_of_32_bits(bundled: SentenceTransformerEncoder, half: str) -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA device")
    half_against_whole("cuda", half)


def test_arguments_that_cannot_be_meant_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="choose one of auto, openvino, torch"):
        load_encoder(backend="jax")
    monkeypatch.setenv("LITQUOTE_BACKEND", "abacus")
    with pytest.raises(UsageError, match="no backend 'abacus'"):
        load_encoder()
    monkeypatch.delenv("LITQUOTE_BACKEND")
    with pytest.raises(UsageError, match="no precision 'int4'"):
        SentenceTransformerEncoder(precision="int4")
    with pytest.raises(UsageError, match="write hashing"):
        load_encoder("hashing-many")


def test_the_hashing_encoder_ranks_by_shared_words() -> None:
    encoder = load_encoder("hashing-256")
    texts = ["Stem cells repair myelin.", "The trial enrolled adults.", "Mercury boils at 357 degrees."]
    scores = encoder.encode(texts) @ encoder.encode_question("Does a stem cell repair the myelin?")
    assert int(np.argmax(scores)) == 0
    assert scores[0] > 0.8 > 0.4 > scores[1:].max()
    assert encoder.token_spans("IL-1β, x_y") == [(0, 2), (3, 5), (7, 8), (9, 10)]


def test_the_hashing_encoder_is_the_same_on_every_machine() -> None:
    encoder = load_encoder("hashing")
    assert (encoder.name, encoder.dimension, encoder.window, encoder.precision) == (
        "hashing-64",
        64,
        256,
        "f32",
    )
    (row,) = encoder.encode(["sclerosis"])
    assert [(int(place), float(row[place])) for place in np.flatnonzero(row)] == [
        (18, 0.5),
        (29, 0.5),
        (33, 0.5),
        (61, 0.5),
    ]
    assert load_encoder("hashing-32").fingerprint != encoder.fingerprint


@given(st.lists(st.text(max_size=30), max_size=6))
def test_the_hashing_encoder_gives_unit_rows_for_any_text(texts: list[str]) -> None:
    rows = HashingEncoder().encode(texts)
    assert rows.shape == (len(texts), 64)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
