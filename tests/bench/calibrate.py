"""Fit what ships in ``qa/calibration.json``: the weights of a score's parts, the curve, the bar.

Run from the repository's root; needs the evaluation sets::

    python tests/bench/calibrate.py [--reader none] [--most N] [--write]

Each set asks its own questions, of the reader's held-out fold where it was trained on the set
(``held_out.json``), and as many of the other sets, which have no answer in its library. A third of all
questions fits weights and curve, a third the bar, a third is reported. Every set counts alike. The weights
are fitted on the parts of all sentences read; with ``--write`` the result replaces the entry of its kind.
What was read is kept in the cache folder.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import sets

from index.errors import UsageError
from index.model_files import cache_folder
from qa import assistant as assistants
from qa import calibrate, evalsets, extract, fitting
from qa.assistant import Assistant
from qa.calibrate import Asked
from qa.calibration import PARTS, SHIPPED, load

#: Each set with what is mixed into its library.
SETS = {
    "covidqa-dev": (),
    "bioasq-7-9": ("abstracts-scale",),
    "scifact-train": ("abstracts-scale",),
    "evidenceinference-train": (),
    "squad2-train-part": (),
}
OUTSIDERS = (*SETS, "medquad")
HELD_OUT = Path(__file__).with_name("held_out.json")
#: The parts a score is made of, with a reader and without.
WITH_READER = ("relevance", "coverage", "retrieval", "defines", "echo")
WITHOUT = ("cosine", "coverage")

Row = dict[str, Any]


def held_out(name: str) -> list[evalsets.Question]:
    """The questions of a set that the reader was not trained on, in a fixed random order."""
    wanted = json.loads(HELD_OUT.read_text("utf-8")).get(name)
    questions = [q for q in sets.questions(name) if wanted is None or q.id in set(wanted)]
    return random.Random(0).sample(questions, len(questions))


def read(name: str, most: int, reader: str | None) -> list[Row]:
    """Each question with the parts (n, PARTS) of all sentences read, and which are right."""
    with sets.library_of(name, distractors=SETS[name]) as library:
        assistant = Assistant(library, reader=reader)
        digest = hashlib.sha256(f"{library.path.name} {most} {assistant.made_with}".encode())
        for module in (assistants, extract):
            digest.update(Path(str(module.__file__)).read_bytes())
        path = cache_folder() / "calibrate" / f"{name}-{digest.hexdigest()[:16]}.json.gz"
        if path.exists():
            kept: list[Row] = json.loads(gzip.decompress(path.read_bytes()))
            return kept
        inside = [q for q in held_out(name) if q.answerable and q.gold][:most]
        others = [q for other in OUTSIDERS if other != name for q in held_out(other)[: most // 4]]
        outside = random.Random(1).sample(others, len(others))[: len(inside)]
        rows = [row for q in inside if (row := _row(assistant, q, True))]
        rows += [row for q in outside if (row := _row(assistant, q, False))]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(json.dumps(rows).encode()))
        return rows


def _row(assistant: Assistant, question: evalsets.Question, answerable: bool) -> Row | None:
    try:
        places = evalsets.places(assistant.library, question) if answerable else []
    except UsageError:  # the set names a place that its own corpus does not have
        return None
    ranked = assistant.rank(question.text)
    return {
        "question": question.text,
        "answerable": answerable,
        "parts": [[one.parts.get(name, 0.0) for name in PARTS] for one in ranked],
        "right": [calibrate.right(one, places) for one in ranked],
    }


def weigh(rows: dict[str, list[Row]], names: tuple[str, ...]) -> np.ndarray:
    """Weights (PARTS,) that are zero but for ``names``; each set counts alike."""
    columns = [PARTS.index(name) for name in names]
    lists, counts = [], []
    for found in rows.values():
        mine = [r for r in found if r["answerable"] and r["parts"]]
        lists += [(np.asarray(r["parts"])[:, columns], np.asarray(r["right"], bool)) for r in mine]
        counts += [1 / len(mine)] * len(mine)
    weights = np.zeros(len(PARTS))
    weights[columns] = fitting.fit_ranking(lists, np.asarray(counts))
    return weights


def hits(rows: list[Row], weights: np.ndarray) -> tuple[float, float]:
    """hit@1 and hit@3 over the sentences read."""
    found = []
    for row in rows:
        if row["answerable"]:
            order = np.argsort(-(np.asarray(row["parts"]) @ weights), kind="stable") if row["parts"] else []
            right = np.asarray(row["right"])
            found.append([any(right[order[:1]]), any(right[order[:3]])])
    first, third = np.mean(found, axis=0)
    return float(first), float(third)


def asked(rows: dict[str, list[Row]], weights: np.ndarray) -> list[Asked]:
    """The best sentence of each question under ``weights``."""
    found = []
    for name, mine in rows.items():
        for row in mine:
            if row["parts"]:
                scores = np.asarray(row["parts"]) @ weights
                best = int(np.argmax(scores))
                right = bool(row["right"][best]) and row["answerable"]
                found.append(Asked(row["question"], float(scores[best]), right, row["answerable"], name))
    return found


def main() -> None:
    """Print the figures and the entry."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--reader", default="default")
    parser.add_argument("--most", type=int, default=400, help="questions of each set")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    rows = {name: read(name, arguments.most, arguments.reader) for name in SETS}
    names = WITHOUT if arguments.reader == "none" else WITH_READER
    part = {
        n: [r for r in mine if calibrate.part_of(r["question"]) == calibrate.FIT] for n, mine in rows.items()
    }
    report = {
        n: [r for r in mine if calibrate.part_of(r["question"]) == calibrate.REPORT]
        for n, mine in rows.items()
    }
    weights = weigh(part, names) if names is WITH_READER else np.array([1.0, 1.0, *[0.0] * (len(PARTS) - 2)])
    weights = weights / (weights[PARTS.index("retrieval")] or 1.0)
    plain = np.eye(len(PARTS))[PARTS.index("relevance")]
    for name, mine in rows.items():
        alone = hits(mine, plain)
        left_out = weigh({other: rows[other] for other in rows if other != name}, names)
        print(
            f"{name}: hit@1/@3 shipped weights {hits(mine, weights)}, on the reported third "
            f"{hits(report[name], weights)}, weights of the other sets {hits(mine, left_out)}, "
            f"reader alone {alone}"
        )
    with sets.library_of("covidqa-dev") as library:
        encoder, reader, scheme = Assistant(library, reader=arguments.reader).made_with
    known = load(SHIPPED)
    base = next(one for one in known if (one.reader is None) == (reader is None))
    shares = {name: round(float(weights[PARTS.index(name)]), 4) for name in names}
    base = replace(base, weights=shares, encoder=encoder, reader=reader, scheme=scheme)
    rounded = np.array([shares.get(name, 0.0) for name in PARTS])
    fitted = calibrate.fit(asked(rows, rounded), base).calibration
    print(json.dumps(fitted.to_dict(), indent=1))
    if arguments.write:
        kept = [one for one in known if (one.reader is None) != (reader is None)]
        SHIPPED.write_text(json.dumps([one.to_dict() for one in [*kept, fitted]], indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
