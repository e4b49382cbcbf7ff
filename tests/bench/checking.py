"""Does `litquote check` find the cited paper? Citing sentences of a review against the abstracts it cites.

    python tests/bench/checking.py [SET]

Documents are ranked by their closest sentence (:func:`qa.check.closest` over the whole library, 20
passages), beside BM25 alone, dense alone and litquote's search. Default SET: ../shared/eval/deepreview,
without the review's own paragraphs. hit@1 and nDCG@10 with 95 % bootstrap intervals, and the paired
differences of the check from each.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from index.encoders import load_encoder
from index.privacy import go_offline
from qa.check import closest
from qa.evalsets import questions, set_library
from qa.metrics import Column, Weights, difference, interval, mean, ranking_values
from qa.ranking import SYSTEMS
from qa.retrieve import Retriever

_DEPTH = 20
_METRICS = {"hit@1": "Success@1", "ndcg@10": "nDCG@10"}


def main(argv: Sequence[str]) -> None:
    go_offline()
    folder = Path(argv[0] if argv else Path(__file__).resolve().parents[3] / "shared" / "eval" / "deepreview")
    library = set_library(folder, load_encoder(), exclude_kinds=["review paragraph"])
    asked = [one for one in questions(folder) if one.relevant]
    retriever = Retriever(library)

    def checked(question: str, depth: int) -> list[str]:
        vector = library.encoder.encode([question])[0]
        return [one.document_id for one in closest(retriever, question, vector=vector, k=depth)]

    def searched(name: str) -> Callable[[str, int], list[str]]:
        search = SYSTEMS[name](library)
        return lambda question, depth: [one.document_id for one in search(question, depth)]

    systems = {name: searched(name) for name in ("bm25", "dense", "litquote")} | {"check": checked}
    relevant = {one.id: one.relevant for one in asked}
    columns: dict[str, dict[str, Column]] = {}
    for name, search in systems.items():
        found = {one.id: list(dict.fromkeys(search(one.text, _DEPTH))) for one in asked}
        values = ranking_values(_METRICS, relevant, found)
        columns[name] = {
            metric: np.array([values[metric].get(one.id, 0.0) for one in asked]) for metric in _METRICS
        }
    print(f"{len(asked)} citing sentences, {len(library)} abstracts")
    for metric in _METRICS:

        def statistic(given: dict[str, Column], weights: Weights, metric: str = metric) -> Column:
            return mean(given[metric], weights)

        for name in systems:
            value = interval(statistic, columns[name])  # type: ignore[arg-type]
            print(f"{metric:8} {name:9} {_said(value)}", end="")
            if name != "check":
                apart = difference(statistic, columns["check"], columns[name])  # type: ignore[arg-type]
                print(f"   check - {name}: {_said(apart, '+')}", end="")
            print()


def _said(value: tuple[float, float, float] | None, sign: str = "") -> str:
    return "-" if value is None else "{0:{s}.3f} [{1:{s}.3f}, {2:{s}.3f}]".format(*value, s=sign)


if __name__ == "__main__":
    main(sys.argv[1:])
