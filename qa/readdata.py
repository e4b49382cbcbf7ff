"""Training data for the reader: questions with the sentences that answer them and passages that do not.

People's questions come from evaluation sets (docs/evaluation.md), others are made by rule from papers. Two
gzipped files: ``passages.jsonl.gz`` (title, text, sentences) and ``questions.jsonl.gz``, for each question
its passages with a label for every sentence: 1 answers, 0 does not, -1 unknown. Fold 0 is held out; folds are
whole components of documents that share a question, a title within their set, or a long sentence.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from index.chunks import TokenEncoder
from index.errors import UsageError
from index.files import write_atomically
from qa import evalsets
from qa.readdata_human import from_set
from qa.readdata_made import from_papers
from qa.readdata_negatives import Finisher, folds, normalised
from qa.readdata_pool import Example, Pool, Span

#: A text that holds so little beside what answers its questions is a collection of excerpts.
EXCERPTS = 0.8

OnCount = Callable[[int, str], None]


def write(
    pool: Pool, finisher: Finisher, examples: Sequence[Example], folder: Path, seed: int
) -> dict[str, Any]:
    """Write the two files and ``table.json``; returns the table. A file is whole or not there."""
    order = list(range(len(examples)))
    random.Random(seed).shuffle(order)
    numbers: dict[int, int] = {}
    lines = []
    tables: dict[str, Counter[str]] = defaultdict(Counter)
    held = {normalised(example.question) for example in examples if finisher.fold(example) == 0}
    for place in order:
        example = examples[place]
        fold = finisher.fold(example)
        if fold != 0 and normalised(example.question) in held:
            continue  # put otherwise, it has become a question of the held-out fold
        rows = [*example.gold, *example.also]
        lines.append(
            {
                "id": example.id,
                "set": example.set,
                "kind": example.kind,
                "fold": fold,
                "question": example.question,
                "passages": [
                    {
                        "p": numbers.setdefault(r.passage, len(numbers)),
                        "labels": r.labels,
                        "label": r.label,
                        "spans": r.spans,
                    }
                    for r in rows
                ],
            }
        )
        table = tables[f"{example.set}/{example.kind}"]
        table["examples"] += 1
        table["held_out"] += fold == 0
        table["unanswerable"] += not example.gold
        table["gold_passages"] += len(example.gold)
        table["negatives"] += len(example.also)
        table["spans"] += any(r.spans for r in example.gold)
        for label, name in ((1, "right"), (0, "wrong"), (-1, "unknown")):
            table[f"sentences_{name}"] += sum(r.labels.count(label) for r in rows)
    folder.mkdir(parents=True, exist_ok=True)
    passages = []
    for index in numbers:
        passage = pool.all[index]
        title = "" if passage.document.split("+")[0] in pool.untitled else passage.title
        passages.append({"title": title, "text": passage.text, "sentences": passage.sentences})
    for name, records in (("passages.jsonl.gz", passages), ("questions.jsonl.gz", lines)):
        body = "".join(
            json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records
        )
        write_atomically(folder / name, gzip.compress(body.encode(), 9, mtime=0))
    table_all = {
        "kinds": {name: dict(tables[name]) for name in sorted(tables)},
        "passages": len(numbers),
        "left_out": len(pool.left_out),
    }
    write_atomically(folder / "table.json", json.dumps(table_all, indent=1).encode())
    return table_all


def build(
    sets: Sequence[Path],
    folder: Path,
    *,
    encoder: TokenEncoder,
    seed: int = 0,
    apart: Sequence[Path] = (),
    shares: Mapping[str, float] | None = None,
    on_count: OnCount | None = None,
) -> dict[str, Any]:
    """Build the training data of ``sets`` in ``folder``; returns a table of what is in it.

    Sets with questions give those, and all give questions made by rule. ``shares`` are the shares of a set's
    documents that are used, by the name of its folder (1 where none is given). No text that shares a run of
    13 words with a document of the sets ``apart`` gets in. The same arguments give the same bytes. Raises
    UsageError for folders that are no sets.
    """
    tell = on_count or (lambda count, what: None)
    if not sets:
        raise UsageError("no sets were given; name folders as docs/evaluation.md describes them")
    pool = Pool(encoder, (d.text.content for other in apart for d in evalsets.documents(other)))
    try:
        asking = [place for place in sets if _has_questions(place)]
        papers = [place for place in sets if place not in asking]
        for place in (*asking, *papers):
            pool.add_set(place, (shares or {}).get(place.name, 1.0))
            tell(len(pool.all), f"passages, {place.name}")
        excerpts = [place.name for place in asking if is_excerpts(pool, place)]
        examples: list[Example] = []
        for name, found in _examples(pool, asking, papers, excerpts):
            examples += found
            tell(len(examples), f"examples, {name}")
        finisher = Finisher(pool, folds(pool, examples), excerpts, seed)
        return write(pool, finisher, list(finisher.finished(examples, tell)), folder, seed)
    finally:
        pool.close()


def _examples(
    pool: Pool, asking: Sequence[Path], papers: Sequence[Path], excerpts: Sequence[str]
) -> Iterator[tuple[str, list[Example]]]:
    for place in asking:
        yield place.name, from_set(pool, place)
    for place in papers:
        yield place.name, list(from_papers(pool, place.name, 3, 12))
    for place in asking:  # papers that were asked about hold more than was asked
        if place.name not in excerpts:
            yield f"{place.name}, by rule", list(from_papers(pool, place.name, 1, 5))


def _has_questions(folder: Path) -> bool:
    if not evalsets.has_corpus(folder):
        raise UsageError(f"{folder} holds no corpus.jsonl; see docs/evaluation.md for what a set consists of")
    return any((folder / name).is_file() for name in ("questions.jsonl", "questions.jsonl.gz"))


def is_excerpts(pool: Pool, folder: Path) -> bool:
    """Whether the documents of a set are hardly more than what answers its questions."""
    held: dict[str, list[Span]] = defaultdict(list)
    for question in evalsets.questions(folder):
        for span in (*question.evidence, *question.answers):
            if span.start is not None:
                held[f"{folder.name}/{span.document_id}"].append((span.start, span.start + len(span.text)))
    covered = whole = 0
    for name, spans in held.items():
        if name in pool.sources:
            whole += len(pool.sources[name].text)
            covered += len({n for start, end in spans for n in range(start, end)})
    return covered > EXCERPTS * whole > 0


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line: ``python -m qa.readdata SET… --out FOLDER``."""
    from index.encoders import load_encoder

    parser = argparse.ArgumentParser(
        prog="python -m qa.readdata", description="Build the reader's training data."
    )
    parser.add_argument(
        "sets", nargs="+", type=Path, metavar="SET", help="folder with corpus.jsonl, maybe questions.jsonl"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the two files go")
    parser.add_argument(
        "--apart", type=Path, nargs="*", default=[], metavar="SET", help="share no text with this set"
    )
    parser.add_argument(
        "--share", nargs="*", default=[], metavar="NAME=PART", help="part of a set's documents to use"
    )
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    shares = {name: float(part) for name, part in (one.split("=") for one in given.share)}

    def tell(count: int, what: str) -> None:
        sys.stderr.write(f"{count} {what}\n")

    table = build(
        given.sets,
        given.out,
        encoder=load_encoder(None),
        seed=given.seed,
        apart=given.apart,
        shares=shares,
        on_count=tell,
    )
    sys.stdout.write(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
