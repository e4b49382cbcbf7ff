"""Development figures of a reader in training, on the fold that is held out."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from qa import metrics
from qa.reader_batches import Data
from qa.reader_loss import forward
from qa.reader_model import FAR, ReaderNet

#: Passages of each held-out example that are read.
HELD_OUT_PASSAGES = 12


def evaluate(net: ReaderNet, data: Data, *, most: int = 0, batch: int = 64) -> dict[str, Any]:
    """Figures of fold 0 by ``"set/kind"``, by ``"set"``, and their ``"mean"`` over the sets.

    ``hit@1``: the best sentence of an answerable example's own passages is right (unknown ones left
    out). ``passage``: the best passage is. ``auroc``: the best sentence's score tells the answerable
    from the others, within a set. ``most`` examples of each set and kind (0: all).
    """
    net.eval()
    examples = data.examples(held_out=True)
    kind_of = data.host["q_kind"][examples]
    if most:
        examples = np.concatenate(
            [examples[kind_of == kind][:most] for kind in np.unique(kind_of)] or [examples]
        )
    columns = [_figures_of(net, data, examples[at : at + batch]) for at in range(0, len(examples), batch)]
    table = np.concatenate(columns) if columns else np.empty((0, 4))
    kinds = np.asarray(data.kinds, dtype=object)[data.host["q_kind"][examples]]
    sets = data.sets[examples]
    figures: dict[str, Any] = {
        "kinds": {str(kind): _summary(table[kinds == kind]) for kind in sorted(set(kinds))},
        "sets": {str(name): _summary(table[sets == name]) for name in sorted(set(sets))},
    }
    names = ("hit@1", "passage", "auroc")
    known = {name: [one[name] for one in figures["sets"].values() if one[name] is not None] for name in names}
    figures["mean"] = {name: round(float(np.mean(known[name])), 4) if known[name] else 0.0 for name in names}
    return figures


def _figures_of(net: ReaderNet, data: Data, examples: Any) -> Any:
    """For each example: sentence hit, passage hit (nan where nothing is right), best score, answerable."""
    batch = data.batch(examples, data.rows(examples, HELD_OUT_PASSAGES), parts=4)
    with torch.no_grad(), torch.autocast(data.device, dtype=torch.bfloat16):
        scores, passage, _ = forward(net, batch)
    groups = len(examples)
    labels, label = batch.labels.view(groups, -1), batch.label.view(groups, -1)
    best = scores.view(groups, -1).masked_fill(labels < 0, FAR).max(1)
    hit = labels.gather(1, best.indices[:, None])[:, 0] == 1
    first = passage.view(groups, -1).masked_fill(label < 0, FAR).argmax(1, keepdim=True)
    found = label.gather(1, first)[:, 0] == 1
    some, any_passage = (labels == 1).any(1), (label == 1).any(1)
    nan = torch.tensor(float("nan"), device=hit.device)
    columns = [
        torch.where(some, hit.float(), nan),
        torch.where(any_passage, found.float(), nan),
        scores.view(groups, -1).max(1).values - net.null.detach(),
        any_passage.float(),
    ]
    return torch.stack(columns, 1).double().cpu().numpy()


def _summary(rows: Any) -> dict[str, Any]:
    def mean(column: Any) -> float | None:
        known = column[~np.isnan(column)]
        return round(float(known.mean()), 4) if len(known) else None

    area = metrics.auroc(rows[:, 2], rows[:, 3], metrics.once(len(rows)))[0]
    return {
        "n": len(rows),
        "hit@1": mean(rows[:, 0]),
        "passage": mean(rows[:, 1]),
        "auroc": None if np.isnan(area) else round(float(area), 4),
    }
