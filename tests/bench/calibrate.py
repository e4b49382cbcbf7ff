"""Fit what ships in ``qa/calibration.json``: the weights of a score's parts, the curve, the bar.

Run from the repository's root; needs the evaluation sets::

    python tests/bench/calibrate.py [SET…] [--reader none] [--most N] [--write]

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
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import sets

from index.errors import UsageError
from index.library import Library
from index.model_files import cache_folder
from qa import assistant as assistants
from qa import calibrate, evalsets, extract, fitting
from qa.assistant import Assistant
from qa.calibrate import Labelled
from qa.calibration import PARTS, SHIPPED, Calibration, load
from qa.evalrows import Places
from qa.progress import counter

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
WITH_READER = ("relevance", "coverage", "retrieval", "defines", "novelty")
#: Of the greatest share. It tells nothing on these sets (fitted: below 0.01), so it decides only between
#: sentences that are nearly equal: what was found goes before what was aimed at.
ROLE = 0.02
WITHOUT = ("cosine", "coverage")


def held_out(name: str) -> list[evalsets.Question]:
    """The questions of a set that the reader was not trained on, in a fixed random order."""
    wanted = json.loads(HELD_OUT.read_text("utf-8")).get(name)
    questions = [q for q in sets.questions(name) if wanted is None or q.id in set(wanted)]
    return random.Random(0).sample(questions, len(questions))


def read(name: str, most: int, reader: str | None, outsiders: tuple[str, ...]) -> list[Labelled]:
    """``most`` questions of a set asked of its library, and as many of the other sets."""
    with sets.library_of(name, distractors=SETS.get(name, ())) as library:
        assistant = Assistant(library, reader=reader)
        base = assistant.calibration  # every part is wanted, whatever its weight
        weights = dict.fromkeys(PARTS, 0.0) | dict(base.weights)
        assistant = Assistant(library, reader=reader, calibration=replace(base, weights=weights))
        asked = f"{library.path.name} {most} {assistant.made_with}"
        asked += f" {outsiders}" if outsiders != OUTSIDERS else ""
        digest = hashlib.sha256(asked.encode())
        for module in (assistants, extract):
            digest.update(Path(str(module.__file__)).read_bytes())
        path = cache_folder() / "calibrate" / f"{name}-{digest.hexdigest()[:16]}.json.gz"
        if not path.exists():
            inside = [q for q in held_out(name) if q.answerable and q.gold][:most]
            strangers = [other for other in outsiders if other != name]
            share = max(most // 4, -(-most // len(strangers)))
            others = [q for other in strangers for q in held_out(other)[:share]]
            outside = random.Random(1).sample(others, len(others))[: len(inside)]
            found = [(q, places) for q in inside if (places := _places(library, q))]
            with counter() as on_count:
                labelled = calibrate.label(
                    assistant, [*found, *((q, []) for q in outside)], on_count=on_count
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(gzip.compress(json.dumps([_row(one) for one in labelled]).encode()))
        rows = json.loads(gzip.decompress(path.read_bytes()))
    return [_labelled(row, name) for row in rows]


def _places(library: Library, question: evalsets.Question) -> Places:
    try:
        return evalsets.places(library, question)
    except UsageError:  # the set names a place that its own corpus does not have
        return []


def _row(one: Labelled) -> dict[str, Any]:
    return {
        "question": one.question,
        "answerable": one.answerable,
        "parts": [[parts.get(name, 0.0) for name in PARTS] for parts in one.parts],
        "right": one.right,
    }


def _labelled(row: dict[str, Any], name: str) -> Labelled:
    parts = tuple(dict(zip(PARTS, one, strict=True)) for one in row["parts"])
    return Labelled(row["question"], row["answerable"], parts, tuple(row["right"]), name)


def of_size(labelled: list[Labelled], base: Calibration) -> float:
    """The weight of a library's size: by how much it lessens what the same score means."""
    best = calibrate.asked(labelled, base)
    sizes = [one.parts[0]["size"] for one in labelled]
    table = np.column_stack([[one.score for one in best], sizes])
    *_, counts = calibrate._columns(best)
    right = np.array([float(one.right) for one in best])
    (score, size), _ = fitting.fit_logistic(table, right, counts)
    return float(min(0.0, size / score))


def figures(labelled: list[Labelled], weights: Mapping[str, float], base: Calibration) -> str:
    """The share of questions with a right sentence first."""
    return f"{calibrate.hit(labelled, replace(base, weights=weights)):.3f}"


def main() -> None:
    """Print the figures and the entry."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sets", nargs="*", default=[*SETS], metavar="SET")
    parser.add_argument("--reader", default="default")
    parser.add_argument("--most", type=int, default=400, help="questions of each set")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    outsiders = OUTSIDERS if arguments.sets == [*SETS] else tuple(dict.fromkeys((*arguments.sets, "medquad")))
    rows = {name: read(name, arguments.most, arguments.reader, outsiders) for name in arguments.sets}
    for name in [name for name, mine in rows.items() if not mine]:
        print(f"{name}: no question says where its answer stands; left out")
        del rows[name]
    everything = [one for mine in rows.values() for one in mine]

    known = load(SHIPPED)
    with sets.library_of(arguments.sets[0]) as library:
        encoder, reader, scheme = Assistant(library, reader=arguments.reader).made_with
    base = next(one for one in known if (one.reader is None) == (reader is None))
    base = replace(base, encoder=encoder, reader=reader, scheme=scheme)

    weights = dict.fromkeys(WITHOUT, 1.0)
    if reader is not None:
        first = [one for one in everything if calibrate.part_of(one.question) == calibrate.FIT]
        found = calibrate.weigh(first, WITH_READER)
        unit = found.get("retrieval") or max(found.values())
        weights = {name: round(weight / unit, 4) for name, weight in found.items()} | {"role": ROLE}
        weights["size"] = round(of_size(first, replace(base, weights=weights)), 4)
    for name, mine in rows.items():
        shares = {"shipped weights": weights, "reader alone": {"relevance": 1.0}}
        report = [one for one in mine if calibrate.part_of(one.question) == calibrate.REPORT]
        line = [f"{label} {figures(mine, these, base)}" for label, these in shares.items()]
        line.append(f"on the reported third {figures(report, weights, base)}")
        if reader is not None and len(rows) > 1:
            left_out = calibrate.weigh([one for one in everything if one.group != name], WITH_READER)
            line.append(f"weights of the other sets {figures(mine, left_out, base)}")
        print(f"{name}, hit@1: {', '.join(line)}")
    base = replace(base, weights=weights)
    fitted = replace(
        calibrate.fit(calibrate.asked(everything, base), base).calibration, made=date.today().isoformat()
    )
    print(json.dumps(fitted.to_dict(), indent=1))
    if arguments.write:
        kept = [one for one in known if (one.reader is None) != (reader is None)]
        SHIPPED.write_text(json.dumps([one.to_dict() for one in [*kept, fitted]], indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
