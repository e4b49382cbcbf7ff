"""Verdicts on quotes, and the labelled set that eval and calibrate read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from index.errors import UsageError
from index.library import Library
from qa import evalsets
from qa.assistant import Assistant
from qa.calibration import Calibration
from qa.feedback import Feedback
from qa.user_store import UserStore

QUESTION = "Does zinc shorten colds?"
ZINC = "Zinc shortens colds by two days."


@pytest.fixture
def assistant(library: Library, paper: Callable[..., Path]) -> Assistant:
    library.add(
        [
            paper(
                "1.xml", pmid="1", title="On zinc", abstract=f"Bread rises. {ZINC} However, it tastes bad."
            ),
            paper("2.xml", pmid="2", title="On more", abstract="Zinc does not shorten colds in children."),
        ]
    )
    return Assistant(library, calibration=Calibration({"coverage": 1.0}, 4.0, -3.0, 0.6, ""))


@pytest.fixture
def feedback(library: Library) -> Feedback:
    return Feedback(UserStore.of(library))


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_verdict_is_kept_changed_and_taken_back(assistant: Assistant, feedback: Feedback) -> None:
    answer = assistant.ask(QUESTION)
    quote = answer.quotes[0]
    place = (quote.text_sha256, quote.start, quote.end)
    feedback.judge(answer, quote, True)
    assert feedback.of(answer) == {place: True}
    (verdict,) = feedback.list()
    assert verdict.quote_sha256 == hashlib.sha256(quote.text.encode()).hexdigest()
    assert (verdict.question, verdict.document_id, verdict.shown) == (QUESTION, quote.document_id, 2)
    feedback.judge(answer, quote, False)
    assert feedback.of(answer) == {place: False}
    assert Feedback(feedback.store, "ann").of(answer) == {}
    feedback.judge(answer, quote, None)
    assert feedback.of(answer) == {} and feedback.list() == []
    with pytest.raises(UsageError, match="none of that answer"):
        feedback.judge(assistant.ask("Does bread rise?"), quote, True)


def test_eval_runs_on_what_is_exported(assistant: Assistant, feedback: Feedback, tmp_path: Path) -> None:
    """The set's format, its places, and the figures of an evaluation over it."""
    pytest.importorskip("ir_measures")
    from qa.evaluate import Plan, evaluate

    library = assistant.library
    answer = assistant.ask(QUESTION)
    by_id = {quote.document_id: quote for quote in answer.quotes}
    feedback.judge(answer, by_id["pmid:1"], True)
    feedback.judge(answer, by_id["pmid:2"], False)
    other = assistant.ask("Does bread rise?")
    for quote in other.quotes:
        feedback.judge(other, quote, False)
    done = feedback.export(library, tmp_path / "set")
    assert (done.answerable, done.unanswerable, done.left_out) == (1, 1, ())
    one, two = lines(done.path)
    (place,) = one["answers"]  # type: ignore[misc]
    content = library.document("pmid:1").text.content
    assert place == {"doc_id": "pmid:1", "start": content.index(ZINC), "text": ZINC}
    assert [wrong["doc_id"] for wrong in one["wrong"]] == ["pmid:2"]  # type: ignore[attr-defined]
    assert two["question"] == "Does bread rise?" and two["answerable"] is False and two["answers"] == []
    first, second = evalsets.questions(tmp_path / "set")
    assert evalsets.places(library, first) == [
        ("pmid:1", content.index(ZINC), content.index(ZINC) + len(ZINC))
    ]
    assert first.relevant == {"pmid:1": 1} and not second.answerable
    assert evalsets.questions(done.path) == [first, second], "calibrate takes the file itself"
    plan = Plan(sets=(tmp_path / "set",), library=library.path, reader="none")
    result = evaluate(plan, encoder=library.encoder)
    figures = result["sets"]["set"]
    assert result["sets"]["set"]["questions"] == 2
    assert figures["systems"]["litquote"]["recall@5"]["value"] == 1.0
    assert figures["systems"]["litquote"]["sentence_hit@3"]["value"] == 1.0


def test_the_answer_exported_is_the_sentence_without_its_context(
    assistant: Assistant, feedback: Feedback, tmp_path: Path
) -> None:
    answer = assistant.ask(QUESTION)
    quote = next(one for one in answer.quotes if one.document_id == "pmid:1")
    assert quote.text != ZINC, "shown with the sentence that begins with However"
    feedback.judge(answer, quote, True)
    (line,) = lines(feedback.export(assistant.library, tmp_path / "s").path)
    assert [one["text"] for one in line["answers"]] == [ZINC]  # type: ignore[attr-defined]


def test_what_cannot_be_told_is_left_out_with_the_reason(
    assistant: Assistant, feedback: Feedback, tmp_path: Path
) -> None:
    library, ann = assistant.library, Feedback(feedback.store, "ann")
    answer = assistant.ask(QUESTION)
    one, two = answer.quotes
    feedback.judge(answer, one, True)
    ann.judge(answer, one, False)
    ann.judge(answer, two, False)
    with pytest.raises(UsageError, match="no verdict to export"):
        feedback.export(library, tmp_path / "s", everyone=True)
    mine = feedback.export(library, tmp_path / "mine")
    assert (mine.answerable, mine.unanswerable) == (1, 0)
    theirs = ann.export(library, tmp_path / "theirs")
    assert (theirs.answerable, theirs.unanswerable) == (0, 1), "every quote shown was refused"
    ann.judge(answer, two, None)
    with pytest.raises(UsageError):
        ann.export(library, tmp_path / "half")


def test_a_paper_that_changed_keeps_its_label_where_the_words_still_stand(
    assistant: Assistant, feedback: Feedback, tmp_path: Path, paper: Callable[..., Path]
) -> None:
    library, answer = assistant.library, assistant.ask(QUESTION)
    for quote in answer.quotes:
        feedback.judge(answer, quote, True)
    library.add([paper("1.xml", pmid="1", title="On zinc", abstract=f"Salt melts. Bread rises. {ZINC}")])
    library.remove(["pmid:2"])
    done = feedback.export(library, tmp_path / "s")
    (line,) = lines(done.path)
    content = library.document("pmid:1").text.content
    assert line["answers"] == [{"doc_id": "pmid:1", "start": content.index(ZINC), "text": ZINC}]
    assert done.left_out == ((QUESTION, "pmid:2 is no longer in the library"),)
    (question,) = evalsets.questions(done.path)
    assert len(evalsets.places(library, question)) == 1
    library.add([paper("1.xml", pmid="1", title="On zinc", abstract="Salt melts.")])
    with pytest.raises(UsageError):
        feedback.export(library, tmp_path / "t")
    assert feedback.clear() == 2 and feedback.list() == []
