"""What one question gives: the values that the statistics of :mod:`qa.evaluate` are made of.

A row is ``{column: value}``; a column is missing where the question does not count for it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from index.library import Library
from index.records import Passage
from qa import evalsets, metrics
from qa.assistant import Assistant
from qa.evalsets import OnCount, Question
from qa.extract import Candidate, choose
from qa.ranking import SYSTEMS
from qa.stages import Clock

#: Passages asked of every search.
DEPTH = 100
#: By document, in the names of ir-measures.
DOCUMENT_METRICS = {
    "ndcg@10": "nDCG@10",
    "recall@5": "R@5",
    "recall@20": "R@20",
    "recall@100": "R@100",
    "mrr@10": "RR@10",
}
PASSAGE_METRICS = {
    "passage_ndcg@10": "nDCG@10",
    "passage_recall@1": "R@1",
    "passage_recall@5": "R@5",
    "passage_recall@20": "R@20",
}
#: Of answers, each by question. ``read_recall``: passages ranked by their best sentence.
ANSWER_METRICS = (
    "sentence_hit@1",
    "sentence_hit@3",
    "span_f1",
    "span_em",
    "sentence_f1",
    "read_recall@1",
    "read_recall@5",
)
#: Milliseconds of the stages of an answer.
TIMES = ("question_ms", "retrieve_ms", "read_ms")
#: The score of a question without any sentence: the least a raw score can be.
NO_SCORE = -1.0
#: Sentences looked at: as many as ``sentence_hit@3`` needs.
SHOWN = 3

Places = Sequence[tuple[str, int, int]]
Rows = list[dict[str, float]]


def retrieval_rows(
    system: str,
    library: Library,
    questions: Sequence[Question],
    gold: Sequence[Places],
    on_count: OnCount | None = None,
) -> Rows:
    """Per question the ranking metrics and ``latency_ms`` of the search, encoding the question included.

    A document ranks where its best passage does; a passage is right when it shares a character with a
    gold span. Unanswerable questions and those without relevant documents have an empty row.
    """
    search = SYSTEMS[system](library)
    rows: Rows = [{} for _ in questions]
    counted = [n for n, question in enumerate(questions) if question.answerable and question.relevant]
    by_document: dict[str, list[str]] = {}
    by_passage: dict[str, list[str]] = {}
    for done, n in enumerate(counted):
        question = questions[n]
        if not done:
            search(question.text, DEPTH)  # the first search opens files and starts threads
        started = time.perf_counter()
        found = search(question.text, DEPTH)
        rows[n]["latency_ms"] = 1000 * (time.perf_counter() - started)
        by_document[question.id] = list(dict.fromkeys(passage.document_id for passage in found))
        by_passage[question.id] = [passage.id for passage in found]
        if on_count:
            on_count(done + 1, f"questions ({system})")
    relevant = {questions[n].id: evalsets.grades(library, questions[n]) for n in counted}
    right = {questions[n].id: right_passages(library, gold[n]) for n in counted if gold[n]}
    values = metrics.ranking_values(DOCUMENT_METRICS, relevant, by_document)
    values |= metrics.ranking_values(PASSAGE_METRICS, right, by_passage)
    for n in counted:
        rows[n] |= {
            name: found[questions[n].id] for name, found in values.items() if questions[n].id in found
        }
    return rows


def right_passages(library: Library, gold: Places) -> dict[str, int]:
    """The ids of all passages that share a character with a gold span, each of grade 1."""
    return {
        passage.id: 1
        for document_id in dict.fromkeys(document_id for document_id, _, _ in gold)
        for passage in library.passages(document_id)
        if any(
            document_id == name and metrics.touches(passage.start, passage.end, start, end)
            for name, start, end in gold
        )
    }


def answer_rows(
    assistant: Assistant,
    questions: Sequence[Question],
    gold: Sequence[Places],
    on_count: OnCount | None = None,
) -> Rows:
    """Per question what the best sentences are worth, shown or withheld, and how sure litquote was.

    ``sentence_hit@1`` and ``@3``: the sentence, or one of three, shares at least half of the shorter with
    a gold span; ``span_f1`` and ``span_em`` of the focus of the first one (the whole sentence where the
    reader marks none) against the words of ``answers``, ``sentence_f1`` of the whole; ``read_recall@1`` and
    ``@5``: one of the first passages, ranked by their best sentence, shares a character with a gold span;
    ``best_score``, ``confidence`` (0 to 1), ``right`` (0 for unanswerable questions) and ``answerable``.
    """
    rows = []
    for done, (question, spans) in enumerate(zip(questions, gold, strict=True), 1):
        clock = Clock()
        ranked = assistant.rank(question.text, clock=clock)
        row = _certainty(assistant, ranked, answerable=question.answerable)
        row |= {f"{stage}_ms": spent for stage, spent in clock.laps.items()}
        if question.answerable and spans:
            hits = [_hit(one, spans) for one in choose(ranked, most=SHOWN, per_document=SHOWN)]
            row["sentence_hit@1"] = row["right"] = float(any(hits[:1]))
            row["sentence_hit@3"] = float(any(hits))
            right = [_touched(passage, spans) for passage in dict.fromkeys(one.hit.passage for one in ranked)]
            row["read_recall@1"], row["read_recall@5"] = float(any(right[:1])), float(any(right[:5]))
        if question.answerable and question.answers:
            words = [span.text for span in question.answers]
            first = ranked[0].text if ranked else ""
            span = _focus(ranked[0]) if ranked else ""
            row |= {"span_f1": metrics.span_f1(span, words), "span_em": metrics.span_em(span, words)}
            row["sentence_f1"] = metrics.span_f1(first, words)
        rows.append(row)
        if on_count:
            on_count(done, "questions (answers)")
    return rows


def outsider_rows(
    assistant: Assistant, questions: Sequence[Question], on_count: OnCount | None = None
) -> Rows:
    """Rows of questions that belong to another library: unanswerable here, for abstention only.

    Their confidence counts in ``ece_mixed`` only: ``ece`` is that of the set's own questions.
    """
    rows = []
    for done, question in enumerate(questions, 1):
        row = _certainty(assistant, assistant.rank(question.text), answerable=False)
        del row["confidence"]
        rows.append(row)
        if on_count:
            on_count(done, "questions (outsiders)")
    return rows


def _certainty(assistant: Assistant, ranked: Sequence[Candidate], *, answerable: bool) -> dict[str, float]:
    score = ranked[0].score if ranked else NO_SCORE
    row = {
        "best_score": score,
        "confidence": assistant.calibration.confidence(score) if ranked else 0.0,
        "confidence_mixed": assistant.calibration.confidence(score) if ranked else 0.0,
        "answerable": float(answerable),
    }
    return row if answerable else row | {"right": 0.0}


def _focus(candidate: Candidate) -> str:
    if candidate.focus is None:
        return candidate.text
    start, end = candidate.focus
    return candidate.text[start - candidate.start : end - candidate.start]


def _touched(passage: Passage, gold: Places) -> bool:
    return any(
        passage.document_id == name and metrics.touches(passage.start, passage.end, start, end)
        for name, start, end in gold
    )


def _hit(candidate: Candidate, gold: Places) -> bool:
    return any(
        candidate.hit.passage.document_id == name
        and metrics.overlaps(candidate.start, candidate.end, start, end)
        for name, start, end in gold
    )
