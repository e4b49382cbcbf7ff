"""The reader: every token is read once and stands where it says, and OpenVINO computes what torch does."""

from __future__ import annotations

import itertools
import math
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import openvino_model
from index.errors import EncoderError, UsageError
from index.library import Library
from index.model_files import find_model
from index.sentences import sentences
from qa import reader as reader_module
from qa.assistant import Assistant
from qa.reader import NOTHING, Excerpt, best_span, load_reader, pooled, whole_words
from qa.reader_input import PairTokens, windows

QUESTION = "Is there a cure for multiple sclerosis?"
PASSAGE = (
    "There is no cure for multiple sclerosis. Treatments slow its course. Twenty-four patients were enrolled."
)
#: Text as papers have it, and as nobody should write it.
weird = st.text(
    st.one_of(
        st.sampled_from("ab IL-1β. \n\t?!¹²µﬁİ́‑“”\u00ad\u200b𝛼😀👩‍🔬中文한العربية"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=300,
)


@pytest.fixture(scope="module")
def tokens() -> PairTokens:
    return PairTokens((find_model(None)[1] / "tokenizer.json").read_text("utf-8"))


def excerpt(text: str, title: str = "Stem cells") -> Excerpt:
    return Excerpt(title, text, sentences(text, 0, len(text)))


# -- what is read ------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 40), max_size=40), st.integers(8, 60))
def test_windows_hold_each_token_once_and_overlap(sizes: list[int], room: int) -> None:
    of = np.repeat(np.arange(len(sizes)), sizes)
    found = windows(of, room)
    spoken_for = [place for _, end, own in found for place in range(own, end)]
    assert spoken_for == list(range(len(of)))
    assert all(start <= own and end - start <= room for start, end, own in found)
    for (_, end, _), (start, _, own) in itertools.pairwise(found):
        assert start < own == end
    borders = {0, len(of), *np.cumsum(sizes).tolist()}
    for _, end, own in found:
        assert end in borders or not any(own < border <= end for border in borders)


def test_windows_worked_out_by_hand() -> None:
    assert windows(np.repeat([0, 1, 2], [4, 3, 5]), 10) == [(0, 7, 0), (4, 12, 7)]
    assert windows(np.zeros(12, int), 8) == [(0, 8, 0), (6, 12, 8)]
    assert windows(np.empty(0, int), 8) == [(0, 0, 0)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(weird, weird, st.integers(1, 30))
def test_every_token_of_any_text_is_read_once_at_its_place(
    tokens: PairTokens, text: str, title: str, times: int
) -> None:
    """The oracle: the tokenizer's own offsets over the whole text."""
    text *= times
    rows = tokens.own_rows(title, [excerpt(text, title)])
    own = [
        (tuple(span), int(of))
        for row in rows
        for span, of in zip(row.spans[row.own :], row.sentence[row.own :], strict=True)
    ]
    whole = tokens._plain([text])[0]
    assert [span for span, _ in own] == whole.offsets
    spans = sentences(text, 0, len(text))
    for (start, end), of in own:
        assert start < end and spans[of][0] <= start < spans[of][1]
    for row in rows:
        assert len(row.ids) == len(row.types) <= 256
        kept = row.ids[row.first : row.first + len(row.spans)]
        assert row.ids[row.first + len(row.spans) :] == [102] and row.ids[0] == 101
        first = whole.offsets.index(tuple(row.spans[0])) if len(row.spans) else 0
        assert whole.ids[first : first + len(kept)] == kept


def test_a_row_is_what_training_packs(tokens: PairTokens, tmp_path: Path) -> None:
    """The trainer tokenises passages once and joins later; both ways give the same numbers."""
    import gzip
    import json

    from qa.readpack import pack

    spans = sentences(PASSAGE, 0, len(PASSAGE))
    files = {
        "passages": {"title": "Naïve T-cells " * 20, "text": PASSAGE, "sentences": spans},
        "questions": {"id": "1", "set": "s", "kind": "k", "fold": 1, "question": QUESTION, "passages": [
            {"p": 0, "labels": [1, 0, 0], "label": 1, "spans": [[9, 16]]}]},
    }  # fmt: skip
    for name, record in files.items():
        (tmp_path / f"{name}.jsonl.gz").write_bytes(gzip.compress(json.dumps(record).encode()))
    arrays = pack(tmp_path, tokens._tokenizer)
    (row,) = tokens.own_rows(QUESTION, [Excerpt("Naïve T-cells " * 20, PASSAGE, spans)])
    assert row.ids == [101, *arrays["q_ids"], 102, *arrays["p_ids"], 102]
    head = int(arrays["p_head"][0])
    assert row.first == len(arrays["q_ids"]) + 2 + head
    assert row.sentence.tolist() == arrays["p_sentence"][head:].tolist()
    start, end = (int(arrays[name][0]) - head for name in ("r_start", "r_end"))
    assert PASSAGE[row.spans[start, 0] : row.spans[end, 1]] == "no cure"


# -- scores ------------------------------------------------------------------------------------------

floats = st.floats(-30, 30, width=32)


@given(st.lists(st.tuples(floats, floats, st.integers(-1, 4)), max_size=40))
def test_pooling_equals_a_plain_loop(rows: list[tuple[float, float, int]]) -> None:
    weight, value = (np.asarray([row[k] for row in rows], np.float32) for k in (0, 1))
    found = pooled(weight, value, np.asarray([row[2] for row in rows], int), 5)
    for place in range(5):
        inside = [(math.exp(max(-20, min(20, w))), v) for w, v, of in rows if of == place]
        total = sum(w for w, _ in inside)
        expected = sum(w * v for w, v in inside) / total if inside else NOTHING
        assert found[place] == pytest.approx(expected, rel=1e-5, abs=1e-5)


@given(st.lists(st.tuples(floats, floats), min_size=1, max_size=30), st.integers(1, 8))
def test_the_best_span_equals_trying_all(rows: list[tuple[float, float]], longest: int) -> None:
    start, end = (np.asarray([row[k] for row in rows], np.float32) for k in (0, 1))
    first, last, score = best_span(start, end, longest)
    every = [start[a] + end[b] for a in range(len(rows)) for b in range(a, min(len(rows), a + longest))]
    assert 0 <= first <= last < min(len(rows), first + longest)
    assert score == start[first] + end[last] == max(every)


def test_a_focus_holds_whole_words() -> None:
    text = "the interleukin-6 (IL-6) level "
    assert whole_words(text, (0, 31), (9, 12)) == (4, 15)
    assert whole_words(text, (8, 31), (9, 12)) == (8, 15)
    assert whole_words(text, (0, 31), (17, 22)) == (18, 22)
    assert whole_words(text, (0, 31), (3, 3)) == (3, 4)


# -- our own kind ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Any, Any]]:
    """Random weights over the bundled model, read through OpenVINO and by torch; a cache of their own."""
    import torch

    from qa import reader_model

    folder = tmp_path_factory.mktemp("own")
    torch.manual_seed(11)
    net = reader_model.build(find_model(None)[1], rank=4)
    for name, one in reader_model.trained(net).items():
        if name.endswith(".up"):
            one.copy_(torch.randn_like(one) * 0.02)
        elif name.startswith("out."):
            one.mul_(20)
    weights = folder / "own.safetensors"
    reader_model.save(net, weights, {"options": {"alpha": 8.0}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LITQUOTE_CACHE", str(folder / "cache"))
        fast, slow = (load_reader(str(weights), backend=one) for one in ("openvino", "torch"))
        yield weights, fast, slow


def _long(times: int = 40) -> Excerpt:
    return excerpt(f"{PASSAGE} IL‑1β fell by 37 % (P < .001). " * times)


def test_openvino_computes_what_torch_does(own: tuple[Path, Any, Any]) -> None:
    _, fast, slow = own
    excerpts = [excerpt(PASSAGE), _long(), excerpt(""), excerpt("a"), excerpt(PASSAGE, title="")]
    left, right = fast.read(QUESTION, excerpts), slow.read(QUESTION, excerpts)
    scores = [np.array([s.relevance for r in found for s in r.sentences]) for found in (left, right)]
    assert scores[1].std() > 0.3, "the oracle must tell sentences apart"
    assert np.abs(scores[0] - scores[1]).max() < 0.1 * scores[1].std() + 0.05  # bf16 where the CPU has it
    assert [r.passage for r in left] == pytest.approx([r.passage for r in right], abs=0.05)
    assert fast.fingerprint == slow.fingerprint and fast.name == slow.name == str(own[0])


def test_scores_equal_a_plain_reading_of_the_network(own: tuple[Path, Any, Any]) -> None:
    """The oracle: one passage through the merged network by hand, pooled by a loop."""
    import torch

    from qa import reader_model

    weights, _, slow = own
    net = reader_model.load(weights, find_model(None)[1])
    tokens = PairTokens((find_model(None)[1] / "tokenizer.json").read_text("utf-8"))
    (row,) = tokens.own_rows(QUESTION, [excerpt(PASSAGE)])
    ids = torch.tensor([row.ids])
    numbers, passage = net(ids, torch.ones_like(ids), torch.tensor([row.types]))
    (found,) = slow.read(QUESTION, [excerpt(PASSAGE)])
    assert found.passage == pytest.approx(float(passage[0]), abs=1e-4)
    assert len(found.sentences) == 3
    for place, sentence in enumerate(found.sentences):
        mine = [n + row.first for n in range(len(row.spans)) if row.sentence[n] == place]
        shares = [math.exp(numbers[0, n, 0]) for n in mine]
        total = sum(share * float(numbers[0, n, 1]) for share, n in zip(shares, mine, strict=True))
        assert sentence.relevance == pytest.approx(total / sum(shares) - float(net.null), abs=1e-4)
        assert (sentence.start, sentence.end) == sentences(PASSAGE, 0, len(PASSAGE))[place]
        assert sentence.focus is not None
        assert sentence.start <= sentence.focus[0] < sentence.focus[1] <= sentence.end
        pairs = [numbers[0, a, 2] + numbers[0, b, 3] for a in mine for b in mine if a <= b < a + 48]
        assert sentence.focus_score == pytest.approx(float(max(pairs)), abs=1e-4)


def test_other_passages_change_nothing_and_order_is_kept(own: tuple[Path, Any, Any]) -> None:
    slow = own[2]
    alone = [slow.read(QUESTION, [one])[0] for one in (excerpt(PASSAGE), _long(9), excerpt("a"))]
    together = slow.read(QUESTION, [excerpt(PASSAGE), _long(9), excerpt("a")])
    for left, right in zip(alone, together, strict=True):
        assert left.passage == pytest.approx(right.passage, abs=1e-3)
        for one, other in zip(left.sentences, right.sentences, strict=True):
            assert (one.start, one.end, one.focus) == (other.start, other.end, other.focus)
            assert one.relevance == pytest.approx(other.relevance, abs=1e-3)
    assert slow.read(QUESTION, []) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(weird, weird, st.integers(1, 12))
def test_every_sentence_of_any_text_is_read_at_its_place(
    own: tuple[Path, Any, Any], question: str, text: str, times: int
) -> None:
    given_ = excerpt(text * times)
    (found,) = own[1].read(question, [given_])
    assert [(s.start, s.end) for s in found.sentences] == list(given_.sentences)
    for sentence in found.sentences:
        assert math.isfinite(sentence.relevance)
        if sentence.focus is not None:
            assert sentence.start <= sentence.focus[0] < sentence.focus[1] <= sentence.end


def test_half_a_character_in_a_question_is_no_error(own: tuple[Path, Any, Any]) -> None:
    assert len(own[1].read("cure \udce9?", [excerpt(PASSAGE)])[0].sentences) == 3


def test_reading_a_second_time_needs_no_torch(own: tuple[Path, Any, Any], tmp_path: Path) -> None:
    script = (
        "import sys\nfrom qa.reader import Excerpt, load_reader\n"
        f"r = load_reader({str(own[0])!r})\n"
        f"print(r.read({QUESTION!r}, [Excerpt('', 'No cure.', [(0, 8)])])[0].sentences[0].end)\n"
        "print({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules))"
    )
    import os

    cache = str(openvino_model.converted_folder("x").parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120,
        cwd=Path(__file__).resolve().parents[1], env={**os.environ, "LITQUOTE_CACHE": cache},
    )  # fmt: skip
    assert done.stdout.split("\n")[:2] == ["8", "set()"]


def test_a_damaged_conversion_of_a_reader_is_made_again(
    own: tuple[Path, Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, fast, _ = own
    folder = openvino_model.converted_folder(fast.fingerprint)
    good = folder.with_name("good")
    shutil.copytree(folder, good, ignore=shutil.ignore_patterns("compiled"))
    (folder / "model.xml").write_text("<cut")
    from qa import reader_convert

    made = []

    def copy(work: Path, *_: object) -> None:
        made.append(work)
        shutil.copytree(good, work, dirs_exist_ok=True)

    monkeypatch.setattr(reader_convert, "convert_into", copy)
    again = load_reader(str(weights))
    assert again is not None and len(made) == 1
    expected = fast.read(QUESTION, [excerpt(PASSAGE)])[0].passage
    assert again.read(QUESTION, [excerpt(PASSAGE)])[0].passage == pytest.approx(expected, abs=1e-5)


# -- readers by name ---------------------------------------------------------------------------------

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] " + (
    "is there a no cure for multiple sclerosis . ? treat ##ments slow its course"
)


def _foreign(folder: Path, kind: str, labels: int = 1) -> Path:
    """A random two-layer BERT with a head of transformers, and its tokenizer."""
    import torch
    import transformers

    torch.manual_seed(5)
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(WORDS.split()), "utf-8")
    config = transformers.BertConfig(
        vocab_size=len(WORDS.split()), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64, initializer_range=0.4, num_labels=labels,
    )  # fmt: skip
    getattr(transformers, kind)(config).save_pretrained(folder)
    transformers.BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    return folder


@pytest.fixture
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LITQUOTE_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("backend", ["openvino", "torch"])
def test_a_question_answering_model_by_its_folder(backend: str, tmp_path: Path, own_cache: None) -> None:
    """The oracle: transformers itself on question and passage, spans tried one by one."""
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    folder = _foreign(tmp_path / "qa", "BertForQuestionAnswering", 2)
    found = load_reader(str(folder), backend=backend, precision="f32")
    assert found is not None and found.name == str(folder.resolve())
    (reading,) = found.read(QUESTION, [excerpt(PASSAGE)])
    given_ = AutoTokenizer.from_pretrained(str(folder))(
        QUESTION, PASSAGE, return_tensors="pt", return_offsets_mapping=True
    )
    offsets, of = given_.pop("offset_mapping")[0].tolist(), given_.sequence_ids()
    with torch.no_grad():
        logits = AutoModelForQuestionAnswering.from_pretrained(str(folder)).eval()(**given_)
    start, end = logits.start_logits[0], logits.end_logits[0]
    for sentence in reading.sentences:
        mine = [n for n, (a, _) in enumerate(offsets) if of[n] == 1 and sentence.start <= a < sentence.end]
        best = max(float(start[a] + end[b]) for a in mine for b in mine if b >= a)
        assert sentence.relevance == pytest.approx(best - float(start[0] + end[0]), abs=1e-3)
    assert reading.passage == max(one.relevance for one in reading.sentences)
    (long,) = found.read(QUESTION, [_long(20)])
    assert all(one.focus and one.relevance > NOTHING for one in long.sentences)


@pytest.mark.parametrize("labels", [1, 2])
def test_a_cross_encoder_by_its_folder(labels: int, tmp_path: Path, own_cache: None) -> None:
    """The oracle: sentence-transformers' own CrossEncoder, saved by it too."""
    import torch
    from sentence_transformers import CrossEncoder

    plain = _foreign(tmp_path / "plain", "BertForSequenceClassification", labels)
    model = CrossEncoder(str(plain), device="cpu")
    model.save_pretrained(str(tmp_path / "cross"))
    spans = sentences(PASSAGE, 0, len(PASSAGE))
    pairs = [(QUESTION, PASSAGE[start:end]) for start, end in spans]
    expected = model.predict(pairs, activation_fn=torch.nn.Identity())
    expected = expected if labels == 1 else expected[:, 1] - expected[:, 0]
    for backend in ("openvino", "torch"):
        found = load_reader(str(tmp_path / "cross"), backend=backend, precision="f32")
        assert found is not None
        (reading,) = found.read(QUESTION, [excerpt(PASSAGE)])
        assert [s.relevance for s in reading.sentences] == pytest.approx(expected.tolist(), abs=1e-3)
        assert reading.passage == max(s.relevance for s in reading.sentences)
        assert all(s.focus is None for s in reading.sentences)


@pytest.mark.parametrize("kind", ["BertForQuestionAnswering", "BertForSequenceClassification"])
def test_a_library_answers_with_another_reader(
    kind: str, tmp_path: Path, own_cache: None, library: Library, paper: Callable[..., Path]
) -> None:
    abstract = "Axolotls regrow lost legs. The moon is far. Newts regrow tails in spring."
    library.add([paper("a.xml", pmid="1", abstract=abstract)])
    spans = kind == "BertForQuestionAnswering"
    assistant = Assistant(library, reader=str(_foreign(tmp_path / "model", kind, 1 + spans)))
    ranked = assistant.rank("Do axolotls regrow legs?")
    assert [one.text for one in ranked if "relevance" not in one.parts] == []
    assert len({one.parts["relevance"] for one in ranked}) == 3
    for one in ranked:
        assert (one.focus is not None) == spans
        assert one.focus is None or one.start <= one.focus[0] < one.focus[1] <= one.end
    answer = assistant.ask("Do axolotls regrow legs?")
    assert answer.trace["calibrated"] is False
    for quote in answer.quotes or answer.nearest:
        assert quote.start <= quote.focus[0] < quote.focus[1] <= quote.end


def test_without_a_reader_a_score_is_the_sum(library: Library, paper: Callable[..., Path]) -> None:
    library.add([paper("a.xml", pmid="1", abstract="Axolotls regrow lost legs. The moon is far.")])
    question = "Do axolotls regrow legs?"
    vectors = library.encoder.encode(["Axolotls regrow lost legs.", "The moon is far."])
    cosines = vectors @ library.encoder.encode_question(question)
    ranked = Assistant(library, reader="none").rank(question)
    assert [one.text for one in ranked] == ["Axolotls regrow lost legs.", "The moon is far."]
    assert [one.score for one in ranked] == pytest.approx([cosines[0] + 1.0, cosines[1]], abs=1e-6)


def test_what_is_no_reader_is_refused_with_the_remedy(tmp_path: Path, own_cache: None) -> None:
    assert load_reader("none") is None
    with pytest.raises(EncoderError, match=r"there is no file .*litquote train-reader"):
        load_reader(str(tmp_path / "away.safetensors"))
    note = tmp_path / "note.safetensors"
    note.write_bytes(b"8 bytes and no more")
    with pytest.raises(UsageError, match="cannot be read"):
        load_reader(str(note))
    with pytest.raises(UsageError, match=r"is no reader \(BertForMaskedLM\)"):
        load_reader(str(_foreign(tmp_path / "mlm", "BertForMaskedLM")))
    with pytest.raises(UsageError, match="gives 3 labels"):
        load_reader(str(_foreign(tmp_path / "nli", "BertForSequenceClassification", 3)))
    with pytest.raises(EncoderError, match="not on this machine"):
        load_reader("cross-encoder/nobody-has-this")
    with pytest.raises(UsageError, match="no backend"):
        load_reader("none", backend="cloud")


def test_the_default_reader_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reader_module, "BUNDLED", tmp_path / "reader.safetensors")
    with pytest.raises(EncoderError, match="install litquote again"):
        load_reader()
