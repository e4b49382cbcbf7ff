"""Fit confidence and the bar of "not found" on labelled questions.

Each question belongs to one of three parts by its words, so that the same question never stands on two
sides: the curve is fitted on the first, the bar on the second, and the figures are those of the third.
Questions with and without an answer count alike, however many there are of each. docs/calibration.md
says it for users; :mod:`qa.calibrate_command` is the command.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from index.errors import UsageError
from qa import fitting, metrics
from qa.assistant import MAX_QUOTES, Assistant
from qa.calibration import Calibration
from qa.evalrows import Places
from qa.evalsets import OnCount, Question
from qa.extract import Candidate

FIT, BAR, REPORT = range(3)
#: Fewer questions with and without an answer say too little: at 30 a kind, a share is known to +- 0.18.
LEAST = 30
BINS = 10
#: Sentences after the best one that may be quoted.
FURTHER = MAX_QUOTES - 1


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question with every sentence read for it: the parts of its score, and whether it is right."""

    question: str
    answerable: bool
    parts: tuple[Mapping[str, float], ...]
    right: tuple[bool, ...]
    group: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the best sentence of one question scored, and whether it was right; ``group`` is its set.

    ``further`` are score and rightness of the next FURTHER sentences.
    """

    question: str
    score: float
    right: bool
    answerable: bool
    group: str = ""
    further: tuple[tuple[float, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Fitted:
    """A calibration with how many questions each part had."""

    calibration: Calibration
    counts: tuple[int, int, int]


def part_of(question: str, seed: int = 0) -> int:
    """FIT, BAR or REPORT, by the question's words alone."""
    return int.from_bytes(hashlib.sha256(f"{seed} {plain(question)}".encode()).digest()[:8]) % 3


def plain(question: str) -> str:
    """The words of a question, by which two are the same."""
    return " ".join(question.casefold().split())


def right(candidate: Candidate, places: Places) -> bool:
    """Whether a sentence shares at least half of the shorter with a place where the answer stands."""
    document = candidate.hit.passage.document_id
    return any(
        document == name and metrics.overlaps(candidate.start, candidate.end, start, end)
        for name, start, end in places
    )


def label(
    assistant: Assistant,
    questions: Iterable[tuple[Question, Places]],
    *,
    group: str = "",
    on_count: OnCount | None = None,
) -> list[Labelled]:
    """Ask each question; right is what overlaps one of its places, nothing where it has none.

    Those that nothing was read for are left out.
    """
    found = []
    for done, (question, places) in enumerate(questions, 1):
        ranked = assistant.rank(question.text)
        if ranked:
            parts = tuple(one.parts for one in ranked)
            correct = tuple(right(one, places) for one in ranked)
            found.append(Labelled(question.text, bool(places), parts, correct, group))
        if on_count:
            on_count(done, "questions")
    return found


def asked(labelled: Iterable[Labelled], calibration: Calibration) -> list[Asked]:
    """The best sentence of each question by the weights of ``calibration``, the first of equal ones."""
    found = []
    for one in labelled:
        scores = [calibration.score(parts) for parts in one.parts]
        best, *others = np.argsort(-np.asarray(scores), kind="stable").tolist()[: 1 + FURTHER]
        further = tuple((scores[n], bool(one.right[n] and one.answerable)) for n in others)
        found.append(Asked(one.question, scores[best], one.right[best], one.answerable, one.group, further))
    return found


def weigh(labelled: Sequence[Labelled], names: Sequence[str]) -> dict[str, float]:
    """Weights of the parts ``names`` that put right sentences first; each group counts alike.

    None is negative, since every part is made so that more is better: one that would be, or that tells
    nothing, is left out.
    Raises UsageError where no question has right and wrong sentences.
    """
    mine = [one for one in labelled if one.answerable]
    sizes = Counter(one.group for one in mine)
    counts = np.array([1 / sizes[one.group] for one in mine])
    left = list(names)
    while left:
        lists = [
            (np.array([[parts.get(name, 0.0) for name in left] for parts in one.parts]), np.array(one.right))
            for one in mine
        ]
        found = fitting.fit_ranking(lists, counts)
        if found.min() >= 0 and found.max() > 0:
            return {name: float(weight) for name, weight in zip(left, found, strict=True) if weight > 0}
        left.pop(int(found.argmin()))
    raise UsageError("no part of the score is higher for right sentences; check the labelled places")


def hit(labelled: Iterable[Labelled], calibration: Calibration) -> float:
    """The share of the answerable questions whose best sentence is right; nan without any."""
    found = [one.right for one in asked(labelled, calibration) if one.answerable]
    return float(np.mean(found)) if found else float("nan")


def enough(kinds: Sequence[bool]) -> None:
    """Raise UsageError unless there are LEAST questions with an answer (true) and without one."""
    for kind, name in ((True, "with an answer whose place is given"), (False, "without an answer")):
        if (count := sum(one == kind for one in kinds)) < LEAST:
            raise UsageError(
                f"{count} questions {name} are too few to calibrate on; give at least {LEAST} of each kind: "
                'with "answers" or "evidence", and with "answerable": false or from another set, named with '
                "--outsiders (docs/calibration.md)"
            )


def fit(asked: Sequence[Asked], base: Calibration, *, seed: int = 0) -> Fitted:
    """``base`` with curve, bar and figures from ``asked``; each group counts alike.

    Raises UsageError when there are too few questions.
    """
    enough([one.answerable for one in asked])
    parts = [part_of(one.question, seed) for one in asked]
    mine: list[list[Asked]] = [
        [one for one, part in zip(asked, parts, strict=True) if part == n] for n in range(3)
    ]
    scores, correct, _, counts = _columns(mine[FIT])
    (slope,), intercept = fitting.fit_logistic(scores[:, None], correct, counts)
    if slope <= 0:
        raise UsageError(
            "on these questions a higher score does not mean a better answer; check the labelled places"
        )
    scores, _, answerable, counts = _columns(mine[BAR])
    bar = fitting.choose_bar(scores, answerable, counts)
    found = replace(base, slope=float(slope), intercept=intercept, bar=bar)
    found = replace(found, further=_further(mine[FIT], bar) or base.further)
    scores, correct, _, counts = _columns(mine[REPORT])
    said = np.array([found.confidence(score) for score in scores])
    curve = fitting.reliability(said, correct, counts, bins=BINS)
    groups = sorted({one.group for one in asked})
    figures = {
        group or "questions": measure(found, [a for a in mine[REPORT] if a.group == group])
        for group in groups
    }
    if len(groups) > 1:
        figures["all"] = measure(found, mine[REPORT])
    found = replace(found, curve=curve, figures=figures)
    return Fitted(found, (len(mine[FIT]), len(mine[BAR]), len(mine[REPORT])))


def _further(asked: Sequence[Asked], bar: float) -> tuple[float, float, float] | None:
    """The curve of sentences that reach the bar beside a better one; None where there are too few."""
    rows = [
        (score, best.score - score, right, best.group)
        for best in asked
        for score, right in best.further
        if score >= bar
    ]
    rights = sum(right for _, _, right, _ in rows)
    if min(rights, len(rows) - rights) < LEAST:
        return None
    sizes = Counter(group for *_, group in rows)
    counts = np.array([1 / sizes[group] for *_, group in rows])
    table = np.array([row[:2] for row in rows], dtype=np.float64)
    correct = np.array([float(right) for _, _, right, _ in rows])
    (slope, distance), intercept = fitting.fit_logistic(table, correct, counts)
    if slope < 0:  # what the distance says is enough
        slope = 0.0
        (distance,), intercept = fitting.fit_logistic(table[:, 1:], correct, counts)
    if distance > 0:
        (slope,), intercept = fitting.fit_logistic(table[:, :1], correct, counts)
        distance = 0.0
    return (float(slope), float(-distance), intercept) if slope >= 0 and slope - distance > 0 else None


def _columns(asked: Sequence[Asked]) -> tuple[Any, Any, Any, Any]:
    """Scores, rightness, answerability, and weights by which each group and kind counts alike."""
    keys = [(one.group, one.answerable) for one in asked]
    sizes = {key: keys.count(key) for key in set(keys)}
    return (
        np.array([one.score for one in asked], dtype=np.float64),
        np.array([one.right for one in asked], dtype=np.float64),
        np.array([one.answerable for one in asked], dtype=np.float64),
        np.array([1 / sizes[key] for key in keys]),
    )


def measure(calibration: Calibration, asked: Sequence[Asked]) -> dict[str, Any]:
    """Figures with 95 % bootstrap intervals; questions with and without an answer count alike."""
    scores, correct, answerable, counts = _columns(asked)
    columns = {
        "score": scores,
        "right": correct,
        "answerable": answerable,
        "said": np.array([calibration.confidence(score) for score in scores]),
        "weight": counts / counts.mean() if asked else counts,
    }
    statistics: dict[str, metrics.Statistic] = {
        "auroc": lambda c, w: metrics.auroc(c["score"], c["answerable"], w * c["weight"]),
        "coverage@p90": lambda c, w: metrics.coverage_at_precision(
            c["score"], c["right"], c["answerable"], w * c["weight"]
        ),
        "ece": lambda c, w: metrics.calibration_error(c["said"], c["right"], w * c["weight"]),
    }
    inside = [one for one in asked if one.answerable]
    outside = [one for one in asked if not one.answerable]
    found: dict[str, Any] = {"answerable": len(inside), "others": len(outside)}
    for name, statistic in statistics.items():
        if bounds := metrics.interval(statistic, columns):
            found[name] = [round(value, 4) for value in bounds]
    further = [
        (calibration.confidence(score, one.score), right)
        for one in asked
        if one.score >= calibration.bar
        for score, right in one.further
        if score >= calibration.bar_beside(one.score)
    ]
    if further:
        told, true = (np.array(column, dtype=np.float64) for column in zip(*further, strict=True))
        found["further"] = {
            "quotes": len(further),
            "said": round(float(told.mean()), 4),
            "right": round(float(true.mean()), 4),
        }
    for name, those in (("answered", inside), ("answered_others", outside)):
        if those:
            found[name] = round(float(np.mean([one.score >= calibration.bar for one in those])), 4)
    if inside:
        found["hit@1"] = round(float(np.mean([one.right for one in inside])), 4)
    return found
