"""Readers in torch: made from their files, run where OpenVINO cannot, converted for it where it can."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from index import openvino_model
from index.batching import padded
from index.errors import EncoderError, UsageError
from index.openvino_model import Graph, NotConvertible
from index.torch_model import quiet
from qa import reader_model
from qa.reader import Excerpt, NetworkReader
from qa.readpack import WINDOW

_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
#: A converted reader's scores differ from the original's by at most this (logits), or it is not used.
MOST_ERROR = 0.02
#: In bf16 the root mean square of the differences may be this share of the scores' standard deviation.
MOST_BF16_ERROR = 0.05
#: Windows of foreign models are at most so long: time goes with the square.
FOREIGN_WINDOW = 384
_PROBE_TEXTS = (
    "There is no cure for multiple sclerosis. Existing treatments slow its course, but a cure is elusive.",
    "Twenty-four patients were enrolled. Mean age was 43 years (SD 9). IL‑1β fell by 37 % (P < .001).",
    "Background. Remyelination fails in most lesions; mesenchymal stem cells may promote it in mice.",
    "The annual relapse rate was 0.4. It was 0.7 before. Neither group improved. " * 12,
)
_PROBE_QUESTIONS = (
    "Is there a cure for multiple sclerosis?",
    "How many patients were enrolled?",
    "stem cells and remyelination in the treatment of a lesion",
)


def probes() -> list[tuple[str, list[Excerpt]]]:
    """Questions and passages on which a conversion is checked."""
    excerpts = []
    for text in _PROBE_TEXTS:
        ends = [at + 1 for at in range(len(text)) if text[at] == "." and text[at + 1 : at + 2] in ("", " ")]
        starts = [0, *ends[:-1]]
        spans = [(start + (start > 0), end) for start, end in zip(starts, ends, strict=True)]
        excerpts.append(Excerpt("Stem cells in multiple sclerosis", text, spans))
    return [(question, excerpts) for question in _PROBE_QUESTIONS]


class Source:
    """A reader's network in torch, on the CPU; see :func:`qa.reader.load_reader` for what it can be.

    Raises EncoderError when its files cannot be loaded, UsageError for a model that is no reader.
    """

    def __init__(self, base: Path, weights: Path | None) -> None:
        self._base = base
        self._inputs: tuple[str, ...] = _INPUTS
        self._null = 0.0
        if weights is not None:
            net = reader_model.load(weights, base)
            self._null = float(net.null)
            self._kind, self._net, self._window = "litquote", net, WINDOW
            self._pad_id = int(net.body.config.pad_token_id or 0)
            self._definition = (base / "tokenizer.json").read_text("utf-8")
        else:
            self._foreign(base)

    def _foreign(self, folder: Path) -> None:
        with quiet():
            from transformers import (
                AutoConfig,
                AutoModelForQuestionAnswering,
                AutoModelForSequenceClassification,
                AutoTokenizer,
            )

            try:
                config = AutoConfig.from_pretrained(str(folder), local_files_only=True)
                architecture = str((config.architectures or [""])[0])
                spans, pairs = (
                    architecture.endswith(end)
                    for end in ("ForQuestionAnswering", "ForSequenceClassification")
                )
                if not spans and not pairs:
                    raise UsageError(
                        f"the model in {folder} is no reader ({architecture or 'no architecture'}); give"
                        " an extractive question answering model or a CrossEncoder"
                    )
                kind = AutoModelForQuestionAnswering if spans else AutoModelForSequenceClassification
                model = kind.from_pretrained(str(folder), local_files_only=True, dtype=torch.float32)
                tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
                self._definition = tokenizer.backend_tokenizer.to_str()
            except UsageError:
                raise
            except Exception as error:  # whatever a damaged or foreign model makes the libraries raise
                reason = (str(error).strip() or type(error).__name__).split("\n")[0]
                raise EncoderError(
                    f"the reader in {folder} cannot be loaded ({reason}); download it again, or choose"
                    " another"
                ) from error
        labels = 1 if spans else int(config.num_labels)
        if labels > 2:
            raise UsageError(
                f"the model in {folder} gives {labels} labels; a CrossEncoder that ranks gives one or two"
            )
        names = set(tokenizer.model_input_names)
        self._inputs = tuple(name for name in _INPUTS if name in names)
        self._pad_id = int(tokenizer.pad_token_id or 0)
        positions = int(getattr(config, "max_position_embeddings", 0) or FOREIGN_WINDOW)
        # RoBERTa and its kin count positions from behind the padding's number
        offset = 1 + self._pad_id if positions % 2 or positions == 514 else 0
        self._window = min(FOREIGN_WINDOW, int(tokenizer.model_max_length), positions - offset)
        self._kind, self._net = ("spans" if spans else "pairs"), model

    def definition(self) -> str:
        """The tokenizer, as the content of a ``tokenizer.json``."""
        return self._definition

    def meta(self) -> dict[str, Any]:
        """What :class:`qa.reader.NetworkReader` must know of the network."""
        return {"kind": self._kind, "pad_id": self._pad_id, "null": self._null, "window": self._window}

    def graph(self) -> tuple[Any, dict[str, Any]]:
        """The network from the named token arrays to a tuple of outputs, and an example of its arguments."""
        given = padded([[1, 2, 3, 4, 2], [1, 2, 5]], self._pad_id)
        example = {name: torch.from_numpy(given[name]) for name in self._inputs}
        return _Outputs(self._net, self._kind).eval(), example

    def infer(
        self, ids: Sequence[Sequence[int]], pad_id: int, types: Sequence[Sequence[int]] | None = None
    ) -> list[NDArray[np.float32]]:
        """As :meth:`index.openvino_model.Graph.infer`."""
        given = padded(ids, pad_id, types)
        with torch.no_grad():
            outputs = _Outputs(self._net, self._kind).eval()(
                **{name: torch.from_numpy(given[name]) for name in self._inputs}
            )
        return [one.numpy() for one in outputs]


class _Outputs(torch.nn.Module):
    """The outputs of each kind of network: see :data:`qa.reader.KINDS`."""

    def __init__(self, net: Any, kind: str) -> None:
        super().__init__()
        self.net = net
        self.kind = kind

    def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any = None) -> tuple[Any, ...]:
        given = {"input_ids": input_ids, "attention_mask": attention_mask}
        if token_type_ids is not None:
            given["token_type_ids"] = token_type_ids
        if self.kind == "litquote":
            tokens, passage = self.net(**given)
            return tokens, passage
        found = self.net(**given)
        if self.kind == "spans":
            return (torch.stack([found.start_logits, found.end_logits], dim=-1),)
        return (found.logits[:, -1] - (found.logits[:, 0] if found.logits.shape[1] == 2 else 0.0),)


def convert_into(folder: Path, base: Path, weights: Path | None) -> None:
    """Write the converted reader into ``folder``, checked against torch on :func:`probes`."""
    source = Source(base, weights)
    (folder / "tokenizer.json").write_text(source.definition(), "utf-8")

    def make() -> dict[str, Any]:
        openvino_model.save_graph(*source.graph(), folder)
        expected = _scores(source, source)
        errors = {}
        for precision in openvino_model.precisions():
            graph = Graph(folder, precision=precision, keep_compiled=False)
            difference = _scores(graph, source) - expected
            share = np.sqrt(np.mean(np.square(difference))) / max(float(np.std(expected)), 1e-6)
            errors[precision] = [float(np.abs(difference).max()), float(share)]
        if not errors["f32"][0] <= MOST_ERROR * max(1.0, float(np.abs(expected).max())):
            raise NotConvertible(f"the converted reader's scores are off by {errors['f32'][0]:.3f}")
        keeps = errors.get("bf16", [0, np.inf])[1] <= MOST_BF16_ERROR
        return source.meta() | {"errors": errors, "bf16": bool(keeps)}

    openvino_model.remember(folder, make)


def _scores(network: Any, source: Source) -> NDArray[np.float64]:
    """All scores of the probes."""
    reader = NetworkReader("probe", "", network, source.definition(), source.meta())
    found = []
    for question, excerpts in probes():
        for reading in reader.read(question, excerpts):
            found += [reading.passage, *(one.relevance for one in reading.sentences)]
    return np.asarray(found)
