"""Measure retrieval and answers on evaluation sets: per question first, then statistics with intervals.

The result is plain JSON: ``commit``, ``model``, ``settings``, ``sets`` (set, system, metric: value, low,
high) and ``per_question`` (set: question ids, and for each system a column of values, None where the
question does not count), from which :mod:`qa.evalreport` computes paired differences.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from index.encoders import Encoder, load_encoder
from index.errors import UsageError
from index.library import Library
from index.manifest import litquote_version
from qa import evalsets, metrics, retrieve
from qa.assistant import Assistant
from qa.calibration import LOOKED_THROUGH, READ_PASSAGES
from qa.evalrows import (
    ANSWER_METRICS,
    DEPTH,
    DOCUMENT_METRICS,
    PASSAGE_METRICS,
    TIMES,
    Rows,
    answer_rows,
    outsider_rows,
    retrieval_rows,
)
from qa.evalsets import OnCount, Question
from qa.lengths import length_baseline
from qa.metrics import Column, Statistic
from qa.provenance import commit
from qa.ranking import SYSTEMS
from qa.reader import load_reader

STAGES = ("retrieve", "answer", "all")

Columns = dict[str, Column]


def _mean(name: str) -> Statistic:
    return lambda columns, weights: metrics.mean(columns[name], weights)


def _median(name: str) -> Statistic:
    return lambda columns, weights: metrics.quantile(columns[name], weights, 0.5)


def _quantile(q: float) -> Statistic:
    return lambda columns, weights: metrics.quantile(columns["latency_ms"], weights, q)


#: Each metric with the columns it needs and how they make it.
STATISTICS: Mapping[str, tuple[tuple[str, ...], Statistic]] = {
    **{name: ((name,), _mean(name)) for name in (*DOCUMENT_METRICS, *PASSAGE_METRICS)},
    "latency_p50_ms": (("latency_ms",), _quantile(0.5)),
    "latency_p95_ms": (("latency_ms",), _quantile(0.95)),
    **{n: ((n,), _mean(n)) for n in ANSWER_METRICS},
    **{f"{n}_p50": ((n,), _median(n)) for n in TIMES},
    "abstention_auroc": (
        ("best_score", "answerable"),
        lambda c, weights: metrics.auroc(c["best_score"], c["answerable"], weights),
    ),
    "coverage@p90": (
        ("best_score", "right", "answerable"),
        lambda c, weights: metrics.coverage_at_precision(
            c["best_score"], c["right"], c["answerable"], weights
        ),
    ),
    "ece": (
        ("confidence", "right"),
        lambda c, weights: metrics.calibration_error(c["confidence"], c["right"], weights),
    ),
    "ece_mixed": (
        ("confidence_mixed", "right"),
        lambda c, weights: metrics.calibration_error(c["confidence_mixed"], c["right"], weights),
    ),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, and on what; see docs/evaluation.md. ``library`` serves sets without a corpus."""

    sets: tuple[Path, ...]
    stage: str = "all"
    distractors: tuple[Path, ...] = ()
    outsiders: tuple[Path, ...] = ()
    exclude_kinds: tuple[str, ...] = ()
    sample: int | None = None
    seed: int = 0
    library: Path | None = None
    encoder: str | None = None
    reader: str | None = None
    only: Path | None = None
    cache: Path | None = None


def evaluate(
    plan: Plan, *, encoder: Encoder | None = None, on_count: OnCount | None = None
) -> dict[str, Any]:
    """Run ``plan`` and return the result described above.

    ``on_count`` hears of documents written and questions asked. Raises UsageError for a set that is not as
    docs/evaluation.md has it, a stage that does not exist, or two sets of one name, EncoderError for a reader
    that cannot be loaded.
    """
    if plan.stage not in STAGES:
        raise UsageError(f"there is no stage {plan.stage!r}; choose one of {', '.join(STAGES)}")
    if plan.sample is not None and plan.sample < 1:
        raise UsageError(f"a sample of {plan.sample} questions says nothing; ask for at least one")
    names = [folder.resolve().name for folder in plan.sets]
    if len(set(names)) < len(names):
        raise UsageError("two sets have the same folder name; rename one, results are listed by name")
    if plan.reader is not None and plan.stage != "retrieve":
        load_reader(plan.reader)  # one that cannot be loaded is said before libraries are built
    encoder = encoder or (None if _own(plan) else load_encoder(plan.encoder))
    result: dict[str, Any] = {
        "commit": commit(),
        "model": {},
        "settings": _settings(plan),
        "sets": {},
        "per_question": {},
    }
    for name, folder in zip(names, plan.sets, strict=True):
        with _open(plan, folder.resolve(), encoder, on_count) as library:
            result["settings"]["libraries"][name] = {
                "documents": len(library),
                "passages": library.passage_count,
            }
            made = library.manifest.encoder
            result["model"] = {
                "name": made.name,
                "fingerprint": made.fingerprint,
                "precision": made.precision,
            }
            _run(plan, name, folder.resolve(), library, result, on_count)
    return result


def _own(plan: Plan) -> bool:
    return not any(evalsets.has_corpus(folder) for folder in plan.sets)


def _open(plan: Plan, folder: Path, encoder: Encoder | None, on_count: OnCount | None) -> Library:
    if not evalsets.has_corpus(folder):
        if plan.distractors:
            raise UsageError(f"{folder} has no corpus to mix distractors into; leave --distractors out")
        return Library.open(plan.library)
    return evalsets.set_library(
        folder,
        encoder or load_encoder(plan.encoder),
        distractors=[path.resolve() for path in plan.distractors],
        exclude_kinds=plan.exclude_kinds,
        root=plan.cache,
        on_count=on_count,
    )


def _settings(plan: Plan) -> dict[str, Any]:
    return {
        "litquote": litquote_version(),
        "stage": plan.stage,
        "depth": DEPTH,
        "dense_weight": retrieve.DENSE_WEIGHT,
        "title_weight": retrieve.TITLE_WEIGHT,
        "keywords_boost": retrieve.KEYWORDS_BOOST,
        "expansion_weight": retrieve.EXPANSION_WEIGHT,
        "looked_through": LOOKED_THROUGH,
        "read_passages": READ_PASSAGES,
        "distractors": [path.resolve().name for path in plan.distractors],
        "outsiders": [path.resolve().name for path in plan.outsiders],
        "exclude_kinds": list(plan.exclude_kinds),
        "sample": plan.sample,
        "seed": plan.seed,
        "resamples": metrics.RESAMPLES,
        "libraries": {},
    }


def _shuffled(questions: list[Question], seed: int) -> list[Question]:
    return random.Random(seed).sample(questions, len(questions))


def sampled(questions: Sequence[Question], plan: Plan) -> list[Question]:
    """The plan's sample of ``questions``, in their order; all when it is no smaller."""
    if plan.sample is None or plan.sample >= len(questions):
        return list(questions)
    chosen = sorted(random.Random(plan.seed).sample(range(len(questions)), plan.sample))
    return [questions[place] for place in chosen]


def drawn(plan: Plan, name: str, folder: Path) -> list[Question]:
    """The questions of a set that the plan asks. Raises UsageError for an id in ``only`` that is none."""
    questions = evalsets.questions(folder)
    if plan.only is not None:
        wanted = evalsets.only(plan.only, name)
        if missing := sorted(wanted - {question.id for question in questions}):
            raise UsageError(
                f"{plan.only} names questions that {name} does not have: {', '.join(missing[:3])}"
            )
        questions = [question for question in questions if question.id in wanted]
        if not questions:
            raise UsageError(f"{plan.only} names no question of {name}")
    return sampled(questions, plan)


def drawn_outsiders(plan: Plan, name: str, count: int) -> list[Question]:
    """``count`` questions of other sets, evenly from each, so that a mix is half and half."""
    pools = []
    for path in plan.outsiders:
        other = path.resolve().name
        if other != name:
            found = evalsets.questions(path)
            wanted = evalsets.only(plan.only, other) if plan.only is not None else set()
            kept = [one for one in found if not wanted or one.id in wanted]
            pools.append(_shuffled(kept, plan.seed)[:count])
    turns = [question for row in zip_longest(*pools) for question in row if question is not None]
    return turns[:count]


def _run(
    plan: Plan, name: str, folder: Path, library: Library, result: dict[str, Any], on_count: OnCount | None
) -> None:
    questions = drawn(plan, name, folder)
    rows: dict[str, Rows] = {}
    ids = [question.id for question in questions]
    gold = [evalsets.places(library, question) for question in questions]
    if plan.stage != "answer":
        for system in SYSTEMS:
            rows[system] = retrieval_rows(system, library, questions, gold, on_count)
    if plan.stage != "retrieve":
        assistant = Assistant(library, reader=plan.reader)
        reader = assistant.reader
        result["settings"]["libraries"][name]["reader"] = reader and {
            "name": reader.name,
            "fingerprint": reader.fingerprint,
        }
        asked = answer_rows(assistant, questions, gold, on_count)
        outsiders: list[Question] = []
        if plan.outsiders:
            kinds = [question.answerable for question in questions]
            outsiders = drawn_outsiders(plan, name, max(0, sum(kinds) - kinds.count(False)))
        extra = outsider_rows(assistant, outsiders, on_count)
        before = rows.get("litquote") or [{} for _ in questions]
        for system in rows:
            rows[system] += [{} for _ in extra]
        rows["litquote"] = [one | two for one, two in zip(before, asked, strict=False)] + extra
        ids += [f"outsider:{question.id}" for question in outsiders]
    columns = {system: columns_of(found) for system, found in rows.items()}
    systems = {system: summary(found, seed=plan.seed) for system, found in columns.items()}
    if plan.distractors and plan.stage != "answer":
        systems["length"], result["settings"]["libraries"][name]["length_rule"] = length_baseline(
            library, questions, distractors=[path.resolve().name for path in plan.distractors], seed=plan.seed
        )
    result["sets"][name] = {"questions": len(questions), "systems": systems}
    result["per_question"][name] = {
        "questions": ids,
        "systems": {
            system: {column: _compact(values) for column, values in found.items()}
            for system, found in columns.items()
        },
    }


def columns_of(rows: Rows) -> Columns:
    """Rows turned: each column (n,) over all questions, nan where a question does not count."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: np.asarray([row.get(name, np.nan) for row in rows], dtype=np.float64) for name in names}


def summary(columns: Columns, *, seed: int = 0) -> dict[str, dict[str, float]]:
    """Every metric that ``columns`` allow: value and 95 % interval."""
    found = {}
    for metric, (needs, statistic) in STATISTICS.items():
        if columns.keys() >= set(needs) and (bounds := metrics.interval(statistic, columns, seed=seed)):
            found[metric] = named(bounds)
    return found


def named(bounds: tuple[float, float, float]) -> dict[str, float]:
    """Value and interval as they stand in the result."""
    return dict(zip(("value", "low", "high"), (round(bound, 5) for bound in bounds), strict=True))


def _compact(values: Column) -> list[float | int | None]:
    return [
        None if np.isnan(value) else int(value) if value == int(value) else round(float(value), 5)
        for value in values
    ]
