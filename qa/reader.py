"""Readers: which sentences of the passages found answer the question, and which words of them.

``load_reader()`` gives the reader that comes with litquote: the embedding model's body, trained to read
question and passage together (:mod:`qa.reader_model`). A passage is read once; a sentence's relevance is
the softmax-weighted mean of its tokens'. An extractive question answering model of Hugging Face or a
CrossEncoder of sentence-transformers may take its place. All run through OpenVINO, converted once and
kept beside the encoder, or by torch where OpenVINO cannot take them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index import model_files, openvino_model
from index.batching import batches
from index.encoders import chosen_backend
from index.errors import EncoderError
from index.openvino_model import NotConvertible
from qa.reader_input import Excerpt, PairTokens, Row, Span

__all__ = ["Excerpt", "Reader", "Reading", "SentenceReading", "fingerprint", "is_prepared", "load_reader"]

#: The weights of the reader that comes with litquote.
BUNDLED = Path(__file__).with_name("reader.safetensors")
#: Raise when a fingerprint is to mean something else than before.
_SCHEME = "litquote-reader/1"
#: The relevance of a sentence that holds nothing to read.
NOTHING = -100.0
#: Tokens of the longest span marked inside a sentence.
LONGEST_FOCUS = 48
#: Pooling weights are exponents, bounded as in training.
MOST_WEIGHT = 20.0

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SentenceReading:
    """A sentence by its position in the excerpt's text: ``relevance`` is the log-odds that it answers.

    ``focus`` is the span inside it that answers best, of raw score ``focus_score``; None for a reader
    that marks no spans.
    """

    start: int
    end: int
    relevance: float
    focus: Span | None = None
    focus_score: float = NOTHING

    def moved(self, by: int) -> SentenceReading:
        """The same, ``by`` characters on: a sentence of a passage by its positions in the text."""
        focus = self.focus and (self.focus[0] + by, self.focus[1] + by)
        return replace(self, start=self.start + by, end=self.end + by, focus=focus)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found in one passage: its sentences in order, and how well the whole answers
    (``passage``, log-odds; comparable across passages and questions of one reader).
    """

    sentences: tuple[SentenceReading, ...]
    passage: float


class Reader(Protocol):
    """What an assistant needs of a reader."""

    @property
    def name(self) -> str:
        """What ``load_reader`` takes to load it again."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over all that decides a score; calibration holds for one fingerprint."""

    def read(self, question: str, excerpts: Sequence[Excerpt]) -> list[Reading]:
        """A reading of each excerpt, in their order."""


class Network(Protocol):
    """A network that computes rows of token numbers."""

    def infer(
        self, ids: Sequence[Sequence[int]], pad_id: int, types: Sequence[Sequence[int]] | None = None
    ) -> list[Floats]:
        """Outputs with one entry a row (rows, …), padded to the longest row."""


class NetworkReader:
    """A reader of one of KINDS; ``meta`` is what :meth:`qa.reader_convert.Source.meta` says of it."""

    def __init__(
        self, name: str, fingerprint: str, network: Network, definition: str, meta: Mapping[str, Any]
    ) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.kind = str(meta["kind"])
        self._network = network
        self._pad_id = int(meta["pad_id"])
        self._null = float(meta["null"])
        self._tokens = PairTokens(definition, window=int(meta["window"]))

    def read(self, question: str, excerpts: Sequence[Excerpt]) -> list[Reading]:
        """A reading of each excerpt, in their order; nothing is cut off but the question at 64 tokens."""
        return KINDS[self.kind](self, question, excerpts) if excerpts else []

    def _outputs(self, rows: Sequence[Row]) -> list[list[Floats]]:
        """For each row its outputs, without the padding."""
        found: list[list[Floats]] = [[] for _ in rows]
        for batch in batches([len(row.ids) for row in rows]):
            ids, types = [rows[n].ids for n in batch], [rows[n].types for n in batch]
            computed = self._network.infer(ids, self._pad_id, types)
            for place, n in enumerate(batch):
                found[n] = [
                    one[place, : len(rows[n].ids)] if one.ndim > 1 else one[place] for one in computed
                ]
        return found

    def _read_own(self, question: str, excerpts: Sequence[Excerpt]) -> list[Reading]:
        rows = self._tokens.own_rows(question, excerpts)
        gathered = _Gathered(excerpts)
        for row, (tokens, passage) in zip(rows, self._outputs(rows), strict=True):
            gathered.add(row, tokens[row.first : row.first + len(row.spans)], float(passage))
        return [gathered.reading(n, self._null) for n in range(len(excerpts))]

    def _read_spans(self, question: str, excerpts: Sequence[Excerpt]) -> list[Reading]:
        """Span logits over those of the null answer (Devlin et al. 2019); a sentence's is its best span's."""
        rows = self._tokens.rows(question, excerpts)
        gathered = _Gathered(excerpts)
        for row, (logits,) in zip(rows, self._outputs(rows), strict=True):
            ends = logits[row.first : row.first + len(row.spans)] - logits[0]
            gathered.add(row, np.concatenate([np.zeros_like(ends), ends], axis=1), NOTHING)
        return [_by_span(gathered.reading(n, 0.0)) for n in range(len(excerpts))]

    def _read_pairs(self, question: str, excerpts: Sequence[Excerpt]) -> list[Reading]:
        rows = self._tokens.pair_rows(question, excerpts)
        scores = iter([float(score) for (score,) in self._outputs(rows)])
        found = []
        for excerpt in excerpts:
            read = tuple(SentenceReading(start, end, next(scores)) for start, end in excerpt.sentences)
            found.append(Reading(read, max((one.relevance for one in read), default=NOTHING)))
        return found


#: How each kind of network reads, by the kind's name.
KINDS: Mapping[str, Callable[[NetworkReader, str, Sequence[Excerpt]], list[Reading]]] = {
    "litquote": NetworkReader._read_own,
    "spans": NetworkReader._read_spans,
    "pairs": NetworkReader._read_pairs,
}


class _Gathered:
    """The outputs of all rows of each passage, every token once."""

    def __init__(self, excerpts: Sequence[Excerpt]) -> None:
        self._excerpts = excerpts
        self._parts: list[list[tuple[Row, Floats]]] = [[] for _ in excerpts]
        self._passage = [NOTHING] * len(excerpts)

    def add(self, row: Row, tokens: Floats, passage: float) -> None:
        """Take up a row's tokens (k, 4): pooling weight, relevance, span start, span end."""
        self._parts[row.passage].append((row, tokens))
        self._passage[row.passage] = max(self._passage[row.passage], passage)

    def reading(self, number: int, null: float) -> Reading:
        """The reading of one passage; ``null`` is what a sentence's relevance is measured from."""
        excerpt, parts = self._excerpts[number], self._parts[number]
        tokens = np.concatenate([tokens[row.own :] for row, tokens in parts])
        spans = np.concatenate([row.spans[row.own :] for row, _ in parts])
        sentence = np.concatenate([row.sentence[row.own :] for row, _ in parts])
        scores = pooled(tokens[:, 0], tokens[:, 1], sentence, len(excerpt.sentences))
        found = []
        for place, (start, end) in enumerate(excerpt.sentences):
            mine = np.flatnonzero(sentence == place)
            if not len(mine):
                found.append(SentenceReading(start, end, NOTHING))
                continue
            first, last, score = best_span(tokens[mine, 2], tokens[mine, 3])
            focus = whole_words(
                excerpt.text, (start, end), (int(spans[mine[first], 0]), int(spans[mine[last], 1]))
            )
            found.append(SentenceReading(start, end, float(scores[place]) - null, focus, score))
        return Reading(tuple(found), self._passage[number])


def _by_span(reading: Reading) -> Reading:
    sentences = tuple(
        SentenceReading(one.start, one.end, one.focus_score, one.focus, one.focus_score)
        for one in reading.sentences
    )
    return Reading(sentences, max((one.relevance for one in sentences), default=NOTHING))


def pooled(weight: Floats, value: Floats, sentence: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """The scores (count,) of sentences: the mean ``value`` of their tokens, weighted by softmax(``weight``).

    ``sentence`` (k,) is each token's; a sentence without tokens scores NOTHING.
    """
    share = np.exp(np.clip(weight.astype(np.float64), -MOST_WEIGHT, MOST_WEIGHT))
    inside = sentence >= 0
    total = np.bincount(sentence[inside], share[inside], minlength=count)[:count]
    summed = np.bincount(sentence[inside], (share * value)[inside], minlength=count)[:count]
    return np.where(total > 0, summed / np.where(total > 0, total, 1.0), NOTHING)


def best_span(start: Floats, end: Floats, longest: int = LONGEST_FOCUS) -> tuple[int, int, float]:
    """First and last token of the span of at most ``longest`` tokens with the greatest start + end."""
    padded = np.concatenate([end, np.full(longest - 1, -np.inf, np.float32)])
    sums = start[:, None] + np.lib.stride_tricks.sliding_window_view(padded, longest)
    first, more = np.unravel_index(int(np.argmax(sums)), sums.shape)
    return int(first), int(first + more), float(sums[first, more])


def whole_words(text: str, sentence: Span, span: Span) -> Span:
    """``span`` widened to whole words, without white space at its ends, inside ``sentence``."""
    low, high = max(span[0], sentence[0]), min(max(span[1], span[0] + 1), sentence[1])
    while low > sentence[0] and text[low].isalnum() and text[low - 1].isalnum():
        low -= 1
    while high < sentence[1] and text[high - 1].isalnum() and text[high].isalnum():
        high += 1
    while high - 1 > low and text[high - 1].isspace():
        high -= 1
    while low < high - 1 and text[low].isspace():
        low += 1
    return low, high


# -- loading -----------------------------------------------------------------------------------------


def load_reader(
    name: str | None = None, *, backend: str = "auto", precision: str = "auto"
) -> NetworkReader | None:
    """The reader called ``name``; a reader's own ``name`` loads it again.

    None or ``"default"`` is the one that comes with litquote, ``"none"`` gives None, a
    ``.safetensors`` file is what ``litquote train-reader`` wrote; anything else is the folder or the name
    in the Hugging Face cache of an extractive question answering model or of a sentence-transformers
    CrossEncoder. ``backend`` as for :func:`index.encoders.load_encoder`, on the CPU; ``precision``
    ``"auto"`` is bf16 where the CPU has it and the scores keep, ``"f32"`` always that. Raises
    EncoderError when it cannot be loaded, UsageError for what is no reader.
    """
    backend = chosen_backend(backend)
    if name == "none":
        return None
    place = _Place.of(name)
    if backend != "torch":
        try:
            return _converted(place, precision)
        except NotConvertible as error:
            if backend == "openvino":
                raise EncoderError(f"{error}; use the backend torch") from error
    from qa import reader_convert

    source = reader_convert.Source(place.base, place.weights)
    return NetworkReader(place.name, place.fingerprint, source, source.definition(), source.meta())


def fingerprint(name: str | None = None) -> str | None:
    """The fingerprint of the reader that ``load_reader(name)`` loads, without loading it."""
    return None if name == "none" else _Place.of(name).fingerprint


def is_prepared(name: str | None = None) -> bool:
    """Whether ``load_reader(name)`` is quick: its first use on a machine converts the model."""
    return name == "none" or openvino_model.is_converted(_Place.of(name).fingerprint)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a reader's files lie: the folder of a model, and for our own kind the trained weights."""

    name: str
    base: Path
    weights: Path | None
    fingerprint: str

    @classmethod
    def of(cls, name: str | None) -> _Place:
        weights: Path | None = None
        if name is None or name == "default":
            name, weights = "default", BUNDLED
            if not BUNDLED.is_file():
                raise EncoderError(f"the reader {BUNDLED} is missing; install litquote again")
        elif name.endswith(".safetensors"):
            weights = Path(name).expanduser().resolve()
            if not weights.is_file():
                raise EncoderError(f"there is no file {weights}; give one that litquote train-reader wrote")
            name = str(weights)
        found, base = model_files.find_model(None if weights else name)
        digest = hashlib.sha256(f"{_SCHEME} {model_files.fingerprint(base)}".encode())
        if weights is not None:
            digest.update(model_files.file_sha256(weights).encode())
        return cls(name if weights else found, base, weights, digest.hexdigest())


def _converted(place: _Place, precision: str) -> NetworkReader:
    if openvino_model.is_converted(place.fingerprint):
        try:
            return _opened(place, precision)
        except NotConvertible:
            raise
        except EncoderError:
            if openvino_model.is_converted(place.fingerprint):
                raise  # not damaged, so converting again would not help
    from qa import reader_convert

    openvino_model.publish(
        place.fingerprint, lambda folder: reader_convert.convert_into(folder, place.base, place.weights)
    )
    return _opened(place, precision)


def _opened(place: _Place, precision: str) -> NetworkReader:
    def make(folder: Path, meta: dict[str, Any]) -> NetworkReader:
        fast = precision == "auto" and meta["bf16"] and "bf16" in openvino_model.precisions()
        graph = openvino_model.Graph(folder, precision="bf16" if fast else "f32")
        definition = (folder / "tokenizer.json").read_text("utf-8")
        return NetworkReader(place.name, place.fingerprint, graph, definition, meta)

    return openvino_model.opened(place.fingerprint, make)
