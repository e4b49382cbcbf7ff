"""Training data of the reader as flat arrays: tokenised once, joined to batches by indexing alone.

A folder of training data holds two gzipped JSON-lines files. ``passages.jsonl.gz``, each passage once::

    {"title": "…", "text": "…", "sentences": [[start, end], …]}

and ``questions.jsonl.gz``, which name passages by their line (from 0); positions are code points::

    {"id": "…", "set": "…", "kind": "…", "fold": 0-4, "question": "…", "passages": [
        {"p": 17, "labels": [1, 0, -1], "label": 1, "spans": [[start, end]]}, …]}

A label is 1 (answers), 0 (does not) or -1 (unknown), for each sentence and for the passage. Fold 0 is
never trained on.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import UsageError

#: What the network reads: [CLS] question [SEP] title ``:`` passage [SEP].
WINDOW = 256
QUESTION_TOKENS = 64
TITLE_TOKENS = 24

Arrays = dict[str, NDArray[Any]]

_TYPES: dict[str, Any] = {
    "p_ids": np.uint16, "q_ids": np.uint16, "p_sentence": np.int16, "p_head": np.int16,
    "r_label": np.int8, "r_labels": np.int8, "r_start": np.int16, "r_end": np.int16,
    "q_fold": np.int8, "q_kind": np.int16,
}  # fmt: skip
_BATCH = 4096


def pack(folder: Path, tokenizer: Any) -> Arrays:
    """The data in ``folder`` as arrays. ``tokenizer`` is a ``tokenizers.Tokenizer`` that cuts nothing.

    Passages: ``p_ids`` and ``p_sentence`` (of each token; -1 in the title) from ``p_at[i]`` to
    ``p_at[i + 1]``, of which the first ``p_head`` are the title's. Questions: ``q_ids`` from ``q_at``,
    ``q_fold``, ``q_kind`` (place in ``kinds``, "set/kind"). Rows join them: ``r_passage``, ``r_label``,
    ``r_start`` and ``r_end`` (first and last token of a span, -1 without) and ``r_labels`` (from
    ``r_at``), those of question j from ``e_at[j]`` to ``e_at[j + 1]``. ``special``: the numbers of [CLS]
    and [SEP]. Raises UsageError for data that is not as the module says.
    """
    try:
        return _pack(folder, tokenizer)
    except (OSError, EOFError, ValueError, KeyError, TypeError, IndexError) as error:
        raise UsageError(
            f"the training data in {folder} cannot be read ({error!r}); build it again"
        ) from error


def _pack(folder: Path, tokenizer: Any) -> Arrays:
    parts: dict[str, list[Any]] = {name: [] for name in ("p_ids", "p_sentence", "p_head", "p_size")}
    offsets: list[NDArray[np.int32]] = []
    colon = tokenizer.encode(":", add_special_tokens=False).ids
    for records in _batches(folder / "passages.jsonl.gz"):
        titles = _encoded(tokenizer, [one["title"] for one in records])
        texts = _encoded(tokenizer, [one["text"] for one in records])
        for record, title, text in zip(records, titles, texts, strict=True):
            head = [*title.ids[:TITLE_TOKENS], *colon] if title.ids else []
            room = WINDOW - QUESTION_TOKENS - 3 - len(head)
            places = np.asarray(text.offsets[:room], np.int32).reshape(-1, 2)
            starts = [start for start, _ in record["sentences"]]
            of = np.maximum(np.searchsorted(starts, places[:, 0], side="right") - 1, 0)
            parts["p_ids"].append([*head, *text.ids[:room]])
            parts["p_sentence"].append(np.concatenate([np.full(len(head), -1), of]))
            parts["p_head"].append(len(head))
            parts["p_size"].append(len(head) + len(places))
            offsets.append(places)
    found: dict[str, Any] = {
        "p_ids": np.concatenate(parts["p_ids"]),
        "p_sentence": np.concatenate(parts["p_sentence"]),
        "p_head": parts["p_head"],
        "special": [tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")],
        "p_at": np.concatenate([[0], np.cumsum(parts["p_size"])]),
    }
    found |= _rows(folder, tokenizer, offsets, parts["p_head"])
    return {name: np.asarray(values, _TYPES.get(name)) for name, values in found.items()}


def _rows(
    folder: Path, tokenizer: Any, offsets: Sequence[NDArray[np.int32]], heads: Sequence[int]
) -> dict[str, Any]:
    flat = ("q_ids", "q_fold", "r_passage", "r_label", "r_labels", "r_start", "r_end")
    found: dict[str, list[Any]] = {name: [] for name in flat} | {"q_at": [0], "e_at": [0], "r_at": [0]}
    kinds: list[str] = []
    for records in _batches(folder / "questions.jsonl.gz"):
        asked = _encoded(tokenizer, [record["question"] for record in records])
        for record, question in zip(records, asked, strict=True):
            kinds.append(f"{record['set']}/{record['kind']}")
            found["q_ids"] += question.ids[:QUESTION_TOKENS]
            found["q_at"].append(len(found["q_ids"]))
            found["q_fold"].append(record["fold"])
            for entry in record["passages"]:
                passage = entry["p"]
                found["r_passage"].append(passage)
                found["r_label"].append(entry["label"])
                found["r_labels"] += entry["labels"]
                found["r_at"].append(len(found["r_labels"]))
                start, end = _tokens_of(offsets[passage], entry["spans"], heads[passage])
                found["r_start"].append(start)
                found["r_end"].append(end)
            found["e_at"].append(len(found["r_passage"]))
    names = sorted(set(kinds))
    place = {name: number for number, name in enumerate(names)}
    positions = {name: np.asarray(found[name], np.int64) for name in ("q_at", "e_at", "r_at", "r_passage")}
    return {**found, **positions, "q_kind": [place[kind] for kind in kinds], "kinds": np.asarray(names)}


def _batches(path: Path) -> Iterator[list[dict[str, Any]]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        batch: list[dict[str, Any]] = []
        for line in stream:
            batch.append(json.loads(line))
            if len(batch) == _BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def _encoded(tokenizer: Any, texts: Sequence[str]) -> list[Any]:
    found: list[Any] = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return found


def _tokens_of(offsets: NDArray[np.int32], spans: Sequence[Sequence[int]], head: int) -> tuple[int, int]:
    """First and last token of the first span that the window holds, counted from the head, else (-1, -1)."""
    for start, end in spans:
        inside = np.flatnonzero((offsets[:, 0] < end) & (offsets[:, 1] > start))
        if len(inside) and offsets[inside[-1], 1] >= end:
            return int(inside[0]) + head, int(inside[-1]) + head
    return -1, -1
