"""Examples from questions that people asked: evaluation sets with answers, evidence or relevant documents."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from index.sentences import sentences
from qa import evalsets
from qa.evalsets import Question
from qa.readdata_forms import is_objective
from qa.readdata_pool import Example, Pool, Row, Span, asked_terms, said, spans_of
from qa.readdata_roles import DOES, FINDS, role_of
from qa.readdata_words import reworded, typed


def labelled(pool: Pool, index: int, spans: Sequence[Span]) -> list[int]:
    """By sentence: 1 where a span (document's positions) covers half of it or lies in it by half.

    -1 where a span does no more than touch it.
    """
    passage = pool.all[index]
    found = []
    for start, end in passage.sentences:
        shared = [(min(end + passage.start, b) - max(start + passage.start, a), b - a) for a, b in spans]
        most = max((s for s, _ in shared), default=0)
        if 2 * most >= end - start or any(s > 0 and 2 * s >= length for s, length in shared):
            found.append(1)
        else:
            found.append(-1 if most > 0 else 0)
    return found


def exact_spans(pool: Pool, index: int, spans: Iterable[Span]) -> list[Span]:
    """Those of ``spans`` (document's positions) that lie in a passage, as positions in its text."""
    passage = pool.all[index]
    inside = [(a - passage.start, b - passage.start) for a, b in spans]
    whole = {n for start, end in passage.sentences for n in range(start, start + 3)}
    return [  # a span of whole sentences marks nothing inside them
        (a, b)
        for a, b in inside
        if 0 <= a < b <= len(passage.text) and b - a <= 200 and not (a in whole and b - a > 90)
    ]


def row(index: int, labels: list[int], spans: Sequence[Span] = ()) -> Row:
    """A row whose label follows from those of its sentences."""
    return Row(index, labels, 1 if 1 in labels else -1 if -1 in labels else 0, list(spans))


def is_statement(text: str) -> bool:
    """Whether a set's "question" is a claim."""
    return (
        "?" not in text
        and not re.search(r"\b(?:what|which|who|how|where|when|list|describe|explain|name)\b", text, re.I)
        and not re.match(
            r"(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|could|"
            r"should|will|has|have|"
            r"in (?:what|which)|list|name|give|describe|explain|please|define|to what|at what|by what|"
            r"from what|for what)\b",
            text.strip(),
            re.I,
        )
    )


def from_set(pool: Pool, folder: Path) -> list[Example]:
    """The examples of a set's questions, by what each gives: places, a conclusion, or relevant documents."""
    found: list[Example] = []
    extra = {str(record["id"]): record for record in evalsets.records(folder, "questions.jsonl")}
    asked = evalsets.questions(folder)
    placed = any(question.gold for question in asked)
    for question in asked:
        chance = random.Random(f"{folder.name}/{question.id}")
        if not any(f"{folder.name}/{document}" in pool.of for document in question.relevant):
            continue
        if answer := extra[question.id].get("long_answer"):
            found += _concluded(pool, folder.name, question, str(answer), chance)
        elif placed:
            found += _placed(pool, folder.name, question, extra[question.id], chance)
        else:
            found += _topical(pool, folder.name, question)
    return found


def _held(pool: Pool, name: str, documents: Iterable[str]) -> list[int]:
    return [i for document in documents for i in pool.of.get(f"{name}/{document}", ())]


def forms(question: str, extra: Mapping[str, Any], chance: random.Random) -> list[str]:
    """``question`` and other ways to put it: one always, more where a record says what is compared."""
    found = [html.unescape(question)]
    if all(extra.get(name) for name in ("intervention", "comparator", "outcome")):
        one, other, what = (
            html.unescape(str(extra[name])).strip(" .") for name in ("intervention", "comparator", "outcome")
        )
        options = [
            f"Does {one} improve {what} compared with {other}?",
            f"Effect of {one} versus {other} on {what}",
            f"Is there a difference in {what} between {one} and {other}?",
            f"How does {one} affect {what}?",
            f"{one} {what}",
            f"{what} {one} vs {other}",
            f"Is {one} better than {other} for {what}?",
            f"{one} changes {what} compared with {other}",
        ]
        effect = str(extra.get("label") or "")
        if effect.startswith("significantly"):
            options.append(f"{one} {effect.split()[-1]} {what} compared with {other}")
        found += chance.sample(options, 2)
    return found


def _placed(
    pool: Pool, name: str, question: Question, extra: Mapping[str, Any], chance: random.Random
) -> list[Example]:
    """Questions with places of answers or evidence; without any, on purpose, for an unanswerable one."""
    claim = is_statement(question.text)
    gold = _gold(pool, name, question, claim)
    if not gold and question.answerable:
        return []
    trial = bool(extra.get("outcome"))
    for entry in gold if trial else ():
        found = [_other_finding(line, extra) for line in pool.lines(entry.passage)]
        entry.labels = [label or other for label, other in zip(entry.labels, found, strict=True)]
    also = _same_paper(pool, name, question, extra, {entry.passage for entry in gold})
    kind = "claim" if claim else "yesno" if _YES_NO.match(question.text) else "question"
    strings = tuple(str(s) for s in extra.get("gold_strings") or ()) or tuple(
        span.text for span in question.answers if len(span.text) < 60
    )
    documents = frozenset(f"{name}/{document}" for document in question.relevant)
    gold.sort(
        key=lambda entry: -max(pool.coverage(question.text, line) for line in pool.lines(entry.passage))
    )
    chunks = _chunks(gold, 3, 2 if not trial else 1, chance) if gold else [[]]
    found_all: list[Example] = []

    def add(text: str, shown: str, chunk: list[Row]) -> None:
        found_all.append(
            Example(
                f"{question.id}{'+' * len(found_all)}",
                name,
                kind,
                text,
                shown,
                chunk,
                also,
                documents,
                strings=() if claim else strings,
                droppable=not claim,
            )
        )

    for text in forms(question.text, extra, chance):
        for chunk in chunks:
            shown = text if claim else typed(text, chance)
            add(text, reworded(shown, chance) if found_all and chance.random() < 0.4 else shown, chunk)
    if claim and gold and (shown := typed(reworded(question.text, chance), chance)) != question.text:
        add(question.text, shown, gold[:3])
    return found_all


_YES_NO = re.compile(r"(?:is|are|do|does|can|was|did|has|have|could|should)\b", re.I)


def _gold(pool: Pool, name: str, question: Question, claim: bool) -> list[Row]:
    exact = spans_of(question.answers)
    gold: list[Row] = []
    for document, spans in (spans_of(question.evidence) or exact).items():
        for index in pool.of.get(f"{name}/{document}", ()):
            labels = labelled(pool, index, spans)
            if 1 not in labels:
                continue
            inside = [] if claim else exact_spans(pool, index, exact.get(document, ()))
            if inside and question.evidence:  # evidence that lacks the exact answer may not be enough
                holds = [any(s <= a < e for a, _ in inside) for s, e in pool.all[index].sentences]
                labels = [-1 if label > has else label for label, has in zip(labels, holds, strict=True)]
            labels = _sure(pool, index, labels, question.text)
            if 1 in labels:
                gold.append(row(index, labels, inside))
    return gold


def _same_paper(
    pool: Pool, name: str, question: Question, extra: Mapping[str, Any], known: set[int]
) -> list[Row]:
    """The hardest other passages of the papers that a question is about."""
    also = []
    for index in _held(pool, name, question.relevant):
        if index in known:
            continue
        lines = pool.lines(index)
        if not question.answerable:
            labels = [0] * len(lines)
        elif extra.get("outcome"):
            labels = [_other_finding(line, extra) for line in lines]
        else:
            labels = [-1 if pool.coverage(question.text, line) >= 0.6 else 0 for line in lines]
        also.append(row(index, labels))
    return hardest(pool, question.text, also, 5)


def _chunks(gold: list[Row], size: int, most: int, chance: random.Random) -> list[list[Row]]:
    """Up to ``most`` shares of the gold rows: a question with ten answers is asked with some at a time."""
    rows = list(gold)
    if len(rows) > size:
        chance.shuffle(rows)
    return [rows[n : n + size] for n in range(0, len(rows), size)][:most]


def _sure(pool: Pool, index: int, labels: list[int], question: str) -> list[int]:
    """Of a run of evidence sentences those with hardly a word of the question are in doubt."""
    if labels.count(1) < 2:
        return labels
    lines = pool.lines(index)
    low = 0.2 if labels.count(1) > 3 else 0.1
    near = [
        label == 1 and pool.coverage(question, line) >= low for label, line in zip(labels, lines, strict=True)
    ]
    return (
        [(1 if near[n] else -1) if label == 1 else label for n, label in enumerate(labels)]
        if any(near)
        else labels
    )


def _other_finding(line: str, extra: Mapping[str, Any]) -> int:
    """-1 for a sentence of a trial that may state the same finding, else 0."""
    outcome = set(asked_terms(str(extra["outcome"])))
    near = len(outcome & said(line)) >= 0.5 * len(outcome)
    if not near:
        return (
            -1
            if FINDS.search(line)
            and re.search(r"\bprimary (?:end|out)|\bconclu|\boutcomes?\b", line, re.I)
            and not DOES.search(line)
            else 0
        )
    if is_objective(line) or (DOES.search(line) and not re.search(r"\bp\s?[<=>]|significant", line)):
        return 0
    return -1


def hardest(pool: Pool, question: str, rows: Sequence[Row], most: int) -> list[Row]:
    """The ``most`` rows that say the most of what is asked, those without doubt first."""
    if len(rows) <= most:
        return list(rows)
    by = {
        id(entry): max((pool.coverage(question, line) for line in pool.lines(entry.passage)), default=0)
        for entry in rows
    }
    usable = [entry for entry in rows if 0 in entry.labels]
    return sorted(usable, key=lambda entry: (-by[id(entry)] - 0.3 * (entry.label == 0), entry.passage))[:most]


def _concluded(
    pool: Pool, name: str, question: Question, answer: str, chance: random.Random
) -> list[Example]:
    """A paper's conclusion, kept apart from its abstract by the set, put back where it stood."""
    (document,) = question.relevant
    full = f"{name}/{document}"
    held = pool.of.get(full, [])
    if not held or len(answer) > 900 or not pool.free(answer):
        return []
    source, last = pool.sources[full], pool.all[held[-1]]
    spans = sentences(answer)
    keep = last.sentences[-3:]
    low = keep[0][0]
    text = f"{last.text[low:]} {answer}"
    shift = len(last.text) - low + 1
    places = [(s - low, e - low) for s, e in keep] + [(s + shift, e + shift) for s, e in spans]
    index = pool.add(full, -1, source.title, text, places)
    roles = [role_of(source, last.start + s) for s, _ in keep]
    labels = [0 if role in ("methods", "background", "objective") else -1 for role in roles] + [1] * len(
        spans
    )
    also = []
    for i in held[:-1] if len(held) > 1 else []:
        passage = pool.all[i]
        found = [role_of(source, passage.start + s) for s, _ in passage.sentences]
        also.append(row(i, [0 if role in ("methods", "background", "objective") else -1 for role in found]))
    made = []
    for n, shown in enumerate((question.text, typed(reworded(question.text, chance), chance))):
        if n == 0 or shown != question.text:
            made.append(
                Example(
                    f"{question.id}{'+' * n}",
                    name,
                    "yesno",
                    question.text,
                    shown,
                    [row(index, labels)],
                    hardest(pool, question.text, also, 3),
                    frozenset([full]),
                )
            )
    return made


def _topical(pool: Pool, name: str, question: Question) -> list[Example]:
    """Question and relevant documents only: which sentence answers is not known, but for definitions."""
    documents = [d for d in question.relevant if f"{name}/{d}" in pool.of]
    citing = is_statement(question.text)
    text = re.sub(r"\s\(are\)|\s(?=\?)", "", question.text)
    gold = []
    for document in documents[:3]:
        held = pool.of[f"{name}/{document}"]
        score = {i: sum(pool.coverage(text, line) for line in pool.lines(i)) for i in held}
        index = max(held, key=lambda i: (score[i], -i)) if citing else held[0]
        labels = [-1] * len(pool.all[index].sentences)
        lines = pool.lines(index)
        if citing:
            best = max(range(len(lines)), key=lambda n: pool.coverage(text, lines[n]))
            if pool.coverage(text, lines[best]) >= 0.5:
                labels[best] = 1
        elif len(lines) == 1:
            labels = [1]
        elif defines := _definition_question(text):
            first = next(
                (n for n, line in enumerate(lines) if DEFINES.search(line) and defines & said(line)), None
            )
            if first is not None:
                labels[first] = 1
        gold.append(Row(index, labels, 1))
    if not gold:
        return []
    chance = random.Random(f"{name}/{question.id}")
    shown = text if citing else typed(text, chance)
    kind = "citing" if citing else "topic"
    topic = pool.sources[f"{name}/{documents[0]}"].title
    names = {f"{name}/{d}" for d in question.relevant}
    if not citing and topic:  # what else a source says of the same subject may answer, too
        names |= set(pool.titled(name, topic))
    return [Example(question.id, name, kind, text, shown, gold, [], frozenset(names), droppable=False)]


DEFINES = re.compile(
    r"\b(?:is|are) (?:a|an|the|one|any|defined|characteri[sz]ed|caused|when)\b|"
    r"\b(?:refers? to|means)\b"
)


def _definition_question(text: str) -> frozenset[str]:
    match = re.match(r"what (?:is|are) ([^?]{3,80})\?", text, re.I)
    return frozenset(asked_terms(match[1])) if match else frozenset()
