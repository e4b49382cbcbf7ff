"""Fit what a raw sentence score means: the curve and the bar of ``qa/calibration.py``.

Run from the repository's root; needs the evaluation sets. Half of each set's questions fit, the
other half is reported. Questions of one set asked of another set's library have no answer there.
"""

from __future__ import annotations

import json

import numpy as np
import sets
from numpy.typing import NDArray

from qa import metrics
from qa.assistant import Assistant
from qa.evalsets import Question

NAMES = ("covidqa-dev", "scifact-train", "bioasq-7-9")
OUTSIDERS = {"covidqa-dev": "medquad", "scifact-train": "covidqa-dev", "bioasq-7-9": "squad2-train-part"}
PER_SET = 240


def gold(question: Question) -> list[tuple[str, int, int]]:
    """Where the set says the answer stands: document, start, end. Whole evidence before short answers."""
    spans = question.evidence or question.answers
    return [(s.document_id, s.start, s.start + len(s.text)) for s in spans if s.start is not None]


def sample(questions: list[Question], count: int) -> list[Question]:
    """``count`` questions spread evenly over the list."""
    return [questions[i] for i in np.linspace(0, len(questions) - 1, min(count, len(questions))).astype(int)]


def ask_all(assistant: Assistant, name: str) -> dict[str, list]:
    """Top score of each question, and score and rightness of every sentence it would show."""
    found: dict[str, list] = {"pairs": [], "inside": [], "outside": [], "hits": []}
    inside = sample([q for q in sets.questions(name) if q.answerable and gold(q)], PER_SET)
    for number, question in enumerate(inside):
        ranked = assistant.rank(question.text)
        right = [
            any(
                c.hit.passage.document_id == d and metrics.overlaps(c.start, c.end, s, e)
                for d, s, e in gold(question)
            )
            for c in ranked[:5]
        ]
        found["pairs"] += [(number % 2, c.score, ok) for c, ok in zip(ranked[:5], right, strict=True)]
        found["hits"].append((bool(right[:1] == [True]), any(right[:3])))
        if ranked:
            found["inside"].append((number % 2, ranked[0].score, right[0]))
    for number, question in enumerate(sample(sets.questions(OUTSIDERS[name]), PER_SET)):
        ranked = assistant.rank(question.text)
        if ranked:
            found["outside"].append((number % 2, ranked[0].score, False))
            found["pairs"] += [(number % 2, c.score, False) for c in ranked[:1]]
    return found


def fit(scores: NDArray[np.float64], right: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and intercept of the logistic curve of greatest likelihood (Newton's method)."""
    design = np.stack([scores, np.ones_like(scores)], axis=1)
    weights = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ weights))
        hessian = design.T @ (design * (p * (1 - p))[:, None]) + 1e-6 * np.eye(2)
        weights += np.linalg.solve(hessian, design.T @ (right - p))
    return float(weights[0]), float(weights[1])


def main() -> None:
    """Print the curve, the bar and what they do on the half not fitted."""
    pairs, inside, outside = [], [], []
    fingerprint = ""
    for name in NAMES:
        with sets.library_of(name) as library:
            assistant = Assistant(library)
            fingerprint = library.encoder.fingerprint
            found = ask_all(assistant, name)
        hits = np.array(found["hits"], dtype=float)
        first, third = hits.mean(axis=0)
        print(f"{name}: {len(hits)} questions, sentence hit@1 {first:.3f}, hit@3 {third:.3f}")
        pairs += found["pairs"]
        inside += found["inside"]
        outside += found["outside"]
    table = np.array(pairs, dtype=float)
    fitted, held = table[table[:, 0] == 0], table[table[:, 0] == 1]
    slope, intercept = fit(fitted[:, 1], fitted[:, 2])
    tops, others = np.array(inside, dtype=float), np.array(outside, dtype=float)
    quantiles = {q: float(np.quantile(others[others[:, 0] == 0, 1], q)) for q in (0.5, 0.8, 0.9, 0.95)}
    print("out-of-library top scores, quantiles:", {q: round(v, 3) for q, v in quantiles.items()})
    held_in, held_out = tops[tops[:, 0] == 1], others[others[:, 0] == 1]
    for quantile, bar in quantiles.items():
        shown = held_in[held_in[:, 1] >= bar]
        print(
            f"bar {bar:.3f} ({quantile:.0%} of outsiders below): answers {len(shown) / len(held_in):.3f} of "
            f"the answerable, {np.mean(held_out[:, 1] >= bar):.3f} of the others; "
            f"right when answered {shown[:, 2].mean():.3f}"
        )
    p = 1 / (1 + np.exp(-(slope * held[:, 1] + intercept)))
    scores = np.concatenate([held_in[:, 1], held_out[:, 1]])
    inside_first = np.repeat([1.0, 0.0], [len(held_in), len(held_out)])
    separation = metrics.auroc(scores, inside_first, metrics.once(len(scores)))
    print(
        json.dumps(
            {
                "slope": round(slope, 3),
                "intercept": round(intercept, 3),
                "encoder": fingerprint,
                "ece": round(float(metrics.calibration_error(p, held[:, 2], metrics.once(len(p)))[0]), 3),
                "abstention_auroc": round(float(separation[0]), 3),
            }
        )
    )


if __name__ == "__main__":
    main()
