"""Sentence hit@1 and hit@3 over an evaluation set's own library: the sum, a reader, and both together.

Run from the repository's root; needs the evaluation sets::

    python tests/bench/reading.py [--reader NAME_OR_FILE] [--data FOLDER] [SET …]

What retrieval returns for each question is kept in the cache folder, and so is what a reader makes of it:
another weighting takes seconds, another adapter a minute or two. The weights of a combination are those
that are best on the mean of the *other* sets. With ``--data`` (a folder of training data) only questions
outside its training folds count.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import itertools
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import sets

from index.errors import UsageError
from index.model_files import cache_folder
from qa import assistant, evalsets, extract, metrics, retrieve
from qa.reader import Excerpt, NetworkReader, load_reader

Vectors = dict[str, Any]

NAMES = ("covidqa-dev", "scifact-train", "bioasq-7-9", "squad2-train-part")
DEPTH = 30
NUMBERS = (5, 10, 20, 30)
#: Weights of the sum, the passage's logit and retrieval's score beside the reader's relevance.
GRID = tuple(itertools.product((0.0, 0.5, 1.0, 2.0, 4.0, 8.0), (0.0, 0.25, 0.5, 1.0), (0.0, 2.0, 5.0)))
TIMED = 20


def candidates_of(name: str, most: int, data: Path | None) -> list[dict[str, Any]]:
    """For each answerable question its DEPTH best passages: text, sentences, their sums, which are right."""
    seen = trained_on(data, name)
    with sets.library_of(name) as library:
        digest = hashlib.sha256(f"{library.path.name} {most} {sorted(seen)}".encode())
        for module in (retrieve, extract, assistant):
            digest.update(Path(str(module.__file__)).read_bytes())
        digest.update(repr(sets.questions(name)).encode())
        path = cache_folder() / "reading" / f"{name}-{digest.hexdigest()[:16]}.json.gz"
        if not path.exists():
            asked = [q for q in sets.questions(name) if q.answerable and q.gold and q.id not in seen]
            chosen = [asked[n] for n in np.linspace(0, len(asked) - 1, min(most, len(asked))).astype(int)]
            vectors: Vectors = {}
            found = [one for question in chosen if (one := _candidates(library, question, vectors))]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(gzip.compress(json.dumps(found).encode()))
        found = json.loads(gzip.decompress(path.read_bytes()))
    return found


def _candidates(library: Any, question: evalsets.Question, vectors: Vectors) -> dict[str, Any] | None:
    try:
        places = evalsets.places(library, question)
    except UsageError:  # the set names a place that its own corpus does not have
        return None
    encoder = library.encoder
    vector = encoder.encode_question(question.text)
    retriever = retrieve.Retriever(library)
    hits = retriever.search(question.text, DEPTH, answers_only=True, vector=vector)
    found = extract.candidates(hits, lambda name: library.text(name).content)
    weight = assistant.Assistant(library)._weight
    new = list(dict.fromkeys(c.text for c in found if c.text not in vectors))
    vectors.update(zip(new, encoder.encode(new), strict=True))
    rows = np.asarray([vectors[c.text] for c in found])
    scores = extract.score_sentences(question.text, vector, [c.text for c in found], rows, weight)
    passages = []
    for hit in hits:
        mine = [(c, s) for c, s in zip(found, scores, strict=True) if c.hit is hit]
        start = hit.passage.start
        passages.append(
            {
                "title": library.summary(hit.passage.document_id).title or "",
                "text": hit.text,
                "score": hit.score,
                "sentences": [[c.start - start, c.end - start] for c, _ in mine],
                "sums": [float(s) for _, s in mine],
                "right": [
                    any(
                        d == hit.passage.document_id and metrics.overlaps(c.start, c.end, a, b)
                        for d, a, b in places
                    )
                    for c, _ in mine
                ],
            }
        )
    return {"id": question.id, "question": question.text, "passages": passages}


def readings_of(name: str, rows: list[dict[str, Any]], reader: NetworkReader) -> list[list[Any]]:
    """For each question, for each passage: relevance of each sentence, and the passage's logit."""
    digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
    path = cache_folder() / "reading" / f"{name}-{digest[:12]}-{reader.fingerprint[:12]}.json.gz"
    if not path.exists():
        found = []
        for row in rows:
            read = reader.read(row["question"], excerpts_of(row))
            found.append([[[s.relevance for s in one.sentences], one.passage] for one in read])
        path.write_bytes(gzip.compress(json.dumps(found).encode()))
    kept: list[list[Any]] = json.loads(gzip.decompress(path.read_bytes()))
    return kept


def excerpts_of(row: dict[str, Any]) -> list[Excerpt]:
    """A question's passages as a reader takes them."""
    return [Excerpt(p["title"], p["text"], [tuple(s) for s in p["sentences"]]) for p in row["passages"]]


def features(row: dict[str, Any], read: list[Any], number: int) -> tuple[np.ndarray, np.ndarray]:
    """Per sentence of the first ``number`` passages: relevance, sum, passage logit, retrieval; rightness."""
    table, right = [], []
    for passage, (relevance, logit) in zip(row["passages"][:number], read, strict=False):
        for one, total, good in zip(relevance, passage["sums"], passage["right"], strict=True):
            table.append((one, total, logit, passage["score"]))
            right.append(good)
    return np.asarray(table, float).reshape(-1, 4), np.asarray(right, bool)


def hits(questions: list[tuple[np.ndarray, np.ndarray]], weights: tuple[float, ...]) -> np.ndarray:
    """(questions, 2): whether the best sentence, and one of the three best, is right."""
    found = np.zeros((len(questions), 2))
    for n, (table, right) in enumerate(questions):
        order = np.argsort(-(table @ np.asarray(weights)), kind="stable") if len(table) else []
        found[n] = [any(right[order[:1]]), any(right[order[:3]])] if len(table) else [0, 0]
    return found


def interval(column: np.ndarray, seed: int = 0) -> str:
    """The mean with its 95 % bootstrap interval."""
    drawn = np.random.default_rng(seed).choice(column, (1000, len(column))).mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{column.mean():.3f} ({low:.2f}-{high:.2f})"


def trained_on(data: Path | None, name: str) -> set[str]:
    """The questions of a set that the training folds of ``data`` hold."""
    if data is None:
        return set()
    with gzip.open(data / "questions.jsonl.gz", "rt", encoding="utf-8") as stream:
        records = (json.loads(line) for line in stream)
        return {r["id"].rstrip("+") for r in records if r["set"] == name and r["fold"] != 0}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", default=NAMES)
    parser.add_argument("--reader", default=None)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--most", type=int, default=150, help="questions of each set")
    arguments = parser.parse_args()
    reader = None if arguments.reader == "none" else load_reader(arguments.reader)
    names = list(arguments.sets)
    rows = {name: candidates_of(name, arguments.most, arguments.data) for name in names}
    rows = {name: found for name, found in rows.items() if found}
    names = list(rows)
    if reader is None:
        read = {
            name: [[[[0.0] * len(p["sums"]), 0.0] for p in row["passages"]] for row in rows[name]]
            for name in names
        }
    else:
        read = {name: readings_of(name, rows[name], reader) for name in names}
    for number in NUMBERS:
        tables = {
            name: [features(row, one, number) for row, one in zip(rows[name], read[name], strict=True)]
            for name in names
        }
        print(f"\n{number} passages read: sentence hit@1, hit@3 (bootstrap 95 % interval of hit@1)")
        scored = {w: {name: hits(tables[name], (1.0, *w)) for name in names} for w in GRID} if reader else {}
        gains = []
        for name in names:
            ceiling = np.mean([right.any() for _, right in tables[name]])
            total = hits(tables[name], (0.0, 1.0, 0.0, 0.0))
            line = f"{name:20} n={len(total):4} ceiling {ceiling:.3f}"
            line += f"  sum {interval(total[:, 0])} {total[:, 1].mean():.3f}"
            if reader is not None:
                alone = hits(tables[name], (1.0, 0.0, 0.0, 0.0))
                others = [other for other in names if other != name] or names
                best = max(GRID, key=lambda w: sum(np.array([1, 0.5]) @ scored[w][o].mean(0) for o in others))
                both = scored[best][name]
                gains.append(both[:, 0].mean() - total[:, 0].mean())
                line += (
                    f"  reader {interval(alone[:, 0])} {alone[:, 1].mean():.3f}"
                    f"  both {interval(both[:, 0])} {both[:, 1].mean():.3f}  weights {best}"
                )
            print(line)
        if gains:
            print(f"{'mean gain of both over the sum':40} {np.mean(gains):+.3f}")
    if reader is not None:
        sample = [row for name in names for row in rows[name][: TIMED // len(names) + 1]]
        for number in NUMBERS:
            spent = []
            for row in sample:
                excerpts = excerpts_of(row)[:number]
                began = time.perf_counter()
                reader.read(row["question"], excerpts)
                spent.append(1000 * (time.perf_counter() - began))
            print(
                f"{number} passages: {np.median(spent):.0f} ms a question"
                f" (90 %: {np.quantile(spent, 0.9):.0f})"
            )


if __name__ == "__main__":
    main()
