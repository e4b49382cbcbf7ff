"""From texts to unit vectors: the Encoder protocol and the encoders there are.

``load_encoder()`` gives the bundled all-MiniLM-L6-v2; its vectors come from OpenVINO on the CPU
(:mod:`index.openvino_model`), or from sentence-transformers (:mod:`index.torch_model`) where there
is a GPU or OpenVINO cannot take the model. Nothing is downloaded, ever.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index import model_files, openvino_model
from index.errors import EncoderError, UsageError
from index.openvino_model import NotConvertible
from index.torch_model import TorchModel, gpu_likely, gpu_precision

Vectors = NDArray[np.float32]

BACKENDS = ("auto", "openvino", "torch")
#: With a GPU, at least this many texts go there; fewer don't repay the 10 s that torch takes to start.
GPU_TEXTS = 256


class Encoder(Protocol):
    """What a library and a retriever need of an encoder."""

    @property
    def name(self) -> str:
        """What ``load_encoder`` takes to load it again."""

    @property
    def fingerprint(self) -> str:
        """The identity that a library must match: SHA-256 (hex) over weights, tokenizer, pooling,
        normalisation, window and prefixes.
        """

    @property
    def precision(self) -> str:
        """How vectors are computed, ``"bf16"``, ``"f16"`` or ``"f32"``: one is used again only when equal."""

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""

    @property
    def window(self) -> int:
        """Content tokens of a passage that fit, special ones and prefix left out."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row of unit length for each passage: shape (n, dimension). Cut at the window."""

    def encode_question(self, text: str) -> Vectors:
        """A question's unit vector, shape (dimension,), with the prefix the model wants, if any."""

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The code points of each content token of ``text``, in order; nothing is cut."""


class HashingEncoder:
    """A bag of hashed word stems, for tests: no model, the same vector on every machine.

    Each stem adds to four signed places (Weinberger et al. 2009, arXiv:0902.2206), so texts that
    share words are near each other. A text without words is the first unit vector.
    """

    precision = "f32"
    window = 256

    def __init__(self, dimension: int = 64) -> None:
        if dimension < 1:
            raise UsageError(f"the dimension {dimension} is not positive; give at least 1")
        self.dimension = dimension
        self.name = f"hashing-{dimension}"
        self.fingerprint = hashlib.sha256(f"litquote-hashing/1/{dimension}".encode()).hexdigest()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit rows (n, dimension)."""
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for start, end in self.token_spans(text)[: self.window]:
                self._add(row, text[start:end])
            length = float(np.linalg.norm(row))
            if length > 0:
                row /= length
            else:
                row[0] = 1.0
        return rows

    def encode_question(self, text: str) -> Vectors:
        """The unit vector (dimension,) of ``text``, as :meth:`encode` makes it."""
        first: Vectors = self.encode([text])[0]
        return first

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Runs of letters and digits."""
        return [match.span() for match in re.finditer(r"[^\W_]+", text)]

    def _add(self, row: Vectors, word: str) -> None:
        stem = re.sub(r"(?<=\w{3})(ing|ed|es|s|e)$", "", word.casefold())
        weight = 1.0 if len(stem) > 3 else 0.25  # "what is the" says little about a text
        digest = hashlib.sha256(stem.encode("utf-8", "replace")).digest()
        for place in range(0, 16, 4):
            number = int.from_bytes(digest[place : place + 4], "big")
            row[(number >> 1) % self.dimension] += weight if number & 1 else -weight


class SentenceTransformerEncoder:
    """Any sentence-transformers model that is on this machine, by name or folder.

    Vectors equal those of ``SentenceTransformer.encode_document`` and ``encode_query`` (the same
    as its ``encode`` for a model without prompts), normalised, to a cosine of at least 0.999.

    ``backend`` is ``"auto"``, ``"openvino"`` or ``"torch"``; ``"auto"`` reads ``LITQUOTE_BACKEND``
    first. On a machine with a GPU ``"auto"`` computes long lists there, in bf16 or f16, questions and short
    lists through OpenVINO, so that a question doesn't wait for torch. ``made_in`` is the precision of the
    vectors that those asked for are to stand beside: on a GPU, f32 stays f32.
    ``why_torch`` is the reason when OpenVINO was to be used and could not. Raises EncoderError
    when the model is not here, is damaged, or cannot be run by the backend asked for.
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        backend: str = "auto",
        precision: str = "auto",
        made_in: str | None = None,
    ) -> None:
        backend = chosen_backend(backend)
        if precision not in ("auto", "bf16", "f32"):
            raise UsageError(f"there is no precision {precision!r}; choose auto, bf16 or f32")
        self.name, self._folder = model_files.find_model(name)
        self.fingerprint = model_files.fingerprint(self._folder)
        self.why_torch = ""
        self._gpu: TorchModel | None = None
        has_gpu = backend != "openvino" and precision != "bf16" and gpu_likely()
        self._half = gpu_precision() if has_gpu and precision == "auto" and made_in != "f32" else "f32"
        self._try_gpu = has_gpu and backend == "auto"
        self._model: openvino_model.OpenVINOModel | TorchModel
        if backend == "torch":
            self._model = self._torch(precision)
        else:
            try:
                self._model = self._openvino("f32" if self._try_gpu and self._half == "f32" else precision)
            except NotConvertible as error:
                if backend == "openvino":
                    raise EncoderError(f"{error}; use the backend torch") from error
                self.why_torch = str(error)
                self._model = self._torch(precision)
        self.backend = "torch" if isinstance(self._model, TorchModel) else "openvino"
        self.precision = self._half if self._try_gpu else self._model.precision
        self.dimension = self._model.dimension
        self.window = self._model.tokens.window

    def _torch(self, precision: str) -> TorchModel:
        if precision == "bf16":
            raise UsageError("the backend torch computes in f32 only; leave the precision out")
        self._try_gpu = False  # this one already computes where torch thinks best
        model = TorchModel(self._folder, precision=self._half)
        if model.device == "cpu":  # a driver without a device
            model.precision = "f32"
        return model

    def _openvino(self, precision: str) -> openvino_model.OpenVINOModel:
        if openvino_model.is_converted(self.fingerprint):
            try:
                return openvino_model.load(self.fingerprint, precision=precision)
            except EncoderError:
                if openvino_model.is_converted(self.fingerprint):
                    raise  # not damaged, so converting again would not help
        openvino_model.convert(self._folder, self.fingerprint)
        return openvino_model.load(self.fingerprint, precision=precision)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit rows (n, dimension) in the order of ``texts``; each is cut at the window."""
        # Few texts, too, where OpenVINO computes otherwise: vectors of one name are of one kind.
        if self._try_gpu and (len(texts) >= GPU_TEXTS or self.precision != self._model.precision):
            self._gpu = self._gpu or TorchModel(self._folder, precision=self._half)
            self._try_gpu = self._gpu.device != "cpu"
            self.precision = (self._gpu if self._try_gpu else self._model).precision
            if self._try_gpu:
                return self._gpu.encode(texts)
        return self._model.encode(texts)

    def encode_question(self, text: str) -> Vectors:
        """The unit vector (dimension,) of a question, with the model's own question prefix."""
        first: Vectors = self._model.encode([text], question=True)[0]
        return first

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The code points of each content token of ``text``, in order; nothing is cut."""
        return self._model.tokens.spans(text)


def chosen_backend(asked: str) -> str:
    """The backend meant: for ``"auto"`` what ``LITQUOTE_BACKEND`` says. Raises UsageError for another."""
    backend = (os.environ.get("LITQUOTE_BACKEND") or "auto") if asked == "auto" else asked
    if backend not in BACKENDS:
        raise UsageError(f"there is no backend {backend!r}; choose one of {', '.join(BACKENDS)}")
    return backend


def _hashing(name: str) -> Encoder:
    dimension = name.partition("-")[2] or "64"
    if not dimension.isdecimal():
        raise UsageError(f"there is no encoder {name!r}; write hashing or, for 128 dimensions, hashing-128")
    return HashingEncoder(int(dimension))


#: Encoders that are not a sentence-transformers model, by the beginning of their name.
FAMILIES: Mapping[str, Callable[[str], Encoder]] = {"hashing": _hashing}


def is_prepared(name: str | None = None) -> bool:
    """Whether ``load_encoder(name)`` is quick: its first use on a machine converts the model for OpenVINO."""
    if name and name.partition("-")[0] in FAMILIES:
        return True
    _, folder = model_files.find_model(name)
    return openvino_model.is_converted(model_files.fingerprint(folder))


def load_encoder(
    name: str | None = None, *, backend: str = "auto", precision: str = "auto", made_in: str | None = None
) -> Encoder:
    """The encoder called ``name``; an encoder's own ``name`` loads it again.

    None or ``"default"`` is the bundled model, ``"hashing"`` (or ``"hashing-128"``) the
    :class:`HashingEncoder`, anything else the folder of a sentence-transformers model or its name
    in the Hugging Face cache. ``backend``, ``precision`` and ``made_in`` as for
    :class:`SentenceTransformerEncoder`. Raises EncoderError when it cannot be loaded, UsageError for a
    backend that doesn't exist.
    """
    family = FAMILIES.get(name.partition("-")[0]) if name else None
    if name and family:
        return family(name)
    return SentenceTransformerEncoder(name, backend=backend, precision=precision, made_in=made_in)
