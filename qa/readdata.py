"""Training data for the reader: questions with the sentences that answer them and passages that do not.

People's questions come from evaluation sets (docs/evaluation.md), others are made by rule from papers. Two
gzipped files: ``passages.jsonl.gz`` (title, text, sentences) and ``questions.jsonl.gz``, for each question its
passages with a label for every sentence: 1 answers, 0 does not, -1 unknown. Fold 0 is held out; folds are whole
components of documents that share a question, a title within their set, or a long sentence.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from index.chunks import TokenEncoder
from index.errors import UsageError
from index.files import write_atomically
from qa import evalsets
from qa.readdata_human import from_set, row
from qa.readdata_made import from_papers
from qa.readdata_pool import Example, Passage, Pool, Row, Span, alike, said, share_of

FOLDS = 5
#: Passages of an example that do not answer: from its own paper and from others.
NEGATIVES = 8
#: One question in so many loses what answers it.
UNANSWERABLE = 1 / 6
#: A sentence of another paper that says so much of the question, by weight, may well answer it.
DOUBT = 0.75
#: A text that holds so little beside what answers its questions is a collection of excerpts.
EXCERPTS = 0.8

OnCount = Callable[[int, str], None]


def normalised(question: str) -> str:
    """A question string as repeated ones are recognised."""
    return " ".join(re.findall(r"\w+", question.casefold()))


def folds(pool: Pool, examples: Sequence[Example]) -> dict[str, int]:
    """The fold of each document, by connected components; each set's examples are spread evenly."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    def join(names: Iterable[str]) -> None:
        one, *others = map(root, names)
        for other in others:
            parent[root(other)] = root(one)

    for names in _groups(pool, examples):
        join(sorted(names))
    members: dict[str, list[str]] = defaultdict(list)
    for name in pool.sources:
        members[root(name)].append(name)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for example in examples:
        counts[root(min(example.documents))][example.set] += 1
    load: dict[str, list[int]] = defaultdict(lambda: [0] * FOLDS)
    found: dict[str, int] = {}
    order = sorted(members, key=lambda name: (-sum(counts[name].values()), share_of(min(members[name]), "fold")))
    for name in order:
        own = counts[name]
        main = max(sorted(own), key=lambda one: own[one]) if own else ""
        fold = (
            min(range(FOLDS), key=lambda n: (load[main][n], n)) if own else int(FOLDS * share_of(min(members[name]), "fold"))
        )
        for one, count in own.items():
            load[one][fold] += count
        found.update(dict.fromkeys(members[name], fold))
    return found


def _groups(pool: Pool, examples: Sequence[Example]) -> Iterator[set[str]]:
    """Documents that have to stay together."""
    strings: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        yield set(example.documents)
        strings[normalised(example.asked)].update(example.documents)
    yield from strings.values()
    titles: dict[tuple[str, str], set[str]] = defaultdict(set)
    sentences: dict[str, set[str]] = defaultdict(set)
    for name, source in pool.sources.items():
        if source.title:
            titles[name.split("/")[0], normalised(source.title)].add(name)
        for index in pool.of.get(name, ()):
            for line in pool.lines(index):
                if line.count(" ") >= 12:
                    sentences[normalised(line)].add(name)
    yield from titles.values()
    # a sentence of many papers is boilerplate and joins nothing
    yield from (names for names in sentences.values() if 1 < len(names) <= 6)


class Finisher:
    """Gives examples their hard negatives and takes some answers away."""

    def __init__(self, pool: Pool, fold_of: dict[str, int], excerpts: Iterable[str], seed: int) -> None:
        self.pool, self.fold_of, self.seed = pool, fold_of, seed
        self.excerpts = frozenset(excerpts)
        self._composed: dict[int, int] = {}

    def fold(self, example: Example) -> int:
        """The fold of an example."""
        return self.fold_of[min(example.documents)]

    def finish(self, example: Example) -> Example | None:
        """``example`` with negatives by search; None when too few can be had."""
        pool = self.pool
        chance = random.Random(f"{self.seed}/{example.set}/{example.id}")
        negatives = [] if example.narrow else self._negatives(example, NEGATIVES - min(len(example.also), 4))
        rows = [*example.also, *negatives]
        gold = example.gold
        if gold and example.set in self.excerpts and example.kind != "claim" and chance.random() < 0.6:
            gold, rows = self._set_in(example, gold, rows, chance)
        if gold and example.droppable and chance.random() < UNANSWERABLE:
            gold = []
        if not gold:
            rows = [entry for entry in rows if entry.label == 0]
        elif example.narrow:
            rows = [entry for entry in rows if 0 in entry.labels]
        if len(rows) < 2:
            return None
        example.gold, example.also = gold[:3], rows[: NEGATIVES + 2]
        return example

    def _negatives(self, example: Example, most: int) -> list[Row]:
        pool, held = self.pool, self.fold(example) == 0
        answers = [said(pool.sentence(entry.passage, n)) for entry in example.gold for n, label in enumerate(entry.labels) if label == 1]
        strings = [s.casefold() for s in example.strings if len(s) > 2]
        taken = {entry.passage for entry in (*example.gold, *example.also)}
        short = len([w for w in normalised(example.asked).split()]) <= 6
        found: list[Row] = []
        for index in pool.search(example.asked, 5 * most):
            document = pool.all[index].document
            if document in example.documents or index in taken or (not held and self.fold_of[document] == 0):
                continue
            lines = pool.lines(index)
            if any(alike(said(line), answer) for line in lines for answer in answers):
                continue
            labels = [self._doubt(example, line, strings, short) for line in lines]
            if 0 in labels:
                found.append(row(index, labels))
            if len(found) >= most:
                break
        return found

    def _doubt(self, example: Example, line: str, strings: list[str], short: bool) -> int:
        """-1 for a sentence of another paper that may answer, else 0."""
        coverage = self.pool.coverage(example.asked, line)
        low = line.casefold()
        if strings and coverage >= 0.35 and any(re.search(rf"\b{re.escape(s)}\b", low) for s in strings):
            return -1
        if example.kind == "abbreviation":
            return -1 if re.search(r"\([A-Z]", line) and coverage > 0.9 else 0
        if example.kind == "definition" or (short and re.match(r"what (?:is|are) ", example.asked, re.I)):
            return -1 if coverage > 0.6 and re.search(r"\b(?:is|are) (?:an?|the|one|defined|characteri[sz]ed)\b|, an? |\(", line) else 0
        if example.kind == "topic":
            return -1 if coverage >= 0.6 else 0
        if example.needs and not example.needs.search(line):
            return 0
        return -1 if coverage >= DOUBT else 0

    def _set_in(self, example: Example, gold: list[Row], rows: list[Row], chance: random.Random) -> tuple[list[Row], list[Row]]:
        """Excerpts set among the sentences of other papers, answering ones and others alike.

        Where a set's documents are nothing but what answers, neither a passage's look nor the place in it
        may tell the answer.
        """
        pool, fold = self.pool, self.fold(example)
        hosts = []
        for index in pool.search(example.asked, 60):
            passage = pool.all[index]
            usable = passage.document.split("/")[0] not in self.excerpts and len(passage.sentences) >= 3
            if usable and passage.document in self.fold_of and (self.fold_of[passage.document] == 0) == (fold == 0) and passage.document not in example.documents:  # fmt: skip
                hosts.append(index)
        chance.shuffle(hosts)
        made: list[Row] = []
        others: list[Row] = []
        for entry in gold:
            made.append(self._inside(example, entry, hosts.pop(), chance) if hosts else entry)
        for entry in rows:
            own = pool.all[entry.passage].document.split("/")[0] in self.excerpts
            others.append(self._inside(example, entry, hosts.pop(), chance) if own and hosts and chance.random() < 0.6 else entry)
        return made, others

    def _inside(self, example: Example, entry: Row, host: int, chance: random.Random) -> Row:
        pool = self.pool
        passage, other = pool.all[entry.passage], pool.all[host]
        start = next((n for n, label in enumerate(entry.labels) if label == 1), 0)
        own = list(range(start, min(start + 2, len(passage.sentences))))
        around = [other.text[s:e] for s, e in other.sentences]
        room = 950 - sum(len(pool.sentence(entry.passage, n)) for n in own)
        while around and sum(map(len, around)) > room:
            around.pop(chance.choice([0, -1]))
        at = chance.randint(0, len(around))
        strings = [s.casefold() for s in example.strings if len(s) > 2]
        parts: list[tuple[str, int, list[Span]]] = [(line, self._doubt(example, line, strings, False), []) for line in around]
        kept = []
        for n in own:
            s, e = passage.sentences[n]
            kept.append((passage.text[s:e], entry.labels[n], [(a - s, b - s) for a, b in entry.spans if s <= a and b <= e]))
        parts[at:at] = kept
        text, places, spans = "", list[Span](), list[Span]()
        for line, _, inside in parts:
            low = len(text) + bool(text)
            text += f"{' ' if text else ''}{line}"
            places.append((low, len(text)))
            spans += [(low + a, low + b) for a, b in inside]
        title = "" if other.document in pool.untitled else other.title
        index = len(pool.all)
        pool.all.append(Passage(f"{passage.document}+{other.document}", -1, title, text, places))
        return row(index, [label for _, label, _ in parts], spans)


def write(pool: Pool, finisher: Finisher, examples: Sequence[Example], folder: Path, seed: int) -> dict[str, Any]:
    """Write the two files and ``table.json``; returns the table. A file is whole or not there."""
    order = list(range(len(examples)))
    random.Random(seed).shuffle(order)
    numbers: dict[int, int] = {}
    lines = []
    tables: dict[str, Counter[str]] = defaultdict(Counter)
    for place in order:
        example = examples[place]
        fold = finisher.fold(example)
        rows = [*example.gold, *example.also]
        lines.append(
            {
                "id": example.id, "set": example.set, "kind": example.kind, "fold": fold, "question": example.question,
                "passages": [
                    {"p": numbers.setdefault(r.passage, len(numbers)), "labels": r.labels, "label": r.label, "spans": r.spans}
                    for r in rows
                ],
            }  # fmt: skip
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
        title = "" if passage.document in pool.untitled else passage.title
        passages.append({"title": title, "text": passage.text, "sentences": passage.sentences})
    for name, records in (("passages.jsonl.gz", passages), ("questions.jsonl.gz", lines)):
        body = "".join(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records)
        write_atomically(folder / name, gzip.compress(body.encode(), 9, mtime=0))
    table_all = {"kinds": {name: dict(tables[name]) for name in sorted(tables)}, "passages": len(numbers), "left_out": len(pool.left_out)}  # fmt: skip
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
    documents that are used, by the name of its folder (1 where none is given). No text that shares a run of 13
    words with a document of the sets ``apart`` gets in. The same arguments give the same bytes. Raises
    UsageError for folders that are no sets.
    """
    tell = on_count or (lambda count, what: None)
    if not sets:
        raise UsageError("no sets were given; name folders as docs/evaluation.md describes them")
    pool = Pool(encoder, (d.text.content for other in apart for d in evalsets.documents(other)))
    try:
        asking, papers = [], []
        for place in sets:
            (asking if _has_questions(place) else papers).append(place)
        for place in (*asking, *papers):
            pool.add_set(place, (shares or {}).get(place.name, 1.0))
            tell(len(pool.all), f"passages, {place.name}")
        examples: list[Example] = []
        for place in asking:
            examples += from_set(pool, place)
            tell(len(examples), f"examples, {place.name}")
        excerpts = [place.name for place in asking if is_excerpts(pool, place)]
        for place in papers:
            examples += from_papers(pool, place.name, 3, 14)
            tell(len(examples), f"examples, {place.name}")
        for place in asking:  # full texts and abstracts that were asked about hold more than was asked
            if place.name not in excerpts:
                examples += from_papers(pool, place.name, 1, 5)
                tell(len(examples), f"examples, {place.name}, by rule")
        finisher = Finisher(pool, folds(pool, examples), excerpts, seed)
        done = []
        for count, example in enumerate(examples, 1):
            if (finished := finisher.finish(example)) is not None:
                done.append(finished)
            if count % 10_000 == 0:
                tell(count, "examples with negatives")
        return write(pool, finisher, done, folder, seed)
    finally:
        pool.close()


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

    parser = argparse.ArgumentParser(prog="python -m qa.readdata", description="Build the reader's training data.")
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET", help="folder with corpus.jsonl, maybe questions.jsonl")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the two files go")
    parser.add_argument("--apart", type=Path, nargs="*", default=[], metavar="SET", help="share no text with this set")
    parser.add_argument("--share", nargs="*", default=[], metavar="NAME=PART", help="part of a set's documents to use")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    shares = {name: float(part) for name, part in (one.split("=") for one in given.share)}

    def tell(count: int, what: str) -> None:
        sys.stderr.write(f"{count} {what}\n")

    table = build(given.sets, given.out, encoder=load_encoder(None), seed=given.seed, apart=given.apart, shares=shares, on_count=tell)
    sys.stdout.write(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
