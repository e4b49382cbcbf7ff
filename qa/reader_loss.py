"""What the reader is trained towards: several tasks at once, each from one pass over a passage."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from qa.reader_batches import MISSING, Batch
from qa.reader_model import FAR, ReaderNet, sentence_scores
from qa.train_options import Weights


def forward(net: ReaderNet, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Sentence scores (places, sentences), passage scores (places,), FAR where there are none, and the
    mean cross entropy of the spans' ends.
    """
    scores, passages = [], []
    span_sum, spans = torch.zeros((), device=batch.label.device), torch.zeros((), device=batch.label.device)
    for part in batch.parts:
        inputs = (part["input_ids"], part["attention_mask"], part["token_type_ids"])
        tokens, passage = net(*inputs)
        scores.append(sentence_scores(tokens, part["sentence"], batch.labels.shape[1]))
        passages.append(passage.float())
        logits = tokens[..., 2:].float().masked_fill(~part["inside"][..., None], FAR)
        for number, name in enumerate(("start", "end")):
            span_sum = span_sum + functional.cross_entropy(logits[..., number], part[name], reduction="sum")
            spans = spans + (part[name] >= 0).sum()
    every = torch.full(batch.labels.shape, FAR, device=batch.label.device)
    whole = every.index_copy(0, batch.place, torch.cat(scores))
    passage = every[:, 0].index_copy(0, batch.place, torch.cat(passages))
    return whole, passage, 2 * span_sum / spans.clamp(min=1)


def losses(net: ReaderNet, batch: Batch, weights: Weights) -> dict[str, Tensor]:
    """The losses of a batch by name; ``"loss"`` is their weighted sum.

    ``listwise``: minus the log of the share that right sentences (or the null answer, where none is
    right) have in the softmax over all sentences of a question's passages. ``absolute``: binary cross
    entropy of each sentence's score over the null's, right and wrong ones in equal parts. ``passage``:
    binary and listwise over passages. ``span``: cross entropy of start and end inside the passage.
    What is unknown enters none of them, with one exception: where a passage answers and nobody says
    which of its sentences does, any of them may.
    """
    scores, passage, span = forward(net, batch)
    labels = torch.where(scores > FAR, batch.labels, MISSING)
    groups = batch.groups
    marked = (labels == 1).view(groups, -1).any(1).repeat_interleave(len(labels) // groups)
    maybe = (labels == -1) & (batch.label == 1)[:, None] & ~marked[:, None]
    answers = ((labels == 1) | maybe).view(groups, -1)
    listwise = _listwise(scores.view(groups, -1), answers, ((labels >= 0) | maybe).view(groups, -1), net.null)
    right, wrong = batch.label == 1, batch.label == 0
    some = right.view(groups, -1).any(1)
    # where the answer stands beyond the window, the null answer would be a lie
    told = answers.any(1) | ~some
    first = (listwise * told).sum() / told.sum().clamp(min=1)
    absolute = _balanced(scores - net.null, labels == 1, labels == 0)
    by_passage = _binary(passage, right, right | wrong)
    ranked = _listwise(
        passage.view(groups, -1), right.view(groups, -1), (right | wrong).view(groups, -1), None
    )
    passages = by_passage + (ranked * some).sum() / some.sum().clamp(min=1)
    total = first + weights.sentence * absolute + weights.passage * passages + weights.span * span
    return {
        "loss": total,
        "listwise": first,
        "absolute": absolute,
        "passage": passages,
        "span": span,
    }


def _listwise(scores: Tensor, right: Tensor, counted: Tensor, null: Tensor | None) -> Tensor:
    """Per question (n,): log of all that is counted less log of what is right; ``null`` is right alone."""
    every, good = scores.masked_fill(~counted, FAR), scores.masked_fill(~right, FAR)
    if null is not None:
        column = null.expand(len(scores), 1)
        every = torch.cat([every, column], 1)
        good = torch.cat([good, column.masked_fill(right.any(1, keepdim=True), FAR)], 1)
    return every.logsumexp(1) - good.logsumexp(1)


def _binary(scores: Tensor, right: Tensor, counted: Tensor) -> Tensor:
    each = functional.binary_cross_entropy_with_logits(scores, right.float(), reduction="none")
    return torch.where(counted, each, 0.0).sum() / counted.sum().clamp(min=1)


def _balanced(scores: Tensor, right: Tensor, wrong: Tensor) -> Tensor:
    bounded = scores.clamp(-30, 30)
    return _binary(bounded, right, right) + _binary(bounded, right, wrong)
