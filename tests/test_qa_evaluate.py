"""The whole evaluation on a tiny set, its values known beforehand."""

from __future__ import annotations

import gzip
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index.encoders import HashingEncoder
from index.errors import EncoderError, UsageError
from index.library import Library
from qa import cli, evalreport, evalsets, metrics, provenance
from qa.evalrows import right_passages
from qa.evaluate import Plan, columns_of, evaluate
from qa.lengths import length_baseline
from qa.ranking import fuse
from qa.reader import fingerprint

pytest.importorskip("ir_measures", reason="ir-measures (the extra 'eval') is not installed")

WHALE = "Whales sing songs in winter. Their songs last for hours."
AXOLOTL = "Axolotls regrow lost limbs. Regrowth takes forty days."
MERCURY = "Mercury boils at 357 degrees. It is the only liquid metal."
CORPUS = [
    {"id": "w", "title": "Whales", "text": WHALE},
    {"id": "a", "title": "Axolotls", "text": AXOLOTL},
    {"id": "m", "title": "Mercury", "text": MERCURY, "kind": "metal"},
]
QUESTIONS: list[dict[str, Any]] = [
    {
        "id": "q1",
        "question": "When do whales sing songs?",
        "answers": [{"text": "in winter", "doc_id": "w", "start": WHALE.index("in winter")}],
        "relevant": {"w": 1},
    },
    {
        "id": "q2",
        "question": "Do axolotls regrow lost limbs?",
        "answers": [],
        "evidence": [{"text": "Axolotls regrow lost limbs.", "doc_id": "a", "start": 0}],
        "relevant": {"a": 2, "w": 1},
    },
    {
        "id": "q3",
        "question": "Which tax applies to yachts?",
        "answers": [],
        "relevant": {"m": 1},
        "answerable": False,
    },
]


def write(folder: Path, corpus: list[dict[str, Any]] | None, questions: list[dict[str, Any]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, records in (("corpus", corpus), ("questions", questions)):
        if records is not None:
            lines = "".join(json.dumps(record) + "\n" for record in records)
            (folder / f"{name}.jsonl").write_text(lines, "utf-8")
    return folder


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write(tmp_path / "tiny", CORPUS, QUESTIONS)


@pytest.fixture
def measured(tmp_path: Path, encoder: HashingEncoder) -> Callable[..., dict[str, Any]]:
    """Runs an evaluation with the toy encoder, its libraries under tmp_path."""

    def run(*sets: Path, **options: Any) -> dict[str, Any]:
        return evaluate(Plan(sets, cache=tmp_path / "cache", **options), encoder=encoder)

    return run


def values(result: dict[str, Any], system: str, name: str = "tiny") -> dict[str, float]:
    return {metric: one["value"] for metric, one in result["sets"][name]["systems"][system].items()}


# -- retrieval ---------------------------------------------------------------------------------------


def test_bm25_on_the_tiny_set_has_the_values_worked_out_by_hand(
    measured: Callable[..., dict[str, Any]], tiny: Path
) -> None:
    """q1 finds its document first; q2 finds a first but never w, which shares no word with it."""
    found = values(measured(tiny, stage="retrieve"), "bm25")
    second = 2 / (2 + 1 / math.log2(3))
    assert found["ndcg@10"] == pytest.approx((1 + second) / 2, abs=1e-5)
    assert found["recall@5"] == found["recall@20"] == found["recall@100"] == 0.75
    assert found["mrr@10"] == 1
    assert found["passage_ndcg@10"] == found["passage_recall@1"] == found["passage_recall@5"] == 1
    assert 0 < found["latency_p50_ms"] <= found["latency_p95_ms"]


def test_every_system_is_measured_and_the_result_is_the_documented_json(
    measured: Callable[..., dict[str, Any]], tiny: Path, encoder: HashingEncoder
) -> None:
    result = json.loads(json.dumps(measured(tiny, stage="retrieve", sample=50, seed=4), allow_nan=False))
    assert set(result) == {"commit", "model", "settings", "sets", "per_question"}
    assert result["model"] == {"name": "hashing-64", "fingerprint": encoder.fingerprint, "precision": "f32"}
    assert result["settings"]["libraries"]["tiny"] == {"documents": 3, "passages": 3}
    assert (result["settings"]["sample"], result["settings"]["seed"]) == (50, 4)
    assert result["sets"]["tiny"]["questions"] == 3
    assert set(result["sets"]["tiny"]["systems"]) == {"bm25", "dense", "rrf", "litquote"}
    for metrics_of in result["sets"]["tiny"]["systems"].values():
        for one in metrics_of.values():
            assert set(one) == {"value", "low", "high"}
            assert one["low"] <= one["value"] <= one["high"]
    # All three documents are within the first hundred passages of the dense list.
    assert values(result, "dense")["recall@100"] == values(result, "rrf")["recall@100"] == 1


def test_unanswerable_questions_and_those_without_relevant_documents_are_not_searched(
    measured: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    bare = {"id": "q4", "question": "What is the boiling point of mercury?"}
    result = measured(write(tmp_path / "tiny", CORPUS, [*QUESTIONS, bare]), stage="retrieve")
    table = result["per_question"]["tiny"]
    assert table["questions"] == ["q1", "q2", "q3", "q4"]
    assert table["systems"]["bm25"]["recall@5"] == [1, 0.5, None, None]
    assert result["sets"]["tiny"]["questions"] == 4


def test_documents_of_an_excluded_kind_are_no_candidates(
    measured: Callable[..., dict[str, Any]], tiny: Path
) -> None:
    result = measured(tiny, stage="retrieve", exclude_kinds=("metal",))
    assert result["settings"]["libraries"]["tiny"]["documents"] == 2
    assert result["settings"]["exclude_kinds"] == ["metal"]


def test_reciprocal_rank_fusion_adds_the_inverse_ranks() -> None:
    # 1: 1/61 + 1/63; 2: 1/62 + 1/61, the most; 3: 1/63; 4: 1/62.
    assert fuse([[1, 2, 3], [2, 4, 1]]) == [2, 1, 4, 3]
    assert fuse([[7], [5]]) == [5, 7]


# -- answers -----------------------------------------------------------------------------------------


def test_answers_on_the_tiny_set_have_the_values_worked_out_by_hand(
    measured: Callable[..., dict[str, Any]], tiny: Path
) -> None:
    """The first sentence is right both times, and surer than what is said about yachts."""
    result = measured(tiny, stage="answer")
    assert set(result["sets"]["tiny"]["systems"]) == {"litquote"}
    found = values(result, "litquote")
    assert found["sentence_hit@1"] == found["sentence_hit@3"] == 1
    # "Whales sing songs in winter." against "in winter": 2 of 5 words, all of the answer: 4 / 7.
    assert found["sentence_f1"] == pytest.approx(4 / 7, abs=1e-5)
    assert found["span_f1"] == found["span_em"] == 1  # what the reader marks in it
    assert found["read_recall@1"] == found["read_recall@5"] == 1
    made = {"name": "default", "fingerprint": fingerprint()}
    assert result["settings"]["libraries"]["tiny"]["reader"] == made
    unread = measured(tiny, stage="answer", reader="none")
    assert unread["settings"]["libraries"]["tiny"]["reader"] is None
    plain = values(unread, "litquote")
    assert plain["span_f1"] == plain["sentence_f1"] == pytest.approx(4 / 7, abs=1e-5)
    assert plain["span_em"] == 0
    assert found["abstention_auroc"] == found["coverage@p90"] == 1
    table = result["per_question"]["tiny"]["systems"]["litquote"]
    assert table["right"] == [1, 1, 0]
    assert table["span_f1"][1:] == [None, None]
    gaps = [c - r for c, r in zip(table["confidence"], table["right"], strict=True)]
    assert found["ece"] == pytest.approx(sum(map(abs, gaps)) / 3, abs=1e-4)  # a bin each


def test_questions_of_another_set_stand_in_for_unanswerable_ones(
    measured: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    own = write(tmp_path / "tiny", CORPUS, QUESTIONS[:2])
    other = write(tmp_path / "other", None, [{"id": "q1", "question": "Which tax applies to yachts?"}])
    assert "abstention_auroc" not in values(measured(own, stage="answer"), "litquote")
    result = measured(own, stage="all", outsiders=(other,))
    assert values(result, "litquote")["abstention_auroc"] == 1
    table = result["per_question"]["tiny"]
    assert table["questions"] == ["q1", "q2", "outsider:q1"]
    assert table["systems"]["litquote"]["answerable"] == [1, 1, 0]
    assert table["systems"]["litquote"]["confidence"][2] is None
    assert table["systems"]["bm25"]["recall@5"] == [1, 0.5, None]
    assert result["sets"]["tiny"]["questions"] == 2


def test_outsiders_come_evenly_from_each_set_and_make_half_of_all(
    measured: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """Three answerable and one unanswerable question of its own: two outsiders are missing."""
    own = write(tmp_path / "tiny", CORPUS, [*QUESTIONS, {**QUESTIONS[0], "id": "q4"}])
    others = [
        write(tmp_path / name, None, [{"id": f"{name}{n}", "question": f"Which {name}?"} for n in range(5)])
        for name in ("tax", "moon")
    ]
    result = measured(own, stage="answer", outsiders=tuple(others))
    *asked, first, second = result["per_question"]["tiny"]["questions"]
    assert asked == ["q1", "q2", "q3", "q4"]
    assert {first[:-1], second[:-1]} == {"outsider:tax", "outsider:moon"}
    answerable = result["per_question"]["tiny"]["systems"]["litquote"]["answerable"]
    assert answerable == [1, 1, 0, 1, 0, 0]


def test_a_passage_ranks_by_its_best_sentence_after_reading(
    measured: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """What answers is said to stand in the paper on mercury, which is read but never comes first."""
    wrong = {"text": "Mercury boils", "doc_id": "m", "start": 0}
    asked = {**QUESTIONS[0], "answers": [wrong], "relevant": {"m": 1}}
    found = values(measured(write(tmp_path / "tiny", CORPUS, [asked]), stage="answer"), "litquote")
    assert (found["read_recall@1"], found["read_recall@5"]) == (0, 1)
    assert found["sentence_hit@1"] == 0


# -- sets and their libraries --------------------------------------------------------------------------


def test_a_library_is_built_once_and_anew_when_the_corpus_changes(
    tiny: Path, tmp_path: Path, encoder: HashingEncoder
) -> None:
    heard: list[int] = []

    def build() -> str:
        heard.clear()
        with evalsets.set_library(
            tiny, encoder, root=tmp_path / "cache", on_count=lambda n, _: heard.append(n)
        ) as library:
            return library.path.name

    first = build()
    assert heard == [1, 2, 3]
    assert (build(), heard) == (first, [])
    write(tiny, [*CORPUS, {"id": "n", "text": "Newts are small."}], QUESTIONS)
    assert build() != first
    assert heard == [1, 2, 3, 4]


def test_a_packed_corpus_is_read_and_positions_are_those_of_the_set(
    tiny: Path, tmp_path: Path, encoder: HashingEncoder
) -> None:
    plain = tiny / "corpus.jsonl"
    with gzip.open(tiny / "corpus.jsonl.gz", "wb") as stream:
        stream.write(plain.read_bytes())
    plain.unlink()
    with evalsets.set_library(tiny, encoder, root=tmp_path / "cache") as library:
        (first, second, _) = evalsets.questions(tiny)
        assert evalsets.places(library, first) == [("w", 18, 27)]
        assert evalsets.places(library, second) == [("a", 0, 27)]
        assert right_passages(library, [("w", 18, 27)]) == {library.passages("w")[0].id: 1}
        assert right_passages(library, [("w", 500, 510)]) == {}


def test_distractors_are_mixed_in_but_not_the_same_paper_again(
    measured: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """A fuller copy of a set's document would be found rightly and counted as wrong."""
    long = "Whales sing long songs in the cold winter months of every year without any pause."
    own = write(tmp_path / "tiny", [{"id": "w", "text": long}, CORPUS[1]], QUESTIONS[1:2])
    others = [
        {"id": "copy", "text": "An introduction first. " + long.replace(",", "") + " And more."},
        {"id": "w", "text": "Another text under the same name, about axolotls and their many limbs."},
    ]
    result = measured(own, stage="retrieve", distractors=(write(tmp_path / "pool", others, []),))
    library = result["settings"]["libraries"]["tiny"]
    assert library["documents"] == 3
    assert result["settings"]["distractors"] == ["pool"]
    # Own lengths 81 and 54, the distractor's 70: any order by length is right once in two.
    assert library["length_rule"] == "shortest first"
    assert values(result, "length")["length_auroc"] == 0.5


def test_the_length_baseline_reports_the_order_that_tells_most(
    tmp_path: Path, encoder: HashingEncoder
) -> None:
    own = write(tmp_path / "own", [{"id": str(n), "text": "Cells " * n} for n in (9, 10, 11)], [])
    pool = write(tmp_path / "pool", [{"id": str(n), "text": "Cells " * n} for n in (1, 30, 31)], [])
    question = evalsets.Question("q", "Cells?", {"10": 1})
    with evalsets.set_library(own, encoder, distractors=[pool], root=tmp_path / "cache") as library:
        found, rule = length_baseline(library, [question], distractors=["pool"])
    assert rule == "nearest the mean of the set"
    assert found["length_auroc"]["value"] == 1
    assert found["mrr@10"]["value"] == 1


def test_a_set_without_a_corpus_asks_the_users_own_library(
    library: Library, paper: Callable[..., Path], tmp_path: Path, encoder: HashingEncoder
) -> None:
    """Documents may be named by PMID, and an answer without its position is looked up."""
    library.add([paper("w.xml", pmid="7", title="A paper about the whales", abstract=WHALE)])
    answer = {"text": "in winter", "doc_id": "7"}
    questions = [{"id": "q1", "question": "When do whales sing songs?", "answers": [answer]}]
    mine = write(tmp_path / "mine", None, questions)
    result = evaluate(Plan((mine,), library=library.path))
    found = values(result, "litquote", "mine")
    assert found["ndcg@10"] == found["passage_recall@1"] == found["sentence_hit@1"] == 1


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("{", "line 1 is not JSON"),
        ("[1]", "line 1 has no id"),
        ("", "holds no questions"),
        ('{"id": 1}', "the question '1' has no text"),
        ('{"id": 1, "question": "Why?"}\n' * 2, "two questions have the id '1'"),
        ('{"id": 1, "question": "Why?", "answers": [{"text": "x"}]}', "docs/evaluation.md"),
        (
            '{"id": 1, "question": "Why?", "answers": [{"text": "sing", "doc_id": "w", "start": 0}]}',
            "the words 'sing' do not stand in w at 0",
        ),
        (
            '{"id": 1, "question": "Why?", "answers": [{"text": "sing", "doc_id": "x", "start": 0}]}',
            "question '1' names an answer elsewhere: no document 'x'",
        ),
    ],
)
def test_a_faulty_set_is_refused_with_the_place_to_mend(
    measured: Callable[..., dict[str, Any]], tiny: Path, lines: str, message: str
) -> None:
    (tiny / "questions.jsonl").write_text(lines, "utf-8")
    with pytest.raises(UsageError, match=re.escape(message)):
        measured(tiny, stage="retrieve")


def test_a_plan_that_cannot_be_meant_is_refused(
    measured: Callable[..., dict[str, Any]], tiny: Path, tmp_path: Path
) -> None:
    for options, message in (
        ({"stage": "guess"}, "no stage 'guess'"),
        ({"sample": 0}, "a sample of 0"),
        ({"distractors": (tmp_path,)}, "holds no corpus.jsonl"),
    ):
        with pytest.raises(UsageError, match=message):
            measured(tiny, **options)
    with pytest.raises(UsageError, match="the same folder name"):
        measured(tiny, tiny)


def test_a_sample_is_drawn_by_its_seed(measured: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    many = [{"id": f"q{n}", "question": "Whales?", "relevant": {"w": 1}} for n in range(30)]
    place = write(tmp_path / "tiny", CORPUS, many)

    def drawn(seed: int) -> list[str]:
        result = measured(place, stage="retrieve", sample=5, seed=seed)
        return list(result["per_question"]["tiny"]["questions"])

    assert len(drawn(1)) == 5
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


@pytest.mark.parametrize("written", ["q3\n\nq1\n", '["q1", "q3"]', '{"tiny": ["q1", "q3"], "other": ["x"]}'])
def test_only_the_questions_named_are_asked_in_their_order(
    measured: Callable[..., dict[str, Any]], tiny: Path, tmp_path: Path, written: str
) -> None:
    (tmp_path / "only.txt").write_text(written, "utf-8")
    result = measured(tiny, stage="answer", reader="none", only=tmp_path / "only.txt")
    assert result["per_question"]["tiny"]["questions"] == ["q1", "q3"]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("q1\nq9\nq8", "names questions that tiny does not have: q8, q9"),
        ('{"other": ["q1"]}', "names no question of tiny"),
        ('{"tiny": ', "cannot be read as a list of question ids"),
        ('{"tiny": 3}', "cannot be read as a list of question ids"),
    ],
)
def test_questions_that_a_set_does_not_have_are_named(
    measured: Callable[..., dict[str, Any]], tiny: Path, tmp_path: Path, written: str, message: str
) -> None:
    (tmp_path / "only.txt").write_text(written, "utf-8")
    with pytest.raises(UsageError, match=re.escape(message)):
        measured(tiny, stage="retrieve", only=tmp_path / "only.txt")


def test_a_reader_that_cannot_be_loaded_is_said_before_a_library_is_built(
    measured: Callable[..., dict[str, Any]], tiny: Path, tmp_path: Path
) -> None:
    with pytest.raises(EncoderError, match=r"away\.safetensors"):
        measured(tiny, reader=str(tmp_path / "away.safetensors"))
    assert not (tmp_path / "cache").exists()


# -- reports -----------------------------------------------------------------------------------------


def made_up(**systems: dict[str, list[float | None]]) -> dict[str, Any]:
    """A result with the given columns over four questions."""
    ids = [f"q{n}" for n in range(4)]
    return {"per_question": {"tiny": {"questions": ids, "systems": systems}}, "settings": {"seed": 0}}


def test_comparing_pairs_the_questions_that_both_results_asked() -> None:
    old = made_up(litquote={"ndcg@10": [0.2, 0.4, None, 0.9]})
    new = made_up(litquote={"ndcg@10": [0.3, 0.5, 0.7, 0.0]}, bm25={"ndcg@10": [1, 1, 1, 1]})
    new["per_question"]["tiny"]["questions"][3] = "another"
    (found,) = evalreport.differences(new, old)
    assert (found.system, found.metric, found.questions) == ("litquote", "ndcg@10", 2)
    assert (found.value, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))
    assert found.clear
    text = evalreport.comparison([found])
    assert text.splitlines()[1] == "tiny  litquote  ndcg@10  +0.100 [+0.100, +0.100]  *  2 questions"


def test_comparing_uses_the_metrics_own_definition_not_only_means() -> None:
    right = {"best_score": [0.9, 0.8, 0.2, 0.1], "answerable": [1, 1, 0, 0]}
    wrong = {"best_score": [0.1, 0.2, 0.8, 0.9], "answerable": [1, 1, 0, 0]}
    (found,) = evalreport.differences(made_up(litquote=right), made_up(litquote=wrong))
    assert (found.metric, found.value) == ("abstention_auroc", 1)


def test_what_was_read_is_compared_too() -> None:
    names = ("span_f1", "sentence_f1", "read_recall@1", "read_recall@5", "read_ms")
    old = made_up(litquote={name: [0.0, 1.0, 0.0, None] for name in names})
    new = made_up(litquote={name: [1.0, 1.0, 1.0, None] for name in names})
    found = {one.metric: (round(one.value, 5), one.questions) for one in evalreport.differences(new, old)}
    mean = (round(2 / 3, 5), 3)
    assert found == {**dict.fromkeys(names[:4], mean), "read_ms_p50": (1.0, 3)}


def test_litquote_is_set_against_each_of_its_parts() -> None:
    columns = {"ndcg@10": [0.5, 0.5, 0.5, None]}
    result = made_up(bm25=columns, litquote={"ndcg@10": [0.5, 0.4, 0.6, None]})
    (found,) = evalreport.against_parts(result)
    assert (found.system, found.other, found.questions) == ("litquote", "bm25", 3)
    assert found.value == pytest.approx(0)
    assert not found.clear


def test_a_file_without_values_per_question_cannot_be_compared(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"sets": {}}', "utf-8")
    for name, message in (("old.json", "no result with values per question"), ("no.json", "cannot be read")):
        with pytest.raises(UsageError, match=message):
            evalreport.load(tmp_path / name)


def test_rows_without_a_value_do_not_count() -> None:
    columns = columns_of([{"span_f1": 1.0}, {}, {"span_f1": 0.0, "right": 1.0}])
    assert float(metrics.mean(columns["span_f1"], metrics.once(3))[0]) == 0.5
    assert float(metrics.mean(columns["right"], metrics.once(3))[0]) == 1


@pytest.mark.parametrize(
    ("commit", "shown"),
    [("a" * 40, "commit aaaaaaaaaaaa"), ("a" * 40 + "+changes", "commit aaaaaaaaaaaa with changes")],
)
def test_the_table_says_when_the_code_differs_from_its_commit(commit: str, shown: str) -> None:
    model = {"name": "toy", "fingerprint": "0123456789"}
    result = {"commit": commit, "model": model, "settings": {"seed": 0}, "sets": {}, "per_question": {}}
    assert evalreport.table(result) == f"toy (01234567), {shown}"


def test_outside_a_checkout_no_commit_is_claimed(tmp_path: Path) -> None:
    assert provenance.commit(tmp_path) is None


# -- the command -------------------------------------------------------------------------------------


def test_the_command_prints_a_table_then_json_then_the_change(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LITQUOTE_CACHE", str(tmp_path / "cache"))
    words = ["eval", str(tiny), "--encoder", "hashing", "--reader", "none"]
    assert cli.main(words) == 0
    shown = capsys.readouterr().out
    assert "tiny: 3 questions, 3 documents, 3 passages" in shown
    assert re.search(r"^mrr@10 +1\.000 \[1\.000, 1\.000\]", shown, re.MULTILINE)
    assert re.search(r"^litquote - bm25, ndcg@10: [+-]0\.\d{3} \[", shown, re.MULTILINE)

    assert cli.main([*words, "--json", "--stage", "retrieve"]) == 0
    old = tmp_path / "old.json"
    old.write_text(capsys.readouterr().out, "utf-8")
    assert json.loads(old.read_text("utf-8"))["sets"]["tiny"]["questions"] == 3

    assert cli.main([*words, "--compare", str(old), "--stage", "retrieve"]) == 0
    assert re.search(
        r"tiny +rrf +recall@5 +\+0\.000 \[\+0\.000, \+0\.000\] +2 questions", capsys.readouterr().out
    )
    assert cli.main([*words, "--json", "--compare", str(old), "--stage", "answer"]) == 0
    assert json.loads(capsys.readouterr().out)["differences"] == []


def test_a_folder_that_is_no_set_is_one_line_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["eval", str(tmp_path), "--library", str(tmp_path / "none")]) == 3
    assert capsys.readouterr().err.splitlines()[-1].startswith("litquote: ")
