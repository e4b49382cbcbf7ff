"""Fit confidence and the bar of "not found" on labelled questions: ``litquote calibrate``.

Each question belongs to one of three parts by its words, so that the same question never stands on two
sides: the curve is fitted on the first, the bar on the second, and the figures are those of the third.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from index.errors import UsageError
from index.files import write_atomically
from index.library import Library
from qa import evalsets, fitting, metrics
from qa.assistant import Assistant
from qa.calibration import OWN, Calibration
from qa.evalsets import OnCount, Question
from qa.extract import Candidate

FIT, BAR, REPORT = range(3)
#: Fewer questions with and without an answer say too little: at 30 a kind, a share is known to +- 0.18.
LEAST = 30
BINS = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """What the best sentence of one question scored, and whether it was right; ``group`` is its set."""

    question: str
    score: float
    right: bool
    answerable: bool
    group: str = ""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A calibration with how many questions each part had."""

    calibration: Calibration
    counts: tuple[int, int, int]


def part_of(question: str, seed: int = 0) -> int:
    """FIT, BAR or REPORT, by the question's words alone."""
    plain = " ".join(question.casefold().split())
    return int.from_bytes(hashlib.sha256(f"{seed} {plain}".encode()).digest()[:8]) % 3


def right(candidate: Candidate, places: Sequence[tuple[str, int, int]]) -> bool:
    """Whether a sentence shares at least half of the shorter with a place where the answer stands."""
    document = candidate.hit.passage.document_id
    return any(
        document == name and metrics.overlaps(candidate.start, candidate.end, start, end)
        for name, start, end in places
    )


def ask(
    assistant: Assistant,
    questions: Iterable[Question],
    *,
    answerable: bool = True,
    group: str = "",
    on_count: OnCount | None = None,
) -> list[Asked]:
    """Ask each question; with ``answerable`` false all belong to another library.

    Questions that have an answer but do not say where are left out. Raises UsageError for a place that
    is not in the library.
    """
    found = []
    for done, question in enumerate(questions, 1):
        has_answer = answerable and question.answerable
        places = evalsets.places(assistant.library, question) if has_answer else []
        if has_answer and not places:
            continue
        ranked = assistant.rank(question.text)
        if ranked:
            best = ranked[0]
            found.append(Asked(question.text, best.score, right(best, places), has_answer, group))
        if on_count:
            on_count(done, "questions")
    return found


def fit(asked: Sequence[Asked], base: Calibration, *, seed: int = 0) -> Fitted:
    """``base`` with curve, bar and figures from ``asked``; each group counts alike.

    Raises UsageError when there are too few questions.
    """
    for kind, name in ((True, "with an answer in the library"), (False, "without one")):
        count = sum(one.answerable == kind for one in asked)
        if count < LEAST:
            raise UsageError(
                f"{count} questions {name} are too few to calibrate on; give at least {LEAST} of each kind "
                '(label "answerable": false, or name another set with --outsiders)'
            )
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
    """Figures with 95 % bootstrap intervals, over as many questions without an answer as with one at most."""
    inside = [one for one in asked if one.answerable]
    outside = [one for one in asked if not one.answerable][: len(inside)]
    mixed = inside + outside
    scores, correct, answerable, _ = _columns(mixed)
    columns = {
        "score": scores,
        "right": correct,
        "answerable": answerable,
        "said": np.array([calibration.confidence(score) for score in scores]),
    }
    statistics: dict[str, metrics.Statistic] = {
        "auroc": lambda c, w: metrics.auroc(c["score"], c["answerable"], w),
        "coverage@p90": lambda c, w: metrics.coverage_at_precision(
            c["score"], c["right"], c["answerable"], w
        ),
        "ece": lambda c, w: metrics.calibration_error(c["said"], c["right"], w),
    }
    found: dict[str, Any] = {"answerable": len(inside), "others": len(outside)}
    for name, statistic in statistics.items():
        if bounds := metrics.interval(statistic, columns):
            found[name] = [round(value, 4) for value in bounds]
    for name, those in (("answered", inside), ("answered_others", outside)):
        if those:
            found[name] = round(float(np.mean([one.score >= calibration.bar for one in those])), 4)
    if inside:
        found["hit@1"] = round(float(np.mean([one.right for one in inside])), 4)
    return found


# -- the command -------------------------------------------------------------------------------------


def command(arguments: argparse.Namespace, library: Library, on_count: OnCount | None) -> dict[str, Any]:
    """``litquote calibrate``: what was fitted and where it lies. Raises UsageError for unusable questions."""
    own = library.path / OWN
    if arguments.reset:
        own.unlink(missing_ok=True)
        return {"path": str(own), "written": False, "reset": True}
    if not arguments.questions:
        raise UsageError("name a file with labelled questions, or --reset; see docs/calibration.md")
    assistant = Assistant(library, reader=arguments.reader)
    asked = ask(assistant, evalsets.questions(Path(arguments.questions).expanduser()), on_count=on_count)
    for name in arguments.outsiders:
        others = evalsets.questions(Path(name).expanduser())
        asked += ask(assistant, others, answerable=False, on_count=on_count)
    encoder, reader, scheme = assistant.made_with
    base = replace(assistant.calibration, encoder=encoder, reader=reader, scheme=scheme)
    fitted = fit(asked, base, seed=arguments.seed)
    if not arguments.dry_run:
        write_atomically(own, json.dumps([fitted.calibration.to_dict()], indent=1).encode())
    return {
        "path": str(own),
        "written": not arguments.dry_run,
        "questions": dict(zip(("fit", "bar", "report"), fitted.counts, strict=True)),
        "before": measure(
            assistant.calibration, [a for a in asked if part_of(a.question, arguments.seed) == REPORT]
        ),
        "calibration": fitted.calibration.to_dict(),
    }


def text(result: dict[str, Any]) -> str:
    """The result for people."""
    if result.get("reset"):
        return "litquote's own calibration is used again"
    counts, made = result["questions"], result["calibration"]
    lines = [
        f"fitted on {counts['fit']}, the bar on {counts['bar']}, measured on {counts['report']} questions",
        f"a quote needs the score {made['bar']:.3f}",
    ]
    for title, figures in (("before", result["before"]), ("now", made["figures"]["questions"])):
        cells = [
            f"{name} {figures[name][0]:.3f} [{figures[name][1]:.3f}, {figures[name][2]:.3f}]"
            for name in ("auroc", "coverage@p90", "ece")
            if name in figures
        ]
        answered = f"answers {figures['answered']:.0%} of the answerable"
        if "answered_others" in figures:
            answered += f" and {figures['answered_others']:.0%} of the others"
        lines.append(f"{title}: {', '.join([*cells, answered])}")
    lines.append("said   right   questions")
    lines += [f"{said:.3f}  {true:.3f}  {count:6}" for said, true, count in made["curve"]]
    lines.append(f"kept in {result['path']}" if result["written"] else "nothing was written (--dry-run)")
    return "\n".join(lines)
