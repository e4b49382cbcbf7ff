"""The reader's trainer: what is packed is what was written, the losses are those of the book, it learns."""

from __future__ import annotations

import gzip
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.errors import UsageError
from qa.readpack import WINDOW, pack

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ":", ".", ",", "what", "heals", "the", "does", "cure"]
WORDS += [f"drug{n}" for n in range(40)] + [f"ill{n}" for n in range(40)]


def _tiny(folder: Path) -> Path:
    """A random two-layer BERT that knows the words above."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(3)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(WORDS), "utf-8")
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        hidden_dropout_prob=0.1,
        attention_probs_dropout_prob=0.1,
    )
    BertModel(config).save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


def _toy(folder: Path, count: int = 24, *, fold: int = 1) -> Path:
    """``count`` questions "what heals illN": one sentence of one passage of three names the drug."""
    folder.mkdir(parents=True, exist_ok=True)
    passages, questions = [], []
    for n in range(count):
        other = (n + 1) % count
        texts = [
            f"drug{other} , ill{other}. drug{n} heals the ill{n}.",
            f"drug{n}. ill{other}.",
            f"ill{n} , the.",
        ]
        entries = []
        for place, text in enumerate(texts):
            cut = text.index(".") + 1
            sentences = [[0, cut], [cut + 1, len(text)]] if cut < len(text) else [[0, cut]]
            passages.append({"title": "the cure", "text": text, "sentences": sentences})
            labels = [0, 1] if place == 0 else [0] * len(sentences)
            spans = [[text.index(f"drug{n} heals"), text.index(" heals")]] if place == 0 else []
            entries.append(
                {"p": len(passages) - 1, "labels": labels, "label": int(place == 0), "spans": spans}
            )
        none = n % 6 == 5
        questions.append(
            {
                "id": str(n),
                "set": "toy" if n % 2 else "abstracts-scale",
                "kind": "none" if none else "question",
                "fold": fold if n % 8 else 0,
                "question": f"what heals ill{n}",
                "passages": entries[1:] if none else entries,
            }
        )
    for name, records in (("passages", passages), ("questions", questions)):
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as stream:
            stream.writelines(json.dumps(record) + "\n" for record in records)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Any:
    from qa.reader_batches import Data
    from qa.train_reader import arrays_of

    return Data(arrays_of(_toy(tmp_path_factory.mktemp("toy")), model), "cpu")


def _tokenizer(model: Path) -> Any:
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(model / "tokenizer.json"))


def test_packed_data_says_what_the_lines_said(tmp_path: Path, model: Path) -> None:
    tokenizer = _tokenizer(model)
    arrays = pack(_toy(tmp_path), tokenizer)
    low, high = arrays["p_at"][:2]
    assert (
        tokenizer.decode(arrays["p_ids"][low:high].tolist())
        == "the cure : drug1, ill1. drug0 heals the ill0."
    )
    assert arrays["p_sentence"][low:high].tolist() == [-1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    assert (arrays["r_start"][0], arrays["r_end"][0]) == (7, 7)
    assert arrays["r_labels"][: arrays["r_at"][1]].tolist() == [0, 1]
    assert arrays["r_label"][:3].tolist() == [1, 0, 0]
    assert arrays["kinds"][arrays["q_kind"][5]] == "toy/none"


def test_data_that_is_cut_short_is_refused_with_its_place(tmp_path: Path, model: Path) -> None:
    folder = _toy(tmp_path)
    (folder / "questions.jsonl.gz").write_bytes((folder / "questions.jsonl.gz").read_bytes()[:100])
    with pytest.raises(UsageError, match="cannot be read"):
        pack(folder, _tokenizer(model))


def test_a_batch_holds_the_tokens_of_question_title_and_passage(data: Any, model: Path) -> None:
    """The oracle joins the texts by hand."""
    tokenizer = _tokenizer(model)
    examples = data.examples()[:4]
    rows = data.rows(examples, 5)
    drop = np.arange(rows.size).reshape(rows.shape) % 2 == 1
    batch = data.batch(examples, rows, parts=3, drop=drop)
    got = {}
    start = 0
    for part in batch.parts:
        for n in range(len(part["input_ids"])):
            size = int(part["attention_mask"][n].sum())
            got[int(batch.place[start + n])] = {
                name: value[n][:size].tolist() for name, value in part.items() if value.dim() > 1
            }
        start += len(part["input_ids"])
    assert sorted(got) == np.flatnonzero(rows.ravel() >= 0).tolist()
    for place, found in got.items():
        row, question = rows.ravel()[place], np.repeat(examples, 5)[place]
        low, high = (
            data.host["p_at"][data.host["r_passage"][row]],
            data.host["p_at"][data.host["r_passage"][row] + 1],
        )
        passage, sentence = data.host["p_ids"][low:high].tolist(), data.host["p_sentence"][low:high].tolist()
        if drop.ravel()[place]:
            passage, sentence = passage[3:], sentence[3:]
        asked = data.host["q_ids"][data.host["q_at"][question] : data.host["q_at"][question + 1]].tolist()
        assert found["input_ids"] == [2, *asked, 3, *passage, 3]
        assert found["token_type_ids"] == [0] * (len(asked) + 2) + [1] * (len(passage) + 1)
        assert found["sentence"] == [-1] * (len(asked) + 2) + sentence + [-1]
        assert tokenizer.decode(asked).startswith("what heals ill")
    first = rows[1, 0]
    labels = data.host["r_labels"][data.host["r_at"][first] : data.host["r_at"][first + 1]].tolist()
    assert batch.labels[5].tolist()[: len(labels)] == labels
    assert set(batch.label[rows.ravel() < 0].tolist()) == {-2}


def test_spans_stay_on_their_words_when_the_title_is_left_out(data: Any) -> None:
    examples = data.examples(kinds=["question"])[:2]
    rows = data.rows(examples, 1)
    for dropped in (False, True):
        part = data.batch(examples, rows, parts=1, drop=np.full(rows.shape, dropped)).parts[0]
        for n in range(2):
            word = WORDS[int(part["input_ids"][n, part["start"][n]])]
            assert word.startswith("drug") and WORDS[int(part["input_ids"][n, part["end"][n] + 1])] == "heals"


def test_no_batch_is_wider_than_the_window(tmp_path: Path, model: Path) -> None:
    from qa.reader_batches import Data

    folder = _toy(tmp_path)
    text = "drug1 heals. " * 200
    lines = gzip.decompress((folder / "passages.jsonl.gz").read_bytes()).decode().splitlines()
    sentences = [[13 * n, 13 * n + 12] for n in range(200)]
    lines[3] = json.dumps({"title": "the " * 50, "text": text, "sentences": sentences})
    (folder / "passages.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    loaded = Data(pack(folder, _tokenizer(model)), "cpu")
    examples = loaded.examples()[:3]
    batch = loaded.batch(examples, loaded.rows(examples, 4))
    assert max(part["input_ids"].shape[1] for part in batch.parts) <= WINDOW


def test_the_loss_worked_out_by_hand() -> None:
    """Three sentences of one question, scores 1, 2 and 0 (unknown), null 0.5; the first is right."""
    import torch

    from qa import reader_loss

    scores, none = torch.tensor([[1.0, 2.0, 0.0]]), torch.tensor(0.5)
    right = torch.tensor([[True, False, False]])
    counted = torch.tensor([[True, True, False]])
    found = float(reader_loss._listwise(scores, right, counted, none)[0])
    assert found == pytest.approx(math.log(math.exp(1) + math.exp(2) + math.exp(0.5)) - 1, abs=1e-5)
    nothing = torch.zeros_like(right)
    found = float(reader_loss._listwise(scores, nothing, counted, none)[0])
    assert found == pytest.approx(math.log(math.exp(1) + math.exp(2) + math.exp(0.5)) - 0.5, abs=1e-5)
    both = float(reader_loss._balanced(torch.tensor([[1.0, 2.0, 0.0]]), right, counted & ~right))
    assert both == pytest.approx(math.log(1 + math.exp(-1)) + math.log(1 + math.exp(2)), abs=1e-5)


def test_sentence_scores_equal_a_plain_loop() -> None:
    import torch

    from qa.reader_model import FAR, sentence_scores

    torch.manual_seed(0)
    tokens = torch.randn(3, 9, 4) * 3
    sentence = torch.randint(-1, 3, (3, 9))
    found = sentence_scores(tokens, sentence, 4)
    for n in range(3):
        for s in range(4):
            inside = [
                (float(w), float(v)) for (w, v, *_), of in zip(tokens[n], sentence[n], strict=True) if of == s
            ]
            total = sum(math.exp(w) for w, _ in inside)
            expected = sum(math.exp(w) * v for w, v in inside) / total if inside else FAR
            assert float(found[n, s]) == pytest.approx(expected, abs=1e-4)


def test_what_is_unknown_has_no_part_in_the_loss(data: Any, model: Path) -> None:
    import torch

    from qa import reader_model
    from qa.reader_loss import losses
    from qa.train_options import Weights

    torch.manual_seed(1)
    net = reader_model.build(model, rank=4).eval()
    examples = data.examples(kinds=["question"])[:4]
    batch = data.batch(examples, data.rows(examples, 3))
    batch.labels[0] = torch.where(batch.labels[0] == 0, -1, batch.labels[0])
    before = losses(net, batch, Weights())["listwise"]
    from qa.reader_loss import forward

    with torch.no_grad():
        scores, _, _ = forward(net, batch)
    labels, terms = batch.labels.view(4, -1), []
    for n in range(4):
        row = scores.view(4, -1)[n]
        known = [float(s) for s, label in zip(row, labels[n], strict=True) if label >= 0] + [
            float(net.null.detach())
        ]
        good = [float(s) for s, label in zip(row, labels[n], strict=True) if label == 1]
        terms.append(math.log(sum(map(math.exp, known))) - math.log(sum(map(math.exp, good))))
    assert float(before.detach()) == pytest.approx(sum(terms) / 4, abs=1e-4)


def _options(**changes: Any) -> Any:
    from qa.train_options import Options

    plain = Options(rank=8, alpha=16, rate=5e-3, head_rate=5e-3, questions=8, passages=3, steps=60, seed=5)
    return replace(plain, **changes)


def test_training_learns_twenty_examples_by_heart(data: Any, model: Path, tmp_path: Path) -> None:
    from qa import reader_model
    from qa.reader_figures import evaluate
    from qa.train_reader import train

    out = tmp_path / "reader.safetensors"
    result = train(data, model, out, _options(steps=80, title_drop=0.0))
    first, last = result["log"][0], next(line for line in reversed(result["log"]) if "loss" in line)
    assert last["loss"] < first["loss"] or len(result["log"]) < 3
    net = reader_model.load(out, model)
    seen = replace_fold(data)
    figures = evaluate(net, seen)
    assert figures["mean"]["hit@1"] == 1.0 and figures["mean"]["passage"] == 1.0
    assert figures["mean"]["auroc"] == 1.0
    meta = reader_model.meta_in(out)
    assert meta["steps"] == 80 and meta["options"]["rank"] == 8 and len(meta["base"]) == 64


def replace_fold(data: Any) -> Any:
    """The same data with its training folds as the held-out one."""
    import copy

    other = copy.copy(data)
    other.host = {**data.host, "q_fold": np.where(data.host["q_fold"] == 0, 1, 0)}
    return other


@pytest.mark.parametrize("rank", [8, None])
def test_a_resumed_training_ends_like_one_without_a_break(
    data: Any, model: Path, tmp_path: Path, rank: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors.numpy import load_file

    from qa import train_reader

    options = _options(rank=rank, steps=12)
    whole = train_reader.train(data, model, tmp_path / "whole.safetensors", options)
    advance = train_reader._Run.advance

    def killed(self: Any, *arguments: Any) -> None:
        advance(self, *arguments)
        if self.step == 7:
            self._keep(self.state_file)
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(train_reader._Run, "advance", killed)
        train_reader.train(data, model, tmp_path / "part.safetensors", options, checkpoint=tmp_path / "state")
    part = train_reader.train(
        data, model, tmp_path / "part.safetensors", options, checkpoint=tmp_path / "state"
    )
    assert part["steps"] == whole["steps"] == 12
    left, right = load_file(tmp_path / "whole.safetensors"), load_file(tmp_path / "part.safetensors")
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_array_equal(left[name], right[name], err_msg=name)


def test_a_checkpoint_of_other_options_is_not_continued(data: Any, model: Path, tmp_path: Path) -> None:
    from qa.train_reader import train

    train(data, model, tmp_path / "one.safetensors", _options(steps=2), checkpoint=tmp_path)
    with pytest.raises(UsageError, match="other options"):
        train(data, model, tmp_path / "two.safetensors", _options(steps=2, seed=6), checkpoint=tmp_path)


def test_fold_0_is_never_trained_on_and_kinds_choose(data: Any) -> None:
    folds, kinds = data.host["q_fold"], [data.kinds[k] for k in data.host["q_kind"]]
    assert all(folds[data.examples()] != 0) and all(folds[data.examples(held_out=True)] == 0)
    assert {kinds[n] for n in data.examples(["toy"], ["*/none"])} == {"toy/question"}
    assert {kinds[n] for n in data.examples(["none"])} == {"toy/none"}
    with pytest.raises(UsageError, match="no example"):
        from qa.train_reader import train

        train(data, Path("x"), Path("y"), _options(kinds=("nothing",)))


def test_one_seed_gives_one_order_and_a_later_step_its_own_place(data: Any) -> None:
    from qa.reader_batches import training_batches

    def batches(step: int, seed: int = 0) -> Any:
        settings: dict[str, Any] = {"groups": 4, "most": 3, "human": 3.0, "title_drop": 0.5}
        return training_batches(data, data.examples(), **settings, seed=seed, step=step)

    first, second = batches(0), batches(2)
    next(first), next(first)
    one, other = next(first), next(second)
    assert one.parts[0]["input_ids"].equal(other.parts[0]["input_ids"]) and one.labels.equal(other.labels)
    assert not one.labels.equal(next(first).labels) or not one.place.equal(next(batches(2, 1)).place)


@pytest.mark.parametrize("rank", [4, None])
def test_saved_and_merged_weights_compute_what_training_had(
    rank: int | None, model: Path, tmp_path: Path
) -> None:
    import torch

    from qa import reader_model

    torch.manual_seed(2)
    net = reader_model.build(model, rank=rank, alpha=6.0).eval()
    for name, one in reader_model.trained(net).items():
        if name.endswith((".up", "query.weight")):
            one.copy_(torch.randn_like(one) * 0.2)
    reader_model.save(net, tmp_path / "r.safetensors", {"options": {"alpha": 6.0}})
    ids = torch.randint(5, 40, (2, 11))
    inputs = (ids, torch.ones_like(ids), torch.zeros_like(ids))
    with torch.no_grad():
        expected = net(*inputs)
        found = reader_model.load(tmp_path / "r.safetensors", model)(*inputs)
    assert not any("lora" in type(one).__name__.lower() for one in reader_model.merge(net).modules())
    for left, right in zip(expected, found, strict=True):
        assert float((left - right).abs().max()) < 0.02  # saved in 16 bits


def test_weights_that_are_none_or_fit_another_model_are_refused(model: Path, tmp_path: Path) -> None:
    from qa import reader_model

    other = tmp_path / "note.safetensors"
    other.write_bytes(b"not weights")
    with pytest.raises(UsageError, match="cannot be read"):
        reader_model.load(other, model)
    with pytest.raises(UsageError, match="no reader's weights"):
        reader_model.meta_in(other)
    net = reader_model.build(model, rank=4)
    net.out = net.passage  # one number a token
    reader_model.save(net, other, {"options": {"alpha": 8.0}})
    with pytest.raises(UsageError, match="does not fit"):
        reader_model.load(other, model)


def test_the_module_packs_trains_and_evaluates(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from qa.train_reader import main

    folder, packed, out = _toy(tmp_path / "toy"), tmp_path / "toy.npz", tmp_path / "r.safetensors"
    plain = ["--model", str(model), "--device", "cpu"]
    assert main([*plain, "--data", str(folder), "--pack", str(packed)]) == 0
    assert json.loads(capsys.readouterr().out) == {"examples": 24, "passages": 72}
    few = ["--steps", "3", "--questions", "4", "--passages", "3", "--develop", "0.001"]
    assert main([*plain, "--data", str(packed), "--out", str(out), "--rank", "4", *few]) == 0
    trained = json.loads(capsys.readouterr().out)
    assert trained["steps"] == 3
    assert sum("held_out" in line for line in json.loads(out.with_suffix(".json").read_text())["log"]) == 4
    assert main([*plain, "--data", str(folder), "--evaluate", str(out)]) == 0
    assert json.loads(capsys.readouterr().out)["sets"].keys() == trained["held_out"]["sets"].keys()
    assert main([*plain, "--data", str(folder), "--out", str(out)]) == 2
    assert "nothing ends the training" in capsys.readouterr().err


def test_litquote_trains_on_data_that_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from qa import cli, reader_model, train_reader

    monkeypatch.setattr(train_reader, "device", lambda: "cpu")
    out = tmp_path / "reader.safetensors"
    _toy(tmp_path / "reader-data")
    few = ["--steps", "1", "--questions", "2", "--passages", "2", "--held-out", "1", "--rank", "2"]
    assert cli.main(["train-reader", "--out", str(out), *few, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["options"]["rank"] == 2
    assert reader_model.meta_in(out)["data"] == "reader-data"
    assert (tmp_path / "reader-state" / "reader.pt").is_file()
