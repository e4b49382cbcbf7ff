"""The reader's network, in torch: for training, conversion, and machines that OpenVINO does not serve.

Question and passage are read together by the embedding model's body. Each token of the last layer gives
four numbers: a pooling weight and a relevance (a sentence's score is the softmax-weighted mean relevance
of its tokens), and the span's start and end; the first token gives the passage's own score. Adapters are
LoRA (Hu et al. 2021, arXiv:2106.09685) on every linear map of the encoder's layers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from index.errors import UsageError
from index.files import write_atomically
from index.torch_model import quiet

#: Numbers of a token: pooling weight, relevance, span start, span end.
OUTPUTS = 4
#: Raise when an older file of weights is to be refused.
FORMAT = 1
#: The score of a sentence that no token stands for, and the logit of what is masked.
FAR = -1e4
#: Pooling weights are exponents; beyond this they would only cost precision.
MOST_WEIGHT = 20.0


class LoraLinear(nn.Module):
    """A frozen linear map with a trained low-rank one added."""

    def __init__(self, base: nn.Linear, rank: int, alpha: float) -> None:
        super().__init__()
        self.base = base
        self.scale = alpha / rank
        self.down = nn.Parameter(torch.empty(rank, base.in_features))
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        """``x`` (..., in) to (..., out)."""
        added = nn.functional.linear(nn.functional.linear(x, self.down), self.up)
        return self.base(x) + self.scale * added

    def merged(self) -> nn.Linear:
        """The one linear map that computes the same."""
        with torch.no_grad():
            self.base.weight += self.scale * (self.up @ self.down)
        return self.base


class ReaderNet(nn.Module):
    """Token numbers (n, t) to four numbers for each token (n, t, 4) and one for each passage (n,)."""

    def __init__(self, body: nn.Module, width: int) -> None:
        super().__init__()
        self.body = body
        self.dense = nn.Linear(width, width)
        self.out = nn.Linear(width, OUTPUTS)
        self.passage_dense = nn.Linear(width, width)
        self.passage = nn.Linear(width, 1)
        self.null = nn.Parameter(torch.zeros(()))

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[Tensor, Tensor]:
        """See the class."""
        given = {
            "input_ids": input_ids,
            "attention_mask": attention_mask,
            "token_type_ids": token_type_ids,
        }
        hidden = self.body(**given).last_hidden_state
        tokens = self.out(nn.functional.gelu(self.dense(hidden)))
        passage = self.passage(nn.functional.gelu(self.passage_dense(hidden[:, 0])))
        return tokens, passage[:, 0]


def build(folder: Path, *, rank: int | None, alpha: float = 0.0) -> ReaderNet:
    """The untrained network over the embedding model in ``folder``.

    With a ``rank`` only adapters of that rank and the head are trained (``alpha`` 0: twice the rank),
    with None the encoder's layers themselves; the embedding table is frozen in either case.
    """
    with quiet():
        from transformers import AutoModel

        body = AutoModel.from_pretrained(
            str(folder), add_pooling_layer=False, dtype=torch.float32, local_files_only=True
        )
    net = ReaderNet(body, int(body.config.hidden_size))
    for parameter in (body if rank is not None else body.embeddings).parameters():
        parameter.requires_grad_(False)
    if rank is not None:
        for parent, name, module in _linear_maps(body):
            setattr(parent, name, LoraLinear(module, rank, alpha or 2.0 * rank))
    return net


def _linear_maps(body: Any, kind: type = nn.Linear) -> list[tuple[nn.Module, str, Any]]:
    """Each module of ``kind`` in the encoder's layers, with its parent and its name there."""
    found = []
    for layer in body.encoder.layer:
        for path, module in layer.named_modules():
            if isinstance(module, kind):
                parent, _, name = path.rpartition(".")
                found.append((layer.get_submodule(parent), name, module))
    return found


def trained(net: ReaderNet) -> dict[str, Tensor]:
    """What training changes, by name."""
    return {name: p.detach() for name, p in net.named_parameters() if p.requires_grad}


def merge(net: ReaderNet) -> ReaderNet:
    """``net`` with its adapters worked into the weights, ready for use: no dropout, no gradients."""
    for parent, name, module in _linear_maps(net.body, LoraLinear):
        setattr(parent, name, module.merged())
    net.eval().requires_grad_(False)
    return net


def save(net: ReaderNet, path: Path, meta: Mapping[str, Any]) -> None:
    """Write what training changed as 16-bit safetensors, ``meta`` (JSON) in its header."""
    from safetensors.torch import save as to_bytes

    weights = {name: value.half().cpu().contiguous() for name, value in trained(net).items()}
    header = {"litquote": json.dumps({"format": FORMAT, **meta})}
    write_atomically(path, to_bytes(weights, metadata=header))


def load(path: Path, folder: Path, *, merged: bool = True) -> ReaderNet:
    """The network of the weights in ``path`` over the embedding model in ``folder``.

    Raises UsageError when the file is no reader, or not one for this embedding model.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        weights = {name: value.float() for name, value in load_file(str(path)).items()}
    except (OSError, SafetensorError) as error:
        raise UsageError(f"the reader {path} cannot be read ({error}); copy it or train it again") from error
    downs = [value for name, value in weights.items() if name.endswith(".down")]
    options = meta_in(path).get("options", {})
    net = build(folder, rank=len(downs[0]) if downs else None, alpha=float(options.get("alpha") or 0))
    expected = trained(net)
    odd = sorted(weights.keys() ^ expected.keys()) or sorted(
        name for name, value in weights.items() if value.shape != expected[name].shape
    )
    if odd:
        raise UsageError(
            f"the reader {path} does not fit the model in {folder} ({odd[0]}); train it again on that model"
        )
    net.load_state_dict(weights, strict=False)
    return merge(net) if merged else net


def meta_in(path: Path) -> dict[str, Any]:
    """What :func:`save` was told. Raises UsageError for a file that it did not write."""
    try:
        with path.open("rb") as stream:
            size = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(min(size, 1 << 24)))
        meta: dict[str, Any] = json.loads(header["__metadata__"]["litquote"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is no reader's weights; train them with: litquote train-reader") from error
    if int(meta.get("format", FORMAT)) > FORMAT:
        raise UsageError(f"the reader {path} was made by a newer litquote; update litquote")
    return meta


def sentence_scores(tokens: Tensor, sentence: Tensor, count: int) -> Tensor:
    """Scores (n, count) from token outputs (n, t, 4) and each token's sentence (n, t), -1 for none.

    The same as :func:`qa.reader.pooled`, for gradients. A sentence without tokens scores FAR.
    """
    inside = sentence >= 0
    weight = tokens[..., 0].float().clamp(-MOST_WEIGHT, MOST_WEIGHT).exp() * inside
    place = sentence.clamp(min=0)
    empty = torch.zeros(len(sentence), count, device=tokens.device)
    total = empty.scatter_add(1, place, weight)
    value = empty.scatter_add(1, place, weight * tokens[..., 1].float())
    return torch.where(total > 0, value / total.clamp(min=1e-30), FAR)
