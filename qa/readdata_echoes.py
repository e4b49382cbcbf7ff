"""Where one sentence of a paper says again what another says: questions in other words than the answer."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from qa.readdata_human import hardest, row
from qa.readdata_pool import Example, Pool, Row, asked_terms
from qa.readdata_roles import FINDS, Line, headings, lines_of
from qa.readdata_rules import Made, questions_of
from qa.readdata_words import abbreviations, exchanged, reworded, typed

#: A conclusion that only calls for more work, or praises the method, answers nothing.
CALLS = re.compile(
    r"\b(?:further|future|additional|more|larger|long-term) (?:\w+ ){0,3}(?:studies|research|trials?|"
    r"work|investigations?|evaluation)\b|"
    r"\b(?:are|is) (?:needed|warranted|required|discussed|presented|reviewed)\b|\bshould be "
    r"(?:investigated|studied|confirmed|evaluated)\b",
    re.I,
)


def rows_of(pool: Pool, lines: Sequence[Line], label: dict[tuple[int, int], int]) -> dict[int, Row]:
    """A row for each passage of ``lines``, labels by (passage, sentence)."""
    by: dict[int, list[int]] = {}
    for line in lines:
        by.setdefault(line.passage, []).append(label[line.passage, line.number])
    return {
        index: row(index, labels)
        for index, labels in by.items()
        if len(labels) == len(pool.all[index].sentences)
    }


#: A question whose words weigh less in sum could be put of any paper: only its own paper is searched.
SPECIFIC = 12.0


#: What can be asked of one finding and answered by another.
_KINDS = ("yesno", "relation", "effect", "number", "cause", "which")
#: Another sentence says the same when it holds so much of the question, by weight.
_SAME = 0.6


def echoes(pool: Pool, name: str, most: int, chance: random.Random) -> Iterator[Example]:
    """What one sentence of a paper says is asked, and another that says it in other words answers.

    The sentence itself is not shown: its passage is left out, or of a short paper shown without it.
    """
    lines = lines_of(pool, name)
    short = abbreviations(pool.sources[name].text)
    long = len(lines) > 40
    if not long and not headings(pool.sources[name]):
        return  # told by words alone, what is a result is too unsure
    roles = ("results", "conclusion") if long else ("conclusion",)
    made = [
        (line, one)
        for line in lines[: 30 if long else None]
        if line.role in roles and not CALLS.search(line.text)
        for one in questions_of(line.text)
        if one.kind in _KINDS
    ]
    chance.shuffle(made)
    made.sort(key=lambda pair: pair[1].kind == "yesno")
    taken: set[Line] = set()
    for line, one in made:
        if len(taken) >= most:
            return
        if line in taken or sum(map(pool.weight, asked_terms(one.question))) < SPECIFIC:
            continue
        if not (rows := _echo(pool, lines, line, one, long)):
            continue
        taken.add(line)
        gold = [entry for entry in rows if entry.label == 1]
        also = [entry for entry in rows if entry.label != 1 and 0 in entry.labels]
        answer = line.text[one.span[0] : one.span[1]] if one.span else ""
        for entry in gold:
            _mark(pool, entry, answer)
        shown = typed(exchanged(reworded(one.question, chance), short, chance, 0.4), chance)
        yield Example(
            f"{name}#{line.passage}.{line.number}.echo",
            name.split("/")[0],
            "echo",
            one.question,
            shown,
            gold[:3],
            hardest(pool, one.question, also, 4),
            frozenset([name]),
        )


def _echo(pool: Pool, lines: Sequence[Line], line: Line, one: Made, long: bool) -> list[Row]:
    """The rows of a paper for a question made from ``line``; none when no other sentence says the same."""
    others = [other for other in lines if (other.passage != line.passage if long else other is not line)]
    best = {other: pool.coverage(one.question, other.text) for other in others}
    same = [
        other
        for other in others
        if best[other] >= _SAME
        and other.role not in ("objective", "methods", "title", "background")
        and FINDS.search(other.text)
        and (not one.needs or one.needs.search(other.text))
    ]
    if not same:
        return []
    same = sorted(same, key=lambda other: -best[other])
    same = [other for other in same if best[other] >= best[same[0]] - 0.1][:3]
    label = {}
    for other in others:
        unsure = best[other] >= 0.3 and other.role not in ("objective", "title", "methods")
        label[other.passage, other.number] = 1 if other in same else -1 if unsure else 0
    rows = rows_of(pool, [other for other in others if other.passage != line.passage], label)
    if not long and (rest := _without(pool, line, label)) is not None:
        rows[rest.passage] = rest
    found = list(rows.values())
    return found if any(entry.label == 1 for entry in found) else []


def _mark(pool: Pool, entry: Row, answer: str) -> None:
    """Mark the answering words where a right sentence holds them, too."""
    passage = pool.all[entry.passage]
    at = passage.text.find(answer) if 3 < len(answer) < 80 else -1
    right = [span for span, label in zip(passage.sentences, entry.labels, strict=True) if label == 1]
    if at >= 0 and any(start <= at < end for start, end in right):
        entry.spans = [(at, at + len(answer))]


def _without(pool: Pool, line: Line, label: dict[tuple[int, int], int]) -> Row | None:
    """A passage as it stands without one of its sentences."""
    passage = pool.all[line.passage]
    if len(passage.sentences) < 3:
        return None
    start, _ = passage.sentences[line.number]
    after = [s for s, _ in passage.sentences[line.number + 1 :]]
    cut = (after[0] if after else len(passage.text)) - start
    text = passage.text[:start] + passage.text[start + cut :]
    spans = [
        (s, e) if e <= start else (s - cut, e - cut)
        for n, (s, e) in enumerate(passage.sentences)
        if n != line.number
    ]
    labels = [label[line.passage, n] for n in range(len(passage.sentences)) if n != line.number]
    return row(pool.aside(passage, text, spans), labels)
