"""The reader's training data: labels checked by hand on made-up papers, folds apart, the same bytes again."""

import gzip
import json
import random
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from index.encoders import HashingEncoder
from index.errors import UsageError
from qa import evalsets
from qa.readdata import build, is_excerpts, main
from qa.readdata_human import forms, is_statement, labelled
from qa.readdata_negatives import folds, normalised
from qa.readdata_pool import Example, Pool, alike, runs, said
from qa.readdata_roles import lines_of

DRUGS = """
    bepridil clonidine enalapril felodipine lisinopril nadolol sotalol timolol captopril atenolol
    ramipril pindolol doxazosin prazosin carvedilol losartan
""".split()  # noqa: SIM905  read as prose
ILLS = """
    migraine tremor insomnia asthma angina anaemia gout sepsis eczema vertigo glaucoma epilepsy
    rickets malaria psoriasis tinnitus
""".split()  # noqa: SIM905  read as prose


PLACES = """
    Oslo Lima Cairo Delhi Perth Quito Turin Lagos Seoul Dakar Kyoto Paris Sofia Malmo Tunis Osaka
""".split()  # noqa: SIM905  read as prose


def paper(n: int) -> str:
    """An abstract of its own: no two share enough words to be taken for the same."""
    drug, ill, place = DRUGS[n], ILLS[n], PLACES[n]
    return (
        f"BACKGROUND: In {place} {ill} is found in every {n + 3}th household. "
        f"OBJECTIVE: To determine whether {drug} reduces {ill} attacks. "
        f"METHODS: Adults of {place} were randomly assigned to {drug} or placebo. "
        f"RESULTS: The mean number of {ill} attacks was {n}.2 with {drug} in {place}. "
        f"{place} volunteers on {drug} slept longer. "
        f"CONCLUSIONS: {drug.capitalize()} reduces {ill} attacks in adults of {place}."
    )


def write_set(folder: Path, corpus: list[dict[str, Any]], questions: list[dict[str, Any]] | None) -> Path:
    folder.mkdir()
    lines = "".join(json.dumps(record) + "\n" for record in corpus)
    (folder / "corpus.jsonl").write_text(lines, "utf-8")
    if questions is not None:
        lines = "".join(json.dumps(record) + "\n" for record in questions)
        (folder / "questions.jsonl").write_text(lines, "utf-8")
    return folder


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """Sixteen abstracts that nobody asked about."""
    corpus = [
        {"id": f"p{n}", "title": f"A trial of {drug}", "text": paper(n)} for n, drug in enumerate(DRUGS)
    ]
    return write_set(tmp_path / "papers", corpus, None)


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    """Eight notes with a question each, one of them repeated, one unanswerable."""
    corpus, questions = [], []
    for n, (drug, ill) in enumerate(zip(DRUGS[:8], ILLS[8:], strict=True)):
        text = f"Little is known about {ill}. In trial {n} {drug} cured {n + 2} of 40 patients. It rained."
        corpus.append({"id": f"d{n}", "title": "", "text": text})
        answer = f"{n + 2} of 40 patients"
        question = "What cured patients?" if n < 2 else f"How many patients did {drug} cure?"
        answers = [] if n == 7 else [{"text": answer, "doc_id": f"d{n}", "start": text.index(answer)}]
        questions.append(
            {
                "id": f"q{n}",
                "question": question,
                "answers": answers,
                "relevant": {f"d{n}": 1},
                "answerable": n != 7,
            }
        )
    return write_set(tmp_path / "asked", corpus, questions)


def read(folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    passages, questions = (
        [json.loads(line) for line in gzip.decompress((folder / name).read_bytes()).decode().splitlines()]
        for name in ("passages.jsonl.gz", "questions.jsonl.gz")
    )
    return passages, questions


def right(passages: list[dict[str, Any]], question: dict[str, Any]) -> list[str]:
    """The sentences labelled as answering."""
    return [
        passages[row["p"]]["text"][start:end]
        for row in question["passages"]
        for (start, end), label in zip(passages[row["p"]]["sentences"], row["labels"], strict=True)
        if label == 1
    ]


@pytest.fixture
def built(papers: Path, asked: Path, tmp_path: Path) -> Path:
    out = tmp_path / "out"
    build([asked, papers], out, encoder=HashingEncoder(16), seed=3)
    return out


def test_the_sentence_with_the_answer_is_right_and_the_span_marks_it(built: Path) -> None:
    passages, questions = read(built)
    human = [q for q in questions if q["set"] == "asked" and q["kind"] == "question" and right(passages, q)]
    assert len(human) >= 4
    for question in human:
        n = int(question["id"].rstrip("+")[1:])
        assert right(passages, question) == [f"In trial {n} {DRUGS[n]} cured {n + 2} of 40 patients."]
        (row,) = [row for row in question["passages"] if row["spans"]]
        ((start, end),) = row["spans"]
        assert passages[row["p"]]["text"][start:end] == f"{n + 2} of 40 patients"


def test_an_aim_asks_and_the_conclusion_answers_never_the_aim_itself(built: Path) -> None:
    passages, questions = read(built)
    aims = [q for q in questions if q["kind"] == "objective" and right(passages, q)]
    assert len(aims) >= 8
    for question in aims:
        answers = right(passages, question)
        assert any(answer.startswith("CONCLUSIONS:") for answer in answers)
        for row in question["passages"]:
            for (start, end), label in zip(passages[row["p"]]["sentences"], row["labels"], strict=True):
                if passages[row["p"]]["text"][start:end].startswith(
                    ("OBJECTIVE:", "METHODS:", "BACKGROUND:")
                ):
                    assert label == 0


def test_unanswerable_questions_have_nothing_but_wrong_passages(built: Path) -> None:
    passages, questions = read(built)
    without = [q for q in questions if not right(passages, q)]
    assert "q7" in {q["id"] for q in without}
    for question in without:
        assert len(question["passages"]) >= 2
        assert {row["label"] for row in question["passages"]} == {0}
        assert {label for row in question["passages"] for label in row["labels"]} == {0}


def test_right_passages_come_first_and_labels_agree(built: Path) -> None:
    passages, questions = read(built)
    assert len({question["id"] + question["set"] for question in questions}) == len(questions)
    for question in questions:
        labels = [row["label"] for row in question["passages"]]
        gold = labels.count(1)
        assert labels[:gold] == [1] * gold and 2 <= len(labels) - gold <= 12
        assert len({row["p"] for row in question["passages"]}) == len(labels)
        for row in question["passages"]:
            assert len(row["labels"]) == len(passages[row["p"]]["sentences"])
            assert row["label"] == (1 if 1 in row["labels"] else -1 if -1 in row["labels"] else 0)


def test_nothing_of_the_held_out_fold_is_seen_in_training(built: Path) -> None:
    _, questions = read(built)
    held = {row["p"] for q in questions if q["fold"] == 0 for row in q["passages"] if row["label"] == 1}
    seen = {row["p"] for q in questions if q["fold"] != 0 for row in q["passages"]}
    assert held and not held & seen
    words: dict[bool, set[str]] = {True: set(), False: set()}
    for question in questions:
        words[question["fold"] == 0].add(normalised(question["question"]))
    assert not words[True] & words[False]
    fold = {
        q["id"].rstrip("+"): q["fold"] for q in questions if q["set"] == "asked" and q["kind"] == "question"
    }
    if {"q0", "q1"} <= set(fold):  # the same words twice
        assert fold["q0"] == fold["q1"]
    assert {q["fold"] for q in questions} == {0, 1, 2, 3, 4}


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(
    papers: Path, asked: Path, tmp_path: Path
) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        build([asked, papers], tmp_path / name, encoder=HashingEncoder(16), seed=seed)
    for name in ("passages.jsonl.gz", "questions.jsonl.gz"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert (tmp_path / "a/questions.jsonl.gz").read_bytes() != (
        tmp_path / "c/questions.jsonl.gz"
    ).read_bytes()


def test_texts_that_share_thirteen_words_with_a_set_apart_stay_out(papers: Path, tmp_path: Path) -> None:
    copied = paper(0)[:140]
    apart = write_set(tmp_path / "apart", [{"id": "x", "title": "", "text": f"Seen before: {copied}"}], None)
    encoder = HashingEncoder(16)
    whole = build([papers], tmp_path / "whole", encoder=encoder)
    less = build([papers], tmp_path / "less", encoder=encoder, apart=[apart])
    assert (whole["left_out"], less["left_out"]) == (0, 1)
    assert not any(DRUGS[0] in p["text"].casefold() for p in read(tmp_path / "less")[0])


def test_a_share_takes_that_part_of_a_set(papers: Path, tmp_path: Path) -> None:
    pool = Pool(HashingEncoder(16))
    pool.add_set(papers, 0.5)
    assert 3 <= len(pool.sets["papers"]) <= 13
    with pytest.raises(UsageError, match="no sets were given"):
        build([], tmp_path / "out", encoder=HashingEncoder(16))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"holds no corpus\.jsonl"):
        build([tmp_path / "empty"], tmp_path / "out", encoder=HashingEncoder(16))


def test_roles_of_sentences_follow_the_labels_in_the_text(papers: Path) -> None:
    pool = Pool(HashingEncoder(16))
    pool.add_set(papers)
    assert [line.role for line in lines_of(pool, "papers/p0")] == [
        "background", "objective", "methods", "results", "results", "conclusion",
    ]  # fmt: skip


def test_labels_follow_the_share_of_a_sentence_that_a_span_covers() -> None:
    pool = Pool(HashingEncoder(16))
    text = "The first sentence is here. The second one follows it."
    index = pool.add("s/d", 100, "", text, [(0, 27), (28, 54)])
    assert labelled(pool, index, [(100, 127)]) == [1, 0]
    assert labelled(pool, index, [(104, 109)]) == [1, 0]  # a span inside
    assert labelled(pool, index, [(110, 134)]) == [1, -1]  # most of the first, the edge of the second
    assert labelled(pool, index, [(0, 99)]) == [0, 0]


def test_folds_keep_together_what_shares_a_document_a_question_or_a_sentence(papers: Path) -> None:
    pool = Pool(HashingEncoder(16))
    pool.add_set(papers)

    def example(number: int, question: str, *documents: str) -> Example:
        names = frozenset(f"papers/{document}" for document in documents)
        return Example(str(number), "papers", "question", question, question, [], [], names)

    found = folds(
        pool,
        [example(0, "Does it work?", "p0"), example(1, "does it  work", "p1"), example(2, "Why?", "p1", "p2"),
         *(example(n, f"Question {n}?", f"p{n}") for n in range(3, 16))],
    )  # fmt: skip
    assert found["papers/p0"] == found["papers/p1"] == found["papers/p2"]
    assert set(found.values()) == {0, 1, 2, 3, 4}


def test_excerpts_are_told_from_papers(papers: Path, asked: Path, tmp_path: Path) -> None:
    text = "Only what answers."
    question = {"id": "q", "question": "What?", "answers": [{"text": text, "doc_id": "d", "start": 0}]}
    snippets = write_set(tmp_path / "snippets", [{"id": "d", "title": "", "text": text}], [question])
    pool = Pool(HashingEncoder(16))
    for folder in (snippets, asked):
        pool.add_set(folder)
    assert is_excerpts(pool, snippets) and not is_excerpts(pool, asked)


def test_repeated_sentences_are_alike_and_runs_ignore_case_and_marks() -> None:
    one = said("Metformin reduced body weight in obese children after twelve weeks of treatment.")
    other = said("Metformin reduced body weight in obese children after 12 weeks of treatment")
    assert alike(one, other)
    assert not alike(one, said("Metformin did not change the blood pressure of healthy older volunteers."))
    words = "a b c d e f g h i j k l m n"
    assert list(runs("A, b c d e; f g h i j k l M n!")) == list(runs(words))
    assert len(list(runs(words))) == 2


def test_claims_are_told_from_questions_and_comparisons_are_put_in_several_ways() -> None:
    assert is_statement("Metformin lowers blood sugar.")
    assert not is_statement("List the signs of gout.") and not is_statement("Does metformin work?")
    extra = {"intervention": "Metformin", "comparator": "Placebo", "outcome": "Weight"}
    found = forms(
        "What was the effect of Metformin compared with Placebo on Weight?", extra, random.Random(0)
    )
    assert len(found) == 3 and all("Metformin" in form and "Weight" in form for form in found)
    assert forms("Does it work?", {}, random.Random(0)) == ["Does it work?"]


def test_the_command_builds_what_the_function_does(
    papers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(papers), "--out", str(tmp_path / "out"), "--share", "papers=0.9", "--seed", "4"])
    table = json.loads(capsys.readouterr().out)
    assert table == json.loads((tmp_path / "out/table.json").read_text("utf-8"))
    assert sum(kind["examples"] for kind in table["kinds"].values()) == len(read(tmp_path / "out")[1])


def test_rationale_sentences_of_scifact_are_right(shared: Path, tmp_path: Path) -> None:
    folder = shared / "eval" / "scifact-train"
    if not folder.is_dir():
        pytest.skip("scifact-train is not among the evaluation sets here")
    questions = list(islice(evalsets.records(folder, "questions.jsonl"), 100))
    named = {document for question in questions for document in question["relevant"]}
    corpus = [record for record in evalsets.records(folder, "corpus.jsonl") if record["id"] in named]
    folder = write_set(tmp_path / "scifact", corpus, questions)
    build([folder], tmp_path / "out", encoder=HashingEncoder(16))
    passages, found = read(tmp_path / "out")
    asked = {question.id: question for question in evalsets.questions(folder)}
    claims = [q for q in found if q["kind"] == "claim" and q["id"] in asked]
    assert len(claims) > 80
    for claim in claims:
        question = asked[claim["id"]]
        gold = " ".join(span.text for span in question.answers)
        assert bool(right(passages, claim)) == question.answerable
        assert all(
            sentence in gold or any(s.text in sentence for s in question.answers)
            for sentence in right(passages, claim)
        )
    # the same documents, whole: none of the held out is seen in training
    held = {row["p"] for q in found if q["fold"] == 0 for row in q["passages"] if row["label"] == 1}
    assert not held & {row["p"] for q in found if q["fold"] != 0 for row in q["passages"]}
