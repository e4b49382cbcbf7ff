"""Batches of the reader's training data: everything lies on the device, a batch is indexing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from qa.readpack import WINDOW, Arrays

#: Passages of a question that answer it, at most, in a training batch: the rest are negatives.
MOST_GOLD = 2
#: Sets whose questions were made by rule.
BY_RULE = ("abstracts-scale", "fulltext-scale", "structured-abstracts", "deepreview")
#: A label of what is not there.
MISSING = -2

Rows = NDArray[np.int64]


@dataclass(slots=True)
class Batch:
    """The passages of ``groups`` questions, ``most`` places each.

    ``parts`` hold the network's inputs (and ``sentence``, ``inside``, ``start``, ``end``) for rows of
    like length; ``place`` says where each row of all parts stands among the groups * most places.
    ``labels`` (groups * most, sentences) and ``label`` (groups * most) are MISSING where nothing stands.
    """

    parts: list[dict[str, Tensor]]
    place: Tensor
    labels: Tensor
    label: Tensor
    groups: int
    rows: int


class Data:
    """Packed arrays (:func:`qa.readpack.pack`) on a device."""

    def __init__(self, arrays: Arrays, device: str) -> None:
        self.device = device
        self.kinds = [str(kind) for kind in arrays["kinds"]]
        self.sets = np.asarray([kind.partition("/")[0] for kind in self.kinds])[arrays["q_kind"]]
        self.host = {name: values for name, values in arrays.items() if name != "kinds"}
        self._cls, self._sep = arrays["special"].tolist()
        self.sentences = 1 + int(arrays["p_sentence"].max())
        self._on: dict[str, Tensor] = {}
        for name, values in self.host.items():
            wide = values.astype(np.int32) if values.dtype == np.uint16 else values
            self._on[name] = torch.as_tensor(wide, device=device)
        self._p_size = np.diff(self.host["p_at"])
        self._q_size = np.diff(self.host["q_at"])
        self._padding = torch.arange(self.sentences, device=device)

    def examples(
        self, kinds: Sequence[str] = (), exclude: Sequence[str] = (), *, held_out: bool = False
    ) -> Rows:
        """The examples of folds 1 to 4 (of fold 0 when ``held_out``) whose "set/kind" is asked for.

        A pattern is a set, a kind, or both with a slash, with ``*`` for anything.
        """

        def matches(name: str, patterns: Sequence[str]) -> bool:
            names = (name, *name.split("/", 1))
            return any(fnmatchcase(one, pattern) for one in names for pattern in patterns)

        wanted = [(not kinds or matches(name, kinds)) and not matches(name, exclude) for name in self.kinds]
        allowed = np.asarray(wanted, bool)[self.host["q_kind"]]
        return np.flatnonzero(allowed & ((self.host["q_fold"] == 0) == held_out))

    def rows(self, examples: Rows, most: int, chance: np.random.Generator | None = None) -> Rows:
        """Rows (n, most) of each example, -1 where it has fewer.

        With ``chance`` at most MOST_GOLD that answer and the rest drawn at random; else the first.
        """
        chosen = np.full((len(examples), most), -1, np.int64)
        low, high = self.host["e_at"][examples], self.host["e_at"][examples + 1]
        for place, (first, after) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
            if chance is None:
                picked = np.arange(first, min(after, first + most))
            else:
                answers = self.host["r_label"][first:after] == 1
                order = first + chance.permutation(after - first)
                answering = answers[order - first]
                gold = order[answering][:MOST_GOLD]
                picked = np.concatenate([gold, order[~answering][: most - len(gold)]])
            chosen[place, : len(picked)] = picked
        return chosen

    def batch(self, examples: Rows, rows: Rows, *, parts: int = 2, drop: NDArray[Any] | None = None) -> Batch:
        """The batch of ``rows`` (n, most); ``drop`` (n, most) true reads a passage without its title."""
        flat = rows.ravel()
        place = np.flatnonzero(flat >= 0)
        row, question = flat[place], np.repeat(examples, rows.shape[1])[place]
        passage = self.host["r_passage"][row]
        skipped = (
            np.zeros(len(row), np.int64)
            if drop is None
            else drop.ravel()[place] * self.host["p_head"][passage]
        )
        q_size, p_size = self._q_size[question], self._p_size[passage] - skipped
        size = np.minimum(q_size + p_size + 3, WINDOW)
        order = np.argsort(size, kind="stable")
        pieces = []
        for piece in np.array_split(order, min(parts, len(order))):
            width = min(WINDOW, -(-int(size[piece].max()) // 8) * 8)
            numbers = np.stack([row[piece], question[piece], passage[piece], skipped[piece]])
            pieces.append(self._part(self._put(numbers), width))
        places = self._put(place[order])
        label = torch.full((len(flat),), MISSING, device=self.device)
        labels = torch.full((len(flat), self.sentences), MISSING, device=self.device)
        sorted_rows = self._put(row[order])
        label[places] = self._on["r_label"][sorted_rows].long()
        labels[places] = self._labels(sorted_rows)
        return Batch(pieces, places, labels, label, len(rows), len(row))

    def _put(self, numbers: NDArray[Any]) -> Tensor:
        on_host = torch.from_numpy(np.ascontiguousarray(numbers, np.int64))
        return on_host.pin_memory().to(self.device, non_blocking=True) if self.device == "cuda" else on_host

    def _labels(self, rows: Tensor) -> Tensor:
        at = self._on["r_at"][rows][:, None] + self._padding
        there = at < self._on["r_at"][rows + 1][:, None]
        labels = self._on["r_labels"][at.clamp(max=len(self._on["r_labels"]) - 1)].long()
        return torch.where(there, labels, MISSING)

    def _part(self, numbers: Tensor, width: int) -> dict[str, Tensor]:
        on = self._on
        row, question, passage, skipped = numbers
        q_from, p_from = on["q_at"][question], on["p_at"][passage] + skipped
        q = (on["q_at"][question + 1] - q_from)[:, None]
        p = (on["p_at"][passage + 1] - p_from)[:, None]
        size = (q + p + 3).clamp(max=WINDOW)
        at = torch.arange(width, device=self.device)[None, :]
        asked = (at >= 1) & (at <= q)
        read = (at >= q + 2) & (at < size - 1)
        q_place = (q_from[:, None] + at - 1).clamp(0, len(on["q_ids"]) - 1)
        p_place = (p_from[:, None] + at - q - 2).clamp(0, len(on["p_ids"]) - 1)
        ids = torch.where(asked, on["q_ids"][q_place], 0) + torch.where(read, on["p_ids"][p_place], 0)
        ids = torch.where(at == 0, self._cls, torch.where((at == q + 1) | (at == size - 1), self._sep, ids))
        mask = at < size
        sentence = torch.where(read, on["p_sentence"][p_place].long(), -1)
        # a span counts from the head's first token, which may be left out
        shift = q[:, 0] + 2 - skipped
        start, end = on["r_start"][row].long(), on["r_end"][row].long()
        known = (start >= 0) & (end + shift < size[:, 0] - 1)
        return {
            "input_ids": (ids * mask).long(),
            "attention_mask": mask.long(),
            "token_type_ids": (mask & (at >= q + 2)).long(),
            "sentence": sentence,
            "inside": sentence >= 0,
            "start": torch.where(known, start + shift, -100),
            "end": torch.where(known, end + shift, -100),
        }


def training_batches(
    data: Data,
    examples: Rows,
    *,
    groups: int,
    most: int,
    human: float,
    title_drop: float,
    seed: int,
    step: int = 0,
    parts: int = 2,
) -> Iterator[Batch]:
    """Batches without end from step ``step`` on; one seed gives one order.

    Questions that people asked are drawn ``human`` times as often as those made by rule.
    """
    weight = np.where(np.isin(data.sets[examples], BY_RULE), 1.0, human)
    bounds = np.cumsum(weight) / weight.sum()
    while True:
        chance = np.random.default_rng((seed, step))
        drawn = examples[np.minimum(np.searchsorted(bounds, chance.random(groups)), len(examples) - 1)]
        rows = data.rows(drawn, most, chance)
        yield data.batch(drawn, rows, parts=parts, drop=chance.random(rows.shape) < title_drop)
        step += 1
