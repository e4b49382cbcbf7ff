"""Encoder and reader on the CPU through OpenVINO: converted once, verified, kept in the user's cache.

Measured on two cores against sentence-transformers (tests/bench/encoding.py): 4.1 times the
passages a second in bf16 at a cosine of at least 0.9999 (2.4 times in f32), and a question from a
cold start in 0.6 s instead of 8 s, because nothing here needs torch. The model's matrix products alone
take 0.7 to 0.8 of that time.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.batching import SORTED_TEXTS, TOKEN_BUDGET, batches, padded
from index.errors import EncoderError
from index.files import sha256_of, sync
from index.model_files import cache_folder, file_sha256
from index.privacy import go_offline
from index.together import Together
from index.tokens import Tokens, definition_in
from index.torch_model import TorchModel, quiet

#: Tokens of padding that putting several threads' calls together may add: what a call of its own costs.
MOST_PADDING = 64
#: A converted model must agree with sentence-transformers to this cosine, or is not used.
_MIN_COSINE = 0.999
_PROBES = (
    "",
    "remyelination",
    "Is there a cure for multiple sclerosis?",
    "IL‑1β (P < .001) – naïve CD4⁺ T‑cells, 37 °C; «α-synuclein» 多発性硬化症",
    "While existing treatments can slow its course, a cure remains elusive. " * 4,
    "Mesenchymal stem cells were transplanted into 24 patients. " * 60,
)


_Opened = TypeVar("_Opened")


class NotConvertible(EncoderError):
    """OpenVINO cannot take this model; torch can."""


def converted_folder(fingerprint: str) -> Path:
    """Where the model with this fingerprint is kept, for the installed versions of its makers.

    Another version may convert or tokenize otherwise, so it finds nothing here and converts anew.
    """
    versions = []
    for package in ("openvino", "sentence-transformers", "transformers"):
        try:
            versions.append(version(package))
        except PackageNotFoundError:
            versions.append("none")
    return cache_folder() / "openvino" / f"{fingerprint[:20]}-{'-'.join(versions)}"


def is_converted(fingerprint: str) -> bool:
    """Whether loading will need neither torch nor a conversion."""
    return (converted_folder(fingerprint) / "meta.json").is_file()


def convert(source: Path, fingerprint: str) -> None:
    """Convert the sentence-transformers model in ``source`` unless that is done already.

    Verified against the original on a few texts. A model that cannot be converted is remembered as
    such. Raises EncoderError when the model cannot be loaded or the cache cannot be written.
    """
    publish(fingerprint, lambda folder: _convert_into(folder, TorchModel(source, device="cpu")))


def publish(fingerprint: str, fill: Callable[[Path], None]) -> None:
    """Have ``fill`` write a converted model into a folder, then publish it by one rename.

    Does nothing when that is done already; two processes that convert at once are put in line by a lock.
    Raises EncoderError when the cache cannot be written.
    """
    from filelock import FileLock

    target = converted_folder(fingerprint)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{target}.lock"):
            if is_converted(fingerprint):
                return
            for left_over in target.parent.glob(f"{target.name}.*.tmp"):
                shutil.rmtree(left_over, ignore_errors=True)  # of a process that died
            work = target.with_name(f"{target.name}.{os.getpid()}.tmp")
            work.mkdir()
            try:
                fill(work)
                for path in work.iterdir():
                    sync(path)
                shutil.rmtree(target, ignore_errors=True)  # one without meta.json is a damaged one
                work.replace(target)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise EncoderError(
            f"the converted model cannot be saved in {target.parent} ({error}); free some space, or set"
            " LITQUOTE_CACHE to a folder that can be written"
        ) from error


def _convert_into(folder: Path, original: TorchModel) -> None:
    meta: dict[str, Any] = {
        "dimension": original.dimension,
        "max_length": original.max_length,
        "passage_prefix": original.passage_prefix,
        "question_prefix": original.question_prefix,
    }
    (folder / "tokenizer.json").write_text(original.definition(), "utf-8")

    def make() -> dict[str, Any]:
        graph, example, meta["pad_id"] = original.graph()
        save_graph(graph, example, folder)
        meta["cosine"] = _cosines(folder, meta, original)
        return meta

    remember(folder, make)


def remember(folder: Path, make: Callable[[], dict[str, Any]]) -> None:
    """Write ``meta.json``: what ``make`` returned with the hash of each file in ``folder``.

    When ``make`` fails the model is remembered as one that OpenVINO cannot take.
    """
    try:
        meta = make()
        meta["sha256"] = {path.name: sha256_of(path) for path in sorted(folder.iterdir())}
    except (OSError, MemoryError):
        raise  # says nothing about the model
    except Exception as error:  # a converter has no list of what it may raise
        for path in folder.iterdir():
            path.unlink()
        meta = {"unsupported": str(error).strip().split("\n")[0] or type(error).__name__}
    (folder / "meta.json").write_text(json.dumps(meta, indent=1), "utf-8")


def save_graph(graph: Any, example: dict[str, Any], folder: Path) -> None:
    """Convert the torch module ``graph``, called with ``example``, into ``folder``."""
    ov = _openvino()
    with quiet():  # the tracer's warnings; the result is verified
        model = ov.convert_model(graph, example_input=example)
    ov.save_model(model, folder / "model.xml", compress_to_fp16=False)


def _cosines(folder: Path, meta: dict[str, Any], original: TorchModel) -> dict[str, float]:
    """The smallest cosine to the original over the probes, for each precision this CPU has."""
    cosines = {}
    expected = original.encode(_PROBES)
    for precision in precisions():
        found = OpenVINOModel(folder, precision=precision, meta=meta, keep_compiled=False).encode(_PROBES)
        cosines[precision] = float(np.einsum("ij,ij->i", found, expected).min())
    if not cosines["f32"] >= _MIN_COSINE:
        raise NotConvertible(f"the converted model agrees only to a cosine of {cosines['f32']:.4f}")
    return cosines


def _openvino() -> Any:
    go_offline()
    import openvino

    return openvino


@cache
def _core() -> Any:
    return _openvino().Core()


def precisions() -> tuple[str, ...]:
    """The number types that this CPU computes in."""
    has_bf16 = "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return ("f32", "bf16") if has_bf16 else ("f32",)


def load(fingerprint: str, *, precision: str = "auto") -> OpenVINOModel:
    """The converted model with this fingerprint.

    ``precision`` ``"auto"`` is bf16 where the CPU has it and the model was found to keep its
    vectors in it, else f32. Raises as :func:`opened`.
    """

    def make(folder: Path, meta: dict[str, Any]) -> OpenVINOModel:
        chosen = precision
        if precision == "auto":
            keeps = meta["cosine"].get("bf16", 0.0) >= _MIN_COSINE
            chosen = "bf16" if keeps and "bf16" in precisions() else "f32"
        return OpenVINOModel(folder, precision=chosen, meta=meta)

    return opened(fingerprint, make)


def opened(fingerprint: str, make: Callable[[Path, dict[str, Any]], _Opened]) -> _Opened:
    """What ``make`` makes of the folder and the ``meta.json`` of a converted model, its files checked.

    Raises NotConvertible for a model remembered as such and EncoderError for a damaged one, which it
    also forgets, so that converting makes it anew.
    """
    folder = converted_folder(fingerprint)
    try:
        meta = json.loads((folder / "meta.json").read_text("utf-8"))
        if "unsupported" in meta:
            raise NotConvertible(f"OpenVINO cannot take the model: {meta['unsupported']}")
        for name, expected in meta["sha256"].items():
            if file_sha256(folder / name) != expected:
                raise ValueError(f"{name} has been altered")
        return make(folder, meta)
    except NotConvertible:
        raise
    except Exception as error:  # a cut file makes OpenVINO raise RuntimeError, a cut JSON ValueError
        with contextlib.suppress(OSError):  # then the message below is for a person
            (folder / "meta.json").unlink(missing_ok=True)
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise EncoderError(
            f"the converted model in {folder} is damaged ({reason}); delete that folder and try again"
        ) from error


class Graph:
    """A converted graph, compiled for this CPU.

    ``infer`` may be called from several threads; small calls that come at once are computed together.
    """

    def __init__(self, folder: Path, *, precision: str, keep_compiled: bool = True) -> None:
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": precision,
            "PERFORMANCE_HINT": "LATENCY",  # all cores on one batch; two streams were slower
        }
        if (threads := os.environ.get("LITQUOTE_THREADS", "")).isdecimal():  # several share the machine
            settings["INFERENCE_NUM_THREADS"] = int(threads)
        if keep_compiled and os.access(folder, os.W_OK):
            # the compiled model without its weights: 0.4 MB, and 0.06 s instead of 0.17 s to load
            settings |= {"CACHE_DIR": str(folder / "compiled"), "CACHE_MODE": "OPTIMIZE_SIZE"}
        compiled = _core().compile_model(folder / "model.xml", "CPU", settings)
        self._inputs = [port.get_any_name() for port in compiled.inputs]
        self._outputs = len(compiled.outputs)
        self._request = compiled.create_infer_request()
        self._together = Together(self._computed, _fits)

    def infer(
        self, ids: Sequence[Sequence[int]], pad_id: int, types: Sequence[Sequence[int]] | None = None
    ) -> list[NDArray[np.float32]]:
        """The graph's outputs for rows of token numbers, padded with ``pad_id`` to the longest.

        ``types`` are the rows' token types, 0 where left out.
        """
        return self._together(_Rows(ids, pad_id, types))

    def _computed(self, calls: Sequence[_Rows]) -> list[list[NDArray[np.float32]]]:
        """The outputs for each of ``calls``; a request holds one computation, so one thread at a time."""
        ids = [row for call in calls for row in call.ids]
        types = [row for call in calls for row in call.types or [()] * len(call.ids)]
        given = padded(ids, calls[0].pad_id, types)
        result = self._request.infer({name: given[name] for name in self._inputs})
        outputs = [np.array(result[place], dtype=np.float32) for place in range(self._outputs)]
        ends = np.cumsum([len(call.ids) for call in calls])
        return [
            [one[end - len(call.ids) : end] for one in outputs] for call, end in zip(calls, ends, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of token numbers that one caller wants computed, and their types."""

    ids: Sequence[Sequence[int]]
    pad_id: int
    types: Sequence[Sequence[int]] | None = None

    @property
    def width(self) -> int:
        return max(map(len, self.ids), default=0)


def _fits(chosen: Sequence[_Rows], more: _Rows) -> bool:
    """Whether ``more`` is better computed with ``chosen`` than after them: see MOST_PADDING."""
    every = [*chosen, more]
    whole = sum(len(one.ids) for one in every) * max(one.width for one in every)
    padding = whole - sum(len(one.ids) * one.width for one in every)
    return padding <= MOST_PADDING and whole <= TOKEN_BUDGET and chosen[0].pad_id == more.pad_id


class OpenVINOModel:
    """A converted model, compiled for this CPU. ``encode`` may be called from several threads."""

    def __init__(
        self, folder: Path, *, precision: str, meta: dict[str, Any], keep_compiled: bool = True
    ) -> None:
        self.precision = precision
        self.dimension = int(meta["dimension"])
        self.passage_prefix = str(meta["passage_prefix"])
        self.question_prefix = str(meta["question_prefix"])
        self.tokens = Tokens(definition_in(folder), max_length=meta["max_length"], prefix=self.passage_prefix)
        self._pad_id = int(meta["pad_id"])
        self._graph = Graph(folder, precision=precision, keep_compiled=keep_compiled)

    def encode(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        """Unit rows (n, dimension) in the order of ``texts``; a text is cut at the window."""
        prefix = self.question_prefix if question else self.passage_prefix
        out = np.empty((len(texts), self.dimension), np.float32)
        for start in range(0, len(texts), SORTED_TEXTS):
            ids = self.tokens.ids([prefix + text for text in texts[start : start + SORTED_TEXTS]])
            for rows in batches([len(one) for one in ids]):
                out[[start + row for row in rows]] = self._graph.infer(
                    [ids[row] for row in rows], self._pad_id
                )[0]
        return out
