"""Encoding by sentence-transformers itself: on a GPU, and for models OpenVINO cannot take."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.batching import SORTED_TEXTS, batches, padded
from index.errors import EncoderError
from index.privacy import go_offline
from index.tokens import Tokens

#: Modules whose work a traced graph holds whole; a model with any other keeps to torch.
_GRAPH_MODULES = frozenset({"Transformer", "Pooling", "Normalize", "Dense"})
#: The first NVIDIA GPUs that multiply in bf16, by their compute capability: Ampere.
_HAS_BF16 = 8.0
#: Tokens in one batch on a GPU, padding included.
GPU_TOKENS = 65_536
_GRAPH_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def gpu_likely() -> bool:
    """Whether torch would find a GPU, told without importing torch (which takes seconds).

    True when the installed torch brings CUDA or ROCm and a driver for it is present; only
    :meth:`TorchModel.device` is certain.
    """
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return False
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    libraries = Path(spec.origin).parent / "lib"
    if not any(libraries.glob("*c10_cuda*")) and not any(libraries.glob("*c10_hip*")):
        return False
    drivers = (Path("/proc/driver/nvidia/version"), Path("/dev/dxg"), Path("/dev/kfd"))
    return shutil.which("nvidia-smi") is not None or any(driver.exists() for driver in drivers)


def gpu_precision() -> str:
    """What the GPU computes in: ``"bf16"`` since NVIDIA's Ampere, ``"f16"`` before, told without torch.

    ``"f32"`` where the driver does not say what it is.
    """
    command = ["nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
        return "bf16" if min(float(line) for line in said.split()) >= _HAS_BF16 else "f16"
    except (OSError, ValueError, subprocess.SubprocessError):
        return "f32"


class TorchModel:
    """A loaded SentenceTransformer, with vectors in 32-bit floats or, for a GPU, computed in 16.

    ``precision`` ``"bf16"`` or ``"f16"`` multiplies matrices in that, in batches filled by tokens; a model
    that cannot be run so says ``"f32"`` in its ``precision``. Raises EncoderError when the files in
    ``folder`` cannot be loaded.
    """

    def __init__(self, folder: Path, *, device: str | None = None, precision: str = "f32") -> None:
        go_offline()
        with quiet():
            from sentence_transformers import SentenceTransformer

            try:
                self.model: Any = SentenceTransformer(
                    str(folder), device=device, local_files_only=True, model_kwargs=_as_f32(folder)
                )
            except Exception as error:  # whatever a damaged or foreign model makes the libraries raise
                reason = str(error).strip().split("\n")[0]
                raise EncoderError(
                    f"the model in {folder} cannot be loaded ({type(error).__name__}: {reason}); download or"
                    " copy it again, or choose another model"
                ) from error
        self.dimension = int(self.model.get_embedding_dimension())
        self.passage_prefix = _prefix(self.model, "document", "passage", "corpus")
        self.question_prefix = _prefix(self.model, "query")
        limit = self.model.max_seq_length
        self.max_length = None if limit is None or not 0 < limit < 1_000_000 else int(limit)
        self.tokens = Tokens(self.definition(), max_length=self.max_length, prefix=self.passage_prefix)
        self.precision = "f32"
        if precision != "f32":
            with contextlib.suppress(EncoderError):
                self._graph, example, self._pad_id = self.graph(self.model.device)
                self._inputs, self.precision = tuple(example), precision

    @property
    def device(self) -> str:
        """Where it computes: ``"cpu"``, ``"cuda"``, ``"mps"``."""
        return str(self.model.device.type)

    def encode(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        """Unit rows (n, dimension), as sentence-transformers' encode_document or encode_query."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        if self.precision != "f32":
            return self._in_half(texts, self.question_prefix if question else self.passage_prefix)
        encode = self.model.encode_query if question else self.model.encode_document
        rows = encode(list(texts), normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False)
        return np.asarray(rows, dtype=np.float32)

    def _in_half(self, texts: Sequence[str], prefix: str) -> NDArray[np.float32]:
        """Unit rows, the matrices multiplied in 16 bits and the rest computed in 32."""
        import torch

        kind = torch.bfloat16 if self.precision == "bf16" else torch.float16
        device = self.model.device
        out = np.empty((len(texts), self.dimension), np.float32)
        with torch.inference_mode(), torch.autocast(device.type, dtype=kind):
            for start in range(0, len(texts), SORTED_TEXTS):
                ids = self.tokens.ids([prefix + text for text in texts[start : start + SORTED_TEXTS]])
                for rows in batches([len(one) for one in ids], budget=GPU_TOKENS):
                    given = padded([ids[row] for row in rows], self._pad_id)
                    tensors = {name: torch.from_numpy(given[name]).to(device) for name in self._inputs}
                    found = self._graph(**tensors).float()
                    out[[start + row for row in rows]] = found.cpu().numpy()
        return out

    def definition(self) -> str:
        """The tokenizer as sentence-transformers uses it, in the form of a ``tokenizer.json``."""
        from tokenizers import Tokenizer

        outer = self.model.tokenizer
        inner = getattr(outer, "backend_tokenizer", outer)
        if not isinstance(inner, Tokenizer):
            raise EncoderError(
                f"the model's tokenizer ({type(outer).__name__}) cannot say where its tokens stand in the"
                " text; choose a model with a tokenizer.json"
            )
        copy = Tokenizer.from_str(inner.to_str())
        copy.no_padding()
        copy.no_truncation()
        if self.max_length is not None:
            copy.enable_truncation(self.max_length, direction=getattr(outer, "truncation_side", "right"))
        return copy.to_str()

    def graph(self, device: Any = "cpu") -> tuple[Any, dict[str, Any], int]:
        """What a converter needs: a torch module from token numbers to unit rows, an example of its
        arguments by name, and the number that pads.

        The module runs the model's own modules, so pooling and all are the model's by construction.
        Raises EncoderError for a model that cannot be run so.
        """
        import torch

        kinds = [type(module).__name__ for module in self.model]
        first = self.model[0]
        if kinds[0] != "Transformer" or not _GRAPH_MODULES.issuperset(kinds):
            raise EncoderError(f"the modules {', '.join(kinds)} have no conversion")
        special = ("query_length", "document_length", "query_expansion")
        if "message" in first.modality_config or any(
            getattr(first, one, None) is not None for one in special
        ):
            raise EncoderError("questions and passages go through different templates")
        whole = all(getattr(module, "include_prompt", True) for module in self.model)
        if not whole and (self.passage_prefix or self.question_prefix):
            raise EncoderError("its pooling leaves out the prefix")
        features = self.model.preprocess(["one of two", "two of two, and the longer"])
        example = {name: features[name] for name in _GRAPH_INPUTS if name in features}
        others = {name for name, value in features.items() if isinstance(value, torch.Tensor)} - set(example)
        if others:
            raise EncoderError(f"it takes the inputs {', '.join(sorted(others))}")

        class Graph(torch.nn.Module):
            """From token numbers (n, length) to unit rows (n, dimension)."""

            def __init__(self, modules: Any) -> None:
                super().__init__()
                self.steps = modules

            def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any = None) -> Any:
                given = {"input_ids": input_ids, "attention_mask": attention_mask}
                if token_type_ids is not None:
                    given["token_type_ids"] = token_type_ids
                for step in self.steps:
                    given = step(given)
                return torch.nn.functional.normalize(given["sentence_embedding"], p=2, dim=-1)

        example = {name: tensor.to(device) for name, tensor in example.items()}
        return Graph(self.model).to(device).eval(), example, int(self.model.tokenizer.pad_token_id or 0)


def _prefix(model: Any, *names: str) -> str:
    """The first prompt among ``names`` that the model has, else its default prompt."""
    for name in names:
        if name in model.prompts:
            return str(model.prompts[name])
    return str(model.prompts.get(model.default_prompt_name, ""))


def _as_f32(folder: Path) -> dict[str, Any]:
    """Weights saved in half precision are still computed with in 32 bits: the label says so."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        kind = json.loads((folder / "modules.json").read_text("utf-8"))[0]["type"]
        if not kind.endswith(".Transformer"):
            return {}
    return {"dtype": "float32"}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep progress bars and advice of the libraries below off the terminal while loading."""
    from transformers.utils import logging as verbosity

    before, bars = verbosity.get_verbosity(), verbosity.is_progress_bar_enabled()
    verbosity.set_verbosity(logging.ERROR)
    verbosity.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        verbosity.set_verbosity(before)
        if bars:
            verbosity.enable_progress_bar()
